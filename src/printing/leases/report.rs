//! What a driver asks and tells of what it was given: leave to print, what became of it, and how its printers are.

use super::driver::{self, Driver, driven};
use crate::app::App;
use crate::db::{DbError, Instant, Tx};
use crate::printing::error::{JobRefusal, PrintError};
use crate::printing::jobs::job::{Happening, JobState, LeaseToken, Outcome};
use crate::printing::jobs::queue;
use crate::printing::jobs::rows::JobRow;
use crate::printing::machines::devices;
use crate::printing::machines::printer::{PrinterId, Status};

/// Seconds in which it may begin to send what it has leave for.
pub const INK_SECONDS: i64 = 120;

/// Seconds more in which it must have told what became of it.
pub const REPORT_SECONDS: i64 = 180;

/// The driver is about to send a job: gives the seconds in which it may begin.
///
/// # Errors
/// [`JobRefusal::StaleLease`]: it must forget the job and send nothing.
pub async fn intend(app: &App, driver: Driver, token: LeaseToken) -> Result<i64, PrintError> {
    let now = app.now();
    // While it prints it leases nothing.
    driver::heard(app, driver, None).await?;
    app.db
        .write(move |tx| {
            let stale = PrintError::Job(JobRefusal::StaleLease);
            let Some(job) = queue::of_lease(tx, token, driver.agent())? else { return Err(stale) };
            let Some(row) = queue::locked(tx, job)? else { return Err(stale) };
            let until = now.plus_seconds(INK_SECONDS + REPORT_SECONDS);
            let what = Happening::Intend { token, until };
            let row =
                queue::step(tx, row, &what, driver.by(), now, None)?.map_err(PrintError::Job)?;
            // Asked again after the first answer was lost: the time runs since the first.
            let since = row.inked_at.map_or(0, |at| now.seconds_since(at));
            match INK_SECONDS - since {
                left @ 1.. => Ok(left),
                _ => Err(stale),
            }
        })
        .await
}

/// The driver says what became of a job. Told twice it is done once.
///
/// # Errors
/// [`JobRefusal::StaleLease`]: the server has gone on without it; what was told is kept.
pub async fn report(
    app: &App,
    driver: Driver,
    token: LeaseToken,
    outcome: Outcome,
    evidence: &str,
) -> Result<JobState, PrintError> {
    let (now, evidence) = (app.now(), evidence.to_owned());
    let told = app.db.write(move |tx| told(tx, driver, token, outcome, &evidence, now)).await?;
    app.bell.ring();
    told.ok_or(PrintError::Job(JobRefusal::StaleLease))
}

/// The state after it; nothing where the lease was given up.
pub(super) fn told(
    tx: &mut Tx<'_>,
    driver: Driver,
    token: LeaseToken,
    outcome: Outcome,
    evidence: &str,
    now: Instant,
) -> Result<Option<JobState>, PrintError> {
    let Some(job) = queue::of_lease(tx, token, driver.agent())? else { return Ok(None) };
    let Some(row) = queue::locked(tx, job)? else { return Ok(None) };
    let what = Happening::Report { token, outcome };
    match queue::step(tx, row.clone(), &what, driver.by(), now, Some(evidence))? {
        Ok(after) => Ok(Some(after.state)),
        Err(_) if outcome == Outcome::Returned && queue::was_returned(tx, row.id, token)? => {
            Ok(Some(row.state))
        }
        Err(_) => {
            late(tx, &row, (token, driver), outcome, evidence, now)?;
            Ok(None)
        }
    }
}

fn late(
    tx: &mut Tx<'_>,
    row: &JobRow,
    lease: (LeaseToken, Driver),
    outcome: Outcome,
    evidence: &str,
    now: Instant,
) -> Result<(), DbError> {
    let said = format!("{outcome}: {evidence}");
    if queue::has_late(tx, row.id, lease.0, &said)? {
        return Ok(());
    }
    queue::keep_late(tx, row, lease.0, lease.1.agent(), now, &said)
}

/// What a driver heard from a printer.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The printer that it is said of.
    pub printer: PrinterId,
    /// How the printer is, as far as it tells.
    pub status: Status,
    /// In the printer's words.
    pub detail: String,
}

/// Writes down what a driver heard from its printers. Printers that it does not drive are left out.
pub async fn status(app: &App, driver: Driver, heard: Vec<Heard>) -> Result<(), PrintError> {
    let now = app.now();
    // A word about a printer is a word of its agent.
    driver::heard(app, driver, None).await?;
    app.db
        .write(move |tx| {
            let mut own: Vec<PrinterId> = driven(tx, driver)?.iter().map(|p| p.id).collect();
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
