//! What a new version of a label kind must keep of the one before it: the program goes on filling
//! it, printers go on holding its stock, scanners and people go on reading it. Things may move, grow
//! and be added; nothing may go.

use super::element::{Element, Overflow, Symbol};
use super::fields;
use super::model::Template;
use crate::labels::error::{Cause, Departure, LabelError};

/// Rounding of the numbers in a template.
const SLACK: f64 = 0.0005;

/// Everything in which `after` departs from `before`, in the order of the file.
pub fn departures(before: &Template, after: &Template) -> Vec<LabelError> {
    let mut found = vec![];
    let mut add = |what, line| {
        found.push(LabelError::of(&after.file, "", Cause::Departs { what, line }));
    };
    if before.id != after.id {
        add(Departure::Id(before.id.clone()), 1);
    }
    let (was, is) = (&before.media, &after.media);
    let same = |a: f64, b: f64| (a - b).abs() < SLACK;
    if !same(was.width_mm, is.width_mm) || !same(was.height_mm, is.height_mm) {
        add(Departure::Size { width: was.width_mm, height: was.height_mm }, 1);
    }
    if was.shape != is.shape || was.sheet.is_some() != is.sheet.is_some() {
        add(Departure::Stock, 1);
    }
    for field in
        before.fields.keys().chain(after.fields.keys().filter(|f| !before.fields.contains_key(*f)))
    {
        if before.fields.get(field) != after.fields.get(field) {
            add(Departure::Field(field.clone()), 1);
        }
    }
    let shows_person = |t: &Template| t.elements().any(|(_, e)| matches!(e, Element::Person(_)));
    let by_name = after.elements().find(|(_, e)| matches!(e, Element::Name(_)));
    if let (true, Some((line, _))) = (shows_person(before), by_name) {
        add(Departure::Name, line);
    }
    for field in before.fields.keys() {
        if draws(before, field).next().is_none() {
            continue;
        }
        let mut now = draws(after, field).peekable();
        let always = |e: &Element| e.when_empty().or(e.when_filled()).is_none();
        if now.peek().is_none() {
            add(Departure::Undrawn(field.clone()), 1);
        } else if draws(before, field).any(|(_, e)| always(e))
            && !draws(after, field).any(|(_, e)| always(e))
        {
            // Only now and then is not printed.
            let line = draws(after, field).next().map_or(1, |(line, _)| line);
            add(Departure::Undrawn(field.clone()), line);
        } else if !draws(before, field).any(|(_, e)| is_cut(e))
            && let Some((line, _)) = now.find(|(_, e)| is_cut(e))
        {
            add(Departure::Cut(field.clone()), line);
        }
    }
    for (symbol, value) in kinds(before) {
        let mut now = modules(after, symbol, value).into_iter();
        for (_, least) in modules(before, symbol, value) {
            match now.next() {
                None => add(Departure::Symbol { symbol, value: value.to_owned() }, 1),
                Some((line, is)) if is < least - SLACK => {
                    add(Departure::Module { symbol, least }, line);
                }
                Some(_) => {}
            }
        }
    }
    found
}

