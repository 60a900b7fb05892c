//! Doubts as JSON.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{DoubtId, DoubtKind, DoubtState, DoubtStep, Ending, Mark, Sampled};
use super::reading::{self, Listed, Opened};
use super::service::{self, NewDoubt};
use crate::app::App;
use crate::db::{Instant, Page, Unreadable};
use crate::patients::api::limit;
use crate::people::Caller;
use crate::studies::StudyId;
use crate::web::{Body, Key, Problem, Query, client_id};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, open))
        .routes(routes!(show))
        .routes(routes!(say_more))
        .routes(routes!(close))
}

/// A sample that is in doubt.
#[derive(Debug, Serialize, ToSchema)]
struct DoubtedSample {
    /// The label of the tube that was drawn.
    code: String,
    /// The request that the sample was drawn for.
    study: StudyId,
}

impl From<&Sampled> for DoubtedSample {
    fn from(s: &Sampled) -> Self {
        Self { code: s.code.to_string(), study: s.study }
    }
}

/// A step of a doubt.
#[derive(Debug, Serialize, ToSchema)]
struct DoubtStepView {
    /// What was done: opened, noted or closed.
    kind: DoubtStep,
    /// When it was recorded, by the server's clock.
    at: Instant,
    /// Printed name of who.
    by: String,
    /// What they wrote: for the laboratory and quality, because it may name another child's sample.
    note: Option<String>,
    /// Of a closing: what came out.
    ending: Option<Ending>,
}

/// Somebody who had read an answer before its sample came into doubt.
#[derive(Debug, Serialize, ToSchema)]
struct ReaderView {
    /// Name as it is shown to people.
    name: String,
    /// When they read it last before the doubt.
    read_at: Instant,
    /// When they saw it first with the doubt on it.
    seen_at: Option<Instant>,
}

/// A doubt in the list.
#[derive(Debug, Serialize, ToSchema)]
struct DoubtLine {
    /// What it is about, and where it stands.
    #[serde(flatten)]
    mark: Mark,
    /// The samples in reach.
    samples: Vec<DoubtedSample>,
}

impl From<Listed> for DoubtLine {
    fn from(l: Listed) -> Self {
        let Listed { doubt, samples } = l;
        let mark = Mark {
            id: doubt.id,
            kind: doubt.kind,
            state: doubt.state,
            opened_at: doubt.opened_at,
            closed_at: doubt.closed_at,
        };
        Self { mark, samples: samples.iter().map(DoubtedSample::from).collect() }
    }
}

/// A doubt with what happened.
#[derive(Debug, Serialize, ToSchema)]
struct DoubtView {
    /// Names the doubt in addresses: `GET /doubts/{id}`.
    id: DoubtId,
    /// Whether samples may be changed for one another, or a label names another child.
    kind: DoubtKind,
    /// Where it stands.
    state: DoubtState,
    /// When it was said.
    opened_at: Instant,
    /// When quality closed it; `null` while it is open.
    closed_at: Option<Instant>,
    /// The samples in reach.
    samples: Vec<DoubtedSample>,
    /// How many other samples there are, of children out of reach.
    others: usize,
    /// What happened, oldest first.
    history: Vec<DoubtStepView>,
    /// Who had read the answers before: for the laboratory and quality.
    readers: Vec<ReaderView>,
    /// Steps that can't be read.
    unreadable: Vec<Unreadable>,
}

impl From<Opened> for DoubtView {
    fn from(o: Opened) -> Self {
        let steps = o.steps.into_iter().map(|s| DoubtStepView {
            kind: s.kind,
            at: s.at,
            by: s.by,
            note: s.note,
            ending: s.ending,
        });
        let readers = o.readers.into_iter().map(|r| ReaderView {
            name: r.name,
            read_at: r.read_at,
            seen_at: r.seen_at,
        });
        Self {
            id: o.doubt.id,
            kind: o.doubt.kind,
            state: o.doubt.state,
            opened_at: o.doubt.opened_at,
            closed_at: o.doubt.closed_at,
            samples: o.samples.iter().map(|(s, _)| DoubtedSample::from(s)).collect(),
            others: o.others,
            history: steps.collect(),
            readers: readers.collect(),
            unreadable: o.unreadable,
        }
    }
}

