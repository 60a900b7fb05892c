//! Labels of containers: each one printed is recorded with its values and the hash of its bytes,
//! so that a reprint is exact and counted. Printers, the agents that drive them, and the jobs between
//! them; sheets for office printers, which tell nobody anything.
//!
//! Its rooms stand in the order of the arrows: each uses only those above it, and names them by
//! `crate::printing::`.
//!
//! - `error.rs`: what can be refused;
//! - `machines/`: printers and agents, what each is and who sees it;
//! - `issue/`: a container's label, recorded and drawn again;
//! - `sheets/`: labels recorded together for an office printer;
//! - `jobs/`: labels on their way to a printer, by the rules of `jobs/job.rs`;
//! - `leases/`: jobs handed out to agents and to the server itself, and answered for;
//! - `setup/`: printers and agents described, changed and closed;
//! - `pages.rs`, `api.rs`: the doors, and the page of one container's label.

mod error;
mod machines;
mod issue;
mod sheets;
mod jobs;
mod leases;
mod setup;
pub mod pages;
pub mod api;

pub use error::{JobRefusal, PrintError};
pub use issue::kinds::Choice;
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
pub use machines::stock;
pub use sheets::opened::calibration;
pub use sheets::rows::{Sheet, SheetId};
