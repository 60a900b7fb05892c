//! A job is a label on its way to a printer: it is recorded and queued, has its turn, and people and time do with
//! it what the rules of `job.rs` let them.

pub mod api;
pub mod batch_page;
pub mod job;
pub mod list_page;
pub mod lists;
pub mod queue;
pub mod rows;
pub mod send;
pub mod send_page;
mod shift;
pub mod turns;
pub mod work;
