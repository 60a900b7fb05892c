//! The rows of a list, though one of them can't be read: a row that was restored or put in by hand
//! may hold a word, a code or a key that its type can't be. It is told by its key, and the list goes
//! on.

use std::cmp::Reverse;

use diesel::connection::DefaultLoadingMode;
use diesel::helper_types::{AsSelect, Select};
use diesel::prelude::*;
use diesel::query_builder::QueryId;
use diesel::query_dsl::methods::{LoadQuery, SelectDsl};
use diesel::result::{DeserializeFieldError, Error};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::conn::MultiBackend;
use super::{Below, Conn, DbError, Limit, Page, Reading};

/// What is known of a row that can't be read. What stands in it is told to nobody: it may be a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unreadable {
    /// The table it stands in, by its name in the database.
    pub table: String,
    /// The row's key; `null` where that is what can't be read.
    pub id: Option<String>,
    /// The column that holds what it can't; empty where the engine did not say.
    pub column: String,
}

impl Unreadable {
    /// What is known of the row with key `id` of `table`, if `e` is that it can't be read.
    pub fn of(e: &DbError, table: &'static str, id: &impl std::fmt::Display) -> Option<Self> {
        let column = match e {
            DbError::Query(e) => column(e)?,
            DbError::Corrupt(_) => String::new(),
            _ => return None,
        };
        Some(Self::new(table, id, &column))
    }

    /// The row with key `id` of `table` holds what it can't in `column`; the log is told.
    pub fn new(table: &'static str, id: &impl std::fmt::Display, column: &str) -> Self {
        let why =
            Self { table: table.to_owned(), id: Some(id.to_string()), column: column.to_owned() };
        tracing::error!(unreadable = %why, "a row can't be read");
        why
    }
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = self.id.as_deref().unwrap_or("?");
        write!(f, "{} {id}: {}", self.table, self.column)
    }
}

/// The column that an error of a statement blames, if it is that a row can't be read.
pub(super) fn column(e: &Error) -> Option<String> {
    let Error::DeserializationError(why) = e else { return None };
    let of = why.downcast_ref::<DeserializeFieldError>();
    Some(of.and_then(|e| e.field_name.clone()).unwrap_or_default())
}

/// A row of a list.
#[derive(Debug, Clone)]
pub enum Kept<T, K> {
    /// One that was read.
    Row(T),
    /// One that can't be, with its key where that can.
    Unreadable(Option<K>, Unreadable),
}

impl<T, K> Kept<T, K> {
    /// The key; `of` says a row's.
    pub fn key(&self, of: impl FnOnce(&T) -> K) -> Option<K>
    where
        K: Clone,
    {
        match self {
            Self::Row(row) => Some(of(row)),
            Self::Unreadable(key, _) => key.clone(),
        }
    }

    /// The rows that were read, and what is known of the others.
    pub fn apart(rows: Vec<Self>) -> (Vec<T>, Vec<Unreadable>) {
        let (mut read, mut unreadable) = (Vec::with_capacity(rows.len()), vec![]);
        for row in rows {
            match row {
                Self::Row(row) => read.push(row),
                Self::Unreadable(_, why) => unreadable.push(why),
            }
        }
        (read, unreadable)
    }

    /// The last row of a page that is full, the one that probes for the next: of what else belongs to
    /// the list only newer rows can be on the page.
    pub fn floor(rows: &[Self], limit: Limit, key: impl Fn(&T) -> K) -> Option<K>
    where
        K: Clone,
    {
        rows.get(limit.rows()).and_then(|row| row.key(key))
    }

    /// Puts `more` among `rows`, both newest first by `key`, each row once.
    pub fn mix(rows: &mut Vec<Self>, more: Vec<Self>, key: impl Fn(&T) -> K)
    where
        K: Ord + Clone,
    {
        if more.is_empty() {
            return;
        }
        if rows.is_empty() {
            *rows = more;
            return;
        }
        rows.extend(more);
        rows.sort_by_key(|row| Reverse(row.key(&key)));
        rows.dedup_by(|a, b| a.key(&key).is_some_and(|a| Some(a) == b.key(&key)));
    }
}

