//! Layouts as PDF: a page of the label's size each, or n-up on sheets. Letters are text in an
//! embedded face, each at the dot where every other format has it.

use std::sync::LazyLock;

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::num::NormalizedF32;
use krilla::page::{Page, PageSettings};
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};

use super::{raster, ruler, true_size};
use crate::labels::dots::Dots;
use crate::labels::error::{Cause, LabelError};
use crate::labels::letters::face::Face;
use crate::labels::letters::text::Run;
use crate::labels::patience;
use crate::labels::place::item::Item;
use crate::labels::place::layout::Layout;
use crate::labels::sheet::cells::Cells;
use crate::labels::sheet::page::Sheet;
use crate::labels::symbols::mark::Diamond;

static REGULAR: LazyLock<Option<Font>> = LazyLock::new(|| open(Face::Regular));
static BOLD: LazyLock<Option<Font>> = LazyLock::new(|| open(Face::Bold));
static CONDENSED: LazyLock<Option<Font>> = LazyLock::new(|| open(Face::Condensed));

fn open(face: Face) -> Option<Font> {
    Font::new(face.bytes().to_vec().into(), 0)
}

fn font(face: Face) -> Result<Font, Cause> {
    let font: &Option<Font> = match face {
        Face::Regular => &REGULAR,
        Face::Bold => &BOLD,
        Face::Condensed => &CONDENSED,
    };
    font.clone().ok_or_else(|| Cause::Drawing("the font cannot be embedded".to_owned()))
}

/// Dots and points as the library takes them; a label has some thousand of either.
#[allow(clippy::cast_possible_truncation)]
fn f(n: impl Into<f64>) -> f32 {
    n.into() as f32
}

/// Points in a length of millimetres.
fn points(mm: f64) -> f32 {
    f(mm * 72.0 / 25.4)
}

fn refused() -> Cause {
    Cause::Drawing("a size was refused".to_owned())
}

/// Labels as one document: one page each, or, where the template says so, on sheets from the first
/// cell that is not used up. A page of one label is moved by whole dots, so that bars stay as wide
/// as they are; `cells.skip` is for sheets only. The document asks to be printed at its true size.
///
/// # Errors
/// [`Cause::Mixed`] for sheets of several templates, [`Cause::Skip`], [`Cause::Offset`] and
/// [`Cause::OffPage`]; else only where a library refuses what our own checks let through.
pub fn document(labels: &[Layout], cells: Cells) -> Result<Vec<u8>, LabelError> {
    let Some(first) = labels.first() else {
        return Err(LabelError::of("", "", Cause::Drawing("no labels were given".to_owned())));
    };
    let made = match first.sheet {
        Some(sheet) => on_sheets(first, labels, &sheet, cells),
        None => one_a_page(labels, cells),
    };
    made.map_err(|c| LabelError::of(&first.template, "", c))
}

pub(super) fn one_a_page(labels: &[Layout], cells: Cells) -> Result<Vec<u8>, Cause> {
    let mut document = Document::new();
    for layout in labels {
        patience::ask()?;
        let whole = |mm: f64| layout.dpi.mm(layout.dpi.dots(mm));
        let at = (whole(cells.offset_x_mm), whole(cells.offset_y_mm));
        on_page(layout, at, (layout.width_mm, layout.height_mm))?;
        let mut page = start(&mut document, layout.width_mm, layout.height_mm)?;
        let mut surface = page.surface();
        write_label(&mut surface, layout, at)?;
        surface.finish();
        page.finish();
    }
    finish(document)
}

fn on_sheets(
    first: &Layout,
    labels: &[Layout],
    sheet: &Sheet,
    cells: Cells,
) -> Result<Vec<u8>, Cause> {
    cells.check(sheet.cells())?;
    let kind = |l: &Layout| (l.template.clone(), l.version, l.dpi);
    if labels.iter().any(|l| kind(l) != kind(first)) {
        return Err(Cause::Mixed);
    }
    let (width, height) = sheet.page.size_mm();
    let ruler = ruler::of_sheet(sheet, first.height_mm, cells)?;
    let mut document = Document::new();
    let (mut rest, mut cell) = (labels, cells.skip);
    while !rest.is_empty() {
        let (here, later) = rest.split_at(rest.len().min(sheet.cells() - cell));
        let mut page = start(&mut document, width, height)?;
        let mut surface = page.surface();
        for (layout, at) in here.iter().zip(cell..) {
            patience::ask()?;
            let corner = sheet.corner(at, cells);
            on_page(layout, corner, (width, height))?;
            write_label(&mut surface, layout, corner)?;
        }
        if let Some(ruler) = &ruler {
            write_label(&mut surface, ruler, (0.0, 0.0))?;
        }
        surface.finish();
        page.finish();
        (rest, cell) = (later, 0);
    }
    finish(document)
}

