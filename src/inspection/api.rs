//! The audit log as JSON: ids and stable words.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::named::Line;
use super::proofs;
use super::service::{self, Wanted};
use crate::app::App;
use crate::audit::store::AuditId;
use crate::audit::{Action, Outcome};
use crate::db::{Day, Instant, Page};
use crate::patients::PatientId;
use crate::patients::api::limit;
use crate::people::{Caller, UserId};
use crate::web::{Key, Problem, Query};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(proof))
}

/// How the log is narrowed and paged.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only done by this person.
    person: Option<UserId>,
    /// Only about this patient's record.
    patient: Option<PatientId>,
    /// Only what was done or tried in this way.
    #[param(inline)]
    action: Option<Action>,
    /// Only what ended so.
    #[param(inline)]
    outcome: Option<Outcome>,
    /// From this day on, in the reader's zone.
    from: Option<Day>,
    /// Until the end of this day.
    to: Option<Day>,
    /// `next` of the page before.
    after: Option<AuditId>,
    /// 1 to 200; 50 if not said.
    limit: Option<u16>,
}

/// A row of the log.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct RowView {
    pub id: AuditId,
    pub at: Instant,
    /// Nobody for a refused sign-in.
    pub person: Option<UserId>,
    /// The person's name as it is shown; none where there is no account.
    pub person_name: Option<String>,
    #[schema(inline)]
    pub action: Action,
    #[schema(inline)]
    pub outcome: Outcome,
    /// `patient`, `study`, `container`, `result`, `person` …
    pub subject_kind: String,
    pub subject: Option<uuid::Uuid>,
    pub patient: Option<uuid::Uuid>,
    /// The site's code.
    pub site: Option<String>,
    /// As in the log.
    pub request: String,
    /// A stable word or two.
    pub detail: Option<String>,
}

fn view(app: &App, line: Line) -> RowView {
    let row = line.row;
    RowView {
        id: row.id,
        at: row.at,
        person: row.person_id,
        person_name: line.who,
        action: row.action,
        outcome: row.outcome,
        subject_kind: row.subject_kind,
        subject: row.subject_id.map(|s| s.0),
        patient: row.patient_id.map(|p| p.0),
        site: row.site_id.map(|s| app.sites.code(s).to_owned()),
        request: row.request_id,
        detail: row.detail,
    }
}

/// Who read or changed what, newest first: for auditors and quality all of it, for the head of a
/// laboratory what its people did and what concerns its patients. The reading is audited.
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditQuery),
    responses((status = 200), (status = 401), (status = 403), (status = 422)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(q): Query<AuditQuery>,
) -> Result<Json<Page<RowView>>, Problem> {
    let wanted = Wanted {
        person: q.person,
        patient: q.patient,
        action: q.action,
        outcome: q.outcome,
        from: q.from,
        to: q.to,
    };
    let page = service::list(&app, &caller, wanted, q.after, limit(q.limit)?).await?;
    Ok(Json(page.map(|line| view(&app, line))))
}

/// The proof that an event is in the log (C2SP tlog-proof@v1), against the newest checkpoint; an
/// event newer than that has one signed. For whoever may see the container, the child or the
/// result it is about, and for auditors and quality.
#[utoipa::path(get, path = "/ledger/proofs/{event}", tag = "ledger",
    params(("event" = Uuid, Path, description = "Event id")),
    responses((status = 200, content_type = "text/plain"), (status = 401), (status = 404)))]
async fn proof(
    State(app): State<App>,
    caller: Caller,
    Key(event): Key<Uuid>,
) -> Result<Response, Problem> {
    let text = proofs::proof(&app, &caller, event).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
