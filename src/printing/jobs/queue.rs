//! How jobs are put into the queue, found in it and brought on, an event for each step.

use diesel::prelude::*;
use uuid::Uuid;

use super::job::{Happening, JobId, JobState, LeaseToken, What};
use super::rows::{BatchId, By, JobEvent, JobEventKind, JobRow, kind_of};
use crate::codes::ContainerCode;
use crate::containers;
use crate::db::{Conn, DbError, Instant};
use crate::people::UserId;
use crate::printing::error::JobRefusal;
use crate::printing::issue::store;
use crate::printing::machines::printer::AgentId;
use crate::schema::{print_job_events, print_jobs};

fn next_seq(conn: &mut Conn, id: JobId) -> Result<i32, DbError> {
    let last: Option<i32> = print_job_events::table
        .filter(print_job_events::job_id.eq(id))
        .order(print_job_events::seq.desc())
        .select(print_job_events::seq)
        .first(conn)
        .optional()?;
    Ok(last.unwrap_or(0) + 1)
}

fn append(conn: &mut Conn, event: JobEvent) -> Result<(), DbError> {
    diesel::insert_into(print_job_events::table).values(event).execute(conn)?;
    Ok(())
}

/// A job that no other transaction may change until this one ends.
pub fn locked(conn: &mut Conn, id: JobId) -> Result<Option<JobRow>, DbError> {
    if let Conn::Pg(c) = conn {
        let row = print_jobs::table.find(id).select(print_jobs::id);
        row.for_update().first::<JobId>(c).optional()?;
    }
    by_id(conn, id)
}

pub fn by_id(conn: &mut Conn, id: JobId) -> Result<Option<JobRow>, DbError> {
    Ok(print_jobs::table.find(id).select(JobRow::as_select()).first(conn).optional()?)
}

/// Puts a job in the queue.
pub fn insert(conn: &mut Conn, row: &JobRow) -> Result<(), DbError> {
    diesel::insert_into(print_jobs::table).values(row.clone()).execute(conn)?;
    append(
        conn,
        JobEvent {
            job_id: row.id,
            seq: 1,
            at: row.queued_at,
            kind: JobEventKind::Queued,
            state: row.state,
            actor_id: Some(row.queued_by),
            agent_id: None,
            detail: None,
            token: None,
        },
    )
}

