//! Letters drawn once and kept: the outline of a glyph, and the dots it darkens at a size. Both depend
//! on nothing but the face, so what is kept never goes stale.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::Hash;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use ab_glyph::{Font as _, GlyphId, OutlineCurve, Point, PxScale, point};

use crate::labels::dots::Dots;
use crate::labels::letters::face::Face;

/// Glyphs kept at most. A face has a few hundred that names are written in, a network's templates a
/// dozen sizes: some thousand. Beyond it everything is forgotten and drawn again.
const MOST: usize = 20_000;

type Kept<K, V> = LazyLock<RwLock<HashMap<K, Arc<V>>>>;

static OUTLINES: Kept<(Face, u16), Option<String>> = LazyLock::new(RwLock::default);
static SPANS: Kept<(Face, u16, u64), Vec<Dots>> = LazyLock::new(RwLock::default);

fn kept<K: Eq + Hash, V>(all: &Kept<K, V>, key: K, make: impl FnOnce() -> V) -> Arc<V> {
    // A map that somebody panicked beside is still whole: entries are put in at once.
    if let Some(found) = all.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Arc::clone(found);
    }
    let made = Arc::new(make());
    let mut all = all.write().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= MOST {
        all.clear();
    }
    all.insert(key, Arc::clone(&made));
    made
}

/// The outline of a glyph as a path of SVG, font units with y upwards; nothing for white space.
pub fn outline(face: Face, id: u16) -> Arc<Option<String>> {
    let draw = || face.font().outline(GlyphId(id)).map(|o| path(&o.curves));
    kept(&OUTLINES, (face, id), draw)
}

/// The dots that a glyph of `em` dots darkens, from where it stands: rows of one dot's height.
pub(super) fn spans(face: Face, id: u16, em: f64) -> Arc<Vec<Dots>> {
    kept(&SPANS, (face, id, em.to_bits()), || rows(face, id, em))
}

fn rows(face: Face, id: u16, em: f64) -> Vec<Dots> {
    let font = face.font();
    // The rasteriser wants the line's height where type is measured by the em.
    let height = em * f64::from(font.height_unscaled()) / face.units();
    #[allow(clippy::cast_possible_truncation)]
    let scale = PxScale::from(height as f32);
    let placed = GlyphId(id).with_scale_and_position(scale, point(0.0, 0.0));
    let Some(outline) = font.outline_glyph(placed) else { return vec![] };
    let corner = outline.px_bounds().min;
    // Glyphs are a few hundred dots: far inside an i32.
    #[allow(clippy::cast_possible_truncation)]
    let (left, top) = (corner.x as i32, corner.y as i32);
    let mut rows: Vec<Dots> = vec![];
    outline.draw(|x, y, coverage| {
        let (Ok(x), Ok(y)) = (i32::try_from(x), i32::try_from(y)) else { return };
        if coverage <= 0.5 {
            return;
        }
        let (x, y) = (left + x, top + y);
        match rows.last_mut() {
            Some(row) if row.y == y && row.x + row.w == x => row.w += 1,
            _ => rows.push(Dots { x, y, w: 1, h: 1 }),
        }
    });
    rows
}

/// An outline in font units.
fn path(curves: &[OutlineCurve]) -> String {
    let mut out = String::new();
    let mut at: Option<Point> = None;
    for curve in curves {
        let (start, end) = match curve {
            OutlineCurve::Line(a, b) => (a, b),
            OutlineCurve::Quad(a, _, b) => (a, b),
            OutlineCurve::Cubic(a, _, _, b) => (a, b),
        };
        if at != Some(*start) {
            let close = if at.is_some() { "z" } else { "" };
            let _ = write!(out, "{close}M{} {}", start.x, start.y);
        }
        let _ = match curve {
            OutlineCurve::Line(_, b) => write!(out, "L{} {}", b.x, b.y),
            OutlineCurve::Quad(_, c, b) => write!(out, "Q{} {} {} {}", c.x, c.y, b.x, b.y),
            OutlineCurve::Cubic(_, c, d, b) => {
                write!(out, "C{} {} {} {} {} {}", c.x, c.y, d.x, d.y, b.x, b.y)
            }
        };
        at = Some(*end);
    }
    out.push('z');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_drawn_once() {
        let glyph = |c| Face::Bold.font().glyph_id(c).0;
        let (first, again) =
            (spans(Face::Bold, glyph('Ñ'), 28.2), spans(Face::Bold, glyph('Ñ'), 28.2));
        assert!(Arc::ptr_eq(&first, &again) && !first.is_empty());
        assert!(first.iter().all(|r| r.h == 1 && r.w > 0));
        assert_ne!(first, spans(Face::Bold, glyph('Ñ'), 29.3));
        assert_ne!(first, spans(Face::Regular, glyph('Ñ'), 28.2));
        assert!(spans(Face::Bold, glyph(' '), 28.2).is_empty());
        assert!(outline(Face::Bold, glyph(' ')).is_none());
        let way = outline(Face::Bold, glyph('Ñ'));
        assert!(way.as_ref().as_ref().is_some_and(|d| d.starts_with('M') && d.ends_with('z')));
    }
}
