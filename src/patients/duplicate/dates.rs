//! Birth dates that one child may have on two papers: the faults of a hand and of an ear. Pure.

use std::collections::BTreeMap;

use crate::db::Day;

/// How near two birth dates are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Near {
    /// One and the same.
    Same,
    /// A day, a month or a year off; day and month swapped; two digits swapped.
    Close,
    /// One of day, month and year is another one.
    Part,
}

/// How near `a` and `b` are; `None` where one is hardly the other written wrong.
pub(super) fn near(a: Day, b: Day) -> Option<Near> {
    around(a).remove(&b)
}

/// Years that a wrong year is off at most: children treated together.
const YEARS: i16 = 10;

/// Every day that is near `day`, itself among them. About 60, so that children are looked up by
/// an index of birth dates and never by walking all of them.
pub(super) fn around(day: Day) -> BTreeMap<Day, Near> {
    let (year, month, dom) = (day.0.year(), day.0.month(), day.0.day());
    let mut found = BTreeMap::from([(day, Near::Same)]);
    for close in close(day) {
        found.entry(close).or_insert(Near::Close);
    }
    let parts = (1..=31)
        .filter_map(|d| Day::new(year, month, d))
        .chain((1..=12).filter_map(|m| Day::new(year, m, dom)))
        .chain((year - YEARS..=year + YEARS).filter_map(|y| Day::new(y, month, dom)));
    for part in parts {
        found.entry(part).or_insert(Near::Part);
    }
    found
}

fn close(day: Day) -> impl Iterator<Item = Day> {
    let (year, month, dom) = (day.0.year(), day.0.month(), day.0.day());
    let two = i8::try_from(year % 100).unwrap_or_default();
    let swapped_year = year - i16::from(two) + i16::from(swapped(two));
    [
        Some(day.plus_days(1)),
        Some(day.plus_days(-1)),
        Day::new(year + 1, month, dom),
        Day::new(year - 1, month, dom),
        Day::new(year, month + 1, dom),
        Day::new(year, month - 1, dom),
        Day::new(year, dom, month),
        Day::new(year, month, swapped(dom)),
        Day::new(year, swapped(month), dom),
        Day::new(swapped_year, month, dom),
    ]
    .into_iter()
    .flatten()
}

/// 12 for 21.
fn swapped(two: i8) -> i8 {
    two % 10 * 10 + two / 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_written_wrong_is_near() {
        let of = |a: &str, b: &str| near(day(a), day(b));
        assert_eq!(of("2019-03-05", "2019-03-05"), Some(Near::Same));
        for close in [
            "2019-05-03",
            "2019-03-06",
            "2019-03-04",
            "2018-03-05",
            "2020-03-05",
            "2019-04-05",
            "2019-02-05",
            "2091-03-05",
        ] {
            assert_eq!(of("2019-03-05", close), Some(Near::Close), "{close}");
        }
        assert_eq!(of("2018-12-31", "2019-01-01"), Some(Near::Close));
        assert_eq!(of("2019-03-12", "2019-03-21"), Some(Near::Close));
        assert_eq!(of("2019-03-05", "2019-03-15"), Some(Near::Part));
        assert_eq!(of("2019-03-05", "2009-03-05"), Some(Near::Part));
        assert_eq!(of("2019-03-05", "2019-08-05"), Some(Near::Part));
        assert_eq!(of("2019-03-05", "2017-08-21"), None);
        assert_eq!(of("2020-02-29", "2019-02-28"), None);
    }

    proptest! {
        #[test]
        fn near_is_said_alike_from_both_sides(a in 0_i64..20_000, b in 0_i64..400) {
            let a = day("1975-01-01").plus_days(a);
            let b = a.plus_days(b);
            prop_assert_eq!(near(a, b), near(b, a));
        }

        #[test]
        fn few_days_are_near(a in 0_i64..20_000) {
            let found = around(day("1975-01-01").plus_days(a));
            prop_assert!(found.len() <= 75, "{}", found.len());
        }
    }
}
