//! Tubes, aliquots and stained tubes: their codes, their lineage and where each stands now.

pub mod blocks;
pub mod forward;
mod model;
pub mod of_child;
pub mod store;

pub use model::{Container, ContainerId, Flags, MadeFor, Status};
