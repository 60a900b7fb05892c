//! Which version of the reference data the network uses, and which centres there are. A server
//! brings a catalogue; its centres are taken over by version, what decides about a sample only once
//! two people have approved it. A centre that nobody has verified is confirmed by two people too.

mod catalogue_page;
mod history;
mod centres_page;
mod model;
pub mod pages;
pub mod service;
pub mod store;
pub mod take_over;

pub use model::{CentreChange, ReferenceRule, SiteEventKind, What};
pub use service::ReferenceError;
