//! Which jobs are whose turn: a printer's next, those whose time is over, those that are stale, those
//! whose label a scanner has read.

use diesel::prelude::*;

use super::job::{JobId, JobState, LeaseToken, RunId, Stale, WAITS_SECONDS, stale};
use super::rows::JobRow;
use crate::containers::ContainerId;
use crate::custody::{EventKind, Source};
use crate::db::{Conn, DbError, Instant};
use crate::identity;
use crate::patients::PatientId;
use crate::printing::machines::printer::{AgentId, PrinterId};
use crate::schema::{containers, custody_events, patient_events, print_jobs};

/// A job that some driver has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub id: JobId,
    pub token: LeaseToken,
    pub agent: Option<AgentId>,
    pub run: Option<RunId>,
}

/// The states in which a driver has a job.
pub const HELD: [JobState; 2] = [JobState::Leased, JobState::Inking];

type Row = (JobId, Option<LeaseToken>, Option<AgentId>, Option<RunId>);

fn held((id, token, agent, run): Row) -> Option<Held> {
    // What is in hand has a lease.
    Some(Held { id, token: token?, agent, run })
}

/// A printer has one job in hand; more are left to the next look.
const IN_HAND: i64 = 10;

/// The jobs of these printers that some driver has.
pub fn held_of(conn: &mut Conn, printers: &[PrinterId]) -> Result<Vec<Held>, DbError> {
    let mut all = vec![];
    for printer in printers {
        let rows: Vec<Row> = print_jobs::table
            .filter(print_jobs::printer_id.eq(*printer))
            .filter(print_jobs::state.eq_any(HELD))
            .limit(IN_HAND)
            .select((print_jobs::id, print_jobs::token, print_jobs::agent_id, print_jobs::run_id))
            .load(conn)?;
        all.extend(rows.into_iter().filter_map(held));
    }
    Ok(all)
}

/// The jobs that an agent has, whichever start of it took them.
pub fn held_by(conn: &mut Conn, agent: AgentId) -> Result<Vec<Held>, DbError> {
    let rows: Vec<Row> = print_jobs::table
        .filter(print_jobs::state.eq_any(HELD))
        .filter(print_jobs::agent_id.eq(agent))
        .order(print_jobs::id)
        .select((print_jobs::id, print_jobs::token, print_jobs::agent_id, print_jobs::run_id))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(held).collect())
}

/// The jobs that these runs of a driver have.
pub fn held_in(
    conn: &mut Conn,
    agent: Option<AgentId>,
    runs: &[RunId],
) -> Result<Vec<Held>, DbError> {
    let rows: Vec<Row> = print_jobs::table
        .filter(print_jobs::state.eq_any(HELD))
        .filter(print_jobs::run_id.eq_any(runs.to_vec()))
        .order(print_jobs::id)
        .select((print_jobs::id, print_jobs::token, print_jobs::agent_id, print_jobs::run_id))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(held).filter(|h| h.agent == agent).collect())
}