/// Loads the rows of `query`, which must say their order; `of` is their table and the column of their
/// keys. Only where a row can't be read are the keys asked for, by the same query: a list that is
/// whole costs nothing more.
///
/// # Errors
/// When the statement fails; never because of what stands in a row.
pub fn load<'q, T, K, C, Q>(
    conn: &mut Conn,
    of: (&'static str, C),
    query: impl Fn() -> Q,
) -> Result<Vec<Kept<T, K>>, DbError>
where
    T: Selectable<MultiBackend>,
    T::SelectExpression: QueryId,
    K: std::fmt::Display,
    C: Expression,
    Q: SelectDsl<AsSelect<T, MultiBackend>> + SelectDsl<C>,
    Select<Q, AsSelect<T, MultiBackend>>: LoadQuery<'q, Conn, T>,
    Select<Q, C>: LoadQuery<'q, Conn, K>,
{
    let (table, key) = of;
    let read = each(conn, query().select(T::as_select()))?;
    if read.iter().all(Result::is_ok) {
        return Ok(read.into_iter().flatten().map(Kept::Row).collect());
    }
    let keys = each(conn, query().select(key))?;
    let kept = read.into_iter().zip(keys).map(|(row, key)| match row {
        Ok(row) => Kept::Row(row),
        Err(column) => unreadable(table, key.ok(), column),
    });
    Ok(kept.collect())
}

/// Loads the rows of a page and the one that probes for the next, out of many whose keys alone are
/// loaded first, as [`load`] does. Keys that can't be read stay among the rows.
///
/// # Errors
/// As [`load`].
pub fn newest_of<'q, T, K, C, Q>(
    conn: &mut Conn,
    of: (&'static str, C),
    limit: Limit,
    keys: impl LoadQuery<'q, Conn, K>,
    query: impl Fn(Vec<K>) -> Q,
) -> Result<Vec<Kept<T, K>>, DbError>
where
    T: Selectable<MultiBackend>,
    T::SelectExpression: QueryId,
    K: std::fmt::Display + Ord + Clone,
    C: Expression,
    Q: SelectDsl<AsSelect<T, MultiBackend>> + SelectDsl<C>,
    Select<Q, AsSelect<T, MultiBackend>>: LoadQuery<'q, Conn, T>,
    Select<Q, C>: LoadQuery<'q, Conn, K>,
{
    let (mut all, mut broken) = (vec![], vec![]);
    for key in each(conn, keys)? {
        match key {
            Ok(key) => all.push(key),
            Err(column) => broken.push(unreadable(of.0, None, column)),
        }
    }
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.truncate(limit.rows() + 1);
    let mut rows = load(conn, of, || query(all.clone()))?;
    rows.append(&mut broken);
    Ok(rows)
}

/// What `read` says of everything at once. Where a row keeps it from that, what it says of each of
/// `ids` by itself, and which of them it can't: for what is decided by several rows together, so
/// that half of them must never stand for the whole. `of` is where an `id` belongs.
///
/// # Errors
/// When a statement fails; never because of what stands in a row.
pub fn each_by_itself<T, E: Below>(
    conn: &mut Reading,
    (of, ids): (&'static str, &[String]),
    read: impl Fn(&mut Reading, Option<&str>) -> Result<Vec<T>, E>,
) -> Result<Page<T>, E> {
    let broken = |e: &E, id: &str| e.below().and_then(|e| Unreadable::of(e, of, &id));
    match read(conn, None) {
        Err(e) if broken(&e, "*").is_some() => {}
        Err(e) => return Err(e),
        Ok(items) => return Ok(Page { items, ..Page::default() }),
    }
    let mut page = Page::default();
    for id in ids {
        match read(conn, Some(id)) {
            Ok(items) => page.items.extend(items),
            Err(e) => page.unreadable.push(broken(&e, id).ok_or(e)?),
        }
    }
    Ok(page)
}

/// Each row, or the column that makes it unreadable.
fn each<'q, T>(
    conn: &mut Conn,
    query: impl LoadQuery<'q, Conn, T>,
) -> Result<Vec<Result<T, String>>, DbError> {
    let rows = query.load_iter::<T, DefaultLoadingMode>(conn)?;
    let read = rows.map(|row| match row {
        Ok(row) => Ok(Ok(row)),
        Err(e) => match column(&e) {
            Some(column) => Ok(Err(column)),
            None => Err(e.into()),
        },
    });
    read.collect()
}

fn unreadable<T, K: std::fmt::Display>(
    table: &'static str,
    key: Option<K>,
    column: String,
) -> Kept<T, K> {
    let id = key.as_ref().map(ToString::to_string);
    let why = Unreadable { table: table.to_owned(), id, column };
    tracing::error!(unreadable = %why, "a row can't be read");
    Kept::Unreadable(key, why)
}
