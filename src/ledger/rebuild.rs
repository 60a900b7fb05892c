//! Rebuilds the tree from the entries alone and holds stored nodes, head and checkpoints against
//! it.

use std::collections::HashMap;

use uuid::Uuid;

use super::broken::{Backwards, Broken, Report};
use super::keys::Fate;
use super::note::Checkpoint;
use super::row::Checked;
use super::store;
use super::tree::{Frontier, Hash};
use super::verify::Against;
use crate::db::{Conn, DbError};

/// How much older than the latest entry before it an entry may be: a request takes its time from
/// the clock when it comes, and its place in the log when it is committed.
const SLACK_MS: i64 = 10 * 60 * 1000;

pub(super) struct Rebuild<'a> {
    against: &'a Against<'a>,
    frontier: Frontier,
    /// Checkpoints kept outside that are still ahead, the next one last.
    saved: Vec<&'a Checkpoint>,
    /// Heads that the log's keys took over and that are still ahead, the next one last.
    pinned: Vec<(u64, Hash, i32)>,
    /// How many of those kept outside are over entries that a restore gave up.
    lost: u64,
    /// The first that is over more than any restore knew of.
    beyond: Option<Broken>,
    /// Entries under the last checkpoint that held.
    signed: u64,
    held: u64,
    backwards: Option<Backwards>,
    latest_ms: i64,
    last_event: Option<Uuid>,
}

impl<'a> Rebuild<'a> {
    pub(super) fn new(against: &'a Against<'a>) -> Self {
        let (mut saved, mut lost, mut beyond) = (vec![], 0, None);
        for (signer, checkpoint) in against.saved.iter().filter(|(_, c)| c.size > 0) {
            let signed = checkpoint.size;
            match against.chain.fate(*signer, signed) {
                Fate::Holds => saved.push(checkpoint),
                Fate::Lost => lost += 1,
                Fate::Beyond { restored, known } => {
                    beyond.get_or_insert(Broken::Beyond { signed, restored, known });
                }
            }
        }
        saved.sort_by_key(|c| std::cmp::Reverse(c.size));
        Self {
            against,
            frontier: Frontier::default(),
            saved,
            pinned: against.chain.pinned(),
            lost,
            beyond,
            signed: 0,
            held: 0,
            backwards: None,
            latest_ms: i64::MIN,
            last_event: None,
        }
    }

    /// How many entries were read so far.
    pub(super) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(super) fn report(self, broken: Option<Broken>) -> Report {
        Report {
            entries: self.size(),
            root: self.frontier.root(),
            checkpoints: self.held,
            lost: self.lost,
            backwards: self.backwards,
            broken,
        }
    }

    /// Takes in the next rows and the stored nodes and checkpoints that belong to them.
    pub(super) fn batch(
        &mut self,
        conn: &mut Conn,
        rows: &[Checked],
    ) -> Result<Option<Broken>, DbError> {
        let from = self.size();
        let signed = self.checkpoints(conn, from, from + rows.len() as u64)?;
        let mut made = HashMap::new();
        let mut wrong = None;
        for row in rows {
            wrong = self.push(row, &mut made).or_else(|| self.held_against(&signed));
            if wrong.is_some() {
                break;
            }
        }
        let rows = &rows[..(self.size() - from) as usize];
        let node = stored_nodes(conn, from, rows, &made)?;
        Ok([node, wrong].into_iter().flatten().min_by_key(Broken::at))
    }

    /// Takes in one entry, unless its row is wrong by itself.
    fn push(&mut self, row: &Checked, made: &mut HashMap<(u8, u64), Hash>) -> Option<Broken> {
        let index = self.size();
        if row.idx != i64::try_from(index).ok()? {
            return Some(Broken::Gap { index, found: row.idx });
        }
        if row.wrong.is_some() {
            return row.wrong.clone();
        }
        if !row.is_state {
            self.clock(index, row.event, row.ms);
        }
        self.last_event = Some(row.event);
        self.frontier.push(row.leaf, |level, node, hash| {
            made.insert((level, node), *hash);
        });
        None
    }

    fn clock(&mut self, index: u64, event: Uuid, ms: i64) {
        let by_ms = self.latest_ms.saturating_sub(ms);
        if by_ms > SLACK_MS {
            let first = Backwards { count: 0, index, event, by_ms };
            self.backwards.get_or_insert(first).count += 1;
        }
        self.latest_ms = self.latest_ms.max(ms);
    }

