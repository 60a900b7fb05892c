//! The template format: TOML, one file a label kind and version, lengths in millimetres. Unknown
//! keys are refused with their line. `docs/labels.md` describes every key.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::element::Element;
use crate::labels::sheet::page::{Sheet, SheetSize};

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
    pub(super) elements: Vec<Spanned<Element>>,
    #[serde(skip)]
    pub(super) lines: Vec<usize>,
    /// As it was written.
    #[serde(skip)]
    pub(super) source: String,
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

impl Template {
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
}
