//! Studies as JSON.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answers::Question;
use super::input::RequestStudy;
use super::model::{DoubtState, Study, StudyId, StudyKind, StudyState, unknown_of};
use super::{DuePoint, DuePointId, DueState, attachment, correction, service, store};
use super::{Particulars, StudyEventId};
use crate::app::App;
use crate::db::{Day, Instant, Page};
use crate::patients::PatientId;
use crate::patients::api::limit;
use crate::people::Caller;
use crate::sites::SiteId;
use crate::web::{Body, FieldFault, Key, Problem, Query};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(request))
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(due_points))
        .routes(routes!(settle))
        .merge(correction::api::routes())
        .merge(attachment::api::routes())
}

/// A request for an immunophenotype or an MRD, as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct StudyView {
    pub id: StudyId,
    pub number: String,
    pub patient: PatientId,
    pub kind: StudyKind,
    pub state: StudyState,
    pub centre: String,
    pub protocol: Option<String>,
    pub timepoint: Option<String>,
    pub outside_reason: Option<String>,
    pub due_date: Option<String>,
    pub window_from: Option<String>,
    pub window_to: Option<String>,
    pub diagnosis: String,
    pub urgent: bool,
    /// Asked for by the laboratory's reception, of a child whom no centre sent.
    pub walk_in: bool,
    pub requested_at: Instant,
    /// Clinical questions that nobody could answer: to be found out before a result is released.
    pub unknown: Vec<Question>,
    /// The gravest doubt whether one of its samples is the child's: `GET /doubts`.
    pub doubt: Option<DoubtState>,
}

impl StudyView {
    fn of(app: &App, s: Study) -> Self {
        Self {
            unknown: unknown_of(&s),
            walk_in: s.is_walk_in(),
            doubt: s.doubt,
            id: s.id,
            number: s.number.to_string(),
            patient: s.patient_id,
            kind: s.kind,
            state: s.state,
            centre: app.sites.code(s.centre_id).to_owned(),
            protocol: s.protocol_id,
            timepoint: s.timepoint_id,
            outside_reason: s.outside_reason,
            due_date: s.due_date.map(|d| d.to_string()),
            window_from: s.window_from.map(|d| d.to_string()),
            window_to: s.window_to.map(|d| d.to_string()),
            diagnosis: s.diagnosis,
            urgent: s.urgent,
            requested_at: s.requested_at,
        }
    }
}

/// Request a study for a patient.
#[utoipa::path(post, path = "/patients/{id}/studies", tag = "studies",
    params(("id" = PatientId, Path)), request_body = RequestStudy,
    responses((status = 201, body = StudyView), (status = 403), (status = 404),
        (status = 422)))]
async fn request(
    State(app): State<App>,
    caller: Caller,
    Key(patient): Key<PatientId>,
    Body(input): Body<RequestStudy>,
) -> Result<(StatusCode, Json<StudyView>), Problem> {
    let study = service::request(&app, &caller, patient, input).await?;
    Ok((StatusCode::CREATED, Json(StudyView::of(&app, study))))
}

/// How the list is narrowed and paged.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only of this patient.
    patient: Option<PatientId>,
    /// Only those standing here.
    state: Option<StudyState>,
    /// Only of this kind.
    kind: Option<StudyKind>,
    /// Only asked for by this centre: its code.
    centre: Option<String>,
    /// Only those with a correction that waits for a second person; `false`: without one.
    waiting: Option<bool>,
    /// Only those that go on with a clinical question which nobody could answer; `false`: the others.
    to_find_out: Option<bool>,
    /// `next` of the page before.
    after: Option<StudyId>,
    /// 1 to 200; 50 if not said.
    limit: Option<u16>,
}

/// The studies in reach, newest first.
#[utoipa::path(get, path = "/studies", tag = "studies", params(ListQuery),
    responses((status = 200), (status = 422)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(q): Query<ListQuery>,
) -> Result<Json<Page<StudyView>>, Problem> {
    let centre = centre(&app, q.centre.as_deref())?;
    let ListQuery { patient, state, kind, waiting, to_find_out, .. } = q;
    let filter = store::Filter { patient, state, kind, centre, waiting, to_find_out };
    let page = service::list(&app, &caller, filter, q.after, limit(q.limit)?).await?;
    Ok(Json(page.map(|s| StudyView::of(&app, s))))
}

