//! What an immunophenotype is: markers in one spelling, how many cells have them and how strongly, populations,
//! conclusions by code, and what does not fit together (`domain.md` section 2). Pure.
//!
//! `typed` is what is sent, `model` what is kept of it, `contradictions` looks at the `case`.

pub mod case;
pub mod contradictions;
pub mod extent;
pub mod model;
pub mod typed;
pub mod words;
