//! When a protocol's sample is due, and whether it came in time (`domain.md` section 3). Pure.

use crate::catalogue::TimePoint;
use crate::db::Day;

crate::words! {
    /// Where a due time point stands.
    pub enum DueState {
        /// Its window has not begun.
        Planned = "planned",
        /// Its window is open.
        Due = "due",
        /// Collected within it.
        CollectedInWindow = "collected-in-window",
        /// Collected, but outside it.
        CollectedOutOfWindow = "collected-out-of-window",
        /// Its window ended and nothing was collected.
        Missed = "missed",
        /// Not needed, for a reason.
        Waived = "waived",
        /// The child died or changed protocol.
        NotApplicable = "not-applicable",
    }
}

/// Whether a time point counts from the first day of treatment, as most do.
pub fn counts_from_day1(point: &TimePoint) -> bool {
    point.anchor.as_deref().is_none_or(|a| a == "day1")
}

/// Due day and window of a time point. The first day of treatment is day 1 itself: day 15 is
/// fourteen days later. From any other anchor (a transplant is day 0) the days simply add up.
pub fn window(anchor: Day, point: &TimePoint) -> (Day, Day, Day) {
    let days = if counts_from_day1(point) { point.day - 1 } else { point.day };
    let due = anchor.plus_days(days);
    (due, due.plus_days(-point.window_minus), due.plus_days(point.window_plus))
}

/// The state on `today` of a point with this window, collected or not.
pub fn due_state(today: Day, from: Day, to: Day, collected: Option<Day>) -> DueState {
    match collected {
        Some(day) if (from..=to).contains(&day) => DueState::CollectedInWindow,
        Some(_) => DueState::CollectedOutOfWindow,
        None if today < from => DueState::Planned,
        None if today <= to => DueState::Due,
        None => DueState::Missed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn br_32_day_15_is_fourteen_days_after_day_1() {
        let catalogue = Catalogue::embedded();
        let bfm = catalogue.protocol("AIEOP-BFM-ALL-2009").unwrap();
        let (due, from, to) = window(day("2026-02-16"), bfm.timepoint("D15").unwrap());
        assert_eq!(due, day("2026-03-02"));
        assert_eq!((from, to), (day("2026-03-01"), day("2026-03-04")));
        let state = |today: &str, collected: Option<&str>| {
            due_state(day(today), from, to, collected.map(day))
        };
        assert_eq!(state("2026-02-28", None), DueState::Planned);
        assert_eq!(state("2026-03-01", None), DueState::Due);
        assert_eq!(state("2026-03-04", None), DueState::Due);
        assert_eq!(state("2026-03-05", None), DueState::Missed);
        assert_eq!(state("2026-03-09", Some("2026-03-03")), DueState::CollectedInWindow);
        assert_eq!(state("2026-03-09", Some("2026-03-05")), DueState::CollectedOutOfWindow);
    }

    #[test]
    fn a_transplant_is_day_0() {
        let catalogue = Catalogue::embedded();
        let before = catalogue.protocol("HSCT-PRE").unwrap().timepoint("PRE-HSCT").unwrap();
        assert!(!counts_from_day1(before));
        let (due, from, to) = window(day("2026-06-20"), before);
        assert_eq!(due, day("2026-06-06"));
        assert_eq!((from, to), (day("2026-05-23"), day("2026-06-16")));
    }
}
