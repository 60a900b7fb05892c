//! Patients as JSON.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::input::RegisterPatient;
use super::model::{Patient, PatientId};
use super::relation::CareRequestId;
use super::service::{self, Registration};
use super::{Doubt, PatientError};
use crate::app::App;
use crate::db::{Limit, Page};
use crate::people::Caller;
use crate::web::{Body, FieldFault, Key, Problem, Query};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register, list))
        .routes(routes!(search))
        .routes(routes!(show))
}

/// A child's record, for who has it in reach.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct PatientView {
    pub id: PatientId,
    pub folio: String,
    pub name: String,
    pub given_names: String,
    pub surname1: String,
    pub surname2: Option<String>,
    /// `2019-03-05`; `2019-03` or `2019` where only that is known.
    pub birth_date: String,
    pub sex: String,
    pub curp: Option<String>,
    pub nss: Option<String>,
    pub agregado: Option<String>,
    pub multiple_birth: bool,
    /// Record number at the caller's centre; only where one patient is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_number: Option<String>,
    /// The record that stays, where this one was merged into it: the child is shown there (BR-29).
    pub merged_into: Option<PatientId>,
    /// What deserves a second look: shown, never corrected.
    pub doubts: Vec<Doubt>,
}

impl From<Patient> for PatientView {
    fn from(p: Patient) -> Self {
        Self {
            doubts: p.doubts(),
            record_number: None,
            merged_into: p.merged_into,
            id: p.id,
            folio: p.folio.to_string(),
            name: p.name().display(),
            birth_date: p.birth().to_string(),
            sex: p.sex.to_string(),
            curp: p.curp.map(|c| c.to_string()),
            nss: p.nss.map(|n| n.to_string()),
            agregado: p.agregado.map(|a| a.to_string()),
            multiple_birth: p.multiple_birth,
            given_names: p.given_names,
            surname1: p.surname1,
            surname2: p.surname2,
        }
    }
}

/// What a registration led to where others were asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskedView {
    /// The questions: see `/care/requests`.
    pub requests: Vec<CareRequestId>,
}

/// Register a child. 409 `possible-duplicate` lists who in reach may be the same one; send it again
/// with a `decision`. 409 `ask-first` says that others must say something first, and nothing else;
/// send it again with `elsewhere`: `provisional` registers at once (201), `ask` asks (202),
/// `emergency` opens the record there on the word of one of `in_charge` (200).
#[utoipa::path(post, path = "/patients", tag = "patients", request_body = RegisterPatient,
    responses((status = 201, body = PatientView), (status = 200, body = PatientView),
        (status = 202, body = AskedView), (status = 403), (status = 409), (status = 422)))]
async fn register(
    State(app): State<App>,
    caller: Caller,
    Body(input): Body<RegisterPatient>,
) -> Result<Response, Problem> {
    let done = service::register(&app, &caller, input).await.map_err(PatientError::problem)?;
    Ok(match done {
        Registration::Registered(patient) => {
            (StatusCode::CREATED, Json(PatientView::from(patient))).into_response()
        }
        Registration::Opened(patient) => Json(PatientView::from(patient)).into_response(),
        Registration::Asked(requests) => {
            (StatusCode::ACCEPTED, Json(AskedView { requests })).into_response()
        }
    })
}

/// How the list is paged.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `next` of the page before.
    after: Option<PatientId>,
    /// 1 to 200; 50 if not said.
    limit: Option<u16>,
}

/// The patients in reach, by name.
#[utoipa::path(get, path = "/patients", tag = "patients", params(ListQuery),
    responses((status = 200), (status = 403)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<PatientView>>, Problem> {
    find(&app, &caller, "", query.after, query.limit).await
}

/// What to look for. In a body, because names and CURPs do not belong in addresses and logs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchBody {
    /// A folio, CURP, NSS, record or request number, a tube's code, or the beginnings of names,
    /// accents or not.
    text: String,
    /// `next` of the page before.
    after: Option<PatientId>,
    /// 1 to 200; 50 if not said.
    limit: Option<u16>,
}

/// Look patients up.
#[utoipa::path(post, path = "/patients/search", tag = "patients", request_body = SearchBody,
    responses((status = 200), (status = 403), (status = 422)))]
async fn search(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<SearchBody>,
) -> Result<Json<Page<PatientView>>, Problem> {
    find(&app, &caller, &body.text, body.after, body.limit).await
}

async fn find(
    app: &App,
    caller: &Caller,
    text: &str,
    after: Option<PatientId>,
    given: Option<u16>,
) -> Result<Json<Page<PatientView>>, Problem> {
    let page = service::search(app, caller, text, after, limit(given)?).await?;
    Ok(Json(page.map(PatientView::from)))
}

/// The limit of a query, or the field to blame.
pub(crate) fn limit(given: Option<u16>) -> Result<Limit, Problem> {
    given.map_or(Some(Limit::default()), Limit::new).ok_or_else(|| {
        let fault = FieldFault::new("limit", "out-of-range").with("low", 1_i64);
        Problem::fields(vec![fault.with("high", i64::from(Limit::MAX))])
    })
}

/// One patient; the reading is audited. By a record that was merged it is the one that stays, with
/// that one's `id`.
#[utoipa::path(get, path = "/patients/{id}", tag = "patients",
    params(("id" = PatientId, Path)), responses((status = 200, body = PatientView), (status = 404)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
) -> Result<Json<PatientView>, Problem> {
    let patient = service::open(&app, &caller, id).await?;
    let record_number = service::record_number(&app, &caller, id).await?;
    Ok(Json(PatientView { record_number, ..patient.into() }))
}
