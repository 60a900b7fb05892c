//! The agents' protocol: JSON over HTTP, asked by the agent only. Times go as seconds from the
//! answer: clocks are not compared.

use axum::extract::{FromRequestParts, State};
use axum::{Extension, Json};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::driver::{Asked, Driver};
use super::enrol;
use super::hold::{self, Begun};
use super::lease::{self, Given, Heard, LEASE_SECONDS, MOST_WAIT};
use crate::app::App;
use crate::people::{RequestId, Token};
use crate::printing::error::PrintError;
use crate::printing::jobs::job::{JobId, JobState, LeaseToken, Outcome, RunId};
use crate::printing::machines::devices::{self, Printer};
use crate::printing::machines::printer::{AgentId, Language, PrinterId, Reach, Status, is_name};
use crate::web::{Body, FieldFault, Peer, Problem};

/// The routes of the agents, below `/api/agent/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(enrol_agent))
        .routes(routes!(begin))
        .routes(routes!(lease_jobs))
        .routes(routes!(intend))
        .routes(routes!(report))
        .routes(routes!(status))
}

/// The agent that asks, by its secret: `Authorization: Agent <43 characters>`.
struct Known(Driver);

impl FromRequestParts<App> for Known {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let secret = given.and_then(|v| v.strip_prefix("Agent ")).and_then(Token::decode);
        let hash = secret.ok_or(PrintError::AgentUnknown)?.hash();
        let found =
            app.db.point(move |c| Ok::<_, PrintError>(devices::agent_by_secret(c, &hash)?)).await?;
        Ok(Self(Driver::Agent(found.ok_or(PrintError::AgentUnknown)?.id)))
    }
}

/// A text of up to `most` characters that can be shown.
fn checked(field: &'static str, text: &str, most: usize, faults: &mut Vec<FieldFault>) {
    if text.chars().count() > most || text.chars().any(char::is_control) {
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        faults.push(FieldFault::new(field, "too-long").with("limit", limit));
    }
}

fn refuse(faults: Vec<FieldFault>) -> Result<(), Problem> {
    if faults.is_empty() { Ok(()) } else { Err(Problem::fields(faults)) }
}

/// A code that an administrator was shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Enrol {
    /// `7KQM-2F9D`; works once, for 24 hours.
    code: String,
    /// What the computer calls itself, 1 to 60 characters. The agent keeps the name that it was
    /// given by the administrator.
    name: String,
    /// The program's version, up to 40 characters.
    version: String,
}

/// An agent from now on.
#[derive(Serialize, ToSchema)]
struct Enrolled {
    agent: AgentId,
    name: String,
    /// Told once: 43 characters.
    secret: String,
}

/// Enrol an agent with a one-time code.
#[utoipa::path(post, path = "/enrol", tag = "agents", request_body = Enrol,
    responses((status = 201, body = Enrolled),
        (status = 401, description = "The code is wrong, used or expired."), (status = 422),
        (status = 429)))]
async fn enrol_agent(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    peer: Option<Extension<Peer>>,
    Body(asked): Body<Enrol>,
) -> Result<(StatusCode, Json<Enrolled>), Problem> {
    let mut faults = vec![];
    if !is_name(&asked.name) {
        faults.push(FieldFault::new("name", "printer-name"));
    }
    checked("version", &asked.version, 40, &mut faults);
    refuse(faults)?;
    let nowhere = std::net::IpAddr::from([0, 0, 0, 0]);
    let from = peer.map_or(nowhere, |Extension(Peer(from))| from);
    let made = enrol::enrol(&app, from, &asked.code, &asked.version, request).await?;
    let (agent, secret) = (made.agent, made.secret.encode());
    Ok((StatusCode::CREATED, Json(Enrolled { agent: agent.id, name: agent.name, secret })))
}

/// Leases that an agent may name at once.
const MOST_HELD: usize = 1000;

fn few_enough(field: &'static str, n: usize, most: usize, faults: &mut Vec<FieldFault>) {
    if n > most {
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        faults.push(FieldFault::new(field, "print-batch-size").with("limit", limit));
    }
}

/// What an agent says of itself when it is started.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Begin {
    /// The program's version, up to 40 characters.
    version: String,
    /// This start of the program: a UUID that it makes.
    run: RunId,
    /// Up to 1,000 starts before it that are over: of the same directory, whose lock it has, on the
    /// same machine since it was switched on.
    earlier: Vec<RunId>,
    /// Up to 1,000 leases: all that its journal does not know to be told.
    holds: Vec<LeaseToken>,
}

