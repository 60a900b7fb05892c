//! The template format: TOML, one file a label kind and version, lengths in millimetres. Unknown
//! keys are refused with their line. `docs/labels.md` describes every key.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use toml::Spanned;

use super::error::{Cause, LabelError};
use super::{fields, place};

include!(concat!(env!("OUT_DIR"), "/label_templates.rs"));

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
    pub(super) media: Media,
    pub(super) fields: BTreeMap<String, FieldSpec>,
    #[serde(rename = "element")]
    elements: Vec<Spanned<Element>>,
    #[serde(skip)]
    lines: Vec<usize>,
}

/// The stock.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Media {
    pub width_mm: f64,
    pub height_mm: f64,
    /// Nothing may reach into it.
    pub margin_mm: f64,
}

/// What may be said about a field: the contract with whoever fills the label.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldSpec {
    #[serde(default)]
    pub required: bool,
    /// Exactly so many digits.
    pub digits: Option<usize>,
    pub example: String,
    /// The longest value the label must hold.
    pub longest: String,
}

/// Something on the label.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Element {
    Text(Text),
    Name(Name),
    Code128(Symbol),
    Datamatrix(Symbol),
    Line(Line),
}

/// One line of text. `baseline` is where the letters stand.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    pub name: String,
    pub x: f64,
    pub baseline: f64,
    pub w: f64,
    pub size_pt: f64,
    pub min_pt: Option<f64>,
    #[serde(default)]
    pub bold: bool,
    #[serde(default)]
    pub align: Align,
    #[serde(default)]
    pub overflow: Overflow,
    pub when_empty: Option<String>,
    pub value: String,
}

/// A person's name: shrinks to `min_pt`, then is cut, never before the first letter of a part.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Name {
    pub name: String,
    pub x: f64,
    pub baseline: f64,
    pub w: f64,
    pub size_pt: f64,
    pub min_pt: f64,
    #[serde(default)]
    pub bold: bool,
    pub surname1: String,
    pub surname2: String,
    pub given: String,
}

/// A bar code. Its quiet zones are inside `w`. `h` only for Code 128; Data Matrix is square.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Symbol {
    pub name: String,
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: Option<f64>,
    pub min_x_mm: f64,
    pub max_x_mm: f64,
    #[serde(default)]
    pub align: Align,
    pub value: String,
}

/// A filled rectangle: a line to write on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub name: String,
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
    pub when_empty: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Align {
    #[default]
    Left,
    Center,
    Right,
}

/// What happens to a text that is wider than its box.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Overflow {
    /// The label is refused.
    #[default]
    Error,
    /// Smaller letters, down to `min_pt`; then the label is refused.
    Shrink,
    /// Smaller letters, then cut at the right with `…`. Never for what identifies.
    Cut,
}

impl Element {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Text(e) => &e.name,
            Self::Name(e) => &e.name,
            Self::Code128(e) | Self::Datamatrix(e) => &e.name,
            Self::Line(e) => &e.name,
        }
    }
    /// The texts with `{fields}` in them.
    pub(super) fn values(&self) -> Vec<&str> {
        match self {
            Self::Text(e) => vec![&e.value],
            Self::Name(e) => vec![&e.surname1, &e.surname2, &e.given],
            Self::Code128(e) | Self::Datamatrix(e) => vec![&e.value],
            Self::Line(_) => vec![],
        }
    }
    /// It is drawn only where this field is empty.
    pub(super) fn when_empty(&self) -> Option<&str> {
        match self {
            Self::Text(e) => e.when_empty.as_deref(),
            Self::Line(e) => e.when_empty.as_deref(),
            _ => None,
        }
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
            LabelError::of(file, "", Cause::Syntax(e.to_string().trim_end().to_owned()))
        };
        let head: Head = toml::from_str(source).map_err(syntax)?;
        if head.schema != SCHEMA {
            return Err(LabelError::of(file, "", Cause::Schema(head.schema)));
        }
        let mut template: Self = toml::from_str(source).map_err(syntax)?;
        template.lines =
            template.elements.iter().map(|e| line_of(source, e.span().start)).collect();
        template.names_are_known(file)?;
        place::check(&template).map_err(|e| LabelError { template: file.to_owned(), ..e })?;
        Ok(template)
    }

    /// Each element with the line it begins on.
    pub(super) fn elements(&self) -> impl Iterator<Item = (usize, &Element)> {
        self.lines.iter().copied().zip(self.elements.iter().map(Spanned::get_ref))
    }

    fn names_are_known(&self, file: &str) -> Result<(), LabelError> {
        for (i, (line, element)) in self.elements().enumerate() {
            let wrong = |c| LabelError::of(file, format!("element {}", element.name()), c);
            if self.elements().take(i).any(|(_, e)| e.name() == element.name()) {
                return Err(wrong(Cause::Twice { name: element.name().to_owned(), line }));
            }
            let mut named: Vec<String> =
                element.when_empty().map(str::to_owned).into_iter().collect();
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

/// Several templates, each version of a kind once.
#[derive(Debug, Default)]
pub struct Templates(Vec<Template>);

static EMBEDDED: LazyLock<Result<Templates, LabelError>> =
    LazyLock::new(|| Templates::read(FILES.iter().copied()));

impl Templates {
    /// The templates of `labels/`, as they were when the program was built.
    ///
    /// # Errors
    /// What is wrong with the first bad one; a test keeps it from being released.
    pub fn embedded() -> Result<&'static Self, LabelError> {
        EMBEDDED.as_ref().map_err(Clone::clone)
    }

    /// Reads (file name, text) pairs; files not called `*.toml` are left alone.
    ///
    /// # Errors
    /// What is wrong with the first bad one.
    pub fn read<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, LabelError> {
        let mut all = Self::default();
        for (file, source) in files.into_iter().filter(|(f, _)| f.ends_with(".toml")) {
            let template = Template::parse(file, source)?;
            if all.find(&template.id, template.version).is_some() {
                let name = format!("{} version {}", template.id, template.version);
                return Err(LabelError::of(file, "", Cause::Twice { name, line: 1 }));
            }
            all.0.push(template);
        }
        Ok(all)
    }

    /// All of them.
    pub fn all(&self) -> &[Template] {
        &self.0
    }
    /// A version of a kind: labels printed years ago name theirs.
    pub fn find(&self, id: &str, version: i32) -> Option<&Template> {
        self.0.iter().find(|t| t.id == id && t.version == version)
    }
    /// The newest version of a kind.
    pub fn latest(&self, id: &str) -> Option<&Template> {
        self.0.iter().filter(|t| t.id == id).max_by_key(|t| t.version)
    }
}

#[cfg(test)]
mod tests {
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
    fn a_version_is_there_once() {
        let e = Templates::read([("a.toml", embedded()), ("b.toml", embedded())]).unwrap_err();
        assert!(e.to_string().contains("edta-50x25 version"), "{e}");
    }
}