/// How the list is narrowed and paged.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those that are open, or only those that are closed.
    open: Option<bool>,
    /// `next` of the page before.
    after: Option<DoubtId>,
    /// 1 to 200; 50 if not said.
    limit: Option<u16>,
}

/// The doubts about samples in reach, newest first.
#[utoipa::path(get, path = "/doubts", tag = "doubts", params(ListQuery),
    responses((status = 200), (status = 401), (status = 403), (status = 422)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(q): Query<ListQuery>,
) -> Result<Json<Page<DoubtLine>>, Problem> {
    let page = reading::list(&app, &caller, q.open, q.after, limit(q.limit)?).await?;
    Ok(Json(page.map(DoubtLine::from)))
}

/// What somebody doubts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDoubtBody {
    /// A UUIDv7 made by the client; sent again, it gives the first answer again.
    id: String,
    /// Whether samples may be changed for one another, or a label names another child.
    kind: DoubtKind,
    /// The labels of the samples, 1 to 12: any tube of each.
    samples: Vec<String>,
    /// What was seen: 5 to 400 characters.
    note: String,
}

/// A doubt that was said.
#[derive(Debug, Serialize, ToSchema)]
struct DoubtMade {
    /// Close it by this.
    id: DoubtId,
}

/// Say that samples may not be of whom their labels say. From then on no answer of any of their children
/// is released, and those that were are marked, until quality has closed it.
#[utoipa::path(post, path = "/doubts", tag = "doubts", request_body = NewDoubtBody,
    responses((status = 201, body = DoubtMade), (status = 403), (status = 409), (status = 422)))]
async fn open(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewDoubtBody>,
) -> Result<(StatusCode, Json<DoubtMade>), Problem> {
    let id = client_id(&new.id).map_err(|f| Problem::fields(vec![f]))?.into();
    let NewDoubtBody { kind, samples, note, .. } = new;
    let kind = Some(kind);
    let id = service::open(&app, &caller, NewDoubt { id, kind, samples, note }).await?;
    Ok((StatusCode::CREATED, Json(DoubtMade { id })))
}

/// One doubt with its history; the reading is audited.
#[utoipa::path(get, path = "/doubts/{id}", tag = "doubts", params(("id" = DoubtId, Path)),
    responses((status = 200, body = DoubtView), (status = 404)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<DoubtId>,
) -> Result<Json<DoubtView>, Problem> {
    Ok(Json(reading::open(&app, &caller, id).await?.into()))
}

/// More that was seen or found out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MoreOfDoubt {
    /// 5 to 400 characters.
    note: String,
}

/// Say more of a doubt that is open.
#[utoipa::path(post, path = "/doubts/{id}/notes", tag = "doubts", params(("id" = DoubtId, Path)),
    request_body = MoreOfDoubt,
    responses((status = 204), (status = 404), (status = 409), (status = 422)))]
async fn say_more(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<DoubtId>,
    Body(more): Body<MoreOfDoubt>,
) -> Result<StatusCode, Problem> {
    service::say_more(&app, &caller, id, &more.note).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a doubt ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndOfDoubt {
    /// What came out.
    ending: Ending,
    /// How it was looked into: 5 to 400 characters.
    note: String,
    /// The password of who closes it, again.
    password: String,
}

/// Close a doubt: quality, and never who said it.
#[utoipa::path(post, path = "/doubts/{id}/closing", tag = "doubts", params(("id" = DoubtId, Path)),
    request_body = EndOfDoubt,
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 422),
        (status = 429)))]
async fn close(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<DoubtId>,
    Body(end): Body<EndOfDoubt>,
) -> Result<StatusCode, Problem> {
    let EndOfDoubt { ending, note, password } = end;
    service::close(&app, &caller, id, ending, &note, &password).await?;
    Ok(StatusCode::NO_CONTENT)
}
