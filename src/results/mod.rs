//! Immunophenotype and MRD results: arithmetic, validation, versions, the course of a child.

pub mod api;
mod course;
mod immunophenotype;
mod input;
mod mrd;
pub mod pages;
pub mod plot;
pub mod service;
pub mod store;
mod words;

pub use immunophenotype::{Conclusion, Expression, Location, Marker, Population};
pub use input::{EnterResult, Record};
pub use mrd::{Band, Counts, Interval, Measured, MrdStatus, Point, percent, percent_of};
pub use service::ResultError;
pub use words::{Assay, Critical, Denominator, Haemodilution, HeadState, Interpretation, Meaning};
