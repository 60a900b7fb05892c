//! Who drives printers. "Intent before ink": it asks before each label whether it may send it,
//! writes that down, sends, writes down what became of it, and says so.
//!
//! At a centre it is a program of its own, `rastro agent`, that only calls out: it needs no open
//! port and opens no database. For the printers that the server drives itself the same tasks run
//! in the server (`here.rs`). The server's side is in `printing/`; the rules both keep are in
//! `printing/jobs/job.rs`.

mod api;
mod backoff;
mod boot;
mod credential;
mod here;
mod journal;
mod label;
mod plainly;
mod remote;
mod run;
mod start;
mod transport;
mod wire;
mod zebra;

pub use api::{Api, ApiError};
pub use credential::{Credential, CredentialError, DataDir};
pub use journal::{Journal, JournalError};
pub use remote::{CertificateError, Reachable, Remote};
pub use run::{Agent, run};
pub use start::Start;
pub use transport::Means;
pub use wire::Enrolled;
