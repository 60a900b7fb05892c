//! Writing a row's state, and reading states.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::baseline::is_whole;
use super::state::{self, RowEventId, RowState};
use super::tables::Bound;
use crate::db::columns::Key;
use crate::db::{Conn, DbError, Instant, Staged, Touched, Tx};
use crate::on_engine;
use crate::schema::row_states;

/// Says that the program is about to change or take away a row: to be called before it does. What of the row is not
/// what was bound last was changed beside the program. That must not become true with the program's own change: it
/// enters the row's next state, and `rastro verify` tells it from then on.
///
/// # Errors
/// [`DbError`].
pub fn change(tx: &mut Tx<'_>, table: &'static str, key: impl Into<Key>) -> Result<(), DbError> {
    let key = key.into();
    if tx.has_touched(table, &key) {
        // Its own change of a moment ago is not bound yet.
        return Ok(());
    }
    let bound = Bound::named(table)?;
    let Some(cells) = bound.table.locked_row(tx, &key)? else { return Ok(()) };
    let beside = match last(tx, table, &key.to_string())? {
        Some(last) => last.unlike(&bound, &cells),
        None if is_whole(tx, table)? => bound.table.key.to_vec(),
        // It is from before rows were bound.
        None => vec![],
    };
    if !beside.is_empty() {
        tracing::error!(table, columns = ?beside, "a row was changed beside the program");
    }
    tx.touch_found(table, key, beside);
    Ok(())
}

/// Binds the rows that a group has changed, as they are now, each once: what the log takes in. `at` is the server's
/// clock. A row that is not there any more is bound as gone.
///
/// # Errors
/// [`DbError`].
pub fn bind(conn: &mut Conn, touched: &[Touched], at: Instant) -> Result<Vec<Staged>, DbError> {
    let mut rows: BTreeMap<(&'static str, &Key), Option<&[&'static str]>> = BTreeMap::new();
    for t in touched {
        // Only the first one can have found anything.
        rows.entry((t.table, &t.key)).or_insert(t.beside.as_deref());
    }
    rows.into_iter().map(|((table, key), beside)| bind_one(conn, table, key, beside, at)).collect()
}

fn bind_one(
    conn: &mut Conn,
    table: &'static str,
    key: &Key,
    beside: Option<&[&'static str]>,
    at: Instant,
) -> Result<Staged, DbError> {
    let bound = Bound::named(table)?;
    let cells = bound.table.row(conn, key)?;
    let row_key = key.to_string();
    let last = last(conn, table, &row_key)?;
    let beside = match beside {
        Some(found) => found,
        // One was taken away beside the program before this one was added.
        None if last.as_ref().is_some_and(RowState::is_there) => bound.table.key,
        None => &[],
    };
    let mut salt = vec![0; if bound.has_digests() { 16 } else { 0 }];
    getrandom::fill(&mut salt).map_err(|e| DbError::Corrupt(format!("no random numbers: {e}")))?;
    let row = RowState {
        of_table: table.to_owned(),
        row_key,
        n: last.map_or(1, |last| last.n + 1),
        event_id: RowEventId::new(),
        recorded_at: at,
        state: state::text(&bound, cells.as_ref(), &salt, beside),
        salt,
    };
    let staged = Staged { event: row.event_id.0, at, body: row.body().to_json() };
    on_engine!(conn, |c| diesel::insert_into(row_states::table).values(row).execute(c))?;
    Ok(staged)
}

/// A row's last state.
fn last(conn: &mut Conn, table: &str, key: &str) -> Result<Option<RowState>, DbError> {
    Ok(on_engine!(conn, |c| row_states::table
        .filter(row_states::of_table.eq(table))
        .filter(row_states::row_key.eq(key))
        .order(row_states::n.desc())
        .select(RowState::as_select())
        .first(c)
        .optional())?)
}

/// The last state of each of these rows.
pub(super) fn states(
    conn: &mut Conn,
    table: &str,
    keys: &[String],
) -> Result<HashMap<String, RowState>, DbError> {
    let rows: Vec<RowState> = row_states::table
        .filter(row_states::of_table.eq(table))
        .filter(row_states::row_key.eq_any(keys))
        .order(row_states::n)
        .select(RowState::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.row_key.clone(), row)).collect())
}

/// The states of a table's rows by key and number, at most `limit`, after one.
pub(super) fn states_after(
    conn: &mut Conn,
    table: &str,
    after: (&str, i64),
    limit: i64,
) -> Result<Vec<RowState>, DbError> {
    Ok(row_states::table
        .filter(row_states::of_table.eq(table))
        .filter(
            row_states::row_key
                .gt(after.0)
                .or(row_states::row_key.eq(after.0).and(row_states::n.gt(after.1))),
        )
        .order((row_states::row_key, row_states::n))
        .limit(limit)
        .select(RowState::as_select())
        .load(conn)?)
}
