//! Rows of `print_jobs`, where each stands, and of `print_job_events`, what happened to it. A job
//! says a code, a template and a printer, and nothing of a patient.

use diesel::prelude::*;

use super::job::{Happening, Job, JobId, JobState, LeaseToken, Outcome, RunId, Stale, What};
use crate::codes::ContainerCode;
use crate::containers::ContainerId;
use crate::db::Instant;
use crate::people::UserId;
use crate::printing::issue::store::PrintId;
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
    pub(super) fn job(&self) -> Job {
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

/// The word for what happened.
pub(super) fn kind_of(what: &Happening, before: JobState, after: JobState) -> JobEventKind {
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
