//! Printers and agents as JSON.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::manage;
use crate::app::App;
use crate::db::Instant;
use crate::people::Caller;
use crate::printing::jobs::api::Sent;
use crate::printing::jobs::job::What;
use crate::printing::jobs::rows::BatchId;
use crate::printing::jobs::send;
use crate::printing::machines::devices::{Agent, Printer};
use crate::printing::machines::printer::{AgentId, Draft, Language, PrinterId, Reach, Status};
use crate::printing::machines::{reach, seen};
use crate::web::{Body, Key, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(printers))
        .routes(routes!(add))
        .routes(routes!(edit))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(test))
        .routes(routes!(agents))
        .routes(routes!(add_agent))
        .routes(routes!(new_code))
        .routes(routes!(revoke))
}

/// A printer as people see it, with what was heard of it last.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
struct PrinterView {
    id: PrinterId,
    site: String,
    name: String,
    language: Language,
    dpi: i32,
    media: String,
    offset_x_um: i32,
    offset_y_um: i32,
    reach: Reach,
    /// For administrators only.
    address: Option<String>,
    /// Which of the site's agents drives it; without one, any of them.
    agent: Option<AgentId>,
    /// What was heard last.
    status: Status,
    status_detail: Option<String>,
    status_at: Option<Instant>,
    disabled: bool,
}

fn view(app: &App, caller: &Caller, p: Printer) -> PrinterView {
    PrinterView {
        id: p.id,
        site: app.sites.code(p.site_id).to_owned(),
        name: p.name,
        language: p.language,
        dpi: p.dpi,
        media: p.media,
        offset_x_um: p.offset_x_um,
        offset_y_um: p.offset_y_um,
        reach: p.reach,
        address: Some(p.address).filter(|_| reach::manages(caller)),
        agent: p.agent_id,
        status: p.status,
        status_detail: p.status_detail,
        status_at: p.status_at,
        disabled: p.disabled_at.is_some(),
    }
}

/// The printers of one's sites; of every site for administrators.
#[utoipa::path(get, path = "/printers", tag = "printers",
    responses((status = 200, body = Vec<PrinterView>), (status = 401), (status = 404)))]
async fn printers(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Vec<PrinterView>>, Problem> {
    let all = seen::printers(&app, &caller).await?;
    Problem::unless_whole(&all.unreadable)?;
    Ok(Json(all.items.into_iter().map(|p| view(&app, &caller, p)).collect()))
}

/// Add a printer. For administrators.
#[utoipa::path(post, path = "/printers", tag = "printers", request_body = Draft,
    responses((status = 201, body = PrinterView), (status = 403), (status = 422)))]
async fn add(
    State(app): State<App>,
    caller: Caller,
    Body(draft): Body<Draft>,
) -> Result<(StatusCode, Json<PrinterView>), Problem> {
    let printer = manage::add_printer(&app, &caller, draft).await?;
    Ok((StatusCode::CREATED, Json(view(&app, &caller, printer))))
}

/// Change a printer. For administrators.
#[utoipa::path(post, path = "/printers/{id}", tag = "printers",
    params(("id" = PrinterId, Path)), request_body = Draft,
    responses((status = 204), (status = 403), (status = 404), (status = 422)))]
async fn edit(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PrinterId>,
    Body(draft): Body<Draft>,
) -> Result<StatusCode, Problem> {
    manage::edit_printer(&app, &caller, id, draft).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put a printer out of use. For administrators.
#[utoipa::path(post, path = "/printers/{id}/disable", tag = "printers",
    params(("id" = PrinterId, Path)),
    responses((status = 204), (status = 403), (status = 404)))]
async fn disable(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PrinterId>,
) -> Result<StatusCode, Problem> {
    manage::disable_printer(&app, &caller, id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put a printer into use again. For administrators.
#[utoipa::path(post, path = "/printers/{id}/enable", tag = "printers",
    params(("id" = PrinterId, Path)),
    responses((status = 204), (status = 403), (status = 404)))]
