//! Versions of answers and their signatures: written, read by who may, bound to whose sample it is.

pub mod amended;
pub mod diagnosis;
mod gathered;
pub mod reading;
pub mod rows;
pub mod sealed;
pub mod service;
pub mod store;
pub mod whose;
