//! What an event says beyond its columns: a JSON object, kept [packed](crate::ledger::pack).

use std::ops::Deref;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromStaticSqlRow, Queryable};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use crate::ledger::{pack, unpack};
use crate::schema::custody_events;

/// The text of a JSON object. Two columns hold it: `packed`, and `data` for what the first versions
/// of this program wrote and for what isn't packed; `data` is empty where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data(String);

impl Deref for Data {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl From<String> for Data {
    fn from(text: String) -> Self {
        Self(text)
    }
}
impl std::fmt::Display for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
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
        match packed {
            None => Ok(Self(text)),
            Some(frame) if text.is_empty() => Ok(Self(unpack(&frame)?)),
            Some(_) => Err("both data and packed".into()),
        }
    }
}

type Assignments = (
    diesel::dsl::Eq<custody_events::data, String>,
    diesel::dsl::Eq<custody_events::packed, Option<Vec<u8>>>,
);

impl Insertable<custody_events::table> for Data {
    type Values = <Assignments as Insertable<custody_events::table>>::Values;
    fn values(self) -> Self::Values {
        let packed = pack(&self.0);
        let text = if packed.is_some() { String::new() } else { self.0 };
        (custody_events::data.eq(text), custody_events::packed.eq(packed)).values()
    }
}

impl Insertable<custody_events::table> for &Data {
    type Values = <Data as Insertable<custody_events::table>>::Values;
    fn values(self) -> Self::Values {
        self.clone().values()
    }
}
