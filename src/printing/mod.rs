//! Labels of containers: each one printed is recorded with its values and the hash of its bytes,
//! so that a reprint is exact and counted.

pub mod api;
pub mod job;
pub mod pages;
pub mod printer;
pub mod service;
pub mod store;

pub use printer::{AgentId, PrinterId};
pub use service::{PrintError, PrintId};
