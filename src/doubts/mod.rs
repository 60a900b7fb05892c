//! Doubts whether a sample is of whom its label says: said by whoever sees it (R02, R29 of
//! `rejection_reasons.csv`), they keep every answer of each child in them from being released until
//! quality closes them, and stand on the answers that were given already (`domain.md` 11.1, 11.2).
//! Who closes is never who opened (`domain.md` 14, "discrepancy finder, closer").

pub mod api;
mod model;
pub mod pages;
mod readers;
mod reading;
mod refusal;
pub mod section;
pub mod service;
pub mod store;

pub use model::{DoubtId, DoubtKind, DoubtState, DoubtStep, Ending, Mark, Sampled, gravest};
pub use reading::{Notice, Notices, notices};
pub use refusal::DoubtRule;
pub use store::DoubtSource;
