//! Who holds each container: events, the state machine, the projection, hand-overs.
//!
//! Its rooms stand in the order of the arrows: each uses only those above it, and names them by `crate::custody::`.
//!
//! - `refusal.rs`, `error.rs`: why a scan is not done; what else can go wrong;
//! - `events/`: what happened, and what a container is by it;
//! - `asked/`: what a person or a device asks for, as it is sent;
//! - `rules/`: what may happen next, pure;
//! - `record/`: what happened written down, and read again;
//! - `station/`, `pages/`, `api.rs`: the doors.

mod refusal;
mod error;
mod events;
mod asked;
mod rules;
mod record;
mod station;
pub mod pages;
pub mod api;
#[cfg(test)]
mod tests;

pub use asked::command::{Action, Command};
pub use asked::scan::{Batch, Scan, When};
pub(crate) use asked::wall_time;
pub use error::CustodyError;
pub use events::data::Data;
pub use events::event::{Act, ActId, CustodyEvent, CustodyEventId, EventKind};
pub use events::outcome::Outcome;
pub use events::source::Source;
pub use events::{facts, fold, unlike};
pub use record::answer::{ContainerView, ScanAnswer};
pub(crate) use record::expected::EXTRA;
pub use record::issue::may_issue;
pub(crate) use record::recollect;
pub use record::{cancel, issue, service, store, view};
pub use refusal::Refusal;
pub use rules::bedside::may_collect;
pub use rules::correct::REASON_CHARS;
pub use rules::decide::{apply, decide};
pub use rules::state::{Context, Decision, Doubt, HeldFor, LastEvent, OFFER_SECONDS};
pub use station::card::Card;
