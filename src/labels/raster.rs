//! The dots themselves, one bit each: what a label printer burns.

use ab_glyph::{Font as _, PxScale, point};

use super::item::{Dots, Item};
use super::layout::Layout;
use super::text::Run;

/// A picture of dots, dark is set; rows begin at a byte, the leftmost dot is the highest bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bitmap {
    pub width: usize,
    pub height: usize,
    bytes: Vec<u8>,
}

impl Bitmap {
    pub(super) fn new(width: i32, height: i32) -> Self {
        let side = |n: i32| usize::try_from(n).unwrap_or(0);
        let (width, height) = (side(width), side(height));
        Self { width, height, bytes: vec![0; width.div_ceil(8) * height] }
    }
    fn stride(&self) -> usize {
        self.width.div_ceil(8)
    }
    /// Each row's bytes.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks(self.stride().max(1))
    }
    /// Darkens a dot; one outside the picture is not there to be darkened.
    pub(super) fn set(&mut self, x: i32, y: i32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x < self.width && y < self.height {
            let at = y * self.stride() + x / 8;
            self.bytes[at] |= 0x80 >> (x % 8);
        }
    }
    fn fill(&mut self, r: Dots) {
        for y in r.y..r.y + r.h {
            for x in r.x..r.x + r.w {
                self.set(x, y);
            }
        }
    }
}

/// The whole label.
pub(super) fn draw(layout: &Layout) -> Bitmap {
    let mut picture = Bitmap::new(layout.width, layout.height);
    for item in &layout.items {
        if let Item::Text { x, baseline, run } = item {
            for (dx, dy) in dots(run) {
                picture.set(x + dx, baseline + dy);
            }
        }
        for rect in item.dark() {
            picture.fill(rect);
        }
    }
    picture
}

/// The rectangle around all that is dark, also what is beyond the label.
pub(super) fn ink(layout: &Layout) -> Option<Dots> {
    let mut around: Option<[i32; 4]> = None;
    let mut grow = |[x, y, right, foot]: [i32; 4]| {
        let [a, b, c, d] = around.unwrap_or([x, y, right, foot]);
        around = Some([a.min(x), b.min(y), c.max(right), d.max(foot)]);
    };
    for item in &layout.items {
        if let Item::Text { x, baseline, run } = item {
            for (dx, dy) in dots(run) {
                let (x, y) = (x + dx, baseline + dy);
                grow([x, y, x + 1, y + 1]);
            }
        }
        for r in item.dark() {
            grow([r.x, r.y, r.x + r.w, r.y + r.h]);
        }
    }
    around.map(|[x, y, right, foot]| Dots { x, y, w: right - x, h: foot - y })
}

/// The dark dots of a line of text, from its start and baseline. Each glyph stands on a whole dot,
/// so the same letter always has the same dots.
pub(super) fn dots(run: &Run) -> Vec<(i32, i32)> {
    let font = run.face.font();
    // The rasteriser wants the line's height where type is measured by the em.
    let height = run.em * f64::from(font.height_unscaled()) / run.face.units();
    #[allow(clippy::cast_possible_truncation)]
    let scale = PxScale::from(height as f32);
    let mut dark = vec![];
    for glyph in &run.glyphs {
        let placed = ab_glyph::GlyphId(glyph.id).with_scale_and_position(scale, point(0.0, 0.0));
        let Some(outline) = font.outline_glyph(placed) else { continue };
        let corner = outline.px_bounds().min;
        // Glyphs are a few hundred dots: far inside an i32.
        #[allow(clippy::cast_possible_truncation)]
        let (left, top) = (corner.x as i32, corner.y as i32);
        outline.draw(|x, y, coverage| {
            if coverage > 0.5
                && let (Ok(x), Ok(y)) = (i32::try_from(x), i32::try_from(y))
            {
                dark.push((glyph.x + left + x, top + y - glyph.up));
            }
        });
    }
    dark
}
