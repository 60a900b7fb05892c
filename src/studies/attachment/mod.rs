//! Reports of other laboratories that are attached to a request: the diagnosis of a child whose MRD is asked
//! for, most of all. The bytes lie below the data directory under their own SHA-256; a row of the database,
//! bound by the log, says what they are and whose. Whoever may open the request may open them, and each opening
//! is in the audit log.

pub(super) mod api;
mod files;
mod model;
pub(super) mod pages;
mod service;
mod store;

pub use files::{DIRECTORY, Files, Lost};
pub use model::{AttachmentRule, BODY_BYTES, MAX_BYTES, MediaType, Sha256Hex};
pub use store::{AttachmentSource, digests};
