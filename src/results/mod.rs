//! Immunophenotype and MRD results: arithmetic, validation, versions, the course of a child.

pub mod api;
mod course;
mod enter_page;
mod immunophenotype;
mod input;
mod list_page;
mod measured;
mod mrd;
pub mod pages;
pub mod plot;
pub mod reading;
mod refusal;
mod sealed;
pub mod service;
pub mod store;
#[cfg(test)]
mod tests;
mod words;

pub use immunophenotype::{Conclusion, Expression, Location, Marker, Population};
pub use input::{EnterResult, Record};
pub use measured::Measured;
pub use mrd::{Band, Counts, Interval, MrdStatus, Point, percent, percent_of};
pub use refusal::{ResultError, ResultRule};
pub use sealed::ResultSource;
pub use words::{Assay, Critical, Denominator, Haemodilution, HeadState, Interpretation, Meaning};
