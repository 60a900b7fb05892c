//! A row of the log, and whether it is what was logged. Rows have two forms: the first versions of
//! this program kept the body and the entry's lines as texts; now the body is [packed](super::packed)
//! and of the entry only the commitment is kept, because its other lines repeat the row's columns.

use std::borrow::Cow;

use diesel::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::broken::Broken;
use super::entry::{binds, commitment, entry, parts};
use super::packed::{Unreadable, pack, unpack};
use super::store::EventId;
use super::tree::{Hash, leaf_hash};
use crate::db::{Instant, Staged};
use crate::schema::ledger_entries;

/// What the leaf of an entry is made of.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_entries, treat_none_as_default_value = false)]
pub(super) struct LeafRow {
    pub event_id: EventId,
    pub recorded_at: Instant,
    /// The four lines as text; empty where they are made from `commitment`.
    pub entry: String,
    /// HMAC-SHA-256, 32 bytes.
    pub commitment: Option<Vec<u8>>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_entries, treat_none_as_default_value = false)]
pub(super) struct EntryRow {
    pub idx: i64,
    #[diesel(embed)]
    pub leaf: LeafRow,
    pub salt: Option<Vec<u8>>,
    /// The body as text.
    pub body: Option<String>,
    /// The body as a frame.
    pub packed: Option<Vec<u8>>,
}

impl LeafRow {
    /// The four lines. `None` where the row has both forms, or neither.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match (&self.commitment, &*self.entry) {
            (None, "") => None,
            (None, text) => Some(Cow::Borrowed(text)),
            (Some(bytes), "") => {
                let made = entry(self.event_id.0, self.recorded_at.ms(), &hash_of(bytes)?);
                Some(Cow::Owned(made))
            }
            (Some(_), _) => None,
        }
    }
}

fn hash_of(bytes: &[u8]) -> Option<Hash> {
    bytes.try_into().ok()
}

/// What a row says of its body.
enum Said<'a> {
    Body(Cow<'a, str>),
    /// It was erased.
    Nothing,
    /// Two bodies, as no version writes it.
    Two,
}

impl EntryRow {
    /// The row of an event that is sealed now, under a salt of its own.
    pub(super) fn seal(idx: i64, event: &Staged, salt: [u8; 32]) -> Self {
        let bound = commitment(&salt, &event.body);
        let packed = pack(&event.body);
        Self {
            idx,
            leaf: LeafRow {
                event_id: EventId(event.event),
                recorded_at: event.at,
                entry: String::new(),
                commitment: Some(bound.to_vec()),
            },
            salt: Some(salt.to_vec()),
            body: packed.is_none().then(|| event.body.clone()),
            packed,
        }
    }

    fn said(&self) -> Result<Said<'_>, Unreadable> {
        Ok(match (&self.body, &self.packed) {
            (Some(text), None) => Said::Body(Cow::Borrowed(text)),
            (None, Some(frame)) => Said::Body(Cow::Owned(unpack(frame)?)),
            (None, None) => Said::Nothing,
            (Some(_), Some(_)) => Said::Two,
        })
    }

    /// The body; `None` where it was erased, or where there are two.
    pub(super) fn body(&self) -> Result<Option<Cow<'_, str>>, Unreadable> {
        Ok(match self.said()? {
            Said::Body(body) => Some(body),
            Said::Nothing | Said::Two => None,
        })
    }
}

/// Whether a body names another event or another time than its row. Every body has the event's id,
/// and the time under one of three names.
fn is_renamed(body: &str, id: Uuid, at: Instant) -> bool {
    #[derive(Deserialize)]
    struct Named {
        id: Option<Uuid>,
        #[serde(alias = "signed_at", alias = "at")]
        recorded_at: Option<Instant>,
    }
    // Nearly every body; reading it as JSON takes ten times as long.
    let usual = [format!(r#""id":"{id}""#), format!(r#""recorded_at":"{at}""#)];
    if usual.iter().all(|member| body.contains(member)) {
        return false;
    }
    serde_json::from_str::<Named>(body).is_ok_and(|named| {
        named.id.is_some_and(|n| n != id) || named.recorded_at.is_some_and(|t| t.ms() != at.ms())
    })
}

/// A row by itself: what the tree needs of it, and what is wrong with it.
pub(super) struct Checked {
    pub idx: i64,
    pub event: Uuid,
    /// The server's clock.
    pub ms: i64,
    /// Whether it says what a row became, and not when something happened: it is in no order of time.
    pub is_state: bool,
    pub leaf: Hash,
    /// The body it holds, if it can be read.
    pub body: Option<String>,
    pub wrong: Option<Broken>,
}

impl Checked {
    pub(super) fn new(row: EntryRow) -> Self {
        let (event, ms) = (row.leaf.event_id.0, row.leaf.recorded_at.ms());
        let index = u64::try_from(row.idx).unwrap_or_default();
        let mut checked = Self {
            idx: row.idx,
            event,
            ms,
            is_state: false,
            leaf: Hash::default(),
            body: None,
            wrong: None,
        };
        let said = match row.said() {
            Ok(Said::Body(body)) => Some(body.into_owned()),
            Ok(Said::Nothing) => None,
            Ok(Said::Two) => return checked.broken(Broken::Unreadable { index }),
            Err(why) => return checked.broken(Broken::Packed { index, event, why }),
        };
        checked.wrong = checked.entry(&row, said.as_deref()).err();
        // A quote within a text of a body is escaped: nothing else reads so.
        checked.is_state = said.as_ref().is_some_and(|body| body.contains(r#""log":"row""#));
        checked.body = said;
        checked
    }

    fn broken(self, wrong: Broken) -> Self {
        Self { wrong: Some(wrong), ..self }
    }

    /// Holds the entry against the row and the body, and hashes it.
    fn entry(&mut self, row: &EntryRow, body: Option<&str>) -> Result<(), Broken> {
        let (index, event) = (u64::try_from(self.idx).unwrap_or_default(), self.event);
        let text = row.leaf.text().ok_or(Broken::Unreadable { index })?;
        let same = |(named, at, _)| named == event && at == self.ms;
        if !parts(&text).is_some_and(same) {
            return Err(Broken::Renamed { index, event });
        }
        self.leaf = leaf_hash(text.as_bytes());
        let (Some(salt), Some(body)) = (&row.salt, body) else {
            return Err(Broken::BodyGone { index, event });
        };
        let bound = match &row.leaf.commitment {
            Some(kept) => commitment(salt, body)[..] == kept[..],
            None => binds(&text, salt, body),
        };
        match bound {
            false => Err(Broken::Altered { index, event }),
            // The lines were made from the row itself: only the body says whether it was changed.
            true if is_renamed(body, event, row.leaf.recorded_at) => {
                Err(Broken::Renamed { index, event })
            }
            true => Ok(()),
        }
    }
}
