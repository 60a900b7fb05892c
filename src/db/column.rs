//! How a value sits in a column, on SQLite and on PostgreSQL.
//!
//! | SQL type  | PostgreSQL    | SQLite                                        |
//! |-----------|---------------|-----------------------------------------------|
//! | `Uid`     | `uuid`        | `BLOB`, 16 bytes                              |
//! | `Instant` | `timestamptz` | `INTEGER`, microseconds since 1970-01-01 UTC  |
//! | `Day`     | `date`        | `TEXT`, `2018-05-03`                          |
//! | `Text`    | `text`        | `TEXT`: codes and the words of enums          |
//!
//! Percentages and other measured values are never stored as floats: counts are `BigInt`,
//! decimals are `Text`.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::data_types::{PgDate, PgTimestamp};
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Date, HasSqlType, Text, Timestamptz};
use diesel::sqlite::{Sqlite, SqliteValue};
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::conn::MultiBackend;

/// The SQL types of both engines; `schema.rs` names columns with them.
pub mod sql {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::{SqlOrd, SqlType};

    /// A UUID, 16 bytes: every key of a row that is no word or number.
    #[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
    pub struct Uid;

    /// A point in time, UTC, microseconds.
    #[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
    pub struct Instant;

    /// A day of the calendar, without a zone.
    #[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 1082, array_oid = 1182), sqlite_type(name = "Text"))]
    pub struct Day;

    impl SqlOrd for Uid {}
    impl SqlOrd for Instant {}
    impl SqlOrd for Day {}
}

/// The type's columns on `MultiBackend`: it forwards to whichever engine is live.
macro_rules! multi_type {
    ($($sql:ty),+) => {$(
        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                MultiBackend::lookup_sql_type::<$sql>(lookup)
            }
        }
    )+};
}
multi_type!(sql::Uid, sql::Instant, sql::Day);

/// Reads and writes `$ty` as `$sql` on whichever engine is live.
#[doc(hidden)]
#[macro_export]
macro_rules! multi_column {
    ($ty:ty as $sql:ty) => {
        impl diesel::deserialize::FromSql<$sql, $crate::db::MultiBackend> for $ty {
            fn from_sql(
                v: <$crate::db::MultiBackend as diesel::backend::Backend>::RawValue<'_>,
            ) -> diesel::deserialize::Result<Self> {
                v.from_sql::<$ty, $sql>()
            }
        }
        impl diesel::serialize::ToSql<$sql, $crate::db::MultiBackend> for $ty {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, $crate::db::MultiBackend>,
            ) -> diesel::serialize::Result {
                out.set_value((<$sql>::default(), self));
                Ok(diesel::serialize::IsNull::No)
            }
        }
    };
}

/// A key that a client made: a UUIDv7, so that what it makes stands in order of time, and what is sent again is known.
/// Every `id_type!` can be made from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientId(Uuid);

impl ClientId {
    /// Of a UUID of version 7; nothing of any other.
    pub fn of(id: Uuid) -> Option<Self> {
        (id.get_version_num() == 7).then_some(Self(id))
    }
}

impl From<ClientId> for Uuid {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

/// A database key of one kind of record: a UUIDv7, so that keys made later sort later.
///
/// `id_type! { /// A patient. PatientId }`
#[macro_export]
macro_rules! id_type {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize,
            serde::Deserialize, diesel::expression::AsExpression,
            diesel::deserialize::FromSqlRow, utoipa::ToSchema,
        )]
        #[diesel(sql_type = $crate::db::sql::Uid)]
        #[serde(transparent)]
        #[schema(value_type = uuid::Uuid)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A new key, later than every key made before it by this process.
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
        impl From<$crate::db::ClientId> for $name {
            fn from(id: $crate::db::ClientId) -> Self {
                Self(id.into())
            }
        }
        impl From<$name> for $crate::db::columns::Part {
            fn from(id: $name) -> Self {
                Self::Uid(id.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                uuid::Uuid::try_parse(s).map(Self)
            }
        }
        $crate::multi_column!($name as $crate::db::sql::Uid);
        impl diesel::serialize::ToSql<$crate::db::sql::Uid, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<diesel::sql_types::Uuid, diesel::pg::Pg>::to_sql(
                    &self.0,
                    &mut out.reborrow(),
                )
            }
        }
        impl diesel::deserialize::FromSql<$crate::db::sql::Uid, diesel::pg::Pg> for $name {
            fn from_sql(v: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                <uuid::Uuid as diesel::deserialize::FromSql<
                    diesel::sql_types::Uuid,
                    diesel::pg::Pg,
                >>::from_sql(v)
                .map(Self)
            }
        }
        impl diesel::serialize::ToSql<$crate::db::sql::Uid, diesel::sqlite::Sqlite> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::sqlite::Sqlite>,
            ) -> diesel::serialize::Result {
                out.set_value(&self.0.as_bytes()[..]);
                Ok(diesel::serialize::IsNull::No)
            }
        }
        impl diesel::deserialize::FromSql<$crate::db::sql::Uid, diesel::sqlite::Sqlite> for $name {
            fn from_sql(
                v: diesel::sqlite::SqliteValue<'_, '_, '_>,
            ) -> diesel::deserialize::Result<Self> {
                $crate::db::uuid_from_sqlite(v).map(Self)
            }
        }
    };
}

