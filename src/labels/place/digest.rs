//! What a layout is, as a hash: the same for the same dots, letters and symbols, whatever a library
//! makes of them in a file.

use sha2::{Digest as _, Sha256};

use super::item::{Item, Square};
use super::layout::Layout;
use crate::labels::dots::Dots;
use crate::labels::letters::face::Face;
use crate::labels::letters::text::Run;
use crate::labels::symbols::mark::Diamond;

/// Raised when what is fed in changes: no layout then has an earlier one's hash.
const VERSION: i64 = 1;

impl Layout {
    /// SHA-256 of everything that is drawn: size, resolution, sheet, and each item on its dots.
    pub fn sha256(&self) -> [u8; 32] {
        let mut to = Feed(Sha256::new());
        to.n(VERSION);
        to.text(&self.template);
        to.n(self.version);
        to.n(self.dpi.number());
        to.n(self.width);
        to.n(self.height);
        if let Some(sheet) = &self.sheet {
            let places = [sheet.left_mm, sheet.top_mm, sheet.pitch_x_mm, sheet.pitch_y_mm];
            places.into_iter().for_each(|mm| to.real(mm));
            to.n(sheet.columns);
            to.n(sheet.rows);
            let (width, height) = sheet.page.size_mm();
            to.real(width);
            to.real(height);
        }
        for item in &self.items {
            to.item(item);
        }
        to.0.finalize().into()
    }
}

/// Every value has a fixed length or its length before it: no two layouts feed the same bytes.
struct Feed(Sha256);

impl Feed {
    fn n(&mut self, n: impl Into<i64>) {
        self.0.update(n.into().to_be_bytes());
    }
    fn real(&mut self, x: f64) {
        self.0.update(x.to_bits().to_be_bytes());
    }
    fn length(&mut self, n: usize) {
        self.0.update(u64::try_from(n).unwrap_or(u64::MAX).to_be_bytes());
    }
    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.update(text.as_bytes());
    }
    fn bits(&mut self, bits: &[bool]) {
        self.length(bits.len());
        for eight in bits.chunks(8) {
            let byte = eight.iter().fold(0_u8, |byte, bit| (byte << 1) | u8::from(*bit));
            self.0.update([byte]);
        }
    }
    fn all<const N: usize>(&mut self, kind: i64, ns: [i32; N]) {
        self.n(kind);
        ns.into_iter().for_each(|n| self.n(n));
    }
    fn item(&mut self, item: &Item) {
        match item {
            Item::Bars { x, y, height, module, bits, payload, .. } => {
                self.all(1, [*x, *y, *height, *module]);
                self.bits(bits);
                self.text(payload);
            }
            Item::Matrix { symbol, x, y, module, bits, payload, .. } => {
                self.all(2, [*x, *y, *module]);
                self.n(i64::from(*symbol == Square::Qr));
                self.bits(bits);
                self.text(payload);
            }
            Item::Text { x, baseline, run } => {
                self.all(3, [*x, *baseline]);
                self.run(run);
            }
            Item::Line(Dots { x, y, w, h }) => self.all(4, [*x, *y, *w, *h]),
            Item::Diamond(Diamond { x, y, outer, inner }) => {
                self.all(5, [*x, *y, *outer, *inner]);
            }
        }
    }
    fn run(&mut self, run: &Run) {
        self.text(&run.text);
        self.n(match run.face {
            Face::Regular => 0_i64,
            Face::Bold => 1,
            Face::Condensed => 2,
        });
        self.real(run.em);
        self.length(run.glyphs.len());
        for glyph in &run.glyphs {
            self.n(glyph.id);
            self.n(glyph.x);
            self.n(glyph.up);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::{layout, tests};
    use crate::labels::dots::Dpi;
    use crate::labels::template::kinds::Templates;

    #[test]
    fn another_letter_place_or_resolution_is_another_layout() {
        let tube = |given: &str, dpi| {
            layout(tests::template(), &tests::tube().with("given", given), dpi).unwrap()
        };
        let one = tube("ARI", Dpi::D203);
        assert_eq!(one.sha256(), tube("ARI", Dpi::D203).sha256());
        assert_ne!(one.sha256(), tube("ARÍ", Dpi::D203).sha256());
        assert_ne!(one.sha256(), tube("ARI", Dpi::D300).sha256());
        let mut moved = one.clone();
        moved.version += 1;
        assert_ne!(one.sha256(), moved.sha256());
        for at in 0..one.items.len() {
            let mut less = one.clone();
            less.items.remove(at);
            assert_ne!(one.sha256(), less.sha256());
        }
    }

    /// Recorded labels are held against these: a change here makes none of them exact any more.
    #[test]
    fn it_is_what_it_was() {
        assert_eq!(
            of_version(1, "BM · EDTA · J1"),
            "cb1096e708e84838873654f03f3419c6f1010df316ba5c0b7b9cfdfbaac1a35a"
        );
        assert_eq!(
            of_version(2, "MO · EDTA · J1"),
            "02b4c40f9b9add8ee50fd04bfc4adf60bbb745e44c944d303b819c4c6beb0491"
        );
    }

    fn of_version(version: i32, material: &str) -> String {
        let template = Templates::embedded().unwrap().find("edta-50x25", version).unwrap();
        let fields = tests::tube().with("material", material);
        let made = layout(template, &fields, Dpi::D203).unwrap();
        made.sha256().iter().map(|b| format!("{b:02x}")).collect()
    }
}
