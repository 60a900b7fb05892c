//! How much memory SQLite's page caches may take: one budget for a server, divided by the
//! connections that it may come to have. A cache for each connection, of whatever size, would make
//! a machine with more processors need more memory for the same work.

use std::sync::atomic::{AtomicU32, Ordering};

/// Megabytes; the whole process has one.
static BUDGET_MB: AtomicU32 = AtomicU32::new(48);

/// With less, the upper levels of the indexes don't stay in a cache.
const LEAST_KIB: u32 = 1024;

/// Sets how many megabytes the page caches of a server take together, from its next start on.
pub fn limit_sqlite_cache(mb: u32) {
    BUDGET_MB.store(mb, Ordering::Relaxed);
}

/// The page cache of one connection. PostgreSQL has its own and takes no notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    /// KiB, as `PRAGMA cache_size` takes them when they are negative.
    pub(super) kib: u32,
}

impl Share {
    /// Of a command or a migration, which has the process to itself.
    pub(super) const COMMAND: Self = Self { kib: 8000 };

    /// Of the one writer: a quarter. It touches what is at work now, readers touch all of it.
    pub(super) fn of_writer() -> Self {
        Self::one_of(1, budget_kib() / 4)
    }

    /// Of each of at most `connections` readers, which have the rest.
    pub(super) fn of_readers(connections: usize) -> Self {
        Self::one_of(connections, budget_kib() / 4 * 3)
    }

    fn one_of(connections: usize, of_kib: u32) -> Self {
        let connections = u32::try_from(connections).unwrap_or(u32::MAX).max(1);
        Self { kib: (of_kib / connections).max(LEAST_KIB) }
    }
}

fn budget_kib() -> u32 {
    BUDGET_MB.load(Ordering::Relaxed).saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shares_together_are_the_budget() {
        let all = Share::of_writer().kib + 9 * Share::of_readers(9).kib;
        assert!((budget_kib() - 9..=budget_kib()).contains(&all), "{all}");
        assert_eq!(Share::of_readers(1_000_000).kib, LEAST_KIB);
    }
}
