//! The scan station: its steps and cards, the page that a scanner types into.

pub mod card;
mod dialogs;
mod keys;
pub mod page;
