//! The ruler in the margin of a sheet, to see that it came out at its true size; and lines and words on a page.

use crate::labels::dots::{Dots, Dpi};
use crate::labels::error::Cause;
use crate::labels::letters::face::Face;
use crate::labels::letters::text::{Run, set};
use crate::labels::place::item::Item;
use crate::labels::place::layout::Layout;
use crate::labels::sheet::cells::Cells;
use crate::labels::sheet::page::Sheet;

pub(super) const DPI: Dpi = Dpi::D600;
/// What office printers leave white along the edges of the paper, millimetres.
pub(super) const UNPRINTED: f64 = 4.3;
/// Between a ruler and the cells above it, millimetres.
const CLEAR: f64 = 1.0;
const LONG: f64 = 50.0;
const HIGH: f64 = 3.0;

/// The ruler under the cells of a sheet, moved as they are; none where it would touch them or what
/// printers leave white, or where the label is the page.
pub(super) fn of_sheet(
    sheet: &Sheet,
    label_height: f64,
    cells: Cells,
) -> Result<Option<Layout>, Cause> {
    let (width, height) = sheet.page.size_mm();
    let end = sheet.corner(sheet.cells() - 1, Cells::default()).1 + label_height;
    let (from, to) = (end + CLEAR, height - UNPRINTED);
    let top = f64::midpoint(from, to - HIGH);
    let (x, y) = ((width - LONG) / 2.0 + cells.offset_x_mm, top + cells.offset_y_mm);
    if sheet.cells() < 2 || top < from || y + HIGH > to {
        return Ok(None);
    }
    let mut drawing = Drawing::default();
    drawing.line((x, y + HIGH), (x + LONG, y + HIGH));
    for mm in 0..=50_u8 {
        let at = x + f64::from(mm);
        drawing.line((at, y + HIGH - length(mm)), (at, y + HIGH));
    }
    drawing.text((x + LONG + 1.5, y + HIGH), 7.0, "50 mm")?;
    Ok(Some(drawing.page(sheet)))
}

/// How high the mark of a millimetre is.
fn length(mm: u8) -> f64 {
    match mm {
        _ if mm.is_multiple_of(10) => HIGH,
        _ if mm.is_multiple_of(5) => 2.0,
        _ => 1.0,
    }
}

/// Lines and words on a page, millimetres from its top left.
#[derive(Default)]
pub(super) struct Drawing(Vec<Item>);

impl Drawing {
    /// A thin line, straight across or down, with the places in its middle.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let [x, y, right, foot] = [from.0, from.1, to.0, to.1].map(|mm| DPI.dots(mm));
        let dots = Dots { x: x - 1, y: y - 1, w: right - x + 2, h: foot - y + 2 };
        self.0.push(Item::Line(dots));
    }
    pub(super) fn put(&mut self, at: (f64, f64), run: Run) {
        self.0.push(Item::Text { x: DPI.dots(at.0), baseline: DPI.dots(at.1), run });
    }
    pub(super) fn text(&mut self, at: (f64, f64), pt: f64, text: &str) -> Result<(), Cause> {
        self.put(at, set(text, Face::of(true), pt, DPI)?);
        Ok(())
    }
    pub(super) fn page(self, sheet: &Sheet) -> Layout {
        let (width_mm, height_mm) = sheet.page.size_mm();
        Layout {
            template: String::new(),
            version: 1,
            dpi: DPI,
            width: DPI.dots(width_mm),
            height: DPI.dots(height_mm),
            width_mm,
            height_mm,
            sheet: None,
            items: self.0,
        }
    }
}
