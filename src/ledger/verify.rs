//! `rastro verify`: rebuilds the log from its entries and holds everything else against it. Names
//! the first event that is not what was logged.

use std::collections::HashMap;

use ed25519_dalek::VerifyingKey;
use uuid::Uuid;

use super::entry::{binds, parts};
use super::note::Checkpoint;
use super::store::{EntryRow, checkpoints, entries, head, nodes};
use super::tree::{Frontier, Hash, leaf_hash};
use crate::db::{Conn, DbError};

/// A capability whose events are in the log.
pub trait Source {
    /// The `log` member of its bodies.
    fn log(&self) -> &'static str;
    /// The bodies of these events as their columns give them now. An event without a row is left
    /// out.
    fn bodies(&self, conn: &mut Conn, events: &[Uuid]) -> Result<HashMap<Uuid, String>, DbError>;
    /// An event of this capability that the log does not have.
    fn unlogged(&self, conn: &mut Conn) -> Result<Option<Uuid>, DbError>;
}

/// The first thing that is not as it was logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Broken {
    #[error("entry {index} is missing: the next one there is has index {found}")]
    Gap { index: u64, found: u64 },
    #[error("entry {index} (event {event}): the entry names another event or another time")]
    Renamed { index: u64, event: Uuid },
    #[error("entry {index} (event {event}): the body is not the one that was logged")]
    Altered { index: u64, event: Uuid },
    #[error("entry {index} (event {event}): the columns are not what the body says")]
    Columns { index: u64, event: Uuid },
    #[error("entry {index} (event {event}): the event's row is gone")]
    RowGone { index: u64, event: Uuid },
    #[error("event {event} ({log}) was never logged: inserted behind the program's back")]
    Unlogged { event: Uuid, log: String },
    #[error(
        "node {level}/{index} of the tree does not follow from the entries; the first entry under it is {entry}"
    )]
    Node { level: u8, index: u64, entry: u64 },
    #[error(
        "the head says {head} entries, there are {entries}: the newest from index {entries} on are gone"
    )]
    Head { head: u64, entries: u64 },
    #[error("the head's root does not follow from the entries")]
    HeadRoot,
    #[error(
        "the log was cut: the checkpoint covers {signed} entries, there are {entries}; those from index {entries} on are gone"
    )]
    Truncated { signed: u64, entries: u64 },
    #[error("the first {signed} entries are not those of the checkpoint{hint}")]
    NotTheCheckpoint { signed: u64, hint: String },
    #[error("the checkpoint over {size} entries is not signed by this log's key")]
    BadSignature { size: u64 },
}

/// What a verification found.
#[derive(Debug, Clone)]
pub struct Report {
    /// Entries read.
    pub entries: u64,
    /// The root they give.
    pub root: Hash,
    /// Signed checkpoints that hold.
    pub checkpoints: usize,
    /// The first thing that is wrong.
    pub broken: Option<Broken>,
}

/// Entries read at a time.
const BATCH: i64 = 1000;

/// A checkpoint somebody kept.
pub type Saved = Checkpoint;

/// Verifies the whole log. `saved` are checkpoints kept outside the database: only they can show
/// that the newest entries were cut off, or everything rewritten.
pub fn verify(
    conn: &mut Conn,
    sources: &[Box<dyn Source>],
    signer: Option<(&str, &VerifyingKey)>,
    saved: &[Saved],
) -> Result<Report, DbError> {
    let mut run = Run::default();
    let mut broken = run.read(conn, sources, saved, signer)?;
    if broken.is_none() {
        broken = run.finish(conn, sources, saved)?;
    }
    Ok(Report {
        entries: run.frontier.size(),
        root: run.frontier.root(),
        checkpoints: run.good_checkpoints,
        broken,
    })
}

#[derive(Default)]
struct Run {
    frontier: Frontier,
    /// Roots to compare: size → (root, from a file outside the database).
    wanted: Vec<Checkpoint>,
    good_checkpoints: usize,
    /// The first entry whose time is before the one before it: where something was slipped in.
    back_in_time: Option<(u64, Uuid)>,
    last_ms: i64,
}

impl Run {
    fn read(
        &mut self,
        conn: &mut Conn,
        sources: &[Box<dyn Source>],
        saved: &[Saved],
        signer: Option<(&str, &VerifyingKey)>,
    ) -> Result<Option<Broken>, DbError> {
        self.wanted = saved.to_vec();
        for (size, note) in checkpoints(conn)? {
            let size = u64::try_from(size).unwrap_or_default();
            let Some((name, key)) = signer else { continue };
            match Checkpoint::verified(&note, name, key) {
                Some(c) if c.size == size => self.wanted.push(c),
                _ => return Ok(Some(Broken::BadSignature { size })),
            }
        }
        self.wanted.sort_by_key(|c| c.size);
        loop {
            let from = self.frontier.size();
            let rows = entries(conn, i64::try_from(from).unwrap_or(i64::MAX), BATCH)?;
            if rows.is_empty() {
                return Ok(None);
            }
            if let Some(broken) = self.batch(conn, sources, &rows)? {
                return Ok(Some(broken));
            }
        }
    }

