//! Rulers on sheets: 50 mm in the margin, to see that a sheet came out at its true size, and the page
//! that tells how far a printer is off.

use super::pdf;
use crate::labels::dots::{Dots, Dpi};
use crate::labels::error::{Cause, LabelError};
use crate::labels::letters::face::Face;
use crate::labels::letters::text::{Room, set};
use crate::labels::place::item::Item;
use crate::labels::place::layout::Layout;
use crate::labels::sheet::cells::Cells;
use crate::labels::sheet::page::Sheet;
use crate::labels::template::model::Template;

const DPI: Dpi = Dpi::D600;
/// What office printers leave white along the edges of the paper, millimetres.
const UNPRINTED: f64 = 4.3;
/// Between a ruler and the cells above it, millimetres.
const CLEAR: f64 = 1.0;
const LONG: f64 = 50.0;
const HIGH: f64 = 3.0;
/// Where the words of the calibration page begin, and from one line to the next, millimetres.
const WORDS_FROM: f64 = 150.0;
const WORDS_DOWN: f64 = 5.5;

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

/// A page of PDF with the outlines of a sheet's cells and, across the left and the top edge of one
/// of them, a scale with its zero on the edge: where the edge of the real label crosses it is what
/// the printer is off, and so the offset. `says` are the lines that tell a person so.
///
/// # Errors
/// [`Cause::NoSheet`] for a template that is on no sheet, [`Cause::Offset`] and [`Cause::OffPage`]
/// for an offset, and for words that do not fit.
pub fn calibration(
    template: &Template,
    says: &[String],
    cells: Cells,
) -> Result<Vec<u8>, LabelError> {
    let made = match template.media.sheet() {
        Some(sheet) => page(template, &sheet, says, cells),
        None => Err(Cause::NoSheet),
    };
    made.map_err(|c| LabelError::of(&template.id, "", c))
}

fn page(
    template: &Template,
    sheet: &Sheet,
    says: &[String],
    cells: Cells,
) -> Result<Vec<u8>, Cause> {
    cells.check(sheet.cells())?;
    let (width, height) = (template.media.width_mm, template.media.height_mm);
    let (page_w, _) = sheet.page.size_mm();
    let mut drawing = Drawing::default();
    let words = f64::from(u16::try_from(says.len()).unwrap_or(u16::MAX)) * WORDS_DOWN;
    for cell in 0..sheet.cells() {
        let (x, y) = sheet.corner(cell, Cells::default());
        let under = y < WORDS_FROM + words && y + height > WORDS_FROM - WORDS_DOWN;
        // A sheet of one cell keeps its outline: there is no other.
        if under && sheet.cells() > 1 {
            continue;
        }
        for (a, b) in [((x, y), (x + width, y)), ((x, y + height), (x + width, y + height))] {
            drawing.line(a, b);
        }
        for x in [x, x + width] {
            drawing.line((x, y), (x, y + height));
        }
    }
    let (column, row) = (usize::from(sheet.columns / 2), usize::from(sheet.rows / 4));
    let cell = row * usize::from(sheet.columns) + column;
    let (x, y) = sheet.corner(cell, Cells::default());
    drawing.across(x, y + height.min(30.0) / 2.0)?;
    drawing.down(x + width.min(60.0) / 2.0, y)?;
    for (line, at) in says.iter().zip(0_u16..) {
        let room = Room {
            face: Face::of(false),
            size_pt: 10.0,
            min_pt: 8.0,
            width_mm: page_w - 24.0,
            dpi: DPI,
        };
        let baseline = WORDS_FROM + f64::from(at) * WORDS_DOWN;
        drawing.put((12.0, baseline), room.set(line)?);
    }
    let mut pages = drawing.page(sheet);
    template.id.clone_into(&mut pages.template);
    if let Some(ruler) = of_sheet(sheet, height, Cells::default())? {
        pages.items.extend(ruler.items);
    }
    pdf::one_a_page(&[pages], cells)
}

/// Lines and words on a page, millimetres from its top left.
#[derive(Default)]
struct Drawing(Vec<Item>);

impl Drawing {
    /// A thin line, straight across or down, with the places in its middle.
    fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let [x, y, right, foot] = [from.0, from.1, to.0, to.1].map(|mm| DPI.dots(mm));
        let dots = Dots { x: x - 1, y: y - 1, w: right - x + 2, h: foot - y + 2 };
        self.0.push(Item::Line(dots));
    }
    fn put(&mut self, at: (f64, f64), run: crate::labels::letters::text::Run) {
        self.0.push(Item::Text { x: DPI.dots(at.0), baseline: DPI.dots(at.1), run });
    }
    fn text(&mut self, at: (f64, f64), pt: f64, text: &str) -> Result<(), Cause> {
        self.put(at, set(text, Face::of(true), pt, DPI)?);
        Ok(())
    }
    /// A scale across an edge at `x`.
    fn across(&mut self, x: f64, y: f64) -> Result<(), Cause> {
        for (at, long, number) in marks(x) {
            self.line((at, y - long), (at, y));
            if let Some(number) = number {
                let run = set(&number, Face::of(true), 5.0, DPI)?;
                self.put((at - DPI.mm(run.width) / 2.0, y + 2.2), run);
            }
        }
        let ends = (x - reach(x), x + 5.0);
        self.line((ends.0, y), (ends.1, y));
        self.text((ends.1 + 1.0, y + 0.8), 9.0, "x")
    }
    /// A scale across an edge at `y`.
    fn down(&mut self, x: f64, y: f64) -> Result<(), Cause> {
        for (at, long, number) in marks(y) {
            self.line((x - long, at), (x, at));
            if let Some(number) = number {
                self.text((x + 0.8, at + 0.6), 5.0, &number)?;
            }
        }
        let ends = (y - reach(y), y + 5.0);
        self.line((x, ends.0), (x, ends.1));
        self.text((x - 0.8, ends.1 + 2.6), 9.0, "y")
    }
    fn page(self, sheet: &Sheet) -> Layout {
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

/// How far before an edge a scale begins: 5 mm, or what is printed of them.
fn reach(edge: f64) -> f64 {
    (edge - UNPRINTED).floor().clamp(0.0, 5.0)
}

/// Each half millimetre around an edge: its place, how long its mark is, its number where it has one.
fn marks(edge: f64) -> impl Iterator<Item = (f64, f64, Option<String>)> {
    let halves = (-10_i32..=10).filter(move |h| f64::from(*h) / 2.0 >= -reach(edge));
    halves.map(move |half| {
        let number = (half % 4 == 0).then(|| (half / 2).to_string());
        let long = match half {
            0 => 3.5,
            _ if half % 4 == 0 => 2.5,
            _ if half % 2 == 0 => 1.8,
            _ => 1.0,
        };
        (edge + f64::from(half) / 2.0, long, number)
    })
}
