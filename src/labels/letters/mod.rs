//! A line of letters is set on whole dots here, in a face of the program's own: it is what a label says to people.

mod accent;
pub mod face;
pub mod text;
