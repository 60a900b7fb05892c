//! Care relations as JSON.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reading::{self, Likeness, Shown};
use super::service;
use crate::app::App;
use crate::db::{Instant, Page, Unreadable};
use crate::patients::PatientId;
use crate::patients::relation::{CareEventKind, CareKind, CareRequestId, CareState};
use crate::people::Caller;
use crate::web::{Body, Key, Problem, Query};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(answer))
        .routes(routes!(end))
        .routes(routes!(transfer))
        .routes(routes!(of_patient))
}

/// A question between centres, or a transfer, as this caller may see it.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct CareRequestView {
    pub id: CareRequestId,
    pub kind: CareKind,
    pub state: CareState,
    /// Code of the centre that asks; of a transfer, of the one that receives.
    pub site: String,
    pub asked_by: String,
    pub asked_at: Instant,
    /// Until when an answer is expected.
    pub due_at: Instant,
    pub reason: String,
    pub in_charge: Option<String>,
    /// The child asked about, where in reach.
    pub patient: Option<PatientId>,
    /// The record made meanwhile, where in reach.
    pub provisional: Option<PatientId>,
    /// Codes of the centres that treat the child; empty for who asks until it is granted.
    pub treating: Vec<String>,
    /// In what the two are alike; not for who asks.
    pub likeness: Option<Likeness>,
    pub answered_by: Option<String>,
    pub answered_at: Option<Instant>,
    pub answer: Option<String>,
    pub may_answer: bool,
}

fn view(app: &App, s: Shown) -> CareRequestView {
    let name = |id| s.names.get(&id).cloned().unwrap_or_default();
    let r = s.request;
    CareRequestView {
        id: r.id,
        kind: r.kind,
        state: r.state,
        site: app.sites.code(r.site_id).to_owned(),
        asked_by: name(r.asked_by),
        asked_at: r.asked_at,
        due_at: r.due_at,
        in_charge: r.in_charge.map(name),
        patient: s.patient.map(|p| p.id),
        provisional: s.provisional.map(|p| p.id),
        treating: s.treating.iter().map(|id| app.sites.code(*id).to_owned()).collect(),
        likeness: s.likeness,
        answered_by: r.answered_by.map(name),
        answered_at: r.answered_at,
        may_answer: s.may_answer,
        reason: r.reason,
        answer: r.answer,
    }
}

/// How the list is narrowed and paged.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CareQuery {
    /// `true`: only those that wait for an answer.
    open: Option<bool>,
    /// `next` of the page before.
    after: Option<CareRequestId>,
    /// 1 to 200; 50 if not said.
    limit: Option<u16>,
}

/// The questions between centres and transfers in reach, newest first.
#[utoipa::path(get, path = "/care/requests", tag = "care", params(CareQuery),
    responses((status = 200), (status = 403)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CareQuery>,
) -> Result<Json<Page<CareRequestView>>, Problem> {
    let limit = crate::patients::api::limit(query.limit)?;
    let open = query.open.unwrap_or_default();
    let page = reading::list(&app, &caller, open, query.after, limit).await?;
    Ok(Json(page.map(|s| view(&app, s))))
}

/// One question or transfer; the reading is audited.
#[utoipa::path(get, path = "/care/requests/{id}", tag = "care",
    params(("id" = CareRequestId, Path)),
    responses((status = 200, body = CareRequestView), (status = 403), (status = 404)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<CareRequestId>,
) -> Result<Json<CareRequestView>, Problem> {
    Ok(Json(view(&app, reading::open(&app, &caller, id).await?)))
}

crate::words! {
    /// What a centre that is asked about a child says.
    pub enum CareAnswer {
        /// It is this child: both centres see the course from now on.
        Yes = "yes",
        /// It is not.
        No = "no",
    }
}

/// The answer to a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerCare {
    /// `yes`: it is this child, both centres see the course from now on; `no`: it is not.
    pub answer: CareAnswer,
    /// Why, 5 to 400 characters.
    pub reason: String,
}

/// Answer another centre's question. One answer counts: later ones get 409 `care-answered`.
#[utoipa::path(post, path = "/care/requests/{id}/answers", tag = "care",
    params(("id" = CareRequestId, Path)), request_body = AnswerCare,
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn answer(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<CareRequestId>,
    Body(body): Body<AnswerCare>,
) -> Result<StatusCode, Problem> {
    let yes = body.answer == CareAnswer::Yes;
    service::answer(&app, &caller, id, yes, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why a relation ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndCare {
    /// Why, 5 to 400 characters.
    pub reason: String,
}

/// End a relation: coordination only. The centre keeps what it asked for itself.
#[utoipa::path(post, path = "/care/requests/{id}/end", tag = "care",
    params(("id" = CareRequestId, Path)), request_body = EndCare,
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn end(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<CareRequestId>,
    Body(body): Body<EndCare>,
) -> Result<StatusCode, Problem> {
    service::end(&app, &caller, id, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is sent to let another centre treat a child too.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferCare {
    /// A UUIDv7 made by the client; sent again, it gives the first answer again.
    pub id: CareRequestId,
    /// Code of the centre that treats the child too from now on.
    pub site: String,
    /// Why, 5 to 400 characters.
    pub reason: String,
}

/// Let another centre treat a child too: it may ask for studies and draw from now on, and both
/// centres see the child's course.
#[utoipa::path(post, path = "/patients/{id}/transfers", tag = "care",
    params(("id" = PatientId, Path)), request_body = TransferCare,
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn transfer(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
    Body(body): Body<TransferCare>,
) -> Result<StatusCode, Problem> {
    service::transfer(&app, &caller, id, body.id, &body.site, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A centre that treats a child.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct TreatingView {
    pub site: String,
    pub since: Instant,
}

/// An event of a child's care.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct CareEventView {
    pub kind: CareEventKind,
    pub site: String,
    pub at: Instant,
    pub by: String,
}

/// A child's care.
#[derive(Debug, Serialize, ToSchema)]
pub struct CareView {
    /// The centres that treat the child, the first one first.
    pub treating: Vec<TreatingView>,
    /// What happened, oldest first.
    pub events: Vec<CareEventView>,
    /// Other records that were said to be the same child's.
    pub same: Vec<PatientId>,
    /// Questions and events that can't be read: damaged ones, each told by its key.
    pub unreadable: Vec<Unreadable>,
}

/// Which centres treat a child, and how that came to be.
#[utoipa::path(get, path = "/patients/{id}/care", tag = "care",
    params(("id" = PatientId, Path)), responses((status = 200, body = CareView), (status = 404)))]
async fn of_patient(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
) -> Result<Json<CareView>, Problem> {
    crate::patients::service::open(&app, &caller, id).await?;
    let care = reading::of_patient(&app, &caller, id).await?;
    let site = |id| app.sites.code(id).to_owned();
    let treating =
        care.treating.iter().map(|(s, since)| TreatingView { site: site(*s), since: *since });
    let events = care.events.iter().map(|e| CareEventView {
        kind: e.kind,
        site: site(e.site_id),
        at: e.recorded_at,
        by: care.names.get(&e.actor_id).cloned().unwrap_or_default(),
    });
    Ok(Json(CareView {
        treating: treating.collect(),
        events: events.collect(),
        same: care.same.iter().map(|(id, _)| *id).collect(),
        unreadable: care.unreadable,
    }))
}
