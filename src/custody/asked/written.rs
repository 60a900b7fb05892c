//! A scan as it is written in JSON: the fields of all actions stand beside each other, most of them left out. Read here
//! into the one action with its own fields, so that nothing behind it meets a field of another one; what is said of
//! another one is kept as it is, so that no scan is lost for it. Its form and its order stay: by them a scan that was
//! recorded by an earlier version is known again when it is sent once more. Pure.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::command::{Action, Command};
use crate::custody::events::event::CustodyEventId;
use crate::custody::events::source::Source;
use crate::db::Instant;
use crate::people::UserId;
use crate::web::FieldFault;

/// The JSON of a scan. What each field means is told at [`Scan`] and [`Command`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) id: Uuid,
    pub(super) seq: Option<i64>,
    pub(super) code: String,
    pub(super) action: Action,
    pub(super) occurred_at: Instant,
    pub(super) clock_offset_ms: Option<i64>,
    pub(super) place: Option<String>,
    pub(super) source: Option<Source>,
    pub(super) to: Option<UserId>,
    pub(super) reason: Option<String>,
    pub(super) note: Option<String>,
    pub(super) condition: Option<Vec<String>>,
    pub(super) location: Option<String>,
    pub(super) temperature_c10: Option<i64>,
    pub(super) notified: Option<String>,
    pub(super) notified_at: Option<Instant>,
    pub(super) witness: Option<UserId>,
    pub(super) investigation: Option<String>,
    pub(super) corrects: Option<CustodyEventId>,
    pub(super) pull: Option<i32>,
    pub(super) volume_ul: Option<i64>,
    pub(super) container_type: Option<String>,
    pub(super) identifiers_confirmed: Option<bool>,
    pub(super) waybill: Option<String>,
    pub(super) seal_ok: Option<bool>,
    /// Left out of what is hashed where it is not said: a scan of before this field existed is the same scan when
    /// sent again. So is every field that is added from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) collected_at: Option<Instant>,
}

impl Written {
    /// Takes what its action needs; nothing where some of it is missing. Blank texts are left to [`Command::faults`].
    pub(super) fn take(&mut self, faults: &mut Vec<FieldFault>) -> Option<Command> {
        let note = maybe(self.note.clone());
        Some(match self.action {
            Action::Collect => Command::Collect {
                identifiers_confirmed: self.identifiers_confirmed.take().unwrap_or(false),
                pull: self.pull.take(),
                volume_ul: self.volume_ul.take(),
                container_type: maybe(self.container_type.take()),
                reason: maybe(self.reason.take()),
            },
            Action::CollectionFailed => {
                Command::CollectionFailed { reason: text(&mut self.reason) }
            }
            Action::Void => Command::Void { reason: text(&mut self.reason) },
            Action::Offer => {
                let waybill = maybe(self.waybill.take());
                Command::Offer { to: need("to", &mut self.to, faults)?, waybill }
            }
            Action::CancelOffer => Command::CancelOffer,
            Action::AcceptHandover => Command::AcceptHandover { seal_ok: self.seal_ok.take() },
            Action::RefuseHandover => Command::RefuseHandover { reason: text(&mut self.reason) },
            Action::Arrive => Command::Arrive,
            Action::Receive => Command::Receive {
                condition: self.condition.take().unwrap_or_default(),
                temperature_c10: self.temperature_c10.take(),
            },
            Action::Hold => Command::Hold { reason: text(&mut self.reason) },
            Action::Accept => Command::Accept { reason: maybe(self.reason.take()).or(note) },
            Action::Reject => {
                let (reason, notified) = (text(&mut self.reason), text(&mut self.notified));
                let notified_at = need("notified_at", &mut self.notified_at, faults);
                let Some(notified_at) = notified_at else {
                    faults.extend(missing("reason", &reason));
                    faults.extend(missing("notified", &notified));
                    return None;
                };
                Command::Reject { reason, notified, notified_at }
            }
            Action::StartStep => Command::StartStep { step: text(&mut self.location) },
            Action::Store => Command::Store {
                location: text(&mut self.location),
                temperature_c10: self.temperature_c10.take(),
            },
            Action::Retrieve => Command::Retrieve,
            Action::Deplete => Command::Deplete,
            Action::Dispose => {
                let reason = maybe(self.reason.take()).or(note);
                Command::Dispose { witness: need("witness", &mut self.witness, faults)?, reason }
            }
            Action::DeclareLost => {
                Command::DeclareLost { investigation: text(&mut self.investigation) }
            }
            Action::Undo => {
                let reason = maybe(self.reason.take()).or(note).unwrap_or_default();
                Command::Undo { corrects: need("corrects", &mut self.corrects, faults)?, reason }
            }
            Action::Correct => {
                let (corrects, reason) = self.of_an_event(faults);
                Command::Correct { corrects: corrects?, reason }
            }
            Action::ProposeCollectionTime => {
                let reason = text(&mut self.reason);
                match need("collected_at", &mut self.collected_at, faults) {
                    Some(collected_at) => Command::ProposeCollectionTime { collected_at, reason },
                    None => {
                        faults.extend(missing("reason", &reason));
                        return None;
                    }
                }
            }
            Action::ApproveCollectionTime => Command::ApproveCollectionTime {
                proposal: need("corrects", &mut self.corrects, faults)?,
            },
            Action::DeclineCollectionTime => {
                let (proposal, reason) = self.of_an_event(faults);
                Command::DeclineCollectionTime { proposal: proposal?, reason }
            }
            Action::Confirm => Command::Confirm,
        })
    }

    /// An event and the reason of what is said about it; both missing are told at once.
    fn of_an_event(&mut self, faults: &mut Vec<FieldFault>) -> (Option<CustodyEventId>, String) {
        let (reason, event) =
            (text(&mut self.reason), need("corrects", &mut self.corrects, faults));
        if event.is_none() {
            faults.extend(missing("reason", &reason));
        }
        (event, reason)
    }

    /// What is still there once its action has taken what it knows.
    pub(super) fn beside(&self) -> serde_json::Map<String, serde_json::Value> {
        const OF_ALL: [&str; 9] = [
            "id",
            "seq",
            "code",
            "action",
            "occurred_at",
            "clock_offset_ms",
            "place",
            "source",
            "note",
        ];
        let Ok(serde_json::Value::Object(left)) = serde_json::to_value(self) else {
            return serde_json::Map::new();
        };
        let says = |value: &serde_json::Value| {
            !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty())
        };
        let of_others = |name: &String| !OF_ALL.contains(&name.as_str());
        left.into_iter().filter(|(name, value)| of_others(name) && says(value)).collect()
    }
}

fn maybe(text: Option<String>) -> Option<String> {
    text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

fn text(text: &mut Option<String>) -> String {
    maybe(text.take()).unwrap_or_default()
}

fn missing(field: &'static str, text: &str) -> Option<FieldFault> {
    text.is_empty().then(|| FieldFault::new(field, "required"))
}

fn need<T>(field: &'static str, value: &mut Option<T>, faults: &mut Vec<FieldFault>) -> Option<T> {
    if value.is_none() {
        faults.push(FieldFault::new(field, "required"));
    }
    value.take()
}
