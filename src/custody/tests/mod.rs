//! The rules by themselves: every state with every command, and random lives of a tube.

mod asked;
mod cast;
mod corrections;
mod random;
mod rules;
mod table;

pub(super) use cast::{an_attempt, an_event, planned};
