//! Why a label cannot be made: the template, the element or field, what was needed and what there
//! was. Never the text itself: it may be a child's name.

use super::departure::Departure;
use super::excess::Excess;
use crate::labels::format::Format;
use crate::web::{Arg, Fault};

/// A label that cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("template {template}{}: {cause}", in_part(.part))]
pub struct LabelError {
    /// The template's id, or its file while it has none.
    pub template: String,
    /// `element bars`, `field code`; empty for the template as a whole.
    pub part: String,
    /// What is wrong.
    pub cause: Cause,
}

fn in_part(part: &str) -> String {
    if part.is_empty() { String::new() } else { format!(", {part}") }
}

impl LabelError {
    /// `cause` in `part` of `template`.
    pub(in crate::labels) fn of(template: &str, part: impl Into<String>, cause: Cause) -> Self {
        Self { template: template.to_owned(), part: part.into(), cause }
    }
}

/// What is wrong with a label. Lengths are millimetres.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Cause {
    /// The file is no template.
    #[error("{said}")]
    Syntax {
        /// Line of the file at which the parser gave up, from 1.
        line: usize,
        /// The parser's words, with line and column.
        said: String,
    },
    /// A new version that leaves out what the one before it had.
    #[error("line {line}: {what}")]
    Departs {
        /// What of it.
        what: Departure,
        /// Where to look.
        line: usize,
    },
    /// More of something than a template may have.
    #[error("line {line}: {found} {what}, at most {most} are taken")]
    Excess {
        /// What there is too much of.
        what: Excess,
        /// How many of them the template has.
        found: usize,
        /// How many of them a template may have.
        most: usize,
        /// Where to look.
        line: usize,
    },
    /// Nobody waits for it any more.
    #[error("given up: nobody waits for it any more")]
    GivenUp,
    /// A schema this program does not know.
    #[error("schema {0} is not known, 1 is")]
    Schema(u32),
    /// Two templates, elements or versions of one name.
    #[error("line {line}: {name:?} is there twice")]
    Twice {
        /// The name that is there twice.
        name: String,
        /// Where the second one begins.
        line: usize,
    },
    /// `{field}` names nothing under `[fields]`.
    #[error("line {line}: unknown field {{{field}}}; the template's fields are: {known}")]
    UnknownField {
        /// The field's name as it stands between the braces.
        field: String,
        /// What there is.
        known: String,
        /// Where the element begins.
        line: usize,
    },
    /// A brace without its partner.
    #[error("line {line}: a brace without its partner")]
    Brace {
        /// Where the element begins.
        line: usize,
    },
    /// A number that makes no sense.
    #[error("line {line}: {key} is {value}, it must be {rule}")]
    Number {
        /// The key of the template whose number it is.
        key: &'static str,
        /// The number as the template has it.
        value: f64,
        /// What would be right.
        rule: &'static str,
        /// Where the element begins.
        line: usize,
    },
    /// Reaches beyond the printable area.
    #[error(
        "line {line}: reaches {reach:.2} mm {axis}, the printable area is {from:.2} to {to:.2} mm"
    )]
    OffLabel {
        /// `across` or `down`.
        axis: &'static str,
        /// How far it reaches.
        reach: f64,
        /// Where the area begins.
        from: f64,
        /// Where it ends.
        to: f64,
        /// Where the element begins.
        line: usize,
    },
    /// Reaches out of round stock.
    #[error(
        "line {line}: a corner is {reach:.2} mm from the middle, the circle ends at {have:.2} mm"
    )]
    OffCircle {
        /// How far from the middle.
        reach: f64,
        /// The circle's radius less the margin.
        have: f64,
        /// Where the element begins.
        line: usize,
    },
    /// Letters smaller than a rule asks for.
    #[error("line {line}: capitals are {have:.2} mm high, {need:.2} mm are needed")]
    SmallLetters {
        /// Height that the rule asks for, millimetres.
        need: f64,
        /// Height that the capitals have, millimetres.
        have: f64,
        /// Where the element begins.
        line: usize,
    },
    /// Letters whose size is a rule may not shrink.
    #[error("line {line}: a text with cap_mm must have overflow = \"error\"")]
    MayShrink {
        /// Where the element begins.
        line: usize,
    },
    /// The mark without its words.
    #[error(
        "line {line}: the UN3373 mark needs the shipping name \"BIOLOGICAL SUBSTANCE, CATEGORY B\" \
         (or in Spanish) as text with cap_mm of at least 6"
    )]
    NoShippingName {
        /// Where the element begins.
        line: usize,
    },
    /// A file or directory that cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// Two elements share room.
    #[error("line {line}: overlaps element {other}")]
    Overlap {
        /// Name of the element that it overlaps.
        other: String,
        /// Where the element begins.
        line: usize,
    },
    /// A value for a field the template does not have.
    #[error("the template has no such field")]
    NotAField,
    /// A required field without a value.
    #[error("no value given")]
    Missing,
    /// Not the digits asked for.
    #[error("must be {want} digits")]
    Digits {
        /// How many digits there must be.
        want: usize,
    },
    /// Not what the template's pattern says.
    #[error("does not match the pattern {pattern}")]
    Pattern {
        /// The regular expression of the field, for its whole value.
        pattern: String,
    },
    /// A letter of a script that runs from right to left: labels are set from left to right.
    #[error("U+{code:04X} at position {position} is written from right to left")]
    RightToLeft {
        /// The letter's number in Unicode.
        code: u32,
        /// Its place, from 1.
        position: usize,
    },
    /// An accent that cannot be put on its letter.
    #[error("the accent U+{code:04X} cannot be put on the letter before it")]
    Accent {
        /// The accent's number in Unicode.
        code: u32,
    },
    /// Longer than any label can take.
    #[error("{chars} characters, at most {max} are taken")]
    TooLong {
        /// How many there are.
        chars: usize,
        /// How many there may be.
        max: usize,
    },
    /// A character that prints nothing or reorders others.
    #[error("control character U+{code:04X} at position {position}")]
    Control {
        /// The character's number in Unicode.
        code: u32,
        /// Its place, from 1.
        position: usize,
    },
    /// The label's face has no such letter.
    #[error("no glyph for {character:?} (U+{code:04X})")]
    NoGlyph {
        /// The letter that the label's face has not.
        character: char,
        /// The letter's number in Unicode.
        code: u32,
    },
    /// A text that may not be cut does not fit.
    #[error("the text needs {need:.1} mm at {size_pt} pt and {dpi} dpi, the box has {have:.1} mm")]
    TextTooWide {
        /// Width of the text at its smallest size, millimetres.
        need: f64,
        /// Width of its box, millimetres.
        have: f64,
        /// The smallest size allowed.
        size_pt: f64,
        /// Resolution of the printer, dots an inch.
        dpi: u32,
    },
    /// A mark that leaves too little of the line for the name.
    #[error("the mark needs {need:.1} mm, it may have {have:.1} mm of the line")]
    MarkTooWide {
        /// Width of the mark, millimetres.
        need: f64,
        /// What it may have of the line.
        have: f64,
    },
    /// A character the symbol cannot carry.
    #[error("{symbol} cannot encode U+{code:04X} at position {position}")]
    NotEncodable {
        /// Kind of symbol.
        symbol: &'static str,
        /// The character's number.
        code: u32,
        /// Its place, from 1.
        position: usize,
    },
    /// An empty symbol would be printed.
    #[error("{symbol} of nothing")]
    Empty {
        /// Kind of symbol.
        symbol: &'static str,
    },
    /// More than the symbol holds.
    #[error("too much for a {symbol}")]
    TooMuch {
        /// Kind of symbol.
        symbol: &'static str,
    },
    /// The symbol is too wide even at its narrowest.
    #[error(
        "{symbol} needs {need:.2} mm ({modules} modules of {dots} dots at {dpi} dpi, quiet zones \
         included), the space is {have:.2} mm; a module may not be under {min_x:.3} mm"
    )]
    SymbolTooWide {
        /// Kind of symbol.
        symbol: &'static str,
        /// Modules across with quiet zones.
        modules: usize,
        /// Dots of the narrowest legal module.
        dots: i32,
        /// Resolution of the printer, dots an inch.
        dpi: u32,
        /// Width of the symbol at its narrowest, with quiet zones, millimetres.
        need: f64,
        /// Width of the space for it, millimetres.
        have: f64,
        /// Narrowest legal module.
        min_x: f64,
    },
    /// No whole number of dots lies between the narrowest and the widest module.
    #[error("no whole number of dots at {dpi} dpi lies between {min_x:.3} and {max_x:.3} mm")]
    NoModule {
        /// Resolution of the printer, dots an inch.
        dpi: u32,
        /// Narrowest legal module.
        min_x: f64,
        /// Widest legal module.
        max_x: f64,
    },
    /// A label of a sheet sent to a label printer.
    #[error("labels on sheets are printed as PDF, not as {format}")]
    Sheet {
        /// What was asked for.
        format: Format,
    },
    /// Labels of several kinds on one sheet.
    #[error("a sheet holds labels of one template at one resolution")]
    Mixed,
    /// More cells used up than there are.
    #[error("{skip} cells are to be skipped, the sheet has {cells}")]
    Skip {
        /// Cells that are said to be used up.
        skip: usize,
        /// Cells that a sheet has.
        cells: usize,
    },
    /// A printer that is off by too much.
    #[error("an offset of {offset:.1} mm {axis}, at most {most:.1} mm are taken")]
    Offset {
        /// `across` or `down`.
        axis: &'static str,
        /// The offset that was asked for, millimetres.
        offset: f64,
        /// The largest offset that is taken, millimetres.
        most: f64,
    },
    /// A page for sheets, asked for a label that is on none.
    #[error("its labels are not on sheets")]
    NoSheet,
    /// Something would be printed beyond the page, and so not at all.
    #[error("moved so far, the label would leave the page")]
    OffPage,
    /// A library refused.
    #[error("drawing failed: {0}")]
    Drawing(String),
}

