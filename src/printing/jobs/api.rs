//! Print jobs as JSON.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::job::{JobId, JobState, What};
use super::lists::Filter;
use super::rows::{BatchId, JobEventKind};
use super::send::{self, Labels, Roll};
use super::work::{self, Act, Shown};
use crate::app::App;
use crate::codes::ContainerCode;
use crate::db::{Instant, Limit, Page, Unreadable};
use crate::people::Caller;
use crate::printing::machines::printer::PrinterId;
use crate::web::{Body, FieldFault, Key, Problem, Query};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(queue))
        .routes(routes!(show))
        .routes(routes!(cancel))
        .routes(routes!(retry))
        .routes(routes!(answer))
        .routes(routes!(roll))
        .routes(routes!(batch))
        .routes(routes!(cancel_batch))
        .routes(routes!(retry_batch))
        .routes(routes!(read))
}

/// A job: a code, a template and a printer, nothing of a patient.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
struct JobView {
    id: JobId,
    batch: Option<BatchId>,
    what: What,
    site: String,
    printer: PrinterId,
    printer_name: String,
    code: Option<ContainerCode>,
    copy: i32,
    /// Id and version.
    template: Option<String>,
    state: JobState,
    /// How often it may have been printed.
    attempts: i32,
    queued_at: Instant,
    queued_by: String,
    changed_at: Instant,
}

fn view(app: &App, s: Shown) -> JobView {
    let row = s.row;
    let template = row.template_id.zip(row.template_version);
    JobView {
        id: row.id,
        batch: row.batch_id,
        what: row.what,
        site: app.sites.code(row.site_id).to_owned(),
        printer: row.printer_id,
        printer_name: s.printer,
        code: row.code,
        copy: row.copy,
        template: template.map(|(id, version)| format!("{id} v{version}")),
        state: row.state,
        attempts: row.attempts,
        queued_at: row.queued_at,
        queued_by: s.by,
        changed_at: row.changed_at,
    }
}

/// One page of jobs.
#[derive(Serialize, ToSchema)]
struct JobPage {
    items: Vec<JobView>,
    /// Jobs of this page that can't be read: damaged rows.
    unreadable: Vec<Unreadable>,
    /// Pass it as `after`.
    next: Option<String>,
}

/// What the list is narrowed to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// The site's code.
    site: Option<String>,
    /// Only jobs of this printer.
    printer: Option<PrinterId>,
    /// Where they stand.
    state: Option<JobState>,
    /// Only jobs that were sent together, by their batch.
    batch: Option<BatchId>,
    /// From the last page's `next`.
    after: Option<JobId>,
    /// 1 to 200; 50 without it.
    limit: Option<u16>,
}

/// The jobs of one's sites, newest first.
#[utoipa::path(get, path = "/print-jobs", tag = "printers", params(ListQuery),
    responses((status = 200, body = JobPage), (status = 401), (status = 404), (status = 422)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<JobPage>, Problem> {
    let sites = match query.site.as_deref() {
        None => None,
        Some(code) => match app.sites.by_code(code) {
            Some(site) => Some(vec![site.id]),
            None => return Err(Problem::fields(vec![FieldFault::new("site", "print-site")])),
        },
    };
    let limit = match query.limit {
        None => Limit::default(),
        Some(n) => Limit::new(n).ok_or_else(|| {
            let fault = FieldFault::new("limit", "out-of-range").with("low", 1_i64);
            Problem::fields(vec![fault.with("high", i64::from(Limit::MAX))])
        })?,
    };
    let filter = Filter {
        sites,
        printer: query.printer,
        state: query.state,
        batch: query.batch,
        container: None,
    };
    let found: Page<Shown> = work::list(&app, &caller, filter, query.after, limit).await?;
    let Page { items, unreadable, next } = found.map(|s| view(&app, s));
    Ok(Json(JobPage { items, unreadable, next }))
}

/// Jobs that were sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sent {
    /// Follow them by this.
    pub batch: BatchId,
}

