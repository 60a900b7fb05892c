//! What a person asks to be done with a container.

use crate::db::Instant;
use crate::people::UserId;

use super::event::CustodyEventId;

crate::words! {
    /// The actions of a scan.
    pub enum Action {
        /// Drawn at the bedside.
        Collect = "collect",
        /// The draw failed.
        CollectionFailed = "collection-failed",
        /// Withdraw an unused label.
        Void = "void",
        /// Offer to a named person.
        Offer = "offer",
        /// Take an offer back.
        CancelOffer = "cancel-offer",
        /// Take over what one was offered.
        AcceptHandover = "accept-handover",
        /// Refuse what one was offered.
        RefuseHandover = "refuse-handover",
        /// At the laboratory's door.
        Arrive = "arrive",
        /// Scanned by reception.
        Receive = "receive",
        /// Wait for a decision.
        Hold = "hold",
        /// Fit for analysis.
        Accept = "accept",
        /// Not fit for analysis, for a reason of the catalogue.
        Reject = "reject",
        /// Onto the bench.
        StartStep = "start-step",
        /// Into a place.
        Store = "store",
        /// Out of a place.
        Retrieve = "retrieve",
        /// Nothing of it is left.
        Deplete = "deplete",
        /// Thrown away before a witness.
        Dispose = "dispose",
        /// Searched for and not found.
        DeclareLost = "declare-lost",
        /// Take one's own last scan back.
        Undo = "undo",
        /// Take another person's last event back.
        Correct = "correct",
        /// Say that the tube was drawn at another time than recorded.
        ProposeCollectionTime = "propose-collection-time",
        /// As another person: it was.
        ApproveCollectionTime = "approve-collection-time",
        /// It was not.
        DeclineCollectionTime = "decline-collection-time",
        /// Seen: nothing changes.
        Confirm = "confirm",
    }
}

/// An action with what it needs. Made from a [`super::Scan`] by [`super::Scan::command`], which
/// names what is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Command {
    /// `identifiers_confirmed`: two identifiers were compared with the child (BR: bedside).
    Collect {
        identifiers_confirmed: bool,
        pull: Option<i32>,
        volume_ul: Option<i64>,
        container_type: Option<String>,
        /// Why the label was made long after the draw: a paper label, an outage.
        reason: Option<String>,
    },
    CollectionFailed {
        reason: String,
    },
    Void {
        reason: String,
    },
    Offer {
        to: UserId,
        waybill: Option<String>,
    },
    CancelOffer,
    AcceptHandover {
        seal_ok: Option<bool>,
    },
    RefuseHandover {
        reason: String,
    },
    Arrive,
    /// Condition codes of HL7 v2-0493: `CLOT`, `HEM`, `COOL` …
    Receive {
        condition: Vec<String>,
        temperature_c10: Option<i64>,
    },
    Hold {
        reason: String,
    },
    /// `reason` is the deviation that the report will mention.
    Accept {
        reason: Option<String>,
    },
    Reject {
        reason: String,
        notified: String,
        notified_at: Instant,
    },
    StartStep {
        step: String,
    },
    Store {
        location: String,
        temperature_c10: Option<i64>,
    },
    Retrieve,
    Deplete,
    Dispose {
        witness: UserId,
        reason: Option<String>,
    },
    DeclareLost {
        investigation: String,
    },
    Undo {
        corrects: CustodyEventId,
        reason: String,
    },
    /// `reason` is read by whoever was misled: at least [`super::REASON_CHARS`] characters.
    Correct {
        corrects: CustodyEventId,
        reason: String,
    },
    /// `reason` as for a correction.
    ProposeCollectionTime {
        collected_at: Instant,
        reason: String,
    },
    ApproveCollectionTime {
        proposal: CustodyEventId,
    },
    DeclineCollectionTime {
        proposal: CustodyEventId,
        reason: String,
    },
    Confirm,
}

impl Command {
    /// The action of a scan that asks for it.
    pub fn action(&self) -> Action {
        match self {
            Self::Collect { .. } => Action::Collect,
            Self::CollectionFailed { .. } => Action::CollectionFailed,
            Self::Void { .. } => Action::Void,
            Self::Offer { .. } => Action::Offer,
            Self::CancelOffer => Action::CancelOffer,
            Self::AcceptHandover { .. } => Action::AcceptHandover,
            Self::RefuseHandover { .. } => Action::RefuseHandover,
            Self::Arrive => Action::Arrive,
            Self::Receive { .. } => Action::Receive,
            Self::Hold { .. } => Action::Hold,
            Self::Accept { .. } => Action::Accept,
            Self::Reject { .. } => Action::Reject,
            Self::StartStep { .. } => Action::StartStep,
            Self::Store { .. } => Action::Store,
            Self::Retrieve => Action::Retrieve,
            Self::Deplete => Action::Deplete,
            Self::Dispose { .. } => Action::Dispose,
            Self::DeclareLost { .. } => Action::DeclareLost,
            Self::Undo { .. } => Action::Undo,
            Self::Correct { .. } => Action::Correct,
            Self::ProposeCollectionTime { .. } => Action::ProposeCollectionTime,
            Self::ApproveCollectionTime { .. } => Action::ApproveCollectionTime,
            Self::DeclineCollectionTime { .. } => Action::DeclineCollectionTime,
            Self::Confirm => Action::Confirm,
        }
    }
}
