//! Scans, containers and their events as JSON.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::asked::scan::Batch;
use super::error::CustodyError;
use super::events::event::CustodyEvent;
use super::record::answer::{ContainerView, ScanAnswer};
use super::record::cancel::{self, CancelRequest};
use super::record::issue::{self, NewChild, NewContainer};
use super::record::view::{view, view_with};
use super::record::{service, store};
use crate::app::App;
use crate::codes::ContainerCode;
use crate::containers::{self, ContainerId, Status};
use crate::db::{Instant, Page};
use crate::patients::api::limit;
use crate::people::Caller;
use crate::studies::StudyId;
use crate::web::{Body, Key, ListBody, Problem, Query};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(scan))
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(events))
        .routes(routes!(register))
        .routes(routes!(cancel_request))
        .routes(routes!(derive))
        .routes(routes!(roll))
}

/// The answers, in the order of the scans.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchAnswer {
    /// The server's clock: for the device to estimate its offset.
    pub server_now: Instant,
    /// By how many seconds the server's own clock is behind the log; 0 when it is not. Then it is
    /// the server's clock that is wrong, and no device's.
    pub server_clock_behind: i64,
    /// One for each scan.
    pub results: Vec<ScanAnswer>,
}

/// Record up to 200 scans. Each is answered by itself, also one whose text holds a character that
/// can't be seen (refused, `bad-field`); sending one again gives its first answer. They are decided
/// in order: one that can't be written (`not_tried`, reason `failed`) stops those after it (reason
/// `waits`); keep these and send them again with the same ids. Where none could be decided the
/// answer is 503 or 507: keep all of them.
#[utoipa::path(post, path = "/scans", tag = "custody", request_body = Batch,
    responses((status = 200, body = BatchAnswer), (status = 401), (status = 422)))]
async fn scan(
    State(app): State<App>,
    caller: Caller,
    ListBody(batch): ListBody<Batch>,
) -> Result<Json<BatchAnswer>, Problem> {
    let results = service::scan(&app, &caller, batch).await?;
    let server_now = app.now();
    let server_clock_behind = app.clock_watch.behind_seconds(server_now);
    Ok(Json(BatchAnswer { server_now, server_clock_behind, results }))
}

/// How a list is narrowed and paged.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only those standing here.
    status: Option<Status>,
    /// `next` of the page before.
    after: Option<ContainerId>,
    /// 1 to 200; 50 if not said.
    limit: Option<u16>,
}

/// The newest containers in reach.
#[utoipa::path(get, path = "/containers", tag = "custody", params(ListQuery),
    responses((status = 200), (status = 401), (status = 422)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ContainerView>>, Problem> {
    let limit = limit(query.limit)?;
    let scope = caller.scope.clone();
    let page = app
        .db
        .read(move |c| {
            let filter = containers::store::Filter { status: query.status, ..Default::default() };
            let page = containers::store::list(c, &scope, &filter, query.after, limit)?;
            let ids: Vec<_> = page.items.iter().filter_map(|c| c.custodian_id).collect();
            let names = crate::people::store::names_of(c, &ids)?;
            Ok::<_, CustodyError>((page, names))
        })
        .await?;
    let (page, names) = page;
    Ok(Json(page.map(|c| {
        let holder = c.custodian_id.and_then(|id| names.get(&id).cloned());
        view_with(&app, caller.lang, caller.now, &c, holder)
    })))
}

/// One container by its code.
#[utoipa::path(get, path = "/containers/{code}", tag = "custody",
    params(("code" = ContainerCode, Path, description = "12 digits")),
    responses((status = 200, body = ContainerView), (status = 404)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
) -> Result<Json<ContainerView>, Problem> {
    let container = service::open(&app, &caller, code).await?;
    Ok(Json(view(&app, &caller, &container).await?))
}

/// An event as JSON.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct EventView {
    pub id: uuid::Uuid,
    /// The act it came of: the id of the scan, or the server's own of what was no scan. Events of one act share it.
    pub caused_by: uuid::Uuid,
    pub seq: i64,
    pub kind: String,
    pub outcome: String,
    pub occurred_at: Instant,
    pub recorded_at: Instant,
    pub actor: uuid::Uuid,
    pub role: String,
    pub site: Option<uuid::Uuid>,
    pub place: Option<String>,
    pub counterparty: Option<uuid::Uuid>,
    pub from: String,
    pub to: String,
    pub custodian: Option<uuid::Uuid>,
    pub reason: Option<String>,
    pub flags: Vec<String>,
    pub corrects: Option<uuid::Uuid>,
    /// Of an event about the collection time: the one that stood before it.
    pub collected_at_before: Option<Instant>,
    /// And the one that it says.
    pub collected_at: Option<Instant>,
}

