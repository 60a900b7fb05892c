//! The `rastro` program.

fn main() {}
