//! What rows are by the log: for whoever writes a database anew from it.

use std::collections::HashMap;

use super::baseline::WHOLE;
use super::state::RowState;
use super::store::{states, states_after};
use super::tables::Bound;
use crate::db::columns::Key;
use crate::db::{Conn, DbError};

/// States read at once.
const CHUNK: i64 = 500;

/// Goes through the last state of each row of a table that there ever was, by their keys.
pub struct LastStates {
    table: &'static str,
    after: Option<(String, i64)>,
    waits: Option<RowState>,
}

impl LastStates {
    /// From the first one on.
    pub fn of(table: &'static str) -> Self {
        Self { table, after: Some((WHOLE.to_owned(), i64::MAX)), waits: None }
    }

    /// The next ones; `None` once there are no more.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn next(&mut self, conn: &mut Conn) -> Result<Option<Vec<RowState>>, DbError> {
        let Some((key, n)) = self.after.take() else { return Ok(None) };
        let rows = states_after(conn, self.table, (&key, n), CHUNK)?;
        self.after = rows.last().map(|last| (last.row_key.clone(), last.n));
        let is_end = rows.is_empty();
        let mut found = vec![];
        for row in rows {
            let is_same = self.waits.as_ref().is_some_and(|before| before.row_key == row.row_key);
            let before = self.waits.replace(row);
            found.extend(before.filter(|_| !is_same));
        }
        if is_end {
            found.extend(self.waits.take());
        }
        Ok(Some(found))
    }
}

impl RowState {
    /// The row's key; of one that is there by this state.
    ///
    /// # Errors
    /// [`DbError::Corrupt`]: the state names none.
    pub fn key(&self, bound: &Bound) -> Result<Key, DbError> {
        let said = self.members().unwrap_or_default();
        bound.table.key_with(|name| said.get(name)?.as_deref())
    }
}

/// The last states of these rows, of those that have one, by their keys as texts.
///
/// # Errors
/// [`DbError`].
pub fn last_states(
    conn: &mut Conn,
    table: &str,
    keys: &[Key],
) -> Result<HashMap<String, RowState>, DbError> {
    let texts: Vec<String> = keys.iter().map(ToString::to_string).collect();
    states(conn, table, &texts)
}
