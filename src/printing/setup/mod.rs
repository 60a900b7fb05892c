//! Printers and agents described, changed and closed by administrators, and readers set up by anybody.

pub mod agents_page;
pub mod api;
mod form_page;
mod manage;
pub mod printers_page;
pub mod reader_page;
