//! What holds for a template whatever is printed: every element has its own room inside the
//! printable area, so that no text, however tall its accents, ever touches another.

use super::element::{Element, Overflow, Text};
use super::model::{Shape, Template};
use crate::labels::error::{Cause, LabelError};
use crate::labels::letters::face::{ASCENT, DESCENT};
use crate::labels::symbols::mark;

/// Rounding of the numbers in a template.
const SLACK: f64 = 0.005;

/// An element's room, millimetres.
pub struct Room {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
    /// A square on its point: its corners are in the middle of the sides.
    diamond: bool,
}

impl Room {
    pub fn of(element: &Element) -> Self {
        let text = |x, baseline: f64, w, pt: f64| {
            let em = pt * 25.4 / 72.0;
            Self { x, y: baseline - ASCENT * em, w, h: (ASCENT + DESCENT) * em, diamond: false }
        };
        let square = |x, y, w, h| Self { x, y, w, h, diamond: false };
        match element {
            Element::Text(e) if e.figures => {
                let high = e.face().cap() * e.size_pt * 25.4 / 72.0;
                square(e.x, e.baseline - high, e.w, high)
            }
            Element::Text(e) => text(e.x, e.baseline, e.w, e.size_pt),
            Element::Name(e) => text(e.x, e.baseline, e.w, e.size_pt),
            Element::Person(e) => {
                let first = text(e.x, e.baseline, e.w, e.size_pt);
                let more = e.second_baseline.map_or(0.0, |second| second - e.baseline);
                Self { h: first.h + more, ..first }
            }
            Element::Code128(e) | Element::Datamatrix(e) | Element::Qr(e) => {
                square(e.x, e.y, e.w, e.h.unwrap_or(e.w))
            }
            Element::Line(e) => square(e.x, e.y, e.w, e.h),
            Element::Un3373(e) => {
                let d = 2.0 * mark::half_diagonal(e.side);
                Self { diamond: true, ..square(e.x, e.y, d, d) }
            }
        }
    }
    fn corners(&self) -> [(f64, f64); 4] {
        let (x, y, right, bottom) = (self.x, self.y, self.x + self.w, self.y + self.h);
        [(x, y), (right, y), (x, bottom), (right, bottom)]
    }
    /// How near `other` comes to the middle of this one, across plus down.
    fn nearness(&self, other: &Self) -> f64 {
        let away =
            |middle: f64, from: f64, len: f64| (from - middle).max(middle - from - len).max(0.0);
        away(self.x + self.w / 2.0, other.x, other.w)
            + away(self.y + self.h / 2.0, other.y, other.h)
    }
    fn touches(&self, other: &Self) -> bool {
        for (mark, beside) in [(self, other), (other, self)] {
            if mark.diamond && !beside.diamond {
                return mark.nearness(beside) < mark.w / 2.0 - SLACK;
            }
        }
        let apart = |a: f64, a_len: f64, b: f64| a + a_len <= b + SLACK;
        !(apart(self.x, self.w, other.x)
            || apart(other.x, other.w, self.x)
            || apart(self.y, self.h, other.y)
            || apart(other.y, other.h, self.y))
    }
}

/// Two elements of which only one is ever drawn: one shows a field, the other its absence.
fn exclusive(a: &Element, b: &Element) -> bool {
    let shows = |e: &Element, field: &str| {
        e.values() == [format!("{{{field}}}")] || e.when_filled() == Some(field)
    };
    a.when_empty().is_some_and(|f| shows(b, f)) || b.when_empty().is_some_and(|f| shows(a, f))
}

