//! Printers and the agents that drive them: what each is, its row, and who sees it.

pub mod devices;
pub mod form;
pub mod printer;
pub mod reach;
pub mod seen;
pub mod stock;
