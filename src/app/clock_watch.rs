//! The server's clock held against the log's last time. A clock that was set back must not make
//! right times look like times of the future: it is told, and it is the server's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::db::Instant;

/// How far the clock may be behind the log before it is told, seconds: several servers write one
/// log, and their clocks differ a little (BR-05 gives devices as much).
pub const BEHIND_SECONDS: i64 = 120;

/// The last time that is known to stand in the log. Cheap to clone; clones share it.
///
/// It says no more than that one of the two is wrong: the clock now, or the one that wrote those
/// entries. Past enough newer entries (see `ledger::last_time`) the old ones no longer count.
#[derive(Debug, Clone)]
pub struct ClockWatch(Arc<AtomicI64>);

impl Default for ClockWatch {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MIN)))
    }
}

impl ClockWatch {
    /// Something was recorded at `at` by this server.
    pub fn saw(&self, at: Instant) {
        self.0.fetch_max(at.us(), Ordering::Relaxed);
    }
    /// What the log says, other servers' entries included.
    pub fn is(&self, last: Option<Instant>) {
        self.0.store(last.map_or(i64::MIN, Instant::us), Ordering::Relaxed);
    }
    /// The log's last time, if `now` is behind it by more than [`BEHIND_SECONDS`].
    pub fn ahead_of(&self, now: Instant) -> Option<Instant> {
        let last = Instant::from_us(self.0.load(Ordering::Relaxed))?;
        (last.seconds_since(now) > BEHIND_SECONDS).then_some(last)
    }
    /// By how many seconds `now` is behind the log; 0 within the tolerance.
    pub fn behind_seconds(&self, now: Instant) -> i64 {
        self.ahead_of(now).map_or(0, |last| last.seconds_since(now))
    }
    /// The best this server knows of the time: never behind the log. For what a person is shown
    /// and asked, not for what is recorded.
    pub fn reckoned(&self, now: Instant) -> Instant {
        self.ahead_of(now).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_past_the_tolerance_and_until_the_log_says_otherwise() {
        let t = |s: i64| "2026-03-03T18:00:00Z".parse::<Instant>().unwrap().plus_seconds(s);
        let watch = ClockWatch::default();
        assert_eq!(watch.behind_seconds(t(0)), 0, "an empty log");
        watch.saw(t(0));
        watch.saw(t(-7200));
        assert_eq!(watch.behind_seconds(t(-120)), 0);
        assert_eq!(watch.behind_seconds(t(-121)), 121);
        assert_eq!((watch.reckoned(t(-7200)), watch.reckoned(t(5))), (t(0), t(5)));
        watch.is(Some(t(-7200)));
        assert_eq!(watch.behind_seconds(t(-7200)), 0);
    }
}
