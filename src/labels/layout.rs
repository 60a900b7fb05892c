//! A template, its values and a resolution to rectangles, symbols and glyphs on whole dots. The
//! only place where millimetres become dots; what is drawn afterwards is drawn from this.

use super::error::{Cause, LabelError};
use super::fields::Fields;
use super::format::Dpi;
use super::template::{Align, Element, Line, Name, Overflow, Symbol, Template, Text};
use super::text::{Face, Room, Run};
use super::{code128, datamatrix, name};

/// A label in dots, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// The template's id.
    pub template: String,
    /// Its version.
    pub version: i32,
    /// Resolution.
    pub dpi: Dpi,
    /// Width of the stock, dots.
    pub width: i32,
    /// Height of the stock, dots.
    pub height: i32,
    /// Width of the stock, millimetres.
    pub width_mm: f64,
    /// Height of the stock, millimetres.
    pub height_mm: f64,
    /// What is on it.
    pub(super) items: Vec<Item>,
}

/// Something on the label. Places are dots from the top left.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    /// A Code 128 symbol, without its quiet zones.
    Bars {
        /// Left.
        x: i32,
        /// Top.
        y: i32,
        /// Height.
        height: i32,
        /// Dots in a module.
        module: i32,
        /// Modules, dark is true.
        bits: Vec<bool>,
        /// What it says.
        payload: String,
    },
    /// A Data Matrix symbol, without its quiet zone.
    Matrix {
        /// Left.
        x: i32,
        /// Top.
        y: i32,
        /// Dots in a module.
        module: i32,
        /// Modules in a side.
        side: usize,
        /// Modules row by row, dark is true.
        bits: Vec<bool>,
        /// What it says.
        payload: String,
    },
    /// A line of text.
    Text {
        /// Left.
        x: i32,
        /// Where the letters stand.
        baseline: i32,
        /// The letters.
        run: Run,
    },
    /// A filled rectangle.
    Line(Dots),
}

/// A rectangle of dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dots {
    /// Left.
    pub x: i32,
    /// Top.
    pub y: i32,
    /// Width.
    pub w: i32,
    /// Height.
    pub h: i32,
}

impl Item {
    /// The dark rectangles of anything but text, neighbours joined.
    pub(super) fn dark(&self) -> Vec<Dots> {
        match self {
            Self::Bars { x, y, height, module, bits, .. } => runs(bits)
                .map(|(at, n)| Dots { x: x + module * at, y: *y, w: module * n, h: *height })
                .collect(),
            Self::Matrix { x, y, module, side, bits, .. } => {
                let rows = bits.chunks(*side).zip(0_i32..);
                rows.flat_map(|(row, r)| {
                    runs(row).map(move |(at, n)| Dots {
                        x: x + module * at,
                        y: y + module * r,
                        w: module * n,
                        h: *module,
                    })
                })
                .collect()
            }
            Self::Line(dots) => vec![*dots],
            Self::Text { .. } => vec![],
        }
    }
}

/// (start, length) of each stretch of dark modules.
fn runs(bits: &[bool]) -> impl Iterator<Item = (i32, i32)> + '_ {
    let mut at = 0_i32;
    bits.chunk_by(|a, b| a == b).filter_map(move |chunk| {
        let (start, n) = (at, i32::try_from(chunk.len()).unwrap_or(i32::MAX));
        at += n;
        chunk[0].then_some((start, n))
    })
}

/// Lays a label out.
///
/// # Errors
/// Names the template, the element or field, and the millimetres needed and available.
pub fn layout(template: &Template, fields: &Fields, dpi: Dpi) -> Result<Layout, LabelError> {
    fields.check(template)?;
    let maker = Maker { fields, dpi };
    let mut items = Vec::with_capacity(16);
    for (_, element) in template.elements() {
        if element.when_empty().is_some_and(|f| !fields.get(f).is_empty()) {
            continue;
        }
        let item = maker
            .item(element)
            .map_err(|c| LabelError::of(&template.id, format!("element {}", element.name()), c))?;
        items.extend(item);
    }
    let media = &template.media;
    Ok(Layout {
        template: template.id.clone(),
        version: template.version,
        dpi,
        width: dpi.dots(media.width_mm),
        height: dpi.dots(media.height_mm),
        width_mm: media.width_mm,
        height_mm: media.height_mm,
        items,
    })
}

struct Maker<'a> {
    fields: &'a Fields,
    dpi: Dpi,
}

