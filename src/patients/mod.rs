//! Children: identity, identifiers, duplicates, who cares for whom.

pub mod api;
mod duplicate;
mod input;
mod model;
pub mod pages;
pub mod service;
pub mod store;

pub use duplicate::{Candidate, DuplicateReason, Twin, compare};
pub use input::{Decision, DecisionKind, RegisterPatient};
pub use model::{NewPatient, Patient, PatientId, PersonName, fold};
pub use service::PatientError;
