//! A template, its values and a resolution to rectangles, symbols and glyphs on whole dots. The
//! only place where millimetres become dots; what is drawn afterwards is drawn from this.

use super::item::{Item, PlacedSymbol, Square};
use super::name;
use crate::labels::dots::{Dots, Dpi, small};
use crate::labels::error::{Cause, LabelError};
use crate::labels::letters::face::Face;
use crate::labels::letters::text::Room;
use crate::labels::patience;
use crate::labels::sheet::cells::Cells;
use crate::labels::sheet::page::Sheet;
use crate::labels::symbols::code128;
use crate::labels::symbols::mark::Diamond;
use crate::labels::template::element::{Align, Element, Line, Mark, Name, Overflow, Symbol, Text};
use crate::labels::template::fields::{self, Fields};
use crate::labels::template::model::{Shape, Template};

/// A label in dots, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// The template's id.
    pub template: String,
    /// The template's version.
    pub version: i32,
    /// Resolution that its dots are of.
    pub dpi: Dpi,
    /// Width of the stock, dots.
    pub width: i32,
    /// Height of the stock, dots.
    pub height: i32,
    /// Width of the stock, millimetres.
    pub width_mm: f64,
    /// Height of the stock, millimetres.
    pub height_mm: f64,
    /// It is a cell of such a sheet.
    pub(in crate::labels) sheet: Option<Sheet>,
    /// What is on it.
    pub(in crate::labels) items: Vec<Item>,
}

impl Layout {
    /// The bar codes on it.
    pub fn symbols(&self) -> Vec<PlacedSymbol<'_>> {
        self.items.iter().filter_map(Item::symbol).collect()
    }
    /// Where the top left of the label in a cell of its sheet is, dots from the page's; `None` for
    /// a label that is not on a sheet.
    pub fn cell(&self, cell: usize, cells: Cells) -> Option<(i32, i32)> {
        let (x, y) = self.sheet?.corner(cell, cells);
        Some((self.dpi.dots(x), self.dpi.dots(y)))
    }
}

/// Lays a label out.
///
/// # Errors
/// Names the template, the element or field, and the millimetres needed and available.
pub fn layout(template: &Template, fields: &Fields, dpi: Dpi) -> Result<Layout, LabelError> {
    fields.check(template)?;
    let media = &template.media;
    let maker = Maker { fields, dpi, shape: media.shape };
    let mut items = Vec::with_capacity(16);
    for (_, element) in template.elements() {
        patience::ask().map_err(|c| LabelError::of(&template.id, "", c))?;
        let is_empty = |f: &str| fields.get(f).is_empty();
        if element.when_empty().is_some_and(|f| !is_empty(f))
            || element.when_filled().is_some_and(is_empty)
        {
            continue;
        }
        let placed = maker.items(element).map_err(|cause| {
            let part = part(element, fields, &cause);
            LabelError::of(&template.id, part, cause)
        });
        items.extend(placed?);
    }
    Ok(Layout {
        template: template.id.clone(),
        version: template.version,
        dpi,
        width: dpi.dots(media.width_mm),
        height: dpi.dots(media.height_mm),
        width_mm: media.width_mm,
        height_mm: media.height_mm,
        sheet: media.sheet(),
        items,
    })
}

/// The name of whom a label is for, as it would be printed with these values, a text a line; none where
/// the template shows no name, or shows it by an older rule. Two children of whom one of these lines
/// differs can be told apart by it.
///
/// # Errors
/// As [`layout`], for the name alone.
pub fn name_lines(template: &Template, fields: &Fields) -> Result<Vec<String>, LabelError> {
    let mut lines = vec![];
    for (_, element) in template.elements() {
        if let Element::Person(person) = element {
            let found = person.lines(fields).map_err(|cause| {
                let part = part(element, fields, &cause);
                LabelError::of(&template.id, part, cause)
            });
            lines.extend(found?);
        }
    }
    Ok(lines)
}

/// The element and the fields that are in it; only those with the letter, where one is at fault.
fn part(element: &Element, fields: &Fields, cause: &Cause) -> String {
    let values = match (element, cause) {
        (Element::Person(e), Cause::MarkTooWide { .. }) => e.mark.as_deref().into_iter().collect(),
        _ => element.values(),
    };
    let names = values.into_iter().flat_map(|v| fields::named(v).unwrap_or_default());
    let names = names.filter(|name| match cause {
        Cause::NoGlyph { code, .. } | Cause::NotEncodable { code, .. } | Cause::Accent { code } => {
            fields.get(name).chars().any(|c| u32::from(c) == *code)
        }
        _ => true,
    });
    let mut part = format!("element {}", element.name());
    for (i, name) in names.enumerate() {
        part.push_str(if i == 0 { ", field " } else { " and " });
        part.push_str(&name);
    }
    part
}

struct Maker<'a> {
    fields: &'a Fields,
    dpi: Dpi,
    shape: Shape,
}

