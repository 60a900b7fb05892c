//! Label templates as the network changes them: one person writes a version of a label kind and
//! proposes it, another one looks at it and approves it; from then on labels are drawn by it. No
//! version changes or goes away, so that a label of years ago is drawn again as it was.
//!
//! [`store::current`] says what a kind is drawn by now, [`store::version`] what it was drawn by.

pub mod api;
pub mod decide;
mod editor_page;
pub mod pages;
mod pictures;
mod rules;
pub mod service;
pub mod store;

pub use service::TemplateError;