async fn enable(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PrinterId>,
) -> Result<StatusCode, Problem> {
    manage::disable_printer(&app, &caller, id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is sent to have a test label printed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Test {
    /// A UUIDv7 made by the client: sending it again prints nothing more.
    id: BatchId,
    /// `test` or `calibration`.
    what: What,
}

/// Send a printer's test label, or the rulers that tell how far it is off.
#[utoipa::path(post, path = "/printers/{id}/tests", tag = "printers",
    params(("id" = PrinterId, Path)), request_body = Test,
    responses((status = 201, body = Sent), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn test(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PrinterId>,
    Body(test): Body<Test>,
) -> Result<(StatusCode, Json<Sent>), Problem> {
    let batch = send::test(&app, &caller, test.id, id, test.what).await?;
    Ok((StatusCode::CREATED, Json(Sent { batch })))
}

/// An agent as administrators see it; nothing of its secret.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
struct AgentView {
    id: AgentId,
    site: String,
    name: String,
    created_at: Instant,
    enrolled_at: Option<Instant>,
    seen_at: Option<Instant>,
    version: Option<String>,
    revoked_at: Option<Instant>,
}

fn agent_view(app: &App, a: Agent) -> AgentView {
    AgentView {
        id: a.id,
        site: app.sites.code(a.site_id).to_owned(),
        name: a.name,
        created_at: a.created_at,
        enrolled_at: a.enrolled_at,
        seen_at: a.seen_at,
        version: a.version,
        revoked_at: a.revoked_at,
    }
}

/// The agents of every site. For administrators.
#[utoipa::path(get, path = "/print-agents", tag = "printers",
    responses((status = 200, body = Vec<AgentView>), (status = 401), (status = 403)))]
async fn agents(State(app): State<App>, caller: Caller) -> Result<Json<Vec<AgentView>>, Problem> {
    let all = manage::agents(&app, &caller).await?;
    Problem::unless_whole(&all.unreadable)?;
    Ok(Json(all.items.into_iter().map(|a| agent_view(&app, a)).collect()))
}

/// An agent to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAgent {
    /// The site's code: `LRZ`.
    site: String,
    /// What people call it, 1 to 60 characters.
    name: String,
}

/// A code to enrol with.
#[derive(Debug, Serialize, ToSchema)]
struct NewCode {
    id: AgentId,
    /// Told once; works once, for 24 hours.
    code: String,
}

/// Add an agent for a site. For administrators.
#[utoipa::path(post, path = "/print-agents", tag = "printers", request_body = NewAgent,
    responses((status = 201, body = NewCode), (status = 403), (status = 422)))]
async fn add_agent(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewAgent>,
) -> Result<(StatusCode, Json<NewCode>), Problem> {
    let (id, code) = manage::add_agent(&app, &caller, &new.site, &new.name).await?;
    Ok((StatusCode::CREATED, Json(NewCode { id, code: code.shown() })))
}

/// Give an agent a new code, for a computer that was replaced. For administrators.
#[utoipa::path(post, path = "/print-agents/{id}/codes", tag = "printers",
    params(("id" = AgentId, Path)),
    responses((status = 201, body = NewCode), (status = 403), (status = 404), (status = 409)))]
async fn new_code(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<AgentId>,
) -> Result<(StatusCode, Json<NewCode>), Problem> {
    let code = manage::new_code(&app, &caller, id).await?;
    Ok((StatusCode::CREATED, Json(NewCode { id, code: code.shown() })))
}

/// Revoke an agent for good. For administrators.
#[utoipa::path(post, path = "/print-agents/{id}/revoke", tag = "printers",
    params(("id" = AgentId, Path)),
    responses((status = 204), (status = 403), (status = 404)))]
async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<AgentId>,
) -> Result<StatusCode, Problem> {
    manage::revoke_agent(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
