//! A line of letters in a face of the program's own, set on whole dots: what a label says to people.

pub mod accent;
pub mod text;
