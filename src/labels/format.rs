//! What a label can be drawn as, and for which printers.

use super::error::{Cause, LabelError};
use crate::labels::draw::{pdf, png, svg, zpl};
use crate::labels::place::layout::Layout;
use crate::labels::sheet::page::Cells;

crate::words! {
    /// What a label is sent as.
    pub enum Format {
        /// Vector picture, for the screen.
        Svg = "svg",
        /// One page of the label's size, for a printer of the operating system.
        Pdf = "pdf",
        /// Zebra's language, for label printers.
        Zpl = "zpl",
        /// One bit a dot, with the resolution in it.
        Png = "png",
    }
}

impl Format {
    /// The media type that it is sent with.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Pdf => "application/pdf",
            Self::Zpl => "application/vnd.zebra.zpl; charset=utf-8",
            Self::Png => "image/png",
        }
    }
    /// Its files are packed by a library: another version of it may pack the same dots and letters
    /// into other bytes.
    pub fn is_packed(self) -> bool {
        matches!(self, Self::Pdf | Self::Png)
    }
    /// Draws `layout`. The same layout gives the same bytes. A label of a sheet is drawn in its
    /// first cell as PDF, and alone as SVG and PNG, which are for looking at.
    ///
    /// # Errors
    /// [`Cause::Sheet`] for ZPL of a sheet: no label printer takes sheets. Else only where a library
    /// refuses what our own checks let through.
    pub fn render(self, layout: &Layout) -> Result<Vec<u8>, LabelError> {
        match self {
            Self::Svg => Ok(svg::draw(layout).into_bytes()),
            Self::Zpl if layout.sheet.is_some() => {
                let cause = Cause::Sheet { format: self };
                Err(LabelError::of(&layout.template, "", cause))
            }
            Self::Zpl => Ok(zpl::draw(layout).into_bytes()),
            Self::Pdf => pdf::document(std::slice::from_ref(layout), Cells::default()),
            Self::Png => png::draw(layout).map_err(|c| LabelError::of(&layout.template, "", c)),
        }
    }
}

impl Format {
    /// The same layout as earlier versions of this program drew it: a label that was recorded is exact
    /// by the bytes it had then.
    pub fn earlier(self, layout: &Layout) -> Vec<Vec<u8>> {
        match self {
            Self::Zpl => zpl::earlier(layout).map(String::into_bytes).collect(),
            Self::Svg | Self::Pdf | Self::Png => vec![],
        }
    }
}

/// A printer's resolution. The nominal 203 dpi is 8 dots a millimetre within 0.1 %; 300 dpi is
/// 11.81 dots, not 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dpi {
    /// 203 dots an inch.
    D203,
    /// 300 dots an inch.
    D300,
    /// 600 dots an inch.
    D600,
}

impl Dpi {
    /// Every resolution label printers come in.
    pub const ALL: [Self; 3] = [Self::D203, Self::D300, Self::D600];

    /// Dots an inch.
    pub fn number(self) -> u32 {
        match self {
            Self::D203 => 203,
            Self::D300 => 300,
            Self::D600 => 600,
        }
    }
    /// The resolution of that many dots an inch.
    pub fn from_number(n: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|d| i64::from(d.number()) == n)
    }
    fn per_mm(self) -> f64 {
        f64::from(self.number()) / 25.4
    }
    /// The whole number of dots nearest to `mm`.
    pub fn dots(self, mm: f64) -> i32 {
        // Templates are at most a metre: far inside an i32.
        #[allow(clippy::cast_possible_truncation)]
        let dots = (mm * self.per_mm()).round() as i32;
        dots
    }
    /// The least whole number of dots that is not under `mm`.
    pub(super) fn dots_up(self, mm: f64) -> i32 {
        // As above; a hair over a whole number is that number.
        #[allow(clippy::cast_possible_truncation)]
        let dots = (mm * self.per_mm() - 1e-6).ceil() as i32;
        dots
    }
    /// The length of `dots`.
    pub fn mm(self, dots: i32) -> f64 {
        f64::from(dots) / self.per_mm()
    }
    /// Dots in an em of `pt` points.
    pub fn em(self, pt: f64) -> f64 {
        pt * f64::from(self.number()) / 72.0
    }
}
