//! The print agent as it runs at a centre: the real program, a server that keeps the contract
//! with the real state machine, and printers that break in every way a printer breaks.
//!
//! Nothing in the program helps these tests: it is killed at moments that are seen from outside.

// The counts are what some of the tests are for: they are printed.
#![allow(clippy::print_stdout)]

mod chaos;
mod cups;
mod enrolment;
mod hooks;
mod ipp;
mod own;
mod printers;
mod process;
mod proxy;
mod server;
mod tls;
mod torture;
mod ward;
mod whole;
mod zebra;
