//! A stretch of the log by itself: each row checked, and the events' columns held against the
//! bodies. Stretches don't depend on each other, so that several threads check them, each over a
//! connection of its own, while the tree is rebuilt from what they hand over in order.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use uuid::Uuid;

use super::broken::Broken;
use super::row::{Checked, EntryRow};
use super::store;
use super::verify::{Source, rolled_back};
use crate::db::{Conn, DbError};

/// Entries of a chunk.
pub(super) const ENTRIES: u64 = 1000;
/// Chunks that wait for the tree, of each thread: memory does not grow with the log.
const WAITING: usize = 2;

type Sources = [Box<dyn Source>];

/// What was found in a chunk.
pub(super) struct Chunk {
    pub rows: Vec<Checked>,
    /// The first thing that is wrong beside the rows themselves.
    pub wrong: Option<Broken>,
}

/// Where chunks come from.
pub(super) enum Supply {
    /// They are checked when they are asked for.
    Here,
    /// From threads: chunk `n` from the one with the number `n` modulo how many there are.
    Threads(Vec<Receiver<Result<Chunk, DbError>>>),
}

impl Supply {
    /// A thread for each of `helpers`. All entries before `end` must be there for a transaction
    /// that begins now.
    pub(super) fn start<'scope, 'env>(
        scope: &'scope Scope<'scope, 'env>,
        helpers: &'env mut [Conn],
        sources: &'env Sources,
        end: u64,
    ) -> Self {
        if helpers.is_empty() {
            return Self::Here;
        }
        let step = helpers.len() as u64;
        let mut receivers = vec![];
        for (n, conn) in (0..).zip(helpers) {
            let (sender, receiver) = sync_channel(WAITING);
            receivers.push(receiver);
            scope.spawn(move || {
                let work = |conn: &mut Conn| {
                    hand_over(conn, sources, (n, step, end), &sender);
                    Ok(())
                };
                if let Err(e) = rolled_back(conn, work) {
                    let _ = sender.send(Err(e));
                }
            });
        }
        Self::Threads(receivers)
    }

    /// Chunk `n`; each is given once, in order.
    pub(super) fn next(
        &self,
        conn: &mut Conn,
        sources: &Sources,
        n: u64,
        end: u64,
    ) -> Result<Chunk, DbError> {
        match self {
            Self::Here => check(conn, sources, n, end),
            Self::Threads(all) => {
                let from = usize::try_from(n).unwrap_or_default() % all.len();
                // A thread ends before its last chunk only by a panic.
                all[from].recv().map_err(|_| DbError::Panicked)?
            }
        }
    }
}

/// Checks every `step`th chunk from `first` on, until there is none or nobody wants them any more.
fn hand_over(
    conn: &mut Conn,
    sources: &Sources,
    (first, step, end): (u64, u64, u64),
    to: &SyncSender<Result<Chunk, DbError>>,
) {
    let mut n = first;
    while n * ENTRIES < end && to.send(check(conn, sources, n, end)).is_ok() {
        n += step;
    }
}

/// Checks chunk `n` of a log of `end` entries.
fn check(conn: &mut Conn, sources: &Sources, n: u64, end: u64) -> Result<Chunk, DbError> {
    let (from, to) = (n * ENTRIES, end.min((n + 1) * ENTRIES));
    let (rows, unreadable) = read(conn, as_i64(from), as_i64(to))?;
    let rows: Vec<Checked> = rows.into_iter().map(Checked::new).collect();
    let columns = columns(conn, sources, &rows)?;
    let rows = rows.into_iter().map(|row| Checked { body: None, ..row }).collect();
    let wrong = [columns, unreadable].into_iter().flatten().min_by_key(Broken::at);
    Ok(Chunk { rows, wrong })
}

fn as_i64(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The rows from `from` to before `to`, up to the first that can't be read.
fn read(conn: &mut Conn, from: i64, to: i64) -> Result<(Vec<EntryRow>, Option<Broken>), DbError> {
    match store::entries(conn, from, to) {
        Ok(rows) => Ok((rows, None)),
        Err(e) if is_unreadable(&e) => {
            let mut rows = vec![];
            for idx in from..to {
                match store::entries(conn, idx, idx + 1) {
                    Ok(mut one) => rows.append(&mut one),
                    Err(e) if is_unreadable(&e) => {
                        let index = u64::try_from(idx).unwrap_or_default();
                        return Ok((rows, Some(Broken::Unreadable { index })));
                    }
                    Err(e) => return Err(e.into()),
                }
            }
            Ok((rows, None))
        }
        Err(e) => Err(e.into()),
    }
}

fn is_unreadable(e: &diesel::result::Error) -> bool {
    matches!(e, diesel::result::Error::DeserializationError(_))
}

/// An event as the log has it: index, id, body.
type Logged<'a> = (u64, Uuid, &'a str);

/// Holds the columns of each capability against the bodies of its events.
fn columns(
    conn: &mut Conn,
    sources: &Sources,
    rows: &[Checked],
) -> Result<Option<Broken>, DbError> {
    let mut of_log: HashMap<String, Vec<Logged<'_>>> = HashMap::new();
    for row in rows {
        // One without a body is wrong by itself.
        let (Some(body), Ok(index)) = (&row.body, u64::try_from(row.idx)) else { continue };
        let event = (index, row.event, &**body);
        let log = log_of(body);
        match of_log.get_mut(&*log) {
            Some(events) => events.push(event),
            None => drop(of_log.insert(log.into_owned(), vec![event])),
        }
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
pub(super) fn log_of(body: &str) -> Cow<'_, str> {
    #[derive(serde::Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        log: Cow<'a, str>,
    }
    serde_json::from_str(body).map_or_else(|_| Cow::Borrowed(""), |named: Named<'_>| named.log)
}

fn held_against(
    conn: &mut Conn,
    source: &dyn Source,
    events: &[Logged<'_>],
) -> Result<Option<Broken>, DbError> {
    let ids: Vec<Uuid> = events.iter().map(|(_, event, _)| *event).collect();
    let now = match source.bodies(conn, &ids) {
        Ok(now) => now,
        Err(e) if is_corrupt(&e) => one_by_one(conn, source, &ids)?,
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
            Err(e) if is_corrupt(&e) => {
                all.insert(*id, String::new());
            }
            Err(e) => return Err(e),
        }
    }
    Ok(all)
}

fn is_corrupt(e: &DbError) -> bool {
    matches!(e, DbError::Corrupt(_)) || matches!(e, DbError::Query(e) if is_unreadable(e))
}