    /// The database's checkpoints over `from + 1` to `to` entries, by size. One whose signature
    /// does not verify is `None`.
    fn checkpoints(
        &self,
        conn: &mut Conn,
        from: u64,
        to: u64,
    ) -> Result<HashMap<u64, Option<Checkpoint>>, DbError> {
        let stored = store::checkpoints(conn, from, to)?;
        let verified = stored.into_iter().map(|(size, note)| {
            let size = u64::try_from(size).unwrap_or_default();
            let checkpoint = self.against.chain.open(&note).map(|(_, c)| c);
            (size, checkpoint.filter(|c| c.size == size))
        });
        Ok(verified.collect())
    }

    /// Holds the checkpoints over the entries so far against their root.
    fn held_against(&mut self, signed: &HashMap<u64, Option<Checkpoint>>) -> Option<Broken> {
        let size = self.size();
        while let Some((_, root, n)) = self.pinned.pop_if(|(pinned, _, _)| *pinned == size) {
            if root != self.frontier.root() {
                return Some(Broken::Key { n, why: "the log does not begin as it says" });
            }
        }
        let mut roots = vec![];
        while let Some(saved) = self.saved.pop_if(|c| c.size == size) {
            roots.push(saved.root);
        }
        match signed.get(&size) {
            Some(Some(checkpoint)) => roots.push(checkpoint.root),
            Some(None) => return Some(Broken::BadSignature { size }),
            None => (),
        }
        if roots.is_empty() {
            return None;
        }
        let root = self.frontier.root();
        if roots.iter().any(|r| *r != root) {
            return Some(Broken::NotSigned { from: self.signed, signed: size, hint: self.hint() });
        }
        self.signed = size;
        self.held += roots.len() as u64;
        None
    }

    /// Where something may have been slipped in.
    fn hint(&self) -> String {
        match &self.backwards {
            Some(b) if b.index >= self.signed => format!(
                "; entry {} (event {}) is {} s older than one before it",
                b.index,
                b.event,
                b.by_ms / 1000
            ),
            _ => String::new(),
        }
    }

    /// Holds the head's row against the entries.
    pub(super) fn against_head(&self, conn: &mut Conn) -> Result<Option<Broken>, DbError> {
        let entries = self.size();
        let head = match store::head(conn) {
            Ok(head) => head,
            Err(DbError::Corrupt(_)) => return Ok(Some(Broken::Head { entries })),
            Err(e) => return Err(e),
        };
        let size = head.size();
        Ok(match self.last_event {
            _ if size > entries => Some(Broken::Cut { head: size, entries }),
            Some(_) if size < entries => {
                let event = store::event_at(conn, size)?;
                Some(Broken::Grown { head: size, entries, event })
            }
            _ if head != self.frontier => Some(Broken::Head { entries }),
            _ => None,
        })
    }

    /// Looks for checkpoints over more entries than there are.
    pub(super) fn against_longer(&self, conn: &mut Conn) -> Result<Option<Broken>, DbError> {
        let entries = self.size();
        if let Some((_, _, n)) = self.pinned.last() {
            return Ok(Some(Broken::Key { n: *n, why: "it is over more entries than there are" }));
        }
        if let Some(beyond) = &self.beyond {
            return Ok(Some(beyond.clone()));
        }
        let longest = self.saved.iter().map(|c| c.size).max();
        let stored = self.checkpoints(conn, entries, u64::MAX)?;
        if let Some(size) = stored.iter().find_map(|(n, c)| c.is_none().then_some(*n)) {
            return Ok(Some(Broken::BadSignature { size }));
        }
        let longest = stored.into_keys().chain(longest).max();
        Ok(longest.map(|signed| Broken::Truncated { signed, entries }))
    }
}

/// Holds the stored nodes that became final with `rows` (entries from `from` on) against `made`.
fn stored_nodes(
    conn: &mut Conn,
    from: u64,
    rows: &[Checked],
    made: &HashMap<(u8, u64), Hash>,
) -> Result<Option<Broken>, DbError> {
    let to = from + rows.len() as u64;
    let top = made.keys().map(|(level, _)| *level).max().unwrap_or(0);
    for level in 1..=top {
        let (first, end) = (from >> level, to >> level);
        let stored = store::nodes(conn, level, first, end)?;
        for node in first..end {
            let right = made[&(level, node)];
            if stored.get(&node).is_some_and(|hash| hash[..] == right) {
                continue;
            }
            return Ok(Some(wrong_node(level, node, from, rows)));
        }
    }
    Ok(None)
}

/// A wrong node right above two entries of `rows` means them; one further up means itself.
fn wrong_node(level: u8, node: u64, from: u64, rows: &[Checked]) -> Broken {
    let index = node << level;
    let at = |i: u64| {
        let row = usize::try_from(i.checked_sub(from)?).ok()?;
        rows.get(row).map(|r| r.event)
    };
    match (level, at(index), at(index + 1)) {
        (1, Some(first), Some(second)) => Broken::Moved { index, first, second },
        _ => Broken::Node { index, level, node },
    }
}
