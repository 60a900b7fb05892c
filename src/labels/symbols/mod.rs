//! What a label says to machines, as modules: Code 128, Data Matrix, QR; and the mark of category B substances.

pub mod code128;
pub mod datamatrix;
pub mod mark;
pub mod qr;
