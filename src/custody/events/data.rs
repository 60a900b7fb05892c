//! What an event says beyond its columns: a JSON object, kept [packed](crate::ledger::pack).

use std::ops::Deref;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromStaticSqlRow, Queryable};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use crate::ledger::{Unreadable, pack, unpack};
use crate::schema::custody_events;

/// The text of a JSON object. Two columns hold it: `packed`, and `data` for what the first versions
/// of this program wrote and for what isn't packed; `data` is empty where it is.
///
/// Columns that hold no such text, because a disk or a hand has changed them, are known as that and
/// read as empty: a damaged event must not hide the rest of a tube's history. No rule takes
/// anything from it, and `rastro verify` names the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data(Result<String, Unreadable>);

impl Data {
    /// Why there is no text, where there is none.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        self.0.as_ref().err()
    }
    fn kept(text: String, packed: Option<Vec<u8>>) -> Self {
        Self(match packed {
            None if !text.is_empty() => Ok(text),
            Some(frame) if text.is_empty() => unpack(&frame),
            // Neither column, or both.
            _ => Err(Unreadable::Damaged),
        })
    }
}

impl Deref for Data {
    type Target = str;
    fn deref(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}
impl From<String> for Data {
    fn from(text: String) -> Self {
        Self(Ok(text))
    }
}
impl std::fmt::Display for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self)
    }
}

type Columns = (custody_events::data, custody_events::packed);
type SqlTypes = (Text, Nullable<diesel::sql_types::Binary>);

impl<DB: Backend> Selectable<DB> for Data {
    type SelectExpression = Columns;
    fn construct_selection() -> Columns {
        (custody_events::data, custody_events::packed)
    }
}

impl<DB: Backend> Queryable<SqlTypes, DB> for Data
where
    (String, Option<Vec<u8>>): FromStaticSqlRow<SqlTypes, DB>,
{
    type Row = (String, Option<Vec<u8>>);
    fn build((text, packed): Self::Row) -> deserialize::Result<Self> {
        Ok(Self::kept(text, packed))
    }
}

type Assignments = (
    diesel::dsl::Eq<custody_events::data, String>,
    diesel::dsl::Eq<custody_events::packed, Option<Vec<u8>>>,
);

impl Insertable<custody_events::table> for Data {
    type Values = <Assignments as Insertable<custody_events::table>>::Values;
    fn values(self) -> Self::Values {
        let packed = pack(&self);
        let text = if packed.is_some() { String::new() } else { self.to_string() };
        (custody_events::data.eq(text), custody_events::packed.eq(packed)).values()
    }
}

impl Insertable<custody_events::table> for &Data {
    type Values = <Data as Insertable<custody_events::table>>::Values;
    fn values(self) -> Self::Values {
        self.clone().values()
    }
}
