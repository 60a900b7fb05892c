//! Children: identity, identifiers, duplicates, who cares for whom.

mod model;

pub use model::PatientId;
