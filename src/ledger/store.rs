//! Rows of the log, and the appending of a group's events just before its commit.

use std::borrow::Cow;
use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use super::Body;
use super::keys::{Chain, KeyRow};
use super::row::{EntryRow, LeafRow};
use super::tree::{Frontier, Hash, Nodes, leaf_hash, prove_inclusion};
use super::verify::Source;
use crate::db::{
    BeforeCommit, Clock, Conn, DbError, Instant, Staged, Standing, Touched, Tx, update_all_of,
};
use crate::journal;
use crate::on_engine;
use crate::people::Scope;
use crate::schema::{ledger_checkpoints, ledger_entries, ledger_head, ledger_keys, ledger_nodes};

crate::id_type! {
    /// An event of any log.
    EventId
}

/// Puts an event into the log, in this transaction. `at` is the server's clock.
pub fn append(tx: &mut Tx<'_>, event: Uuid, at: Instant, body: &Body) {
    tx.stage(Staged { event, at, body: body.to_json() });
}

/// Appends what a group staged. One lock and one update of the head a group; on PostgreSQL the
/// head's row lock also keeps several servers in line.
/// While the database may only be read, it seals nothing: whatever way an event came. Who read what is written all the
/// same, and waits to be bound.
pub struct Sealer {
    /// Whether the database may be written to.
    pub standing: Standing,
    /// Tells when rows were bound.
    pub clock: Clock,
}

impl Default for Sealer {
    /// For a command on a database that was looked at before.
    fn default() -> Self {
        Self { standing: Standing::default(), clock: Clock::system() }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_nodes)]
struct NodeRow {
    level: i32,
    idx: i64,
    hash: Vec<u8>,
}

impl BeforeCommit for Sealer {
    fn seal(&self, conn: &mut Conn, staged: &[Staged], touched: &[Touched]) -> Result<(), DbError> {
        let stand = self.standing.get();
        if stand.refuses_writes() && journal::may_wait(staged, touched) {
            return journal::wait(conn, touched, self.clock.now());
        }
        if stand.refuses_writes() {
            return Err(DbError::ReadOnly(stand));
        }
        // A row became what it is when the last event of its group happened.
        let at = staged.iter().map(|event| event.at).max();
        let rows = journal::bind(conn, touched, at.unwrap_or_else(|| self.clock.now()))?;
        let mut frontier = locked_head(conn)?;
        let (mut entries, mut nodes) = (vec![], vec![]);
        for event in staged.iter().chain(&rows) {
            let mut salt = [0; 32];
            getrandom::fill(&mut salt)
                .map_err(|e| DbError::Corrupt(format!("no random numbers: {e}")))?;
            let row = EntryRow::seal(as_row(frontier.size())?, event, salt);
            frontier.push(leaf_hash(entry_text(&row.leaf)?.as_bytes()), |level, index, hash| {
                nodes.push((level, index, *hash));
            });
            entries.push(row);
        }
        let nodes = nodes
            .into_iter()
            .map(|(level, idx, hash)| {
                Ok(NodeRow { level: level.into(), idx: as_row(idx)?, hash: hash.to_vec() })
            })
            .collect::<Result<Vec<_>, DbError>>()?;
        insert(conn, entries, nodes)?;
        let (size, edge) = (as_row(frontier.size())?, frontier.to_bytes());
        let set = (ledger_head::size.eq(size), ledger_head::frontier.eq(edge));
        on_engine!(conn, |c| update_all_of(ledger_head::table.find(1), set).execute(c))?;
        Ok(())
    }
}

/// Rows at a time in one statement on PostgreSQL, where each statement is a trip.
const CHUNK: usize = 200;

fn insert(conn: &mut Conn, entries: Vec<EntryRow>, nodes: Vec<NodeRow>) -> Result<(), DbError> {
    match conn {
        // A prepared statement a row is faster than preparing one for each group's size.
        Conn::Sqlite(c) => {
            for row in entries {
                diesel::insert_into(ledger_entries::table).values(row).execute(c)?;
            }
            for row in nodes {
                diesel::insert_into(ledger_nodes::table).values(row).execute(c)?;
            }
        }
        Conn::Pg(c) => {
            let mut entries = entries.into_iter().peekable();
            while entries.peek().is_some() {
                let chunk: Vec<EntryRow> = entries.by_ref().take(CHUNK).collect();
                diesel::insert_into(ledger_entries::table).values(chunk).execute(c)?;
            }
            let mut nodes = nodes.into_iter().peekable();
            while nodes.peek().is_some() {
                let chunk: Vec<NodeRow> = nodes.by_ref().take(CHUNK).collect();
                diesel::insert_into(ledger_nodes::table).values(chunk).execute(c)?;
            }
        }
    }
    Ok(())
}

