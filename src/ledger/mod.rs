//! The log over all custody, result and identity events: one RFC 6962 Merkle tree, appended in
//! the transaction of each event, with signed checkpoints (C2SP). `docs/ledger.md` writes the
//! formats down.

pub mod api;
mod body;
mod checkpoint;
mod entry;
pub mod note;
mod store;
pub mod tree;
mod verify;

pub use body::{Body, Value};
pub use checkpoint::{KeyError, Ledger, LedgerError};
pub use store::{Sealer, append, inclusion_proof};
pub use verify::{Broken, Report, Saved, Source, verify};
