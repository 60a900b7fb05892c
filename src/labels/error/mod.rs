//! An error says why a label cannot be made: what is wrong, where, and by how much, and which refusal that is.
//! What finds it stands below.

mod cause;
mod departure;
mod excess;

pub use cause::{Cause, LabelError};
pub use departure::Departure;
pub use excess::Excess;