/// Say what this start of an agent has in hand, before anything else: what earlier starts had
/// and it has not goes back to the queue, or is asked of a person.
#[utoipa::path(post, path = "/begin", tag = "agents", request_body = Begin,
    responses((status = 204),
        (status = 401, description = "No agent has that secret, or it was revoked."),
        (status = 422)))]
async fn begin(
    State(app): State<App>,
    Known(driver): Known,
    Body(asked): Body<Begin>,
) -> Result<StatusCode, Problem> {
    let Begin { version, run, earlier, holds } = asked;
    let mut faults = vec![];
    checked("version", &version, 40, &mut faults);
    few_enough("earlier", earlier.len(), MOST_HELD, &mut faults);
    few_enough("holds", holds.len(), MOST_HELD, &mut faults);
    refuse(faults)?;
    hold::begin(&app, driver, Begun { version, run, earlier, holds }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What an agent can print, and how long it would wait for it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Lease {
    /// The program's version, up to 40 characters.
    version: String,
    /// Printers that it found ready, or of a kind that never tells.
    ready: Vec<PrinterId>,
    /// Seconds, 0 to 25.
    wait: i64,
    /// As in the last answer; left out at first.
    #[serde(default)]
    config: Option<String>,
    /// As it said at `begin`; left out by agents that don't.
    #[serde(default)]
    run: Option<RunId>,
    /// Up to 1,000 leases: all that its journal does not know to be told. Of the ready printers it
    /// has no other: what was leased to this start and is not among them is let go.
    #[serde(default)]
    holds: Vec<LeaseToken>,
}

/// Printers to drive and jobs to print.
#[derive(Serialize, ToSchema)]
struct Leased {
    /// Changes when the printers do.
    config: String,
    printers: Vec<Driven>,
    /// At most one a printer.
    jobs: Vec<LeasedJob>,
}

/// A printer to drive.
#[derive(Serialize, ToSchema)]
struct Driven {
    id: PrinterId,
    name: String,
    language: Language,
    dpi: i32,
    reach: Reach,
    address: String,
    /// The stock in it, millimetres across by along the feed: `50x25`.
    media: String,
}

/// A job to print.
#[derive(Serialize, ToSchema)]
struct LeasedJob {
    /// Names the lease.
    token: LeaseToken,
    job: JobId,
    printer: PrinterId,
    /// For the printer's queue; nothing of a patient.
    name: String,
    copy: i32,
    media_type: &'static str,
    /// The label as the printer takes it, in base64.
    bytes: String,
    /// Of the bytes, hexadecimal.
    sha256: String,
    /// Until when it must ask for leave to print.
    lease_seconds: i64,
}

fn driven(p: Printer) -> Driven {
    Driven {
        id: p.id,
        name: p.name,
        language: p.language,
        dpi: p.dpi,
        reach: p.reach,
        address: p.address,
        media: p.media,
    }
}

fn leased(given: Given) -> LeasedJob {
    let (name, media_type) = (given.name(), given.media_type());
    let row = given.row;
    let sha256 = Sha256::digest(&given.bytes).iter().map(|b| format!("{b:02x}")).collect();
    LeasedJob {
        token: given.token,
        job: row.id,
        printer: row.printer_id,
        name,
        copy: row.copy,
        media_type,
        bytes: STANDARD.encode(&given.bytes),
        sha256,
        lease_seconds: LEASE_SECONDS,
    }
}

/// Ask for jobs; answered when there are any, when the printers have changed, or after `wait`.
#[utoipa::path(post, path = "/lease", tag = "agents", request_body = Lease,
    responses((status = 200, body = Leased),
        (status = 401, description = "No agent has that secret, or it was revoked."),
        (status = 409, description = "A later start has taken this one's place."),
        (status = 422)))]
