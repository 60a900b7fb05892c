//! A phenotype as it is typed or sent: texts, each refused by its name where it means nothing. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A marker as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypedMarker {
    /// Its name in whatever spelling of the catalogue: `CD19`, `cyCD3`, `TDT`.
    pub marker: String,
    /// `sm`, `cy` or `nu`; may be left out where the name says it or there is one place.
    pub location: String,
    /// `NEG`, `WEAK`, `POS`, `MODERATE`, `STRONG`, `HET`, `ND`, or what is written for them (`dim`). May be
    /// left out where a percentage is given.
    pub expression: String,
    /// Percent of the population that has it, or a bound: `45.2`, `>= 30`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub percent: String,
    /// Not as on normal cells (LAIP).
    #[serde(skip_serializing_if = "is_false")]
    pub aberrant: bool,
    /// In no catalogue: taken as typed, and told as that.
    #[serde(skip_serializing_if = "is_false")]
    pub unlisted: bool,
}

/// A population as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypedPopulation {
    /// What the analyst calls it: `Blastos`.
    pub name: String,
    /// Percent of the denominator, a bound (`>= 30`), or `ND` where nobody determined it.
    pub percent: String,
    /// The markers that something is said of.
    pub markers: Vec<TypedMarker>,
    /// Events in it.
    #[serde(
        deserialize_with = "crate::web::form::optional_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub events: Option<i64>,
    /// `LOW`, `INTERMEDIATE` or `HIGH`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub forward_scatter: String,
    /// `LOW`, `INTERMEDIATE` or `HIGH`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub side_scatter: String,
    /// `KAPPA`, `LAMBDA`, `POLYTYPIC` or `ABSENT`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub light_chains: String,
    /// Cells with kappa for each with lambda: `2.4`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kappa_lambda: String,
    /// DNA of a cell for each of a normal one: `1.16`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dna_index: String,
    /// `A` to `H`: populations with the same letter are of the same clone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub clone: String,
    /// Normal cells beside the disease.
    #[serde(skip_serializing_if = "is_false")]
    pub normal: bool,
}

/// Why something that contradicts itself is so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypedExplanation {
    /// The rule that it breaks: `P01` and so on.
    pub contradiction: String,
    /// A reason that is offered for it, or `other` with a text.
    pub reason: String,
    /// In one's own words.
    pub text: String,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde asks it.
fn is_false(b: &bool) -> bool {
    !b
}

impl TypedPopulation {
    /// A population with markers as (name, place, strength).
    pub fn of(name: &str, percent: &str, markers: &[(&str, &str, &str)]) -> Self {
        let markers = markers.iter().map(|(marker, location, expression)| TypedMarker {
            marker: (*marker).into(),
            location: (*location).into(),
            expression: (*expression).into(),
            ..TypedMarker::default()
        });
        Self {
            name: name.into(),
            percent: percent.into(),
            markers: markers.collect(),
            ..Self::default()
        }
    }
}
