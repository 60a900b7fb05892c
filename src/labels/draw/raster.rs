//! The dots themselves, one bit each: what a label printer burns.

use super::glyphs;
use crate::labels::dots::Dots;
use crate::labels::letters::text::Run;
use crate::labels::place::item::Item;
use crate::labels::place::layout::Layout;

/// A picture of dots, dark is set; rows begin at a byte, the leftmost dot is the highest bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    pub width: usize,
    pub height: usize,
    bytes: Vec<u8>,
}

impl Bitmap {
    pub fn new(width: i32, height: i32) -> Self {
        let side = |n: i32| usize::try_from(n).unwrap_or(0);
        let (width, height) = (side(width), side(height));
        Self { width, height, bytes: vec![0; width.div_ceil(8) * height] }
    }
    fn stride(&self) -> usize {
        self.width.div_ceil(8)
    }
    /// Each row's bytes.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks(self.stride().max(1))
    }
    /// Darkens a rectangle; what of it is outside the picture is not there to be darkened.
    pub fn fill(&mut self, r: Dots) {
        let inside = |n: i32, end: usize| usize::try_from(n.max(0)).unwrap_or(0).min(end);
        let (left, right) = (inside(r.x, self.width), inside(r.x + r.w, self.width));
        if left >= right {
            return;
        }
        let (first, last) = (left / 8, (right - 1) / 8);
        let (from, to) = (0xFF_u8 >> (left % 8), 0xFF_u8 << (7 - (right - 1) % 8));
        let stride = self.stride();
        for y in inside(r.y, self.height)..inside(r.y + r.h, self.height) {
            let row = &mut self.bytes[y * stride..][first..=last];
            match row {
                [only] => *only |= from & to,
                [start, middle @ .., end] => {
                    *start |= from;
                    middle.fill(0xFF);
                    *end |= to;
                }
                [] => {}
            }
        }
    }
}

/// The whole label.
pub fn draw(layout: &Layout) -> Bitmap {
    let mut picture = Bitmap::new(layout.width, layout.height);
    for item in &layout.items {
        if let Item::Text { x, baseline, run } = item {
            for row in rows(run) {
                picture.fill(Dots { x: x + row.x, y: baseline + row.y, ..row });
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
            for row in rows(run) {
                let (x, y) = (x + row.x, baseline + row.y);
                grow([x, y, x + row.w, y + 1]);
            }
        }
        for r in item.dark() {
            grow([r.x, r.y, r.x + r.w, r.y + r.h]);
        }
    }
    around.map(|[x, y, right, foot]| Dots { x, y, w: right - x, h: foot - y })
}

/// The dark dots of a line of text, from its start and baseline, as rows of one dot's height. Each
/// glyph stands on a whole dot, so the same letter always has the same dots.
pub fn rows(run: &Run) -> Vec<Dots> {
    let mut dark = Vec::with_capacity(run.glyphs.len() * 24);
    for glyph in &run.glyphs {
        let letter = glyphs::spans(run.face, glyph.id, run.em);
        dark.extend(letter.iter().map(|r| Dots { x: r.x + glyph.x, y: r.y - glyph.up, ..*r }));
    }
    dark
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_rectangle_is_its_dots(
            width in 1_i32..40, height in 1_i32..9, x in -9_i32..45, y in -4_i32..12,
            w in 0_i32..50, h in 0_i32..12, before in any::<u8>(),
        ) {
            let mut picture = Bitmap::new(width, height);
            picture.bytes.fill(before);
            picture.fill(Dots { x, y, w, h });
            for (row, b) in picture.rows().zip(0_i32..) {
                for a in 0..i32::try_from(row.len() * 8).unwrap() {
                    let bit = 0x80_u8 >> (a % 8);
                    let inside = (x..x + w).contains(&a) && (y..y + h).contains(&b) && a < width;
                    let dark = row[usize::try_from(a / 8).unwrap()] & bit != 0;
                    prop_assert_eq!(dark, inside || before & bit != 0);
                }
            }
        }
    }
}
