//! Studies as JSON.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::input::RequestStudy;
use super::model::{Study, StudyId, StudyKind, StudyState};
use super::{service, store};
use crate::app::App;
use crate::db::{Instant, Page};
use crate::patients::PatientId;
use crate::patients::api::limit;
use crate::people::Caller;
use crate::web::{Body, Key, Problem, Query};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(request)).routes(routes!(list)).routes(routes!(show))
}

/// A study.
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
    pub requested_at: Instant,
}

impl StudyView {
    fn of(app: &App, s: Study) -> Self {
        Self {
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
    responses((status = 201, body = StudyView), (status = 404), (status = 422)))]
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
    let filter = store::Filter { patient: q.patient, state: q.state, kind: q.kind };
    let page = service::list(&app, &caller, filter, q.after, limit(q.limit)?).await?;
    Ok(Json(page.map(|s| StudyView::of(&app, s))))
}

/// One study.
#[utoipa::path(get, path = "/studies/{id}", tag = "studies", params(("id" = StudyId, Path)),
    responses((status = 200, body = StudyView), (status = 404)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Json<StudyView>, Problem> {
    let opened = service::open(&app, &caller, id).await?;
    Ok(Json(StudyView::of(&app, opened.study)))
}
