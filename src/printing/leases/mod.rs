//! Jobs handed out to whoever drives printers, an agent or the server itself, and answered for: enrolment, starts, leases.

pub mod api;
mod driver;
pub mod enrol;
pub mod hold;
pub mod lease;
mod report;
pub mod runs;