    fn batch(
        &mut self,
        conn: &mut Conn,
        sources: &[Box<dyn Source>],
        rows: &[EntryRow],
    ) -> Result<Option<Broken>, DbError> {
        let from = self.frontier.size();
        let mut made: HashMap<(u8, u64), Hash> = HashMap::new();
        for row in rows {
            let index = self.frontier.size();
            if let Some(broken) = self.entry(index, row) {
                return Ok(Some(broken));
            }
            let leaf = leaf_hash(row.entry.as_bytes());
            self.frontier.push(leaf, |level, i, hash| {
                made.insert((level, i), *hash);
            });
            let size = self.frontier.size();
            let root = self.frontier.root();
            let here = self.wanted.iter().filter(|c| c.size == size);
            for wanted in here {
                if wanted.root != root {
                    return Ok(Some(self.not_the_checkpoint(size)));
                }
                self.good_checkpoints += 1;
            }
        }
        if let Some(broken) = columns(conn, sources, from, rows)? {
            return Ok(Some(broken));
        }
        stored_nodes(conn, from, self.frontier.size(), &made)
    }

    /// What one row says by itself.
    fn entry(&mut self, index: u64, row: &EntryRow) -> Option<Broken> {
        let found = u64::try_from(row.idx).unwrap_or_default();
        if found != index {
            return Some(Broken::Gap { index, found });
        }
        let event = row.event_id.0;
        let Some((named, ms, _)) = parts(&row.entry) else {
            return Some(Broken::Renamed { index, event });
        };
        if named != event || ms != row.recorded_at.ms() {
            return Some(Broken::Renamed { index, event });
        }
        if let (Some(salt), Some(body)) = (&row.salt, &row.body)
            && !binds(&row.entry, salt, body)
        {
            return Some(Broken::Altered { index, event });
        }
        if ms < self.last_ms && self.back_in_time.is_none() {
            self.back_in_time = Some((index, event));
        }
        self.last_ms = self.last_ms.max(ms);
        None
    }

    fn not_the_checkpoint(&self, signed: u64) -> Broken {
        let hint = match self.back_in_time {
            Some((index, event)) => {
                format!("; entry {index} (event {event}) is older than the one before it")
            }
            None => String::new(),
        };
        Broken::NotTheCheckpoint { signed, hint }
    }

    fn finish(
        &mut self,
        conn: &mut Conn,
        sources: &[Box<dyn Source>],
        saved: &[Saved],
    ) -> Result<Option<Broken>, DbError> {
        let entries = self.frontier.size();
        let head = head(conn)?;
        if head.size() != entries {
            return Ok(Some(Broken::Head { head: head.size(), entries }));
        }
        if head.root() != self.frontier.root() {
            return Ok(Some(Broken::HeadRoot));
        }
        let longest = saved.iter().chain(&self.wanted).map(|c| c.size).max().unwrap_or(0);
        if longest > entries {
            return Ok(Some(Broken::Truncated { signed: longest, entries }));
        }
        for source in sources {
            if let Some(event) = source.unlogged(conn)? {
                return Ok(Some(Broken::Unlogged { event, log: source.log().to_owned() }));
            }
        }
        Ok(None)
    }
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
        let Some(body) = &row.body else { continue };
        let log = serde_json::from_str::<serde_json::Value>(body)
            .ok()
            .and_then(|v| v["log"].as_str().map(str::to_owned))
            .unwrap_or_default();
        of_log.entry(log).or_default().push((index, row.event_id.0, body));
    }
    let mut first: Option<(u64, Broken)> = None;
    for source in sources {
        let Some(events) = of_log.get(source.log()) else { continue };
        let ids: Vec<Uuid> = events.iter().map(|e| e.1).collect();
        let now = source.bodies(conn, &ids)?;
        let wrong = events.iter().find_map(|(index, event, body)| {
            let (index, event) = (*index, *event);
            match now.get(&event) {
                None => Some((index, Broken::RowGone { index, event })),
                Some(columns) if columns != body => Some((index, Broken::Columns { index, event })),
                Some(_) => None,
            }
        });
        if let Some(wrong) = wrong
            && first.as_ref().is_none_or(|(index, _)| wrong.0 < *index)
        {
            first = Some(wrong);
        }
    }
    Ok(first.map(|(_, broken)| broken))
}

/// Holds the stored inner nodes that became final with entries `from..to` against `made`.
fn stored_nodes(
    conn: &mut Conn,
    from: u64,
    to: u64,
    made: &HashMap<(u8, u64), Hash>,
) -> Result<Option<Broken>, DbError> {
    let top = made.keys().map(|(level, _)| *level).max().unwrap_or(0);
    for level in 1..=top {
        let (first, end) = (from >> level, to >> level);
        let range = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let stored: HashMap<i64, Vec<u8>> =
            nodes(conn, level, range(first), range(end))?.into_iter().collect();
        for index in first..end {
            let right = stored.get(&range(index)).map(Vec::as_slice)
                == made.get(&(level, index)).map(|h| &h[..]);
            // A node completed by an earlier batch is not in `made` and was compared then.
            if !right && made.contains_key(&(level, index)) {
                return Ok(Some(Broken::Node { level, index, entry: index << level }));
            }
        }
    }
    Ok(None)
}
