//! An immunophenotype as it is kept. What was kept before a field was there reads as before. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extent;
use super::words::{Expression, LightChains, Positivity, Scatter};
use crate::catalogue::{Alert, Location};
use crate::results::words::Denominator;

/// A marker of a population.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    /// Its one spelling: `CD19`.
    pub marker: String,
    /// On the surface, in the cytoplasm or in the nucleus.
    pub location: Location,
    /// How strongly; none where only a percentage is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<Expression>,
    /// Percent of the population that has it, or a bound: `45.2`, `≥30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<String>,
    /// Not as on normal cells: what the child's disease is found again by (LAIP).
    #[serde(default, skip_serializing_if = "is_false")]
    pub aberrant: bool,
    /// In no catalogue: as it was typed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unlisted: bool,
}

/// A population of cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// What the analyst calls it: `Blastos`.
    pub name: String,
    /// Percent of the denominator, a decimal as written, a bound (`≥30`) or `ND`.
    pub percent: String,
    /// The markers that something is said of, in the order in which they are told.
    pub markers: Vec<Marker>,
    /// Events in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<u64>,
    /// How large its cells are (forward scatter); none where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_scatter: Option<Scatter>,
    /// How granular its cells are (side scatter); none where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side_scatter: Option<Scatter>,
    /// Which light chains its B cells have; none where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub light_chains: Option<LightChains>,
    /// Cells with kappa for each with lambda, a decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kappa_lambda: Option<String>,
    /// DNA of its cells for that of normal ones, a decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dna_index: Option<String>,
    /// A letter: populations with the same one are of the same clone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clone: Option<String>,
    /// Normal cells beside the disease: no rule about blasts looks at it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub normal: bool,
}

/// A conclusion as the catalogue said it when it was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// The code in the catalogue's `conclusions.csv`: `B-ALL`.
    pub code: String,
    /// Its name in Spanish.
    pub es: String,
    /// Its name in English.
    pub en: String,
    /// Who names it so.
    pub classification: String,
    /// Whether it says that there is a malignancy.
    pub malignant: bool,
    /// Whom it must reach.
    pub critical: Alert,
}

/// A panel that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelRun {
    /// Its id in the catalogue: `EF-ALOT`.
    pub id: String,
    /// The version of its composition, as the catalogue had it.
    pub version: String,
    /// What its channels read, each as `cyCD3` would be: place and name.
    pub channels: Vec<Channel>,
}

/// What a channel of a panel reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The marker's one spelling: `CD3`.
    pub marker: String,
    /// On the surface, in the cytoplasm or in the nucleus.
    pub location: Location,
}

/// Why something that contradicts itself is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// The rule that it breaks: `P01` and so on.
    pub contradiction: String,
    /// A reason of those offered, or `other`.
    pub reason: String,
    /// In one's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What was seen of the cells and concluded from it, as it is recorded and signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Immunophenotype {
    /// What is concluded first: a code of the catalogue, or a word from before there were codes.
    pub conclusion: String,
    /// What populations were told apart, in the analyst's order.
    pub populations: Vec<Population>,
    /// What it may be besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differential: Vec<String>,
    /// What is added to the conclusion: provisional, relapse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qualifiers: Vec<String>,
    /// The words of all of these; none in what was kept before there were codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<Said>,
    /// Of which cells the percentages are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denominator: Option<Denominator>,
    /// Blasts of all populations, percent of the denominator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_blasts: Option<String>,
    /// Blasts under the microscope, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub morphology_blasts: Option<String>,
    /// Events acquired in all; none where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acquired_events: Option<u64>,
    /// By which rule markers are called positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positivity: Option<Positivity>,
    /// The panels that were run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub panels: Vec<PanelRun>,
    /// What is known of the genes: `t(9;22)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genetics: Option<String>,
    /// Why what contradicts itself is so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<Explained>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde asks it.
fn is_false(b: &bool) -> bool {
    !b
}

/// The word of before codes that says that promyelocytic leukaemia is suspected.
const OLD_APL: &str = "APL-suspected";
/// The words of before codes that say that there is no malignancy.
const OLD_HARMLESS: &[&str] = &["NON-LEUKAEMIC", "NOT_EVALUABLE"];

impl Immunophenotype {
    /// Whether any conclusion, also one of several, says that there is a malignancy.
    pub fn is_malignant(&self) -> bool {
        match self.said.is_empty() {
            true => !OLD_HARMLESS.contains(&&*self.conclusion),
            false => self.said.iter().any(|s| s.malignant),
        }
    }
    /// Whether promyelocytic leukaemia is suspected, also beside something else.
    pub fn is_apl(&self) -> bool {
        self.conclusion == OLD_APL || self.alerts(Alert::AplSuspected)
    }
    /// Whether a known disease is back.
    pub fn is_relapse(&self) -> bool {
        self.alerts(Alert::Relapse)
    }
    fn alerts(&self, alert: Alert) -> bool {
        self.said.iter().any(|s| s.critical == alert)
    }
    /// What its panels read and nobody reported: not determined, never negative.
    pub fn unreported(&self) -> Vec<&Channel> {
        let reported = |c: &Channel| {
            let markers = self.populations.iter().flat_map(|p| &p.markers);
            markers.into_iter().any(|m| m.marker == c.marker && m.location == c.location)
        };
        let mut all: Vec<&Channel> = vec![];
        for channel in self.panels.iter().flat_map(|p| &p.channels) {
            if !reported(channel) && !all.contains(&channel) {
                all.push(channel);
            }
        }
        all
    }
}

impl Population {
    /// Between which parts per million of the denominator it lies.
    pub fn bounds(&self) -> (u64, u64) {
        extent::bounds(&self.percent)
    }
}

impl Marker {
    /// Whether it is told that the cells have it.
    pub fn is_positive(&self) -> bool {
        self.expression.is_some_and(Expression::is_positive)
    }
}
