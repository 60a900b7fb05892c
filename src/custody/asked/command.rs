//! What a person asks to be done with a container.

use serde::Serialize;
use utoipa::ToSchema;

use crate::custody::events::event::CustodyEventId;
use crate::db::Instant;
use crate::people::UserId;
use crate::people::rights::Right;
use crate::web::{FieldFault, invisible};

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

impl Action {
    /// The right that it needs; of what takes a scan back that one is asked for which the scan needed, or by whose matter
    /// it is.
    pub fn right(self) -> Option<Right> {
        Some(match self {
            Self::Collect => Right::Collect,
            Self::CollectionFailed => Right::ReportNotCollected,
            Self::Void => Right::VoidLabel,
            Self::Offer | Self::CancelOffer => Right::OfferHandover,
            Self::AcceptHandover | Self::RefuseHandover => Right::TakeHandover,
            Self::Arrive | Self::Receive => Right::ReceiveSample,
            Self::Hold => Right::HoldSample,
            Self::Accept => Right::AcceptSample,
            Self::Reject => Right::RejectSample,
            Self::StartStep | Self::Store | Self::Retrieve | Self::Deplete => Right::WorkAtBench,
            Self::Dispose => Right::DisposeSample,
            Self::DeclareLost => Right::DeclareLost,
            Self::ProposeCollectionTime
            | Self::ApproveCollectionTime
            | Self::DeclineCollectionTime => Right::CorrectCollectionTime,
            Self::Confirm => Right::SeeSample,
            Self::Undo | Self::Correct => return None,
        })
    }
}

