//! A child's identity is corrected by two people: one says what is right and why, another one who
//! has the papers agrees or not (`domain.md` 5, "Correction by addition", and 14). Nothing is
//! overwritten: each step is an identity event in the log, the record is what the last agreed one
//! says, and what was printed or signed before is named. In the same way two records of one child are
//! merged, and part again (BR-29).

pub mod api;
mod merge;
mod merge_page;
mod model;
pub mod pages;
mod reading;
pub mod section;
mod service;
mod story;

pub use model::{Identity, IdentityRule, Two};
pub use reading::{RENAME, Signed, outdates, signed_as};
