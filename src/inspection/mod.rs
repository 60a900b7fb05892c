//! Reading the audit log: who read or changed what, for auditors, quality and the head of a
//! laboratory. Looking is itself written down.

pub mod api;
mod export;
mod named;
pub mod pages;
pub mod proofs;
pub mod service;

pub use service::InspectionError;
