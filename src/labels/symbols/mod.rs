//! What a label says to machines becomes modules here: Code 128, Data Matrix and QR. The mark of category B
//! substances stands beside them.

pub mod code128;
pub mod datamatrix;
pub mod mark;
pub mod qr;