/// The centre of a query.
pub(super) fn centre(app: &App, code: Option<&str>) -> Result<Option<SiteId>, Problem> {
    let Some(code) = code.filter(|c| !c.is_empty()) else { return Ok(None) };
    let found = app.sites.by_code(code).map(|s| s.id);
    found.map(Some).ok_or_else(|| {
        Problem::fields(vec![FieldFault::new("centre", "unknown-site").with("code", code)])
    })
}

/// One study, with why it was cancelled.
#[derive(Debug, Serialize, ToSchema)]
struct OneStudy {
    #[serde(flatten)]
    study: StudyView,
    /// Of a cancelled one.
    cancellation: Option<Cancelled>,
    /// What it says of the child and of who asks.
    request: Particulars,
    /// When that was last corrected.
    corrected_at: Option<Instant>,
    /// The correction that waits for a second person: `GET /studies/{id}/corrections`.
    waiting_correction: Option<StudyEventId>,
}

/// Why a request was cancelled.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
struct Cancelled {
    at: Instant,
    by: String,
    reason: String,
}

/// A request, with what it says and whether it was corrected or cancelled.
#[utoipa::path(get, path = "/studies/{id}", tag = "studies", params(("id" = StudyId, Path)),
    responses((status = 200, body = OneStudy), (status = 404)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Json<OneStudy>, Problem> {
    let opened = service::open(&app, &caller, id).await?;
    let told = opened.cancelled.map(|c| Cancelled { at: c.at, by: c.by, reason: c.reason });
    Ok(Json(OneStudy {
        request: opened.study.particulars()?,
        corrected_at: opened.corrected,
        waiting_correction: opened.study.proposal,
        study: StudyView::of(&app, opened.study),
        cancellation: told,
    }))
}

/// A time point of a child's protocol.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct DuePointView {
    pub id: DuePointId,
    pub protocol: String,
    pub timepoint: String,
    /// What it counts from.
    pub day1: String,
    pub due_date: String,
    pub window_from: String,
    pub window_to: String,
    /// Where it stands today.
    pub state: DueState,
    /// Why it moved, was waived or does not apply.
    pub reason: Option<String>,
    /// The request that answers it.
    pub study: Option<StudyId>,
}

impl DuePointView {
    fn of(p: DuePoint, today: Day) -> Self {
        Self {
            id: p.id,
            state: p.state_on(today),
            protocol: p.protocol_id,
            timepoint: p.timepoint_id,
            day1: p.day1.to_string(),
            due_date: p.due_date.to_string(),
            window_from: p.window_from.to_string(),
            window_to: p.window_to.to_string(),
            reason: p.reason,
            study: p.study_id,
        }
    }
}

/// The time points of a patient's protocols, by due date.
#[utoipa::path(get, path = "/patients/{id}/due-points", tag = "studies",
    params(("id" = PatientId, Path)), responses((status = 200, body = [DuePointView]), (status = 404)))]
async fn due_points(
    State(app): State<App>,
    caller: Caller,
    Key(patient): Key<PatientId>,
) -> Result<Json<Vec<DuePointView>>, Problem> {
    crate::patients::service::open(&app, &caller, patient).await?;
    let today = service::today(&app, &caller);
    let (points, unreadable) = service::due_points(&app, &caller, patient).await?;
    Problem::unless_whole(&unreadable)?;
    Ok(Json(points.into_iter().map(|p| DuePointView::of(p, today)).collect()))
}

/// Why a time point needs no sample.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettlePoint {
    /// `waived` or `not-applicable`.
    pub state: String,
    /// 5 to 400 characters.
    pub reason: String,
}

/// Say that a time point is not needed, or no longer applies.
#[utoipa::path(post, path = "/due-points/{id}/settle", tag = "studies",
    params(("id" = DuePointId, Path)), request_body = SettlePoint,
    responses((status = 200, body = DuePointView), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn settle(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<DuePointId>,
    Body(body): Body<SettlePoint>,
) -> Result<Json<DuePointView>, Problem> {
    let point = service::settle_due_point(&app, &caller, id, &body.state, &body.reason).await?;
    Ok(Json(DuePointView::of(point, service::today(&app, &caller))))
}
