//! A layout in the format that was asked for.

use super::{pdf, png, svg, zpl};
use crate::labels::error::{Cause, LabelError};
use crate::labels::format::Format;
use crate::labels::place::layout::Layout;
use crate::labels::sheet::cells::Cells;

impl Format {
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

    /// The same layout as earlier versions of this program drew it: a label that was recorded is exact
    /// by the bytes it had then.
    pub fn earlier(self, layout: &Layout) -> Vec<Vec<u8>> {
        match self {
            Self::Zpl => zpl::earlier(layout).map(String::into_bytes).collect(),
            Self::Svg | Self::Pdf | Self::Png => vec![],
        }
    }
}
