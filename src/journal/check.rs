//! Holding every bound row against its last state.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::baseline::{WHOLE, whole};
use super::state::RowState;
use super::store::{states, states_after};
use super::tables::Bound;
use super::waits::{Waited, all_waiting, waiting};
use crate::db::columns::Key;
use crate::db::{Conn, DbError, Instant};

/// Rows at a time.
const CHUNK: u32 = 500;

/// A row that is not what the log says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Differs {
    /// A column holds something else.
    #[error("{table}.{column} of {key} is not what was written")]
    Column {
        /// The table it stands in.
        table: &'static str,
        /// The row's key; of several parts, with `/` between.
        key: String,
        /// The first column that differs.
        column: &'static str,
    },
    /// The program did not write it.
    #[error("{table} {key} was not written by the program")]
    Unknown {
        /// The table it stands in.
        table: &'static str,
        /// The row's key; of several parts, with `/` between.
        key: String,
    },
    /// Somebody changed it beside the program, and the program changed it afterwards.
    #[error("{table} {key} was changed beside the program before {at}: {columns}")]
    Beside {
        /// The table it stands in.
        table: &'static str,
        /// The row's key; of several parts, with `/` between.
        key: String,
        /// The columns that were changed, as the log names them.
        columns: String,
        /// When the program met it.
        at: Instant,
    },
    /// It was taken away.
    #[error("{table} {key} is missing")]
    Missing {
        /// The table it stood in.
        table: &'static str,
        /// The row's key; of several parts, with `/` between.
        key: String,
    },
}

/// What was found of the bound rows.
#[derive(Debug, Default)]
pub struct Held {
    /// The first row of each table that differs.
    pub wrong: Vec<Differs>,
    /// The tables that no server has bound yet.
    pub unbound: Vec<&'static str>,
    /// The rows that were written while the log took nothing in.
    pub waited: Vec<Waited>,
}

/// The tables that no server has bound yet.
///
/// # Errors
/// [`DbError`].
pub fn unbound(conn: &mut Conn) -> Result<Vec<&'static str>, DbError> {
    let whole = whole(conn)?;
    let all = Bound::all()?.into_iter().map(|bound| bound.table.name);
    Ok(all.filter(|table| !whole.contains(*table)).collect())
}

/// Holds every bound row against its last state.
///
/// # Errors
/// [`DbError`].
pub fn differing(conn: &mut Conn) -> Result<Held, DbError> {
    let mut held = Held::default();
    let whole = whole(conn)?;
    for bound in Bound::all()? {
        if !whole.contains(bound.table.name) {
            held.unbound.push(bound.table.name);
        } else if !bound.is_opening {
            let (wrong, waited) = first(conn, &bound)?;
            held.wrong.extend(wrong);
            held.waited.extend(waited);
        }
    }
    Ok(held)
}

/// What the rows with these keys were when their table was bound, by their columns; of those that there were.
///
/// # Errors
/// [`DbError`].
pub fn opening(
    conn: &mut Conn,
    table: &str,
    keys: &[Key],
) -> Result<HashMap<Key, BTreeMap<String, Option<String>>>, DbError> {
    let texts: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let mut states = states(conn, table, &texts)?;
    let read = |(key, text): (&Key, &String)| {
        let state = states.remove(text)?;
        Some((key.clone(), serde_json::from_str(&state.state).ok()?))
    };
    Ok(keys.iter().zip(&texts).filter_map(read).collect())
}

/// What was found of one table.
type Found = (Option<Differs>, Option<Waited>);

/// The first row of a table that differs.
fn first(conn: &mut Conn, bound: &Bound) -> Result<Found, DbError> {
    let table = bound.table.name;
    let (mut after, mut seen) = (None, 0_u64);
    loop {
        let rows = bound.table.rows_after(conn, after.as_ref(), CHUNK)?;
        let keys: Vec<Key> =
            rows.iter().map(|cells| bound.table.key_of(cells)).collect::<Result<_, _>>()?;
        let texts: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let states = states(conn, table, &texts)?;
        let none = texts.iter().filter(|text| !states.contains_key(*text)).cloned();
        let waiting = waiting(conn, bound, &none.collect::<Vec<_>>())?;
        for (cells, key) in rows.iter().zip(texts) {
            if waiting.contains(&key) {
                continue;
            }
            let Some(state) = states.get(&key) else {
                return Ok((Some(Differs::Unknown { table, key }), None));
            };
            if let Some(column) = state.unlike(bound, cells).first() {
                return Ok((Some(Differs::Column { table, key, column }), None));
            }
            seen += 1;
        }
        match keys.into_iter().last() {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    missing(conn, bound, seen)
}

/// A row that has a state, and is not there. Every row that was seen has a state that says so: as many are enough.
fn missing(conn: &mut Conn, bound: &Bound, seen: u64) -> Result<Found, DbError> {
    let table = bound.table.name;
    let (mut living, mut beside, mut waited) = (0_u64, None, None);
    each_last(
        conn,
        table,
        |_, is_there| living += u64::from(is_there),
        |state| {
            let found = |columns| {
                let (key, at) = (state.row_key.clone(), state.recorded_at);
                Differs::Beside { table, key, columns, at }
            };
            beside = beside.take().or_else(|| state.found_beside().map(found));
            if let Some(since) = state.waited() {
                let known = Waited::with(waited.take(), table, since);
                waited = Some(Waited { bound: known.bound + 1, ..known });
            }
        },
    )?;
    let mut wrong: Option<Differs> = beside;
    if bound.may_wait() {
        let (all, gone) = all_waiting(conn, bound.table, waited)?;
        (waited, wrong) = (all, wrong.or(gone));
    }
    if wrong.is_none() && living != seen {
        wrong = gone(conn, bound)?;
    }
    Ok((wrong, waited))
}

/// The first row of a table that is there by its last state, and is not.
fn gone(conn: &mut Conn, bound: &Bound) -> Result<Option<Differs>, DbError> {
    let table = bound.table.name;
    let (mut there, mut after) = (HashSet::new(), None);
    loop {
        let rows = bound.table.rows_after(conn, after.as_ref(), CHUNK)?;
        let Some(last) = rows.last() else { break };
        after = Some(bound.table.key_of(last)?);
        for cells in &rows {
            there.insert(bound.table.key_of(cells)?.to_string());
        }
    }
    let mut found = None;
    each_last(
        conn,
        table,
        |key, is_there| {
            if found.is_none() && is_there && !there.contains(key) {
                found = Some(Differs::Missing { table, key: key.to_owned() });
            }
        },
        |_| (),
    )?;
    Ok(found)
}

/// Goes through the last state of each row of a table: its key, and whether the row is there by it; and through every
/// state.
fn each_last(
    conn: &mut Conn,
    table: &str,
    mut each: impl FnMut(&str, bool),
    mut every: impl FnMut(&RowState),
) -> Result<(), DbError> {
    let mut after = (WHOLE.to_owned(), i64::MAX);
    let mut waits: Option<(String, bool)> = None;
    loop {
        let rows = states_after(conn, table, (&after.0, after.1), i64::from(CHUNK))?;
        let Some(last) = rows.last() else { break };
        after = (last.row_key.clone(), last.n);
        for row in rows {
            every(&row);
            let is_there = row.is_there();
            if let Some((key, there)) = waits.replace((row.row_key, is_there))
                && waits.as_ref().is_some_and(|(now, _)| *now != key)
            {
                each(&key, there);
            }
        }
    }
    if let Some((key, there)) = waits {
        each(&key, there);
    }
    Ok(())
}
