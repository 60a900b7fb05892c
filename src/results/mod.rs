//! Immunophenotype and MRD results: arithmetic, validation, versions, the course of a child.

mod again;
pub mod amended;
pub mod amended_notice;
pub mod api;
mod course;
mod critical;
mod enter_page;
mod entry;
mod facts_view;
mod gathered;
mod immunophenotype;
mod input;
mod interval;
mod line;
mod list_page;
mod measured;
mod mrd;
mod mrd_form;
pub mod pages;
mod percent;
pub mod plot;
pub mod reading;
mod refusal;
mod residual;
mod rows;
mod sample;
mod sealed;
pub mod service;
pub mod store;
mod summary;
#[cfg(test)]
mod tests;
mod trust;
mod trust_view;
mod verdict;
mod whose;
mod words;

pub use entry::{Before, Entry};
pub use immunophenotype::{
    Channel, Diagnosis, Explained, Expression, Immunophenotype, LightChains, Location, Marker,
    PanelRun, Population, Positivity, Said, Scatter, TypedExplanation, TypedMarker,
    TypedPopulation, of_diagnosis,
};
pub use input::{EnterResult, Record};
pub use interval::Interval;
pub use line::Line;
pub use measured::Measured;
pub use mrd::{Band, Counts, Limits, MrdStatus, Point};
pub use percent::{Share, Texts, percent_of};
pub use refusal::{ResultError, ResultRule};
pub use sample::{AssayUsed, Sample};
pub use sealed::ResultSource;
pub use trust::Reliance;
pub use verdict::{RuleOutcome, RuleVerdict};
pub use words::{
    Assay, Critical, Denominator, Haemodilution, HeadState, Interpretation, Meaning, Strategy,
};
