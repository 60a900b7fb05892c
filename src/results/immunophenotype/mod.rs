//! Populations, their markers and what a person concludes (`domain.md` section 2).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::web::FieldFault;
use crate::web::number::{self, NotANumber};

crate::words! {
    /// Where a marker was looked for.
    pub enum Location {
        /// On the membrane.
        Surface = "sm",
        /// In the cytoplasm.
        Cytoplasm = "cy",
        /// In the nucleus.
        Nucleus = "nu",
    }
}

crate::words! {
    /// How strongly a population shows a marker. "Not done" is never "negative".
    pub enum Expression {
        /// Negative.
        Neg = "NEG",
        /// Weak.
        Weak = "WEAK",
        /// Positive.
        Pos = "POS",
        /// Strong.
        Strong = "STRONG",
        /// Heterogeneous.
        Het = "HET",
        /// Not done.
        Nd = "ND",
    }
}

crate::words! {
    /// What a person concludes; the program only suggests.
    pub enum Conclusion {
        /// B-cell precursor acute lymphoblastic leukaemia.
        BAll = "B-ALL",
        /// T-cell acute lymphoblastic leukaemia.
        TAll = "T-ALL",
        /// Early T-cell precursor leukaemia.
        EtpAll = "ETP-ALL",
        /// Acute myeloid leukaemia.
        Aml = "AML",
        /// Acute promyelocytic leukaemia is suspected: critical.
        AplSuspected = "APL-suspected",
        /// Mixed phenotype, B and myeloid.
        MpalBm = "MPAL-B/M",
        /// Mixed phenotype, T and myeloid.
        MpalTm = "MPAL-T/M",
        /// Mixed phenotype, other.
        MpalOther = "MPAL-other",
        /// Acute undifferentiated leukaemia.
        Aul = "AUL",
        /// No leukaemia.
        NonLeukaemic = "NON-LEUKAEMIC",
        /// Infiltration by a lymphoma.
        Lymphoma = "LYMPHOMA-INFILTRATION",
        /// Can't be answered.
        NotEvaluable = "NOT_EVALUABLE",
    }
}

impl Conclusion {
    /// Whether it is a new malignancy: critical.
    pub fn is_malignant(self) -> bool {
        !matches!(self, Self::NonLeukaemic | Self::NotEvaluable)
    }
}

/// A marker of a population.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    /// `CD19`.
    pub marker: String,
    /// Where.
    pub location: Location,
    /// How strongly.
    pub expression: Expression,
}

/// A population of cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// `Blastos`.
    pub name: String,
    /// Percent of the denominator, a decimal as written.
    pub percent: String,
    /// Its markers.
    pub markers: Vec<Marker>,
}

/// A decimal percentage from 0 to 100 as written, with at most four decimals.
pub(super) fn percentage(field: &str, text: &str) -> Result<String, FieldFault> {
    match number::written(text, 4) {
        Ok(plain) if crate::catalogue::ppm_of_percent(&plain).is_some() => Ok(plain),
        Err(e @ NotANumber::DecimalComma(_)) => Err(e.fault(field)),
        _ => Err(FieldFault::new(field, "percentage")),
    }
}

/// Checks populations: at least one, each named, with a percentage and markers once each.
pub fn check(populations: &[Population]) -> Vec<FieldFault> {
    let mut faults = vec![];
    if populations.is_empty() {
        faults.push(FieldFault::new("populations", "required"));
    }
    for (i, p) in populations.iter().enumerate() {
        let field = |name: &str| format!("populations[{i}].{name}");
        let plain = |s: &str, max: usize| {
            !s.trim().is_empty() && s.chars().count() <= max && !s.chars().any(char::is_control)
        };
        if !plain(&p.name, 80) {
            faults.push(FieldFault::new(field("name"), "required"));
        }
        faults.extend(percentage(&field("percent"), &p.percent).err());
        let mut seen = std::collections::BTreeSet::new();
        for m in &p.markers {
            if !plain(&m.marker, 24) || !seen.insert((m.marker.trim(), m.location)) {
                faults.push(FieldFault::new(field("markers"), "marker-once"));
            }
        }
        if p.markers.len() > 80 || p.markers.is_empty() {
            faults.push(FieldFault::new(field("markers"), "marker-count"));
        }
    }
    faults
}
