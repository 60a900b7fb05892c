//! Labels on sheets for an office printer, which tells nobody anything: recorded together, and opened again as they were.

pub mod api;
pub mod form_page;
pub mod label;
pub mod opened;
mod opened_page;
mod record;
pub mod rows;
