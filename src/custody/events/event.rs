//! What happened to a container: one row of `custody_events`, never changed.

use diesel::prelude::*;
use uuid::Uuid;

use super::data::Data;
use super::outcome::Outcome;
use super::source::Source;
use crate::containers::{ContainerId, Flags, Status};
use crate::db::Instant;
use crate::ledger::Body;
use crate::people::{Role, UserId};
use crate::schema::custody_events;
use crate::sites::SiteId;

crate::id_type! {
    /// A custody event. In the first version of this program it was the scan's own id.
    CustodyEventId
}

crate::id_type! {
    /// One thing that a person did: a scan, a form, a request of a program. Made where it is done, so that a repeat is
    /// known (BR-36).
    ActId
}

/// An act and how many events came of it so far. What is done once may happen to many tubes, and each tube's history
/// stands alone: an event of each says by which act.
#[derive(Debug)]
pub struct Act {
    id: ActId,
    last: i64,
}

impl Act {
    /// Of a scan, which a device or a form has given its id.
    pub fn of(id: Uuid) -> Self {
        Self { id: ActId(id), last: 0 }
    }
    /// Of a scan that was refused and leaves a mark all the same: the answer to a repeat is the refusal, and the mark
    /// is event 0 of it.
    pub(in crate::custody) fn refused(id: Uuid) -> Self {
        Self { last: -1, ..Self::of(id) }
    }
    /// The number of its next event.
    fn next(&mut self) -> i64 {
        self.last += 1;
        self.last
    }
}

impl Default for Act {
    /// Of what is known again by another key than a scan's id: a container, a cancellation, a print. A program may have
    /// used that key for a scan too, which must not be refused for it.
    fn default() -> Self {
        Self::of(Uuid::now_v7())
    }
}

crate::words! {
    /// What an event says happened to a container; the events of HL7 v2 are named where one fits.
    pub enum EventKind {
        /// A label was issued (HL7 S38).
        LabelIssued = "label-issued",
        /// The label was printed once more (BR-04).
        LabelReprinted = "label-reprinted",
        /// The label was withdrawn.
        LabelVoided = "label-voided",
        /// Drawn at the bedside (S39).
        Collected = "collected",
        /// The draw failed (S40).
        CollectionFailed = "collection-failed",
        /// Offered to somebody (S41).
        HandoverOffered = "handover-offered",
        /// The offer was taken back.
        OfferCancelled = "offer-cancelled",
        /// Taken over by the person it was offered to.
        HandoverAccepted = "handover-accepted",
        /// The offer was refused.
        HandoverRefused = "handover-refused",
        /// At the laboratory's door (S42).
        Arrived = "arrived",
        /// Scanned by reception.
        Received = "received",
        /// Waits for a named person's decision: in quarantine.
        Held = "held",
        /// Fit for analysis (S43).
        Accepted = "accepted",
        /// Not fit (S44).
        Rejected = "rejected",
        /// Onto the bench (S51).
        StepStarted = "step-started",
        /// A child was made from it (S50).
        Derived = "derived",
        /// Made from a parent.
        Created = "created",
        /// Put into a place (S47).
        Stored = "stored",
        /// Taken out of its place (S48).
        Retrieved = "retrieved",
        /// Nothing of it is left.
        Depleted = "depleted",
        /// Thrown away (S49).
        Disposed = "disposed",
        /// Searched for and not found; somebody wrote down how.
        DeclaredLost = "declared-lost",
        /// A scan was taken back by another event.
        Corrected = "corrected",
        /// Read to say that it is there: nothing changes.
        Confirmed = "confirmed",
        /// The same code was collected twice (R21).
        DuplicateFlagged = "duplicate-flagged",
        /// Somebody says that it was drawn at another time.
        CollectionTimeProposed = "collection-time-proposed",
        /// Another person agreed: from here on that time counts.
        CollectionTimeCorrected = "collection-time-corrected",
        /// Another person did not.
        CollectionTimeDeclined = "collection-time-declined",
    }
}

impl EventKind {
    /// Events that say something of a container without changing it: they don't stand between
    /// an event and who takes it back.
    pub const CHANGES_NOTHING: [Self; 5] = [
        Self::Confirmed,
        Self::LabelReprinted,
        // Of these only one changes anything, and no restoring of what was before touches that.
        Self::CollectionTimeProposed,
        Self::CollectionTimeCorrected,
        Self::CollectionTimeDeclined,
    ];
    /// Events told on a screen: nobody had the label in hand.
    pub const WITHOUT_LABEL: [Self; 9] = [
        Self::LabelIssued,
        Self::LabelReprinted,
        Self::LabelVoided,
        Self::Created,
        Self::Derived,
        Self::Corrected,
        Self::CollectionTimeProposed,
        Self::CollectionTimeCorrected,
        Self::CollectionTimeDeclined,
    ];
}

