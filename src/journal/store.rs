//! Writing a row's state, and reading states.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;

use super::state::{self, RowEventId, RowState};
use super::tables::Bound;
use crate::db::columns::Key;
use crate::db::{Conn, DbError, Instant, Staged, Touched};
use crate::on_engine;
use crate::schema::row_states;

/// Binds the rows that a group has changed, as they are now, each once: what the log takes in. `at` is the server's
/// clock. A row that is not there any more is bound as gone.
///
/// # Errors
/// [`DbError`].
pub fn bind(conn: &mut Conn, touched: &[Touched], at: Instant) -> Result<Vec<Staged>, DbError> {
    let mut rows: BTreeMap<(&'static str, &Key), Option<BTreeSet<&str>>> = BTreeMap::new();
    for t in touched {
        let said = t.columns.map(|columns| columns.iter().copied().collect());
        rows.entry((t.table, &t.key))
            .and_modify(|all| *all = both(all.take(), said.clone()))
            .or_insert(said);
    }
    rows.into_iter().map(|((table, key), said)| bind_one(conn, (table, key), said, at)).collect()
}

/// The columns of two changes; all of them where one was of the whole row.
fn both<'a>(
    one: Option<BTreeSet<&'a str>>,
    other: Option<BTreeSet<&'a str>>,
) -> Option<BTreeSet<&'a str>> {
    Some(one?.union(&other?).copied().collect())
}

fn bind_one(
    conn: &mut Conn,
    (table, key): (&'static str, &Key),
    said: Option<BTreeSet<&str>>,
    at: Instant,
) -> Result<Staged, DbError> {
    let bound = Bound::named(table)?;
    let cells = bound.table.row(conn, key)?;
    let row_key = key.to_string();
    let last = last(conn, table, &row_key)?;
    let beside = match (&last, &cells, said) {
        (Some(last), Some(cells), Some(said)) => last.beside(&bound, cells, &said),
        _ => vec![],
    };
    if !beside.is_empty() {
        tracing::error!(table, columns = ?beside, "a row was changed beside the program");
    }
    let mut salt = vec![0; if bound.has_digests() { 16 } else { 0 }];
    getrandom::fill(&mut salt).map_err(|e| DbError::Corrupt(format!("no random numbers: {e}")))?;
    let row = RowState {
        of_table: table.to_owned(),
        row_key,
        n: last.map_or(1, |last| last.n + 1),
        event_id: RowEventId::new(),
        recorded_at: at,
        state: state::text(&bound, cells.as_ref(), &salt, &beside),
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
