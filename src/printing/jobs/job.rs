//! What becomes of a label that was sent to a printer: "intent before ink" (`labels.md` section 7).
//! Pure: no database, no clock.
//!
//! ```text
//! queued ─ lease ─▶ leased ─ intend ─▶ inking ─ report ─▶ printed | unconfirmed | failed
//!  │ ▲                │ lease over,       │ time over, let go
//!  │ │                │ let go,           └──────────────▶ unconfirmed ─ a person ─▶ printed | queued
//!  │ └────────────────┴ given back ◀──────┘ given back
//!  └─ waited too long, or its tube has gone on ─▶ expired
//! ```
//!
//! Until the server has committed the intent nothing can have been sent, so a job whose lease is
//! over is queued again. After it nothing is ever queued again by itself but what its agent gives
//! back in time, because it sent not a byte of it: a label that may have been printed becomes a
//! question to a person. What waits and is not of now any more expires: it would come out unexpected,
//! hours later, and end up on another tube. So no label is lost without anybody knowing, and none is
//! printed twice without anybody having asked.
//!
//! Nobody waits for a time to run out where it is known that nobody has the job any more: its agent
//! was started again and does not find it in its journal, or was not heard of for a while
//! (`leases/hold.rs`). What happens then is what happens when time is over.

use crate::containers::ContainerId;
use crate::db::Instant;
use crate::people::UserId;
use crate::printing::error::JobRefusal;
use crate::printing::issue::store::PrintId;
use crate::printing::machines::printer::{AgentId, PrinterId};
use crate::sites::SiteId;

crate::id_type! {
    /// A label on its way to a printer.
    JobId
}
crate::id_type! {
    /// One lease of one job to one agent.
    LeaseToken
}

crate::id_type! {
    /// One start of a program that drives printers: what it has in hand ends with it, but for what
    /// is in its journal. Made by the program.
    RunId
}

crate::words! {
    /// Where a job is.
    pub enum JobState {
        /// Waits for its printer's agent.
        Queued = "queued",
        /// An agent has it and has sent nothing yet.
        Leased = "leased",
        /// The agent may be sending it at this moment.
        Inking = "inking",
        /// The printer has confirmed it, or a person has seen it.
        Printed = "printed",
        /// It may have been printed: a person must look.
        Unconfirmed = "unconfirmed",
        /// Nothing was sent to the printer.
        Failed = "failed",
        /// A person took it back before anything was sent.
        Cancelled = "cancelled",
        /// It waited too long, or its tube has gone on since: nothing was sent.
        Expired = "expired",
    }
}

impl JobState {
    /// Nothing more happens by itself, and nobody is asked anything.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Printed | Self::Failed | Self::Cancelled | Self::Expired)
    }
}

crate::words! {
    /// What a job prints.
    pub enum What {
        /// A container's label.
        Label = "label",
        /// The printer's test label.
        Test = "test",
        /// Rulers that tell how far the printer is off.
        Calibration = "calibration",
    }
}

crate::words! {
    /// What an agent says of a job it had.
    pub enum Outcome {
        /// The printer has said that nothing of it is left to print.
        Printed = "printed",
        /// It was sent, wholly or in part, and the printer did not say what became of it.
        Unconfirmed = "unconfirmed",
        /// Not a byte was sent.
        Failed = "failed",
        /// Not a byte was sent, and it can be sent when the printer is ready: no paper, an open
        /// head, a pause, no leave to print.
        Returned = "returned",
    }
}

/// Seconds that a label waits for its printer at most since a person asked for it: a day, so that
/// one sent in the evening still comes out for the round in the morning.
pub const WAITS_SECONDS: i64 = 24 * 3600;

/// Why a label that waits is not of now any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// It has waited for [`WAITS_SECONDS`].
    Old,
    /// Something happened to its tube after it was asked for: it was drawn, received, given up …
    Overtaken,
    /// The child is called otherwise since it was drawn: corrected, merged or parted again.
    Renamed,
}