/// Checks numbers, the printable area and overlaps.
/// `sheet_line` is where the sheet is written.
pub fn check(template: &Template, sheet_line: usize) -> Result<(), LabelError> {
    let media = &template.media;
    for (key, value) in [("width_mm", media.width_mm), ("height_mm", media.height_mm)] {
        if !(5.0..=500.0).contains(&value) {
            let cause = Cause::Number { key, value, rule: "5 to 500", line: 1 };
            return Err(LabelError::of(&template.id, "media", cause));
        }
    }
    let of_media = |c| LabelError::of(&template.id, "media", c);
    if media.shape == Shape::Circle && media.width_mm.to_bits() != media.height_mm.to_bits() {
        let rule = "the width: the stock is round";
        let cause = Cause::Number { key: "height_mm", value: media.height_mm, rule, line: 1 };
        return Err(of_media(cause));
    }
    if let Some(sheet) = media.sheet() {
        sheet.check(media.width_mm, media.height_mm, sheet_line).map_err(of_media)?;
    }
    let mut before: Vec<(&Element, Room)> = vec![];
    for (line, element) in template.elements() {
        let wrong = |c| LabelError::of(&template.id, format!("element {}", element.name()), c);
        numbers(element, line).map_err(wrong)?;
        let room = Room::of(element);
        inside(template, &room, line).map_err(wrong)?;
        if media.shape == Shape::Circle {
            inside_circle(media.width_mm / 2.0, media.margin_mm, &room, line).map_err(wrong)?;
        }
        if matches!(element, Element::Un3373(_)) && !has_shipping_name(template) {
            return Err(wrong(Cause::NoShippingName { line }));
        }
        let other = before.iter().find(|(e, r)| r.touches(&room) && !exclusive(e, element));
        if let Some((other, _)) = other {
            return Err(wrong(Cause::Overlap { other: other.name().to_owned(), line }));
        }
        before.push((element, room));
    }
    Ok(())
}

fn numbers(element: &Element, line: usize) -> Result<(), Cause> {
    let within = |key, value: f64, low: f64, high: f64, rule| match (low..=high).contains(&value) {
        true => Ok(()),
        false => Err(Cause::Number { key, value, rule, line }),
    };
    match element {
        Element::Text(e) => {
            within("size_pt", e.size_pt, 4.0, 72.0, "4 to 72")?;
            within("min_pt", e.min_pt.unwrap_or(e.size_pt), 4.0, e.size_pt, "4 to size_pt")?;
            capitals(e, line)
        }
        Element::Name(e) => {
            within("size_pt", e.size_pt, 4.0, 72.0, "4 to 72")?;
            within("min_pt", e.min_pt, 4.0, e.size_pt, "4 to size_pt")
        }
        Element::Person(e) => {
            within("size_pt", e.size_pt, 4.0, 72.0, "4 to 72")?;
            within("min_pt", e.min_pt, 4.0, e.size_pt, "4 to size_pt")?;
            // A whole line below: accents of the given names touch no surname.
            let line = (ASCENT + DESCENT) * e.size_pt * 25.4 / 72.0;
            let least = e.baseline + line - SLACK;
            let rule = "a line of size_pt below the baseline";
            let second = e.second_baseline.unwrap_or(least);
            within("second_baseline", second, least, 500.0, rule)
        }
        Element::Code128(e) => {
            within("h", e.h.unwrap_or_default(), 3.0, 100.0, "given, 3 to 100")?;
            within("min_x_mm", e.min_x_mm, 0.1, e.max_x_mm, "0.1 to max_x_mm")
        }
        Element::Datamatrix(e) | Element::Qr(e) => {
            within("h", e.h.unwrap_or(e.w), e.w, e.w, "left out: the symbol is square")?;
            within("min_x_mm", e.min_x_mm, 0.1, e.max_x_mm, "0.1 to max_x_mm")
        }
        Element::Line(e) => within("h", e.h, 0.1, 400.0, "0.1 to 400"),
        Element::Un3373(e) => {
            within("side", e.side, mark::LEAST_SIDE, 200.0, "50 to 200 (packing instruction P650)")
        }
    }
}

/// Where a text says how high its capitals must be, they are, and stay so.
fn capitals(e: &Text, line: usize) -> Result<(), Cause> {
    let Some(need) = e.cap_mm else { return Ok(()) };
    let have = e.size_pt * 25.4 / 72.0 * e.face().cap();
    if need.is_nan() || have < need {
        return Err(Cause::SmallLetters { need, have, line });
    }
    if e.overflow == Overflow::Error { Ok(()) } else { Err(Cause::MayShrink { line }) }
}

