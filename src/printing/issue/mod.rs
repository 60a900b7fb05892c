//! A container's label is issued here: what it says and of which kind it is, recorded with its hash, and drawn
//! again exactly.

pub mod again;
pub mod kinds;
pub mod labelled;
mod namesakes;
pub mod planned;
pub mod sample;
pub mod says;
pub mod service;
pub mod several;
pub mod store;
