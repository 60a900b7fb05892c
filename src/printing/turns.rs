//! Which jobs are whose turn: a printer's next, those whose time is over, those whose label a scanner
//! has read.

use diesel::prelude::*;

use super::job::{JobId, JobState};
use super::printer::PrinterId;
use crate::custody::{EventKind, Source};
use crate::db::{Conn, DbError, Instant};
use crate::schema::{containers, custody_events, print_jobs};

/// The states in which an agent has a job.
const HELD: [JobState; 2] = [JobState::Leased, JobState::Inking];

/// Whether an agent has a job of this printer at the moment.
pub(super) fn is_busy(conn: &mut Conn, printer: PrinterId) -> Result<bool, DbError> {
    let found: Option<JobId> = print_jobs::table
        .filter(print_jobs::printer_id.eq(printer))
        .filter(print_jobs::state.eq_any(HELD))
        .select(print_jobs::id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// Whether anything waits for this printer, or is with its agent.
pub(super) fn has_open(conn: &mut Conn, printer: PrinterId) -> Result<bool, DbError> {
    Ok(is_busy(conn, printer)? || first_queued(conn, printer)?.is_some())
}

/// The job that is the printer's next.
pub(super) fn first_queued(conn: &mut Conn, printer: PrinterId) -> Result<Option<JobId>, DbError> {
    Ok(print_jobs::table
        .filter(print_jobs::printer_id.eq(printer))
        .filter(print_jobs::state.eq(JobState::Queued))
        .order(print_jobs::id)
        .select(print_jobs::id)
        .first(conn)
        .optional()?)
}

/// Whether a job is there for an agent that has these printers ready.
pub(super) fn anything_queued(conn: &mut Conn, printers: &[PrinterId]) -> Result<bool, DbError> {
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
