//! Label templates as JSON.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::decide;
use super::service::{self, Kind, Origin, TemplateError};
use super::store::{ProposalId, Version};
use super::{editor_page, pictures};
use crate::app::App;
use crate::approvals::{Answer, Decided};
use crate::db::Instant;
use crate::labels::Dpi;
use crate::people::Caller;
use crate::web::{Arg, Body, FieldFault, Key, Lang, Problem};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(text))
        .routes(routes!(preview))
        .routes(routes!(propose))
        .routes(routes!(decide))
}

/// A label kind.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct KindView {
    /// The kind's name in addresses and on prints: `edta-50x25`.
    pub id: String,
    /// What labels are drawn by now.
    pub version: i32,
    pub origin: Origin,
    pub width_mm: f64,
    pub height_mm: f64,
    pub on_sheet: bool,
    /// The number of the version that comes next.
    pub next: i32,
    /// What was proposed, newest first.
    pub versions: Vec<VersionView>,
}

/// A version that somebody proposed.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct VersionView {
    pub proposal: ProposalId,
    pub version: i32,
    pub reason: String,
    pub proposed_by: String,
    pub proposed_at: Instant,
    pub decision: Option<DecisionView>,
}

/// What was decided about it.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct DecisionView {
    pub decision: Decided,
    pub decided_by: String,
    pub decided_at: Instant,
    pub reason: Option<String>,
}

fn version_view(kind: &Kind, (p, d): &Version) -> VersionView {
    let name = |id| kind.name(id).to_owned();
    VersionView {
        proposal: p.id,
        version: p.version,
        reason: p.reason.clone(),
        proposed_by: name(p.proposed_by),
        proposed_at: p.proposed_at,
        decision: d.as_ref().map(|d| DecisionView {
            decision: d.decision,
            decided_by: name(d.decided_by),
            decided_at: d.decided_at,
            reason: d.reason.clone(),
        }),
    }
}

fn view(kind: &Kind) -> KindView {
    let (width_mm, height_mm) = kind.template.size_mm();
    KindView {
        id: kind.template.id.clone(),
        version: kind.template.version,
        origin: kind.origin,
        width_mm,
        height_mm,
        on_sheet: kind.template.on_sheet(),
        next: kind.next,
        versions: kind.versions.iter().map(|v| version_view(kind, v)).collect(),
    }
}

/// Every label kind and what it is drawn by.
#[utoipa::path(get, path = "/label-templates", tag = "labels",
    responses((status = 200, body = Vec<KindView>), (status = 401), (status = 404)))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Vec<KindView>>, Problem> {
    let kinds = service::list(&app, &caller).await?;
    Problem::unless_whole(&kinds.unreadable)?;
    Ok(Json(kinds.items.iter().map(view).collect()))
}

/// One label kind.
#[utoipa::path(get, path = "/label-templates/{id}", tag = "labels",
    params(("id" = String, Path, description = "`edta-50x25`")),
    responses((status = 200, body = KindView), (status = 401), (status = 404)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
) -> Result<Json<KindView>, Problem> {
    Ok(Json(view(&service::open(&app, &caller, &id).await?)))
}

/// A version's text.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextView {
    /// TOML; `docs/labels.md` describes every key.
    pub source: String,
}

/// The text of a version, whatever was decided about it.
#[utoipa::path(get, path = "/label-templates/{id}/versions/{version}", tag = "labels",
    params(("id" = String, Path), ("version" = i32, Path)),
    responses((status = 200, body = TextView), (status = 401), (status = 404)))]
async fn text(
    State(app): State<App>,
    caller: Caller,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<TextView>, Problem> {
    let version = version.parse().map_err(|_| Problem::not_found())?;
    let kind = service::open(&app, &caller, &id).await?;
    let found = pictures::of_version(&app, &kind, version)?.ok_or(TemplateError::NotFound)?;
    Ok(Json(TextView { source: found.source().to_owned() }))
}

/// A text to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// The template's text, TOML.
    pub source: String,
    /// With the longest values instead of the examples.
    #[serde(default)]
    pub longest: bool,
    /// 203, 300 or 600.
    pub dpi: i64,
}

/// How a text looks, and what is wrong with it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewView {
    /// SVG, with the room of every element; none where it can't be drawn.
    pub svg: Option<String>,
    /// What keeps it from being the next version.
    pub wrong: Vec<Mistake>,
}

/// A mistake in a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct Mistake {
    /// The line to look at, from 1.
    pub line: i64,
    /// A stable code for the rule that is broken.
    pub code: &'static str,
    /// What is wrong, in the caller's language.
    pub text: String,
}

fn mistake(lang: Lang, fault: &FieldFault) -> Mistake {
    let line = fault.args.iter().find_map(|(name, arg)| match arg {
        Arg::N(n) if *name == "line" => Some(*n),
        _ => None,
    });
    Mistake { line: line.unwrap_or(1), code: fault.code, text: fault.text(lang) }
}

/// Look at a text as the next version of a kind. Nothing is written.
#[utoipa::path(post, path = "/label-templates/{id}/preview", tag = "labels",
    params(("id" = String, Path)), request_body = Preview,
    responses((status = 200, body = PreviewView), (status = 401), (status = 403), (status = 404),
        (status = 422)))]
async fn preview(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Body(body): Body<Preview>,
) -> Result<Json<PreviewView>, Problem> {
    let Some(dpi) = Dpi::from_number(body.dpi) else {
        return Err(TemplateError::field("dpi", "dpi").into());
    };
    let (template, wrong) = service::examine(&app, &caller, &id, &body.source).await?;
    Ok(Json(PreviewView {
        svg: editor_page::picture(template, body.longest, dpi).await,
        wrong: wrong.iter().map(|f| mistake(caller.lang, f)).collect(),
    }))
}

/// What is sent to propose a version of a label kind.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// TOML, with the version that comes next.
    pub source: String,
    /// Why it is wanted, 10 to 400 characters.
    pub reason: String,
}

/// A proposal that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proposed {
    /// Names the proposal when it is decided about.
    pub proposal: ProposalId,
}

/// Propose a version of a label kind.
#[utoipa::path(post, path = "/label-templates/{id}/proposals", tag = "labels",
    params(("id" = String, Path)), request_body = Propose,
    responses((status = 201, body = Proposed), (status = 401), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn propose(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Body(body): Body<Propose>,
) -> Result<(StatusCode, Json<Proposed>), Problem> {
    let proposal = service::propose(&app, &caller, &id, &body.source, &body.reason).await?;
    Ok((StatusCode::CREATED, Json(Proposed { proposal })))
}

/// What is sent to decide about a proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// About which proposal.
    pub proposal: ProposalId,
    /// `approved` and `declined` by another person, `withdrawn` by who proposed it.
    pub decision: Decided,
    /// The approver's password, again.
    #[serde(default)]
    pub password: String,
    /// Why it is declined, 10 to 400 characters.
    #[serde(default)]
    pub reason: String,
}

/// Decide about a proposal.
#[utoipa::path(post, path = "/label-templates/{id}/decisions", tag = "labels",
    params(("id" = String, Path)), request_body = Decide,
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422), (status = 429)))]
async fn decide(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Body(body): Body<Decide>,
) -> Result<StatusCode, Problem> {
    let answer = Answer::of(body.decision, body.password, body.reason);
    decide::decide(&app, &caller, &id, body.proposal, answer).await?;
    Ok(StatusCode::NO_CONTENT)
}
