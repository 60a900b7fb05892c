//! When somebody must take note of a result by name (`domain.md` 10.6): rules beside those of the
//! protocols, as data. Each rule stands exactly once; what it means is in `results/critical.rs`. Pure.

use serde::Deserialize;

use super::protocol::percent;
use super::words::SpecimenKind;

crate::words! {
    /// The rules that the program knows. Each stands in `critical_rules.toml` exactly once.
    pub enum CriticalRuleId {
        /// Acute promyelocytic leukaemia is suspected.
        AplSuspected = "apl-suspected",
        /// A new leukaemia with very many white cells.
        HighCellCount = "high-cell-count",
        /// A new leukaemia.
        NewDiagnosis = "new-diagnosis",
        /// The signed report says relapse.
        Relapse = "relapse",
        /// Disease in the marrow when induction should have ended it, by any protocol or none.
        InductionFailure = "induction-failure",
        /// Disease in the cerebrospinal fluid.
        CsfPositive = "csf-positive",
        /// Disease in tissue or in the fluid of a cavity.
        TissuePositive = "tissue-positive",
        /// More than at the point before on the same line, beyond both intervals.
        Rise = "rise",
    }
}

/// A rule with its figures.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CriticalRule {
    /// The rule that these figures are for.
    pub id: CriticalRuleId,
    /// Why somebody is called, in Spanish, as people read it.
    pub text_es: String,
    /// The same in English.
    pub text_en: String,
    /// Specimens it looks at; all where none is named.
    #[serde(default)]
    pub specimens: Vec<SpecimenKind>,
    /// From this share on.
    #[serde(default, rename = "threshold_pct", with = "percent")]
    pub threshold_ppm: Option<u64>,
    /// From this day of treatment on; a sample whose day is not known counts.
    pub from_day: Option<i64>,
    /// From this many white cells on, 10⁹/L.
    pub white_cells: Option<u64>,
    /// Where it is from.
    pub source: String,
    /// What is not certain about it, in Spanish.
    pub doubt_es: Option<String>,
    /// The same in English.
    pub doubt_en: Option<String>,
}

impl CriticalRule {
    /// Whether it looks at specimens of this kind.
    pub fn is_for(&self, kind: SpecimenKind) -> bool {
        self.specimens.is_empty() || self.specimens.contains(&kind)
    }
}
