//! The whole verification: the log is rebuilt from its entries, and everything else is held
//! against it. It names the first event that is not what was logged.

use std::collections::HashMap;
use std::thread;

use diesel::connection::SimpleConnection;
use uuid::Uuid;

use super::broken::{Broken, Report};
use super::chunk::{self, Chunk, Supply};
use super::keys::Chain;
use super::note::Checkpoint;
use super::rebuild::Rebuild;
use super::store;
use crate::db::{Conn, DbError};
use crate::people::Scope;

/// A capability whose events are in the log.
pub trait Source: Sync {
    /// The `log` member of its bodies.
    fn log(&self) -> &'static str;
    /// The bodies of these events as their columns give them now. An event without a row is left
    /// out.
    fn bodies(&self, conn: &mut Conn, events: &[Uuid]) -> Result<HashMap<Uuid, String>, DbError>;
    /// Whether a person may see what this event is about; false for an event without a row.
    fn may_see(&self, conn: &mut Conn, scope: &Scope, event: Uuid) -> Result<bool, DbError>;
    /// An event of this capability that the log does not have.
    fn unlogged(&self, conn: &mut Conn) -> Result<Option<Uuid>, DbError>;
}

/// Writes two members of a [`Source`] whose events are the rows of one table by `event_id`.
#[macro_export]
macro_rules! logged_rows {
    ($table:ident, $event:ty, $key:ident) => {
        fn bodies(
            &self,
            conn: &mut $crate::db::Conn,
            events: &[uuid::Uuid],
        ) -> Result<std::collections::HashMap<uuid::Uuid, String>, $crate::db::DbError> {
            let ids: Vec<$key> = events.iter().map(|e| $key(*e)).collect();
            let rows: Vec<$event> = $crate::on_engine!(conn, |c| $table::table
                .filter($table::event_id.eq_any(ids))
                .select(<$event>::as_select())
                .load(c))?;
            Ok(rows.into_iter().map(|e| (e.event_id.0, e.body().to_json())).collect())
        }
        fn unlogged(
            &self,
            conn: &mut $crate::db::Conn,
        ) -> Result<Option<uuid::Uuid>, $crate::db::DbError> {
            use $crate::schema::ledger_entries;
            let logged = ledger_entries::table
                .filter(ledger_entries::event_id.eq($table::event_id))
                .select(ledger_entries::idx);
            let found: Option<$key> = $table::table
                .filter(diesel::dsl::not(diesel::dsl::exists(logged)))
                .select($table::event_id)
                .first(conn)
                .optional()?;
            Ok(found.map(|id| id.0))
        }
    };
}

/// What the log is held against.
pub struct Against<'a> {
    /// Every capability that logs.
    pub sources: &'a [Box<dyn Source>],
    /// The keys its checkpoints are signed with.
    pub chain: &'a Chain,
    /// Checkpoints kept outside the database, each with the place of the key that signed it. Only
    /// they can show that the newest entries were cut off, or everything rewritten.
    pub saved: &'a [(usize, Checkpoint)],
}

/// Verifies the whole log as it stands at one moment, in memory that does not grow with it. The
/// server may be running. `helpers`: further connections to the same database, over each of which a
/// thread checks its share of the entries; with none it is all done here.
///
/// # Errors
/// Only when the database can't be read; what is wrong with the log is in the report.
pub fn verify(
    conn: &mut Conn,
    helpers: &mut [Conn],
    against: &Against<'_>,
) -> Result<Report, DbError> {
    rolled_back(conn, |conn| read(conn, helpers, against))
}

/// Does `work` in a transaction that sees one moment of the database, and takes it back.
///
/// # Errors
/// What `work` returned, or why there was no such transaction.
pub fn rolled_back<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, DbError>,
) -> Result<T, DbError> {
    let begin = match conn {
        Conn::Sqlite(_) => "BEGIN",
        Conn::Pg(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    };
    conn.batch_execute(begin)?;
    let done = work(conn);
    conn.batch_execute("ROLLBACK")?;
    done
}

fn read(conn: &mut Conn, helpers: &mut [Conn], against: &Against<'_>) -> Result<Report, DbError> {
    let mut rebuild = Rebuild::new(against);
    if let Err(broken) = against.chain.check() {
        return Ok(rebuild.report(Some(broken)));
    }
    // This is where the moment is taken. A helper's is later, and has all entries that are here.
    let end = store::end(conn)?;
    let broken = thread::scope(|scope| {
        let supply = Supply::start(scope, helpers, against.sources, end);
        entries(conn, against.sources, &mut rebuild, &supply, end)
    })?;
    let broken = match broken {
        None => whole(conn, against, &rebuild)?,
        broken => broken,
    };
    Ok(rebuild.report(broken))
}

/// Takes in every entry in order, up to the first thing that is wrong.
fn entries(
    conn: &mut Conn,
    sources: &[Box<dyn Source>],
    rebuild: &mut Rebuild<'_>,
    supply: &Supply,
    end: u64,
) -> Result<Option<Broken>, DbError> {
    let mut n = 0;
    while rebuild.size() < end {
        let to = end.min((n + 1) * chunk::ENTRIES);
        let Chunk { rows, wrong } = supply.next(conn, sources, n, end)?;
        let found = [rebuild.batch(conn, &rows)?, wrong].into_iter().flatten();
        if let Some(broken) = found.min_by_key(Broken::at) {
            return Ok(Some(broken));
        }
        let index = rebuild.size();
        if index < to {
            let found = store::next_index(conn, index)?.unwrap_or_default();
            return Ok(Some(Broken::Gap { index, found }));
        }
        n += 1;
    }
    Ok(None)
}

/// What concerns the log as a whole, once every entry was read.
fn whole(
    conn: &mut Conn,
    against: &Against<'_>,
    rebuild: &Rebuild<'_>,
) -> Result<Option<Broken>, DbError> {
    if let Some(broken) = rebuild.against_head(conn)? {
        return Ok(Some(broken));
    }
    if let Some(broken) = rebuild.against_longer(conn)? {
        return Ok(Some(broken));
    }
    if let Some((level, node)) = store::surplus_node(conn, rebuild.size())? {
        return Ok(Some(Broken::SurplusNode { level, node }));
    }
    for source in against.sources {
        if let Some(event) = source.unlogged(conn)? {
            return Ok(Some(Broken::Unlogged { event, log: source.log() }));
        }
    }
    Ok(None)
}