/// The kinds of symbol that a template has, each with what it says, in the order of the file.
fn kinds(template: &Template) -> Vec<(&'static str, &str)> {
    let mut kinds = vec![];
    for (symbol, e) in template.elements().filter_map(|(_, e)| symbol(e)) {
        let kind = (symbol, e.value.as_str());
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// The lines and the narrowest modules of the symbols of a kind that say `value`, the widest first:
/// a code may be there several times.
fn modules(template: &Template, kind: &str, value: &str) -> Vec<(usize, f64)> {
    let of = |(line, e)| {
        let (_, e) = symbol(e).filter(|(s, e)| *s == kind && e.value == value)?;
        Some((line, e.min_x_mm))
    };
    let mut all: Vec<(usize, f64)> = template.elements().filter_map(of).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all
}

/// The elements that print a field, with their lines.
fn draws<'a>(template: &'a Template, field: &'a str) -> impl Iterator<Item = (usize, &'a Element)> {
    template.elements().filter(move |(_, e)| {
        e.values().into_iter().filter_map(fields::named).flatten().any(|f| f == field)
    })
}

fn is_cut(element: &Element) -> bool {
    matches!(element, Element::Text(e) if e.overflow == Overflow::Cut)
}

fn symbol(element: &Element) -> Option<(&'static str, &Symbol)> {
    match element {
        Element::Code128(e) => Some((crate::labels::symbols::code128::NAME, e)),
        Element::Datamatrix(e) => Some((crate::labels::symbols::datamatrix::NAME, e)),
        Element::Qr(e) => Some((crate::labels::symbols::qr::NAME, e)),
        Element::Text(_)
        | Element::Name(_)
        | Element::Person(_)
        | Element::Line(_)
        | Element::Un3373(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::{FILES, Templates};
    use super::*;

    fn source() -> &'static str {
        FILES.iter().find(|f| f.0 == "edta-50x25.toml").unwrap().1
    }
    fn said(from: &str, to: &str) -> Vec<String> {
        assert!(source().contains(from), "{from}");
        let after = Template::parse("t.toml", &source().replacen(from, to, 1)).unwrap();
        let before = Templates::embedded().unwrap().latest("edta-50x25").unwrap();
        let found = departures(before, &after);
        found.into_iter().map(|e| e.cause.to_string()).collect()
    }
    /// The text of an element from its heading to the next one.
    fn element(name: &str) -> &'static str {
        let at = source().find(&format!("name     = \"{name}\"")).unwrap();
        let start = source()[..at].rfind("[[element]]").unwrap();
        let end = source()[at..].find("[[element]]").map_or(source().len(), |n| at + n);
        &source()[start..end]
    }

    #[test]
    fn things_may_move_and_grow() {
        assert_eq!(said("size_pt  = 10.0", "size_pt  = 9.0"), [""; 0]);
        assert_eq!(said("version = 2", "version = 3"), [""; 0]);
        let text =
            "[[element]]\nkind = \"line\"\nname = \"more\"\nx = 41\ny = 7.62\nw = 5\nh = 0.1\n";
        assert_eq!(
            said(
                "[[element]]\nkind     = \"person\"",
                &format!("{text}[[element]]\nkind     = \"person\"")
            ),
            [""; 0]
        );
    }

    #[test]
    fn every_template_keeps_what_it_has_itself() {
        for template in Templates::embedded().unwrap().all() {
            assert_eq!(departures(template, template), [], "{}", template.id);
        }
    }

    #[test]
    fn nothing_may_go() {
        for (from, to, expected) in [
            ("\"edta-50x25\"", "\"edta-51x25\"", "line 1: the id must stay edta-50x25"),
            ("width_mm  = 50.0", "width_mm  = 51.0", "line 1: the stock must stay 50 x 25 mm"),
            ("digits = 12, ", "", "line 1: field code must stay as it is under [fields]"),
            (
                "min_x_mm = 0.25 ",
                "min_x_mm = 0.2 ",
                "line 66: min_x_mm of the Code 128 may not be under 0.25",
            ),
            (
                "overflow = \"shrink\"\nalign    = \"right\"\nvalue    = \"{birth}\"",
                "overflow = \"cut\"\nalign    = \"right\"\nvalue    = \"{birth}\"",
                "line 53: field birth may not be cut off",
            ),
            (element("copy"), "", "line 1: field copy is printed no more"),
            (
                "value    = \"{birth}\"",
                "when_filled = \"mark\"\nvalue    = \"{birth}\"",
                "line 53: field birth is printed no more",
            ),
            (element("backup"), "", "line 1: the Data Matrix of {code} is printed no more"),
            (
                "value    = \"{code}\"\n\n[[element]]               # the same",
                "value    = \"1{code_text}\"\n\n[[element]]               # the same",
                "line 1: the Code 128 of {code} is printed no more",
            ),
        ] {
            assert_eq!(said(from, to), [expected], "{to}");
        }
    }

    #[test]
    fn a_name_stays_by_the_rule_that_tells_who_reads_alike() {
        let name = element("person")
            .replace("kind     = \"person\"", "kind     = \"name\"")
            .replace("mark     = \"{mark}\"\n", "");
        let mark = "[[element]]\nkind = \"text\"\nname = \"mark\"\nx = 1\nbaseline = 20.4\nw = 5\n\
                    size_pt = 4\noverflow = \"cut\"\nvalue = \"{mark}\"\n";
        let found = said(element("person"), &format!("{name}{mark}"));
        assert!(found.iter().any(|f| f.contains("kind = \"person\"")), "{found:?}");
    }

    #[test]
    fn the_stock_stays_round() {
        let cap = Templates::embedded().unwrap().latest("cryo-cap-9").unwrap();
        let text = FILES.iter().find(|f| f.0 == "cryo-cap-9.toml").unwrap().1;
        let square = text.replace("\"circle\"", "\"rectangle\"");
        assert_ne!(square, text);
        let found = departures(cap, &Template::parse("t.toml", &square).unwrap());
        let stock = Cause::Departs { what: Departure::Stock, line: 1 };
        assert_eq!(found.iter().map(|e| e.cause.clone()).collect::<Vec<_>>(), [stock]);
    }
}
