//! Percentages for people. A share is exact, and its text has as many digits as it takes to read as the
//! counts do: never on the other side of a threshold, of the limits, or of zero. Pure.

use std::cmp::Ordering;

/// `part` of `whole` in percent; 0 of nothing is 0.
pub fn percent_of(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

/// `part` of `whole`, exactly.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    part: u64,
    /// At least 1.
    whole: u64,
}

/// Digits after the point at most. Shares of counts up to 10⁹ and of parts per million differ by at least
/// 10⁻¹³ %, so that fewer always tell them apart.
const MOST_DECIMALS: u32 = 15;

/// Which way a share is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Nearest,
    Up,
}

impl Share {
    /// `part` of `whole`; of nothing it is nothing.
    pub fn new(part: u64, whole: u64) -> Self {
        if whole == 0 { Self { part: 0, whole: 1 } } else { Self { part, whole } }
    }
    /// Parts per million, as thresholds are kept.
    pub fn of_ppm(ppm: u64) -> Self {
        Self { part: ppm, whole: 1_000_000 }
    }
    /// What is counted.
    pub fn part(self) -> u64 {
        self.part
    }
    /// Of how many.
    pub fn whole(self) -> u64 {
        self.whole
    }
    /// Which of two is more, exactly.
    pub fn against(self, other: Self) -> Ordering {
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        product(self.part, other.whole).cmp(&product(other.part, self.whole))
    }
    /// With so many digits after the point of its percentage.
    fn written(self, decimals: u32, way: Way) -> Written {
        let (part, whole) = (u128::from(self.part), u128::from(self.whole));
        let scaled = part * 100 * 10_u128.pow(decimals);
        let units = match way {
            Way::Nearest => (scaled * 2 + whole) / (whole * 2),
            Way::Up => scaled.div_ceil(whole),
        };
        Written { units, decimals }
    }
    /// With two significant digits, then with one more at a time.
    fn longer(self, way: Way) -> impl Iterator<Item = Written> + Clone {
        let enough = |w: &Written| self.part == 0 || w.units >= 10;
        let first = (0..=MOST_DECIMALS).find(|d| enough(&self.written(*d, way)));
        (first.unwrap_or(MOST_DECIMALS)..=MOST_DECIMALS).map(move |d| self.written(d, way))
    }
    /// The first of [`Share::longer`] that `reads` right; the longest where none does.
    fn until(self, way: Way, reads: impl Fn(&Written) -> bool) -> Written {
        let last = self.written(MOST_DECIMALS, way);
        self.longer(way).find(reads).unwrap_or(last)
    }
    /// The nearest two significant digits, or as many as it takes to stand to each of `marks` as it does.
    pub fn text(self, marks: &[Self]) -> String {
        self.until(Way::Nearest, |w| marks.iter().all(|m| w.against(*m) == self.against(*m)))
            .to_string()
    }
}

/// A percentage as it is written: `units` of 10^-`decimals` percent.
#[derive(Debug, Clone, Copy)]
struct Written {
    units: u128,
    decimals: u32,
}

impl Written {
    fn against(&self, share: Share) -> Ordering {
        let of_share = u128::from(share.part) * 100 * 10_u128.pow(self.decimals);
        (self.units * u128::from(share.whole)).cmp(&of_share)
    }
    fn beside(&self, other: &Self) -> Ordering {
        let decimals = self.decimals.max(other.decimals);
        let units = |w: &Self| w.units * 10_u128.pow(decimals - w.decimals);
        units(self).cmp(&units(other))
    }
}

impl std::fmt::Display for Written {
    /// Never scientific, a point, a narrow no-break space: `0.0028 %`, `80 %`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = 10_u128.pow(self.decimals);
        let (whole, rest) = (self.units / unit, self.units % unit);
        let digits = usize::try_from(self.decimals).unwrap_or_default();
        let rest = if digits == 0 { String::new() } else { format!("{rest:0digits$}") };
        match rest.trim_end_matches('0') {
            "" => write!(f, "{whole}\u{202f}%"),
            rest => write!(f, "{whole}.{rest}\u{202f}%"),
        }
    }
}

/// The texts of one measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// What was measured, as a percentage.
    pub value: String,
    /// The limit of detection: never less than it is.
    pub lod: String,
    /// The limit of quantification: never less than it is.
    pub loq: String,
}

impl Texts {
    /// The texts of a value with its two limits, beside these thresholds.
    pub(in crate::results) fn of(
        value: Share,
        [lod, loq]: [Share; 2],
        thresholds: &[Share],
    ) -> Self {
        let stands =
            |w: &Written, of: Share| thresholds.iter().all(|t| w.against(*t) == of.against(*t));
        // A value that is a limit has its text.
        let is_limit = [lod, loq].iter().position(|limit| value.against(*limit).is_eq());
        let steps = lod.longer(Way::Up).zip(loq.longer(Way::Up)).map(|(a, b)| [a, b]);
        let found =
            steps.filter(|said| stands(&said[0], lod) && stands(&said[1], loq)).find_map(|said| {
                let reads = |w: &Written| {
                    let beside =
                        |limit: Share, text: &Written| w.beside(text) == value.against(limit);
                    stands(w, value) && beside(lod, &said[0]) && beside(loq, &said[1])
                };
                let text = match is_limit {
                    Some(n) => Some(said[n]).filter(reads),
                    None => value.longer(Way::Nearest).find(reads),
                };
                text.map(|value| [value, said[0], said[1]])
            });
        let last = || [value, lod, loq].map(|share| share.written(MOST_DECIMALS, Way::Nearest));
        let [value, lod, loq] = found.unwrap_or_else(last).map(|w| w.to_string());
        Self { value, lod, loq }
    }
}

