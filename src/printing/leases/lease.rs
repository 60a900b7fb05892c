//! Jobs for whoever drives printers, each leased for a while. The protocol is in
//! `docs/print-protocol.md`; the rules are in `jobs/job.rs`.

use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use sha2::{Digest, Sha256};

pub use super::driver::{Asked, Driver};
use super::driver::{driven, heard};
use super::hold;
use super::report::told;
pub use super::report::{Heard, INK_SECONDS, REPORT_SECONDS, intend, report, status};
use crate::app::App;
use crate::db::{Conn, DbError, Instant, Tx};
use crate::labels::{Dpi, Format, Layout, Templates};
use crate::printing::error::PrintError;
use crate::printing::issue::{again, sample, store};
use crate::printing::jobs::job::{Happening, JobState, LeaseToken, Outcome, What};
use crate::printing::jobs::rows::{By, JobRow};
use crate::printing::jobs::turns::{self, Held};
use crate::printing::jobs::{queue, send, work};
use crate::printing::machines::devices;
pub use crate::printing::machines::devices::Printer;
use crate::printing::machines::printer::PrinterId;
use crate::{containers, label_templates};

/// Seconds in which an agent must ask for leave to print what it was given.
pub const LEASE_SECONDS: i64 = 60;
/// Seconds a lease request may wait at most.
pub const MOST_WAIT: i64 = 25;
/// How often who waits looks without having been rung: another server's jobs ring no bell here.
const LOOK: Duration = Duration::from_secs(2);

/// A job for a driver.
#[derive(Debug)]
pub struct Given {
    /// Names the lease.
    pub token: LeaseToken,
    /// The job as it stands, leased.
    pub row: JobRow,
    /// What goes to the printer.
    pub format: Format,
    /// What goes to the printer, byte for byte: moved by what the printer is off.
    pub bytes: Vec<u8>,
}

impl Given {
    /// For the printer's queue; nothing of a patient.
    pub fn name(&self) -> String {
        match (self.row.code, self.row.what) {
            (Some(code), _) => format!("rastro {}", code.grouped()),
            (None, What::Calibration) => "rastro calibration".to_owned(),
            (None, _) => "rastro test".to_owned(),
        }
    }
    /// Of the bytes, without parameters.
    pub fn media_type(&self) -> &'static str {
        self.format.media_type().split(';').next().unwrap_or_default()
    }
}

/// The answer to a lease request.
#[derive(Debug)]
pub struct Answer {
    /// Changes when the printers do.
    pub config: String,
    /// The printers to drive.
    pub printers: Vec<Printer>,
    /// At most one a printer.
    pub jobs: Vec<Given>,
}