fn as_row(n: u64) -> Result<i64, DbError> {
    i64::try_from(n).map_err(|_| DbError::Corrupt("the log is full".into()))
}

fn frontier(size: i64, bytes: &[u8]) -> Result<Frontier, DbError> {
    u64::try_from(size)
        .ok()
        .and_then(|n| Frontier::from_bytes(n, bytes))
        .ok_or_else(|| DbError::Corrupt("ledger_head: size and frontier do not fit".into()))
}

/// The head, locked until the commit.
pub(super) fn locked_head(conn: &mut Conn) -> Result<Frontier, DbError> {
    let head = ledger_head::table.find(1).select((ledger_head::size, ledger_head::frontier));
    let (size, bytes): (i64, Vec<u8>) = match conn {
        // BEGIN IMMEDIATE has locked the whole file already.
        Conn::Sqlite(c) => head.first(c)?,
        Conn::Pg(c) => head.for_update().first(c)?,
    };
    frontier(size, &bytes)
}

/// How many of the newest entries say what time it is: some hours of a network's work, each look at a record among it.
const LATELY: i64 = 1000;

/// The latest of the times by the server's clock in the newest thousand entries, of whichever
/// server; nothing of an empty log. Entries of a clock that once ran ahead count no longer when as
/// many have followed.
pub fn last_time(conn: &mut Conn) -> Result<Option<Instant>, DbError> {
    let size: i64 = ledger_head::table.find(1).select(ledger_head::size).first(conn)?;
    let times: Vec<Instant> = ledger_entries::table
        .filter(ledger_entries::idx.ge(size - LATELY))
        .select(ledger_entries::recorded_at)
        .load(conn)?;
    Ok(times.into_iter().max())
}

/// The head as it is.
pub(super) fn head(conn: &mut Conn) -> Result<Frontier, DbError> {
    let (size, bytes): (i64, Vec<u8>) = ledger_head::table
        .find(1)
        .select((ledger_head::size, ledger_head::frontier))
        .first(conn)?;
    frontier(size, &bytes)
}

/// How many entries the log has, its root, and the time of the last one.
pub fn stand_of(conn: &mut Conn) -> Result<(u64, Hash, Option<Instant>), DbError> {
    let head = head(conn)?;
    let last: Option<Instant> = ledger_entries::table
        .order(ledger_entries::idx.desc())
        .select(ledger_entries::recorded_at)
        .first(conn)
        .optional()?;
    Ok((head.size(), head.root(), last))
}

fn entry_text(row: &LeafRow) -> Result<Cow<'_, str>, DbError> {
    row.text().ok_or_else(|| {
        DbError::Corrupt(format!("ledger_entries: event {} has no entry", row.event_id))
    })
}

/// Stored nodes; leaves are hashed from their entries.
pub(super) struct Stored<'a>(pub &'a mut Conn);

impl Nodes for Stored<'_> {
    type Error = DbError;
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, DbError> {
        let index = as_row(index)?;
        if level == 0 {
            let row: LeafRow =
                ledger_entries::table.find(index).select(LeafRow::as_select()).first(self.0)?;
            return Ok(leaf_hash(entry_text(&row)?.as_bytes()));
        }
        let bytes: Vec<u8> = ledger_nodes::table
            .find((i32::from(level), index))
            .select(ledger_nodes::hash)
            .first(self.0)?;
        bytes.try_into().map_err(|_| DbError::Corrupt("ledger_nodes: not 32 bytes".into()))
    }
}

/// The entries there are in `from..to`, in order.
pub(super) fn entries(conn: &mut Conn, from: i64, to: i64) -> QueryResult<Vec<EntryRow>> {
    on_engine!(conn, |c| ledger_entries::table
        .filter(ledger_entries::idx.ge(from))
        .filter(ledger_entries::idx.lt(to))
        .order(ledger_entries::idx)
        .select(EntryRow::as_select())
        .load(c))
}

