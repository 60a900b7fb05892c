//! What a decision is made of and what it comes to: all that it may depend on, and the change. Pure.

use crate::catalogue::{Found, Freshness};
use crate::containers::{Container, Status};
use crate::custody::asked::clocks::Clocks;
use crate::custody::events::event::{ActId, CustodyEvent, CustodyEventId, EventKind, is_said};
use crate::custody::refusal::Refusal;
use crate::db::Instant;
use crate::people::rights::{Granted, Place, Right, may};
use crate::people::{Scope, UserId};
use crate::studies::DoubtState;

/// How long an offer stands, seconds.
pub const OFFER_SECONDS: i64 = 4 * 3600;
/// Recorded later than this after it occurred: flagged late, seconds.
pub const LATE_SECONDS: i64 = 900;
/// How long one's own last scan can be taken back, seconds.
pub const UNDO_SECONDS: i64 = 600;

/// The last event that was more than a look at the tube, as far as rules look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastEvent {
    /// Names the event where somebody takes it back.
    pub id: CustodyEventId,
    /// The act that it came of.
    pub act: Option<ActId>,
    /// What was done then.
    pub kind: EventKind,
    /// Who did it.
    pub actor: UserId,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Whether it was looked up after that event.
    pub looked_at_since: bool,
    /// The container as it was before that event.
    pub before: Box<Container>,
}

impl LastEvent {
    /// Whether it is what somebody wants to take back, by its id or its act's.
    pub(in crate::custody) fn is(&self, said: CustodyEventId) -> bool {
        is_said(self.id, self.act, said)
    }
}

/// A collection time that somebody has proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// The event that proposed it, by which it is approved or declined.
    pub id: CustodyEventId,
    /// The act that it came of.
    pub act: Option<ActId>,
    /// Who proposed it.
    pub by: UserId,
    /// When the tube was drawn, as they say.
    pub collected_at: Instant,
}

impl Proposal {
    pub(in crate::custody) fn waiting(event: Option<CustodyEvent>) -> Option<Self> {
        let event = event?;
        let collected_at = serde_json::from_value(event.detail("collected_at")?).ok()?;
        Some(Self { id: event.event_id, act: event.caused_by, by: event.actor_id, collected_at })
    }
}

/// Everything a decision may depend on besides the container and the command.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who asks, in which roles, for which sites.
    pub scope: Scope,
    /// Whether one of their centres treats the child, where the command looks at it.
    pub is_treated: bool,
    /// The server's clock.
    pub now: Instant,
    /// The log's last time, where the server's clock is behind it.
    pub ahead_of_now: Option<Instant>,
    /// When it occurred, by the device.
    pub occurred_at: Instant,
    /// When somebody was told of a rejection, by the same clock.
    pub notified_at: Option<Instant>,
    /// What there is to mind about that time.
    pub time_flag: Option<&'static str>,
    /// When its label was made; of a pre-printed one its roll.
    pub label_made: Instant,
    /// When the day of the child's birth began, where the command looks at it.
    pub born: Option<Instant>,
    /// What waits for another person's word about its collection time.
    pub proposal: Option<Proposal>,
    /// When it was first recorded in somebody else's hands, where the command looks at it.
    pub passed_on: Option<Instant>,
    /// The colour of the container's age at `occurred_at`.
    pub freshness: Freshness,
    /// What acceptance must ask for by what is known of the sample, and why it is held: looked at where it
    /// is accepted.
    pub doubt: Doubt,
    /// Whether its specimen can't be drawn again.
    pub irreplaceable: bool,
    /// Whether marrow: the pull must be told.
    pub is_marrow: bool,
    /// Whether the study still waits for a result.
    pub study_open: bool,
    /// Whether it was cancelled.
    pub study_cancelled: bool,
    /// Whether what its request says was corrected since it was drawn, or waits to be: asked only where
    /// the bench goes on with it.
    pub request_corrected: bool,
    /// The printed name of who holds it, for the refusal.
    pub holder_name: Option<String>,
    /// What the rejection reason of the command leads to by itself; `None` if unknown.
    pub reason_rejects: Option<bool>,
    /// Whether that reason has another sample drawn, or may.
    pub asks_for_another: bool,
    /// Whether the other person named can take it or witness.
    pub other_person_ok: bool,
    /// Where it stood before it was offered, if it is offered.
    pub before_offer: Option<Status>,
    /// The last event that changed something, where the command looks at it.
    pub last: Option<LastEvent>,
}

