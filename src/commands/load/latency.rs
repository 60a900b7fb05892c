//! Times of many requests, and what they come to.

use std::time::Duration;

/// The time each request took.
#[derive(Debug, Default)]
pub(super) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(super) fn push(&mut self, took: Duration) {
        self.0.push(took);
    }
    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }
    /// The longest; zero of none.
    pub(super) fn longest(&self) -> Duration {
        self.0.iter().max().copied().unwrap_or_default()
    }
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
    /// All of them together.
    pub(super) fn total(&self) -> Duration {
        self.0.iter().sum()
    }
    /// The time that `permille` of a thousand requests did not exceed; zero of none.
    pub(super) fn permille(&mut self, permille: usize) -> Duration {
        self.0.sort_unstable();
        let rank = (self.0.len() * permille).div_ceil(1000).saturating_sub(1);
        self.0.get(rank).copied().unwrap_or_default()
    }
}

/// Requests of one measurement.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Figures {
    /// Requests a second, over the whole measurement.
    pub rate: f64,
    /// 50th percentile, the median, milliseconds.
    pub p50: f64,
    /// 99th percentile, milliseconds.
    pub p99: f64,
}

impl Figures {
    pub(super) fn of(mut times: Latencies, over: Duration) -> Self {
        let ms = |d: Duration| d.as_secs_f64() * 1000.0;
        Self {
            rate: times.len() as f64 / over.as_secs_f64(),
            p50: ms(times.permille(500)),
            p99: ms(times.permille(990)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut times = Latencies::default();
        assert_eq!(times.permille(990), Duration::ZERO);
        (1..=200).rev().for_each(|ms| times.push(Duration::from_millis(ms)));
        assert_eq!(times.permille(500), Duration::from_millis(100));
        assert_eq!(times.permille(990), Duration::from_millis(198));
        let figures = Figures::of(times, Duration::from_secs(4));
        assert_eq!((figures.rate, figures.p50, figures.p99), (50.0, 100.0, 198.0));
    }
}
