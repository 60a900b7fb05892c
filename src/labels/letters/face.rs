//! The faces that labels are set in: Noto Sans, from a crate, and its narrow bold from `fonts/`, so that a label looks
//! the same on every machine; and the room that their letters take.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, GlyphId};
use unicode_normalization::char::is_combining_mark;

use crate::labels::error::Cause;

/// Above the baseline, of an em: a capital with its accent.
pub const ASCENT: f64 = 0.94;
/// Below the baseline, of an em: `Ç`, `g`.
pub const DESCENT: f64 = 0.24;

/// A face of the label's family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Face {
    Regular,
    Bold,
    /// Bold, four fifths as wide: for names.
    Condensed,
}

static REGULAR: LazyLock<FontRef<'static>> = LazyLock::new(|| open(notosans::REGULAR_TTF));
static BOLD: LazyLock<FontRef<'static>> = LazyLock::new(|| open(notosans::BOLD_TTF));
static CONDENSED: LazyLock<FontRef<'static>> = LazyLock::new(|| open(CONDENSED_TTF));
/// `fonts/README.md` says where it is from.
const CONDENSED_TTF: &[u8] = include_bytes!("fonts/NotoSans-CondensedBold.ttf");

fn open(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the font compiled into the program is sound")
}

impl Face {
    pub fn of(bold: bool) -> Self {
        if bold { Self::Bold } else { Self::Regular }
    }
    pub fn font(self) -> &'static FontRef<'static> {
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
            Self::Condensed => &CONDENSED,
        }
    }
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => notosans::REGULAR_TTF,
            Self::Bold => notosans::BOLD_TTF,
            Self::Condensed => CONDENSED_TTF,
        }
    }
    /// Font units in an em.
    pub fn units(self) -> f64 {
        f64::from(self.font().units_per_em().unwrap_or(1000.0))
    }
    pub(super) fn glyph(self, character: char) -> Result<GlyphId, Cause> {
        match self.font().glyph_id(character) {
            GlyphId(0) => Err(Cause::NoGlyph { character, code: u32::from(character) }),
            id => Ok(id),
        }
    }
    /// The width of `text` in ems.
    pub fn ems(self, text: &str) -> Result<f64, Cause> {
        let mut ems = 0.0;
        for c in text.chars() {
            ems += self.advance(c, self.glyph(c)?);
        }
        Ok(ems)
    }
    /// The width of the first letters of a text, ems: of none, of one, of two …
    pub(super) fn widths(self, letters: &[char]) -> Result<Vec<f64>, Cause> {
        let mut widths = Vec::with_capacity(letters.len() + 1);
        let mut ems = 0.0;
        widths.push(ems);
        for c in letters {
            ems += self.advance(*c, self.glyph(*c)?);
            widths.push(ems);
        }
        Ok(widths)
    }
    /// How far the next letter is, ems; an accent takes no room of its own.
    pub(super) fn advance(self, c: char, id: GlyphId) -> f64 {
        if is_accent(c) {
            return 0.0;
        }
        f64::from(self.font().h_advance_unscaled(id)) / self.units()
    }
    /// Whether `c`, no accent, has ink but no room of its own: it would be printed into its neighbours.
    pub fn runs_into(self, c: char) -> bool {
        let id = self.font().glyph_id(c);
        let wide = f64::from(self.font().h_advance_unscaled(id)) > 0.0;
        !is_accent(c) && !wide && self.font().outline(id).is_some()
    }
    /// The height of a capital, ems.
    pub fn cap(self) -> f64 {
        let outline = self.font().outline(self.font().glyph_id('H'));
        outline.map_or(0.7, |o| f64::from(o.bounds.max.y.max(o.bounds.min.y)) / self.units())
    }
}

/// Whether `c` stands on the letter before it.
pub fn is_accent(c: char) -> bool {
    is_combining_mark(c)
}
