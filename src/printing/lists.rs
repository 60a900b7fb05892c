//! Jobs as they are looked at: lists, batches, the last ones of a person. Nothing of a patient.

use diesel::prelude::*;

use super::job::{JobId, JobState};
use super::printer::PrinterId;
use super::queue::{BatchId, JobRow};
use super::service::PrintId;
use crate::containers::ContainerId;
use crate::db::{Conn, DbError, Limit, Page, Reading};
use crate::people::UserId;
use crate::schema::print_jobs;
use crate::sites::SiteId;

/// What a list of jobs is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of these sites; of all where it is `None`.
    pub sites: Option<Vec<SiteId>>,
    /// Of this printer.
    pub printer: Option<PrinterId>,
    /// Standing so.
    pub state: Option<JobState>,
    /// Sent together.
    pub batch: Option<BatchId>,
    /// Of this container.
    pub container: Option<ContainerId>,
}

/// One page, newest first.
pub(super) fn list(
    conn: &mut Reading,
    filter: &Filter,
    before: Option<JobId>,
    limit: Limit,
) -> Result<Page<JobRow>, DbError> {
    let mut query = print_jobs::table.select(JobRow::as_select()).into_boxed();
    match filter.sites.as_deref() {
        // One site, as nearly everybody has: the index has its rows in order.
        Some([site]) => query = query.filter(print_jobs::site_id.eq(*site)),
        Some(sites) => query = query.filter(print_jobs::site_id.eq_any(sites.to_vec())),
        None => {}
    }
    if let Some(printer) = filter.printer {
        query = query.filter(print_jobs::printer_id.eq(printer));
    }
    if let Some(state) = filter.state {
        query = query.filter(print_jobs::state.eq(state));
    }
    if let Some(batch) = filter.batch {
        query = query.filter(print_jobs::batch_id.eq(batch));
    }
    if let Some(container) = filter.container {
        query = query.filter(print_jobs::container_id.eq(container));
    }
    if let Some(before) = before {
        query = query.filter(print_jobs::id.lt(before));
    }
    let rows = query.order(print_jobs::id.desc()).limit(limit.probe()).load(&mut **conn)?;
    Ok(Page::cut(rows, limit, |r: &JobRow| r.id.to_string()))
}

/// The first job of a batch: who sent it, and where to.
pub(super) fn head_of(conn: &mut Conn, batch: BatchId) -> Result<Option<JobRow>, DbError> {
    Ok(print_jobs::table
        .filter(print_jobs::batch_id.eq(batch))
        .order(print_jobs::place)
        .select(JobRow::as_select())
        .first(conn)
        .optional()?)
}

/// How many jobs of a batch stand where. A batch has at most a thousand.
pub(super) fn counts(conn: &mut Conn, batch: BatchId) -> Result<Vec<(JobState, i64)>, DbError> {
    let states: Vec<JobState> = print_jobs::table
        .filter(print_jobs::batch_id.eq(batch))
        .select(print_jobs::state)
        .load(conn)?;
    let of = |state: JobState| states.iter().filter(|s| **s == state).count();
    let count = |state: &JobState| (*state, i64::try_from(of(*state)).unwrap_or(i64::MAX));
    Ok(JobState::ALL.iter().map(count).filter(|(_, n)| *n > 0).collect())
}

/// The jobs of a batch that stand in one of `states`, in the order of their keys.
pub(super) fn ids_of_batch(
    conn: &mut Conn,
    batch: BatchId,
    states: &[JobState],
) -> Result<Vec<JobId>, DbError> {
    Ok(print_jobs::table
        .filter(print_jobs::batch_id.eq(batch))
        .filter(print_jobs::state.eq_any(states.to_vec()))
        .order(print_jobs::id)
        .select(print_jobs::id)
        .load(conn)?)
}

/// Jobs of a batch by place, those of `states` only.
pub(super) fn of_batch(
    conn: &mut Conn,
    batch: BatchId,
    states: &[JobState],
    limit: i64,
) -> Result<Vec<JobRow>, DbError> {
    Ok(print_jobs::table
        .filter(print_jobs::batch_id.eq(batch))
        .filter(print_jobs::state.eq_any(states.to_vec()))
        .order(print_jobs::place)
        .limit(limit)
        .select(JobRow::as_select())
        .load(conn)?)
}

/// The printer of the site that a person sent something to last.
pub(super) fn last_printer(
    conn: &mut Conn,
    person: UserId,
    site: SiteId,
) -> Result<Option<PrinterId>, DbError> {
    // Their last few: a person works at one or two sites.
    let last: Vec<(SiteId, PrinterId)> = print_jobs::table
        .filter(print_jobs::queued_by.eq(person))
        .order(print_jobs::id.desc())
        .limit(50)
        .select((print_jobs::site_id, print_jobs::printer_id))
        .load(conn)?;
    Ok(last.into_iter().find(|(s, _)| *s == site).map(|(_, p)| p))
}

/// The jobs of the labels in `prints`, by label.
pub(super) fn of_prints(
    conn: &mut Conn,
    prints: &[PrintId],
) -> Result<Vec<(PrintId, JobId, JobState)>, DbError> {
    let rows: Vec<(Option<PrintId>, JobId, JobState)> = print_jobs::table
        .filter(print_jobs::print_id.eq_any(prints.iter().map(|p| Some(*p)).collect::<Vec<_>>()))
        .select((print_jobs::print_id, print_jobs::id, print_jobs::state))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(p, j, s)| Some((p?, j, s))).collect())
}
