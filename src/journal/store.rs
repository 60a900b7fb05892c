//! Writing a row's state, and reading states.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::baseline::is_whole;
use super::state::{self, RowEventId, RowState};
use super::tables::Bound;
use crate::db::columns::{Cells, Key};
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
    tx.touch_as(Touched { table, key, beside: Some(beside), waited: None });
    Ok(())
}

/// Rows bound by one statement.
const CHUNK: usize = 200;

/// Binds the rows that a group has changed, as they are now, each once: what the log takes in. `at` is the server's
/// clock. A row that is not there any more is bound as gone.
///
/// # Errors
/// [`DbError`].
pub fn bind(conn: &mut Conn, touched: &[Touched], at: Instant) -> Result<Vec<Staged>, DbError> {
    let mut tables: BTreeMap<&'static str, BTreeMap<&Key, &Touched>> = BTreeMap::new();
    for t in touched {
        // Only the first one can have found anything.
        tables.entry(t.table).or_default().entry(&t.key).or_insert(t);
    }
    let mut staged = vec![];
    for (table, rows) in tables {
        let (bound, rows) = (Bound::named(table)?, rows.into_values().collect::<Vec<_>>());
        for some in rows.chunks(CHUNK) {
            staged.extend(bind_some(conn, &bound, some, at)?);
        }
    }
    Ok(staged)
}

/// Rows of one table: what they are and what they were is read at once, however many there are.
fn bind_some(
    conn: &mut Conn,
    bound: &Bound,
    touched: &[&Touched],
    at: Instant,
) -> Result<Vec<Staged>, DbError> {
    let table = bound.table;
    let keys: Vec<Key> = touched.iter().map(|t| t.key.clone()).collect();
    let texts: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let mut before = states(conn, table.name, &texts)?;
    let mut now: HashMap<Key, Cells> = HashMap::new();
    for cells in table.rows_of(conn, &keys)? {
        now.insert(table.key_of(&cells)?, cells);
    }
    let rows = touched.iter().zip(texts).map(|(t, row_key)| {
        let last = before.remove(&row_key);
        next(bound, t, row_key, now.get(&t.key), last.as_ref(), at)
    });
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let stage = |row: &RowState| Staged { event: row.event_id.0, at, body: row.body().to_json() };
    let staged = rows.iter().map(stage).collect();
    insert(conn, rows)?;
    Ok(staged)
}

/// A row's next state.
fn next(
    bound: &Bound,
    touched: &Touched,
    row_key: String,
    cells: Option<&Cells>,
    last: Option<&RowState>,
    at: Instant,
) -> Result<RowState, DbError> {
    let beside = match &touched.beside {
        Some(found) => found,
        // One was taken away beside the program before this one was added, or while this one waited.
        None if last.is_some_and(RowState::is_there) => bound.table.key,
        None if touched.waited.is_some() && cells.is_none() => bound.table.key,
        None => &[],
    };
    let mut salt = vec![0; if bound.has_digests() { 16 } else { 0 }];
    getrandom::fill(&mut salt).map_err(|e| DbError::Corrupt(format!("no random numbers: {e}")))?;
    Ok(RowState {
        of_table: bound.table.name.to_owned(),
        row_key,
        n: last.map_or(1, |last| last.n + 1),
        event_id: RowEventId::new(),
        recorded_at: at,
        state: state::text(bound, cells, &salt, beside, touched.waited),
        salt,
    })
}

fn insert(conn: &mut Conn, rows: Vec<RowState>) -> Result<(), DbError> {
    match conn {
        // A prepared statement a row is faster than preparing one for each number of rows.
        Conn::Sqlite(c) => {
            for row in rows {
                diesel::insert_into(row_states::table).values(row).execute(c)?;
            }
        }
        Conn::Pg(c) => {
            diesel::insert_into(row_states::table).values(rows).execute(c)?;
        }
    }
    Ok(())
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
