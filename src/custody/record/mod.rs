//! Events written down and read: each with the container, the study and the log's entry in one transaction.

pub mod age;
pub mod answer;
pub mod cancel;
pub mod context;
pub mod expected;
mod follow;
pub mod history;
pub mod issue;
pub mod named;
pub mod recollect;
mod recording;
pub mod service;
pub mod store;
pub mod view;
pub mod write;
