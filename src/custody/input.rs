//! A scan as a device sends it, and the command it means.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::Instant;
use crate::people::UserId;
use crate::web::{FieldFault, Items, invisible};

use super::clocks::{Clocks, Timed};
use super::command::{Action, Command};
use super::event::CustodyEventId;

crate::words! {
    /// How a code was read.
    pub enum Source {
        /// By a scanner that types.
        Wedge = "wedge",
        /// By a camera.
        Camera = "camera",
        /// Typed by hand.
        Manual = "manual",
        /// By a program.
        Api = "api",
    }
}

/// Scans in one request at most.
pub const BATCH: usize = 200;

/// Several scans of a device, in its order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The device's own name, up to 64 characters.
    pub device: Option<String>,
    /// The device's clock when it sent this: from it the server knows how far that clock is off.
    pub device_now: Option<Instant>,
    /// Who the device believes is signed in. When it is somebody else nothing is recorded: a reading
    /// belongs to the person who made it, also on a shared computer.
    pub person: Option<UserId>,
    /// 1 to 200 scans.
    pub scans: Vec<Scan>,
}

impl Batch {
    /// One scan, told on a page: no device sends it.
    pub fn of(scan: Scan) -> Self {
        Self { device: None, device_now: None, person: None, scans: vec![scan] }
    }
}

impl Items for Batch {
    const NAME: &'static str = "scans";
}

/// Control characters that a scanner may put around or into what it reads: line ends, tabs, the
/// separators of 2D codes. Reading the code leaves them out.
fn is_of_scanner(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{2}'..='\u{4}' | '\u{1c}'..='\u{1f}')
}

/// One scan. `id` is made by the device: sending the same scan again gives the first answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// A UUIDv7 made by the device.
    pub id: Uuid,
    /// The device's own count.
    pub seq: Option<i64>,
    /// What the scanner read, as it came.
    pub code: String,
    /// What it is scanned for.
    pub action: Action,
    /// When, by the device's clock.
    pub occurred_at: Instant,
    /// What to add to the device's clock for the server's, as it stood when this was read;
    /// milliseconds. Left out while the device doesn't know: then `device_now` says it.
    pub clock_offset_ms: Option<i64>,
    /// Station or bench.
    pub place: Option<String>,
    /// How it was read; `api` if not said.
    pub source: Option<Source>,
    /// For `offer`: to whom.
    pub to: Option<UserId>,
    /// Reason: a catalogue code or words.
    pub reason: Option<String>,
    /// What the person adds in words, up to 400 characters.
    pub note: Option<String>,
    /// For `receive`: condition codes of HL7 v2-0493.
    pub condition: Option<Vec<String>>,
    /// For `store`: where; for `start-step`: which step.
    pub location: Option<String>,
    /// Temperature, tenths of a degree Celsius.
    pub temperature_c10: Option<i64>,
    /// For `reject`: who was told.
    pub notified: Option<String>,
    /// For `reject`: when.
    pub notified_at: Option<Instant>,
    /// For `dispose`: the witness.
    pub witness: Option<UserId>,
    /// For `declare-lost`: the investigation.
    pub investigation: Option<String>,
    /// For `undo` and `correct`: the event to take back; for `approve-collection-time` and
    /// `decline-collection-time`: the proposal.
    pub corrects: Option<CustodyEventId>,
    /// For `collect`: which pull of the aspiration, from 1.
    pub pull: Option<i32>,
    /// For `collect`: volume, microlitres.
    pub volume_ul: Option<i64>,
    /// For `collect`: the tube used, if not the one expected.
    pub container_type: Option<String>,
    /// For `collect`: two identifiers were compared with the child.
    pub identifiers_confirmed: Option<bool>,
    /// For `offer`: the courier's waybill.
    pub waybill: Option<String>,
    /// For `accept-handover`: whether the seal is whole.
    pub seal_ok: Option<bool>,
    /// For `propose-collection-time`: when it was drawn in truth. Left out of what is hashed where
    /// it is not said: a scan of before this field existed is the same scan when sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collected_at: Option<Instant>,
}

impl Scan {
    /// A scan that says nothing but what it must.
    pub fn new(id: Uuid, code: &str, action: Action, occurred_at: Instant) -> Self {
        Self {
            id,
            seq: None,
            code: code.to_owned(),
            action,
            occurred_at,
            clock_offset_ms: None,
            place: None,
            source: None,
            to: None,
            reason: None,
            note: None,
            condition: None,
            location: None,
            temperature_c10: None,
            notified: None,
            notified_at: None,
            witness: None,
            investigation: None,
            corrects: None,
            pull: None,
            volume_ul: None,
            container_type: None,
            identifiers_confirmed: None,
            waybill: None,
            seal_ok: None,
            collected_at: None,
        }
    }

