//! What can go wrong with printing.

use crate::db::{Below, DbError};
use crate::labels::LabelError;
use crate::web::{Arg, Fault, FieldFault};

/// Why something can't happen to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JobRefusal {
    /// The lease is not, or no longer, the one that holds the job.
    #[error("the lease does not hold the job any more")]
    StaleLease,
    /// It may be on its way into the printer.
    #[error("it may be printing already")]
    TooLate,
    /// Nothing of that kind can happen in this state.
    #[error("not in this state")]
    NotNow,
    /// After it was given up another label was printed with its number.
    #[error("another label has its number")]
    Replaced,
    /// What it says is of a tube as it was then: another label is to be printed.
    #[error("it has expired")]
    Expired,
}

/// What can go wrong with printing. It is no `people::Denied`: agents, which have no account and none of its rights, are
/// answered by it as people are.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The roles don't allow it.
    #[error("not allowed")]
    NotAllowed,
    /// Nothing of that kind in reach.
    #[error("nothing of that kind in reach")]
    NotFound,
    /// What was typed breaks these rules; each names its field.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
    /// The label can't be made.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// Nothing is in the tube any more, or never will be: a label for it would end up on another.
    #[error("the container is at its end")]
    Ended,
    /// The same values gave other bytes than were printed: the program's drawing has changed.
    #[error("the label can't be drawn again exactly")]
    NotExact,
    /// The printer takes another language or resolution than the label was drawn for.
    #[error("the printer has changed since the label was drawn")]
    PrinterChanged,
    /// Somebody changed what the labels say while they were drawn.
    #[error("what the labels say has changed meanwhile")]
    Changed,
    /// The job does not stand where that can happen.
    #[error(transparent)]
    Job(JobRefusal),
    /// No agent has that secret, or it was revoked.
    #[error("unknown agent")]
    AgentUnknown,
    /// A later start of the same program has said that this one is over.
    #[error("a later start has taken this one's place")]
    RunOver,
    /// The agent was revoked for good.
    #[error("the agent was revoked")]
    AgentRevoked,
    /// Not a code that an agent can enrol with, or not any more.
    #[error("the code is wrong, used or expired")]
    EnrolCode,
    /// Too many wrong codes from this address.
    #[error("{minutes} more minutes without a code from this address")]
    EnrolWait {
        /// Whole minutes until the next try, at least 1.
        minutes: i64,
    },
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
}
impl Below for PrintError {
    fn below(&self) -> Option<&DbError> {
        match self {
            Self::Db(e) => Some(e),
            _ => None,
        }
    }
}
impl From<diesel::result::Error> for PrintError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e.into())
    }
}
impl From<FieldFault> for PrintError {
    fn from(fault: FieldFault) -> Self {
        Self::Fields(vec![fault])
    }
}
impl PrintError {
    /// One refused field.
    pub(super) fn field(name: &str, rule: &'static str) -> Self {
        Self::Fields(vec![FieldFault::new(name, rule)])
    }
}
impl Fault for PrintError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed => "not-allowed",
            Self::NotFound => "not-found",
            Self::Fields(_) => "refused-fields",
            Self::Label(e) => e.code(),
            Self::Ended => "label-of-ended",
            Self::NotExact => "label-not-exact",
            Self::PrinterChanged => "printer-changed",
            Self::Changed => "label-changed",
            Self::Job(JobRefusal::StaleLease) => "lease-stale",
            Self::Job(JobRefusal::TooLate) => "job-too-late",
            Self::Job(JobRefusal::NotNow) => "job-not-now",
            Self::Job(JobRefusal::Replaced) => "job-replaced",
            Self::Job(JobRefusal::Expired) => "job-expired",
            Self::AgentUnknown => "agent-unknown",
            Self::AgentRevoked => "agent-revoked",
            Self::RunOver => "agent-run-over",
            Self::EnrolCode => "enrol-code",
            Self::EnrolWait { .. } => "enrol-wait",
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::AgentUnknown | Self::EnrolCode => 401,
            Self::NotAllowed => 403,
            Self::NotFound => 404,
            Self::Ended
            | Self::NotExact
            | Self::PrinterChanged
            | Self::Changed
            | Self::AgentRevoked
            | Self::RunOver
            | Self::Job(_) => 409,
            Self::Fields(_) => 422,
            Self::EnrolWait { .. } => 429,
            Self::Label(e) => e.status(),
            Self::Db(e) => e.status(),
        }
    }
    fn args(&self) -> Vec<(&'static str, Arg)> {
        match self {
            Self::Label(e) => e.args(),
            Self::EnrolWait { minutes } => vec![("minutes", (*minutes).into())],
            _ => vec![],
        }
    }
    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Fields(f) => f.clone(),
            _ => vec![],
        }
    }
}
