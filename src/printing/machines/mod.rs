//! Printers print labels, and agents drive them: this says what each is, keeps its row, and tells who sees it.

pub mod devices;
pub mod form;
pub mod printer;
pub mod reach;
pub mod seen;
pub mod stock;
