//! MRD by counts (`domain.md` section 2). Counts decide; a percentage is only ever computed and
//! shown (BR-16). Classes and thresholds are compared in whole numbers (BR-20). Pure.

use super::interval::Interval;
use super::percent::{Share, Texts, percent_of};
use crate::catalogue::{Assay, Scale};
use crate::web::FieldFault;

crate::words! {
    /// What the counts say.
    pub enum MrdStatus {
        /// Can't be answered.
        NotEvaluable = "NOT_EVALUABLE",
        /// Not detected, and it would have been at the sensitivity asked for.
        Negative = "NEGATIVE",
        /// Not detected, but too few cells were looked at to say so.
        NegativeInsufficientSensitivity = "NEGATIVE_INSUFFICIENT_SENSITIVITY",
        /// Detected, too little to put a number on it.
        PositiveBelowLoq = "POSITIVE_BELOW_LOQ",
        /// Detected and quantified.
        PositiveQuantifiable = "POSITIVE_QUANTIFIABLE",
        /// Not found where only whether is asked (CSF, tissue).
        NotDetected = "NOT_DETECTED",
        /// Found where only whether is asked.
        Detected = "DETECTED",
    }
}

impl MrdStatus {
    /// Detected, at whatever level.
    pub fn is_positive(self) -> bool {
        matches!(self, Self::PositiveBelowLoq | Self::PositiveQuantifiable | Self::Detected)
    }
    /// Not detected, whether or not enough cells were seen to say so.
    pub fn is_negative(self) -> bool {
        matches!(self, Self::Negative | Self::NegativeInsufficientSensitivity | Self::NotDetected)
    }
}

/// From which events on a measurement may say something: those of an assay, and the sensitivity asked
/// for where it was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// What it can say.
    pub scale: Scale,
    /// Events of the limit of detection; of a presence, that make it one.
    pub lod_events: u64,
    /// Events of the limit of quantification.
    pub loq_events: u64,
    /// The limit of detection that validation found, ppm.
    pub lod_ppm: Option<u64>,
    /// The limit of quantification that validation found, ppm.
    pub loq_ppm: Option<u64>,
    /// Events of the denominator that a negative needs, whatever the sensitivity.
    pub min_events: Option<u64>,
    /// The sensitivity a negative needs, ppm.
    pub required_ppm: Option<u64>,
}

impl Limits {
    /// Those of an assay. `asked` is the sensitivity of the time point, where it asks for one.
    pub fn of(assay: &Assay, asked: Option<u64>) -> Self {
        let quantity = assay.scale == Scale::Quantity;
        Self {
            scale: assay.scale,
            lod_events: assay.lod_events,
            loq_events: assay.loq_events,
            lod_ppm: assay.lod_ppm,
            loq_ppm: assay.loq_ppm,
            min_events: assay.min_events,
            required_ppm: asked.or(assay.required_ppm).filter(|_| quantity),
        }
    }
    /// By events alone, as the first results were.
    pub fn by_events(lod_events: u64, loq_events: u64, required_ppm: Option<u64>) -> Self {
        Self {
            scale: Scale::Quantity,
            lod_events,
            loq_events,
            lod_ppm: None,
            loq_ppm: None,
            min_events: None,
            required_ppm,
        }
    }
}

/// The counts of one measurement, checked: 0 ≤ k ≤ N, N > 0, 0 < LOD ≤ LOQ events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    k: u64,
    n: u64,
    limits: Limits,
}

/// Events that no cytometer acquires: a typing mistake.
const ABSURD: i64 = 1_000_000_000;

/// How much a computed confidence limit may be off, of itself: a hundred times what it was measured to
/// be (`tests/intervals.rs`). A bound nearer to a threshold than this does not exclude it.
const BOUND_ERROR: f64 = 1e-8;