/// What stands against accepting a sample.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doubt {
    /// The gravest finding that asks for something.
    pub found: Option<Found>,
    /// Of a held one: the reasons of the catalogue, of those that are.
    pub held: Vec<HeldFor>,
    /// Of one that is to be held: whether the reason doubts whose it is, and it is not held for that yet.
    pub is_new: bool,
    /// What became of the doubts whether the sample is of whom its label says.
    pub whose: Option<DoubtState>,
}

/// A reason of the catalogue that a sample is held for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldFor {
    /// The reason's code in the catalogue: `R14`.
    pub code: String,
    /// Whether such a sample may be accepted at all.
    pub allows_acceptance: bool,
    /// Whether only the head of the laboratory may.
    pub needs_lab_head: bool,
    /// Whether it is a doubt about whose the sample is.
    pub about_whose: bool,
}

impl Context {
    /// Later than this nothing can have occurred (BR-05).
    pub(in crate::custody) fn latest(&self) -> Instant {
        let Self { now, ahead_of_now, .. } = *self;
        Clocks { now, ahead_of_now, device_now: None }.latest()
    }
    /// The person who asks.
    pub fn actor(&self) -> UserId {
        self.scope.user()
    }
    /// That they have a right over this container, and in which role (`people::rights`).
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] where they don't.
    pub(in crate::custody) fn may(&self, right: Right, c: &Container) -> Result<Granted, Refusal> {
        let me = Some(self.actor());
        let place = Place::of(c.centre_id, c.laboratory_id)
            .treated(self.is_treated)
            .held(c.custodian_id == me || c.offered_to == me);
        may(&self.scope, right, place).ok_or(Refusal::NotAllowed)
    }
    /// Whether they decide where reception alone may not.
    pub(in crate::custody) fn is_senior(&self, c: &Container) -> bool {
        self.may(Right::OverrideCatalogue, c).is_ok()
    }
}

/// What comes of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is done: this changes, and this is recorded.
    Do(Change),
    /// It is so already.
    Already,
    /// Refused, and the refusal leaves a mark on the container (R21).
    RefuseAndMark(Refusal, Change),
}

/// The change an event makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The right by which it happens, and the role that is written down with it.
    pub by: Granted,
    /// The event that is recorded of it.
    pub kind: EventKind,
    /// The container after it; `event_count` and `last_event_at` are set by [`apply`].
    pub after: Container,
    /// The other party.
    pub counterparty: Option<UserId>,
    /// Reason code or words.
    pub reason: Option<String>,
    /// Words about the event: `walk-in`.
    pub flags: Vec<&'static str>,
    /// What it takes back.
    pub corrects: Option<CustodyEventId>,
}

impl Change {
    pub(in crate::custody) fn new(
        by: Granted,
        kind: EventKind,
        c: &Container,
        status: Status,
    ) -> Self {
        Self {
            by,
            kind,
            after: Container { status, ..c.clone() },
            counterparty: None,
            reason: None,
            flags: vec![],
            corrects: None,
        }
    }
    pub(in crate::custody) fn reason(mut self, reason: impl Into<Option<String>>) -> Self {
        self.reason = reason.into();
        self
    }
    pub(in crate::custody) fn with(mut self, person: Option<UserId>) -> Self {
        self.counterparty = person;
        self
    }
    /// Custody passes to `to`; any offer is over.
    pub(in crate::custody) fn custody(mut self, to: Option<UserId>, at: Instant) -> Self {
        self.after.custodian_id = to;
        self.after.custodian_since = to.map(|_| at);
        self.without_offer()
    }
    pub(in crate::custody) fn without_offer(mut self) -> Self {
        self.after.offered_to = None;
        self.after.offered_at = None;
        self.after.offer_expires_at = None;
        self
    }
    pub(in crate::custody) fn flag(mut self, word: &'static str) -> Self {
        self.flags.push(word);
        self
    }
}
