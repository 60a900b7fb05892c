//! The demonstration: its accounts, the mark it leaves in the database it filled, and whether a
//! database is one of its own. Everybody knows its passwords, so it is never put beside real data,
//! and no server says that real data is a demonstration.

mod look;
mod model;
pub mod store;

pub use look::{Found, look, mend};
pub use model::{ACCOUNTS, Account, Mark, NotDemo, PASSWORD, licence_of};