impl Maker<'_> {
    fn item(&self, element: &Element) -> Result<Option<Item>, Cause> {
        match element {
            Element::Text(e) => self.text(e),
            Element::Name(e) => self.name(e).map(Some),
            Element::Code128(e) => self.bars(e).map(Some),
            Element::Datamatrix(e) => self.matrix(e).map(Some),
            Element::Line(e) => Ok(Some(self.line(e))),
        }
    }

    fn text(&self, e: &Text) -> Result<Option<Item>, Cause> {
        let text = self.fields.fill(&e.value);
        if text.trim().is_empty() {
            return Ok(None);
        }
        let smallest = e.min_pt.unwrap_or(e.size_pt);
        let room = Room {
            face: Face::of(e.bold),
            size_pt: e.size_pt,
            min_pt: if e.overflow == Overflow::Error { e.size_pt } else { smallest },
            width_mm: e.w,
            dpi: self.dpi,
        };
        let run = match e.overflow {
            Overflow::Error | Overflow::Shrink => room.set(&text)?,
            Overflow::Cut => room.set_cut(&text)?,
        };
        let x = self.dpi.dots(e.x) + aligned(e.align, self.dpi.dots(e.w) - run.width);
        Ok(Some(Item::Text { x, baseline: self.dpi.dots(e.baseline), run }))
    }

    fn name(&self, e: &Name) -> Result<Item, Cause> {
        let room = Room {
            face: Face::of(e.bold),
            size_pt: e.size_pt,
            min_pt: e.min_pt,
            width_mm: e.w,
            dpi: self.dpi,
        };
        let [one, two, given] = [&e.surname1, &e.surname2, &e.given].map(|v| self.fields.fill(v));
        let run = name::set(&room, &one, &two, &given)?;
        Ok(Item::Text { x: self.dpi.dots(e.x), baseline: self.dpi.dots(e.baseline), run })
    }

    fn bars(&self, e: &Symbol) -> Result<Item, Cause> {
        let payload = self.fields.fill(&e.value);
        let bits = code128::encode(&payload)?;
        let (module, slack) = self.module(code128::NAME, bits.len() + 2 * code128::QUIET, e)?;
        let quiet = module * small(code128::QUIET);
        Ok(Item::Bars {
            x: self.dpi.dots(e.x) + quiet + aligned(e.align, slack),
            y: self.dpi.dots(e.y),
            height: self.dpi.dots(e.h.unwrap_or_default()),
            module,
            bits,
            payload,
        })
    }

    fn matrix(&self, e: &Symbol) -> Result<Item, Cause> {
        let payload = self.fields.fill(&e.value);
        let (side, bits) = datamatrix::encode(&payload)?;
        let (module, slack) = self.module(datamatrix::NAME, side + 2 * datamatrix::QUIET, e)?;
        let quiet = module * small(datamatrix::QUIET);
        Ok(Item::Matrix {
            x: self.dpi.dots(e.x) + quiet + aligned(e.align, slack),
            y: self.dpi.dots(e.y) + quiet,
            module,
            side,
            bits,
            payload,
        })
    }

    fn line(&self, e: &Line) -> Item {
        let (x, y) = (self.dpi.dots(e.x), self.dpi.dots(e.y));
        Item::Line(Dots { x, y, w: self.dpi.dots(e.w), h: self.dpi.dots(e.h).max(1) })
    }

    /// The widest whole-dot module between the template's limits with which `modules` fit, and
    /// the dots left over.
    fn module(
        &self,
        symbol: &'static str,
        modules: usize,
        e: &Symbol,
    ) -> Result<(i32, i32), Cause> {
        // A limit is met within a hundredth: 203 dpi is 0.2502 mm for two dots.
        let whole = |m: i32| {
            let mm = self.dpi.mm(m);
            mm >= e.min_x_mm * 0.99 && mm <= e.max_x_mm * 1.01
        };
        let legal: Vec<i32> = (1..=200).filter(|m| whole(*m)).collect();
        let (Some(narrowest), room) = (legal.first().copied(), self.dpi.dots(e.w)) else {
            let dpi = self.dpi.number();
            return Err(Cause::NoModule { dpi, min_x: e.min_x_mm, max_x: e.max_x_mm });
        };
        let width = |m: i32| m * small(modules);
        match legal.into_iter().rev().find(|m| width(*m) <= room) {
            Some(m) => Ok((m, room - width(m))),
            None => Err(Cause::SymbolTooWide {
                symbol,
                modules,
                dots: narrowest,
                dpi: self.dpi.number(),
                need: self.dpi.mm(width(narrowest)),
                have: e.w,
                min_x: e.min_x_mm,
            }),
        }
    }
}

/// Symbols have at most some thousand modules.
fn small(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX / 256)
}

