//! A layout as SVG, at true size. Letters are drawn as outlines: no viewer may choose another face.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::glyphs;
use crate::labels::dots::Dots;
use crate::labels::error::LabelError;
use crate::labels::letters::face::Face;
use crate::labels::letters::text::{self, Run};
use crate::labels::place::item::Item;
use crate::labels::place::layout::Layout;
use crate::labels::template::model::Template;
use crate::labels::template::rooms::Room;

/// The label as an SVG.
pub fn draw(layout: &Layout) -> String {
    let texts: Vec<&Run> = layout.items.iter().filter_map(run_of).collect();
    let mut out = head(layout, &texts);
    for item in &layout.items {
        write_item(&mut out, item);
    }
    out.push_str("</svg>\n");
    out
}

/// The same picture for looking at only: the symbols are crossed out so that no scanner reads
/// them, and `word` is written over them. A label that is not recorded as printed must not work.
///
/// # Errors
/// A `word` the face has no letters for.
pub fn preview(layout: &Layout, word: &str) -> Result<String, LabelError> {
    let wrong = |c| LabelError::of(&layout.template, "preview", c);
    let over = text::set(word, Face::Bold, 15.0, layout.dpi).map_err(wrong)?;
    let mut out = crossed_out(layout, Some(&over));
    let (x, y) = ((layout.width - over.width) / 2, layout.height * 56 / 100);
    let (high, low) = (over.em * 0.95, over.em * 0.25);
    let _ = write!(
        out,
        r##"<rect x="{}" y="{:.0}" width="{}" height="{:.0}" fill="#fff"/>"##,
        x - 8,
        f64::from(y) - high,
        over.width + 16,
        high + low
    );
    out.push_str("<g fill=\"#B4231F\">");
    write_text(&mut out, x, y, &over);
    out.push_str("</g></svg>\n");
    Ok(out)
}

/// A picture of a label of examples, with the symbols crossed out.
pub fn specimen(layout: &Layout) -> String {
    let mut out = crossed_out(layout, None);
    out.push_str("</svg>\n");
    out
}

/// A [`specimen`] for whoever changes the template: around every element its room, with the line on
/// which the element begins and its name.
pub fn sketch(template: &Template, layout: &Layout) -> String {
    let mut out = crossed_out(layout, None);
    let dots = f64::from(layout.width) / layout.width_mm;
    for (line, element) in template.elements() {
        let room = Room::of(element);
        let [x, y, w, h] = [room.x, room.y, room.w, room.h].map(|mm| mm * dots);
        let name = maud::html! { title { (element.name()) } }.into_string();
        let _ = write!(
            out,
            r#"<rect class="room" data-line="{line}" fill="none" pointer-events="all" x="{x:.1}" y="{y:.1}" width="{w:.1}" height="{h:.1}">{name}</rect>"#
        );
    }
    out.push_str("</svg>\n");
    out
}

/// All of a label but its end; letters of `more` are there to be used.
fn crossed_out(layout: &Layout, more: Option<&Run>) -> String {
    let mut texts: Vec<&Run> = layout.items.iter().filter_map(run_of).collect();
    texts.extend(more);
    let mut out = head(layout, &texts);
    let (words, symbols): (Vec<&Item>, Vec<&Item>) =
        layout.items.iter().partition(|i| matches!(i, Item::Text { .. }));
    for item in symbols {
        write_item(&mut out, item);
        cross_out(&mut out, item);
    }
    for item in words {
        write_item(&mut out, item);
    }
    out
}

fn run_of(item: &Item) -> Option<&Run> {
    match item {
        Item::Text { run, .. } => Some(run),
        _ => None,
    }
}

fn head(layout: &Layout, texts: &[&Run]) -> String {
    let mut out = String::with_capacity(16_384);
    let _ = write!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{}mm" height="{}mm" viewBox="0 0 {} {}"><rect width="100%" height="100%" fill="#fff"/><defs>"##,
        layout.width_mm, layout.height_mm, layout.width, layout.height
    );
    let letters: BTreeSet<(Face, u16)> =
        texts.iter().flat_map(|r| r.glyphs.iter().map(|g| (r.face, g.id))).collect();
    for (face, id) in letters {
        if let Some(path) = glyphs::outline(face, id).as_ref() {
            let _ = write!(out, r#"<path id="{}" d="{path}"/>"#, name(face, id));
        }
    }
    out.push_str("</defs>");
    out
}

fn name(face: Face, id: u16) -> String {
    match face {
        Face::Regular => format!("r{id}"),
        Face::Bold => format!("b{id}"),
        Face::Condensed => format!("c{id}"),
    }
}

fn write_item(out: &mut String, item: &Item) {
    match item {
        Item::Text { x, baseline, run } => write_text(out, *x, *baseline, run),
        Item::Diamond(mark) => {
            out.push_str("<path fill-rule=\"evenodd\" d=\"");
            for corners in mark.corners() {
                for ((x, y), letter) in corners.into_iter().zip(['M', 'L', 'L', 'L']) {
                    let _ = write!(out, "{letter}{x} {y}");
                }
                out.push('z');
            }
            out.push_str("\"/>");
        }
        dark => {
            out.push_str("<path shape-rendering=\"crispEdges\" d=\"");
            for Dots { x, y, w, h } in dark.dark() {
                let _ = write!(out, "M{x} {y}h{w}v{h}h-{w}z");
            }
            out.push_str("\"/>");
        }
    }
}

fn write_text(out: &mut String, x: i32, baseline: i32, run: &Run) {
    let scale = run.em / run.face.units();
    let _ =
        write!(out, r#"<g transform="translate({x} {baseline}) scale({scale:.6} -{scale:.6})">"#);
    for glyph in &run.glyphs {
        if glyphs::outline(run.face, glyph.id).is_some() {
            let at = f64::from(glyph.x) / scale;
            let _ = write!(out, r##"<use href="#{}" x="{at:.1}""##, name(run.face, glyph.id));
            if glyph.up != 0 {
                let _ = write!(out, r#" y="{:.1}""#, f64::from(glyph.up) / scale);
            }
            out.push_str("/>");
        }
    }
    out.push_str("</g>");
}

/// A white band from corner to corner: every straight line across the symbol loses modules.
fn cross_out(out: &mut String, item: &Item) {
    let (x, y, w, h, band) = match item {
        Item::Bars { x, y, height, module, bits, .. } => {
            (*x, *y, module * i32::try_from(bits.len()).unwrap_or(0), *height, module * 9)
        }
        Item::Matrix { x, y, side, module, .. } => {
            let side = module * i32::try_from(*side).unwrap_or(0);
            (*x, *y, side, side, module * 4)
        }
        Item::Text { .. } | Item::Line(_) | Item::Diamond(_) => return,
    };
    let _ = write!(
        out,
        r##"<path d="M{x} {}L{} {y}" stroke="#fff" stroke-width="{band}"/>"##,
        y + h,
        x + w
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::dots::Dpi;
    use crate::labels::place::layout::{layout, tests};

    #[test]
    fn no_letter_of_a_name_is_markup() {
        let hostile = tests::tube().with("given", "<script>&\"'").with("surname1", "A</svg>");
        let svg = draw(&layout(tests::template(), &hostile, Dpi::D203).unwrap());
        assert!(!svg.contains("script") && svg.matches("</svg>").count() == 1);
        assert!(svg.contains("width=\"50mm\" height=\"25mm\" viewBox=\"0 0 400 200\""));
    }
}