impl Counts {
    /// Checks the counts; each broken rule names its field.
    pub fn new(k: i64, n: i64, limits: Limits) -> Result<Self, Vec<FieldFault>> {
        let mut faults = vec![];
        let mut within = |field: &str, value: i64, low: i64, high: i64| {
            if !(low..=high).contains(&value) {
                let fault = FieldFault::new(field, "out-of-range");
                faults.push(fault.with("low", low).with("high", high));
            }
            u64::try_from(value).unwrap_or_default()
        };
        let int = |v: u64| i64::try_from(v).unwrap_or(i64::MAX);
        within("lod_events", int(limits.lod_events), 1, 1000);
        within("loq_events", int(limits.loq_events), 1, 1000);
        let counts = Self { k: within("k", k, 0, ABSURD), n: within("n", n, 1, ABSURD), limits };
        if faults.is_empty() && counts.k > counts.n {
            faults.push(FieldFault::new("k", "k-above-n"));
        }
        if faults.is_empty() && limits.lod_events > limits.loq_events {
            faults.push(FieldFault::new("loq_events", "loq-below-lod"));
        }
        if faults.is_empty() { Ok(counts) } else { Err(faults) }
    }

    /// The status: total, deterministic, monotone in k (BR-17).
    pub fn status(&self) -> MrdStatus {
        let positive = self.reaches(self.limits.lod_events, self.limits.lod_ppm);
        match self.limits.scale {
            Scale::Presence if positive => MrdStatus::Detected,
            Scale::Presence => MrdStatus::NotDetected,
            Scale::Quantity if self.reaches(self.limits.loq_events, self.limits.loq_ppm) => {
                MrdStatus::PositiveQuantifiable
            }
            Scale::Quantity if positive => MrdStatus::PositiveBelowLoq,
            Scale::Quantity if self.is_enough() => MrdStatus::Negative,
            Scale::Quantity => MrdStatus::NegativeInsufficientSensitivity,
        }
    }

    /// Whether so many events were counted, and as large a share as validation asks for.
    fn reaches(&self, events: u64, floor_ppm: Option<u64>) -> bool {
        self.k >= events && floor_ppm.is_none_or(|ppm| self.against(ppm).is_ge())
    }

    /// Whether not having found anything says that there is less than was asked about.
    fn is_enough(&self) -> bool {
        self.limits.required_ppm.is_none_or(|ppm| self.excludes(ppm))
            && self.limits.min_events.is_none_or(|least| self.n >= least)
    }

    /// Whether a negative excludes `ppm`: what lies at its limit of detection would have been found
    /// (HemaSphere 2021, PMC8824253 table 1: a negative has the sensitivity asked for), and the upper
    /// end of the 95 % interval of what was found lies below it. The first is compared in whole
    /// numbers; the bound is the one figure here that is no fraction, and is held off by its error.
    pub fn excludes(&self, ppm: u64) -> bool {
        let lod = self.lod();
        let detectable =
            u128::from(lod.part()) * 1_000_000 <= u128::from(ppm) * u128::from(lod.whole());
        detectable && self.interval().high * (1.0 + BOUND_ERROR) < ppm as f64 / 1e6
    }

    /// The limit of detection, exactly: that of the events or that of validation, whichever is more.
    fn lod(&self) -> Share {
        self.limit(self.limits.lod_events, self.limits.lod_ppm)
    }
    /// The limit of quantification, in the same way.
    fn loq(&self) -> Share {
        self.limit(self.limits.loq_events, self.limits.loq_ppm)
    }
    fn limit(&self, events: u64, floor_ppm: Option<u64>) -> Share {
        let by_events = Share::new(events, self.n);
        floor_ppm
            .map(Share::of_ppm)
            .filter(|floor| floor.against(by_events).is_gt())
            .unwrap_or(by_events)
    }

    /// How the value stands to a threshold in ppm, in whole numbers (BR-20).
    pub fn against(&self, threshold_ppm: u64) -> std::cmp::Ordering {
        Share::new(self.k, self.n).against(Share::of_ppm(threshold_ppm))
    }