/// The shipping name stands on the label in capitals of the height the rule asks for.
fn has_shipping_name(template: &Template) -> bool {
    let words = template.elements().filter_map(|(_, e)| match e {
        Element::Text(t) if t.cap_mm.is_some_and(|c| c >= mark::LEAST_CAP) => Some(t.value.trim()),
        _ => None,
    });
    let text = words.collect::<Vec<_>>().join(" ");
    mark::SHIPPING_NAMES.iter().any(|name| text.contains(name))
}

fn inside_circle(radius: f64, margin: f64, room: &Room, line: usize) -> Result<(), Cause> {
    let reach = room.corners().into_iter().map(|(x, y)| (x - radius).hypot(y - radius));
    let reach = reach.fold(0.0, f64::max);
    let have = radius - margin;
    if reach > have + SLACK { Err(Cause::OffCircle { reach, have, line }) } else { Ok(()) }
}

fn inside(template: &Template, room: &Room, line: usize) -> Result<(), Cause> {
    let media = &template.media;
    let axes =
        [("across", room.x, room.w, media.width_mm), ("down", room.y, room.h, media.height_mm)];
    for (axis, start, length, size) in axes {
        let (from, to) = (media.margin_mm, size - media.margin_mm);
        let out = |reach| Cause::OffLabel { axis, reach, from, to, line };
        if start.is_nan() || start < from - SLACK {
            return Err(out(start));
        }
        let end = start + length;
        if end.is_nan() || length <= 0.0 || end > to + SLACK {
            return Err(out(end));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::model::Template;

    fn with(element: &str) -> String {
        let source = format!(
            "schema = 1\nid = \"t\"\nversion = 1\n[media]\nwidth_mm = 50\nheight_mm = 25\n\
             margin_mm = 0.5\n[fields]\na = {{ example = \"x\", longest = \"xxxxx\" }}\n{element}"
        );
        Template::parse("t", &source).map_or_else(|e| e.to_string(), |_| "sound".to_owned())
    }
    fn text(name: &str, x: &str, baseline: &str, more: &str) -> String {
        format!(
            "[[element]]\nkind = \"text\"\nname = \"{name}\"\nx = {x}\nbaseline = {baseline}\n\
             w = 20\nsize_pt = 8\nvalue = \"{{a}}\"\n{more}\n"
        )
    }

    #[test]
    fn an_element_keeps_to_the_label() {
        assert_eq!(with(&text("v", "1", "5", "")), "sound");
        assert_eq!(
            with(&text("v", "39", "5", "")),
            "template t, element v: line 10: reaches 59.00 mm across, the printable area is 0.50 \
             to 49.50 mm"
        );
        assert!(with(&text("v", "1", "1", "")).contains("down"));
        assert!(with(&text("v", "nan", "5", "")).contains("reaches NaN mm across"));
    }

    #[test]
    fn elements_keep_apart() {
        let two = |b| format!("{}{}", text("v", "1", "5", ""), text("w", "1", b, ""));
        assert_eq!(with(&two("7.5")), "template t, element w: line 19: overlaps element v");
        assert_eq!(with(&two("8.5")), "sound");
        let instead = text("w", "1", "5", "when_empty = \"a\"");
        assert_eq!(with(&format!("{}{instead}", text("v", "1", "5", ""))), "sound");
    }

    #[test]
    fn sizes_must_make_sense() {
        assert!(with(&text("v", "1", "5", "min_pt = 9")).contains("min_pt is 9"));
        let symbol = "[[element]]\nkind = \"code128\"\nname = \"b\"\nx = 1\ny = 1\nw = 40\n\
                      min_x_mm = 0.2\nmax_x_mm = 0.26\nvalue = \"{a}\"\n";
        assert!(with(symbol).contains("h is 0, it must be given"));
    }

    fn on(media: &str, element: &str) -> String {
        let source = format!(
            "schema = 1\nid = \"t\"\nversion = 1\n[media]\n{media}\n[fields]\n\
             a = {{ example = \"x\", longest = \"xxxxx\" }}\n{element}"
        );
        Template::parse("t", &source).map_or_else(|e| e.to_string(), |_| "sound".to_owned())
    }
    fn square(kind: &str, x: f64, w: f64) -> String {
        format!(
            "[[element]]\nkind = \"{kind}\"\nname = \"{kind}\"\nx = {x}\ny = {x}\nw = {w}\n\
             min_x_mm = 0.3\nmax_x_mm = 0.4\nvalue = \"{{a}}\"\n"
        )
    }

    #[test]
    fn corners_keep_inside_round_stock() {
        let round = "width_mm = 9\nheight_mm = 9\nmargin_mm = 0\nshape = \"circle\"";
        assert_eq!(on(round, &square("datamatrix", 1.35, 6.3)), "sound");
        assert_eq!(
            on(round, &square("datamatrix", 1.1, 6.8)),
            "template t, element datamatrix: line 11: a corner is 4.81 mm from the middle, the \
             circle ends at 4.50 mm"
        );
        let oval = round.replace("height_mm = 9", "height_mm = 10");
        assert!(on(&oval, &square("datamatrix", 1.35, 6.3)).contains("the stock is round"));
    }

    #[test]
    fn cells_of_a_sheet_are_told_with_their_line() {
        let sheet = "width_mm = 50\nheight_mm = 25\nmargin_mm = 0\n[media.sheet]\npage = \"A4\"\n\
                     columns = 5\nrows = 2\nleft_mm = 5\ntop_mm = 10\npitch_x_mm = 50\n\
                     pitch_y_mm = 25";
        assert_eq!(
            on(sheet, &square("qr", 1.0, 20.0)),
            "template t, media: line 8: reaches 255.00 mm across, the printable area is 0.00 to \
             210.00 mm"
        );
        assert_eq!(
            on(&sheet.replace("columns = 5", "columns = 4"), &square("qr", 1.0, 20.0)),
            "sound"
        );
    }

    fn ship(from: &str, to: &str) -> String {
        let files = super::super::kinds::FILES;
        let source = files.iter().find(|f| f.0 == "ship-100x150.toml").unwrap().1;
        assert!(source.contains(from), "{from}");
        let changed = source.replace(from, to);
        Template::parse("t", &changed).map_or_else(|e| e.to_string(), |_| "sound".to_owned())
    }

    #[test]
    fn the_un3373_mark_keeps_to_its_rule() {
        assert_eq!(ship("side     = 50.0", "side     = 50.0"), "sound");
        let small = ship("side     = 50.0", "side     = 49.9");
        assert!(small.contains("side is 49.9, it must be 50 to 200"), "{small}");
        let letters = ship("size_pt  = 24.0", "size_pt  = 23.0");
        assert!(letters.contains("capitals are 5.79 mm high, 6.00 mm are needed"), "{letters}");
        let shrinks = ship("cap_mm   = 6.0\n", "cap_mm   = 6.0\noverflow = \"shrink\"\n");
        assert!(shrinks.contains("must have overflow = \"error\""), "{shrinks}");
        let unnamed = ship("value    = \"CATEGORY B\"", "value    = \"CATEGORY A\"");
        assert!(
            unnamed.contains("element mark: line") && unnamed.contains("shipping name"),
            "{unnamed}"
        );
    }

    #[test]
    fn beside_the_mark_there_is_room_in_its_corners() {
        let corner = "x        = 65.0\nbaseline = 39.0\nw        = 32.0";
        let nearer =
            |x: &str| corner.replace("65.0", x).replace("w        = 32.0", "w        = 30.0");
        assert_eq!(ship(corner, &nearer("58.0")), "sound");
        assert!(ship(corner, &nearer("40.0")).contains("element content: line"));
    }
}
