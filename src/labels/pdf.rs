//! A layout as PDF: one page of the label's size. Letters are text in an embedded face, each at
//! the dot where every other format has it.

use std::sync::LazyLock;

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};

use super::error::Cause;
use super::layout::{Dots, Item, Layout};
use super::text::{Face, Run};

static REGULAR: LazyLock<Option<Font>> = LazyLock::new(|| open(Face::Regular));
static BOLD: LazyLock<Option<Font>> = LazyLock::new(|| open(Face::Bold));

fn open(face: Face) -> Option<Font> {
    Font::new(face.bytes().to_vec().into(), 0)
}

fn font(face: Face) -> Result<Font, Cause> {
    let font: &Option<Font> = match face {
        Face::Regular => &REGULAR,
        Face::Bold => &BOLD,
    };
    font.clone().ok_or_else(|| Cause::Drawing("the font cannot be embedded".to_owned()))
}

/// Dots and points as the library takes them; a label has some thousand of either.
#[allow(clippy::cast_possible_truncation)]
fn f(n: impl Into<f64>) -> f32 {
    n.into() as f32
}

/// The document.
pub(super) fn draw(layout: &Layout) -> Result<Vec<u8>, Cause> {
    let refused = || Cause::Drawing("a size was refused".to_owned());
    let points = |mm: f64| f(mm * 72.0 / 25.4);
    let size = Size::from_wh(points(layout.width_mm), points(layout.height_mm));
    let mut document = Document::new();
    let mut page = document.start_page_with(PageSettings::new(size.ok_or_else(refused)?));
    let mut surface = page.surface();
    let scale = f(72.0 / f64::from(layout.dpi.number()));
    surface.push_transform(&Transform::from_scale(scale, scale));
    surface.set_fill(Some(Fill {
        paint: rgb::Color::black().into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }));
    for item in &layout.items {
        match item {
            Item::Text { x, baseline, run } => write_text(&mut surface, *x, *baseline, run)?,
            dark => write_dark(&mut surface, &dark.dark()).ok_or_else(refused)?,
        }
    }
    surface.pop();
    surface.finish();
    page.finish();
    document.finish().map_err(|e| Cause::Drawing(format!("{e:?}")))
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
            0.0,
            0.0,
            glyph.bytes.clone(),
            None,
        ));
    }
    let at = Point::from_xy(f(x), f(baseline));
    surface.draw_glyphs(at, &glyphs, font(run.face)?, &run.text, f(run.em), false);
    Ok(())
}
