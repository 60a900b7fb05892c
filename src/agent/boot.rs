//! Time since the machine was started, sleep included: a laptop that slept between the server's
//! permission and the label must not print afterwards.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A point in time on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Boot(Duration);

impl Boot {
    /// The machine's time as it is, sleep included.
    pub(super) fn now() -> Self {
        let at = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(at.tv_sec).unwrap_or(0);
        Self(Duration::new(seconds, u32::try_from(at.tv_nsec).unwrap_or(0)))
    }

    /// The point in time `by` later; the last one there is where that would overflow.
    pub(super) fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by))
    }

    /// How long until then; zero once it has passed.
    pub(super) fn left(self) -> Duration {
        self.0.saturating_sub(Self::now().0)
    }

    /// It has passed.
    pub(super) fn over(self) -> bool {
        self.left().is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_and_runs_out() {
        let start = Boot::now();
        assert!(start.over());
        let later = start.plus(Duration::from_secs(60));
        assert!(!later.over());
        assert!(later.left() <= Duration::from_secs(60));
        assert!(later.left() > Duration::from_secs(50));
    }
}
