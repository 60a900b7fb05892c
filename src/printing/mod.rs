//! Labels of containers: each one printed is recorded with its values and the hash of its bytes,
//! so that a reprint is exact and counted.

pub mod api;
pub mod pages;
mod reader_page;
pub mod service;
pub mod store;

pub use service::{PrintError, PrintId};