    /// How the value stands to a threshold in ppm: what the protocol uses (BR-20).
    pub fn point(&self, threshold_ppm: u64) -> Point {
        if self.against(threshold_ppm).is_ge() { Point::Ge } else { Point::Lt }
    }

    /// How the confidence interval stands to a threshold in ppm.
    pub fn band(&self, threshold_ppm: u64) -> Band {
        let Interval { low, high } = self.interval();
        let threshold = threshold_ppm as f64 / 1e6;
        if low > threshold {
            Band::Above
        } else if high < threshold {
            Band::Below
        } else {
            Band::Borderline
        }
    }

    /// Events of the leukaemic population.
    pub fn k(&self) -> u64 {
        self.k
    }
    /// Events of the denominator.
    pub fn n(&self) -> u64 {
        self.n
    }
    /// From which events on it says something.
    pub fn limits(&self) -> Limits {
        self.limits
    }
    /// Events that make the limit of detection.
    pub fn lod_events(&self) -> u64 {
        self.limits.lod_events
    }
    /// Events that make the limit of quantification.
    pub fn loq_events(&self) -> u64 {
        self.limits.loq_events
    }
    /// The sensitivity a negative needs, parts per million.
    pub fn required_ppm(&self) -> Option<u64> {
        self.limits.required_ppm
    }
    /// Whether it says how much, or only whether.
    pub fn is_quantity(&self) -> bool {
        self.limits.scale == Scale::Quantity
    }
    /// The limit of detection, percent of the denominator.
    pub fn lod_percent(&self) -> f64 {
        percent_of(self.lod().part(), self.lod().whole())
    }
    /// The limit of quantification, percent of the denominator.
    pub fn loq_percent(&self) -> f64 {
        percent_of(self.loq().part(), self.loq().whole())
    }
    /// The value, percent of the denominator.
    pub fn percent(&self) -> f64 {
        percent_of(self.k, self.n)
    }
    /// Value and limits for people: each stands to the others, to these thresholds and to the sensitivity
    /// asked for as the counts do.
    pub fn texts(&self, thresholds_ppm: &[u64]) -> Texts {
        let marks: Vec<Share> = thresholds_ppm
            .iter()
            .chain(&self.limits.required_ppm)
            .map(|ppm| Share::of_ppm(*ppm))
            .collect();
        Texts::of(Share::new(self.k, self.n), [self.lod(), self.loq()], &marks)
    }
    /// Clopper–Pearson, 95 %, as fractions of 1 (BR-19).
    pub fn interval(&self) -> Interval {
        Interval::of(self.k, self.n)
    }
}

/// At or above a threshold, or below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// At or above.
    Ge,
    /// Below the threshold.
    Lt,
}

