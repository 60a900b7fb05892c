//! Who read or changed what. Append-only; ids only, no names.

mod model;
pub mod store;

pub use model::{Action, Entry, Outcome};
pub use store::record;