/// The index of the first entry from `from` on.
pub(super) fn next_index(conn: &mut Conn, from: u64) -> Result<Option<i64>, DbError> {
    Ok(ledger_entries::table
        .filter(ledger_entries::idx.ge(as_row(from)?))
        .order(ledger_entries::idx)
        .select(ledger_entries::idx)
        .first(conn)
        .optional()?)
}

/// One more than the index of the last entry.
pub(super) fn end(conn: &mut Conn) -> Result<u64, DbError> {
    let last: Option<i64> = ledger_entries::table
        .order(ledger_entries::idx.desc())
        .select(ledger_entries::idx)
        .first(conn)
        .optional()?;
    Ok(last.and_then(|n| u64::try_from(n).ok()).map_or(0, |n| n + 1))
}

/// Stored nodes of `level` with index `from..to`, by index.
pub(super) fn nodes(
    conn: &mut Conn,
    level: u8,
    from: u64,
    to: u64,
) -> Result<HashMap<u64, Vec<u8>>, DbError> {
    let rows: Vec<(i64, Vec<u8>)> = ledger_nodes::table
        .filter(ledger_nodes::level.eq(i32::from(level)))
        .filter(ledger_nodes::idx.ge(as_row(from)?))
        .filter(ledger_nodes::idx.lt(as_row(to)?))
        .select((ledger_nodes::idx, ledger_nodes::hash))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(i, hash)| Some((u64::try_from(i).ok()?, hash))).collect())
}

/// Whether a node is stored that a tree of `size` leaves does not have: (level, index).
pub(super) fn surplus_node(conn: &mut Conn, size: u64) -> Result<Option<(i32, i64)>, DbError> {
    // Every level a tree can have, and one range for those it can't.
    for level in 1..=63_i32 {
        let end = as_row(size >> level)?;
        let found: Option<i64> = ledger_nodes::table
            .filter(ledger_nodes::level.eq(level))
            .filter(ledger_nodes::idx.ge(end).or(ledger_nodes::idx.lt(0)))
            .select(ledger_nodes::idx)
            .first(conn)
            .optional()?;
        if let Some(index) = found {
            return Ok(Some((level, index)));
        }
    }
    Ok(ledger_nodes::table
        .filter(ledger_nodes::level.le(0).or(ledger_nodes::level.gt(63)))
        .select((ledger_nodes::level, ledger_nodes::idx))
        .first(conn)
        .optional()?)
}

/// The signed checkpoints over more than `over` entries, at most over `to`; smallest first.
pub(super) fn checkpoints(conn: &mut Conn, over: u64, to: u64) -> QueryResult<Vec<(i64, String)>> {
    let row = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    ledger_checkpoints::table
        .filter(ledger_checkpoints::size.gt(row(over)))
        .filter(ledger_checkpoints::size.le(row(to)))
        .order(ledger_checkpoints::size)
        .select((ledger_checkpoints::size, ledger_checkpoints::note))
        .load(conn)
}

/// The checkpoint signed over `size` entries.
pub(super) fn checkpoint_at(conn: &mut Conn, size: u64) -> Result<Option<String>, DbError> {
    Ok(ledger_checkpoints::table
        .find(as_row(size)?)
        .select(ledger_checkpoints::note)
        .first(conn)
        .optional()?)
}

/// The newest signed checkpoint.
pub(super) fn last_checkpoint(conn: &mut Conn) -> QueryResult<Option<String>> {
    ledger_checkpoints::table
        .order(ledger_checkpoints::size.desc())
        .select(ledger_checkpoints::note)
        .first(conn)
        .optional()
}

/// How many entries stand after the newest signed checkpoint.
pub fn unsigned(conn: &mut Conn) -> Result<i64, DbError> {
    let size: i64 = ledger_head::table.find(1).select(ledger_head::size).first(conn)?;
    let signed = ledger_checkpoints::table.order(ledger_checkpoints::size.desc());
    let signed: Option<i64> = signed.select(ledger_checkpoints::size).first(conn).optional()?;
    Ok(size - signed.unwrap_or(0))
}

/// Keeps a signed checkpoint.
pub(super) fn keep_checkpoint(
    conn: &mut Conn,
    size: u64,
    note: &str,
    at: Instant,
) -> Result<(), DbError> {
    diesel::insert_into(ledger_checkpoints::table)
        .values((
            ledger_checkpoints::size.eq(as_row(size)?),
            ledger_checkpoints::note.eq(note),
            ledger_checkpoints::signed_at.eq(at),
        ))
        .execute(conn)?;
    Ok(())
}