/// An enum whose variants are words: in the database, in JSON and in Fluent keys the same word.
///
/// `words! { /// Why. pub enum Why { /// Because. Because = "because" } }`
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $( $(#[$vmeta:meta])* $variant:ident = $word:literal ),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize,
            serde::Deserialize, diesel::expression::AsExpression,
            diesel::deserialize::FromSqlRow, utoipa::ToSchema,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum $name { $( $(#[$vmeta])* #[serde(rename = $word)] #[schema(rename = $word)] $variant ),+ }

        impl $name {
            /// Every variant, in the order written.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word of this variant.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::db::UnknownWord;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                match s {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::db::UnknownWord { kind: stringify!($name), word: s.to_owned() }),
                }
            }
        }
        $crate::text_column!($name);
    };
}

/// A type with `as_str(&self)` and `FromStr` that is stored as text.
#[macro_export]
macro_rules! text_column {
    ($ty:ty) => {
        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB>
            for $ty
        where
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(v: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = <String as diesel::deserialize::FromSql<
                                                                            diesel::sql_types::Text,
                                                                            DB,
                                                                        >>::from_sql(v)?;
                text.parse::<$ty>().map_err(Into::into)
            }
        }
        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Text, DB>
            for $ty
        where
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, DB>,
            ) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, DB>>::to_sql(
                    self.as_str(),
                    out,
                )
            }
        }
    };
}

/// A word that is none of an enum's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a {kind}")]
pub struct UnknownWord {
    /// Rust's name of the enum.
    pub kind: &'static str,
    /// What was read.
    pub word: String,
}

#[doc(hidden)]
pub fn uuid_from_sqlite(v: SqliteValue<'_, '_, '_>) -> deserialize::Result<Uuid> {
    let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(v)?;
    Ok(Uuid::from_slice(&bytes)?)
}

/// A point in time, UTC, cut to whole microseconds: PostgreSQL keeps no finer, and a value must
/// be the same on both engines after a round trip.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    AsExpression,
    FromSqlRow,
    utoipa::ToSchema,
)]
#[diesel(sql_type = sql::Instant)]
#[schema(value_type = String, format = DateTime)]
pub struct Instant(Timestamp);

/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL starts to count.
const PG_EPOCH_US: i64 = 946_684_800_000_000;
/// Days from 1970-01-01 to 2000-01-01.
const PG_EPOCH_DAYS: i32 = 10_957;

