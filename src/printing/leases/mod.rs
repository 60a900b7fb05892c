//! Jobs handed out to whoever drives printers, an agent or the server itself, and answered for: enrolment, starts, leases.

pub mod api;
pub mod enrol;
pub mod hold;
pub mod lease;
pub mod runs;
