//! What happened to a container: one row of `custody_events`, never changed.

use diesel::prelude::*;

use crate::containers::{ContainerId, Flags, Status};
use crate::db::Instant;
use crate::ledger::Body;
use crate::people::{Role, UserId};
use crate::schema::custody_events;
use crate::sites::SiteId;

use super::answer::Outcome;
use super::data::Data;
use super::input::Source;

crate::id_type! {
    /// A custody event; made by the device, so that a repeat is known (BR-36).
    CustodyEventId
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
}

impl CustodyEvent {
    /// The body that the log binds: every column.
    pub fn body(&self) -> Body {
        Body::new("custody", 1)
            .text("container", self.container_id)
            .int("seq", self.seq)
            .text("id", self.event_id)
            .text("kind", self.kind)
            .text("outcome", self.outcome)
            .text("occurred_at", self.occurred_at)
            .text("recorded_at", self.recorded_at)
            .text("actor", self.actor_id)
            .text("role", self.actor_role)
            .maybe("on_behalf_of", self.on_behalf_of.as_ref())
            .maybe("site", self.site_id)
            .maybe("place", self.place.as_ref())
            .maybe("device", self.device.as_ref())
            .maybe_int("device_seq", self.device_seq)
            .maybe("counterparty", self.counterparty_id)
            .text("source", self.source)
            .text("from", self.from_status)
            .text("to", self.to_status)
            .maybe("custodian", self.custodian_id)
            .maybe("reason", self.reason.as_ref())
            .text("flags", self.flags.as_str())
            .maybe("corrects", self.corrects)
            .text("data", &self.data)
            .text("request", hex(&self.request_hash))
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