/// Whether who says `said` means the event `id` that came of `act`: who made a scan may know its own id alone.
pub(in crate::custody) fn is_said(
    id: CustodyEventId,
    act: Option<ActId>,
    said: CustodyEventId,
) -> bool {
    id == said || act.is_some_and(|act| act.0 == said.0)
}

/// What happened to a container at one scan or form: every column, as the log binds it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = custody_events, treat_none_as_default_value = false)]
pub struct CustodyEvent {
    /// Of which container.
    pub container_id: ContainerId,
    /// Its number within the container, from 1.
    pub seq: i64,
    /// Made by the device: the same scan sent again gives the first answer (BR-36).
    pub event_id: CustodyEventId,
    /// What happened to the container.
    pub kind: EventKind,
    /// How the scan was answered.
    pub outcome: Outcome,
    /// When, by the device's clock.
    pub occurred_at: Instant,
    /// When, by the server's.
    pub recorded_at: Instant,
    /// The account that was signed in.
    pub actor_id: UserId,
    /// In which role.
    pub actor_role: Role,
    /// For whom: a courier without an account.
    pub on_behalf_of: Option<String>,
    /// The person's site that the container has to do with; of a courier, where it was last.
    pub site_id: Option<SiteId>,
    /// Station or bench.
    pub place: Option<String>,
    /// The device's own name, up to 64 characters; none for what was told on a page.
    pub device: Option<String>,
    /// The device's own count.
    pub device_seq: Option<i64>,
    /// The other party of a hand-over, or the witness.
    pub counterparty_id: Option<UserId>,
    /// How the code was read.
    pub source: Source,
    /// Where the container stood before it.
    pub from_status: Status,
    /// Where it stands from then on; the same where nothing changed.
    pub to_status: Status,
    /// Who holds it after.
    pub custodian_id: Option<UserId>,
    /// Reason code or words.
    pub reason: Option<String>,
    /// `late`, `out-of-order`, `walk-in` …
    pub flags: Flags,
    /// The event this one takes back.
    pub corrects: Option<CustodyEventId>,
    /// Everything else, as a JSON object.
    #[diesel(embed)]
    pub data: Data,
    /// SHA-256 of the request, to tell a repeat from a reused id.
    pub request_hash: Vec<u8>,
    /// The act that it came of; nothing in events of before there were acts: those were each an act, of the event's own
    /// id.
    pub caused_by: Option<ActId>,
    /// Its number among the events of that act, from 1. Event 1 has the device's count and answers a repeat; 0 is the
    /// mark that a refused scan left.
    pub act_seq: Option<i64>,
}

impl CustodyEvent {
    /// As the next event of an act.
    pub(in crate::custody) fn of(mut self, act: &mut Act) -> Self {
        let n = act.next();
        (self.caused_by, self.act_seq) = (Some(act.id), Some(n));
        if n != 1 {
            (self.device, self.device_seq) = (None, None);
        }
        self
    }

    /// The body that the log binds: every column. What came later is left out of events of before.
    pub fn body(&self) -> Body {
        let body = self.body_of_before();
        match self.caused_by {
            Some(act) => body.text("act", act).maybe_int("act_seq", self.act_seq),
            None => body,
        }
    }

    fn body_of_before(&self) -> Body {
        let Self {
            container_id,
            seq,
            event_id,
            kind,
            outcome,
            occurred_at,
            recorded_at,
            actor_id,
            actor_role,
            on_behalf_of,
            site_id,
            place,
            device,
            device_seq,
            counterparty_id,
            source,
            from_status,
            to_status,
            custodian_id,
            reason,
            flags,
            corrects,
            data,
            request_hash,
            caused_by: _,
            act_seq: _,
        } = self;
        Body::new("custody", 1)
            .text("container", container_id)
            .int("seq", *seq)
            .text("id", event_id)
            .text("kind", kind)
            .text("outcome", outcome)
            .text("occurred_at", occurred_at)
            .text("recorded_at", recorded_at)
            .text("actor", actor_id)
            .text("role", actor_role)
            .maybe("on_behalf_of", on_behalf_of.as_ref())
            .maybe("site", *site_id)
            .maybe("place", place.as_ref())
            .maybe("device", device.as_ref())
            .maybe_int("device_seq", *device_seq)
            .maybe("counterparty", *counterparty_id)
            .text("source", source)
            .text("from", from_status)
            .text("to", to_status)
            .maybe("custodian", *custodian_id)
            .maybe("reason", reason.as_ref())
            .text("flags", flags.as_str())
            .maybe("corrects", *corrects)
            .text("data", data)
            .text("request", hex(request_hash))
    }
    /// A member of `data`.
    pub fn detail(&self, key: &str) -> Option<serde_json::Value> {
        let data: serde_json::Value = serde_json::from_str(&self.data).ok()?;
        data.get(key).filter(|v| !v.is_null()).cloned()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