/// Whether the interval is clear of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// All of it above.
    Above,
    /// All of it below.
    Below,
    /// The threshold lies inside: shown loudly, never decided by the program.
    Borderline,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(k: i64, n: i64, ppm: Option<u64>) -> Counts {
        Counts::new(k, n, Limits::by_events(20, 50, ppm)).unwrap()
    }

    #[test]
    fn br_19_all_mrd_vectors_to_1e_6() {
        let file = include_str!("../../../tests/vectors/mrd_test_vectors.csv");
        let mut rows = csv::Reader::from_reader(file.as_bytes());
        let mut seen = 0;
        for row in rows.records() {
            let row = row.unwrap();
            let int = |i: usize| row[i].parse::<i64>().unwrap();
            let float = |i: usize| row[i].parse::<f64>().unwrap();
            seen += 1;
            let (k, n) = (int(0), int(1));
            if int(6) == 0 || n == 0 {
                assert_eq!(&row[14], "NOT_EVALUABLE");
                assert!(n > 0 || Counts::new(k, n, Limits::by_events(20, 50, None)).is_err());
                continue;
            }
            let whole = |i: usize| u64::try_from(int(i)).unwrap();
            let limits = Limits::by_events(whole(2), whole(3), u64::try_from(int(4)).ok());
            let c = Counts::new(k, n, limits).unwrap();
            assert_eq!(c.status().as_str(), &row[14], "k={k} n={n}");
            let near = |value: f64, column: usize| {
                assert!(
                    (value - float(column)).abs() <= 1e-6,
                    "k={k} n={n} column {column}: {value} against {}",
                    float(column)
                );
            };
            near(c.percent(), 7);
            near(c.lod_percent(), 8);
            near(c.loq_percent(), 9);
            let i = c.interval();
            near(i.low * 100.0, 10);
            near(i.high * 100.0, 11);
            let ppm = u64::try_from(int(5)).unwrap();
            let point = if c.point(ppm) == Point::Ge { "GE" } else { "LT" };
            let band = match c.band(ppm) {
                Band::Above => "ABOVE",
                Band::Below => "BELOW",
                Band::Borderline => "BORDERLINE",
            };
            assert_eq!(format!("{point}/{band}"), row[15], "k={k} n={n}");
        }
        assert_eq!(seen, 16);
    }

    #[test]
    fn br_20_thresholds_are_compared_in_whole_numbers() {
        assert_eq!(counts(50, 500_000, None).point(100), Point::Ge);
        assert_eq!(counts(49, 500_000, None).point(100), Point::Lt);
    }

    #[test]
    fn absurd_counts_are_refused_by_name() {
        let limits = |lod, loq| Limits::by_events(lod, loq, None);
        let blamed = |k, n| Counts::new(k, n, limits(20, 50)).unwrap_err()[0].field.clone();
        assert_eq!(blamed(-1, 10), "k");
        assert_eq!(blamed(11, 10), "k");
        assert_eq!(blamed(0, 0), "n");
        assert_eq!(blamed(0, 2_000_000_000), "n");
        assert_eq!(Counts::new(1, 10, limits(50, 20)).unwrap_err()[0].field, "loq_events");
    }

    proptest! {
        #[test]
        fn br_17_status_is_monotone_in_k(n in 100_i64..5_000_000, k in 0_i64..99, ppm in proptest::option::of(1_u64..10_000)) {
            prop_assert!(counts(k, n, ppm).status() <= counts(k + 1, n, ppm).status()
                || counts(k, n, ppm).status() == MrdStatus::NegativeInsufficientSensitivity);
            let rank = |s: MrdStatus| match s {
                MrdStatus::NotEvaluable => 0,
                MrdStatus::Negative | MrdStatus::NegativeInsufficientSensitivity => 1,
                MrdStatus::PositiveBelowLoq => 2,
                MrdStatus::PositiveQuantifiable => 3,
                MrdStatus::NotDetected | MrdStatus::Detected => panic!("a quantity"),
            };
            prop_assert!(rank(counts(k, n, ppm).status()) <= rank(counts(k + 1, n, ppm).status()));
        }

        #[test]
        fn br_18_more_cells_never_lose_sensitivity(n in 100_i64..5_000_000, more in 1_i64..5_000_000, k in 0_i64..20, ppm in 1_u64..10_000) {
            if counts(k, n, Some(ppm)).status() == MrdStatus::Negative {
                prop_assert_eq!(counts(k, n + more, Some(ppm)).status(), MrdStatus::Negative);
            }
        }

        #[test]
        fn br_19_the_interval_holds_the_value_and_narrows(k in 0_i64..500, n in 500_i64..1_000_000) {
            let (c, wider) = (counts(k, n, None), counts(k * 10, n * 10, None));
            let (i, j) = (c.interval(), wider.interval());
            let p = c.percent() / 100.0;
            prop_assert!(i.low <= p && p <= i.high && i.low >= 0.0 && i.high <= 1.0);
            prop_assert!(j.high - j.low <= i.high - i.low);
        }
    }
}
