//! Protocols: when a sample is due, which sensitivity it needs, which threshold means what.
//! Thresholds are integers in parts per million: no float decides a class. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{Bilingual, Denominator, Method};

/// A treatment protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// What requests and results keep of it: `AIEOP-BFM-ALL-2009`.
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
    /// Why none of its rules makes a result of flow cytometry critical, where none does; in Spanish.
    pub no_critical_es: Option<String>,
    /// The same in English.
    pub no_critical_en: Option<String>,
    /// Its time points, in order of day.
    #[serde(default, rename = "timepoint")]
    pub timepoints: Vec<TimePoint>,
    /// What its results mean, in the order in which the catalogue has them.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

crate::words! {
    /// What a figure of a protocol rests on.
    pub enum Evidence {
        /// Read in the cited source.
        Read = "read",
        /// Read in what another source says of it.
        Secondary = "secondary",
        /// Known to somebody, found in no text.
        Memory = "memory",
        /// Invented by this project to be replaced.
        Placeholder = "placeholder",
    }
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
    /// What is to be drawn: a code of `specimen_types.csv`, such as `BM`.
    pub specimen: String,
    /// By which methods it is answered.
    pub methods: Vec<Method>,
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
    /// What day and method rest on; nothing in what was approved before it was kept.
    pub evidence: Option<Evidence>,
    /// Where they are from: a key of `[sources]`, or an address.
    pub source: Option<String>,
    /// What is not certain about it, in Spanish.
    pub doubt_es: Option<String>,
    /// The same in English.
    pub doubt_en: Option<String>,
}

impl TimePoint {
    /// Whether flow cytometry answers it.
    pub fn by_flow(&self) -> bool {
        self.methods.contains(&Method::Fcm)
    }
}

/// How a result is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Op {
    /// Less than a threshold.
    Lt,
    /// A threshold or less.
    Le,
    /// More than a threshold.
    Gt,
    /// A threshold or more.
    Ge,
    /// Detected at any level.
    Detected,
    /// Not detected, with the sensitivity asked for.
    NotDetected,
}

impl Op {
    /// Its word in the files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Detected => "detected",
            Self::NotDetected => "not-detected",
        }
    }
    /// Whether it compares with a threshold.
    pub fn has_threshold(self) -> bool {
        !matches!(self, Self::Detected | Self::NotDetected)
    }
    /// Whether more disease fulfils it.
    pub fn is_upward(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Detected)
    }
}

crate::words! {
    /// What kind of thing a rule's class is. The class itself is the protocol's own word; a program
    /// looks at the kind alone, never into the word.
    pub enum ClassKind {
        /// Lower than standard risk.
        Low = "low",
        /// Standard or average risk.
        Standard = "standard",
        /// Between the two.
        Intermediate = "intermediate",
        /// Above standard and intermediate risk.
        HighRisk = "high-risk",
        /// Above high risk.
        VeryHighRisk = "very-high-risk",
        /// No remission where one was due.
        InductionFailure = "induction-failure",
        /// The disease has come back.
        Relapse = "relapse",
        /// Residual disease where the protocol asks for none.
        MrdPositive = "mrd-positive",
        /// A response that is too slow.
        PoorResponse = "poor-response",
        /// A response as it should be.
        GoodResponse = "good-response",
        /// A change of treatment, no class.
        Therapy = "therapy",
        /// Whether a trial may be entered, no class.
        Eligibility = "eligibility",
        /// What it meant for others, no class.
        Prognosis = "prognosis",
    }
}

impl ClassKind {
    /// Whether somebody must take note by name of a result that a rule of this kind holds for.
    pub fn is_critical(self) -> bool {
        matches!(
            self,
            Self::HighRisk
                | Self::VeryHighRisk
                | Self::InductionFailure
                | Self::Relapse
                | Self::MrdPositive
                | Self::PoorResponse
                | Self::Therapy
        )
    }
}

/// A comparison: of one time point, one method, one specimen and one denominator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The time point it looks at.
    pub timepoint: String,
    /// The method it was published for; any other is not judged by it.
    pub method: Option<Method>,
    /// The specimen it was published for, `BM`; none where the catalogue's first format didn't say.
    pub specimen: Option<String>,
    /// What its percentage is of.
    pub denominator: Option<Denominator>,
    /// How the share is held against the threshold.
    pub op: Op,
    /// Threshold: parts per million of the denominator here, a decimal percentage where written.
    #[serde(default, rename = "threshold_pct", with = "percent")]
    #[schema(value_type = Option<String>)]
    pub threshold_ppm: Option<u64>,
}

