//! Labels on sheets are for an office printer, which tells nobody anything: they are recorded together, and
//! opened again as they were.

pub mod api;
pub mod form_page;
pub mod label;
pub mod opened;
mod opened_page;
mod record;
pub mod rows;