    /// SHA-256 of the scan as sent: tells a repeat from a reused id.
    pub fn hash(&self) -> [u8; 32] {
        let text = serde_json::to_string(self).unwrap_or_default();
        Sha256::digest(text).into()
    }

    /// When it occurred, by what is known of the clocks.
    pub(super) fn occurred(&self, clocks: Clocks) -> Timed {
        clocks.occurred(self.occurred_at, self.clock_offset_ms)
    }

    /// When somebody was told of a rejection: by the clock that said when the scan, which occurred at
    /// `occurred`, was made; so it is set right with it.
    pub(super) fn notified(&self, occurred: Instant) -> Option<Instant> {
        let said = self.notified_at?;
        let apart = said.us().saturating_sub(self.occurred_at.us());
        // What no calendar holds stays as it was said, for the rule to refuse.
        Some(Instant::from_us(occurred.us().saturating_add(apart)).unwrap_or(said))
    }

    /// The command this scan means, or every field that is missing or wrong.
    pub fn command(&self) -> Result<Command, Vec<FieldFault>> {
        let mut faults = self.text_faults();
        let mut need = |field: &'static str, value: &Option<String>| -> String {
            match value.as_deref().map(str::trim).filter(|v| !v.is_empty()) {
                Some(v) => v.to_owned(),
                None => {
                    faults.push(FieldFault::new(field, "required"));
                    String::new()
                }
            }
        };
        let optional = |v: &Option<String>| {
            v.as_deref().map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned)
        };
        let reason = |s: &Self| optional(&s.reason).or_else(|| optional(&s.note));
        let command = match self.action {
            Action::Collect => Command::Collect {
                identifiers_confirmed: self.identifiers_confirmed.unwrap_or(false),
                pull: self.pull,
                volume_ul: self.volume_ul,
                container_type: optional(&self.container_type),
                reason: optional(&self.reason),
            },
            Action::ProposeCollectionTime => match self.collected_at {
                Some(collected_at) => Command::ProposeCollectionTime {
                    collected_at,
                    reason: need("reason", &self.reason),
                },
                None => {
                    need("reason", &self.reason);
                    need("collected_at", &None);
                    Command::Confirm
                }
            },
            Action::ApproveCollectionTime => match self.corrects {
                Some(proposal) => Command::ApproveCollectionTime { proposal },
                None => {
                    need("corrects", &None);
                    Command::Confirm
                }
            },
            Action::DeclineCollectionTime => {
                let reason = need("reason", &self.reason);
                match self.corrects {
                    Some(proposal) => Command::DeclineCollectionTime { proposal, reason },
                    None => {
                        need("corrects", &None);
                        Command::Confirm
                    }
                }
            }
            Action::CollectionFailed => {
                Command::CollectionFailed { reason: need("reason", &self.reason) }
            }
            Action::Void => Command::Void { reason: need("reason", &self.reason) },
            Action::Offer => match self.to {
                Some(to) => Command::Offer { to, waybill: optional(&self.waybill) },
                None => {
                    need("to", &None);
                    Command::Confirm
                }
            },
            Action::CancelOffer => Command::CancelOffer,
            Action::AcceptHandover => Command::AcceptHandover { seal_ok: self.seal_ok },
            Action::RefuseHandover => {
                Command::RefuseHandover { reason: need("reason", &self.reason) }
            }
            Action::Arrive => Command::Arrive,
            Action::Receive => Command::Receive {
                condition: self.condition.clone().unwrap_or_default(),
                temperature_c10: self.temperature_c10,
            },
            Action::Hold => Command::Hold { reason: need("reason", &self.reason) },
            Action::Accept => Command::Accept { reason: reason(self) },
            Action::Reject => {
                let reason = need("reason", &self.reason);
                let notified = need("notified", &self.notified);
                match self.notified_at {
                    Some(notified_at) => Command::Reject { reason, notified, notified_at },
                    None => {
                        need("notified_at", &None);
                        Command::Confirm
                    }
                }
            }
            Action::StartStep => Command::StartStep { step: need("location", &self.location) },
            Action::Store => Command::Store {
                location: need("location", &self.location),
                temperature_c10: self.temperature_c10,
            },
            Action::Retrieve => Command::Retrieve,
            Action::Deplete => Command::Deplete,
            Action::Dispose => match self.witness {
                Some(witness) => Command::Dispose { witness, reason: reason(self) },
                None => {
                    need("witness", &None);
                    Command::Confirm
                }
            },
            Action::DeclareLost => {
                Command::DeclareLost { investigation: need("investigation", &self.investigation) }
            }
            Action::Undo => match self.corrects {
                Some(corrects) => {
                    Command::Undo { corrects, reason: reason(self).unwrap_or_default() }
                }
                None => {
                    need("corrects", &None);
                    Command::Confirm
                }
            },
            Action::Correct => {
                let reason = need("reason", &self.reason);
                match self.corrects {
                    Some(corrects) => Command::Correct { corrects, reason },
                    None => {
                        need("corrects", &None);
                        Command::Confirm
                    }
                }
            }
            Action::Confirm => Command::Confirm,
        };
        if faults.is_empty() { Ok(command) } else { Err(faults) }
    }

    /// The code as a person may see it: cut to 64 characters.
    pub(super) fn shown_code(&self) -> String {
        let seen = |c: &char| !c.is_control() && !invisible::is_invisible(*c);
        self.code.chars().filter(seen).take(64).collect()
    }

    /// Texts and numbers within their limits, whatever the action.
    fn text_faults(&self) -> Vec<FieldFault> {
        let mut faults = vec![];
        let texts: [(&str, &Option<String>, usize); 8] = [
            ("place", &self.place, 64),
            ("reason", &self.reason, 400),
            ("note", &self.note, 400),
            ("location", &self.location, 120),
            ("notified", &self.notified, 120),
            ("investigation", &self.investigation, 120),
            ("container_type", &self.container_type, 16),
            ("waybill", &self.waybill, 64),
        ];
        for (field, value, limit) in texts {
            let Some(text) = value else { continue };
            if text.chars().count() > limit {
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                faults.push(FieldFault::new(field, "too-long").with("limit", limit));
            }
            if text.chars().any(char::is_control) {
                faults.push(FieldFault::new(field, "control-character"));
            } else {
                faults.extend(invisible::refused(field, text));
            }
        }
        if self.code.chars().any(|c| c.is_control() && !is_of_scanner(c)) {
            faults.push(FieldFault::new("code", "control-character"));
        } else {
            faults.extend(invisible::refused("code", &self.code));
        }
        let mut range = |field: &str, value: Option<i64>, low: i64, high: i64| {
            if value.is_some_and(|v| !(low..=high).contains(&v)) {
                let fault = FieldFault::new(field, "out-of-range");
                faults.push(fault.with("low", low).with("high", high));
            }
        };
        range("pull", self.pull.map(i64::from), 1, 9);
        range("volume_ul", self.volume_ul, 50, 50_000);
        range("temperature_c10", self.temperature_c10, -2000, 600);
        // More than a century: a clock may stand at 1970 or 2099.
        range("clock_offset_ms", self.clock_offset_ms, -4_000_000_000_000, 4_000_000_000_000);
        range("seq", self.seq, 0, i64::MAX - 1);
        if let Some(codes) = &self.condition {
            let good = |c: &String| {
                (2..=8).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_uppercase())
            };
            if codes.len() > 12 || !codes.iter().all(good) {
                faults.push(FieldFault::new("condition", "condition-codes"));
            }
        }
        if self.code.len() > 200 {
            faults.push(FieldFault::new("code", "too-long").with("limit", 200_i64));
        }
        if self.id.get_version_num() != 7 {
            faults.push(FieldFault::new("id", "uuid-v7"));
        }
        faults
    }

    /// What the event keeps besides its columns.
    pub(super) fn details(&self) -> serde_json::Map<String, serde_json::Value> {
        let all = serde_json::json!({
            "code": self.code,
            "device_time": self.occurred_at,
            "clock_offset_ms": self.clock_offset_ms,
            "note": self.note,
            "condition": self.condition,
            "location": self.location,
            "temperature_c10": self.temperature_c10,
            "notified": self.notified,
            "notified_at": self.notified_at,
            "investigation": self.investigation,
            "pull": self.pull,
            "volume_ul": self.volume_ul,
            "container_type": self.container_type,
            "identifiers_confirmed": self.identifiers_confirmed,
            "waybill": self.waybill,
            "seal_ok": self.seal_ok,
            "collected_at": self.collected_at,
        });
        let serde_json::Value::Object(all) = all else { return serde_json::Map::new() };
        all.into_iter().filter(|(_, v)| !v.is_null()).collect()
    }
}
