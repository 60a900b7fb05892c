//! The log over all custody, result and identity events: one RFC 6962 Merkle tree, appended in
//! the transaction of each event, with signed checkpoints (C2SP). `docs/ledger.md` writes the
//! formats down.

pub mod api;
mod body;
mod broken;
mod checkpoint;
mod entry;
mod key;
pub mod note;
mod rebuild;
mod store;
pub mod tree;
#[cfg(test)]
mod vectors;
mod verify;

pub use body::{Body, Value};
pub use broken::{Backwards, Broken, Report};
pub use checkpoint::{Ledger, LedgerError};
pub use key::KeyError;
pub use note::Checkpoint;
pub use store::{Sealer, append, last_time};
pub use verify::{Against, Source, verify};
