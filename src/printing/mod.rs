//! Labels of containers: each one printed is recorded with its values and the hash of its bytes,
//! so that a reprint is exact and counted. Printers, the agents that drive them, and the jobs on
//! their way: recorded and queued together (`send.rs`), handed out to and answered for by agents
//! and the server itself (`lease.rs`), looked after by people and time (`work.rs`), by the rules of
//! `job.rs`. Sheets for office printers, which tell nobody anything: `on_sheets.rs`.

pub mod api;
mod error;
pub mod pages;
mod machines;
mod issue;
mod sheets;
mod jobs;
mod leases;
mod setup;

pub use error::{JobRefusal, PrintError};
pub use issue::kinds::Choice;
pub use issue::service;
pub use issue::store;
pub use issue::store::PrintId;
pub use jobs::job;
pub use jobs::rows::BatchId;
pub use jobs::work;
pub use leases::api::routes as agent_routes;
pub use leases::hold;
pub use leases::lease;
pub use machines::devices::silent_agents;
pub use machines::printer;
pub use machines::printer::{AgentId, PrinterId};
pub use machines::reach;
pub use machines::stock;
pub use sheets::opened as sheet_pages;
pub use sheets::record as on_sheets;
pub use sheets::rows::{Sheet, SheetId};
