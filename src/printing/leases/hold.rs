//! Who still has what was leased. A driver says which start of it asks (a run) and which leases it
//! holds; what it does not hold any more goes back to the queue, or becomes a question, at once and
//! not when its time is over.
//!
//! Three things show that nobody has a job any more:
//! - its run asks for a label of that printer and does not hold the job: the answer to a lease or to
//!   an intent was lost on its way;
//! - a later run says that the job's run is over. It knows because it has the lock of the same
//!   directory on the same machine, not because it has the same credential: of two computers that
//!   print with one credential by mistake neither speaks for the other;
//! - its run was not heard of for `SILENT_SECONDS`, and somebody asks for a label of that printer.
//!
//! None of them can make a label come out twice: what is let go before its intent was not sent and its
//! lease gives no leave any more, and what is let go after it is asked of a person. Whoever turns out
//! to live still tells what became of its label, and that answers the question.

use super::driver::{self, Asked, Driver};
use super::runs::{self, Run, SILENT_SECONDS};
use crate::app::App;
use crate::db::{Conn, DbError, Instant, Tx};
use crate::printing::error::PrintError;
use crate::printing::jobs::job::{Happening, LeaseToken, RunId};
use crate::printing::jobs::queue;
use crate::printing::jobs::rows::By;
use crate::printing::jobs::turns::{self, Held};
use crate::printing::machines::printer::{AgentId, PrinterId};

/// How often a run's being there is written down, seconds.
const HEARD_SECONDS: i64 = 15;

/// What a driver says of itself when it is started.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The version of the program that it is.
    pub version: String,
    /// Made anew at each start.
    pub run: RunId,
    /// Those before it that it knows to be over.
    pub earlier: Vec<RunId>,
    /// The leases in its journal.
    pub holds: Vec<LeaseToken>,
}

/// A driver was started: what its earlier runs had in hand and it does not hold is nobody's.
///
/// # Errors
/// [`PrintError::AgentUnknown`] when it was revoked meanwhile.
pub async fn begin(app: &App, driver: Driver, begun: Begun) -> Result<(), PrintError> {
    driver::heard(app, driver, Some(&begun.version)).await?;
    let now = app.now();
    app.db.write(move |tx| take_over(tx, driver.agent(), &begun, now)).await?;
    app.bell.ring();
    Ok(())
}

fn take_over(
    tx: &mut Tx<'_>,
    agent: Option<AgentId>,
    begun: &Begun,
    now: Instant,
) -> Result<(), DbError> {
    runs::hear(tx, begun.run, agent, now)?;
    runs::end(tx, agent, &begun.earlier, now)?;
    for held in turns::held_in(tx, agent, &begun.earlier)? {
        if begun.holds.contains(&held.token) {
            runs::hand_over(tx, held.id, begun.run)?;
        } else {
            drop_one(tx, &held, now)?;
        }
    }
    Ok(())
}

/// Somebody else has the agent's credential from now on, or nobody: what it had in hand it can
/// neither ask about nor tell of.
pub(in crate::printing) fn let_go_of_agent(
    tx: &mut Tx<'_>,
    agent: AgentId,
    now: Instant,
) -> Result<(), DbError> {
    runs::end_all(tx, agent, now)?;
    for held in turns::held_by(tx, agent)? {
        drop_one(tx, &held, now)?;
    }
    Ok(())
}

/// Lets go of a job unless something has happened to it since.
fn drop_one(tx: &mut Tx<'_>, held: &Held, now: Instant) -> Result<(), DbError> {
    let Some(row) = queue::locked(tx, held.id)? else { return Ok(()) };
    if row.token == Some(held.token) {
        // Nothing refuses it; where it changes nothing the job has come to an end meanwhile.
        let _ = queue::step(tx, row, &Happening::LetGo, By::default(), now, None)?;
    }
    Ok(())
}

/// Who asks is there, and has of its ready printers' jobs no other than it says.
///
/// # Errors
/// [`PrintError::RunOver`] when a later start has said that this one is over.
pub(super) async fn attend(app: &App, driver: Driver, asked: &Asked) -> Result<(), PrintError> {
    let Some(run) = asked.run else { return Ok(()) };
    let (now, agent) = (app.now(), driver.agent());
    let known = app.db.point(move |c| Ok::<_, PrintError>(runs::of(c, run, agent)?)).await?;
    if known.as_ref().is_some_and(|r| r.over_at.is_some()) {
        return Err(PrintError::RunOver);
    }
    if known.is_none_or(|r| now.seconds_since(r.heard_at) >= HEARD_SECONDS) {
        app.db.write(move |tx| runs::hear(tx, run, agent, now)).await?;
    }
    let (ready, holds) = (asked.ready.clone(), asked.holds.clone());
    let held = app
        .db
        .read(move |c| {
            let mut held = turns::held_of(c, &ready)?;
            held.retain(|h| h.agent == agent && h.run == Some(run) && !holds.contains(&h.token));
            Ok::<_, PrintError>(held)
        })
        .await?;
    let_go(app, held).await
}

/// Jobs of these printers whose run is over, or was not heard of for so long that it has nothing in
/// hand.
pub(super) fn adrift(
    conn: &mut Conn,
    printers: &[PrinterId],
    now: Instant,
) -> Result<Vec<Held>, DbError> {
    let mut found = vec![];
    for held in turns::held_of(conn, printers)? {
        let Some(run) = held.run else { continue };
        if runs::of(conn, run, held.agent)?.is_some_and(|r| is_gone(&r, now)) {
            found.push(held);
        }
    }
    Ok(found)
}

fn is_gone(run: &Run, now: Instant) -> bool {
    run.over_at.is_some() || now.seconds_since(run.heard_at) >= SILENT_SECONDS
}

/// Lets go of jobs that nobody has any more.
pub(in crate::printing) async fn let_go(app: &App, mut held: Vec<Held>) -> Result<(), PrintError> {
    if held.is_empty() {
        return Ok(());
    }
    // In one order on every server: none waits for a row that waits for its own.
    held.sort_by_key(|h| h.id);
    let now = app.now();
    app.db
        .write(move |tx| {
            for one in &held {
                tracing::info!(job = %one.id, token = %one.token, "nobody has this job any more");
                drop_one(tx, one, now)?;
            }
            Ok::<_, PrintError>(())
        })
        .await?;
    app.bell.ring();
    Ok(())
}

/// Whether a job may be leased to this run: a start that is over takes nothing any more.
pub(in crate::printing) fn takes(
    conn: &mut Conn,
    driver: Driver,
    asked: &Asked,
) -> Result<bool, DbError> {
    let Some(run) = asked.run else { return Ok(true) };
    Ok(runs::of(conn, run, driver.agent())?.is_some_and(|r| r.over_at.is_none()))
}