/// The event of entry `index`.
pub(super) fn event_at(conn: &mut Conn, index: u64) -> Result<Uuid, DbError> {
    let event: EventId =
        ledger_entries::table.find(as_row(index)?).select(ledger_entries::event_id).first(conn)?;
    Ok(event.0)
}

/// Which log an event is of: the `log` member of its body. `None` where the log has no such event,
/// empty where its body was erased.
pub fn log_of_event(conn: &mut Conn, event: Uuid) -> Result<Option<String>, DbError> {
    let row: Option<EntryRow> = ledger_entries::table
        .filter(ledger_entries::event_id.eq(EventId(event)))
        .select(EntryRow::as_select())
        .first(conn)
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let body = row.body().map_err(|e| DbError::Corrupt(format!("event {event}: {e}")))?;
    Ok(Some(body.map(|b| super::chunk::log_of(&b).into_owned()).unwrap_or_default()))
}

/// Where an event stands in the log.
pub(super) fn index_of(conn: &mut Conn, event: Uuid) -> Result<Option<u64>, DbError> {
    let found: Option<i64> = ledger_entries::table
        .filter(ledger_entries::event_id.eq(EventId(event)))
        .select(ledger_entries::idx)
        .first(conn)
        .optional()?;
    found
        .map(|n| u64::try_from(n).map_err(|_| DbError::Corrupt("negative index".into())))
        .transpose()
}

/// An entry and the path from it to the root of the tree of `size` leaves (`index < size`).
pub(super) fn inclusion_proof(
    conn: &mut Conn,
    index: u64,
    size: u64,
) -> Result<(String, Vec<Hash>), DbError> {
    let row: LeafRow =
        ledger_entries::table.find(as_row(index)?).select(LeafRow::as_select()).first(conn)?;
    Ok((entry_text(&row)?.into_owned(), prove_inclusion(&mut Stored(conn), index, size)?))
}

/// The log's keys, oldest first.
pub fn chain(conn: &mut Conn) -> Result<Chain, DbError> {
    let rows = ledger_keys::table.order(ledger_keys::n).select(KeyRow::as_select()).load(conn)?;
    Chain::new(rows).ok_or_else(|| DbError::Corrupt("ledger_keys: not a verifier key".into()))
}

/// Writes a key down and, unless the log begins with it, puts it into the log.
pub(super) fn add_key(tx: &mut Tx<'_>, row: &KeyRow) -> Result<(), DbError> {
    diesel::insert_into(ledger_keys::table).values(row.clone()).execute(&mut **tx)?;
    if let Some(event) = row.event_id {
        append(tx, event.0, row.recorded_at, &row.body());
    }
    Ok(())
}

/// The log's own events: its keys.
pub struct KeySource;

impl Source for KeySource {
    fn log(&self) -> &'static str {
        "ledger"
    }
    fn bodies(&self, conn: &mut Conn, events: &[Uuid]) -> Result<HashMap<Uuid, String>, DbError> {
        let ids: Vec<Option<EventId>> = events.iter().map(|e| Some(EventId(*e))).collect();
        let rows = ledger_keys::table
            .filter(ledger_keys::event_id.eq_any(ids))
            .select(KeyRow::as_select())
            .load(conn)?;
        let bodies = rows.into_iter().filter_map(|r| Some((r.event_id?.0, r.body().to_json())));
        Ok(bodies.collect())
    }
    /// Keys and names of the log concern nobody's sample.
    fn may_see(&self, _: &mut Conn, _: &Scope, _: Uuid) -> Result<bool, DbError> {
        Ok(true)
    }
    fn unlogged(&self, conn: &mut Conn) -> Result<Option<Uuid>, DbError> {
        let logged = ledger_entries::table
            .filter(ledger_entries::event_id.nullable().eq(ledger_keys::event_id))
            .select(ledger_entries::idx);
        let found: Option<Option<EventId>> = ledger_keys::table
            .filter(ledger_keys::event_id.is_not_null())
            .filter(diesel::dsl::not(diesel::dsl::exists(logged)))
            .select(ledger_keys::event_id)
            .first(conn)
            .optional()?;
        Ok(found.flatten().map(|id| id.0))
    }
}