/// Whether a label that a person asked for at `asked_at` and that still waits is stale. `overtaken`:
/// its tube has gone on since, by an event that is not itself about labels.
pub fn stale(asked_at: Instant, overtaken: bool, now: Instant) -> Option<Stale> {
    let old = now.seconds_since(asked_at) >= WAITS_SECONDS;
    match (overtaken, old) {
        (true, _) => Some(Stale::Overtaken),
        (false, true) => Some(Stale::Old),
        (false, false) => None,
    }
}

/// What the rules of a job look at, of a row of any origin: no lists, no words, no other clock. `rows::JobRow` is the
/// row, its history is in `print_job_events`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Names the job; it stays the same however often it is tried.
    pub id: JobId,
    /// What is printed.
    pub what: What,
    /// The label: its values, template and the hash of its bytes. Test labels have none.
    pub print_id: Option<PrintId>,
    /// Whose label. Test labels are nobody's.
    pub container_id: Option<ContainerId>,
    /// Where it is to come out.
    pub printer_id: PrinterId,
    /// The printer's site.
    pub site_id: SiteId,
    /// Where it stands now.
    pub state: JobState,
    /// Attempts so far that may have inked.
    pub attempts: i32,
    /// The lease that holds it, or held it last.
    pub token: Option<LeaseToken>,
    /// Who holds it, or held it last; without one under a token, the server itself.
    pub agent_id: Option<AgentId>,
    /// Which start of it; drivers of before runs were told say none.
    pub run_id: Option<RunId>,
    /// When the lease, or the time to report, is over.
    pub until: Option<Instant>,
}

/// What happens to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// An agent takes it.
    Lease {
        /// Of this lease; made by the server.
        token: LeaseToken,
        /// Who; nobody's is the server's own.
        agent: Option<AgentId>,
        /// Which start of it, where it says so.
        run: Option<RunId>,
        /// Until when it may ask to ink.
        until: Instant,
    },
    /// The agent is about to send it.
    Intend {
        /// Of its lease.
        token: LeaseToken,
        /// Until when it must have reported.
        until: Instant,
    },
    /// The agent says what became of it. May come late and may come twice.
    Report {
        /// Of its lease.
        token: LeaseToken,
        /// What the agent says became of it.
        outcome: Outcome,
    },
    /// It waited until it was stale. What an agent has may be on paper already: that never expires.
    Expire {
        /// What makes it stale.
        why: Stale,
    },
    /// What its lease allowed the time for is over.
    TimeOver,
    /// Nobody has it any more: who had it was started again without it, or is gone.
    LetGo,
    /// A person looked at the bench.
    Answer {
        /// The person who looked.
        by: UserId,
        /// Whether the label is there.
        there: bool,
    },
    /// Its code was read by a scanner after it was sent: it exists.
    Scanned,
    /// A person takes it back.
    Cancel,
    /// A person sends what was not sent.
    Retry,
}

impl Job {
    /// Nothing of it can have come out: given up before any of it was sent.
    pub fn never_was(&self) -> bool {
        match self.state {
            JobState::Cancelled | JobState::Expired => self.attempts == 0,
            // The one attempt that there was told that it sent nothing.
            JobState::Failed => self.attempts <= 1,
            _ => false,
        }
    }

