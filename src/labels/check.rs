//! Tries every template at every resolution with its example and its longest values, so that a
//! template that fails for some child fails here first.

use super::error::LabelError;
use super::fields::Fields;
use super::format::{Dpi, Format};
use super::layout::layout;
use super::template::{Template, Templates};

/// Draws each template at each resolution in each format, once with its example and once with its
/// longest values; gives the number of labels drawn.
///
/// # Errors
/// Everything that is wrong, in order.
pub fn check(templates: &Templates) -> Result<usize, Vec<LabelError>> {
    let mut wrong = vec![];
    let mut drawn = 0;
    for template in templates.all() {
        for fields in [sample(template, false), sample(template, true)] {
            for dpi in Dpi::ALL {
                match draw(template, &fields, dpi) {
                    Ok(n) => drawn += n,
                    Err(e) => wrong.push(e),
                }
            }
        }
    }
    if wrong.is_empty() { Ok(drawn) } else { Err(wrong) }
}

/// The template's own example, or its longest values.
pub fn sample(template: &Template, longest: bool) -> Fields {
    template.fields.iter().fold(Fields::default(), |fields, (name, spec)| {
        fields.with(name, if longest { &spec.longest } else { &spec.example })
    })
}

fn draw(template: &Template, fields: &Fields, dpi: Dpi) -> Result<usize, LabelError> {
    let layout = layout(template, fields, dpi)?;
    for format in Format::ALL {
        format.render(&layout)?;
    }
    Ok(Format::ALL.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_template_holds_its_longest_values() {
        let all = Templates::embedded().unwrap();
        assert_eq!(check(all), Ok(all.all().len() * 2 * 3 * 4));
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let source = "schema = 1\nid = \"t\"\nversion = 1\n[media]\nwidth_mm = 50\n\
            height_mm = 25\nmargin_mm = 0.5\n[fields]\na = { example = \"x\", longest = \"🧪\" }\n\
            [[element]]\nkind = \"text\"\nname = \"b\"\nx = 1\nbaseline = 5\nw = 40\n\
            size_pt = 8\nvalue = \"{a}\"\n";
        let wrong = check(&Templates::read([("t.toml", source)]).unwrap()).unwrap_err();
        assert_eq!(wrong.len(), 3);
        assert!(wrong[0].to_string().contains("no glyph for '🧪' (U+1F9EA)"));
    }
}