async fn lease_jobs(
    State(app): State<App>,
    Known(driver): Known,
    Body(asked): Body<Lease>,
) -> Result<Json<Leased>, Problem> {
    let mut faults = vec![];
    checked("version", &asked.version, 40, &mut faults);
    checked("config", asked.config.as_deref().unwrap_or_default(), 40, &mut faults);
    few_enough("ready", asked.ready.len(), 200, &mut faults);
    few_enough("holds", asked.holds.len(), MOST_HELD, &mut faults);
    if !(0..=MOST_WAIT).contains(&asked.wait) {
        let fault = FieldFault::new("wait", "out-of-range").with("low", 0_i64);
        faults.push(fault.with("high", MOST_WAIT));
    }
    refuse(faults)?;
    let Lease { version, ready, wait, config, run, holds } = asked;
    let asked = Asked { version, ready, wait, config, run, holds };
    let answer = lease::lease(&app, driver, asked).await?;
    Ok(Json(Leased {
        config: answer.config,
        printers: answer.printers.into_iter().map(driven).collect(),
        jobs: answer.jobs.into_iter().map(leased).collect(),
    }))
}

/// A lease that is about to be printed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Intend {
    /// Of the lease.
    token: LeaseToken,
}

/// Leave to print.
#[derive(Serialize, ToSchema)]
struct Intended {
    /// Not a byte may be sent later than this after the request was sent.
    ink_seconds: i64,
}

/// Ask for leave to print a job, before the first byte is sent.
#[utoipa::path(post, path = "/intend", tag = "agents", request_body = Intend,
    responses((status = 200, body = Intended),
        (status = 401, description = "No agent has that secret, or it was revoked."),
        (status = 409), (status = 422)))]
async fn intend(
    State(app): State<App>,
    Known(driver): Known,
    Body(asked): Body<Intend>,
) -> Result<Json<Intended>, Problem> {
    let ink_seconds = lease::intend(&app, driver, asked.token).await?;
    Ok(Json(Intended { ink_seconds }))
}

/// What became of a job.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Report {
    /// Of the lease.
    token: LeaseToken,
    /// `failed` and `returned` only if not a byte was sent; `returned` queues it again.
    outcome: Outcome,
    /// What the printer said, up to 500 characters; nothing of a patient.
    #[serde(default)]
    evidence: String,
}

/// Where a job stands now.
#[derive(Serialize, ToSchema)]
struct Reported {
    state: JobState,
}

/// Tell what became of a job; told twice it is done once.
#[utoipa::path(post, path = "/report", tag = "agents", request_body = Report,
    responses((status = 200, body = Reported),
        (status = 401, description = "No agent has that secret, or it was revoked."),
        (status = 409), (status = 422)))]
async fn report(
    State(app): State<App>,
    Known(driver): Known,
    Body(told): Body<Report>,
) -> Result<Json<Reported>, Problem> {
    let mut faults = vec![];
    checked("evidence", &told.evidence, 500, &mut faults);
    refuse(faults)?;
    let state = lease::report(&app, driver, told.token, told.outcome, told.evidence.trim()).await?;
    Ok(Json(Reported { state }))
}

/// What an agent heard from its printers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Statuses {
    printers: Vec<PrinterStatus>,
}

/// What it heard from one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PrinterStatus {
    id: PrinterId,
    status: Status,
    /// In the printer's words, up to 200 characters.
    #[serde(default)]
    detail: String,
}

/// Tell what the printers say of themselves.
#[utoipa::path(post, path = "/status", tag = "agents", request_body = Statuses,
    responses((status = 204),
        (status = 401, description = "No agent has that secret, or it was revoked."),
        (status = 422)))]
async fn status(
    State(app): State<App>,
    Known(driver): Known,
    Body(told): Body<Statuses>,
) -> Result<StatusCode, Problem> {
    let mut faults = vec![];
    few_enough("printers", told.printers.len(), 200, &mut faults);
    for (i, p) in told.printers.iter().enumerate() {
        if p.detail.chars().count() > 200 || p.detail.chars().any(char::is_control) {
            let fault = FieldFault::new(format!("printers[{i}].detail"), "too-long");
            faults.push(fault.with("limit", 200_i64));
        }
        // Who tells is heard.
        if p.status == Status::Silent {
            faults.push(FieldFault::new(format!("printers[{i}].status"), "word-of-the-list"));
        }
    }
    refuse(faults)?;
    let heard = told.printers.into_iter().map(|p| Heard {
        printer: p.id,
        status: p.status,
        detail: p.detail.trim().to_owned(),
    });
    lease::status(&app, driver, heard.collect()).await?;
    Ok(StatusCode::NO_CONTENT)
}
