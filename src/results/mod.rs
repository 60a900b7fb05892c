//! Immunophenotype and MRD results: arithmetic, validation, versions, the course of a child.
//!
//! Its rooms stand in the order of the arrows: each uses only those above it, and names them by `crate::results::`.
//!
//! - `refusal.rs`, `words.rs`: why an answer is not taken; the words of the field;
//! - `arithmetic/`: counts, limits, percentages, intervals, verdicts, pure;
//! - `immunophenotype/`: what a phenotype is, pure;
//! - `entry/`: an answer as it is sent, checked field by field, pure;
//! - `versions/`: answers written down, signed, and read by who may;
//! - `plot/`: the course of a child as a picture, pure;
//! - `pages/`, `api.rs`: the doors.

mod refusal;
mod words;
mod arithmetic;
mod immunophenotype;
mod entry;
mod versions;
pub mod plot;
pub mod pages;
pub mod api;
#[cfg(test)]
mod tests;

pub use crate::catalogue::Location;
pub use arithmetic::interval::Interval;
pub use arithmetic::line::Line;
pub use arithmetic::measured::Measured;
pub use arithmetic::mrd::{Band, Counts, Limits, MrdStatus, Point};
pub use arithmetic::percent::{Share, Texts, percent_of};
pub use arithmetic::sample::{AssayUsed, Sample};
pub use arithmetic::trust::Reliance;
pub use arithmetic::verdict::{RuleOutcome, RuleVerdict};
pub use entry::entered::{Before, Entry};
pub use entry::input::{EnterResult, Record};
pub use immunophenotype::model::{
    Channel, Explained, Immunophenotype, Marker, PanelRun, Population, Said,
};
pub use immunophenotype::typed::{TypedExplanation, TypedMarker, TypedPopulation};
pub use immunophenotype::words::{Expression, LightChains, Positivity, Scatter};
pub use pages::amended_notice;
pub use refusal::{ResultError, ResultRule};
pub use versions::diagnosis::{Diagnosis, of_diagnosis};
pub use versions::sealed::ResultSource;
pub use versions::{amended, reading, service, store};
pub use words::{
    Assay, Critical, Denominator, Haemodilution, HeadState, Interpretation, Meaning, Strategy,
};
