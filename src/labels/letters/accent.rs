//! Accents that Unicode has no single letter for (`a̱` of Otomi and Mixe names) are put on the
//! letter before them: centred, above or below its ink. The face is drawn without a shaper.

use ab_glyph::{Font as _, GlyphId};
use unicode_normalization::char::canonical_combining_class;

use super::face::{ASCENT, DESCENT, Face};
use crate::labels::error::Cause;

/// Between the letter and the accent, of an em.
const GAP: f64 = 0.04;

/// The ink of a glyph in ems: left, right, bottom, top; up is positive.
struct Ink {
    left: f64,
    right: f64,
    bottom: f64,
    top: f64,
}

impl Ink {
    fn of(face: Face, id: GlyphId) -> Option<Self> {
        let bounds = face.font().outline(id)?.bounds;
        let em = |units: f32| f64::from(units) / face.units();
        Some(Self {
            left: em(bounds.min.x.min(bounds.max.x)),
            right: em(bounds.min.x.max(bounds.max.x)),
            bottom: em(bounds.min.y.min(bounds.max.y)),
            top: em(bounds.min.y.max(bounds.max.y)),
        })
    }
}

/// How far the glyph of accent `c` must be moved from the start of the glyph of `base` (right and
/// up, in ems).
///
/// # Errors
/// [`Cause::Accent`] where there is no letter, or no room above or below it.
pub fn place(face: Face, base: Option<GlyphId>, c: char, id: GlyphId) -> Result<(f64, f64), Cause> {
    let refused = Cause::Accent { code: u32::from(c) };
    let inks = base.and_then(|b| Ink::of(face, b)).zip(Ink::of(face, id));
    let (letter, accent) = inks.ok_or_else(|| refused.clone())?;
    let right = f64::midpoint(letter.left, letter.right) - f64::midpoint(accent.left, accent.right);
    let up = match canonical_combining_class(c) {
        230 => (letter.top + GAP - accent.bottom).max(0.0),
        220 => (letter.bottom - GAP - accent.top).min(0.0),
        _ => 0.0,
    };
    match accent.top + up <= ASCENT && accent.bottom + up >= -DESCENT {
        true => Ok((right, up)),
        false => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::set;
    use super::*;
    use crate::labels::dots::Dpi;

    fn place_in(text: &str) -> Result<(i32, i32), Cause> {
        let run = set(text, Face::Regular, 36.0, Dpi::D203)?;
        Ok((run.glyphs[1].x, run.glyphs[1].up))
    }

    #[test]
    fn an_accent_stands_clear_of_its_letter() {
        let (_, below) = place_in("A\u{331}").unwrap();
        assert!(below <= 0, "{below}");
        let (_, above_capital) = place_in("Q\u{301}").unwrap();
        let (_, above_small) = place_in("q\u{301}").unwrap();
        assert!(above_capital > 0 && above_small < above_capital);
    }

    #[test]
    fn an_accent_takes_no_room_of_its_own() {
        let width = |t: &str| set(t, Face::Bold, 10.0, Dpi::D300).unwrap().width;
        assert_eq!(width("TA\u{331}N"), width("TAN"));
    }

    #[test]
    fn an_accent_without_a_letter_is_refused() {
        let code = 0x331;
        for text in ["\u{331}a", " \u{331}", "a\u{331}\u{331}"] {
            let made = set(text, Face::Regular, 8.0, Dpi::D203);
            assert_eq!(made.err(), Some(Cause::Accent { code }), "{text:?}");
        }
    }
}