/// Labels to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewJobs {
    /// A UUIDv7 made by the client: sending it again prints nothing more.
    id: BatchId,
    /// The printer that they are to come out of.
    printer: PrinterId,
    /// Whose labels, 1 to 1,000, in this order.
    codes: Vec<ContainerCode>,
    /// Why again; required where any has a label already.
    #[serde(default)]
    reason: String,
    /// `cryo-wrap-33x13`, for all of them; without it, of the kinds that fit each the first that the
    /// printer's stock holds.
    #[serde(default)]
    kind: String,
}

/// Record labels and send them to a printer: all of them or none.
#[utoipa::path(post, path = "/print-jobs", tag = "printers", request_body = NewJobs,
    responses((status = 201, body = Sent), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn queue(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewJobs>,
) -> Result<(StatusCode, Json<Sent>), Problem> {
    let NewJobs { id, printer, codes, reason, kind } = new;
    let labels = Labels { id, printer, codes, reason, kind };
    let batch = send::labels(&app, &caller, labels).await?;
    Ok((StatusCode::CREATED, Json(Sent { batch })))
}

/// A job and its history.
#[derive(Debug, Serialize, ToSchema)]
struct JobHistory {
    job: JobView,
    events: Vec<EventView>,
}

/// Something that happened to a job.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
struct EventView {
    at: Instant,
    kind: JobEventKind,
    state: JobState,
    /// A person or an agent.
    by: String,
    /// The server, which drives the printer itself.
    by_server: bool,
    /// What the agent, or the server, told.
    detail: Option<String>,
}

/// One job and what happened to it.
#[utoipa::path(get, path = "/print-jobs/{id}", tag = "printers", params(("id" = JobId, Path)),
    responses((status = 200, body = JobHistory), (status = 401), (status = 404)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<JobId>,
) -> Result<Json<JobHistory>, Problem> {
    let (shown, told) = work::open(&app, &caller, id).await?;
    let events = told.into_iter().map(|t| EventView {
        at: t.event.at,
        kind: t.event.kind,
        state: t.event.state,
        by_server: t.event.is_by_server(),
        by: t.by,
        detail: t.event.detail,
    });
    Ok(Json(JobHistory { job: view(&app, shown), events: events.collect() }))
}

/// Where a job stands now.
#[derive(Debug, Serialize, ToSchema)]
struct Stands {
    state: JobState,
}

async fn act(app: &App, caller: &Caller, id: JobId, act: Act) -> Result<Json<Stands>, Problem> {
    Ok(Json(Stands { state: work::act(app, caller, id, act).await?.state }))
}

/// Take a job back that is not sent yet.
#[utoipa::path(post, path = "/print-jobs/{id}/cancel", tag = "printers",
    params(("id" = JobId, Path)),
    responses((status = 200, body = Stands), (status = 403), (status = 404), (status = 409)))]
async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<JobId>,
) -> Result<Json<Stands>, Problem> {
    act(&app, &caller, id, Act::Cancel).await
}

/// Send a job again that failed or was taken back. A tube's label that expired is 409, `job-expired`:
/// another one is printed, of the tube as it is now.
#[utoipa::path(post, path = "/print-jobs/{id}/retry", tag = "printers",
    params(("id" = JobId, Path)),
    responses((status = 200, body = Stands), (status = 403), (status = 404), (status = 409)))]
async fn retry(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<JobId>,
) -> Result<Json<Stands>, Problem> {
    act(&app, &caller, id, Act::Retry).await
}

/// What a person saw on the bench.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Looked {
    /// The label is there. If not, it is sent again.
    there: bool,
}

/// Say whether an unconfirmed label is there.
#[utoipa::path(post, path = "/print-jobs/{id}/answer", tag = "printers",
    params(("id" = JobId, Path)), request_body = Looked,
    responses((status = 200, body = Stands), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn answer(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<JobId>,
    Body(looked): Body<Looked>,
) -> Result<Json<Stands>, Problem> {
    act(&app, &caller, id, Act::Answer(looked.there)).await
}

/// A roll to be printed beforehand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRoll {
    /// A UUIDv7 made by the client: sending it again prints nothing more.
    id: BatchId,
    /// Where to: of the centre whose codes they are.
    printer: PrinterId,
    /// How many, 1 to 1,000.
    n: i64,
}

