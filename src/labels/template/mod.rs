//! A template is a kind of label as it is written, in millimetres: what stands on it, which fields it takes, what
//! it may ask for, what a new version of it must keep, and which kinds there are.

pub mod contract;
pub mod element;
pub mod excess;
mod faults;
pub mod fields;
pub mod kinds;
pub mod model;
mod parse;
pub mod rooms;
