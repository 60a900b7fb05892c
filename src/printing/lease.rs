//! What agents ask: a secret for a code, jobs for their printers, leave to print, and to be heard.
//! The protocol is in `docs/print-protocol.md`; the rules are in `job.rs`. An agent reaches the printers
//! of its own site and nothing else.

use std::time::{Duration, Instant as Moment};

use sha2::{Digest, Sha256};

use super::devices::{self, Agent, Printer};
use super::error::PrintError;
use super::job::{Happening, JobId, JobRefusal, JobState, LeaseToken, Outcome, What};
use super::printer::{AgentId, PrinterId, Status};
use super::queue::{self, By, JobRow};
use super::{sample, send, service, store, work};
use crate::app::App;
use crate::db::{Conn, DbError, Instant, Tx};
use crate::labels::{Dpi, Format, Layout};

/// Seconds in which an agent must ask for leave to print what it was given.
pub const LEASE_SECONDS: i64 = 60;
/// Seconds in which it may begin to send what it has leave for.
pub const INK_SECONDS: i64 = 120;
/// Seconds more in which it must have told what became of it.
pub const REPORT_SECONDS: i64 = 180;
/// Seconds a lease request may wait at most.
pub const MOST_WAIT: i64 = 25;
/// How often who waits looks without having been rung: another server's jobs ring no bell here.
const LOOK: Duration = Duration::from_secs(2);
/// How often an agent's being there is written down, seconds.
const SEEN_SECONDS: i64 = 15;

/// A job for an agent.
#[derive(Debug)]
pub struct Given {
    /// Names the lease.
    pub token: LeaseToken,
    /// The job.
    pub row: JobRow,
    /// What goes to the printer.
    pub format: Format,
    /// Exactly.
    pub bytes: Vec<u8>,
}

/// The answer to a lease request.
#[derive(Debug)]
pub struct Answer {
    /// Changes when the printers do.
    pub config: String,
    /// The printers that the agent drives.
    pub printers: Vec<Printer>,
    /// At most one a printer.
    pub jobs: Vec<Given>,
}

/// What a lease request asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The agent's version.
    pub version: String,
    /// The printers that it found ready, or that never tell.
    pub ready: Vec<PrinterId>,
    /// Seconds it would wait.
    pub wait: i64,
    /// What it was last told of its printers.
    pub config: Option<String>,
}

/// The printers that `agent` drives: its own, and those of its site that are nobody's.
fn driven(conn: &mut Conn, agent: &Agent) -> Result<Vec<Printer>, DbError> {
    let all = devices::printers_of(conn, Some(&[agent.site_id]))?;
    let drives = |p: &Printer| {
        p.disabled_at.is_none()
            && p.reach.by_agent()
            && p.agent_id.is_none_or(|owner| owner == agent.id)
    };
    Ok(all.into_iter().filter(drives).collect())
}