/// Whether all that is dark on a label with its top left there is on the page: nothing of it is
/// left out without a word.
fn on_page(layout: &Layout, at: (f64, f64), page: (f64, f64)) -> Result<(), Cause> {
    let inside = |from: f64, to: f64, page: f64| from >= -0.005 && to <= page + 0.005;
    let (w, h) = (layout.width_mm, layout.height_mm);
    if inside(at.0, at.0 + w, page.0) && inside(at.1, at.1 + h, page.1) {
        return Ok(());
    }
    let Some(ink) = raster::ink(layout) else { return Ok(()) };
    let mm = |dots: i32| layout.dpi.mm(dots);
    let across = inside(at.0 + mm(ink.x), at.0 + mm(ink.x + ink.w), page.0);
    let down = inside(at.1 + mm(ink.y), at.1 + mm(ink.y + ink.h), page.1);
    if across && down { Ok(()) } else { Err(Cause::OffPage) }
}

fn start(document: &mut Document, width: f64, height: f64) -> Result<Page<'_>, Cause> {
    let size = Size::from_wh(points(width), points(height)).ok_or_else(refused)?;
    Ok(document.start_page_with(PageSettings::new(size)))
}

fn finish(document: Document) -> Result<Vec<u8>, Cause> {
    let made = document.finish().map_err(|e| Cause::Drawing(format!("{e:?}")))?;
    true_size::ask(made)
}

/// A label with its top left at (x, y) millimetres.
fn write_label(
    surface: &mut Surface<'_>,
    layout: &Layout,
    (x, y): (f64, f64),
) -> Result<(), Cause> {
    let scale = f(72.0 / f64::from(layout.dpi.number()));
    surface.push_transform(&Transform::from_row(scale, 0.0, 0.0, scale, points(x), points(y)));
    set_fill(surface, FillRule::NonZero);
    for item in &layout.items {
        match item {
            Item::Text { x, baseline, run } => write_text(surface, *x, *baseline, run)?,
            Item::Diamond(mark) => write_mark(surface, mark).ok_or_else(refused)?,
            dark => write_dark(surface, &dark.dark()).ok_or_else(refused)?,
        }
    }
    surface.pop();
    Ok(())
}

fn set_fill(surface: &mut Surface<'_>, rule: FillRule) {
    let paint = rgb::Color::black().into();
    surface.set_fill(Some(Fill { paint, opacity: NormalizedF32::ONE, rule }));
}

fn write_mark(surface: &mut Surface<'_>, mark: &Diamond) -> Option<()> {
    let mut path = PathBuilder::new();
    for [first, others @ ..] in mark.corners() {
        path.move_to(f(first.0), f(first.1));
        for (x, y) in others {
            path.line_to(f(x), f(y));
        }
        path.close();
    }
    set_fill(surface, FillRule::EvenOdd);
    surface.draw_path(&path.finish()?);
    set_fill(surface, FillRule::NonZero);
    Some(())
}

fn write_dark(surface: &mut Surface<'_>, rects: &[Dots]) -> Option<()> {
    let mut path = PathBuilder::new();
    for r in rects {
        path.push_rect(Rect::from_xywh(f(r.x), f(r.y), f(r.w), f(r.h))?);
    }
    surface.draw_path(&path.finish()?);
    Some(())
}

fn write_text(surface: &mut Surface<'_>, x: i32, baseline: i32, run: &Run) -> Result<(), Cause> {
    let mut glyphs = Vec::with_capacity(run.glyphs.len());
    for (i, glyph) in run.glyphs.iter().enumerate() {
        let next = run.glyphs.get(i + 1).map_or(run.width, |g| g.x);
        glyphs.push(KrillaGlyph::new(
            GlyphId::new(u32::from(glyph.id)),
            f(f64::from(next - glyph.x) / run.em),
            0.0,
            f(f64::from(glyph.up) / run.em),
            0.0,
            glyph.bytes.clone(),
            None,
        ));
    }
    let at = Point::from_xy(f(x), f(baseline));
    surface.draw_glyphs(at, &glyphs, font(run.face)?, &run.text, f(run.em), false);
    Ok(())
}
