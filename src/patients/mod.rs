//! Children: identity, identifiers, duplicates, who cares for whom.

pub mod api;
mod duplicate;
mod input;
mod model;
mod needle;
pub mod pages;
mod refusal;
mod register;
mod register_page;
pub mod service;
pub mod store;

pub use duplicate::{Candidate, CandidateRecord, DuplicateReason, compare};
pub use input::{Decision, DecisionKind, RegisterPatient};
pub use model::{Doubt, DoubtCode, NewPatient, Patient, PatientId, PersonName, fold};
pub use needle::Needle;
pub use refusal::PatientError;