/// Lets `what` happen to a [`locked`] job: the rule, the row, the event. What has happened already
/// changes nothing.
pub fn step(
    conn: &mut Conn,
    row: JobRow,
    what: &Happening,
    by: By,
    now: Instant,
    detail: Option<&str>,
) -> Result<Result<JobRow, JobRefusal>, DbError> {
    let after = match row.job().after(what, now) {
        Ok(Some(after)) => after,
        Ok(None) => return Ok(Ok(row)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Err(refusal) = count(conn, &row, after.never_was())? {
        return Ok(Err(refusal));
    }
    let inks = matches!(what, Happening::Intend { .. });
    let inked_at = if inks { Some(now) } else { row.inked_at };
    let asks = matches!(what, Happening::Retry | Happening::Answer { there: false, .. });
    let asked_at = if asks { now } else { row.asked_at };
    let token = match what {
        Happening::Lease { token, .. }
        | Happening::Intend { token, .. }
        | Happening::Report { token, .. } => Some(*token),
        _ => None,
    };
    let event = JobEvent {
        job_id: row.id,
        seq: next_seq(conn, row.id)?,
        at: now,
        kind: kind_of(what, row.state, after.state),
        state: after.state,
        actor_id: by.person,
        agent_id: by.agent,
        detail: detail.filter(|d| !d.is_empty()).map(str::to_owned),
        token,
    };
    let row = JobRow {
        state: after.state,
        attempts: after.attempts,
        token: after.token,
        agent_id: after.agent_id,
        run_id: after.run_id,
        until: after.until,
        changed_at: now,
        inked_at,
        asked_at,
        ..row
    };
    diesel::update(print_jobs::table.find(row.id))
        .set((
            print_jobs::state.eq(row.state),
            print_jobs::attempts.eq(row.attempts),
            print_jobs::token.eq(row.token),
            print_jobs::agent_id.eq(row.agent_id),
            print_jobs::run_id.eq(row.run_id),
            print_jobs::until.eq(row.until),
            print_jobs::changed_at.eq(now),
            print_jobs::inked_at.eq(row.inked_at),
            print_jobs::asked_at.eq(row.asked_at),
        ))
        .execute(conn)?;
    append(conn, event)?;
    Ok(Ok(row))
}

/// Keeps right how many labels of a container there are: one that never came out leaves its number
/// to the next, and takes it again when it is sent after all.
fn count(conn: &mut Conn, row: &JobRow, never_is: bool) -> Result<Result<(), JobRefusal>, DbError> {
    let never_was = row.job().never_was();
    let (Some(print), Some(container), true) =
        (row.print_id, row.container_id, never_is != never_was)
    else {
        return Ok(Ok(()));
    };
    let copies = containers::store::locked_copies(conn, container)?;
    if never_is {
        // Only the newest: the others' numbers stand on labels already.
        if copies == row.copy {
            containers::store::set_copies(conn, container, row.copy - 1)?;
        }
    } else if store::has_another(conn, container, row.copy, print)? {
        return Ok(Err(JobRefusal::Replaced));
    } else if copies < row.copy {
        containers::store::set_copies(conn, container, row.copy)?;
    }
    Ok(Ok(()))
}

/// Keeps what an agent tells of a lease that was given up.
pub fn keep_late(
    conn: &mut Conn,
    row: &JobRow,
    token: LeaseToken,
    agent: Option<AgentId>,
    now: Instant,
    detail: &str,
) -> Result<(), DbError> {
    let event = JobEvent {
        job_id: row.id,
        seq: next_seq(conn, row.id)?,
        at: now,
        kind: JobEventKind::LateReport,
        state: row.state,
        actor_id: None,
        agent_id: agent,
        detail: Some(detail.to_owned()),
        token: Some(token),
    };
    append(conn, event)
}

/// The job that was leased to `agent` (or, without one, to the server itself) under `token`,
/// whether or not that lease still holds it.
pub fn of_lease(
    conn: &mut Conn,
    token: LeaseToken,
    agent: Option<AgentId>,
) -> Result<Option<JobId>, DbError> {
    let found: Option<(JobId, Option<AgentId>)> = print_job_events::table
        .filter(print_job_events::token.eq(token))
        .filter(print_job_events::kind.eq(JobEventKind::Leased))
        .select((print_job_events::job_id, print_job_events::agent_id))
        .first(conn)
        .optional()?;
    Ok(found.filter(|(_, to)| *to == agent).map(|(job, _)| job))
}

/// Whether a lease was given back already: told twice.
pub fn was_returned(conn: &mut Conn, job: JobId, token: LeaseToken) -> Result<bool, DbError> {
    let found: Option<i32> = print_job_events::table
        .filter(print_job_events::job_id.eq(job))
        .filter(print_job_events::token.eq(token))
        .filter(print_job_events::kind.eq(JobEventKind::Returned))
        .select(print_job_events::seq)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// Whether the event `kind` with this detail is there for a lease: a late report told twice.
pub fn has_late(
    conn: &mut Conn,
    job: JobId,
    token: LeaseToken,
    detail: &str,
) -> Result<bool, DbError> {
    let found: Option<i32> = print_job_events::table
        .filter(print_job_events::job_id.eq(job))
        .filter(print_job_events::token.eq(token))
        .filter(print_job_events::kind.eq(JobEventKind::LateReport))
        .filter(print_job_events::detail.eq(detail))
        .select(print_job_events::seq)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// A job's history, oldest first.
pub(super) fn events(conn: &mut Conn, job: JobId) -> Result<Vec<JobEvent>, DbError> {
    Ok(print_job_events::table
        .filter(print_job_events::job_id.eq(job))
        .order(print_job_events::seq)
        .select(JobEvent::as_select())
        .load(conn)?)
}

/// The job of a batch whose label has this code.
pub(super) fn in_batch(
    conn: &mut Conn,
    batch: BatchId,
    code: ContainerCode,
) -> Result<Option<JobId>, DbError> {
    Ok(print_jobs::table
        .filter(print_jobs::batch_id.eq(batch))
        .filter(print_jobs::code.eq(code))
        .select(print_jobs::id)
        .first(conn)
        .optional()?)
}

/// A new job's row, waiting.
pub(super) fn new_row(
    what: What,
    printer: &crate::printing::machines::devices::Printer,
    batch: BatchId,
    place: usize,
    by: UserId,
    now: Instant,
) -> JobRow {
    JobRow {
        id: JobId(Uuid::now_v7()),
        what,
        print_id: None,
        container_id: None,
        printer_id: printer.id,
        site_id: printer.site_id,
        batch_id: Some(batch),
        place: i32::try_from(place).unwrap_or(i32::MAX),
        state: JobState::Queued,
        attempts: 0,
        token: None,
        agent_id: None,
        until: None,
        queued_at: now,
        queued_by: by,
        changed_at: now,
        code: None,
        copy: 1,
        template_id: None,
        template_version: None,
        inked_at: None,
        asked_at: now,
        run_id: None,
    }
}
