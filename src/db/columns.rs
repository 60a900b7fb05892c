//! Every table and its columns as data, from `src/schema.rs`: for what is done alike with all of them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use uuid::Uuid;

use super::{Conn, DbError, sql};

include!(concat!(env!("OUT_DIR"), "/columns.rs"));

/// A table of the database.
#[derive(Debug)]
pub struct Table {
    /// As both engines have it.
    pub name: &'static str,
    /// The columns of its primary key.
    pub key: &'static [&'static str],
    /// All columns, in the order of `schema.rs`.
    pub columns: &'static [Column],
}

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    /// As both engines have it.
    pub name: &'static str,
    /// What is in it.
    pub kind: Kind,
}

/// What a column holds, as `schema.rs` says it; see [`crate::db::column`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number of 64 bits.
    BigInt,
    /// A whole number of 32 bits.
    Integer,
    /// Bytes: hashes, salts, what is packed.
    Binary,
    /// Yes or no.
    Bool,
    /// A text: words, codes, JSON.
    Text,
    /// A day of the calendar, without a zone.
    Day,
    /// A point in time.
    Instant,
    /// A UUID, 16 bytes.
    Uid,
}

impl Kind {
    /// The statement's words for what is in `column`, as one text on both engines: a UUID and bytes in lower
    /// hexadecimal, a point in time as microseconds since 1970, a day as `2018-05-03`, "yes" as 1.
    fn as_text(self, column: &str, is_postgres: bool) -> String {
        let c = format!("\"{column}\"");
        match (self, is_postgres) {
            (Self::Text, _) | (Self::Day, false) => c,
            (Self::BigInt | Self::Integer, _) | (Self::Bool | Self::Instant, false) => {
                format!("CAST({c} AS TEXT)")
            }
            (Self::Uid | Self::Binary, false) => {
                format!("CASE WHEN {c} IS NULL THEN NULL ELSE lower(hex({c})) END")
            }
            (Self::Binary, true) => format!("encode({c}, 'hex')"),
            (Self::Uid, true) => format!("replace({c}::text, '-', '')"),
            (Self::Bool, true) => format!("{c}::int::text"),
            (Self::Day, true) => format!("to_char({c}, 'YYYY-MM-DD')"),
            (Self::Instant, true) => {
                format!("(extract(epoch FROM {c}) * 1000000)::bigint::text")
            }
        }
    }
}

/// A part of a row's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Of a column that is a `Uid`.
    Uid(Uuid),
    /// Of a column that is a `Text`.
    Text(String),
    /// Of a column that is a whole number.
    Int(i64),
    /// Of a column that is bytes.
    Bytes(Vec<u8>),
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Uid(id) => write!(f, "{}", id.simple()),
            Self::Text(text) => f.write_str(text),
            Self::Int(n) => write!(f, "{n}"),
            Self::Bytes(bytes) => bytes.iter().try_for_each(|b| write!(f, "{b:02x}")),
        }
    }
}

impl From<Uuid> for Part {
    fn from(id: Uuid) -> Self {
        Self::Uid(id)
    }
}
impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<i32> for Part {
    fn from(n: i32) -> Self {
        Self::Int(n.into())
    }
}

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub Vec<Part>);

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&parts.join("/"))
    }
}
impl<A: Into<Part>> From<A> for Key {
    fn from(a: A) -> Self {
        Self(vec![a.into()])
    }
}
impl<A: Into<Part>, B: Into<Part>> From<(A, B)> for Key {
    fn from((a, b): (A, B)) -> Self {
        Self(vec![a.into(), b.into()])
    }
}

crate::id_type! {
    /// A UUID in a key, whatever it names.
    AnyId
}

/// A row as texts, in the order of its table's columns.
pub type Cells = Vec<Option<String>>;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    cells: String,
}

/// The bytes that hexadecimal digits stand for.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = (0..hex.len()).step_by(2).map(|at| hex.get(at..at + 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