/// What a result means: one comparison, several that must all hold, or words for people alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The time point it looks at.
    pub timepoint: Option<String>,
    /// The method it was published for.
    pub method: Option<Method>,
    /// The specimen it was published for, `BM`.
    pub specimen: Option<String>,
    /// What its percentage is of.
    pub denominator: Option<Denominator>,
    /// The patients it is for: `B-ALL`, `T-ALL`.
    pub applies_to: Option<String>,
    /// How the share is held against the threshold; none of a rule of several comparisons, or of words alone.
    pub op: Option<Op>,
    /// Threshold: parts per million of the denominator here, a decimal percentage where written.
    #[serde(default, rename = "threshold_pct", with = "percent")]
    #[schema(value_type = Option<String>)]
    pub threshold_ppm: Option<u64>,
    /// Comparisons that must all hold, where it is more than one.
    #[serde(default)]
    pub all: Vec<Condition>,
    /// What must be known besides, which the program does not know; in Spanish.
    pub needs_es: Option<String>,
    /// The same in English.
    pub needs_en: Option<String>,
    /// The rule in words, in Spanish.
    pub when_es: Option<String>,
    /// The same in English; all there was in the first version.
    #[serde(alias = "when")]
    pub when_en: Option<String>,
    /// The class it gives, in the protocol's words.
    pub class: String,
    /// What kind of class; nothing in what was approved before kinds were kept.
    pub kind: Option<ClassKind>,
    /// What it rests on; nothing in what was approved before it was kept.
    pub evidence: Option<Evidence>,
    /// Whether it was read in the cited source: the first version's word for `evidence`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// Where it is from: a key of `[sources]`, or an address.
    pub source: String,
    /// What is not certain about it, in Spanish.
    pub doubt_es: Option<String>,
    /// The same in English.
    pub doubt_en: Option<String>,
    /// What to mind.
    pub note: Option<String>,
}

impl Rule {
    /// Whether it was read in the cited source.
    pub fn is_read(&self) -> bool {
        self.evidence == Some(Evidence::Read) || self.verified == Some(true)
    }
    /// Its comparisons: none where only a person can judge.
    pub fn conditions(&self) -> Vec<Condition> {
        let single = self.timepoint.as_ref().zip(self.op).map(|(timepoint, op)| Condition {
            timepoint: timepoint.clone(),
            method: self.method,
            specimen: self.specimen.clone(),
            denominator: self.denominator,
            op,
            threshold_ppm: self.threshold_ppm,
        });
        single.into_iter().chain(self.all.iter().cloned()).collect()
    }
    /// What must be known besides.
    pub fn needs(&self) -> Option<Bilingual> {
        both(self.needs_es.as_ref(), self.needs_en.as_ref())
    }
    /// The rule in words; those of the first version stand in English alone.
    pub fn when(&self) -> Option<Bilingual> {
        both(self.when_es.as_ref().or(self.when_en.as_ref()), self.when_en.as_ref())
    }
    /// What is not certain about it.
    pub fn doubt(&self) -> Option<Bilingual> {
        both(self.doubt_es.as_ref(), self.doubt_en.as_ref())
    }
    /// Whether a result of flow cytometry can become critical by it.
    pub fn makes_flow_critical(&self) -> bool {
        let conditions = self.conditions();
        self.kind.is_some_and(ClassKind::is_critical)
            && !conditions.is_empty()
            && conditions.iter().all(|c| c.method == Some(Method::Fcm))
            && conditions.iter().any(|c| c.op.is_upward())
    }
}

/// A text of both languages, where both are there.
fn both(es: Option<&String>, en: Option<&String>) -> Option<Bilingual> {
    es.zip(en).map(|(es, en)| Bilingual::new(es, en))
}

impl Protocol {
    /// A time point by its name.
    pub fn timepoint(&self, id: &str) -> Option<&TimePoint> {
        self.timepoints.iter().find(|t| t.id == id)
    }
    /// The rules that look at a time point, alone or among others.
    pub fn rules_of<'a>(&'a self, timepoint: &'a str) -> impl Iterator<Item = &'a Rule> {
        let looks = move |r: &&Rule| {
            r.timepoint.as_deref() == Some(timepoint)
                || r.all.iter().any(|c| c.timepoint == timepoint)
        };
        self.rules.iter().filter(looks)
    }
    /// Whether all of its days were invented by this project: nobody can decide to use those.
    pub fn is_placeholder(&self) -> bool {
        let invented = |t: &TimePoint| t.evidence == Some(Evidence::Placeholder);
        !self.timepoints.is_empty() && self.timepoints.iter().all(invented)
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
pub(super) mod percent {
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

    pub(in crate::catalogue) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Option<u64>, D::Error> {
        d.deserialize_any(Percent)
    }

    pub(in crate::catalogue) fn serialize<S: Serializer>(
        ppm: &Option<u64>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
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