/// A short name for what an agent must know of its printers.
fn config_of(printers: &[Printer]) -> String {
    let mut hash = Sha256::new();
    for p in printers {
        let (id, dpi) = (p.id.to_string(), p.dpi.to_string());
        let parts = [&*id, &*p.name, p.language.as_str(), &*dpi, p.reach.as_str(), &*p.address];
        for part in parts {
            hash.update(u64::try_from(part.len()).unwrap_or(0).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    hash.finalize()[..8].iter().map(|b| format!("{b:02x}")).collect()
}

/// Jobs for the agent's ready printers: at once if there are any or its printers have changed,
/// else when there are, else after `wait`.
///
/// # Errors
/// [`PrintError::AgentUnknown`] as soon as it is revoked.
pub async fn lease(app: &App, agent: &Agent, asked: Asked) -> Result<Answer, PrintError> {
    // Never longer than the server lets any request take.
    let longest = i64::try_from(app.settings.request_timeout_seconds).unwrap_or(MOST_WAIT) - 2;
    let wait = asked.wait.min(longest).clamp(0, MOST_WAIT);
    let until = Moment::now() + Duration::from_secs(u64::try_from(wait).unwrap_or(0));
    let mut bell = app.bell.listen();
    let mut listening = true;
    loop {
        work::settle(app).await?;
        let (config, printers, waiting) = look(app, agent.id, &asked).await?;
        let jobs = if waiting { take(app, agent.id, &asked).await? } else { vec![] };
        let changed = asked.config.as_deref() != Some(&*config);
        let left = until.saturating_duration_since(Moment::now());
        if !jobs.is_empty() || changed || left.is_zero() || !listening {
            heard(app, agent, &asked.version).await?;
            return Ok(Answer { config, printers, jobs });
        }
        bell.wait(left.min(LOOK)).await;
        listening = !bell.is_closed();
    }
}

/// The agent's printers, and whether a job waits for one of the ready ones.
async fn look(
    app: &App,
    id: AgentId,
    asked: &Asked,
) -> Result<(String, Vec<Printer>, bool), PrintError> {
    let ready = asked.ready.clone();
    app.db
        .read(move |c| {
            let agent = alive(c, id)?;
            let printers = driven(c, &agent)?;
            let ready: Vec<PrinterId> =
                printers.iter().map(|p| p.id).filter(|id| ready.contains(id)).collect();
            let waiting = queue::anything_queued(c, &ready)?;
            Ok((config_of(&printers), printers, waiting))
        })
        .await
}

fn alive(conn: &mut Conn, id: AgentId) -> Result<Agent, PrintError> {
    let found = devices::agent(conn, id)?;
    found
        .filter(|a| a.revoked_at.is_none() && a.secret_hash.is_some())
        .ok_or(PrintError::AgentUnknown)
}

/// Leases the next job of each ready printer that is free, and draws it. One that can't be drawn
/// has failed: not a byte of it was sent.
async fn take(app: &App, id: AgentId, asked: &Asked) -> Result<Vec<Given>, PrintError> {
    let (ready, now) = (asked.ready.clone(), app.now());
    let leased = app.db.write(move |tx| take_all(tx, id, &ready, now)).await?;
    let mut given = vec![];
    for (printer, row, token) in leased {
        match bytes(app, &printer, &row).await {
            Ok((format, bytes)) => given.push(Given { token, row, format, bytes }),
            Err(PrintError::Db(e)) => return Err(e.into()),
            Err(e) => {
                let why = crate::web::Fault::code(&e);
                tracing::error!(job = %row.id, error = %e, "a label can't be drawn again");
                let outcome = Outcome::Failed;
                app.db.write(move |tx| told(tx, id, token, outcome, why, now).map(|_| ())).await?;
            }
        }
    }
    Ok(given)
}

type Leased = (Printer, JobRow, LeaseToken);

fn take_all(
    tx: &mut Tx<'_>,
    id: AgentId,
    ready: &[PrinterId],
    now: Instant,
) -> Result<Vec<Leased>, PrintError> {
    let agent = alive(tx, id)?;
    let mut printers = driven(tx, &agent)?;
    printers.retain(|p| ready.contains(&p.id));
    // In one order on every server: none waits for a row that waits for its own.
    printers.sort_by_key(|p| p.id);
    let mut leased = vec![];
    for printer in printers {
        // Locked: of two agents that share a printer one gets the job, the other the next.
        let Some(printer) = devices::locked_printer(tx, printer.id)? else { continue };
        if printer.disabled_at.is_some() || queue::is_busy(tx, printer.id)? {
            continue;
        }
        let Some(job) = queue::first_queued(tx, printer.id)? else { continue };
        let Some(row) = queue::locked(tx, job)? else { continue };
        let token = LeaseToken::new();
        let what = Happening::Lease { token, agent: id, until: now.plus_seconds(LEASE_SECONDS) };
        let by = By { person: None, agent: Some(id) };
        if let Ok(row) = queue::step(tx, row, &what, by, now, None)? {
            leased.push((printer, row, token));
        }
    }
    Ok(leased)
}

/// What a job sends to its printer.
async fn bytes(
    app: &App,
    printer: &Printer,
    row: &JobRow,
) -> Result<(Format, Vec<u8>), PrintError> {
    let site = app.sites.code(printer.site_id).to_owned();
    let (printer, row) = (printer.clone(), row.clone());
    app.db
        .read(move |c| {
            let (format, layout, bytes) = unmoved(c, &printer, &row, &site)?;
            if format != sample::format_of(printer.language) {
                return Err(PrintError::PrinterChanged);
            }
            Ok((format, send::moved(&printer, &layout, format, bytes)?))
        })
        .await
}

fn unmoved(
    conn: &mut Conn,
    printer: &Printer,
    row: &JobRow,
    site: &str,
) -> Result<(Format, Layout, Vec<u8>), PrintError> {
    if let Some(print) = row.print_id.filter(|_| row.what == What::Label) {
        let print = store::by_id(conn, print)?.ok_or(PrintError::NotExact)?;
        let dpi = Dpi::from_number(printer.dpi.into()).map(Dpi::number);
        if dpi.map(i64::from) != Some(i64::from(print.dpi)) {
            return Err(PrintError::PrinterChanged);
        }
        return service::redrawn(&print);
    }
    let layout = match (row.what, row.code, row.template_version) {
        (What::Label, Some(code), Some(version)) => {
            sample::roll(code, site, version, sample::dpi_of(printer)?)?
        }
        (What::Label, ..) => return Err(PrintError::NotExact),
        _ => send::test_label(printer, site, row.what)?,
    };
    let format = sample::format_of(printer.language);
    let bytes = format.render(&layout)?;
    Ok((format, layout, bytes))
}

/// Writes down that the agent is there, now and then.
async fn heard(app: &App, agent: &Agent, version: &str) -> Result<(), PrintError> {
    let now = app.now();
    let lately = agent.seen_at.is_some_and(|at| now.seconds_since(at) < SEEN_SECONDS);
    if lately && agent.version.as_deref() == Some(version) {
        return Ok(());
    }
    let (id, version) = (agent.id, version.to_owned());
    Ok(app.db.write(move |tx| devices::seen(tx, id, &version, now)).await?)
}

/// The agent is about to send a job: gives the seconds in which it may begin.
///
/// # Errors
/// [`JobRefusal::StaleLease`]: it must forget the job and send nothing.
pub async fn intend(app: &App, agent: &Agent, token: LeaseToken) -> Result<i64, PrintError> {
    let (id, now) = (agent.id, app.now());
    app.db
        .write(move |tx| {
            let stale = PrintError::Job(JobRefusal::StaleLease);
            let Some(job) = queue::of_lease(tx, token, id)? else { return Err(stale) };
            let Some(row) = queue::locked(tx, job)? else { return Err(stale) };
            let until = now.plus_seconds(INK_SECONDS + REPORT_SECONDS);
            let by = By { person: None, agent: Some(id) };
            let what = Happening::Intend { token, until };
            let row = queue::step(tx, row, &what, by, now, None)?.map_err(PrintError::Job)?;
            // Asked again after the first answer was lost: the time runs since the first.
            let since = row.inked_at.map_or(0, |at| now.seconds_since(at));
            match INK_SECONDS - since {
                left @ 1.. => Ok(left),
                _ => Err(stale),
            }
        })
        .await
}

/// The agent says what became of a job. Told twice it is done once.
///
/// # Errors
/// [`JobRefusal::StaleLease`]: the server has gone on without it; what was told is kept.
pub async fn report(
    app: &App,
    agent: &Agent,
    token: LeaseToken,
    outcome: Outcome,
    evidence: &str,
) -> Result<JobState, PrintError> {
    let (id, now, evidence) = (agent.id, app.now(), evidence.to_owned());
    let told = app.db.write(move |tx| told(tx, id, token, outcome, &evidence, now)).await?;
    app.bell.ring();
    told.ok_or(PrintError::Job(JobRefusal::StaleLease))
}

/// The state after it; nothing where the lease was given up.
fn told(
    tx: &mut Tx<'_>,
    agent: AgentId,
    token: LeaseToken,
    outcome: Outcome,
    evidence: &str,
    now: Instant,
) -> Result<Option<JobState>, PrintError> {
    let Some(job) = queue::of_lease(tx, token, agent)? else { return Ok(None) };
    let Some(row) = queue::locked(tx, job)? else { return Ok(None) };
    let by = By { person: None, agent: Some(agent) };
    let what = Happening::Report { token, outcome };
    match queue::step(tx, row.clone(), &what, by, now, Some(evidence))? {
        Ok(after) => Ok(Some(after.state)),
        Err(_) => {
            late(tx, &row, job, (token, agent), outcome, evidence, now)?;
            Ok(None)
        }
    }
}

fn late(
    tx: &mut Tx<'_>,
    row: &JobRow,
    job: JobId,
    lease: (LeaseToken, AgentId),
    outcome: Outcome,
    evidence: &str,
    now: Instant,
) -> Result<(), DbError> {
    let said = format!("{outcome}: {evidence}");
    if queue::has_late(tx, job, lease.0, &said)? {
        return Ok(());
    }
    queue::keep_late(tx, row, lease.0, lease.1, now, &said)
}

/// What an agent heard from a printer.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Which.
    pub printer: PrinterId,
    /// What.
    pub status: Status,
    /// In the printer's words.
    pub detail: String,
}

/// Writes down what an agent heard from its printers. Printers that it does not drive are left out.
pub async fn status(app: &App, agent: &Agent, heard: Vec<Heard>) -> Result<(), PrintError> {
    let (id, now) = (agent.id, app.now());
    app.db
        .write(move |tx| {
            let agent = alive(tx, id)?;
            let mut own: Vec<PrinterId> = driven(tx, &agent)?.iter().map(|p| p.id).collect();
            own.sort();
            for id in own {
                let Some(h) = heard.iter().rfind(|h| h.printer == id) else { continue };
                let detail = Some(h.detail.as_str()).filter(|d| !d.is_empty());
                devices::set_status(tx, id, h.status, detail, now)?;
            }
            Ok(())
        })
        .await
}
