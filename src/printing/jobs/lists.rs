//! Jobs as they are looked at: lists, batches, the last ones of a person. Nothing of a patient.

use diesel::prelude::*;

use super::job::{JobId, JobState};
use super::rows::{BatchId, JobRow};
use crate::containers::ContainerId;
use crate::db::{Conn, DbError, Limit, MultiBackend, Page, Reading, kept};
use crate::people::UserId;
use crate::printing::issue::store::PrintId;
use crate::printing::machines::printer::PrinterId;
use crate::schema::{print_jobs, printers};
use crate::sites::SiteId;

/// What a list of jobs is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of these sites; of all where it is `None`.
    pub sites: Option<Vec<SiteId>>,
    /// Only jobs of this printer.
    pub printer: Option<PrinterId>,
    /// Only jobs that stand so now.
    pub state: Option<JobState>,
    /// Only jobs that were sent together.
    pub batch: Option<BatchId>,
    /// Only labels of this container.
    pub container: Option<ContainerId>,
}

/// One page, newest first.
pub fn list(
    conn: &mut Reading,
    filter: &Filter,
    before: Option<JobId>,
    limit: Limit,
) -> Result<Page<JobRow>, DbError> {
    let filter = &match of_printer(conn, filter)? {
        Some(filter) => filter,
        None => return Ok(Page::default()),
    };
    let rows = kept::load(conn, ("print_jobs", print_jobs::id), || {
        narrowed(filter, before).order(print_jobs::id.desc()).limit(limit.probe())
    })?;
    Ok(Page::cut(rows, limit, |r: &JobRow| r.id))
}

/// A printer never moves, so its jobs are its site's: with both asked for, only one of the two is
/// left to the engine, which would else walk the site's jobs for those of a printer that has none.
/// `None` where the printer is another site's.
fn of_printer(conn: &mut Conn, filter: &Filter) -> Result<Option<Filter>, DbError> {
    let (Some(printer), Some(sites)) = (filter.printer, &filter.sites) else {
        return Ok(Some(filter.clone()));
    };
    let site: Option<SiteId> =
        printers::table.find(printer).select(printers::site_id).first(conn).optional()?;
    let near = site.is_some_and(|site| sites.contains(&site));
    Ok(near.then(|| Filter { sites: None, ..filter.clone() }))
}

fn narrowed(
    filter: &Filter,
    before: Option<JobId>,
) -> print_jobs::BoxedQuery<'static, MultiBackend> {
    let mut query = print_jobs::table.into_boxed();
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
    query
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
pub fn counts(conn: &mut Conn, batch: BatchId) -> Result<Vec<(JobState, i64)>, DbError> {
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
pub fn of_prints(
    conn: &mut Conn,
    prints: &[PrintId],
) -> Result<Vec<(PrintId, JobId, JobState)>, DbError> {
    let rows: Vec<(Option<PrintId>, JobId, JobState)> = print_jobs::table
        .filter(print_jobs::print_id.eq_any(prints.iter().map(|p| Some(*p)).collect::<Vec<_>>()))
        .select((print_jobs::print_id, print_jobs::id, print_jobs::state))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(p, j, s)| Some((p?, j, s))).collect())
}
