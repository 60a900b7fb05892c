//! What is known of a sample and what follows from it for its answer (BR-14; ISO 15189:2022 7.2.6,
//! 7.4.1.6): by specimen and kind of study, as data. Pure.

use serde::{Deserialize, Serialize};

use super::words::{Bilingual, SpecimenKind};

crate::words! {
    /// What follows from a finding.
    pub enum FindingAction {
        /// No answer but "not evaluable".
        Block = "block",
        /// The head of the laboratory must accept it, with a reason; the answer says so.
        LabHead = "lab-head",
        /// Whoever accepts it gives a reason; the answer says so.
        Reason = "reason",
        /// The answer says so, and is not green.
        Limit = "limit",
        /// The answer says so.
        Note = "note",
    }
}

impl FindingAction {
    /// Whether an answer with it is less than sure.
    pub fn limits(self) -> bool {
        self != Self::Note
    }
}

/// Conditions of a specimen on receipt, by HL7 v2 table 0493: what a station may say.
pub const CONDITIONS: &[&str] =
    &["AUT", "CFU", "CLOT", "CON", "COOL", "FROZ", "HEM", "LIVE", "ROOM", "SNR"];

/// What the program itself finds: the catalogue says of each what follows.
pub const FOUND_BY_PROGRAM: &[&str] = &[
    "temperature-frozen",
    "temperature-hot",
    "temperature-out",
    "volume-low",
    "pull-later",
    "pull-unknown",
    "wrong-tube",
    "age-yellow",
    "age-orange",
    "age-red",
    "age-unknown",
    "analysis-age-yellow",
    "analysis-age-orange",
    "analysis-age-red",
    "analysis-age-unknown",
    "deviation",
    "held",
    "identity-doubt",
    "draw-not-told",
    "viability-low",
    "viability-unknown",
    "haemodilution-suspected",
    "haemodilution-confirmed",
    "haemodilution-unassessed",
    "therapy-in-gating",
    "therapy-unknown",
    "window-missed",
    "day-unknown",
    "specimen-of-point",
    "point-asked-twice",
    "request-corrected",
    "cells-unsaid",
    "cells-of-precursors",
    "cells-by-maturity",
    "lineage-differs",
];

/// A row: what a finding means for a specimen and a kind of study.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleFinding {
    /// `FROZ` (HL7 v2-0493), `R14` (our reasons), or a word of ours: `volume-low`.
    pub finding: String,
    /// Kind of specimen, or `*`.
    pub specimen: String,
    /// Kind of study, or `*`.
    pub study: String,
    /// What it does to an answer: from a note to none but "not evaluable".
    pub action: FindingAction,
    sentence_es: String,
    sentence_en: String,
    /// Where it is from.
    pub source: String,
}

impl SampleFinding {
    /// The sentence a report carries.
    pub fn sentence(&self) -> Bilingual {
        Bilingual::new(&self.sentence_es, &self.sentence_en)
    }
    fn is_for(&self, finding: &str, kind: SpecimenKind, study: &str) -> bool {
        self.finding == finding
            && (self.specimen == "*" || self.specimen == kind.as_str())
            && (self.study == "*" || self.study == study)
    }
    /// Rows that name specimen or study stand before those that name neither.
    fn exactness(&self) -> u8 {
        u8::from(self.specimen != "*") * 2 + u8::from(self.study != "*")
    }
}

/// The most exact row for a finding, if the catalogue has one.
pub(super) fn most_exact<'a>(
    rows: &'a [SampleFinding],
    finding: &str,
    kind: SpecimenKind,
    study: &str,
) -> Option<&'a SampleFinding> {
    rows.iter().filter(|r| r.is_for(finding, kind, study)).max_by_key(|r| r.exactness())
}

/// A finding as an answer carries it: the sentence as it was when the answer was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The row it is from, by the same word: `FROZ`, `R14`, `volume-low`.
    pub finding: String,
    /// What followed from it when the answer was given.
    pub action: FindingAction,
    /// What the answer says of it, as the catalogue had it then.
    pub sentence: Bilingual,
    /// The tube it was found of, by its code: the one analysed, or one that it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// What was measured or written about it: `8.5 °C`, a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