/// Whether an agent has a job of this printer at the moment.
pub fn is_busy(conn: &mut Conn, printer: PrinterId) -> Result<bool, DbError> {
    let found: Option<JobId> = print_jobs::table
        .filter(print_jobs::printer_id.eq(printer))
        .filter(print_jobs::state.eq_any(HELD))
        .select(print_jobs::id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// Whether anything waits for this printer, or is with its agent.
pub fn has_open(conn: &mut Conn, printer: PrinterId) -> Result<bool, DbError> {
    Ok(is_busy(conn, printer)? || first_queued(conn, printer)?.is_some())
}

/// The job that is the printer's next.
pub fn first_queued(conn: &mut Conn, printer: PrinterId) -> Result<Option<JobId>, DbError> {
    Ok(print_jobs::table
        .filter(print_jobs::printer_id.eq(printer))
        .filter(print_jobs::state.eq(JobState::Queued))
        .order(print_jobs::id)
        .select(print_jobs::id)
        .first(conn)
        .optional()?)
}

/// Whether a job is there for an agent that has these printers ready.
pub fn anything_queued(conn: &mut Conn, printers: &[PrinterId]) -> Result<bool, DbError> {
    for printer in printers {
        if first_queued(conn, *printer)?.is_some() && !is_busy(conn, *printer)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Jobs whose time is over, `limit` at most.
pub(super) fn overdue(conn: &mut Conn, now: Instant, limit: i64) -> Result<Vec<JobId>, DbError> {
    Ok(print_jobs::table
        .filter(print_jobs::state.eq_any(HELD))
        .filter(print_jobs::until.le(now))
        .order(print_jobs::id)
        .limit(limit)
        .select(print_jobs::id)
        .load(conn)?)
}

/// Events of a tube after which a label of it that waits is as right as before: they are about
/// labels, or look at the tube, or say what nobody has agreed to. Every other one overtakes it.
const LEAVE_LABELS: [EventKind; 6] = [
    EventKind::LabelIssued,
    EventKind::Created,
    EventKind::LabelReprinted,
    EventKind::Confirmed,
    EventKind::CollectionTimeProposed,
    EventKind::CollectionTimeDeclined,
];

/// Jobs that wait and may be stale by now, `limit` at most; [`why_stale`] looks at each.
pub(super) fn stale_by(conn: &mut Conn, now: Instant, limit: i64) -> Result<Vec<JobId>, DbError> {
    let queued = print_jobs::table
        .filter(print_jobs::state.eq(JobState::Queued))
        .order(print_jobs::id)
        .limit(limit)
        .select(print_jobs::id);
    let old = queued.filter(print_jobs::asked_at.le(now.plus_seconds(-WAITS_SECONDS)));
    let mut all: Vec<JobId> = old.load(conn)?;
    let gone_on = custody_events::table
        .filter(custody_events::container_id.nullable().eq(print_jobs::container_id))
        .filter(custody_events::recorded_at.gt(print_jobs::asked_at))
        .filter(custody_events::kind.ne_all(LEAVE_LABELS));
    all.extend(queued.filter(diesel::dsl::exists(gone_on)).load::<JobId>(conn)?);
    let renamed = patient_events::table
        .inner_join(
            containers::table.on(containers::patient_id.eq(patient_events::patient_id.nullable())),
        )
        .filter(containers::id.nullable().eq(print_jobs::container_id))
        .filter(patient_events::recorded_at.gt(print_jobs::queued_at))
        .filter(patient_events::kind.eq_any(identity::RENAME));
    all.extend(queued.filter(diesel::dsl::exists(renamed)).load::<JobId>(conn)?);
    all.sort();
    all.dedup();
    Ok(all)
}

/// Whether a job that waits is stale, and why.
pub fn why_stale(conn: &mut Conn, row: &JobRow, now: Instant) -> Result<Option<Stale>, DbError> {
    let Some(tube) = row.container_id else { return Ok(stale(row.asked_at, false, now)) };
    if is_renamed(conn, tube, row.queued_at)? {
        return Ok(Some(Stale::Renamed));
    }
    Ok(stale(row.asked_at, has_gone_on(conn, tube, row.asked_at)?, now))
}

/// Whether a label of a tube that was drawn at some time names its child as it is no longer called:
/// whoever asks for the same bytes again asks for the wrong name.
fn is_renamed(conn: &mut Conn, tube: ContainerId, drawn: Instant) -> Result<bool, DbError> {
    let child: Option<PatientId> =
        containers::table.find(tube).select(containers::patient_id).first(conn)?;
    child.map_or(Ok(false), |child| identity::outdates(conn, child, drawn))
}

fn has_gone_on(conn: &mut Conn, tube: ContainerId, since: Instant) -> Result<bool, DbError> {
    let event = custody_events::table
        .filter(custody_events::container_id.eq(tube))
        .filter(custody_events::recorded_at.gt(since))
        .filter(custody_events::kind.ne_all(LEAVE_LABELS));
    Ok(diesel::select(diesel::dsl::exists(event)).get_result(conn)?)
}

/// Labels that may have been printed and whose container was scanned since: they exist. Only where
/// the container has no other label that may have been read; of others a person reads it for the
/// job ([`super::work::read`]). A pre-printed label is a container's by its code.
pub(super) fn scanned_since(conn: &mut Conn, limit: i64) -> Result<Vec<JobId>, DbError> {
    let read = custody_events::table
        .inner_join(containers::table)
        .filter(containers::code.nullable().eq(print_jobs::code))
        .filter(containers::copies.le(1))
        .filter(custody_events::recorded_at.nullable().ge(print_jobs::inked_at))
        .filter(custody_events::kind.ne_all(EventKind::WITHOUT_LABEL))
        // Typed by hand a code may come from a screen; at the bedside it is read off the label.
        .filter(
            custody_events::source
                .ne(Source::Manual)
                .or(custody_events::kind.eq(EventKind::Collected)),
        );
    Ok(print_jobs::table
        .filter(print_jobs::state.eq(JobState::Unconfirmed))
        .filter(print_jobs::copy.eq(1))
        .filter(diesel::dsl::exists(read))
        .order(print_jobs::id)
        .limit(limit)
        .select(print_jobs::id)
        .load(conn)?)
}
