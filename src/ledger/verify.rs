//! The whole verification: the log is rebuilt from its entries, and everything else is held
//! against it. It names the first event that is not what was logged.

use std::collections::HashMap;

use diesel::connection::SimpleConnection;
use uuid::Uuid;

use super::broken::{Broken, Report};
use super::keys::Chain;
use super::note::Checkpoint;
use super::rebuild::Rebuild;
use super::store::{self, EntryRow};
use crate::db::{Conn, DbError};
use crate::people::Scope;

/// A capability whose events are in the log.
pub trait Source {
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

/// Entries read at a time.
const BATCH: i64 = 1000;

/// Verifies the whole log as it stands at one moment, in memory that does not grow with it. The
/// server may be running.
///
/// # Errors
/// Only when the database can't be read; what is wrong with the log is in the report.
pub fn verify(conn: &mut Conn, against: &Against<'_>) -> Result<Report, DbError> {
    let begin = match conn {
        Conn::Sqlite(_) => "BEGIN",
        Conn::Pg(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    };
    conn.batch_execute(begin)?;
    let report = read(conn, against);
    conn.batch_execute("ROLLBACK")?;
    report
}

fn read(conn: &mut Conn, against: &Against<'_>) -> Result<Report, DbError> {
    let mut rebuild = Rebuild::new(against);
    let mut broken = against.chain.check().err();
    while broken.is_none() {
        let from = rebuild.size();
        let (rows, unreadable) = batch(conn, from)?;
        if rows.is_empty() && unreadable.is_none() {
            broken = whole(conn, against, &rebuild)?;
            break;
        }
        let found =
            [rebuild.batch(conn, &rows)?, columns(conn, against.sources, from, &rows)?, unreadable];
        broken = found.into_iter().flatten().min_by_key(Broken::at);
    }
    Ok(rebuild.report(broken))
}

/// The next rows, and what the first one that can't be read is.
fn batch(conn: &mut Conn, from: u64) -> Result<(Vec<EntryRow>, Option<Broken>), DbError> {
    let start = i64::try_from(from).unwrap_or(i64::MAX);
    match store::entries(conn, start, BATCH) {
        Ok(rows) => Ok((rows, None)),
        Err(diesel::result::Error::DeserializationError(_)) => {
            let mut rows = vec![];
            // One by one up to the culprit.
            while let Ok(mut next) = store::entries(conn, start + as_i64(rows.len()), 1) {
                rows.append(&mut next);
            }
            let index = from + rows.len() as u64;
            Ok((rows, Some(Broken::Unreadable { index })))
        }
        Err(e) => Err(e.into()),
    }
}

fn as_i64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Holds the columns of each capability against the bodies of its events.
fn columns(
    conn: &mut Conn,
    sources: &[Box<dyn Source>],
    from: u64,
    rows: &[EntryRow],
) -> Result<Option<Broken>, DbError> {
    let mut of_log: HashMap<String, Vec<(u64, Uuid, &str)>> = HashMap::new();
    for (index, row) in (from..).zip(rows) {
        // One without a body is reported by the rebuild.
        let Some(body) = &row.body else { continue };
        of_log.entry(log_of(body)).or_default().push((index, row.event_id.0, body));
    }
    let mut found = vec![];
    for (log, events) in of_log {
        match sources.iter().find(|s| s.log() == log) {
            Some(source) => found.extend(held_against(conn, &**source, &events)?),
            None => {
                let (index, event, _) = events[0];
                found.push(Broken::UnknownLog { index, event, log });
            }
        }
    }
    Ok(found.into_iter().min_by_key(Broken::at))
}

/// The `log` member of a body; empty if there is none.
pub(super) fn log_of(body: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Named {
        log: String,
    }
    serde_json::from_str(body).map_or_else(|_| String::new(), |named: Named| named.log)
}

fn held_against(
    conn: &mut Conn,
    source: &dyn Source,
    events: &[(u64, Uuid, &str)],
) -> Result<Option<Broken>, DbError> {
    let ids: Vec<Uuid> = events.iter().map(|(_, event, _)| *event).collect();
    let now = match source.bodies(conn, &ids) {
        Ok(now) => now,
        Err(e) if is_unreadable(&e) => one_by_one(conn, source, &ids)?,
        Err(e) => return Err(e),
    };
    let wrong = events.iter().find_map(|&(index, event, body)| match now.get(&event) {
        None => Some(Broken::RowGone { index, event }),
        Some(columns) if columns != body => Some(Broken::Columns { index, event }),
        Some(_) => None,
    });
    Ok(wrong)
}

/// As [`Source::bodies`], with an empty body for a row whose columns hold what none can.
fn one_by_one(
    conn: &mut Conn,
    source: &dyn Source,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, DbError> {
    let mut all = HashMap::new();
    for id in ids {
        match source.bodies(conn, &[*id]) {
            Ok(one) => all.extend(one),
            Err(e) if is_unreadable(&e) => {
                all.insert(*id, String::new());
            }
            Err(e) => return Err(e),
        }
    }
    Ok(all)
}

fn is_unreadable(e: &DbError) -> bool {
    use diesel::result::Error::DeserializationError;
    matches!(e, DbError::Query(DeserializationError(_)) | DbError::Corrupt(_))
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
