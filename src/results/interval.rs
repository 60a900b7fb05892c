//! How sure a count is: its confidence interval.

use statrs::function::beta::beta_reg;

use super::percent::{Rounding, rounded};

/// A 95 % interval, fractions of 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Clopper–Pearson, 95 %, of `k` events among `n` (BR-19).
    pub fn of(k: u64, n: u64) -> Self {
        let (events, all) = (k as f64, n as f64);
        let low = if k == 0 { 0.0 } else { beta_quantile(0.025, events, all - events + 1.0) };
        let high = if k == n { 1.0 } else { beta_quantile(0.975, events + 1.0, all - events) };
        Self { low, high }
    }

    /// Both ends in percent, rounded outwards: what is shown is never narrower than what is known.
    pub fn text(&self) -> String {
        let low = rounded(self.low * 100.0, Rounding::Down);
        let high = rounded(self.high * 100.0, Rounding::Up);
        format!("{} – {high}", low.trim_end_matches("\u{202f}%"))
    }
}

/// The quantile `p` of Beta(a, b): bisection on the regularized incomplete beta function, which is
/// monotone. About 60 halvings reach the last bit that matters.
fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    // The quantile lies near a / (a + b): start from a bracket around it, grown until it holds.
    let mean = a / (a + b);
    let (mut low, mut high) = (0.0, (mean * 4.0 + 40.0 / (a + b)).min(1.0));
    if beta_reg(a, b, high) < p {
        high = 1.0;
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if beta_reg(a, b, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
        if high - low <= high * 1e-14 {
            break;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_rounded_outwards() {
        let i = Interval::of(35, 1_250_000);
        assert_eq!(i.text(), "0.0019 – 0.0039\u{202f}%");
        assert_eq!(Interval::of(0, 4_000_000).text(), "0 – 0.000093\u{202f}%");
        assert_eq!(Interval::of(100, 100).text(), "96 – 100\u{202f}%");
    }
}