impl Fault for LabelError {
    fn code(&self) -> &'static str {
        match self.cause {
            Cause::NoGlyph { .. } => "label-no-glyph",
            Cause::Control { .. } => "label-control",
            Cause::TooLong { .. } => "label-too-long",
            Cause::TextTooWide { .. } | Cause::MarkTooWide { .. } | Cause::SymbolTooWide { .. } => {
                "label-too-wide"
            }
            Cause::RightToLeft { .. } => "label-right-to-left",
            Cause::Accent { .. } => "label-accent",
            Cause::GivenUp => "label-given-up",
            Cause::Missing | Cause::Digits { .. } | Cause::Pattern { .. } => "label-value",
            Cause::NotEncodable { .. } | Cause::Empty { .. } | Cause::TooMuch { .. } => {
                "label-symbol"
            }
            Cause::Sheet { .. }
            | Cause::Mixed
            | Cause::Skip { .. }
            | Cause::Offset { .. }
            | Cause::NoSheet
            | Cause::OffPage => "label-sheet",
            _ => "label-template",
        }
    }
    fn status(&self) -> u16 {
        match self.code() {
            "label-template" => 500,
            "label-given-up" => 503,
            _ => 422,
        }
    }
    fn args(&self) -> Vec<(&'static str, Arg)> {
        let mm = |v: f64| format!("{v:.1}").into();
        let mut args: Vec<(&'static str, Arg)> =
            vec![("template", self.template.clone().into()), ("part", self.part.clone().into())];
        match self.cause {
            Cause::NoGlyph { character, code } => {
                args.push(("character", character.to_string().into()));
                args.push(("number", format!("U+{code:04X}").into()));
            }
            Cause::Control { code, .. }
            | Cause::RightToLeft { code, .. }
            | Cause::Accent { code } => args.push(("number", format!("U+{code:04X}").into())),
            Cause::TooLong { chars, max } => {
                args.extend([("chars", chars.into()), ("max", max.into())]);
            }
            Cause::TextTooWide { need, have, .. }
            | Cause::MarkTooWide { need, have }
            | Cause::SymbolTooWide { need, have, .. } => {
                args.extend([("need", mm(need)), ("have", mm(have))]);
            }
            _ => {}
        }
        args
    }
}
