//! The program at a centre that drives its printers: `rastro agent`. It only calls out, so it
//! needs no open port. "Intent before ink": it asks before each label whether it may send it,
//! writes that down, sends, writes down what became of it, and says so.
//!
//! It opens no database. The server's side is in `printing/`; the rules both keep are in
//! `printing/job.rs`.

mod api;
mod backoff;
mod boot;
mod credential;
mod journal;
mod label;
mod run;
mod transport;
mod wire;
mod zebra;

pub use api::{Api, ApiError, CertificateError, Reachable};
pub use credential::{Credential, CredentialError, DataDir};
pub use journal::{Journal, JournalError};
pub use run::{Agent, run};
pub use wire::Enrolled;
