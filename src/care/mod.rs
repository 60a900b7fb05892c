//! Who treats a child: transfers between centres, questions from one to another, and their
//! answers. A relation begins and ends only by an event in the log; while it lasts, every centre in
//! it sees the child's whole course. The rows are in `patients::relation`, because registration
//! asks too; the rule of reach is `patients::reach`.

pub mod api;
pub mod pages;
mod reading;
mod refusal;
mod request_page;
pub mod section;
pub mod service;
pub mod store;

pub use refusal::{CareError, CareRule};
