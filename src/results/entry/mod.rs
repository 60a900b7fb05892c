//! An answer as it is sent, and what is kept of it: every field checked, every contradiction told. Pure.

pub mod again;
pub mod critical;
pub mod entered;
pub mod input;
mod markers;
pub mod phenotype;
mod reader;
mod residual;
#[cfg(test)]
mod tests;
