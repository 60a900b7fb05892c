//! Children: identity, identifiers, duplicates, which centres treat whom.

pub mod api;
mod birth;
mod duplicate;
pub(crate) mod elsewhere;
mod events;
mod form;
mod input;
pub mod likeness;
pub mod merged;
mod model;
mod name_input;
mod needle;
pub mod pages;
pub mod reach;
mod refusal;
mod register;
mod register_page;
pub mod relation;
mod search;
pub mod service;
pub mod store;

pub use birth::{BirthDate, BirthPrecision};
pub use duplicate::{Candidate, CandidateRecord, DuplicateReason, Known, compare, is_newborn};
pub(crate) use form::{PatientForm, numbers, who};
pub(crate) use input::reason_of_care;
pub use input::{Choice, Decision, DecisionKind, Elsewhere, RegisterPatient};
pub use model::{Doubt, DoubtCode, NewPatient, Patient, PatientId, PersonName, fold, record_key};
pub use needle::Needle;
pub use refusal::{PatientError, PatientRule};
