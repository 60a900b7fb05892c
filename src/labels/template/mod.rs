//! A kind of label as it is written, in millimetres: what stands on it, which fields it takes, what it may ask for,
//! what a new version must keep, and the kinds that there are.

pub mod contract;
pub mod element;
pub mod excess;
mod faults;
pub mod fields;
pub mod kinds;
pub mod model;
mod parse;
pub mod rooms;
