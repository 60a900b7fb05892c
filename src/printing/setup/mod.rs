//! Administrators describe, change and close printers and agents here, and anybody sets a reader up.

pub mod agents_page;
pub mod api;
mod form_page;
mod manage;
pub mod printers_page;
pub mod reader_page;
