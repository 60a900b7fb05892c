//! Rows that are written while the log takes nothing in: a database that is behind what was signed is read all the same,
//! and who read what is kept. They wait in `row_waits`. The first server that may write again binds them and says since
//! when each has waited: that none was changed meanwhile nothing shows, and `rastro verify` tells it for good.

use std::collections::HashSet;

use diesel::prelude::*;

use super::baseline::{WHOLE, take_turns};
use super::check::Differs;
use super::store::states;
use super::tables::Bound;
use crate::db::columns::{Key, Table};
use crate::db::{Conn, Db, DbError, Instant, Staged, Touched, Tx};
use crate::on_engine;
use crate::schema::row_waits;

/// Rows at a time.
const CHUNK: i64 = 500;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = row_waits)]
struct RowWait {
    of_table: String,
    row_key: String,
    since: Instant,
}

/// Rows of a table that were written while the log took nothing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited {
    /// The table they stand in.
    pub table: &'static str,
    /// How many were bound since.
    pub bound: u64,
    /// How many wait for a server that may write again.
    pub waiting: u64,
    /// When the first one was written.
    pub from: Instant,
    /// And the last one.
    pub to: Instant,
}

impl Waited {
    /// With one more of them.
    pub(super) fn with(so_far: Option<Self>, table: &'static str, since: Instant) -> Self {
        let none = Self { table, bound: 0, waiting: 0, from: since, to: since };
        let so_far = so_far.unwrap_or(none);
        Self { from: so_far.from.min(since), to: so_far.to.max(since), ..so_far }
    }
}

impl std::fmt::Display for Waited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { table, bound, waiting, from, to } = self;
        write!(
            f,
            "{} rows of {table} were written from {from} to {to}, while the log took nothing in: nothing shows that \
             they are all, and as they were then; {waiting} of them are not bound yet",
            bound + waiting
        )
    }
}

/// Whether a group may be written though the log takes nothing in: it adds rows that can wait, and nothing else.
pub fn may_wait(staged: &[Staged], touched: &[Touched]) -> bool {
    let may = |t: &Touched| {
        t.beside.is_none() && Bound::named(t.table).is_ok_and(|bound| bound.may_wait())
    };
    staged.is_empty() && touched.iter().all(may)
}

/// Writes down that rows wait since `at`.
///
/// # Errors
/// [`DbError`].
pub fn wait(conn: &mut Conn, touched: &[Touched], at: Instant) -> Result<(), DbError> {
    for t in touched {
        let row = RowWait { of_table: t.table.to_owned(), row_key: t.key.to_string(), since: at };
        on_engine!(conn, |c| diesel::insert_into(row_waits::table).values(row).execute(c))?;
    }
    Ok(())
}

/// Binds the rows that have waited: at the start of a server that may write.
pub(super) async fn bind_waiting(db: &Db) -> Result<(), DbError> {
    let (mut after, mut bound) = (Some((WHOLE.to_owned(), WHOLE.to_owned())), 0);
    while let Some(from) = after {
        let (next, some) = db.write(move |tx| bind_some(tx, &from)).await?;
        (after, bound) = (next, bound + some);
    }
    if bound > 0 {
        tracing::warn!(
            rows = bound,
            "rows that were written while the log took nothing in are bound"
        );
    }
    Ok(())
}

type Place = (String, String);

fn bind_some(tx: &mut Tx<'_>, after: &Place) -> Result<(Option<Place>, usize), DbError> {
    let rows = waits(tx, after)?;
    if rows.is_empty() {
        return Ok((None, 0));
    }
    take_turns(tx)?;
    let mut bound = 0;
    for row in &rows {
        let table = Bound::named(&row.of_table)?.table;
        if states(tx, table.name, std::slice::from_ref(&row.row_key))?.is_empty() {
            let key = table.key_named(&row.row_key)?;
            tx.touch_as(Touched { table: table.name, key, beside: None, waited: Some(row.since) });
            bound += 1;
        }
    }
    Ok((rows.last().map(|row| (row.of_table.clone(), row.row_key.clone())), bound))
}

fn waits(conn: &mut Conn, after: &Place) -> Result<Vec<RowWait>, DbError> {
    let next_table = row_waits::of_table.gt(after.0.clone());
    let same = row_waits::of_table.eq(after.0.clone());
    Ok(row_waits::table
        .filter(next_table.or(same.and(row_waits::row_key.gt(after.1.clone()))))
        .order((row_waits::of_table, row_waits::row_key))
        .limit(CHUNK)
        .select(RowWait::as_select())
        .load(conn)?)
}

/// Which of these rows of a table are known to wait, or to have waited, by their keys as texts.
///
/// # Errors
/// [`DbError`].
pub fn waits_for(conn: &mut Conn, bound: &Bound, keys: &[Key]) -> Result<HashSet<String>, DbError> {
    waiting(conn, bound, &keys.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// Which of these rows wait.
pub(super) fn waiting(
    conn: &mut Conn,
    bound: &Bound,
    keys: &[String],
) -> Result<HashSet<String>, DbError> {
    if keys.is_empty() || !bound.may_wait() {
        return Ok(HashSet::new());
    }
    let found: Vec<String> = row_waits::table
        .filter(row_waits::of_table.eq(bound.table.name))
        .filter(row_waits::row_key.eq_any(keys))
        .select(row_waits::row_key)
        .load(conn)?;
    Ok(found.into_iter().collect())
}

/// The rows of a table that wait and have no state yet, with what is known of those that have one; and one that waits
/// and is not there.
pub(super) fn all_waiting(
    conn: &mut Conn,
    table: &'static Table,
    mut waited: Option<Waited>,
) -> Result<(Option<Waited>, Option<Differs>), DbError> {
    let (mut after, mut missing) = ((table.name.to_owned(), WHOLE.to_owned()), None);
    loop {
        let rows = waits(conn, &after)?;
        let rows: Vec<RowWait> = rows.into_iter().filter(|r| r.of_table == table.name).collect();
        let Some(last) = rows.last() else { return Ok((waited, missing)) };
        after.1 = last.row_key.clone();
        let texts: Vec<String> = rows.iter().map(|row| row.row_key.clone()).collect();
        let bound = states(conn, table.name, &texts)?;
        for row in rows.into_iter().filter(|row| !bound.contains_key(&row.row_key)) {
            let key = table.key_named(&row.row_key)?;
            if table.row(conn, &key)?.is_none() {
                let key = row.row_key;
                missing.get_or_insert(Differs::Missing { table: table.name, key });
                continue;
            }
            let known = Waited::with(waited.take(), table.name, row.since);
            waited = Some(Waited { waiting: known.waiting + 1, ..known });
        }
    }
}
