//! One line of text to glyphs on whole dots; a letter that a face lacks is an error, never a box or a
//! question mark.

use std::ops::Range;

use ab_glyph::GlyphId;

use super::accent;
use super::face::{Face, is_accent};
use crate::labels::dots::Dpi;
use crate::labels::error::Cause;

/// A glyph and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its number in the face.
    pub id: u16,
    /// Dots from the line's start.
    pub x: i32,
    /// Dots above the baseline: an accent put on its letter.
    pub up: i32,
    /// Its bytes in the text.
    pub bytes: Range<usize>,
}

/// A line of text, set.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What it says.
    pub text: String,
    /// The face it is set in.
    pub face: Face,
    /// Dots in an em.
    pub em: f64,
    /// How far the letters advance, dots, rounded up.
    pub width: i32,
    /// Its glyphs from left to right, each with its place.
    pub glyphs: Vec<Placed>,
}

/// Sets `text` at `pt` points.
pub fn set(text: &str, face: Face, pt: f64, dpi: Dpi) -> Result<Run, Cause> {
    let em = dpi.em(pt);
    let mut at = 0.0_f64;
    let mut letter: Option<(GlyphId, f64)> = None;
    let mut glyphs = Vec::with_capacity(text.len());
    for (start, c) in text.char_indices() {
        let id = face.glyph(c)?;
        let bytes = start..start + c.len_utf8();
        let (x, up) = if is_accent(c) {
            // One accent a letter: a second would stand on the first.
            let (base, from) = letter.take().unzip();
            let (right, up) = accent::place(face, base, c, id)?;
            (from.unwrap_or(at) + right * em, up * em)
        } else {
            letter = Some((id, at));
            (at, 0.0)
        };
        glyphs.push(Placed { id: id.0, x: whole(x.round()), up: whole(up.round()), bytes });
        at += face.advance(c, id) * em;
    }
    Ok(Run { text: text.to_owned(), face, em, width: whole(at.ceil()), glyphs })
}

/// Lines have at most 250 letters of 72 points: far inside an i32.
#[allow(clippy::cast_possible_truncation)]
fn whole(dots: f64) -> i32 {
    dots as i32
}

/// The room of a text: its widest size, its smallest, and how wide it may get.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    pub face: Face,
    pub size_pt: f64,
    pub min_pt: f64,
    pub width_mm: f64,
    pub dpi: Dpi,
}

/// Sizes go down in quarter points.
const STEP_PT: f64 = 0.25;

impl Room {
    /// An em, millimetres.
    pub fn em_mm(pt: f64) -> f64 {
        pt * 25.4 / 72.0
    }
    /// Whether a text of `ems` fits at the smallest size.
    pub fn holds(&self, ems: f64) -> bool {
        ems * Self::em_mm(self.min_pt) <= self.width_mm
    }
    /// The largest size at which a text of `ems` fits; none where it does not at the smallest one.
    pub fn size_of(&self, ems: f64) -> Option<f64> {
        let mut pt = self.size_pt;
        while ems * Self::em_mm(pt) > self.width_mm && pt - STEP_PT >= self.min_pt {
            pt -= STEP_PT;
        }
        (ems * Self::em_mm(pt) <= self.width_mm).then_some(pt)
    }
    /// Sets `text` at the largest size that fits.
    ///
    /// # Errors
    /// [`Cause::TextTooWide`] when it does not fit at the smallest one.
    pub fn set(&self, text: &str) -> Result<Run, Cause> {
        let ems = self.face.ems(text)?;
        let mut pt = self.size_pt;
        while ems * Self::em_mm(pt) > self.width_mm && pt - STEP_PT >= self.min_pt {
            pt -= STEP_PT;
        }
        if ems * Self::em_mm(pt) > self.width_mm {
            return Err(Cause::TextTooWide {
                need: ems * Self::em_mm(pt),
                have: self.width_mm,
                size_pt: pt,
                dpi: self.dpi.number(),
            });
        }
        set(text, self.face, pt, self.dpi)
    }
    /// As [`Room::set`], cut at the right with `…` where it must be.
    pub fn set_cut(&self, text: &str) -> Result<Run, Cause> {
        if self.holds(self.face.ems(text)?) {
            return self.set(text);
        }
        let letters: Vec<char> = text.chars().collect();
        let widths = self.face.widths(&letters)?;
        let mut kept = letters.as_slice();
        while let Some(end) = last_letter(kept) {
            kept = &kept[..end];
            // As wide as the text that would be set, without measuring it from its start each time.
            let shown = kept.len() - kept.iter().rev().take_while(|c| c.is_whitespace()).count();
            if self.holds(widths[shown] + self.face.ems("…")?) {
                return self.set(&shortened(kept));
            }
        }
        self.set("…")
    }
}

/// Where the last letter begins, unless it is the only one.
fn last_letter(kept: &[char]) -> Option<usize> {
    kept.iter().rposition(|c| !is_accent(*c)).filter(|last| *last > 0)
}

/// Takes the last letter away with its accents, unless it is the only one.
pub fn drop_letter(kept: &mut Vec<char>) -> bool {
    let last = last_letter(kept);
    kept.truncate(last.unwrap_or(kept.len()));
    last.is_some()
}

/// `kept` with the mark of a cut; no space before it.
pub fn shortened(kept: &[char]) -> String {
    let text: String = kept.iter().collect();
    format!("{}…", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room =
        Room { face: Face::Bold, size_pt: 9.0, min_pt: 6.0, width_mm: 20.0, dpi: Dpi::D203 };

    #[test]
    fn spanish_and_the_names_of_mexicos_peoples_have_glyphs() {
        let letters = "ABCDEFGHIJKLMNÑOPQRSTUVWXYZÁÉÍÓÚÜabcdefghijklmnñopqrstuvwxyzáéíóúü\
                       0123456789 .,;:-_/()'’·…ÇÀÈÌÒÙÂÊÎÔÛÄËÏÖŠŽØÅÆŁŃŚĆħʼ";
        for face in [Face::Regular, Face::Bold, Face::Condensed] {
            set(letters, face, 8.0, Dpi::D203).unwrap();
        }
    }

    #[test]
    fn a_letter_without_glyph_is_named() {
        let refused = |c| Some(Cause::NoGlyph { character: c, code: u32::from(c) });
        for c in ['患', '🧪', '\u{E000}'] {
            assert_eq!(ROOM.set(&format!("AB{c}")).err(), refused(c));
        }
    }

    #[test]
    fn it_shrinks_then_refuses_or_is_cut() {
        let at = |t: &str| ROOM.set(t).map(|r| (r.em * 72.0 / 203.0, r.width)).unwrap();
        assert_eq!(at("GARCIA").0, 9.0);
        let (pt, width) = at("GARCIA LOPEZ");
        assert!((6.0..9.0).contains(&pt) && width <= Dpi::D203.dots(20.0), "{pt} {width}");
        let long = "GARCIA LOPEZ DE LA CONCHA";
        assert!(matches!(ROOM.set(long), Err(Cause::TextTooWide { .. })));
        let cut = ROOM.set_cut(long).unwrap();
        assert!(cut.text.starts_with("GARCIA L") && cut.text.ends_with('…'), "{}", cut.text);
        assert!(!cut.text.contains(" …"), "{}", cut.text);
    }

    #[test]
    fn glyphs_stand_on_whole_dots_in_order() {
        let run = set("Wáj", Face::Regular, 7.0, Dpi::D300).unwrap();
        assert!(run.glyphs.is_sorted_by_key(|g| g.x) && run.glyphs[0].x == 0);
        assert_eq!(run.glyphs[2].bytes, 3..4);
    }
}
