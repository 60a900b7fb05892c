//! Requests for an immunophenotype or an MRD, and when each is due.

mod model;
pub mod store;

pub use model::StudyId;
