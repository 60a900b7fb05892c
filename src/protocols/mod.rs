//! Which protocols of the catalogue the network uses: proposed by one person, approved by another
//! (BR-33). The catalogue's version is part of it: other thresholds are another decision.

pub mod api;
pub mod pages;
pub mod service;
pub mod store;

pub use service::ProtocolError;
