//! A lease gives a job to whoever drives its printer, an agent or the server itself, until it is answered for:
//! drivers enrol, start, ask and tell here.

pub mod api;
mod driver;
pub mod enrol;
pub mod hold;
pub mod lease;
mod report;
pub mod runs;
