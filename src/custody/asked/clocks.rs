//! When a scan occurred, of three clocks: the device's, the server's, and the last time in the log.
//! Pure. A scan is never lost because a clock is wrong (BR-05): its time is set right by what is
//! known of the clocks, and flagged; both the device's own time and the server's are kept.

use crate::app::App;
use crate::db::Instant;

/// How far a device's clock may be ahead, seconds (BR-05).
pub const AHEAD_SECONDS: i64 = 120;
/// A device's clock is told to be wrong past this, seconds (`reliability.md` F5).
pub(in crate::custody) const SKEW_SECONDS: i64 = 300;
/// How far past the log's last time a device's clock is believed while the server's is behind it:
/// over a long holiday nobody scans.
const BELIEVED_SECONDS: i64 = 7 * 86_400;

/// Flags that say something of a clock, and nothing of the tube.
pub(in crate::custody) const ABOUT_CLOCKS: [&str; 2] = ["device-clock", "server-clock"];

/// What the clocks say in the moment a batch arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::custody) struct Clocks {
    /// The server's own time.
    pub now: Instant,
    /// The log's last time, where the server's clock is behind it by more than a tolerance.
    pub ahead_of_now: Option<Instant>,
    /// The device's, if it said so.
    pub device_now: Option<Instant>,
}

/// When something occurred, and what is to be minded about that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::custody) struct Timed {
    pub at: Instant,
    /// `device-clock`, `clock-moved` or `time-unknown`.
    pub flag: Option<&'static str>,
    /// What was added to the device's clock, milliseconds.
    pub offset_ms: i64,
}

impl Clocks {
    /// Of what is told on a page: no device's clock takes part.
    pub(in crate::custody) fn of(app: &App, now: Instant) -> Self {
        Self { now, ahead_of_now: app.clock_watch.ahead_of(now), device_now: None }
    }

    /// Later than this nothing can have occurred (BR-05).
    pub(in crate::custody) fn latest(&self) -> Instant {
        match self.ahead_of_now {
            // The server can't tell what time it is.
            Some(last) => last.plus_seconds(BELIEVED_SECONDS),
            None => self.now.plus_seconds(AHEAD_SECONDS),
        }
    }

    /// What the batch itself says is to be added to the device's clock, milliseconds.
    pub(in crate::custody) fn measured_ms(&self) -> Option<i64> {
        self.device_now.map(|d| self.now.us().saturating_sub(d.us()) / 1000)
    }

    /// When what a device says it read at `claimed` occurred. `own_ms` is what the device had found
    /// out by then that must be added to its clock.
    pub(in crate::custody) fn occurred(&self, claimed: Instant, own_ms: Option<i64>) -> Timed {
        if let Some(timed) = self.by_the_device(claimed) {
            return timed;
        }
        let (first, other, moved) = match (own_ms, self.measured_ms()) {
            (None, None) => (0, None, false),
            (Some(ms), None) | (None, Some(ms)) => (ms, None, false),
            // 0 is what a page says that has not asked yet.
            (Some(0), Some(now)) => (now, None, false),
            (Some(own), Some(now)) if own.abs_diff(now) <= 1000 * AHEAD_SECONDS.unsigned_abs() => {
                (own, None, false)
            }
            // The device's clock was set between the reading and the sending.
            (Some(own), Some(now)) => (own, Some(now), true),
        };
        let fits = |ms: i64| shifted(claimed, ms).filter(|at| *at <= self.latest());
        let found = [Some(first), other].into_iter().flatten().find_map(|ms| Some((fits(ms)?, ms)));
        match found {
            Some((at, offset_ms)) => Timed { at, flag: flag(offset_ms, moved), offset_ms },
            // A station's reading has happened, whatever its clock says.
            None if self.device_now.is_some() => self.unknown(),
            // A program's word alone: judged by the rules.
            None => Timed {
                at: shifted(claimed, first).unwrap_or(claimed),
                flag: None,
                offset_ms: first,
            },
        }
    }

    /// Nothing can be made of the device's time: the server's counts, and says so.
    pub(in crate::custody) fn unknown(&self) -> Timed {
        Timed { at: self.now, flag: Some("time-unknown"), offset_ms: 0 }
    }

