//! How large a network is and how its years pass. Requests come evenly, so that the number of one
//! says its time; everything else follows from it.

use super::super::Failed;
use crate::db::{Day, Instant};

/// Children of a full year.
const CHILDREN: f64 = 10_000.0;
/// Requests of a child.
pub(super) const REQUESTS: u64 = 4;
/// Accounts of a full year.
const ACCOUNTS: f64 = 200.0;
/// Requests at most: the codes of a centre are numbered by request.
const MOST: u64 = 400_000;
/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// One network to be made.
#[derive(Debug, Clone)]
pub(super) struct Size {
    /// What every choice follows from.
    pub seed: u64,
    /// Children registered until the end.
    pub children: u64,
    /// Accounts ever made.
    pub accounts: u64,
    /// When the first child was registered.
    pub begin: Instant,
    /// Until when things have happened.
    pub end: Instant,
}

impl Size {
    /// A network of `years` years that end as the day `until` begins (UTC).
    pub(super) fn new(years: f64, share: f64, seed: u64, until: Day) -> Result<Self, Failed> {
        let children = whole(CHILDREN * years * share)?;
        if children < 20 || children * REQUESTS > MOST {
            return Err(Failed::new(format!(
                "--years {years} --share {share}: {children} children; from 20 to 100000 can be made"
            )));
        }
        let end = Instant::from(until.0.to_zoned_datetime(jiff::tz::TimeZone::UTC)?.timestamp());
        let days = i64::try_from(whole((365.25 * years).max(1.0))?)?;
        let begin = Instant::from_us(end.us() - days * DAY_US).unwrap_or(end);
        let accounts = whole(ACCOUNTS * years * share)?;
        Ok(Self { seed, children, accounts, begin, end })
    }
    /// What names its database: the same again is the same network.
    pub(super) fn name(&self) -> String {
        let day = self.end.to_string()[..10].replace('-', "");
        format!("network_{}_{}_{}_{day}", self.children, self.days(), self.seed)
    }
    /// Requests until the end.
    pub(super) fn requests(&self) -> u64 {
        self.children * REQUESTS
    }
    fn span_us(&self) -> i64 {
        self.end.us() - self.begin.us()
    }
    /// Days that the network has worked.
    pub(super) fn days(&self) -> i64 {
        self.span_us() / DAY_US
    }
    /// When request `n` is made.
    pub(super) fn request_at(&self, n: u64) -> Instant {
        let passed = i128::from(self.span_us()) * i128::from(n) / i128::from(self.requests());
        let us = self.begin.us() + i64::try_from(passed).unwrap_or(0);
        Instant::from_us(us).unwrap_or(self.end)
    }
    /// Children registered in so many days.
    pub(super) fn children_in(&self, days: u64) -> u64 {
        self.children * days / u64::try_from(self.days()).unwrap_or(1).max(1)
    }
    /// The first request that is made in the calendar year `year` (UTC) or later.
    pub(super) fn first_of_year(&self, year: i16) -> u64 {
        let (mut low, mut high) = (0, self.requests());
        while low < high {
            let middle = u64::midpoint(low, high);
            if year_of(self.request_at(middle)) < year { low = middle + 1 } else { high = middle }
        }
        low
    }
    /// The yearly number of the `n`-th of things made with every `every`-th request, and its year.
    pub(super) fn number(&self, n: u64, every: u64) -> (i16, u32) {
        let year = year_of(self.request_at(n * every));
        let first = self.first_of_year(year).div_ceil(every);
        (year, u32::try_from(n - first + 1).unwrap_or(u32::MAX))
    }
}

fn whole(n: f64) -> Result<u64, Failed> {
    if !(0.0..1e9).contains(&n) {
        return Err(Failed::new(format!("{n} of something: --years and --share make no sense")));
    }
    // Within the range that was just looked at.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok(n.round() as u64)
}

/// The day of `at` in UTC.
pub(super) fn day_of(at: Instant) -> Day {
    Day(at.timestamp().to_zoned_datetime(jiff::tz::TimeZone::UTC).date())
}

/// The calendar year of `at` in UTC.
pub(super) fn year_of(at: Instant) -> i16 {
    day_of(at).0.year()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size() -> Size {
        Size::new(2.0, 0.01, 1, Day::new(2026, 3, 1).unwrap()).unwrap()
    }

    #[test]
    fn requests_come_in_order_until_the_end() {
        let size = size();
        assert_eq!((size.children, size.requests(), size.days()), (200, 800, 731));
        let times: Vec<_> = (0..800).map(|n| size.request_at(n)).collect();
        assert!(times.is_sorted() && times[0] == size.begin && times[799] < size.end);
    }

    #[test]
    fn numbers_begin_again_each_year_without_gaps() {
        let size = size();
        for every in [1, REQUESTS] {
            let numbers: Vec<_> =
                (0..size.requests() / every).map(|n| size.number(n, every)).collect();
            assert_eq!(numbers[0].1, 1);
            for pair in numbers.windows(2) {
                let next = if pair[0].0 == pair[1].0 { pair[0].1 + 1 } else { 1 };
                assert_eq!(pair[1].1, next, "{pair:?}");
            }
        }
    }

    #[test]
    fn a_network_without_children_or_with_too_many_is_refused() {
        let day = Day::new(2026, 3, 1).unwrap();
        assert!(Size::new(1.0, 0.0001, 1, day).is_err());
        assert!(Size::new(11.0, 1.0, 1, day).is_err());
    }
}
