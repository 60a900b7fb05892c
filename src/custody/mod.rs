//! Who holds each container: events, the state machine, the projection, hand-overs.

pub mod api;
mod answer;
mod bedside;
mod bedside_page;
pub mod cancel;
mod cancel_page;
mod card;
mod clocks;
mod collection_time;
mod collection_time_page;
mod command;
mod context;
mod correct;
mod data;
mod decide;
mod event;
mod expected;
mod handover;
mod history;
mod input;
pub mod issue;
mod issue_page;
mod laboratory;
pub mod pages;
mod record;
mod refusal;
pub mod service;
mod station;
mod station_dialogs;
pub mod store;
#[cfg(test)]
mod tests;
mod timeline;
pub mod view;
mod wall_time;
mod withdraw;

pub use answer::{ContainerView, Outcome, ScanAnswer};
pub use bedside::may_collect;
pub use card::Card;
pub use command::{Action, Command};
pub use correct::REASON_CHARS;
pub use data::Data;
pub use decide::{Context, Decision, LastEvent, OFFER_SECONDS, apply, decide};
pub use event::{CustodyEvent, CustodyEventId, EventKind};
pub use input::{Batch, Scan, Source};
pub use refusal::Refusal;