impl Table {
    /// The table of that name. Names are written in the program: one that is none is a fault of ours, and is told
    /// as one.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn named(name: &str) -> Result<&'static Self, DbError> {
        let found = TABLES.iter().find(|t| t.name == name);
        found.ok_or_else(|| DbError::Corrupt(format!("there is no table {name}")))
    }

    /// The key of a row, from its texts.
    ///
    /// # Errors
    /// [`DbError::Corrupt`]: a key that is not what its column holds.
    pub fn key_of(&self, cells: &Cells) -> Result<Key, DbError> {
        let at = |name: &str| self.columns.iter().position(|c| c.name == name);
        self.key_with(|name| cells.get(at(name)?)?.as_deref())
    }

    /// The key that [`Key`] writes as this text: of a table none of whose keys is a text with `/` in it.
    ///
    /// # Errors
    /// As [`Table::key_of`].
    pub fn key_named(&self, text: &str) -> Result<Key, DbError> {
        let parts: Vec<&str> = text.split('/').collect();
        self.key_with(|name| parts.get(self.key.iter().position(|k| *k == name)?).copied())
    }

    /// The key whose columns have these texts.
    pub(crate) fn key_with<'a>(
        &self,
        text: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Key, DbError> {
        let part = |name: &&str| {
            let (column, text) = (self.columns.iter().find(|c| c.name == *name)?, text(name)?);
            match column.kind {
                Kind::Uid => Uuid::try_parse(text).ok().map(Part::Uid),
                Kind::BigInt | Kind::Integer => text.parse().ok().map(Part::Int),
                Kind::Binary => bytes(text).map(Part::Bytes),
                _ => Some(Part::Text(text.to_owned())),
            }
        };
        let wrong = || DbError::Corrupt(format!("{}: a key that is none", self.name));
        self.key.iter().map(part).collect::<Option<_>>().map(Key).ok_or_else(wrong)
    }

    /// The row with this key.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn row(&self, conn: &mut Conn, key: &Key) -> Result<Option<Cells>, DbError> {
        let filter = self.where_key("=", conn);
        Ok(self.rows(conn, &filter, &key.0, "LIMIT 1")?.pop())
    }

    /// The rows with these keys, as far as they are there; in the order of their keys.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn rows_of(&self, conn: &mut Conn, keys: &[Key]) -> Result<Vec<Cells>, DbError> {
        let parts: Vec<Part> = keys.iter().flat_map(|key| key.0.iter().cloned()).collect();
        let places = self.places(keys.len(), conn).join(", ");
        let filter = format!("WHERE ({}) IN (VALUES {places})", self.keys());
        if keys.is_empty() { Ok(vec![]) } else { self.rows(conn, &filter, &parts, "") }
    }

    /// The row with this key, which nobody else changes until this transaction ends.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn locked_row(&self, conn: &mut Conn, key: &Key) -> Result<Option<Cells>, DbError> {
        let filter = self.where_key("=", conn);
        // A transaction that writes has all of SQLite's file for itself. On PostgreSQL the lock is the one that an update
        // takes: rows that name this one can be written meanwhile, and do not deadlock with it.
        let is_postgres = matches!(conn, Conn::Pg(_));
        let end = if is_postgres { "LIMIT 1 FOR NO KEY UPDATE" } else { "LIMIT 1" };
        Ok(self.rows(conn, &filter, &key.0, end)?.pop())
    }

    /// At most `limit` rows by key, after `after`.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn rows_after(
        &self,
        conn: &mut Conn,
        after: Option<&Key>,
        limit: u32,
    ) -> Result<Vec<Cells>, DbError> {
        let filter = after.map_or(String::new(), |_| self.where_key(">", conn));
        self.rows(conn, &filter, after.map_or(&[], |key| &key.0), &format!("LIMIT {limit}"))
    }

    /// `WHERE (a, b) = ($1, $2)`.
    fn where_key(&self, op: &str, conn: &Conn) -> String {
        format!("WHERE ({}) {op} {}", self.keys(), self.places(1, conn).concat())
    }

    /// `($1, $2)`, for as many keys.
    fn places(&self, keys: usize, conn: &Conn) -> Vec<String> {
        let sign = if matches!(conn, Conn::Pg(_)) { '$' } else { '?' };
        let of_key = |k: usize| {
            let parts = (1..=self.key.len()).map(|n| format!("{sign}{}", k * self.key.len() + n));
            format!("({})", parts.collect::<Vec<_>>().join(", "))
        };
        (0..keys).map(of_key).collect()
    }

    fn keys(&self) -> String {
        self.key.iter().map(|k| format!("\"{k}\"")).collect::<Vec<_>>().join(", ")
    }

    fn rows(
        &self,
        conn: &mut Conn,
        filter: &str,
        key: &[Part],
        end: &str,
    ) -> Result<Vec<Cells>, DbError> {
        let is_postgres = matches!(conn, Conn::Pg(_));
        let array = if is_postgres { "json_build_array" } else { "json_array" };
        let cells = self.columns.iter().map(|c| c.kind.as_text(c.name, is_postgres));
        let cells = cells.collect::<Vec<_>>().join(", ");
        let (name, keys) = (self.name, self.keys());
        let text = if is_postgres { "::text" } else { "" };
        let query = format!(
            "SELECT {array}({cells}){text} AS cells FROM \"{name}\" {filter} ORDER BY {keys} {end}"
        );
        let rows: Vec<Row> = crate::on_engine!(conn, |c| {
            let mut query = diesel::sql_query(query).into_boxed();
            for part in key {
                query = match part.clone() {
                    Part::Uid(id) => query.bind::<sql::Uid, _>(AnyId(id)),
                    Part::Text(text) => query.bind::<Text, _>(text),
                    Part::Int(n) => query.bind::<BigInt, _>(n),
                    Part::Bytes(bytes) => query.bind::<Binary, _>(bytes),
                };
            }
            query.load(c)
        })?;
        let read = |row: Row| {
            serde_json::from_str::<Cells>(&row.cells)
                .map_err(|_| DbError::Corrupt(format!("{name}: a row that is no text")))
        };
        rows.into_iter().map(read).collect()
    }
}
