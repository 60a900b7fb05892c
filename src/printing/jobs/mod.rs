//! Labels on their way to a printer: recorded and queued together, whose turn it is, what people and time do with them,
//! by the rules of `job.rs`.

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
