//! How old a sample may be: three limits in hours, and the colour an age gets (BR-11). Ages are
//! whole seconds: no float decides a colour. Pure.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::db::Instant;

crate::words! {
    /// The colour of an age.
    pub enum Freshness {
        /// Up to the preferred age.
        Green = "green",
        /// Up to the accepted age.
        Yellow = "yellow",
        /// Up to the hard limit: needs a reason.
        Orange = "orange",
        /// Past it: needs the head of the laboratory, and only for what can't be drawn again.
        Red = "red",
        /// No collection time, or no window: never green (BR-12).
        Unknown = "unknown",
    }
}

/// The limits for one specimen in one container for one kind of study.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StabilityWindow {
    /// A code of `specimen_types.csv`: `BM`.
    pub specimen: String,
    /// A code of `containers.csv`: `EDTA`.
    pub container: String,
    /// `immunophenotype_dx`, `mrd_fcm` …
    pub study: String,
    /// Coldest transport, °C, as written.
    pub temp_min_c: String,
    /// Warmest transport, °C, as written.
    pub temp_max_c: String,
    /// Preferred age, seconds.
    #[serde(rename = "preferred_h", deserialize_with = "hours")]
    pub preferred_s: i64,
    /// Accepted age, seconds.
    #[serde(rename = "accept_h", deserialize_with = "hours")]
    pub accept_s: i64,
    /// Hard limit, seconds.
    #[serde(rename = "hard_max_h", deserialize_with = "hours")]
    pub hard_max_s: i64,
    /// What happens past the accepted age.
    pub beyond_accept: String,
    /// What happens past the hard limit.
    pub beyond_hard: String,
    /// Where it is from.
    pub source: String,
    /// What was verified.
    pub verified: String,
}

/// Whole or half hours as seconds.
fn hours<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
    let text = String::deserialize(d)?;
    let (whole, half) = match text.split_once('.') {
        None => (text.as_str(), 0),
        Some((whole, "5")) => (whole, 1800),
        Some(_) => return Err(D::Error::custom("must be whole or half hours")),
    };
    let whole: i64 = whole.parse().map_err(|_| D::Error::custom("must be whole or half hours"))?;
    Ok(whole * 3600 + half)
}

impl StabilityWindow {
    /// The colour of an age in seconds (BR-11; each limit belongs to the better colour).
    pub fn freshness(&self, age_s: i64) -> Freshness {
        match age_s {
            a if a <= self.preferred_s => Freshness::Green,
            a if a <= self.accept_s => Freshness::Yellow,
            a if a <= self.hard_max_s => Freshness::Orange,
            _ => Freshness::Red,
        }
    }
}

/// The age at `now` of what was collected at `collected_at`, in seconds of UTC (BR-10), and its
/// colour. Unknown without a collection time (BR-12) or a window.
pub fn age(
    window: Option<&StabilityWindow>,
    collected_at: Option<Instant>,
    now: Instant,
) -> (Option<i64>, Freshness) {
    let Some(collected) = collected_at else { return (None, Freshness::Unknown) };
    let age = now.seconds_since(collected);
    let colour = match window {
        // Collected in the future of this clock: nothing can be said.
        Some(w) if age >= 0 => w.freshness(age),
        _ => Freshness::Unknown,
    };
    (Some(age), colour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn br_10_age_is_counted_over_utc() {
        let (age, colour) = age(
            Catalogue::embedded().stability("BM", "EDTA", "mrd_fcm"),
            Some(at("2026-03-03T11:00:00-08:00")),
            at("2026-03-06T13:00:00-06:00"),
        );
        assert_eq!((age, colour), (Some(72 * 3600), Freshness::Orange));
    }

    #[test]
    fn br_11_each_limit_belongs_to_the_better_colour() {
        let catalogue = Catalogue::embedded();
        let w = catalogue.stability("BM", "EDTA", "mrd_fcm").unwrap();
        for (seconds, colour) in [
            (0, Freshness::Green),
            (24 * 3600, Freshness::Green),
            (24 * 3600 + 1, Freshness::Yellow),
            (48 * 3600, Freshness::Yellow),
            (48 * 3600 + 1, Freshness::Orange),
            (72 * 3600, Freshness::Orange),
            (72 * 3600 + 1, Freshness::Red),
        ] {
            assert_eq!(w.freshness(seconds), colour, "{seconds}");
        }
        let csf = catalogue.stability("CSF", "STE", "csf_fcm").unwrap();
        assert_eq!(csf.freshness(1800), Freshness::Green);
    }

    #[test]
    fn br_12_without_a_collection_time_nothing_is_green() {
        let catalogue = Catalogue::embedded();
        let w = catalogue.stability("BM", "EDTA", "mrd_fcm");
        assert_eq!(age(w, None, at("2026-03-06T13:00:00Z")).1, Freshness::Unknown);
        let future = age(w, Some(at("2026-03-06T13:00:01Z")), at("2026-03-06T13:00:00Z"));
        assert_eq!(future.1, Freshness::Unknown);
        assert_eq!(
            age(None, Some(at("2026-03-06T13:00:00Z")), at("2026-03-06T13:00:00Z")).1,
            Freshness::Unknown
        );
    }
}
