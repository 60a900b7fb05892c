//! Each table of the new database: its rows as the log says them.

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::max;
use diesel::prelude::*;

use super::super::say;
use crate::containers::ContainerId;
use crate::custody::fold::State;
use crate::custody::unlike::{LEFT_OUT, folded};
use crate::db::columns::{Cells, Key, Kind, Table};
use crate::db::{Conn, DbError, Guards};
use crate::journal::tables::{Bound, Fate, TABLES};
use crate::journal::{LastStates, RowState, last_states, waits_for};
use crate::schema::label_prints;

/// Rows read and written at once.
const CHUNK: u32 = 500;

/// Tables that begin empty: whoever was signed in, by whatever row, signs in again.
const ENDS: [&str; 2] = ["sessions", "kept_forms"];

/// What was found on the way.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What stands in the new database as the log says it, and stood there otherwise or not at all.
    pub(super) mended: Vec<String>,
    /// What the log does not know: it was left out.
    pub(super) left_out: Vec<String>,
    /// What the log has only by a digest, and nobody has here.
    pub(super) lacks: Vec<String>,
}

/// From where to where rows are written.
pub(super) struct Work<'a> {
    /// The database whose rows are doubted.
    pub(super) source: &'a mut Conn,
    /// Others that may have what that one has not.
    pub(super) also: &'a mut [Conn],
    /// The new one.
    pub(super) target: &'a mut Conn,
    /// What of it is out of the way.
    pub(super) guards: &'a Guards,
    found: Found,
    /// Ids of the rows that were left out.
    unknown: BTreeSet<String>,
    written: u64,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        source: &'a mut Conn,
        also: &'a mut [Conn],
        target: &'a mut Conn,
        guards: &'a Guards,
    ) -> Self {
        let (found, unknown) = (Found::default(), BTreeSet::new());
        Self { source, also, target, guards, found, unknown, written: 0 }
    }

    /// Writes every table.
    pub(super) fn all(mut self) -> Result<Found, DbError> {
        // What the log knows comes first: what it does not bind may name what was left out of that.
        let is_unbound = |fate: &Fate| matches!(fate, Fate::LeftOut(_));
        let (unbound, bound): (Vec<_>, Vec<_>) = TABLES.iter().partition(|t| is_unbound(&t.1));
        for (name, fate) in bound.into_iter().chain(unbound) {
            let table = Table::named(name)?;
            self.written = 0;
            self.guards.empty(self.target, table)?;
            match fate {
                Fate::Bound(..) => self.bound(&Bound::named(name)?)?,
                Fate::Opening => self.containers(table)?,
                Fate::LeftOut(_) if ENDS.contains(&table.name) => {}
                Fate::Event | Fate::LeftOut(_) => self.copied(table)?,
            }
            if self.written > 0 {
                say(format!("{name}: {} rows", self.written));
            }
        }
        Ok(self.found)
    }

    fn write(&mut self, table: &Table, rows: &[Cells]) -> Result<(), DbError> {
        self.written += rows.len() as u64;
        self.guards.insert(self.target, table, rows)
    }

    /// A table whose rows' states are in the log.
    fn bound(&mut self, bound: &Bound) -> Result<(), DbError> {
        let mut states = LastStates::of(bound.table.name);
        while let Some(some) = states.next(self.source)? {
            let some: Vec<RowState> = some.into_iter().filter(RowState::is_there).collect();
            self.as_said(bound, &some)?;
        }
        self.unsaid(bound)
    }

    /// Writes rows as their last states say them.
    fn as_said(&mut self, bound: &Bound, states: &[RowState]) -> Result<(), DbError> {
        let table = bound.table;
        let keys: Vec<Key> = states.iter().map(|s| s.key(bound)).collect::<Result<_, _>>()?;
        let mut found = vec![rows_of(self.source, table, &keys)?];
        for other in self.also.iter_mut() {
            found.push(rows_of(other, table, &keys)?);
        }
        let mut rows = vec![];
        for (state, key) in states.iter().zip(&keys) {
            let here: Vec<&Cells> = found.iter().filter_map(|rows| rows.get(key)).collect();
            match state.written(bound, &here) {
                Ok(row) => {
                    self.compare(table, key, found[0].get(key), &row);
                    rows.push(row);
                }
                Err(columns) => self.lacks(table, key, &columns),
            }
        }
        self.write(table, &rows)
    }

    /// Tells what is otherwise in the new database than it stood.
    fn compare(&mut self, table: &Table, key: &Key, was: Option<&Cells>, is: &Cells) {
        let name = table.name;
        let Some(was) = was else {
            return self.found.mended.push(format!("{name} {key} was missing"));
        };
        for ((column, was), is) in table.columns.iter().zip(was).zip(is) {
            if was != is {
                let column = column.name;
                self.found.mended.push(format!("{name}.{column} of {key} was something else"));
            }
        }
    }

    fn lacks(&mut self, table: &Table, key: &Key, columns: &[&str]) {
        let name = table.name;
        let each = columns.iter().map(|column| format!("{name}.{column} of {key}"));
        self.found.lacks.extend(each);
    }

    /// Rows that the log does not know: those that wait to be bound are taken as they are, the others were put in
    /// beside the program.
    fn unsaid(&mut self, bound: &Bound) -> Result<(), DbError> {
        let (table, mut after) = (bound.table, None);
        loop {
            let rows = table.rows_after(self.source, after.as_ref(), CHUNK)?;
            let keys = keys_of(table, &rows)?;
            let Some(last) = keys.last() else { return Ok(()) };
            let states = last_states(self.source, table.name, &keys)?;
            let waiting = waits_for(self.source, bound, &keys)?;
            let mut taken = vec![];
            for (row, key) in rows.into_iter().zip(&keys) {
                match states.get(&key.to_string()) {
                    Some(state) if state.is_there() => {}
                    None if waiting.contains(&key.to_string()) => taken.push(row),
                    _ => self.leave_out(table, key),
                }
            }
            self.write(table, &taken)?;
            after = Some(last.clone());
        }
    }

    fn leave_out(&mut self, table: &Table, key: &Key) {
        self.found.left_out.push(format!("{} {key}", table.name));
        if let [id] = &key.0[..] {
            self.unknown.insert(id.to_string());
        }
    }

    /// Containers are what their events say.
    fn containers(&mut self, table: &'static Table) -> Result<(), DbError> {
        let mut after: Option<ContainerId> = None;
        loop {
            let some = folded(self.source, after, CHUNK.into())?;
            let Some((last, _)) = some.last() else { break };
            after = Some(*last);
            let keys: Vec<Key> = some.iter().map(|(id, _)| Key::from(*id)).collect();
            let here = rows_of(self.source, table, &keys)?;
            let mut rows = vec![];
            for ((id, state), key) in some.into_iter().zip(&keys) {
                let Some(state) = state else {
                    self.lacks(table, key, &["events"]);
                    continue;
                };
                let row = self.container(table, id, &state, here.get(key))?;
                self.compare(table, key, here.get(key), &row);
                rows.push(row);
            }
            self.write(table, &rows)?;
        }
        self.without_events(table)
    }

    fn container(
        &mut self,
        table: &Table,
        id: ContainerId,
        state: &State,
        here: Option<&Cells>,
    ) -> Result<Cells, DbError> {
        let mut row = vec![];
        for (at, column) in table.columns.iter().enumerate() {
            let was = here.and_then(|row| row.get(at).cloned());
            row.push(match (LEFT_OUT.contains(&column.name), was) {
                (true, None) => Some(self.labels(id)?.to_string()),
                (true, Some(was)) => was,
                (false, was) => state.get(column.name).cloned().or(was).flatten(),
            });
        }
        Ok(row)
    }

    /// How many labels a container had by the last one of it.
    fn labels(&mut self, id: ContainerId) -> Result<i32, DbError> {
        let last: Option<i32> = label_prints::table
            .filter(label_prints::container_id.eq(id))
            .select(max(label_prints::copy))
            .first(self.target)?;
        Ok(last.unwrap_or(0))
    }

    fn without_events(&mut self, table: &'static Table) -> Result<(), DbError> {
        let mut after = None;
        loop {
            let rows = table.rows_after(self.source, after.as_ref(), CHUNK)?;
            let keys = keys_of(table, &rows)?;
            let Some(last) = keys.last() else { return Ok(()) };
            let there = rows_of(self.target, table, &keys)?;
            keys.iter()
                .filter(|key| !there.contains_key(key))
                .for_each(|k| self.leave_out(table, k));
            after = Some(last.clone());
        }
    }

    /// A table whose rows are the log's own, or are not bound by it: as it is, without what names a row that was left
    /// out.
    fn copied(&mut self, table: &'static Table) -> Result<(), DbError> {
        let mut after = None;
        loop {
            let rows = table.rows_after(self.source, after.as_ref(), CHUNK)?;
            let keys = keys_of(table, &rows)?;
            let Some(last) = keys.last() else { return Ok(()) };
            after = Some(last.clone());
            let mut taken = vec![];
            for (row, key) in rows.into_iter().zip(keys) {
                if self.names_unknown(table, &row) {
                    self.found.left_out.push(format!("{} {key}", table.name));
                } else {
                    taken.push(row);
                }
            }
            self.write(table, &taken)?;
        }
    }

    fn names_unknown(&self, table: &Table, row: &Cells) -> bool {
        let unbound = TABLES
            .iter()
            .any(|(name, fate)| *name == table.name && matches!(fate, Fate::LeftOut(_)));
        let mut ids = table.columns.iter().zip(row).filter(|(c, _)| c.kind == Kind::Uid);
        unbound && ids.any(|(_, id)| id.as_ref().is_some_and(|id| self.unknown.contains(id)))
    }
}

fn keys_of(table: &Table, rows: &[Cells]) -> Result<Vec<Key>, DbError> {
    rows.iter().map(|row| table.key_of(row)).collect()
}

fn rows_of(conn: &mut Conn, table: &Table, keys: &[Key]) -> Result<HashMap<Key, Cells>, DbError> {
    let rows = table.rows_of(conn, keys)?;
    rows.into_iter().map(|row| Ok((table.key_of(&row)?, row))).collect()
}
