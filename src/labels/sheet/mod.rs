//! Sheets of labels for an office printer: where each cell of the page is, and which are used up.

pub mod cells;
pub mod page;
