//! A scan as a device sends it, and the command it means.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::clocks::{Clocks, Timed};
use super::command::{Action, Asked, Command, Unclear, range, text_faults};
use super::written::Written;
use crate::custody::events::source::Source;
use crate::db::Instant;
use crate::people::UserId;
use crate::web::{FieldFault, Items, invisible, made_by_client};

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
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(from = "Written")]
pub struct Scan {
    /// A UUIDv7 made by the device.
    pub id: Uuid,
    /// The device's own count.
    pub seq: Option<i64>,
    /// What the scanner read, as it came.
    pub code: String,
    /// When, by the device's clock.
    pub occurred_at: Instant,
    /// What to add to the device's clock for the server's, as it stood when this was read;
    /// milliseconds. Left out while the device doesn't know: then `device_now` says it.
    pub clock_offset_ms: Option<i64>,
    /// Station or bench; up to 64 characters.
    pub place: Option<String>,
    /// How it was read; `api` if not said.
    pub source: Option<Source>,
    /// A remark, up to 400 characters; the reason of an action that needs none and was given none.
    pub note: Option<String>,
    /// What it is scanned for, or why that can't be told.
    #[serde(flatten)]
    #[schema(value_type = Command)]
    pub asks: Asked,
    /// What was sent with it that is of no use to its action: kept with the event.
    #[serde(skip)]
    #[schema(ignore)]
    pub beside: serde_json::Map<String, serde_json::Value>,
    /// SHA-256 of what was sent: tells a repeat from a reused id.
    #[serde(skip)]
    #[schema(ignore)]
    pub hash: [u8; 32],
}

/// When something occurred that a person tells on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// As it is told: the same form sent again a moment later says the same.
    Now(Instant),
    /// At the time that the person has written.
    Typed(Instant),
}

impl From<Written> for Scan {
    fn from(mut written: Written) -> Self {
        let text = serde_json::to_string(&written).unwrap_or_default();
        let action = written.action;
        let mut faults = vec![];
        let command = written.take(&mut faults);
        let beside = written.beside();
        let asks: Asked = match command {
            Some(command) if faults.is_empty() => Ok(command),
            command => {
                faults.extend(command.map(|c| c.faults()).unwrap_or_default());
                Err(Unclear { action, faults })
            }
        };
        Self {
            id: written.id,
            seq: written.seq,
            code: written.code,
            occurred_at: written.occurred_at,
            clock_offset_ms: written.clock_offset_ms,
            place: written.place,
            source: written.source,
            note: written.note,
            asks,
            beside,
            hash: Sha256::digest(text).into(),
        }
    }
}

impl Scan {
    /// A scan that no device has sent and that says nothing but what it must. Told once more, at another time, it is
    /// the same.
    pub fn new(id: Uuid, code: &str, command: Command, occurred_at: Instant) -> Self {
        let said = serde_json::json!({ "id": id, "code": code, "command": command });
        Self {
            id,
            seq: None,
            code: code.to_owned(),
            occurred_at,
            clock_offset_ms: None,
            place: None,
            source: None,
            note: None,
            asks: Ok(command),
            beside: serde_json::Map::new(),
            hash: Sha256::digest(said.to_string()).into(),
        }
    }

    /// What a person says on a page of a tube, without having read its label there: `id` is the form's.
    pub fn told(id: Uuid, code: &str, command: Command, at: When) -> Self {
        let (occurred_at, typed) = match at {
            When::Now(now) => (now, None),
            When::Typed(at) => (at, Some(at)),
        };
        let said = Self::new(id, code, command, occurred_at);
        // Another time is another thing said: it must not be answered as the first one was.
        let hash = match typed {
            Some(at) => Sha256::digest([&said.hash[..], at.to_string().as_bytes()].concat()).into(),
            None => said.hash,
        };
        Self { source: Some(Source::Manual), hash, ..said }
    }

    /// What it is scanned for.
    pub fn action(&self) -> Action {
        match &self.asks {
            Ok(command) => command.action(),
            Err(unclear) => unclear.action,
        }
    }

    /// When it occurred, by what is known of the clocks.
    pub(in crate::custody) fn occurred(&self, clocks: Clocks) -> Timed {
        clocks.occurred(self.occurred_at, self.clock_offset_ms)
    }

    /// When somebody was told of a rejection: by the clock that said when the scan, which occurred at
    /// `occurred`, was made; so it is set right with it.
    pub(in crate::custody) fn notified(&self, occurred: Instant) -> Option<Instant> {
        let Ok(Command::Reject { notified_at, .. }) = &self.asks else { return None };
        let apart = notified_at.us().saturating_sub(self.occurred_at.us());
        // What no calendar holds stays as it was said, for the rule to refuse.
        Some(Instant::from_us(occurred.us().saturating_add(apart)).unwrap_or(*notified_at))
    }

    /// The command this scan means, or every field that is missing or wrong.
    pub fn command(&self) -> Result<&Command, Vec<FieldFault>> {
        let mut faults = self.faults();
        match &self.asks {
            Ok(command) => {
                faults.extend(command.faults());
                if faults.is_empty() { Ok(command) } else { Err(faults) }
            }
            Err(unclear) => {
                faults.extend(unclear.faults.iter().cloned());
                Err(faults)
            }
        }
    }

    /// The code as a person may see it: cut to 64 characters.
    pub(in crate::custody) fn shown_code(&self) -> String {
        let seen = |c: &char| !c.is_control() && !invisible::is_invisible(*c);
        self.code.chars().filter(seen).take(64).collect()
    }

    /// Texts and numbers within their limits, whatever the action.
    fn faults(&self) -> Vec<FieldFault> {
        let mut faults = text_faults("place", self.place.as_deref().unwrap_or_default(), 64);
        faults.extend(text_faults("note", self.note.as_deref().unwrap_or_default(), 400));
        if self.code.chars().any(|c| c.is_control() && !is_of_scanner(c)) {
            faults.push(FieldFault::new("code", "control-character"));
        } else {
            faults.extend(invisible::refused("code", &self.code));
        }
        // More than a century: a clock may stand at 1970 or 2099.
        let century = (-4_000_000_000_000, 4_000_000_000_000);
        faults.extend(range("clock_offset_ms", self.clock_offset_ms, century));
        faults.extend(range("seq", self.seq, (0, i64::MAX - 1)));
        for (field, value) in &self.beside {
            // A list, too, is kept as it is written, and no longer than a text.
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            faults.extend(text_faults(field, &text, 400));
        }
        if self.code.len() > 200 {
            faults.push(FieldFault::new("code", "too-long").with("limit", 200_i64));
        }
        faults.extend(made_by_client(self.id).err());
        faults
    }

    /// What the event keeps besides its columns.
    pub(in crate::custody) fn details(&self) -> serde_json::Map<String, serde_json::Value> {
        let mut all = self.asks.as_ref().map(Command::details).unwrap_or_default();
        let common = serde_json::json!({
            "code": self.code,
            "device_time": self.occurred_at,
            "clock_offset_ms": self.clock_offset_ms,
            "note": self.note,
            "beside": Some(&self.beside).filter(|b| !b.is_empty()),
        });
        if let serde_json::Value::Object(common) = common {
            all.extend(common.into_iter().filter(|(_, v)| !v.is_null()));
        }
        all
    }
}
