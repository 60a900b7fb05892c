//! What a laid out label consists of: symbols, rectangles and glyphs on whole dots.

use crate::labels::dots::{Dots, small};
use crate::labels::error::Cause;
use crate::labels::letters::text::Run;
use crate::labels::symbols::code128::{self, Set};
use crate::labels::symbols::mark::Diamond;
use crate::labels::symbols::{datamatrix, qr};
use crate::labels::template::model::Shape;

/// A bar code of a laid out label: what a scanner will read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedSymbol<'a> {
    /// `Code 128`, `Data Matrix` or `QR code`.
    pub kind: &'static str,
    /// What it says.
    pub payload: &'a str,
    /// Left, top, width and height in dots, without quiet zones.
    pub place: [i32; 4],
}

/// A kind of square symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Square {
    Datamatrix,
    Qr,
}

impl Square {
    pub fn name(self) -> &'static str {
        match self {
            Self::Datamatrix => datamatrix::NAME,
            Self::Qr => qr::NAME,
        }
    }
    /// Modules of white each side. Round stock has room for one, which the standard asks for.
    pub(super) fn quiet(self, shape: Shape) -> usize {
        match (self, shape) {
            (Self::Datamatrix, Shape::Rectangle) => datamatrix::QUIET,
            (Self::Datamatrix, Shape::Circle) => datamatrix::LEAST_QUIET,
            (Self::Qr, _) => qr::QUIET,
        }
    }
    pub fn encode(self, text: &str) -> Result<(usize, Vec<bool>), Cause> {
        match self {
            Self::Datamatrix => datamatrix::encode(text),
            Self::Qr => qr::encode(text),
        }
    }
}

/// Something on the label. Places are dots from the top left.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A Code 128 symbol, without its quiet zones.
    Bars {
        /// Left edge, dots from the left of the label.
        x: i32,
        /// Upper edge, dots from the top of the label.
        y: i32,
        /// Height of the bars, dots.
        height: i32,
        /// Dots in a module.
        module: i32,
        /// Modules, dark is true.
        bits: Vec<bool>,
        /// The one code set it is written in.
        only: Option<Set>,
        /// What it says.
        payload: String,
    },
    /// A square symbol, without its quiet zone.
    Matrix {
        /// Whether it is a Data Matrix or a QR code.
        symbol: Square,
        /// Left edge, dots from the left of the label.
        x: i32,
        /// Upper edge, dots from the top of the label.
        y: i32,
        /// Dots in a module.
        module: i32,
        /// Modules in a side.
        side: usize,
        /// Modules row by row, dark is true.
        bits: Vec<bool>,
        /// What it says.
        payload: String,
    },
    /// A line of text.
    Text {
        /// Left edge, dots from the left of the label.
        x: i32,
        /// Where the letters stand.
        baseline: i32,
        /// The line as it was set: its glyphs, each on whole dots.
        run: Run,
    },
    /// A filled rectangle.
    Line(Dots),
    /// The frame of the UN3373 mark.
    Diamond(Diamond),
}

impl Item {
    /// What a scanner reads in it.
    pub fn symbol(&self) -> Option<PlacedSymbol<'_>> {
        match self {
            Self::Bars { x, y, height, module, bits, payload, .. } => Some(PlacedSymbol {
                kind: code128::NAME,
                payload,
                place: [*x, *y, module * small(bits.len()), *height],
            }),
            Self::Matrix { x, y, module, side, payload, symbol, .. } => {
                let side = module * small(*side);
                Some(PlacedSymbol { kind: symbol.name(), payload, place: [*x, *y, side, side] })
            }
            _ => None,
        }
    }
    /// The dark rectangles of anything but text, neighbours joined.
    pub fn dark(&self) -> Vec<Dots> {
        match self {
            Self::Bars { x, y, height, module, bits, .. } => runs(bits)
                .map(|(at, n)| Dots { x: x + module * at, y: *y, w: module * n, h: *height })
                .collect(),
            Self::Matrix { x, y, module, side, bits, .. } => {
                let rows = bits.chunks(*side).zip(0_i32..);
                rows.flat_map(|(row, r)| {
                    runs(row).map(move |(at, n)| Dots {
                        x: x + module * at,
                        y: y + module * r,
                        w: module * n,
                        h: *module,
                    })
                })
                .collect()
            }
            Self::Line(dots) => vec![*dots],
            Self::Diamond(mark) => mark.rows(),
            Self::Text { .. } => vec![],
        }
    }
}

/// (start, length) of each stretch of dark modules.
fn runs(bits: &[bool]) -> impl Iterator<Item = (i32, i32)> + '_ {
    let mut at = 0_i32;
    bits.chunk_by(|a, b| a == b).filter_map(move |chunk| {
        let (start, n) = (at, i32::try_from(chunk.len()).unwrap_or(i32::MAX));
        at += n;
        chunk[0].then_some((start, n))
    })
}
