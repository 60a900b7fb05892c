//! How sure a count is: its confidence interval. Pure.

use statrs::function::beta::ln_beta;

use super::percent::end;

/// A 95 % interval, fractions of 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Its lower end; 0 where nothing was found.
    pub low: f64,
    /// Its upper end; 1 where all of them were counted.
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

    /// The upper end in percent, rounded up, as in [`Interval::text`].
    pub fn text_of_high(&self, thresholds_ppm: &[u64]) -> String {
        let marks: Vec<f64> = thresholds_ppm.iter().map(|ppm| *ppm as f64 / 1e4).collect();
        end(self.high * 100.0, true, &marks)
    }

    /// Both ends in percent, rounded outwards: what is shown is never narrower than what is known, and
    /// stands to each threshold, in parts per million, as it does.
    pub fn text(&self, thresholds_ppm: &[u64]) -> String {
        let marks: Vec<f64> = thresholds_ppm.iter().map(|ppm| *ppm as f64 / 1e4).collect();
        let low = end(self.low * 100.0, false, &marks);
        let high = end(self.high * 100.0, true, &marks);
        format!("{} – {high}", low.trim_end_matches("\u{202f}%"))
    }
}

/// The quantile `p` of Beta(a, b): bisection on the regularized incomplete beta function, which is
/// monotone. About 60 halvings reach the last bit that matters.
fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let mean = a / (a + b);
    // A quantile lies within some deviations of the mean; what lies outside is looked for all the same.
    let deviation = (mean * (1.0 - mean) / (a + b + 1.0)).sqrt();
    let (mut low, mut high) =
        ((mean - 8.0 * deviation).max(0.0), (mean + 8.0 * deviation).min(1.0));
    if beta_share(a, b, low) > p {
        low = 0.0;
    }
    if beta_share(a, b, high) < p {
        high = 1.0;
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if beta_share(a, b, middle) < p {
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

/// Steps of the continued fraction at most: it takes some √max(a, b) of them, 32,000 for 10⁹ events.
const STEPS: u32 = 1_000_000;

/// The regularized incomplete beta function I_x(a, b), by its continued fraction (NIST DLMF 8.17.22) in
/// Lentz's way. The usual libraries stop after some 140 steps, and say nothing right above 10⁷ events.
fn beta_share(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction is quick on this side of the mean; the other side is the rest of 1.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_share(b, a, 1.0 - x);
    }
    let front = a.mul_add(x.ln(), b * (-x).ln_1p()) - ln_beta(a, b) - a.ln();
    let tiny = f64::MIN_POSITIVE;
    let steady = |v: f64| if v.abs() < tiny { tiny } else { v };
    let mut d = 1.0 / steady(1.0 - (a + b) * x / (a + 1.0));
    let (mut c, mut sum) = (1.0, d);
    for m in 1..STEPS {
        let m = f64::from(m);
        for part in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / steady(1.0 + part * d);
            c = steady(1.0 + part / c);
            sum *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (front.exp() * sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_rounded_outwards() {
        let i = Interval::of(35, 1_250_000);
        assert_eq!(i.text(&[]), "0.0019 – 0.0039\u{202f}%");
        assert_eq!(Interval::of(0, 4_000_000).text(&[]), "0 – 0.000093\u{202f}%");
        assert_eq!(Interval::of(100, 100).text(&[]), "96 – 100\u{202f}%");
    }
}
