//! Labels of containers: each one printed is recorded with its values and the hash of its bytes,
//! so that a reprint is exact and counted. Printers, the agents that drive them, and the jobs on
//! their way: recorded and queued together (`send.rs`), handed out to and answered for by agents
//! and the server itself (`lease.rs`), looked after by people and time (`work.rs`), by the rules of
//! `job.rs`. Sheets for office printers, which tell nobody anything: `on_sheets.rs`.

mod again;
mod agent_api;
mod agents_page;
pub mod api;
mod batch_page;
mod devices;
mod devices_api;
mod devices_page;
mod enrol;
mod error;
pub mod hold;
pub mod job;
mod jobs_api;
mod jobs_page;
mod kinds;
pub mod lease;
mod lists;
mod manage;
mod namesakes;
pub mod on_sheets;
pub mod pages;
pub mod printer;
mod printer_form_page;
mod queue;
pub mod reach;
mod reader_page;
mod runs;
mod sample;
mod says;
mod send;
mod send_page;
pub mod service;
mod sheet_page;
pub mod sheet_pages;
mod sheets;
mod sheets_api;
mod sheets_page;
mod shift;
pub mod stock;
pub mod store;
mod turns;
pub mod work;

pub use agent_api::routes as agent_routes;
pub use devices::silent_agents;
pub use error::PrintError;
pub use kinds::Choice;
pub use printer::{AgentId, PrinterId};
pub use queue::BatchId;
pub use service::PrintId;
pub use sheets::{Sheet, SheetId};
