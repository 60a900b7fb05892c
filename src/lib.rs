//! Rastro follows children's leukaemia samples from the bedside to the result.
//!
//! The modules below are the capabilities, in the order in which they may use one another: each
//! uses only those above it. `ARCHITECTURE.md` is the map, `tests/house.rs` holds the order.

pub mod db;
pub mod schema;
pub mod journal;
pub mod web;
pub mod codes;
pub mod catalogue;
pub mod sites;
pub mod people;
pub mod demo;
pub mod ledger;
pub mod audit;
pub mod labels;
pub mod app;
pub mod access;
pub mod approvals;
pub mod protocols;
pub mod patients;
pub mod identity;
pub mod care;
pub mod studies;
pub mod containers;
pub mod reference;
pub mod doubts;
pub mod custody;
pub mod label_templates;
pub mod printing;
pub mod agent;
pub mod results;
pub mod desk;
pub mod inspection;
pub mod server;
pub mod commands;
