//! The rules by themselves: every state with every command, and random lives of a tube.

mod cast;
mod random;
mod table;
