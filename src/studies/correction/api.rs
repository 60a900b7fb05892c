//! Corrections of requests as JSON.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{CorrectionStep, Particulars};
use super::reading::{self, Opened};
use super::service::{self, CorrectionError, Proposal};
use super::store::{StudyEvent, StudyEventId};
use crate::app::App;
use crate::approvals::Verdict;
use crate::db::{Instant, Unreadable};
use crate::people::Caller;
use crate::studies::StudyId;
use crate::studies::input::RequestStudy;
use crate::web::{Body, Key, Problem, client_id};

/// The routes of corrections.
pub(in crate::studies) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(propose)).routes(routes!(decide))
}

/// One step of a request's corrections.
#[derive(Debug, Serialize, ToSchema)]
struct StepView {
    /// Names the step; a proposal is decided by it.
    id: StudyEventId,
    /// Whether it was proposed, corrected or declined.
    kind: CorrectionStep,
    /// When the server recorded it.
    recorded_at: Instant,
    /// Printed name of who did it.
    actor: String,
    /// What the request said before, of a proposal or correction.
    before: Option<Particulars>,
    /// What it should say, of a proposal, or says since, of a correction.
    after: Option<Particulars>,
    /// Why it is wanted or was declined, in the person's words.
    reason: Option<String>,
}

/// What a request says, with all that was corrected in it.
#[derive(Debug, Serialize, ToSchema)]
struct RequestView {
    /// As it is now.
    request: Particulars,
    /// The proposal that waits for a second person.
    waiting: Option<StudyEventId>,
    /// What happened, oldest first.
    history: Vec<StepView>,
    /// Steps that can't be read.
    unreadable: Vec<Unreadable>,
}

impl From<Opened> for RequestView {
    fn from(o: Opened) -> Self {
        let step = |e: &StudyEvent| {
            let said = e.correction();
            let data: serde_json::Value = serde_json::from_str(&e.data).unwrap_or_default();
            let reason = data["reason"].as_str().filter(|why| !why.is_empty());
            StepView {
                id: e.event_id,
                kind: e.kind,
                recorded_at: e.recorded_at,
                actor: o.names.get(&e.actor_id).cloned().unwrap_or_default(),
                reason: reason.map(str::to_owned),
                before: said.clone().map(|c| c.before),
                after: said.map(|c| c.after),
            }
        };
        Self {
            history: o.events.iter().map(step).collect(),
            request: o.now,
            waiting: o.study.proposal,
            unreadable: o.unreadable,
        }
    }
}

/// What a request says, with all that was corrected in it.
#[utoipa::path(get, path = "/studies/{id}/corrections", tag = "studies",
    params(("id" = StudyId, Path)),
    responses((status = 200, body = RequestView), (status = 404)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Json<RequestView>, Problem> {
    Ok(Json(reading::open(&app, &caller, id).await?.into()))
}

/// What somebody says is right.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRequestCorrection {
    /// A UUIDv7 made by the client; sent again, it gives the first answer again.
    id: String,
    /// All that the request should say: diagnosis, every clinical question, reference, requester and
    /// phone, as in a request. Its key, kind, time point, urgency, tubes and site are not corrected here
    /// and are left out.
    request: RequestStudy,
    /// Why, with the paper that says so: 5 to 400 characters.
    reason: String,
}

/// A proposal that waits.
#[derive(Debug, Serialize, ToSchema)]
struct RequestCorrection {
    /// Decide about it by this.
    id: StudyEventId,
}

/// Propose what a request should say of the child and of who asks. It counts once another person has
/// approved it.
#[utoipa::path(post, path = "/studies/{id}/corrections", tag = "studies",
    params(("id" = StudyId, Path)), request_body = NewRequestCorrection,
    responses((status = 201, body = RequestCorrection), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn propose(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
    Body(new): Body<NewRequestCorrection>,
) -> Result<(StatusCode, Json<RequestCorrection>), Problem> {
    let key = client_id(&new.id).map_err(|f| Problem::fields(vec![f]))?;
    let proposal = Proposal { id: key.into(), request: new.request, reason: new.reason };
    let id = service::propose(&app, &caller, id, proposal).await.map_err(nested)?;
    Ok((StatusCode::CREATED, Json(RequestCorrection { id })))
}

/// A fault's field as the body names it: all but the reason stand in `request`.
fn nested(e: CorrectionError) -> CorrectionError {
    match e {
        CorrectionError::Fields(mut faults) => {
            for fault in faults.iter_mut().filter(|f| f.field != "reason") {
                fault.field = format!("request.{}", fault.field);
            }
            CorrectionError::Fields(faults)
        }
        e => e,
    }
}

/// A decision about a proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RequestDecision {
    /// Whether the paper bears the proposal out.
    verdict: Verdict,
    /// Why not, where it is declined: 5 to 400 characters.
    #[serde(default)]
    reason: String,
}

/// Approve or decline a proposed correction. Who proposed it may decline it (take it back) and never
/// approves it.
#[utoipa::path(post, path = "/studies/{id}/corrections/{proposal}", tag = "studies",
    params(("id" = StudyId, Path), ("proposal" = StudyEventId, Path)),
    request_body = RequestDecision,
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn decide(
    State(app): State<App>,
    caller: Caller,
    Path((id, proposal)): Path<(String, String)>,
    Body(decision): Body<RequestDecision>,
) -> Result<StatusCode, Problem> {
    let (Ok(id), Ok(proposal)) = (id.parse::<StudyId>(), proposal.parse::<StudyEventId>()) else {
        return Err(Problem::not_found());
    };
    let RequestDecision { verdict, reason } = decision;
    service::decide(&app, &caller, id, proposal, verdict, &reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
