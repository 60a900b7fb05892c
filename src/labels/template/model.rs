//! The template format: TOML, one file a label kind and version, lengths in millimetres. Unknown
//! keys are refused with their line. `docs/labels.md` describes every key.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::element::Element;
use super::{fields, rooms};
use crate::labels::error::{Cause, LabelError};
use crate::labels::sheet::page::{Sheet, SheetSize};

/// The schema this program reads.
const SCHEMA: u32 = 1;

/// A label kind, checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    #[allow(dead_code)]
    schema: u32,
    /// Its name: `edta-50x25`.
    pub id: String,
    /// Raised with every change; kept with every printed label.
    pub version: i32,
    pub(in crate::labels) media: Media,
    #[serde(default)]
    pub(in crate::labels) fields: BTreeMap<String, FieldSpec>,
    #[serde(rename = "element")]
    elements: Vec<Spanned<Element>>,
    #[serde(skip)]
    lines: Vec<usize>,
    /// As it was written.
    #[serde(skip)]
    source: String,
    /// The file it was read from.
    #[serde(skip)]
    pub(in crate::labels) file: String,
    /// It comes from a directory, not from the program.
    #[serde(skip)]
    pub(in crate::labels) local: bool,
}

/// The stock that the template is for: a printer must hold this one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Media {
    pub width_mm: f64,
    pub height_mm: f64,
    /// Nothing may reach into it.
    pub margin_mm: f64,
    #[serde(default)]
    pub shape: Shape,
    /// The label is a cell of a sheet of paper.
    pub sheet: Option<Spanned<Sheet>>,
}

impl Media {
    pub fn sheet(&self) -> Option<Sheet> {
        self.sheet.as_ref().map(|s| *s.get_ref())
    }
}

/// The outline of the stock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    #[default]
    Rectangle,
    /// As wide as high; nothing may reach out of the circle less the margin.
    Circle,
}

/// What may be said about a field: the contract with whoever fills the label.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    #[serde(default)]
    pub required: bool,
    /// Exactly so many digits.
    pub digits: Option<usize>,
    /// What the whole value must match.
    pub pattern: Option<Pattern>,
    pub example: String,
    /// The longest value the label must hold.
    pub longest: String,
}

/// A regular expression for a whole value.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The expression as the template has it.
    pub source: String,
    whole: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Pattern {
    pub fn matches(&self, value: &str) -> bool {
        self.whole.is_match(value)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let source = String::deserialize(from)?;
        let whole = Regex::new(&format!("^(?:{source})$")).map_err(serde::de::Error::custom)?;
        Ok(Self { source, whole })
    }
}

#[derive(Deserialize)]
struct Head {
    schema: u32,
}

impl Template {
    /// Reads and checks one template; `file` is named in errors.
    ///
    /// # Errors
    /// [`Cause::Syntax`] with line and column, or what does not hold together and its line.
    pub fn parse(file: &str, source: &str) -> Result<Self, LabelError> {
        let syntax = |e: toml::de::Error| {
            let line = e.span().map_or(1, |s| line_of(source, s.start));
            LabelError::of(file, "", Cause::Syntax { line, said: e.to_string().trim_end().into() })
        };
        let head: Head = toml::from_str(source).map_err(syntax)?;
        if head.schema != SCHEMA {
            return Err(LabelError::of(file, "", Cause::Schema(head.schema)));
        }
        let mut template: Self = toml::from_str(source).map_err(syntax)?;
        template.lines =
            template.elements.iter().map(|e| line_of(source, e.span().start)).collect();
        file.clone_into(&mut template.file);
        source.clone_into(&mut template.source);
        template.names_are_known(file)?;
        let sheet_line =
            template.media.sheet.as_ref().map_or(1, |s| line_of(source, s.span().start));
        rooms::check(&template, sheet_line)
            .map_err(|e| LabelError { template: file.to_owned(), ..e })?;
        Ok(template)
    }

    /// The fields it takes.
    pub fn field_names(&self) -> Vec<&str> {
        self.fields.keys().map(String::as_str).collect()
    }