impl From<CustodyEvent> for EventView {
    fn from(e: CustodyEvent) -> Self {
        let at = |key: &str| serde_json::from_value(e.detail(key)?).ok();
        let (collected_at_before, collected_at) = (at("collected_at_before"), at("collected_at"));
        Self {
            id: e.event_id.0,
            // Events of before there were acts were each one.
            caused_by: e.caused_by.map_or(e.event_id.0, |act| act.0),
            seq: e.seq,
            kind: e.kind.to_string(),
            outcome: e.outcome.to_string(),
            occurred_at: e.occurred_at,
            recorded_at: e.recorded_at,
            actor: e.actor_id.0,
            role: e.actor_role.to_string(),
            site: e.site_id.map(|s| s.0),
            place: e.place,
            counterparty: e.counterparty_id.map(|p| p.0),
            from: e.from_status.to_string(),
            to: e.to_status.to_string(),
            custodian: e.custodian_id.map(|p| p.0),
            reason: e.reason,
            flags: e.flags.iter().map(str::to_owned).collect(),
            corrects: e.corrects.map(|c| c.0),
            collected_at_before,
            collected_at,
        }
    }
}

/// How events are paged.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// `next` of the page before.
    after: Option<i64>,
    /// 1 to 200; 50 if not said.
    limit: Option<u16>,
}

/// A container's events, oldest first.
#[utoipa::path(get, path = "/containers/{code}/events", tag = "custody",
    params(("code" = ContainerCode, Path, description = "12 digits"), EventsQuery),
    responses((status = 200), (status = 404)))]
async fn events(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Query(query): Query<EventsQuery>,
) -> Result<Json<Page<EventView>>, Problem> {
    let limit = limit(query.limit)?;
    let container = service::open(&app, &caller, code).await?;
    let scope = caller.scope.clone();
    let page = app
        .db
        .point(move |c| {
            store::events(c, &scope, &container, query.after.unwrap_or(0), limit)
                .map_err(CustodyError::from)
        })
        .await?;
    Ok(Json(page.map(EventView::from)))
}

/// Make a container for one of a study's tubes: a code is issued, or a pre-printed one bound. One
/// expected tube has one label. Where it has it already the answer is 409, `tube-has-label`, and
/// `container` is its code: use that label, or say why another tube is filled (`extra_reason`). A
/// tube that was given up before the draw, rejected or lost is replaced without that.
#[utoipa::path(post, path = "/studies/{id}/containers", tag = "custody",
    params(("id" = StudyId, Path)), request_body = NewContainer,
    responses((status = 201, body = ContainerView), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn register(
    State(app): State<App>,
    caller: Caller,
    Key(study): Key<StudyId>,
    Body(new): Body<NewContainer>,
) -> Result<(StatusCode, Json<ContainerView>), Problem> {
    let made = issue::register(&app, &caller, study, new).await.map_err(named)?;
    Ok((StatusCode::CREATED, Json(view(&app, &caller, &made).await?)))
}

/// With the codes that it is about, for a program to go on with.
fn named(e: CustodyError) -> Problem {
    match e {
        CustodyError::TubeTaken(code) => Problem::from(e).with("container", json!(code)),
        CustodyError::TubesWait(ref codes) => {
            let codes = json!(codes);
            Problem::from(e).with("containers", codes)
        }
        e => e.into(),
    }
}

/// Cancel a request, once and for good: its unused labels are withdrawn and its time point waits for
/// another one. 409 `request-has-tubes` where a tube was drawn that nobody has decided about
/// (`containers`), `request-answered`, `request-cancelled`.
#[utoipa::path(post, path = "/studies/{id}/cancellation", tag = "custody",
    params(("id" = StudyId, Path)), request_body = CancelRequest,
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn cancel_request(
    State(app): State<App>,
    caller: Caller,
    Key(study): Key<StudyId>,
    Body(new): Body<CancelRequest>,
) -> Result<StatusCode, Problem> {
    cancel::cancel(&app, &caller, study, new).await.map_err(named)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make an aliquot or stained tube from a container.
#[utoipa::path(post, path = "/containers/{code}/children", tag = "custody",
    params(("code" = ContainerCode, Path)), request_body = NewChild,
    responses((status = 201, body = ContainerView), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn derive(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Body(new): Body<NewChild>,
) -> Result<(StatusCode, Json<ContainerView>), Problem> {
    let made = issue::derive(&app, &caller, code, new).await?;
    Ok((StatusCode::CREATED, Json(view(&app, &caller, &made).await?)))
}

/// How many codes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoll {
    /// 1 to 5000.
    n: i32,
}

/// A run of codes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Roll {
    /// The first code of the run, twelve digits.
    first: String,
    /// The last code of the run; the serial numbers between count up.
    last: String,
}

/// Hand the caller's centre a roll of codes to print beforehand.
#[utoipa::path(post, path = "/code-rolls", tag = "custody", request_body = NewRoll,
    responses((status = 201, body = Roll), (status = 403), (status = 422)))]
async fn roll(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewRoll>,
) -> Result<(StatusCode, Json<Roll>), Problem> {
    let (first, last) = issue::roll(&app, &caller, new.n).await?;
    Ok((StatusCode::CREATED, Json(Roll { first: first.to_string(), last: last.to_string() })))
}
