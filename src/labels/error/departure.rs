//! What a new version of a label kind must keep and does not; how that is found is in
//! `template/contract.rs`.

/// Something that a new version must keep and does not. Lengths are millimetres.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Departure {
    /// Another kind's id.
    #[error("the id must stay {0}")]
    Id(String),
    /// Not the version that comes next.
    #[error("the version must be {0}")]
    Version(i32),
    /// Stock of another size: the printers hold this one.
    #[error("the stock must stay {width} x {height} mm")]
    Size {
        /// The stock's width in the version before, millimetres.
        width: f64,
        /// The stock's height in the version before, millimetres.
        height: f64,
    },
    /// Round instead of rectangular, single instead of on sheets, or the other way round.
    #[error("round or rectangular, single or on a sheet: the stock must stay what it is")]
    Stock,
    /// A field added, taken away, or with another rule: the program fills them.
    #[error("field {0} must stay as it is under [fields]")]
    Field(String),
    /// A field that is printed no more.
    #[error("field {0} is printed no more")]
    Undrawn(String),
    /// A name shown by the rule of earlier templates, which does not tell who reads alike.
    #[error("the name must be shown by kind = \"person\"")]
    Name,
    /// A bar code that is printed no more.
    #[error("the {symbol} of {value} is printed no more")]
    Symbol {
        /// `Code 128`, `Data Matrix` or `QR code`.
        symbol: &'static str,
        /// What it says, with `{fields}`.
        value: String,
    },
    /// A bar code that may become smaller than before.
    #[error("min_x_mm of the {symbol} may not be under {least}")]
    Module {
        /// `Code 128`, `Data Matrix` or `QR code`.
        symbol: &'static str,
        /// The narrowest module so far.
        least: f64,
    },
    /// A field that could not be cut off and now could.
    #[error("field {0} may not be cut off")]
    Cut(String),
}