    /// While the server's clock is wrong, a device's that is not behind the log either is the better
    /// one; what was learnt from the server is worth nothing.
    fn by_the_device(&self, claimed: Instant) -> Option<Timed> {
        let (last, device) = (self.ahead_of_now?, self.device_now?);
        let sane = device >= last.plus_seconds(-AHEAD_SECONDS) && device <= self.latest();
        (sane && claimed <= self.latest()).then_some(Timed {
            at: claimed,
            flag: None,
            offset_ms: 0,
        })
    }
}

fn shifted(at: Instant, ms: i64) -> Option<Instant> {
    Instant::from_us(at.us().checked_add(ms.checked_mul(1000)?)?)
}

fn flag(offset_ms: i64, moved: bool) -> Option<&'static str> {
    match moved {
        true => Some("clock-moved"),
        false if offset_ms.unsigned_abs() > 1000 * SKEW_SECONDS.unsigned_abs() => {
            Some("device-clock")
        }
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const T: &str = "2026-03-03T18:00:00Z";

    fn t(seconds: i64) -> Instant {
        T.parse::<Instant>().unwrap().plus_seconds(seconds)
    }
    fn clocks(device_ahead: Option<i64>) -> Clocks {
        Clocks { now: t(0), ahead_of_now: None, device_now: device_ahead.map(t) }
    }

    proptest! {
        /// However wrong a device's clock is, and however long a reading waited in its queue.
        #[test]
        fn a_reading_gets_its_true_time_by_the_clock_that_sends_it(
            wrong in -400_000_000_i64..400_000_000,
            waited in 0_i64..2_600_000,
            knew in any::<bool>(),
        ) {
            let timed = clocks(Some(wrong)).occurred(t(wrong - waited), knew.then_some(-wrong * 1000));
            prop_assert_eq!(timed.at, t(-waited));
            let skewed = wrong.abs() > SKEW_SECONDS;
            prop_assert_eq!(timed.flag, skewed.then_some("device-clock"));
        }

        #[test]
        fn a_stations_reading_is_never_in_the_future_and_never_overflows(
            claimed in any::<i64>(), own in prop::option::of(any::<i64>()), device in any::<i64>(),
        ) {
            let (Some(claimed), Some(device)) = (Instant::from_us(claimed), Instant::from_us(device))
            else { return Ok(()) };
            let c = Clocks { device_now: Some(device), ..clocks(None) };
            prop_assert!(c.occurred(claimed, own).at <= c.latest());
        }

        #[test]
        fn a_device_that_said_nothing_is_taken_at_its_word(claimed in -9_000_000_i64..9_000_000) {
            let timed = clocks(None).occurred(t(claimed), None);
            prop_assert_eq!(timed, Timed { at: t(claimed), flag: None, offset_ms: 0 });
        }
    }

    #[test]
    fn the_first_reading_of_a_page_that_has_not_asked_yet_is_not_stored_an_hour_early() {
        let timed = clocks(Some(-3600)).occurred(t(-3605), Some(0));
        assert_eq!((timed.at, timed.flag), (t(-5), Some("device-clock")));
    }

    #[test]
    fn a_clock_that_was_set_between_reading_and_sending_is_told() {
        // Read an hour early by the clock, which was then set right.
        let timed = clocks(Some(0)).occurred(t(-3700), Some(3_600_000));
        assert_eq!((timed.at, timed.flag), (t(-100), Some("clock-moved")));
        // What the device thought gives the future: what is measured now counts.
        let timed = clocks(Some(0)).occurred(t(-100), Some(3_600_000));
        assert_eq!((timed.at, timed.flag), (t(-100), Some("clock-moved")));
        // Neither can be: the reading stays, with the server's time.
        let timed = clocks(Some(0)).occurred(t(90_000), Some(3_600_000));
        assert_eq!((timed.at, timed.flag), (t(0), Some("time-unknown")));
    }

    #[test]
    fn while_the_server_is_behind_the_log_a_device_that_is_not_is_believed() {
        let behind = |device: i64| Clocks {
            now: t(-7200),
            ahead_of_now: Some(t(0)),
            device_now: Some(t(device)),
        };
        // Right, and told by the server's wrong clock that it is two hours off.
        assert_eq!(behind(60).occurred(t(50), Some(-7_260_000)).at, t(50));
        // Behind the log as well: of 2015.
        let of_2015 = behind(-340_000_000).occurred(t(-340_000_010), None);
        assert_eq!(of_2015.at, t(-7210));
        // Far past it.
        assert_eq!(behind(90 * 86_400).occurred(t(90 * 86_400 - 5), None).at, t(-7205));
    }
}