/// An action with exactly what it needs: what a scan asks for, in its JSON told apart by `action`. [`Action`] is its
/// word alone, for what is chosen, kept or counted before or without the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Command {
    /// Drawn at the bedside.
    #[schema(title = "Collect")]
    Collect {
        /// Two identifiers were compared with the child; without it the draw is refused.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        identifiers_confirmed: bool,
        /// Which pull of the aspiration, from 1 to 9; marrow needs it.
        pull: Option<i32>,
        /// Volume, microlitres, 50 to 50,000.
        volume_ul: Option<i64>,
        /// The tube used, if not the one expected; up to 16 characters.
        container_type: Option<String>,
        /// Why the label was made long after the draw: a paper label, an outage. Up to 400 characters.
        reason: Option<String>,
    },
    /// The draw failed.
    #[schema(title = "CollectionFailed")]
    CollectionFailed {
        /// Why; up to 400 characters.
        reason: String,
    },
    /// Withdraw an unused label.
    #[schema(title = "Void")]
    Void {
        /// Why; up to 400 characters.
        reason: String,
    },
    /// Offer to a named person.
    #[schema(title = "Offer")]
    Offer {
        /// To whom.
        to: UserId,
        /// The courier's waybill; up to 64 characters.
        waybill: Option<String>,
    },
    /// Take an offer back.
    #[schema(title = "CancelOffer")]
    CancelOffer,
    /// Take over what one was offered.
    #[schema(title = "AcceptHandover")]
    AcceptHandover {
        /// Whether the seal is whole.
        seal_ok: Option<bool>,
    },
    /// Refuse what one was offered.
    #[schema(title = "RefuseHandover")]
    RefuseHandover {
        /// Why; up to 400 characters.
        reason: String,
    },
    /// At the laboratory's door.
    #[schema(title = "Arrive")]
    Arrive,
    /// Scanned by reception.
    #[schema(title = "Receive")]
    Receive {
        /// Condition codes of HL7 v2-0493: `CLOT`, `HEM`, `COOL` …; 12 at most.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        condition: Vec<String>,
        /// Temperature, tenths of a degree Celsius, -2000 to 600.
        temperature_c10: Option<i64>,
    },
    /// Wait for a decision.
    #[schema(title = "Hold")]
    Hold {
        /// A code of the catalogue, or words; up to 400 characters.
        reason: String,
    },
    /// Fit for analysis.
    #[schema(title = "Accept")]
    Accept {
        /// The deviation that the report will mention; up to 400 characters.
        reason: Option<String>,
    },
    /// Not fit.
    #[schema(title = "Reject")]
    Reject {
        /// A code of the catalogue; up to 400 characters.
        reason: String,
        /// Who was told; up to 120 characters.
        notified: String,
        /// When, by the device's clock.
        notified_at: Instant,
    },
    /// Onto the bench.
    #[schema(title = "StartStep")]
    StartStep {
        /// Which step; up to 120 characters.
        #[serde(rename = "location")]
        step: String,
    },
    /// Into a place.
    #[schema(title = "Store")]
    Store {
        /// Where; up to 120 characters.
        location: String,
        /// Temperature, tenths of a degree Celsius, -2000 to 600.
        temperature_c10: Option<i64>,
    },
    /// Out of a place.
    #[schema(title = "Retrieve")]
    Retrieve,
    /// Used up.
    #[schema(title = "Deplete")]
    Deplete,
    /// Thrown away before a witness.
    #[schema(title = "Dispose")]
    Dispose {
        /// Before whom.
        witness: UserId,
        /// Why; up to 400 characters.
        reason: Option<String>,
    },
    /// Searched for and not found.
    #[schema(title = "DeclareLost")]
    DeclareLost {
        /// The investigation; up to 120 characters.
        investigation: String,
    },
    /// Take one's own last scan back.
    #[schema(title = "Undo")]
    Undo {
        /// The event, by its own id or that of the scan it came of.
        corrects: CustodyEventId,
        /// Why; up to 400 characters.
        #[serde(default)]
        reason: String,
    },
    /// Take another person's last event back.
    #[schema(title = "Correct")]
    Correct {
        /// The event, by its own id or that of the scan it came of.
        corrects: CustodyEventId,
        /// Read by whoever was misled: 15 to 400 characters.
        reason: String,
    },
    /// Say that the tube was drawn at another time than recorded.
    #[schema(title = "ProposeCollectionTime")]
    ProposeCollectionTime {
        /// When it was drawn in truth.
        collected_at: Instant,
        /// 15 to 400 characters.
        reason: String,
    },
    /// As another person: it was.
    #[schema(title = "ApproveCollectionTime")]
    ApproveCollectionTime {
        /// The proposal, by its own id or that of the scan it came of.
        #[serde(rename = "corrects")]
        proposal: CustodyEventId,
    },
    /// It was not.
    #[schema(title = "DeclineCollectionTime")]
    DeclineCollectionTime {
        /// The proposal, by its own id or that of the scan it came of.
        #[serde(rename = "corrects")]
        proposal: CustodyEventId,
        /// Up to 400 characters.
        reason: String,
    },
    /// Seen: nothing changes.
    #[schema(title = "Confirm")]
    Confirm,
}

