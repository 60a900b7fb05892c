//! What a person or a device asks for, and when it was: scans and commands, before any rule looks at them. Pure.

pub mod clocks;
pub mod command;
pub mod scan;
pub mod wall_time;
mod written;
