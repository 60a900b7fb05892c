//! How much a template may ask for. Far more than any label needs, and little enough that drawing one is
//! never work that anybody else waits for.

use super::element::Element;
use super::fields::{self, MOST_TEXT};
use super::model::Template;
use crate::labels::error::{Cause, Excess, LabelError};

/// Elements of a template.
const MOST_ELEMENTS: usize = 200;
/// Names among them: a name is tried in many lengths.
const MOST_NAMES: usize = 4;
/// Fields of a template.
const MOST_FIELDS: usize = 60;
/// Characters of a field's pattern.
const MOST_PATTERN: usize = 200;

/// How much of it a template may have.
fn most(what: Excess) -> usize {
    match what {
        Excess::Elements => MOST_ELEMENTS,
        Excess::Names => MOST_NAMES,
        Excess::Fields => MOST_FIELDS,
        Excess::Pattern => MOST_PATTERN,
        Excess::Text => MOST_TEXT,
    }
}

/// Everything of which a template has more than it may. It says nothing of drawing it: that is tried
/// only where this finds nothing.
pub fn excesses(template: &Template) -> Vec<LabelError> {
    let mut found = vec![];
    let mut hold = |what: Excess, n: usize, line: usize, part: String| {
        let most = most(what);
        if n > most {
            let cause = Cause::Excess { what, found: n, most, line };
            found.push(LabelError::of(&template.id, part, cause));
        }
    };
    let names = |e: &Element| matches!(e, Element::Name(_) | Element::Person(_));
    hold(Excess::Elements, template.elements().count(), 1, String::new());
    hold(Excess::Names, template.elements().filter(|(_, e)| names(e)).count(), 1, String::new());
    hold(Excess::Fields, template.fields.len(), 1, String::new());
    for (name, spec) in &template.fields {
        let n = spec.pattern.as_ref().map_or(0, |p| p.source.chars().count());
        hold(Excess::Pattern, n, 1, format!("field {name}"));
    }
    for (line, element) in template.elements() {
        let longest = element.values().into_iter().map(|v| filled(template, v)).max();
        hold(Excess::Text, longest.unwrap_or(0), line, format!("element {}", element.name()));
    }
    found
}

/// How long a value may become, at most.
fn filled(template: &Template, value: &str) -> usize {
    let named = fields::named(value).unwrap_or_default();
    let longest = |field: &String| {
        let spec = template.fields.get(field);
        spec.map_or(0, |s| s.longest.chars().count().max(s.example.chars().count()))
    };
    let of_fields: usize = named.iter().map(longest).sum();
    let braces: usize = named.iter().map(|f| f.chars().count() + 2).sum();
    value.chars().count() - braces + of_fields
}

#[cfg(test)]
mod tests {
    use super::super::kinds::Templates;
    use super::*;

    const HEAD: &str = "schema = 1\nid = \"t\"\nversion = 1\n[media]\nwidth_mm = 500\nheight_mm = 500\n\
        margin_mm = 0\n[fields]\na = { example = \"x\", longest = \"xxxxxxxxxx\" }\n";

    fn told(source: &str) -> Vec<(Excess, usize, usize)> {
        let template = Template::parse("t", source).unwrap();
        let causes = excesses(&template).into_iter().map(|e| e.cause);
        let told = |c| match c {
            Cause::Excess { what, found, line, .. } => (what, found, line),
            other => panic!("{other}"),
        };
        causes.map(told).collect()
    }
    fn text(i: usize, value: &str) -> String {
        let (x, y) = (i % 20 * 20, 10 + i / 20 * 5);
        format!(
            "[[element]]\nkind = \"text\"\nname = \"e{i}\"\nx = {x}\nbaseline = {y}\nw = 19\nsize_pt = 5\n\
             overflow = \"cut\"\nvalue = \"{value}\"\n"
        )
    }

    #[test]
    fn every_template_of_the_program_is_far_below_every_cap() {
        for template in Templates::embedded().unwrap().all() {
            assert_eq!(excesses(template), [], "{}", template.id);
        }
    }

    #[test]
    fn each_cap_is_told_by_its_name() {
        let many = |n: usize| (0..n).map(|i| text(i, "{a}")).collect::<String>();
        assert_eq!(told(&format!("{HEAD}{}", many(200))), []);
        assert_eq!(told(&format!("{HEAD}{}", many(201))), [(Excess::Elements, 201, 1)]);
        let repeated = |n: usize| format!("{HEAD}{}", text(0, &"{a}".repeat(n)));
        assert_eq!(told(&repeated(100)), []);
        assert_eq!(told(&repeated(4_500)), [(Excess::Text, 45_000, 10)]);
        let names: String = (0..5)
            .map(|i| {
                let y = 10 + i * 10;
                format!(
                    "[[element]]\nkind = \"person\"\nname = \"p{i}\"\nx = 1\nbaseline = {y}\nw = 50\n\
                     size_pt = 9\nmin_pt = 6\nsurname1 = \"{{a}}\"\nsurname2 = \"\"\ngiven = \"{{a}}\"\n"
                )
            })
            .collect();
        assert_eq!(told(&format!("{HEAD}{names}")), [(Excess::Names, 5, 1)]);
        let fields: String =
            (0..60).map(|i| format!("f{i} = {{ example = \"x\", longest = \"x\" }}\n")).collect();
        assert_eq!(told(&format!("{HEAD}{fields}{}", many(1))), [(Excess::Fields, 61, 1)]);
        let pattern = format!(
            "p = {{ pattern = \"{}\", example = \"x\", longest = \"x\" }}\n",
            "x?".repeat(101)
        );
        assert_eq!(told(&format!("{HEAD}{pattern}{}", many(1))), [(Excess::Pattern, 202, 1)]);
    }
}
