//! What can stand on a label, as a template writes it. Lengths are millimetres from the top left.

use serde::Deserialize;

use crate::labels::letters::face::Face;

/// Something on the label.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Element {
    Text(Text),
    Name(Name),
    Person(Person),
    Code128(Symbol),
    Datamatrix(Symbol),
    Qr(Symbol),
    Line(Line),
    Un3373(Mark),
}

/// One line of text. `baseline` is where the letters stand.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
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
    /// In the narrow face of names.
    #[serde(default)]
    pub narrow: bool,
    /// Digits alone: they need no room for accents above and none below.
    #[serde(default)]
    pub figures: bool,
    /// Capitals must be this high at least, whatever is printed.
    pub cap_mm: Option<f64>,
    pub when_empty: Option<String>,
    pub when_filled: Option<String>,
    pub value: String,
}

/// A person's name by the rule of templates before [`Person`]: shrinks to `min_pt`, then is cut, never
/// before the first letter of a part.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
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

/// A person's name in one line or two, and a mark beside it where there is another child to take care
/// of. It shrinks to `min_pt`, then is shortened: `place/person.rs`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub name: String,
    pub x: f64,
    pub baseline: f64,
    /// Where the given names stand, when they have a line of their own.
    pub second_baseline: Option<f64>,
    pub w: f64,
    pub size_pt: f64,
    pub min_pt: f64,
    pub surname1: String,
    pub surname2: String,
    pub given: String,
    /// Framed at the right end of the first line; takes no room where it is empty.
    pub mark: Option<String>,
}

/// A bar code. Its quiet zones are inside `w`. `h` only for Code 128; the others are square.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symbol {
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

/// A filled rectangle: a line to write on, a rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub name: String,
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
    pub when_empty: Option<String>,
    pub when_filled: Option<String>,
}

/// The UN3373 mark, a square on its point; `x`, `y` are the corner of the square around it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    pub name: String,
    pub x: f64,
    pub y: f64,
    pub side: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Align {
    #[default]
    Left,
    Center,
    Right,
}

/// What happens to a text that is wider than its box.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overflow {
    /// The label is refused.
    #[default]
    Error,
    /// Smaller letters, down to `min_pt`; then the label is refused.
    Shrink,
    /// Smaller letters, then cut at the right with `…`. Never for what identifies.
    Cut,
}

impl Text {
    /// What it is set in.
    pub fn face(&self) -> Face {
        if self.narrow { Face::Condensed } else { Face::of(self.bold) }
    }
}

impl Element {
    /// What refusals call it; each name is there once in a template.
    pub fn name(&self) -> &str {
        match self {
            Self::Text(e) => &e.name,
            Self::Name(e) => &e.name,
            Self::Person(e) => &e.name,
            Self::Code128(e) | Self::Datamatrix(e) | Self::Qr(e) => &e.name,
            Self::Line(e) => &e.name,
            Self::Un3373(e) => &e.name,
        }
    }
    /// The texts with `{fields}` in them.
    pub fn values(&self) -> Vec<&str> {
        match self {
            Self::Text(e) => vec![&e.value],
            Self::Name(e) => vec![&e.surname1, &e.surname2, &e.given],
            Self::Person(e) => {
                let mark = e.mark.as_deref();
                [&*e.surname1, &e.surname2, &e.given].into_iter().chain(mark).collect()
            }
            Self::Code128(e) | Self::Datamatrix(e) | Self::Qr(e) => vec![&e.value],
            Self::Line(_) | Self::Un3373(_) => vec![],
        }
    }
    /// It is drawn only where this field has a value.
    pub fn when_filled(&self) -> Option<&str> {
        match self {
            Self::Text(e) => e.when_filled.as_deref(),
            Self::Line(e) => e.when_filled.as_deref(),
            _ => None,
        }
    }
    /// It is drawn only where this field is empty.
    pub fn when_empty(&self) -> Option<&str> {
        match self {
            Self::Text(e) => e.when_empty.as_deref(),
            Self::Line(e) => e.when_empty.as_deref(),
            _ => None,
        }
    }
}
