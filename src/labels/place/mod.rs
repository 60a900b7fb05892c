//! A template with its values is put on the dots of one printer here: millimetres become dots, and a name finds
//! its room. What is drawn afterwards is drawn from this.

mod digest;
pub mod item;
pub mod layout;
mod name;
mod person;
pub mod undrawable;