/// A short name for what a driver must know of its printers.
fn config_of(printers: &[Printer]) -> String {
    let mut hash = Sha256::new();
    for p in printers {
        let (id, dpi) = (p.id.to_string(), p.dpi.to_string());
        let (language, reach) = (p.language.as_str(), p.reach.as_str());
        for part in [&*id, &*p.name, language, &*dpi, reach, &*p.address, &*p.media] {
            hash.update(u64::try_from(part.len()).unwrap_or(0).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    hash.finalize()[..8].iter().map(|b| format!("{b:02x}")).collect()
}

/// Jobs for the driver's ready printers: at once if there are any or its printers have changed,
/// else when there are, else after `wait`.
///
/// # Errors
/// [`PrintError::AgentUnknown`] as soon as it is revoked; [`PrintError::RunOver`].
pub async fn lease(app: &App, driver: Driver, asked: Asked) -> Result<Answer, PrintError> {
    // Never longer than the server lets any request take.
    let longest = i64::try_from(app.settings.request_timeout_seconds).unwrap_or(MOST_WAIT) - 2;
    let wait = asked.wait.min(longest).clamp(0, MOST_WAIT);
    let until = Moment::now() + Duration::from_secs(u64::try_from(wait).unwrap_or(0));
    let mut bell = app.bell.listen();
    let mut listening = true;
    hold::attend(app, driver, &asked).await?;
    loop {
        work::settle(app).await?;
        let mut seen = look(app, driver, &asked).await?;
        if !seen.adrift.is_empty() {
            hold::let_go(app, seen.adrift).await?;
            seen = look(app, driver, &asked).await?;
        }
        let Seen { config, printers, waiting, .. } = seen;
        let jobs = if waiting { take(app, driver, &asked).await? } else { vec![] };
        let changed = asked.config.as_deref() != Some(&*config);
        let left = until.saturating_duration_since(Moment::now());
        if !jobs.is_empty() || changed || left.is_zero() || !listening {
            heard(app, driver, Some(&asked.version)).await?;
            return Ok(Answer { config, printers, jobs });
        }
        bell.wait(left.min(LOOK)).await;
        listening = !bell.is_closed();
    }
}

/// What a look finds.
struct Seen {
    config: String,
    printers: Vec<Printer>,
    /// A job waits for one of the ready printers.
    waiting: bool,
    /// Jobs of theirs that nobody has any more.
    adrift: Vec<Held>,
}

/// The driver's printers, and what there is for the ready ones.
async fn look(app: &App, driver: Driver, asked: &Asked) -> Result<Seen, PrintError> {
    let (ready, now) = (asked.ready.clone(), app.now());
    app.db
        .read(move |c| {
            let printers = driven(c, driver)?;
            let ready: Vec<PrinterId> =
                printers.iter().map(|p| p.id).filter(|id| ready.contains(id)).collect();
            let waiting = turns::anything_queued(c, &ready)?;
            let adrift = hold::adrift(c, &ready, now)?;
            Ok(Seen { config: config_of(&printers), printers, waiting, adrift })
        })
        .await
}

/// Leases the next job of each ready printer that is free, and draws it. One that can't be drawn
/// has failed: not a byte of it was sent.
async fn take(app: &App, driver: Driver, asked: &Asked) -> Result<Vec<Given>, PrintError> {
    let (asked, now) = (asked.clone(), app.now());
    let leased = app.db.write(move |tx| take_all(tx, driver, &asked, now)).await?;
    let mut given = vec![];
    for (printer, row, token) in leased {
        match bytes(app, &printer, &row).await {
            Ok((format, bytes)) => given.push(Given { token, row, format, bytes }),
            Err(PrintError::Db(e)) => return Err(e.into()),
            Err(e) => {
                let why = crate::web::Fault::code(&e);
                tracing::error!(job = %row.id, error = %e, "a label can't be drawn again");
                let outcome = Outcome::Failed;
                app.db
                    .write(move |tx| told(tx, driver, token, outcome, why, now).map(|_| ()))
                    .await?;
            }
        }
    }
    Ok(given)
}

type Leased = (Printer, JobRow, LeaseToken);

fn take_all(
    tx: &mut Tx<'_>,
    driver: Driver,
    asked: &Asked,
    now: Instant,
) -> Result<Vec<Leased>, PrintError> {
    if !hold::takes(tx, driver, asked)? {
        return Err(PrintError::RunOver);
    }
    let mut printers = driven(tx, driver)?;
    printers.retain(|p| asked.ready.contains(&p.id));
    // In one order on every server: none waits for a row that waits for its own.
    printers.sort_by_key(|p| p.id);
    let mut leased = vec![];
    for printer in printers {
        // Locked: of two drivers that share a printer one gets the job, the other the next.
        let Some(printer) = devices::locked_printer(tx, printer.id)? else { continue };
        if printer.disabled_at.is_some() || turns::is_busy(tx, printer.id)? {
            continue;
        }
        let Some(row) = next(tx, printer.id, now)? else { continue };
        let token = LeaseToken::new();
        let until = now.plus_seconds(LEASE_SECONDS);
        let what = Happening::Lease { token, agent: driver.agent(), run: asked.run, until };
        if let Ok(row) = queue::step(tx, row, &what, driver.by(), now, None)? {
            leased.push((printer, row, token));
        }
    }
    Ok(leased)
}

/// The printer's next job. What is stale by now is never handed out, however lately anybody looked.
fn next(tx: &mut Tx<'_>, printer: PrinterId, now: Instant) -> Result<Option<JobRow>, DbError> {
    while let Some(job) = turns::first_queued(tx, printer)? {
        let Some(row) = queue::locked(tx, job)? else { return Ok(None) };
        let stale = turns::why_stale(tx, &row, now)?;
        let Some(why) = stale.filter(|_| row.state == JobState::Queued) else {
            return Ok(Some(row));
        };
        let expired = queue::step(tx, row, &Happening::Expire { why }, By::default(), now, None)?;
        if expired.is_err() {
            return Ok(None);
        }
    }
    Ok(None)
}

/// What a job sends to its printer.
async fn bytes(
    app: &App,
    printer: &Printer,
    row: &JobRow,
) -> Result<(Format, Vec<u8>), PrintError> {
    let site = app.sites.code(printer.site_id).to_owned();
    let (printer, row) = (printer.clone(), row.clone());
    let templates = Arc::clone(&app.templates);
    app.db
        .read(move |c| {
            let (format, layout, bytes) = unmoved(c, &templates, &printer, &row, &site)?;
            if format != sample::format_of(printer.language) {
                return Err(PrintError::PrinterChanged);
            }
            Ok((format, send::moved(&printer, &layout, format, bytes)?))
        })
        .await
}

fn unmoved(
    conn: &mut Conn,
    templates: &Templates,
    printer: &Printer,
    row: &JobRow,
    site: &str,
) -> Result<(Format, Layout, Vec<u8>), PrintError> {
    if let Some(print) = row.print_id.filter(|_| row.what == What::Label) {
        let print = store::by_id(conn, print)?.ok_or(PrintError::NotExact)?;
        // Given up while it waited: its label would end up on another tube.
        if let Some(code) = row.code
            && containers::store::any_with_code(conn, code)?.is_some_and(|c| c.status.is_terminal())
        {
            return Err(PrintError::Ended);
        }
        let dpi = Dpi::from_number(printer.dpi.into()).map(Dpi::number);
        if dpi.map(i64::from) != Some(i64::from(print.dpi)) {
            return Err(PrintError::PrinterChanged);
        }
        return again::redrawn(conn, templates, &print);
    }
    let layout = match (row.what, row.code, row.template_version) {
        (What::Label, Some(code), Some(version)) => {
            let template = label_templates::store::version(conn, templates, sample::ROLL, version)?;
            let template = template.ok_or(PrintError::NotExact)?;
            sample::roll(&template, code, site, sample::dpi_of(printer)?)?
        }
        (What::Label, ..) => return Err(PrintError::NotExact),
        _ => send::test_label(printer, site, row.what)?,
    };
    let format = sample::format_of(printer.language);
    let bytes = format.render(&layout)?;
    Ok((format, layout, bytes))
}
