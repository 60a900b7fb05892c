//! Tries every template at every resolution with its example and its longest values, so that a
//! template that fails for some child fails here first.

use std::path::Path;

use crate::labels::dots::Dpi;
use crate::labels::error::LabelError;
use crate::labels::format::Format;
use crate::labels::place::layout::layout;
use crate::labels::template::contract::departures;
use crate::labels::template::excess::excesses;
use crate::labels::template::fields::Fields;
use crate::labels::template::kinds::Templates;
use crate::labels::template::model::Template;

/// A label of the check that cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{file}: {}{error}", told(*.drawn))]
pub struct Failure {
    /// The template's file.
    pub file: String,
    /// With which values, `example` or `longest`, and at which resolution; `None` where it is wrong
    /// whatever is drawn.
    pub drawn: Option<(&'static str, Dpi)>,
    /// Which part of the template is wrong, and with what.
    pub error: LabelError,
}

fn told(drawn: Option<(&str, Dpi)>) -> String {
    drawn.map_or_else(String::new, |(values, dpi)| format!("{values} at {} dpi: ", dpi.number()))
}

/// Draws each template at each resolution in each format it can be drawn in, once with its example
/// and once with its longest values; gives the number of labels drawn. A directory's own version of
/// a built-in kind is held against that one's contract too.
///
/// # Errors
/// Everything that is wrong, in order.
pub fn check(templates: &Templates) -> Result<usize, Vec<Failure>> {
    let mut wrong = vec![];
    let mut drawn = 0;
    for template in templates.all() {
        if template.local
            && let Ok(embedded) = Templates::embedded()
            && let Some(before) = embedded.latest(&template.id)
        {
            let failure = |error| Failure { file: template.file.clone(), drawn: None, error };
            wrong.extend(departures(before, template).into_iter().map(failure));
        }
        match check_one(template) {
            Ok(n) => drawn += n,
            Err(more) => wrong.extend(more),
        }
    }
    if wrong.is_empty() { Ok(drawn) } else { Err(wrong) }
}

impl Templates {
    /// Those a server prints by: the embedded ones and those of `dir`, all tried out.
    ///
    /// # Errors
    /// Everything that is wrong with them, a line each.
    pub fn of_server(dir: Option<&Path>) -> Result<Self, String> {
        let all = match dir {
            Some(dir) => Self::with_dir(dir),
            None => Self::embedded().cloned(),
        };
        let all = all.map_err(|e| e.to_string())?;
        // The embedded ones are tried by a test.
        if dir.is_some() {
            check(&all).map_err(|wrong| {
                wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
            })?;
        }
        Ok(all)
    }
}

/// The same for one template.
///
/// # Errors
/// Everything that does not fit, in order.
pub fn check_one(template: &Template) -> Result<usize, Vec<Failure>> {
    let failure = |error| Failure { file: template.file.clone(), drawn: None, error };
    // What asks for too much is not tried.
    let too_much: Vec<Failure> = excesses(template).into_iter().map(failure).collect();
    if !too_much.is_empty() {
        return Err(too_much);
    }
    let mut wrong = vec![];
    let mut drawn = 0;
    for (values, longest) in [("example", false), ("longest", true)] {
        for dpi in Dpi::ALL {
            match draw(template, &sample(template, longest), dpi) {
                Ok(n) => drawn += n,
                Err(error) => {
                    let (file, drawn) = (template.file.clone(), Some((values, dpi)));
                    wrong.push(Failure { file, drawn, error });
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

/// What a template can be drawn as: a label of a sheet is nothing for a label printer.
pub fn formats(template: &Template) -> impl Iterator<Item = Format> {
    let on_sheet = template.on_sheet();
    Format::ALL.iter().copied().filter(move |f| !(on_sheet && *f == Format::Zpl))
}

fn draw(template: &Template, fields: &Fields, dpi: Dpi) -> Result<usize, LabelError> {
    let layout = layout(template, fields, dpi)?;
    let mut drawn = 0;
    for format in formats(template) {
        format.render(&layout)?;
        drawn += 1;
    }
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_template_holds_its_longest_values() {
        let all = Templates::embedded().unwrap();
        let formats: usize = all.all().iter().map(|t| formats(t).count()).sum();
        let told = |e: Vec<Failure>| e.iter().map(|f| format!("{f}\n")).collect::<String>();
        assert_eq!(check(all).map_err(told), Ok(formats * 2 * Dpi::ALL.len()));
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let source = "schema = 1\nid = \"t\"\nversion = 1\n[media]\nwidth_mm = 50\n\
            height_mm = 25\nmargin_mm = 0.5\n[fields]\n\
            a = { example = \"x\", longest = \"🧪\" }\n\
            [[element]]\nkind = \"text\"\nname = \"b\"\nx = 1\nbaseline = 5\nw = 40\n\
            size_pt = 8\nvalue = \"{a}\"\n";
        let wrong = |s: &str| check(&Templates::read([("t.toml", s)]).unwrap()).unwrap_err();
        let glyph = wrong(source);
        assert_eq!(glyph.len(), 3);
        assert_eq!(
            glyph[0].to_string(),
            "t.toml: longest at 203 dpi: template t, element b, field a: no glyph for '🧪' (U+1F9EA)"
        );
        let wide = wrong(&source.replace('🧪', &"M".repeat(30)));
        assert_eq!(
            wide[1].to_string(),
            "t.toml: longest at 300 dpi: template t, element b, field a: the text needs 76.8 mm at \
             8 pt and 300 dpi, the box has 40.0 mm"
        );
    }
}
