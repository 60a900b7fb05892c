//! Rows of `print_jobs`, where each stands, and of `print_job_events`, what happened to it. A job
//! says a code, a template and a printer, and nothing of a patient.

use diesel::prelude::*;
use uuid::Uuid;

use super::job::{Happening, Job, JobId, JobState, LeaseToken, Outcome, RunId, Stale, What};
use crate::codes::ContainerCode;
use crate::containers::{self, ContainerId};
use crate::db::{Conn, DbError, Instant};
use crate::people::UserId;
use crate::printing::error::JobRefusal;
use crate::printing::issue::store::{self, PrintId};
use crate::printing::machines::printer::{AgentId, PrinterId};
use crate::schema::{print_job_events, print_jobs};
use crate::sites::SiteId;

crate::id_type! {
    /// Jobs that were sent together; made by the client.
    BatchId
}

/// A job as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = print_jobs, treat_none_as_default_value = false)]
#[allow(missing_docs)]
pub struct JobRow {
    pub id: JobId,
    pub what: What,
    pub print_id: Option<PrintId>,
    pub container_id: Option<ContainerId>,
    pub printer_id: PrinterId,
    pub site_id: SiteId,
    pub batch_id: Option<BatchId>,
    /// Its place in the batch, from 0.
    pub place: i32,
    pub state: JobState,
    pub attempts: i32,
    pub token: Option<LeaseToken>,
    pub agent_id: Option<AgentId>,
    pub until: Option<Instant>,
    pub queued_at: Instant,
    pub queued_by: UserId,
    pub changed_at: Instant,
    /// What its label says; test labels say none.
    pub code: Option<ContainerCode>,
    /// Which label of its container it is.
    pub copy: i32,
    pub template_id: Option<String>,
    pub template_version: Option<i32>,
    /// When it may have begun to be printed, the last time.
    pub inked_at: Option<Instant>,
    /// When a person asked for it last: sent it, sent it again, or looked and saw none.
    pub asked_at: Instant,
    /// Which start of its driver has it, or had it last.
    pub run_id: Option<RunId>,
}

impl JobRow {
    /// What the rules know of it.
    fn job(&self) -> Job {
        Job {
            id: self.id,
            what: self.what,
            print_id: self.print_id,
            container_id: self.container_id,
            printer_id: self.printer_id,
            site_id: self.site_id,
            state: self.state,
            attempts: self.attempts,
            token: self.token,
            agent_id: self.agent_id,
            run_id: self.run_id,
            until: self.until,
        }
    }
}

crate::words! {
    /// What happened to a job.
    pub enum JobEventKind {
        /// Somebody sent it.
        Queued = "queued",
        /// An agent took it.
        Leased = "leased",
        /// The agent may send it now.
        Intended = "intended",
        /// The printer confirmed it.
        Printed = "printed",
        /// It was sent; what became of it is not known.
        Unconfirmed = "unconfirmed",
        /// Nothing was sent.
        Failed = "failed",
        /// The agent was silent before it sent anything.
        LeaseOver = "lease-over",
        /// The agent was silent after it may have sent it.
        TimeOver = "time-over",
        /// Nobody had it any more, before it was sent.
        LetGo = "let-go",
        /// Nobody had it any more, after it may have been sent.
        EndUnknown = "end-unknown",
        /// The agent sent nothing of it and gave it back.
        Returned = "returned",
        /// A person saw the label.
        Seen = "seen",
        /// A person looked and saw none: it is sent again, because it was not printed.
        NotSeen = "not-seen",
        /// A scanner read it.
        Scanned = "scanned",
        /// A person took it back.
        Cancelled = "cancelled",
        /// A person sent it again.
        Retried = "retried",
        /// It waited too long.
        Expired = "expired",
        /// Its tube has gone on since it was asked for.
        Overtaken = "overtaken",
        /// The child is called otherwise since it was drawn.
        Renamed = "renamed",
        /// An agent told of a lease that was given up.
        LateReport = "late-report",
    }
}

/// Something that happened to a job.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = print_job_events, treat_none_as_default_value = false)]
#[allow(missing_docs)]
pub struct JobEvent {
    pub job_id: JobId,
    /// Its number within the job, from 1.
    pub seq: i32,
    pub at: Instant,
    pub kind: JobEventKind,
    /// The state after it.
    pub state: JobState,
    pub actor_id: Option<UserId>,
    pub agent_id: Option<AgentId>,
    /// What the printer or the agent said, or another evidence; none where nobody said anything.
    pub detail: Option<String>,
    pub token: Option<LeaseToken>,
}

impl JobEvent {
    /// A server drove the printer itself.
    pub fn is_by_server(&self) -> bool {
        self.token.is_some() && self.agent_id.is_none()
    }
}

/// Who makes something happen; nobody for time and scans, nor for the server as a driver.
#[derive(Debug, Clone, Copy, Default)]
pub struct By {
    pub person: Option<UserId>,
    pub agent: Option<AgentId>,
}

fn kind_of(what: &Happening, before: JobState, after: JobState) -> JobEventKind {
    use JobEventKind as K;
    match what {
        Happening::Lease { .. } => K::Leased,
        Happening::Intend { .. } => K::Intended,
        Happening::Report { outcome: Outcome::Printed, .. } => K::Printed,
        Happening::Report { outcome: Outcome::Unconfirmed, .. } => K::Unconfirmed,
        Happening::Report { outcome: Outcome::Failed, .. } => K::Failed,
        Happening::Expire { why: Stale::Old } => K::Expired,
        Happening::Expire { why: Stale::Overtaken } => K::Overtaken,
        Happening::Expire { why: Stale::Renamed } => K::Renamed,
        Happening::Report { outcome: Outcome::Returned, .. } if after == JobState::Queued => {
            K::Returned
        }
        Happening::Report { outcome: Outcome::Returned, .. } => K::Failed,
        Happening::LetGo if before == JobState::Leased => K::LetGo,
        Happening::LetGo => K::EndUnknown,
        Happening::TimeOver if before == JobState::Leased => K::LeaseOver,
        Happening::TimeOver => K::TimeOver,
        Happening::Answer { .. } if after == JobState::Printed => K::Seen,
        Happening::Answer { .. } => K::NotSeen,
        Happening::Scanned => K::Scanned,
        Happening::Cancel => K::Cancelled,
        Happening::Retry => K::Retried,
    }
}

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