/// A text of a command as it is written: its field, what it says, how many characters it may have, and whether it may
/// be left out.
type Written<'a> = (&'static str, &'a str, usize, bool);

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

    /// Fields that are missing or out of their limits.
    pub(in crate::custody) fn faults(&self) -> Vec<FieldFault> {
        let mut faults = vec![];
        for (field, text, limit, may_be_left_out) in self.texts() {
            if text.trim().is_empty() && !may_be_left_out {
                faults.push(FieldFault::new(field, "required"));
            }
            faults.extend(text_faults(field, text, limit));
        }
        let (pull, volume, temperature) = match self {
            Self::Collect { pull, volume_ul, .. } => (pull.map(i64::from), *volume_ul, None),
            Self::Receive { temperature_c10, .. } | Self::Store { temperature_c10, .. } => {
                (None, None, *temperature_c10)
            }
            _ => (None, None, None),
        };
        faults.extend(range("pull", pull, (1, 9)));
        faults.extend(range("volume_ul", volume, (50, 50_000)));
        faults.extend(range("temperature_c10", temperature, (-2000, 600)));
        if let Self::Receive { condition, .. } = self {
            let good = |c: &String| {
                (2..=8).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_uppercase())
            };
            if condition.len() > 12 || !condition.iter().all(good) {
                faults.push(FieldFault::new("condition", "condition-codes"));
            }
        }
        faults
    }

    fn texts(&self) -> Vec<Written<'_>> {
        let needed = |field, text| -> Written<'_> { (field, text, 400, false) };
        match self {
            Self::Collect { container_type, reason, .. } => {
                vec![maybe("container_type", container_type, 16), maybe("reason", reason, 400)]
            }
            Self::CollectionFailed { reason }
            | Self::Void { reason }
            | Self::RefuseHandover { reason }
            | Self::Hold { reason }
            | Self::Correct { reason, .. }
            | Self::ProposeCollectionTime { reason, .. }
            | Self::DeclineCollectionTime { reason, .. } => vec![needed("reason", reason)],
            Self::Undo { reason, .. } => vec![("reason", reason, 400, true)],
            Self::Accept { reason } | Self::Dispose { reason, .. } => {
                vec![maybe("reason", reason, 400)]
            }
            Self::Offer { waybill, .. } => vec![maybe("waybill", waybill, 64)],
            Self::Reject { reason, notified, .. } => {
                vec![needed("reason", reason), ("notified", notified, 120, false)]
            }
            Self::StartStep { step } => vec![("location", step, 120, false)],
            Self::Store { location, .. } => vec![("location", location, 120, false)],
            Self::DeclareLost { investigation } => {
                vec![("investigation", investigation, 120, false)]
            }
            Self::CancelOffer
            | Self::AcceptHandover { .. }
            | Self::Arrive
            | Self::Receive { .. }
            | Self::Retrieve
            | Self::Deplete
            | Self::ApproveCollectionTime { .. }
            | Self::Confirm => vec![],
        }
    }

    /// What an event keeps of it besides its columns.
    pub(in crate::custody) fn details(&self) -> serde_json::Map<String, serde_json::Value> {
        let Ok(serde_json::Value::Object(all)) = serde_json::to_value(self) else {
            return serde_json::Map::new();
        };
        const COLUMNS: [&str; 5] = ["action", "to", "reason", "witness", "corrects"];
        let kept = |(name, value): &(String, serde_json::Value)| {
            !COLUMNS.contains(&name.as_str()) && !value.is_null()
        };
        all.into_iter().filter(kept).collect()
    }
}

fn maybe<'a>(field: &'static str, text: &'a Option<String>, limit: usize) -> Written<'a> {
    (field, text.as_deref().unwrap_or_default(), limit, true)
}

/// A text within its limit, of characters that can be seen.
pub(in crate::custody) fn text_faults(field: &str, text: &str, limit: usize) -> Vec<FieldFault> {
    let mut faults = vec![];
    if text.chars().count() > limit {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        faults.push(FieldFault::new(field, "too-long").with("limit", limit));
    }
    if text.chars().any(char::is_control) {
        faults.push(FieldFault::new(field, "control-character"));
    } else {
        faults.extend(invisible::refused(field, text));
    }
    faults
}

/// A number within its limits, both included.
pub(in crate::custody) fn range(
    field: &str,
    value: Option<i64>,
    (low, high): (i64, i64),
) -> Option<FieldFault> {
    let fault = || FieldFault::new(field, "out-of-range").with("low", low).with("high", high);
    value.is_some_and(|v| !(low..=high).contains(&v)).then(fault)
}

/// What a scan asks for.
pub type Asked = Result<Command, Unclear>;

/// A scan whose action is known, and not all that it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Unclear {
    /// What it is scanned for.
    pub action: Action,
    /// What is missing.
    pub faults: Vec<FieldFault>,
}