impl Maker<'_> {
    fn items(&self, element: &Element) -> Result<Vec<Item>, Cause> {
        match element {
            Element::Text(e) => Ok(self.text(e)?.into_iter().collect()),
            Element::Name(e) => Ok(vec![self.name(e)?]),
            Element::Person(e) => e.items(self.fields, self.dpi),
            Element::Code128(e) => Ok(vec![self.bars(e)?]),
            Element::Datamatrix(e) => Ok(vec![self.matrix(Square::Datamatrix, e)?]),
            Element::Qr(e) => Ok(vec![self.matrix(Square::Qr, e)?]),
            Element::Line(e) => Ok(vec![self.line(e)]),
            Element::Un3373(e) => self.mark(e),
        }
    }

    fn mark(&self, e: &Mark) -> Result<Vec<Item>, Cause> {
        let mark = Diamond::new(e.x, e.y, e.side, self.dpi);
        let (x, baseline, run) = mark.number(e.side, self.dpi)?;
        Ok(vec![Item::Diamond(mark), Item::Text { x, baseline, run }])
    }

    fn text(&self, e: &Text) -> Result<Option<Item>, Cause> {
        let text = self.fields.fill(&e.value)?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        if e.figures && !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Cause::Pattern { pattern: "[0-9]*".to_owned() });
        }
        let smallest = e.min_pt.unwrap_or(e.size_pt);
        let room = Room {
            face: e.face(),
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
        let fill = |value| self.fields.fill(value);
        let (one, two, given) = (fill(&e.surname1)?, fill(&e.surname2)?, fill(&e.given)?);
        let run = name::set(&room, &one, &two, &given)?;
        Ok(Item::Text { x: self.dpi.dots(e.x), baseline: self.dpi.dots(e.baseline), run })
    }

    fn bars(&self, e: &Symbol) -> Result<Item, Cause> {
        let payload = self.fields.fill(&e.value)?;
        let code128::Encoded { bits, only } = code128::encode(&payload)?;
        let (module, slack) = self.module(code128::NAME, bits.len() + 2 * code128::QUIET, e)?;
        let quiet = module * small(code128::QUIET);
        Ok(Item::Bars {
            x: self.dpi.dots(e.x) + quiet + aligned(e.align, slack),
            y: self.dpi.dots(e.y),
            height: self.dpi.dots(e.h.unwrap_or_default()),
            module,
            bits,
            only,
            payload,
        })
    }

    fn matrix(&self, symbol: Square, e: &Symbol) -> Result<Item, Cause> {
        let payload = self.fields.fill(&e.value)?;
        let (side, bits) = symbol.encode(&payload)?;
        let quiet = symbol.quiet(self.shape);
        let (module, slack) = self.module(symbol.name(), side + 2 * quiet, e)?;
        let quiet = module * small(quiet);
        // On round stock the symbol is in the middle of its box, both ways.
        let down = if self.shape == Shape::Circle { slack / 2 } else { 0 };
        Ok(Item::Matrix {
            symbol,
            x: self.dpi.dots(e.x) + quiet + aligned(e.align, slack),
            y: self.dpi.dots(e.y) + quiet + down,
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

fn aligned(align: Align, slack: i32) -> i32 {
    match align {
        Align::Left => 0,
        Align::Center => slack / 2,
        Align::Right => slack,
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::labels::template::kinds::Templates;
    use proptest::prelude::*;

    /// The tube's label with every field filled.
    pub(in crate::labels) fn tube() -> Fields {
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
            ("material", "MO · EDTA · J1"),
            ("drawn", "03-mar-2026 11:05 EVR"),
            ("by_hand", "Toma / inic."),
        ];
        pairs.into_iter().fold(Fields::default(), |f, (k, v)| f.with(k, v))
    }
    pub(in crate::labels) fn template() -> &'static Template {
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
            "template edta-50x25, element person, field surname1: no glyph for '患' (U+60A3)"
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
            "template t, element b, field a: Code 128 needs 68.82 mm (275 modules of 2 dots at 203 dpi, \
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

    #[test]
    fn a_symbol_on_round_stock_keeps_its_white_inside_the_circle() {
        let template = Templates::embedded().unwrap().latest("cryo-cap-9").unwrap();
        for dpi in Dpi::ALL {
            let made =
                layout(template, &crate::labels::draw::check::sample(template, true), dpi).unwrap();
            let symbol = &made.symbols()[0];
            let [x, y, w, _] = symbol.place;
            let white = dpi.mm(w) / 14.0;
            let corner = |at: i32| (dpi.mm(at) - white - 4.5, dpi.mm(at + w) + white - 4.5);
            let (across, down) = (corner(x), corner(y));
            for (a, b) in [(across.0, down.0), (across.1, down.0), (across.0, down.1)] {
                assert!(a.hypot(b) <= 4.5, "{} mm from the middle at {dpi:?}", a.hypot(b));
            }
        }
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
