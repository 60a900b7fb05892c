//! Immunophenotype and MRD results: arithmetic, validation, versions, the course of a child.

pub mod api;
mod course;
mod enter_page;
mod immunophenotype;
mod input;
mod interval;
mod list_page;
mod measured;
mod mrd;
pub mod pages;
mod percent;
pub mod plot;
pub mod reading;
mod refusal;
mod rows;
mod sealed;
pub mod service;
pub mod store;
#[cfg(test)]
mod tests;
mod words;

pub use immunophenotype::{
    Channel, Diagnosis, Explained, Expression, Immunophenotype, LightChains, Location, Marker,
    PanelRun, Population, Positivity, Said, Scatter, TypedExplanation, TypedMarker,
    TypedPopulation, of_diagnosis,
};
pub use input::{EnterResult, Record};
pub use interval::Interval;
pub use measured::Measured;
pub use mrd::{Band, Counts, MrdStatus, Point};
pub use percent::{Share, Texts, percent_of};
pub use refusal::{ResultError, ResultRule};
pub use sealed::ResultSource;
pub use words::{Assay, Critical, Denominator, Haemodilution, HeadState, Interpretation, Meaning};
