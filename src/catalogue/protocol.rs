//! Protocols: when a sample is due, which sensitivity it needs, which threshold means what.
//! Thresholds are integers in parts per million: no float decides a class.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A treatment protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// `AIEOP-BFM-ALL-2009`.
    pub id: String,
    /// Diseases it is for.
    pub disease: String,
    /// Whether it is in use.
    pub status: String,
    /// Denominator it states, in words.
    pub denominator: String,
    /// Always false in the shipped files: a network approves what it uses.
    pub enabled_by_default: bool,
    /// Takes the time points of another protocol.
    pub timepoints_like: Option<String>,
    /// Protocols it feeds.
    #[serde(default)]
    pub feeds: Vec<String>,
    /// What to mind.
    pub note: Option<String>,
    /// Its time points, in order of day.
    #[serde(default, rename = "timepoint")]
    pub timepoints: Vec<TimePoint>,
    /// Its rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// A day on which a sample is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimePoint {
    /// `D15`, `TP1` …
    pub id: String,
    /// Days after the anchor (day 1 is day 1: the first treatment day).
    pub day: i64,
    /// Days it may be early.
    pub window_minus: i64,
    /// Days it may be late.
    pub window_plus: i64,
    /// Specimen.
    pub specimen: String,
    /// `FCM`, `PCR`, `NGS`, `RT`, `MORPH`.
    pub methods: Vec<String>,
    /// Sensitivity a negative needs: parts per million here, a decimal percentage where written.
    #[serde(default, rename = "required_sensitivity_pct", with = "percent")]
    #[schema(value_type = Option<String>)]
    pub required_ppm: Option<u64>,
    /// `day1` unless said otherwise.
    pub anchor: Option<String>,
    /// When it is asked for at all.
    pub conditional_on: Option<String>,
    /// What to mind.
    pub note: Option<String>,
}

impl TimePoint {
    /// Whether flow cytometry answers it.
    pub fn by_flow(&self) -> bool {
        self.methods.iter().any(|m| m == "FCM")
    }
}

/// How a result is compared with a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// Less than.
    Lt,
    /// At most.
    Le,
    /// More than.
    Gt,
    /// At least.
    Ge,
}

impl Op {
    /// Its word in the files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Gt => "gt",
            Self::Ge => "ge",
        }
    }
}

/// What a result means. Rules without a threshold are words for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The time point it looks at.
    pub timepoint: Option<String>,
    /// The method it looks at.
    pub method: Option<String>,
    /// The patients it is for.
    pub applies_to: Option<String>,
    /// Comparison.
    pub op: Option<Op>,
    /// Threshold: parts per million of the denominator here, a decimal percentage where written.
    #[serde(default, rename = "threshold_pct", with = "percent")]
    #[schema(value_type = Option<String>)]
    pub threshold_ppm: Option<u64>,
    /// In words, where it is no comparison.
    pub when: Option<String>,
    /// The class it gives.
    pub class: String,
    /// Whether it was read in the cited source.
    pub verified: bool,
    /// Where it is from: a key of `[sources]`.
    pub source: String,
    /// What to mind.
    pub note: Option<String>,
}

impl Protocol {
    /// A time point by its name.
    pub fn timepoint(&self, id: &str) -> Option<&TimePoint> {
        self.timepoints.iter().find(|t| t.id == id)
    }
    /// The thresholds (ppm) that flow cytometry is held against, highest first, each once, with
    /// the class of the first rule that names it.
    pub fn thresholds(&self) -> Vec<(u64, &str)> {
        let by_flow = |r: &&Rule| r.method.as_deref().is_none_or(|m| m == "FCM");
        let mut list: Vec<(u64, &str)> = self
            .rules
            .iter()
            .filter(by_flow)
            .filter_map(|r| Some((r.threshold_ppm?, r.class.as_str())))
            .collect();
        list.sort_by_key(|t| std::cmp::Reverse(t.0));
        list.dedup_by_key(|t| t.0);
        list
    }
    /// The threshold above which a result at `timepoint` puts the child at high risk, ppm.
    pub fn high_risk_ppm(&self, timepoint: &str) -> Option<u64> {
        self.rules
            .iter()
            .filter(|r| r.timepoint.as_deref() == Some(timepoint) && r.class.contains("HR"))
            .filter(|r| matches!(r.op, Some(Op::Ge | Op::Gt)))
            .filter_map(|r| r.threshold_ppm)
            .min()
    }
}

/// Parts per million of a percentage written in decimal: `0.05` is 500. Exact: more than four
/// decimals, signs and exponents are refused.
pub fn ppm_of_percent(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) || decimals.len() > 4 {
        return None;
    }
    let decimals: u64 = format!("{decimals:0<4}").parse().ok()?;
    let ppm = whole.parse::<u64>().ok()?.checked_mul(10_000)?.checked_add(decimals)?;
    (ppm <= 1_000_000).then_some(ppm)
}

/// The percentage that is `ppm` parts per million, written in decimal: 500 is `0.05`. Exact.
pub fn percent_of_ppm(ppm: u64) -> String {
    let text = format!("{}.{:04}", ppm / 10_000, ppm % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Percentages as they are written: a decimal in the catalogue's TOML, of which the shortest form
/// is what was written, to the digit; the same decimal as a text where a protocol is kept, so that
/// no float is stored.
mod percent {
    use std::fmt;

    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;

    use super::{percent_of_ppm, ppm_of_percent};

    struct Percent;

    impl Visitor<'_> for Percent {
        type Value = Option<u64>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a percentage")
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            ppm_of_percent(text)
                .map(Some)
                .ok_or_else(|| E::custom("must be a percentage from 0 to 100, at most 4 decimals"))
        }
        fn visit_f64<E: Error>(self, written: f64) -> Result<Self::Value, E> {
            self.visit_str(&format!("{written}"))
        }
        fn visit_i64<E: Error>(self, written: i64) -> Result<Self::Value, E> {
            self.visit_str(&format!("{written}"))
        }
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<u64>, D::Error> {
        d.deserialize_any(Percent)
    }

    pub(super) fn serialize<S: Serializer>(ppm: &Option<u64>, s: S) -> Result<S::Ok, S::Error> {
        match ppm {
            Some(ppm) => s.serialize_str(&percent_of_ppm(*ppm)),
            None => s.serialize_unit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_exact() {
        for (text, ppm) in
            [("0.01", 100), ("0.05", 500), ("0.0001", 1), ("10.0", 100_000), ("100", 1_000_000)]
        {
            assert_eq!(ppm_of_percent(text), Some(ppm), "{text}");
            assert_eq!(ppm_of_percent(&percent_of_ppm(ppm)), Some(ppm), "{text}");
        }
        for wrong in ["", "-1", "0.00001", "1e-2", "101", "1,5", "."] {
            assert_eq!(ppm_of_percent(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn br_33_a_protocol_is_kept_to_the_last_figure() {
        for protocol in &crate::catalogue::Catalogue::embedded().protocols {
            let kept = serde_json::to_string(protocol).unwrap();
            assert_eq!(serde_json::from_str::<Protocol>(&kept).unwrap(), *protocol);
        }
    }
}
