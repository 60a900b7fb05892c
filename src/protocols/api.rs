//! Protocols as JSON.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, Shown, Standing};
use crate::app::App;
use crate::catalogue::{Rule, TimePoint};
use crate::db::Instant;
use crate::people::Caller;
use crate::web::{Body, Key, Problem};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(propose))
        .routes(routes!(approve))
}

/// A protocol and where it stands.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct ProtocolView {
    pub id: String,
    pub disease: String,
    pub catalogue: String,
    pub standing: Standing,
    pub proposed_by: Option<String>,
    pub proposed_at: Option<Instant>,
    pub reason: Option<String>,
    pub approved_by: Option<String>,
    pub approved_at: Option<Instant>,
    pub timepoints: Vec<TimePoint>,
    pub rules: Vec<Rule>,
}

fn view(app: &App, s: &Shown) -> ProtocolView {
    let name = |id| s.names.get(&id).cloned();
    let p = &s.protocol;
    ProtocolView {
        id: p.id.clone(),
        disease: p.disease.clone(),
        catalogue: app.catalogue.version.clone(),
        standing: s.standing(),
        proposed_by: s
            .proposal
            .as_ref()
            .map(|x| x.proposed_by)
            .or(s.approval.as_ref().map(|a| a.proposed_by))
            .and_then(name),
        proposed_at: s.proposal.as_ref().map(|x| x.proposed_at),
        reason: s.proposal.as_ref().map(|x| x.reason.clone()),
        approved_by: s.approval.as_ref().and_then(|a| name(a.approved_by)),
        approved_at: s.approval.as_ref().map(|a| a.approved_at),
        timepoints: p.timepoints.clone(),
        rules: p.rules.clone(),
    }
}

/// The protocols of the catalogue, and which the network uses.
#[utoipa::path(get, path = "/protocols", tag = "protocols",
    responses((status = 200, body = Vec<ProtocolView>), (status = 401)))]
async fn list(State(app): State<App>, _: Caller) -> Result<Json<Vec<ProtocolView>>, Problem> {
    let shown = service::list(&app).await?;
    Problem::unless_whole(&shown.unreadable)?;
    Ok(Json(shown.items.iter().map(|s| view(&app, s)).collect()))
}

/// A protocol of the catalogue, with what the network has decided about it.
#[utoipa::path(get, path = "/protocols/{id}", tag = "protocols",
    params(("id" = String, Path, description = "`AIEOP-BFM-ALL-2009`")),
    responses((status = 200, body = ProtocolView), (status = 401), (status = 404)))]
async fn show(
    State(app): State<App>,
    _: Caller,
    Key(id): Key<String>,
) -> Result<Json<ProtocolView>, Problem> {
    Ok(Json(view(&app, &service::open(&app, &id).await?)))
}

/// What is sent to propose that the network use a protocol.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// Why the network should use it, 10 to 400 characters.
    pub reason: String,
}

/// Propose that the network use a protocol.
#[utoipa::path(post, path = "/protocols/{id}/proposals", tag = "protocols",
    params(("id" = String, Path)), request_body = Propose,
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn propose(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Body(body): Body<Propose>,
) -> Result<StatusCode, Problem> {
    service::propose(&app, &caller, &id, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is sent to approve a protocol that another person has proposed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// The approver's password, again.
    pub password: String,
}

/// Approve what another person has proposed.
#[utoipa::path(post, path = "/protocols/{id}/approvals", tag = "protocols",
    params(("id" = String, Path)), request_body = Approve,
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422), (status = 429)))]
async fn approve(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Body(body): Body<Approve>,
) -> Result<StatusCode, Problem> {
    service::approve(&app, &caller, &id, &body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
