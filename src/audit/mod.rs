//! Who read or changed what. Append-only; ids only, no names.

mod model;
mod service;
pub mod store;

pub use model::{Action, Entry, Outcome};
pub use service::{looked, write_down};
pub use store::record;
