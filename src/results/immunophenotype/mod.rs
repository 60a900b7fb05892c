//! Immunophenotypes: markers in one spelling, how many cells have them and how strongly, populations,
//! conclusions by code, and reasons for what does not fit together (`domain.md` section 2).
//!
//! `typed` is what is sent, `check` makes the `model` of it that is kept, `contradictions` looks at the
//! `case`; `form`, `fields` and `page` are the analyst's page, `view` is the report, `store` finds the
//! phenotype of diagnosis for whoever looks for residual disease.

mod case;
mod check;
mod contradictions;
mod extent;
mod fields;
mod form;
mod markers;
mod model;
pub(super) mod page;
mod store;
#[cfg(test)]
mod tests;
mod typed;
mod view;
mod words;

pub use crate::catalogue::Location;
pub use model::{Channel, Explained, Immunophenotype, Marker, PanelRun, Population, Said};
pub use store::{Diagnosis, Known, of_diagnosis};
pub use typed::{TypedExplanation, TypedMarker, TypedPopulation};
pub use words::{Expression, LightChains, Positivity, Scatter};

pub(super) use case::{Sample, lineage};
pub(super) use check::{foreign_fields, phenotype};
pub(super) use extent::percentage;
pub(super) use view::{of_diagnosis as diagnosis_card, phenotype as shown, sentence};
