//! A sheet is a page of labels for an office printer: this says where its cells are, and which are used up.

pub mod cells;
pub mod page;