/// Hand out a run of codes and send a label for each: they are nobody's until one is read at a
/// bedside.
#[utoipa::path(post, path = "/print-rolls", tag = "printers", request_body = NewRoll,
    responses((status = 201, body = Sent), (status = 403), (status = 409), (status = 422)))]
async fn roll(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewRoll>,
) -> Result<(StatusCode, Json<Sent>), Problem> {
    let NewRoll { id, printer, n } = new;
    let batch = send::roll(&app, &caller, Roll { id, printer, n }).await?;
    Ok((StatusCode::CREATED, Json(Sent { batch })))
}

/// How far a batch is.
#[derive(Debug, Serialize, ToSchema)]
struct BatchView {
    batch: BatchId,
    printer: PrinterId,
    printer_name: String,
    queued_at: Instant,
    queued_by: String,
    total: i64,
    /// Only those that the printer or a person confirmed.
    printed: i64,
    queued: i64,
    leased: i64,
    inking: i64,
    unconfirmed: i64,
    failed: i64,
    cancelled: i64,
    /// They waited too long, or their tube has gone on since: nothing of them was sent.
    expired: i64,
}

/// How many jobs of a batch stand where.
#[utoipa::path(get, path = "/print-batches/{id}", tag = "printers",
    params(("id" = BatchId, Path)),
    responses((status = 200, body = BatchView), (status = 401), (status = 404)))]
async fn batch(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<BatchId>,
) -> Result<Json<BatchView>, Problem> {
    let b = work::batch(&app, &caller, id).await?;
    Ok(Json(BatchView {
        batch: id,
        printer: b.head.row.printer_id,
        total: b.total(),
        printed: b.count(JobState::Printed),
        queued: b.count(JobState::Queued),
        leased: b.count(JobState::Leased),
        inking: b.count(JobState::Inking),
        unconfirmed: b.count(JobState::Unconfirmed),
        failed: b.count(JobState::Failed),
        cancelled: b.count(JobState::Cancelled),
        expired: b.count(JobState::Expired),
        queued_at: b.head.row.queued_at,
        printer_name: b.head.printer,
        queued_by: b.head.by,
    }))
}

/// How many jobs changed.
#[derive(Debug, Serialize, ToSchema)]
struct Changed {
    changed: usize,
}

/// Take back what of a batch is not sent yet.
#[utoipa::path(post, path = "/print-batches/{id}/cancel", tag = "printers",
    params(("id" = BatchId, Path)),
    responses((status = 200, body = Changed), (status = 403), (status = 404)))]
async fn cancel_batch(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<BatchId>,
) -> Result<Json<Changed>, Problem> {
    Ok(Json(Changed { changed: work::act_on_batch(&app, &caller, id, false).await? }))
}

/// Send again what of a batch failed or was taken back.
#[utoipa::path(post, path = "/print-batches/{id}/retry", tag = "printers",
    params(("id" = BatchId, Path)),
    responses((status = 200, body = Changed), (status = 403), (status = 404), (status = 409)))]
async fn retry_batch(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<BatchId>,
) -> Result<Json<Changed>, Problem> {
    Ok(Json(Changed { changed: work::act_on_batch(&app, &caller, id, true).await? }))
}

/// A label that came out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reading {
    /// What a scanner read off it.
    code: ContainerCode,
}

/// Read a label that came out: it is printed.
#[utoipa::path(post, path = "/print-batches/{id}/readings", tag = "printers",
    params(("id" = BatchId, Path)), request_body = Reading,
    responses((status = 200, body = Stands), (status = 403), (status = 404), (status = 422)))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<BatchId>,
    Body(reading): Body<Reading>,
) -> Result<Json<Stands>, Problem> {
    Ok(Json(Stands { state: work::read(&app, &caller, id, reading.code).await?.state }))
}
