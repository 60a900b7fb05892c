//! A line of letters in a face of the program's own, set on whole dots: what a label says to people.

mod accent;
pub mod face;
pub mod text;
