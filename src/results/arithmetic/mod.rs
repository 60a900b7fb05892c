//! The arithmetic of residual disease: counts, limits, intervals, thresholds, and what limits an answer. Pure.

pub mod interval;
pub mod line;
pub mod measured;
pub mod mrd;
pub mod percent;
pub mod sample;
pub mod trust;
pub mod verdict;
