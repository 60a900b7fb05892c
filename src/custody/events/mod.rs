//! What happened: the events of a container, and what they come to.

pub mod data;
pub mod event;
pub mod facts;
pub mod fold;
pub mod outcome;
pub mod source;
pub mod unlike;
