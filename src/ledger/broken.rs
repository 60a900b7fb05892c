//! What a verification can find, in the words of its report.

use uuid::Uuid;

use super::packed::Unreadable;
use super::tree::Hash;

/// The first thing that is not as it was logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Broken {
    #[error("entry {index} is missing: the next one there is has index {found}")]
    Gap { index: u64, found: i64 },
    #[error("entry {index}: its row can't be read")]
    Unreadable { index: u64 },
    #[error("entry {index} (event {event}): the entry names another event or another time")]
    Renamed { index: u64, event: Uuid },
    #[error("entry {index} (event {event}): the body is not the one that was logged")]
    Altered { index: u64, event: Uuid },
    #[error("entry {index} (event {event}): the body can't be read: {why}")]
    Packed { index: u64, event: Uuid, why: Unreadable },
    #[error("entry {index} (event {event}): body or salt is gone")]
    BodyGone { index: u64, event: Uuid },
    #[error("entry {index} (event {event}): no part of this program writes the log {log:?}")]
    UnknownLog { index: u64, event: Uuid, log: String },
    #[error("entry {index} (event {event}): the event's columns are not what its body says")]
    Columns { index: u64, event: Uuid },
    #[error("entry {index} (event {event}): the event's row is gone")]
    RowGone { index: u64, event: Uuid },
    #[error(
        "entries {index} and {} (events {first} and {second}) are not the ones logged there: \
         moved, replaced or inserted", index + 1
    )]
    Moved { index: u64, first: Uuid, second: Uuid },
    #[error(
        "node {level}/{node} of the tree is wrong, though all below it is right; the first \
             entry under it is {index}"
    )]
    Node { index: u64, level: u8, node: u64 },
    #[error("node {level}/{node} of the tree belongs to no entry")]
    SurplusNode { level: i32, node: i64 },
    #[error(
        "entries {from} to {} are not the ones that were signed{hint}", signed - 1
    )]
    NotSigned { from: u64, signed: u64, hint: String },
    #[error("the checkpoint over {size} entries is not signed by this log's key")]
    BadSignature { size: u64 },
    #[error(
        "the head says {head} entries, there are {entries}: from index {entries} on they are \
             gone"
    )]
    Cut { head: u64, entries: u64 },
    #[error(
        "the head says {head} entries, there are {entries}: those from index {head} on were \
             inserted behind the program's back; the first is event {event}"
    )]
    Grown { head: u64, entries: u64, event: Uuid },
    #[error("the head does not follow from the {entries} entries")]
    Head { entries: u64 },
    #[error(
        "the log was cut: a checkpoint was signed over {signed} entries, there are {entries}; \
             from index {entries} on they are gone"
    )]
    Truncated { signed: u64, entries: u64 },
    #[error(
        "event {event} of {log} was never logged: inserted behind the program's back, or its \
             entry was taken away"
    )]
    Unlogged { event: Uuid, log: &'static str },
    #[error("key {n} of the log: {why}")]
    Key { n: i32, why: &'static str },
    #[error(
        "a checkpoint was signed over {signed} entries before the restore written down as key \
         {restored}, which knew of {known}: more was lost than was reckoned with, and codes and \
         numbers may have been given out twice"
    )]
    Beyond { signed: u64, restored: i32, known: u64 },
}

impl Broken {
    /// The first entry it concerns; past every entry for what concerns the whole.
    pub(super) fn at(&self) -> u64 {
        match self {
            Self::Gap { index, .. }
            | Self::Unreadable { index }
            | Self::Renamed { index, .. }
            | Self::Altered { index, .. }
            | Self::Packed { index, .. }
            | Self::BodyGone { index, .. }
            | Self::UnknownLog { index, .. }
            | Self::Columns { index, .. }
            | Self::RowGone { index, .. }
            | Self::Moved { index, .. }
            | Self::Node { index, .. } => *index,
            Self::NotSigned { signed, .. } => *signed,
            Self::BadSignature { size } => *size,
            _ => u64::MAX,
        }
    }
}

/// Entries much older than one before them. The log's order is not by the clock, so this breaks
/// nothing; it is how a back-dated event looks, or a server clock that was set back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backwards {
    /// How many there are.
    pub count: u64,
    /// The first one's index.
    pub index: u64,
    /// The event that the first one seals.
    pub event: Uuid,
    /// By how many milliseconds it is older than the latest one before it.
    pub by_ms: i64,
}

/// What a verification found.
#[derive(Debug, Clone)]
pub struct Report {
    /// How many entries were read.
    pub entries: u64,
    /// The root they give.
    pub root: Hash,
    /// Signed checkpoints that hold, those kept outside the database included.
    pub checkpoints: u64,
    /// Checkpoints kept outside that are over entries a restore gave up for lost.
    pub lost: u64,
    /// Entries that are out of the clock's order.
    pub backwards: Option<Backwards>,
    /// The first thing that is wrong.
    pub broken: Option<Broken>,
}
