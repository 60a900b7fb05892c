//! The log over all identity, care, request, custody and result events: one RFC 6962 Merkle tree, appended in
//! the transaction of each event, with signed checkpoints (C2SP). `docs/ledger.md` writes the
//! formats down.

pub mod api;
mod body;
mod broken;
mod checkpoint;
mod chunk;
mod entry;
mod change;
mod key;
mod keys;
pub mod note;
mod opening;
mod outside;
mod packed;
mod rebuild;
mod row;
mod rows;
mod store;
pub mod tree;
#[cfg(test)]
mod vectors;
mod verify;

pub use body::{Body, Value};
pub use broken::{Backwards, Broken, Report};
pub use change::{
    Change, Comeback, came_back, come_back, may_come_back, prepare_come_back, rotate,
};
pub use checkpoint::{Ledger, LedgerError};
pub use key::KeyError;
pub use keys::{Chain, KeyKind, KeyRow};
pub use note::{Checkpoint, Signer};
pub use outside::latest_path;
pub use packed::{Unreadable, pack, unpack};
pub use rows::RowSource;
pub use store::{KeySource, Sealer, append, chain, last_time, log_of_event, stand_of, unsigned};
pub use verify::{Against, Source, rolled_back, verify};

/// Keeps a signed head outside the database as the last one, for a restore that is under way.
pub use outside::keep as keep_outside;