fn aligned(align: Align, slack: i32) -> i32 {
    match align {
        Align::Left => 0,
        Align::Center => slack / 2,
        Align::Right => slack,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Templates;
    use super::*;
    use proptest::prelude::*;

    /// The tube's label with every field filled.
    pub(in super::super) fn tube() -> Fields {
        let pairs = [
            ("surname1", "RODRÍGUEZ"),
            ("surname2", "CANO"),
            ("given", "ARI"),
            ("identifier", "Exp. EXP-000123"),
            ("birth", "Nac. 05-mar-2019"),
            ("code", "100700012330"),
            ("code_text", "1-007-000123-30"),
            ("centre", "LRZ"),
            ("copy", ""),
            ("material", "BM · EDTA · J1"),
            ("drawn", "03-mar-2026 11:05 EVR"),
            ("by_hand", "Toma / inic."),
        ];
        pairs.into_iter().fold(Fields::default(), |f, (k, v)| f.with(k, v))
    }
    pub(in super::super) fn template() -> &'static Template {
        Templates::embedded().unwrap().latest("edta-50x25").unwrap()
    }
    fn refused(fields: Fields) -> String {
        layout(template(), &fields, Dpi::D203).unwrap_err().to_string()
    }

    #[test]
    fn modules_are_whole_dots_at_every_resolution() {
        for (dpi, bar, cell) in [(Dpi::D203, 2, 4), (Dpi::D300, 3, 6), (Dpi::D600, 6, 12)] {
            let made = layout(template(), &tube(), dpi).unwrap();
            let mut modules = made.items.iter().filter_map(|i| match i {
                Item::Bars { module, .. } | Item::Matrix { module, .. } => Some(*module),
                _ => None,
            });
            assert_eq!((modules.next(), modules.next()), (Some(bar), Some(cell)), "{dpi:?}");
        }
    }

    #[test]
    fn refusals_name_the_place_and_the_rule() {
        let of = |f: &str, v: &str| refused(tube().with(f, v));
        assert_eq!(
            of("surname1", "患"),
            "template edta-50x25, element person: no glyph for '患' (U+60A3)"
        );
        assert_eq!(of("code", "10070001233"), "template edta-50x25, field code: must be 12 digits");
        assert_eq!(of("given", ""), "template edta-50x25, field given: no value given");
        assert_eq!(
            of("given", "A\u{202E}B"),
            "template edta-50x25, field given: control character U+202E at position 2"
        );
        assert_eq!(
            of("diagnosis", "x"),
            "template edta-50x25, field diagnosis: the template has no such field"
        );
        let wide = of("birth", &"W".repeat(40));
        assert!(wide.contains("the box has 21.4 mm"), "{wide}");
        assert!(of("given", &"x".repeat(251)).contains("251 characters, at most 250"), "");
    }

    #[test]
    fn a_symbol_that_does_not_fit_says_by_how_much() {
        let source = "schema = 1\nid = \"t\"\nversion = 1\n[media]\nwidth_mm = 50\n\
            height_mm = 25\nmargin_mm = 0.5\n[fields]\na = { example = \"x\", longest = \"x\" }\n\
            [[element]]\nkind = \"code128\"\nname = \"b\"\nx = 1\ny = 1\nw = 40\nh = 10\n\
            min_x_mm = 0.19\nmax_x_mm = 0.26\nvalue = \"{a}\"\n";
        let template = Template::parse("t", source).unwrap();
        let fields = Fields::default().with("a", "HULAFE-2025-000123-AB");
        let e = layout(&template, &fields, Dpi::D203).unwrap_err().to_string();
        assert_eq!(
            e,
            "template t, element b: Code 128 needs 71.57 mm (286 modules of 2 dots at 203 dpi, \
             quiet zones included), the space is 40.00 mm; a module may not be under 0.190 mm"
        );
        let narrow = source.replace("0.19", "0.15").replace("0.26", "0.2");
        let template = Template::parse("t", &narrow).unwrap();
        let e = layout(&template, &fields, Dpi::D203).unwrap_err().to_string();
        assert!(e.contains("no whole number of dots at 203 dpi"), "{e}");
    }

    #[test]
    fn room_to_write_appears_only_before_the_draw() {
        let lines = |f: &Fields| {
            let made = layout(template(), f, Dpi::D203).unwrap();
            made.items.iter().filter(|i| matches!(i, Item::Line(_))).count()
        };
        assert_eq!(lines(&tube()), 0);
        assert_eq!(lines(&tube().with("drawn", "")), 1);
    }

    proptest! {
        #[test]
        fn any_text_is_set_inside_the_label_or_refused(
            surname in any::<String>(), given in "\\PC{0,60}", more in any::<String>(),
        ) {
            let fields = tube().with("surname1", &surname).with("given", &given)
                .with("identifier", &more).with("material", &more);
            for dpi in [Dpi::D203, Dpi::D300] {
                if let Ok(made) = layout(template(), &fields, dpi) {
                    for item in &made.items {
                        if let Item::Text { x, run, .. } = item {
                            prop_assert!(*x >= 0 && x + run.width <= made.width);
                        }
                    }
                }
            }
        }
    }
}
