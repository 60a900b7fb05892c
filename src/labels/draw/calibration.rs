//! The page that tells how far a printer of sheets is off.

use super::pdf;
use super::ruler::{DPI, Drawing, UNPRINTED, of_sheet};
use crate::labels::error::{Cause, LabelError};
use crate::labels::letters::face::Face;
use crate::labels::letters::text::{Room, set};
use crate::labels::sheet::cells::Cells;
use crate::labels::sheet::page::Sheet;
use crate::labels::template::model::Template;

/// Where the words of the calibration page begin, and from one line to the next, millimetres.
const WORDS_FROM: f64 = 150.0;
const WORDS_DOWN: f64 = 5.5;

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

impl Drawing {
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
