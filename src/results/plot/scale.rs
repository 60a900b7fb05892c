//! Where things go: a log axis upwards, time in phases that are each linear. Pure.

pub(super) const WIDTH: f64 = 1000.0;
pub(super) const HEIGHT: f64 = 450.0;
pub(super) const LEFT: f64 = 100.0;
pub(super) const TOP: f64 = 64.0;
pub(super) const BOTTOM: f64 = 90.0;
/// White between two phases.
pub(super) const GAP: f64 = 14.0;
/// Width for all phases together.
const SPAN: f64 = 870.0;
/// log₁₀ of the axis' ends: 100 % and a little above 0.0001 %.
const HIGH: f64 = 2.0;
const LOW: f64 = -3.95;

/// The height of a percentage; what is below the axis lies on its foot.
pub(super) fn y(percent: f64) -> f64 {
    let log = percent.max(1e-9).log10().clamp(LOW, HIGH);
    TOP + (HIGH - log) / (HIGH - LOW) * (HEIGHT - TOP - BOTTOM)
}

/// One decimal: the picture stays small and the same everywhere.
pub(super) fn r1(v: f64) -> f64 {
    (v * 10.0).round() / 10.0
}

/// A stretch of linear time.
pub(super) struct Phase {
    from: f64,
    to: f64,
    pub(super) left: f64,
    pub(super) width: f64,
}

impl Phase {
    /// Its days, as `día 1–42`.
    pub(super) fn days(&self) -> String {
        format!("{:.0} – {:.0} d", self.from.max(0.0) + 1.0, self.to + 1.0)
    }
    /// The nominal days that lie in it; without any, its own quarters.
    pub(super) fn ticks(&self, nominal: &[(f64, String)]) -> Vec<(f64, String)> {
        let own: Vec<(f64, String)> =
            nominal.iter().filter(|(d, _)| (self.from..=self.to).contains(d)).cloned().collect();
        if !own.is_empty() {
            return own;
        }
        let step = ((self.to - self.from) / 4.0).max(1.0);
        (0..=3)
            .map(|i| self.from.max(0.0) + step * (f64::from(i) + 0.5))
            .filter(|d| *d <= self.to)
            .map(|d| (d.round(), format!("{:.0}", d.round() + 1.0)))
            .collect()
    }
}

/// Days to places.
pub(super) struct XScale(Vec<Phase>);

/// Where treatment changes pace: the first weeks, to the end of consolidation, the rest.
const CUTS: [f64; 2] = [45.0, 120.0];

impl XScale {
    /// Phases for samples on these days: as many as they reach, the first weeks widest.
    pub(super) fn new(days: &[f64]) -> Self {
        let first = days.iter().copied().fold(0.0_f64, f64::min) - 2.0;
        let last = days.iter().copied().fold(30.0_f64, f64::max);
        let mut bounds = vec![first];
        bounds.extend(CUTS.iter().copied().filter(|c| *c < last));
        bounds.push(last + (last - first) * 0.05);
        let weights = [3.0, 1.4, 2.2];
        let n = bounds.len() - 1;
        let total: f64 = weights.iter().take(n).sum();
        let room = SPAN - GAP * (n as f64 - 1.0);
        let mut left = LEFT;
        let mut phases = vec![];
        for (pair, weight) in bounds.windows(2).zip(weights) {
            let width = room * weight / total;
            phases.push(Phase { from: pair[0], to: pair[1], left, width });
            left += width + GAP;
        }
        Self(phases)
    }
    /// The place of a day.
    pub(super) fn at(&self, day: f64) -> f64 {
        let phase = self.0.iter().find(|p| day <= p.to).or(self.0.last());
        phase.map_or(LEFT, |p| {
            p.left + (day.clamp(p.from, p.to) - p.from) / (p.to - p.from) * p.width
        })
    }
    /// The ends of the phase that a day lies in.
    pub(super) fn bounds(&self, day: f64) -> (f64, f64) {
        let phase = self.0.iter().find(|p| day <= p.to).or(self.0.last());
        phase.map_or((LEFT, LEFT), |p| (p.left, p.left + p.width))
    }
    /// The right end.
    pub(super) fn right(&self) -> f64 {
        self.0.last().map_or(LEFT, |p| p.left + p.width)
    }
    /// The stretches of time, from left to right.
    pub(super) fn phases(&self) -> &[Phase] {
        &self.0
    }
}
