//! What each row is that a clinician, a signer or an auditor relies on, bound by the log: whoever changes one
//! beside the program is named by `rastro verify`, with table and column.
//!
//! A row that changes is written into `row_states` as it is from then on ([`bind`](fn@bind)), and that enters the log like
//! an event. `docs/ledger.md` writes the format down, and which columns are left out, and why.

mod baseline;
mod check;
mod state;
mod store;
pub mod tables;
mod waits;
mod written;

pub use baseline::{bind_all, bind_invented};
pub use check::{Differs, Held, differing, opening, unbound};
pub use state::{LOG, RowEventId, RowState};
pub use store::{bind, change};
pub use waits::{Waited, may_wait, wait, waits_for};
pub use written::{LastStates, last_states};