    /// Its id and version.
    pub fn name(&self) -> (String, i32) {
        (self.id.clone(), self.version)
    }
    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }
    /// It takes the same fields by the same rules: whoever fills one can fill the other.
    pub fn takes_what(&self, other: &Self) -> bool {
        self.fields == other.fields
    }
    /// Width and height of its stock, millimetres.
    pub fn size_mm(&self) -> (f64, f64) {
        (self.media.width_mm, self.media.height_mm)
    }
    /// Its labels are cells of sheets of paper.
    pub fn on_sheet(&self) -> bool {
        self.media.sheet.is_some()
    }
    /// The sheet whose cells its labels are.
    pub fn sheet(&self) -> Option<SheetSize> {
        self.media.sheet().map(|s| s.size())
    }
    /// It comes from a directory, not from the program.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// Each element with the line it begins on.
    pub(in crate::labels) fn elements(&self) -> impl Iterator<Item = (usize, &Element)> {
        self.lines.iter().copied().zip(self.elements.iter().map(Spanned::get_ref))
    }

    fn names_are_known(&self, file: &str) -> Result<(), LabelError> {
        for (i, (line, element)) in self.elements().enumerate() {
            let wrong = |c| LabelError::of(file, format!("element {}", element.name()), c);
            if self.elements().take(i).any(|(_, e)| e.name() == element.name()) {
                return Err(wrong(Cause::Twice { name: element.name().to_owned(), line }));
            }
            let mut named: Vec<String> = element
                .when_empty()
                .into_iter()
                .chain(element.when_filled())
                .map(str::to_owned)
                .collect();
            for value in element.values() {
                named.extend(fields::named(value).ok_or_else(|| wrong(Cause::Brace { line }))?);
            }
            if let Some(field) = named.into_iter().find(|f| !self.fields.contains_key(f)) {
                let known = self.fields.keys().cloned().collect::<Vec<_>>().join(", ");
                return Err(wrong(Cause::UnknownField { field, known, line }));
            }
        }
        Ok(())
    }
}

fn line_of(source: &str, at: usize) -> usize {
    1 + source.bytes().take(at).filter(|b| *b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::super::kinds::{FILES, Templates};
    use super::*;

    fn embedded() -> &'static str {
        FILES.iter().find(|f| f.0 == "edta-50x25.toml").unwrap().1
    }
    fn refused(from: &str, to: &str) -> String {
        assert!(embedded().contains(from), "{from}");
        Template::parse("t.toml", &embedded().replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn every_embedded_template_is_sound() {
        assert!(!Templates::embedded().unwrap().all().is_empty());
    }

    #[test]
    fn br_38_no_template_has_a_field_for_diagnosis_or_curp() {
        for template in Templates::embedded().unwrap().all() {
            for field in template.fields.keys() {
                assert!(!["diag", "curp", "dx"].iter().any(|w| field.contains(w)), "{field}");
            }
        }
    }

    #[test]
    fn a_wrong_template_is_told_by_line() {
        let typo = refused("size_pt  = 10.0", "size_pts = 10.0");
        assert!(typo.contains("line") && typo.contains("size_pts"), "{typo}");
        let field = refused("value    = \"{identifier}\"", "value    = \"{identifer}\"");
        assert!(field.contains("element identifier: line 4"), "{field}");
        assert!(field.contains("{identifer}") && field.contains("birth"), "{field}");
        let brace = refused("\"{identifier}\"", "\"{identifier\"");
        assert!(brace.contains("a brace without its partner"), "{brace}");
        let schema = refused("schema  = 1", "schema  = 2");
        assert_eq!(schema, "template t.toml: schema 2 is not known, 1 is");
        let twice = refused("name     = \"birth\"", "name     = \"identifier\"");
        assert!(twice.contains("\"identifier\" is there twice"), "{twice}");
    }

    #[test]
    fn a_pattern_is_for_the_whole_value_and_a_wrong_one_is_told_by_line() {
        let pattern: BTreeMap<String, Pattern> = toml::from_str("p = \"a|bc\"").unwrap();
        let matches = |v| pattern["p"].matches(v);
        assert!(matches("a") && matches("bc") && !matches("abc") && !matches("a\n"));
        let wrong = refused("digits = 12", "pattern = \"(\"");
        assert!(wrong.contains("line 21") && wrong.contains("unclosed group"), "{wrong}");
    }
}