/// An end of an interval, percent, rounded outwards: two significant digits, and more where fewer would
/// stand otherwise to one of `marks`, percent.
pub(in crate::results) fn end(value: f64, up: bool, marks: &[f64]) -> String {
    if value <= 0.0 {
        return "0\u{202f}%".into();
    }
    if up && value >= 100.0 {
        return "100\u{202f}%".into();
    }
    let first = usize::try_from(1 - value.log10().floor() as i32).unwrap_or(0);
    let mut text = String::new();
    for decimals in first..=first.max(15) {
        let unit = 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
        let scaled = value * unit;
        let outwards = if up { (scaled.ceil() / unit).min(100.0) } else { scaled.floor() / unit };
        text = format!("{outwards:.decimals$}");
        if marks.iter().all(|m| outwards.total_cmp(m) == value.total_cmp(m)) {
            break;
        }
    }
    if text.contains('.') {
        text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    format!("{text}\u{202f}%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_significant_digits_never_scientific() {
        for (part, whole, text) in [
            (28, 1_000_000, "0.0028"),
            (80, 100, "80"),
            (922, 1_000_000_000, "0.000092"),
            (143, 1000, "14"),
            (999, 1_000_000, "0.1"),
            (125, 10_000, "1.3"),
            (999, 1000, "100"),
            (4, 100_000, "0.004"),
            (100, 100, "100"),
            (0, 100, "0"),
            (1, 3, "33"),
        ] {
            assert_eq!(Share::new(part, whole).text(&[]), format!("{text}\u{202f}%"));
        }
    }

    #[test]
    fn digits_agree_with_the_class() {
        let ppm = Share::of_ppm;
        for (part, whole, mark, text) in [
            // 9.996 % is below 10 %, and so it reads.
            (9_996, 100_000, 100_000, "9.996"),
            (2_490, 5_000_000, 500, "0.0498"),
            (10_000, 100_000, 100_000, "10"),
            (10_001, 100_000, 100_000, "10.001"),
            (999, 1000, 1_000_000, "99.9"),
            (1, 1_000_000_000, 0, "0.0000001"),
        ] {
            assert_eq!(Share::new(part, whole).text(&[ppm(mark)]), format!("{text}\u{202f}%"));
        }
    }

    #[test]
    fn limits_are_rounded_up_and_a_value_at_its_limit_reads_so() {
        let of = |k, n| {
            let limits = [Share::new(20, n), Share::new(50, n)];
            let t = Texts::of(Share::new(k, n), limits, &[Share::of_ppm(100)]);
            [t.value, t.lod, t.loq].map(|t| t.replace("\u{202f}%", ""))
        };
        assert_eq!(of(0, 1_910_000), ["0", "0.0011", "0.0027"]);
        assert_eq!(of(35, 1_250_000), ["0.0028", "0.0016", "0.004"]);
        // 50 of 1,300,000 is the limit of quantification itself, and reads as it.
        assert_eq!(of(50, 1_300_000), ["0.0039", "0.0016", "0.0039"]);
        assert_eq!(of(51, 1_300_000), ["0.00392", "0.0016", "0.0039"]);
    }

    fn read(text: &str) -> (u128, u32) {
        let text = text.trim_end_matches("\u{202f}%");
        let decimals = text.split_once('.').map_or(0, |(_, d)| d.len());
        (text.replace('.', "").parse().unwrap(), u32::try_from(decimals).unwrap())
    }
    fn stands(text: &str, share: Share) -> Ordering {
        let (units, decimals) = read(text);
        Written { units, decimals }.against(share)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]
        /// The text, read back, falls on the side of every threshold and limit on which the counts are.
        #[test]
        fn br_20_no_text_crosses_a_verdict(
            n in prop_oneof![1_u64..5_000_000, 1_u64..1_000_000_000],
            at in 0.0_f64..1.0, near in -3_i64..=3, lod in 1_u64..60, more in 0_u64..60,
            ppm in prop_oneof![Just(1_u64), Just(100), Just(500), Just(1000), Just(100_000), 1_u64..1_000_000],
        ) {
            // At random, or a few events beside the threshold.
            let beside = u64::try_from(i64::try_from(n * ppm / 1_000_000).unwrap() + near).unwrap_or(0);
            let k = if at < 0.5 { beside.min(n) } else { ((at - 0.5) * 2.0 * n as f64) as u64 };
            let (value, mark) = (Share::new(k, n), Share::of_ppm(ppm));
            let limits = [Share::new(lod, n), Share::new(lod + more, n)];
            let texts = Texts::of(value, limits, &[mark]);
            prop_assert_eq!(stands(&texts.value, mark), value.against(mark), "{:?}", texts);
            for (limit, said) in limits.into_iter().zip([&texts.lod, &texts.loq]) {
                prop_assert!(stands(said, limit).is_ge(), "a limit is never said lower: {:?}", texts);
                let (a, b) = (read(&texts.value), read(said));
                let beside = Written { units: a.0, decimals: a.1 }.beside(&Written { units: b.0, decimals: b.1 });
                prop_assert_eq!(beside, value.against(limit), "{:?}", texts);
            }
            prop_assert_eq!(read(&texts.value).0 == 0, k == 0);
        }
    }
}
