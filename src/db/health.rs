//! What the writer has been doing: for `/readyz` and the metrics.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use super::trouble::Trouble;
use super::watch::locked;

/// Counts of a running writer.
#[derive(Debug, Default)]
pub(super) struct Health {
    state: Mutex<(Option<Trouble>, Option<Instant>)>,
    failed: [AtomicU64; Trouble::ALL.len()],
    unknown: AtomicU64,
    retries: AtomicU64,
    groups: AtomicU64,
    writes: AtomicU64,
    last_group: AtomicU64,
}

/// What is to be known of the database, at one moment.
#[derive(Debug, Clone)]
pub struct Figures {
    /// What kept the last group of writes from being committed.
    pub trouble: Option<Trouble>,
    /// Seconds since the last commit; none since the start.
    pub since_commit: Option<f64>,
    /// Writes that were not committed, by what was the matter.
    pub failed: Vec<(Trouble, u64)>,
    /// Writes whose commit was sent and never answered.
    pub unknown: u64,
    /// Groups that were tried once more.
    pub retries: u64,
    /// Groups of writes committed since the start.
    pub groups: u64,
    /// Writes committed with them.
    pub writes: u64,
    /// Writes in the last one.
    pub last_group: u64,
    /// Writes that wait for the writer.
    pub queue: usize,
}

impl Health {
    pub(super) fn trouble(&self) -> Option<Trouble> {
        locked(&self.state).0
    }
    pub(super) fn retried(&self) {
        self.retries.fetch_add(1, Relaxed);
    }
    pub(super) fn committed(&self, writes: usize) {
        *locked(&self.state) = (None, Some(Instant::now()));
        self.groups.fetch_add(1, Relaxed);
        self.writes.fetch_add(writes as u64, Relaxed);
        self.last_group.store(writes as u64, Relaxed);
    }
    /// `writes` were not committed. A defect is no trouble of the database's.
    pub(super) fn failed(&self, trouble: Option<Trouble>, writes: usize) {
        let Some(trouble) = trouble else { return };
        locked(&self.state).0 = Some(trouble);
        if let Some(n) = Trouble::ALL.iter().position(|t| *t == trouble) {
            self.failed[n].fetch_add(writes as u64, Relaxed);
        }
    }
    /// The commit of `writes` was not answered.
    pub(super) fn unknown(&self, trouble: Trouble, writes: usize) {
        locked(&self.state).0 = Some(trouble);
        self.unknown.fetch_add(writes as u64, Relaxed);
    }

    pub(super) fn figures(&self, queue: usize) -> Figures {
        let (trouble, last) = *locked(&self.state);
        let failed = Trouble::ALL.iter().zip(&self.failed);
        Figures {
            trouble,
            since_commit: last.map(|at| at.elapsed().as_secs_f64()),
            failed: failed.map(|(t, n)| (*t, n.load(Relaxed))).collect(),
            unknown: self.unknown.load(Relaxed),
            retries: self.retries.load(Relaxed),
            groups: self.groups.load(Relaxed),
            writes: self.writes.load(Relaxed),
            last_group: self.last_group.load(Relaxed),
            queue,
        }
    }
}