impl Instant {
    /// The instant `us` microseconds after 1970-01-01 UTC, or `None` beyond year 9999.
    pub fn from_us(us: i64) -> Option<Self> {
        Timestamp::from_microsecond(us).ok().map(Self)
    }
    /// Microseconds since 1970-01-01 UTC.
    pub fn us(self) -> i64 {
        self.0.as_microsecond()
    }
    /// Milliseconds since 1970-01-01 UTC, rounded down.
    pub fn ms(self) -> i64 {
        self.us().div_euclid(1000)
    }
    /// The library's own type, for zones and printing.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }
    /// `self` moved by whole seconds; stays at the end of time rather than overflow.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_us(self.us().saturating_add(seconds.saturating_mul(1_000_000))).unwrap_or(self)
    }
    /// Seconds from `earlier` to `self`; negative when `earlier` is later.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        (self.us() - earlier.us()) / 1_000_000
    }
}
impl From<Timestamp> for Instant {
    fn from(t: Timestamp) -> Self {
        // A `Timestamp` in range has its microseconds in range too.
        Self(Timestamp::from_microsecond(t.as_microsecond()).unwrap_or(t))
    }
}
impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.6}", self.0)
    }
}
impl std::str::FromStr for Instant {
    type Err = jiff::Error;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse::<Timestamp>().map(Self::from)
    }
}
impl Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Timestamp::deserialize(d).map(Self::from)
    }
}
multi_column!(Instant as sql::Instant);
impl ToSql<sql::Instant, Pg> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamptz, Pg>::to_sql(&PgTimestamp(self.us() - PG_EPOCH_US), &mut out.reborrow())
    }
}
impl FromSql<sql::Instant, Pg> for Instant {
    fn from_sql(v: PgValue<'_>) -> deserialize::Result<Self> {
        let PgTimestamp(us) = FromSql::<Timestamptz, Pg>::from_sql(v)?;
        Self::from_us(us.saturating_add(PG_EPOCH_US)).ok_or_else(|| "instant out of range".into())
    }
}
impl ToSql<sql::Instant, Sqlite> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.us());
        Ok(IsNull::No)
    }
}
impl FromSql<sql::Instant, Sqlite> for Instant {
    fn from_sql(v: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let us = <i64 as FromSql<BigInt, Sqlite>>::from_sql(v)?;
        Self::from_us(us).ok_or_else(|| "instant out of range".into())
    }
}

/// A day of the calendar, without a zone: a birth date, day 1 of a protocol.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    AsExpression,
    FromSqlRow,
    utoipa::ToSchema,
)]
#[diesel(sql_type = sql::Day)]
#[serde(transparent)]
#[schema(value_type = String, format = Date)]
pub struct Day(pub civil::Date);

impl Day {
    /// The day, if the calendar has it (29 February only in leap years).
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self)
    }
    /// The day `days` later; stays at the end of time rather than overflow.
    pub fn plus_days(self, days: i64) -> Self {
        let span = jiff::Span::new().try_days(days).unwrap_or_default();
        Self(self.0.saturating_add(span))
    }
    /// Days from `earlier` to `self`; negative when `earlier` is later.
    pub fn days_since(self, earlier: Self) -> i64 {
        i64::from((self.0 - earlier.0).get_days())
    }
}
impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
impl std::str::FromStr for Day {
    type Err = jiff::Error;
    /// Takes `2018-05-03` and nothing else: no times, no zones.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        civil::Date::strptime("%Y-%m-%d", s).map(Self)
    }
}
multi_column!(Day as sql::Day);
impl ToSql<sql::Day, Pg> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let unix = self.days_since(Self(civil::date(1970, 1, 1)));
        let days = i32::try_from(unix)? - PG_EPOCH_DAYS;
        ToSql::<Date, Pg>::to_sql(&PgDate(days), &mut out.reborrow())
    }
}
impl FromSql<sql::Day, Pg> for Day {
    fn from_sql(v: PgValue<'_>) -> deserialize::Result<Self> {
        let PgDate(days) = FromSql::<Date, Pg>::from_sql(v)?;
        Ok(Self(civil::date(1970, 1, 1)).plus_days(i64::from(days) + i64::from(PG_EPOCH_DAYS)))
    }
}
impl ToSql<sql::Day, Sqlite> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.to_string());
        Ok(IsNull::No)
    }
}
impl FromSql<sql::Day, Sqlite> for Day {
    fn from_sql(v: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(<String as FromSql<Text, Sqlite>>::from_sql(v)?.parse()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_cut_to_microseconds() {
        let t: Instant = "2026-03-03T17:05:00.123456789Z".parse().unwrap();
        assert_eq!(t.to_string(), "2026-03-03T17:05:00.123456Z");
        assert_eq!(Instant::from_us(t.us()), Some(t));
    }

    #[test]
    fn a_day_counts_across_leap_years() {
        let d = Day::new(2020, 2, 28).unwrap();
        assert_eq!(d.plus_days(2), Day::new(2020, 3, 1).unwrap());
        assert_eq!(Day::new(2026, 3, 1).unwrap().days_since(d), 2193);
        assert_eq!(Day::new(2018, 2, 29), None);
        assert!("2018-02-29".parse::<Day>().is_err());
        assert!("2018-02-03T10:00".parse::<Day>().is_err());
    }
}