    /// The job after `what`; `Ok(None)`: it has happened already, and nothing changes.
    ///
    /// # Errors
    /// [`JobRefusal`]; the job stays as it is.
    pub fn after(&self, what: &Happening, now: Instant) -> Result<Option<Self>, JobRefusal> {
        use Happening as H;
        use JobState as S;
        let over = self.until.is_some_and(|until| until <= now);
        let to = |state: S| Ok(Some(Self { state, until: None, ..self.clone() }));
        let queued = |attempts: i32| {
            let waits = Self { state: S::Queued, token: None, until: None, ..self.clone() };
            Ok(Some(Self { attempts, ..waits }))
        };
        match (what, self.state) {
            (H::Lease { token, agent, run, until }, S::Queued) => Ok(Some(Self {
                state: S::Leased,
                token: Some(*token),
                agent_id: *agent,
                run_id: *run,
                until: Some(*until),
                ..self.clone()
            })),
            (H::Lease { .. }, _) => Err(JobRefusal::NotNow),

            (H::Intend { token, until }, S::Leased) if self.token == Some(*token) && !over => {
                let attempts = self.attempts + 1;
                Ok(Some(Self { state: S::Inking, until: Some(*until), attempts, ..self.clone() }))
            }
            // The answer to the first request was lost; nothing has been sent since, because an
            // agent sends only what it has an answer for.
            (H::Intend { token, .. }, S::Inking) if self.token == Some(*token) && !over => Ok(None),
            (H::Intend { .. }, _) => Err(JobRefusal::StaleLease),

            (H::Report { token, .. }, _) if self.token != Some(*token) => {
                Err(JobRefusal::StaleLease)
            }
            // The attempt is none: not a byte of it was sent. Once a person was asked, or could
            // have been, nothing comes out any more that nobody expects.
            (H::Report { outcome: Outcome::Returned, .. }, S::Inking) if !over => {
                queued(self.attempts - 1)
            }
            (H::Report { outcome: Outcome::Returned, .. }, S::Leased) => queued(self.attempts),
            (H::Report { outcome, .. }, S::Inking | S::Unconfirmed) => match outcome {
                Outcome::Printed => to(S::Printed),
                Outcome::Failed | Outcome::Returned => to(S::Failed),
                Outcome::Unconfirmed if self.state == S::Unconfirmed => Ok(None),
                Outcome::Unconfirmed => to(S::Unconfirmed),
            },
            // Before its intent an agent can only give a job up.
            (H::Report { outcome: Outcome::Failed, .. }, S::Leased) => to(S::Failed),
            (H::Report { .. }, S::Leased | S::Queued | S::Cancelled | S::Expired) => {
                Err(JobRefusal::StaleLease)
            }
            (H::Report { .. }, S::Printed | S::Failed) => Ok(None),

            (H::Expire { .. }, S::Queued) => to(S::Expired),
            (H::Expire { .. }, _) => Ok(None),

            (H::TimeOver, S::Leased) if over => queued(self.attempts),
            (H::TimeOver, S::Inking) if over => to(S::Unconfirmed),
            (H::TimeOver, _) => Ok(None),

            (H::LetGo, S::Leased) => queued(self.attempts),
            (H::LetGo, S::Inking) => to(S::Unconfirmed),
            (H::LetGo, _) => Ok(None),

            (H::Answer { there: true, .. }, S::Unconfirmed) => to(S::Printed),
            (H::Answer { there: false, .. }, S::Unconfirmed) => queued(self.attempts),
            (H::Answer { .. }, _) => Err(JobRefusal::NotNow),

            (H::Scanned, S::Unconfirmed | S::Inking) => to(S::Printed),
            (H::Scanned, _) => Ok(None),

            (H::Cancel, S::Queued | S::Leased) => {
                Ok(Some(Self { state: S::Cancelled, token: None, until: None, ..self.clone() }))
            }
            (H::Cancel, S::Cancelled) => Ok(None),
            (H::Cancel, S::Inking | S::Unconfirmed) => Err(JobRefusal::TooLate),
            (H::Cancel, S::Printed | S::Failed | S::Expired) => Err(JobRefusal::NotNow),

            (H::Retry, S::Failed | S::Cancelled) => queued(self.attempts),
            // A label of a roll, or a test, says nothing of a tube: the same one is as good as new.
            (H::Retry, S::Expired) if self.container_id.is_none() => queued(self.attempts),
            (H::Retry, S::Expired) => Err(JobRefusal::Expired),
            (H::Retry, _) => Err(JobRefusal::NotNow),
        }
    }
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "job_world_tests.rs"]
mod world_tests;
