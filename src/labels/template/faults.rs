//! What is wrong with a template, for whoever writes it: the line to look at, a stable code and the
//! sentence in both languages.

use super::model::Template;
use crate::labels::dots::Dpi;
use crate::labels::error::{Cause, Departure, LabelError};
use crate::web::{Arg, FieldFault};

type Said = (&'static str, Vec<(&'static str, Arg)>);

impl LabelError {
    /// The same as a refusal of the field `source`. `drawn`: with which values it shows, and at
    /// which resolution; `template`: to find the line of an element.
    pub fn fault(
        &self,
        template: Option<&Template>,
        drawn: Option<(&'static str, Dpi)>,
    ) -> FieldFault {
        let (code, args) = said(&self.cause);
        let line = line(&self.cause).or_else(|| template.and_then(|t| self.element_line(t)));
        let mut fault = FieldFault::new("source", code)
            .with("line", line.unwrap_or(1))
            .with("part", self.part.clone())
            .with("values", drawn.map_or("", |(values, _)| values))
            .with("dpi", drawn.map_or(0, |(_, dpi)| i64::from(dpi.number())));
        fault.args.extend(args);
        fault
    }

    /// Where the element begins that is at fault.
    fn element_line(&self, template: &Template) -> Option<usize> {
        let name = self.part.strip_prefix("element ")?;
        let name = name.split(", field ").next()?;
        template.elements().find(|(_, e)| e.name() == name).map(|(line, _)| line)
    }
}

fn line(cause: &Cause) -> Option<usize> {
    match cause {
        Cause::Syntax { line, .. }
        | Cause::Departs { line, .. }
        | Cause::Excess { line, .. }
        | Cause::Twice { line, .. }
        | Cause::UnknownField { line, .. }
        | Cause::Brace { line }
        | Cause::Number { line, .. }
        | Cause::OffLabel { line, .. }
        | Cause::OffCircle { line, .. }
        | Cause::SmallLetters { line, .. }
        | Cause::MayShrink { line }
        | Cause::NoShippingName { line }
        | Cause::Overlap { line, .. } => Some(*line),
        _ => None,
    }
}

fn mm(v: f64) -> Arg {
    format!("{v:.2}").into()
}

fn said(cause: &Cause) -> Said {
    match cause {
        Cause::Syntax { said, .. } => {
            // The last line says what; those before it repeat the text.
            let what = said.lines().last().unwrap_or_default();
            ("template-syntax", vec![("said", what.into())])
        }
        Cause::Schema(_) => ("template-schema", vec![]),
        Cause::Excess { what, found, most, .. } => {
            let args = vec![
                ("what", what.word().into()),
                ("found", (*found).into()),
                ("most", (*most).into()),
            ];
            ("template-excess", args)
        }
        Cause::GivenUp => ("template-given-up", vec![]),
        Cause::Departs { what, .. } => departure(what),
        Cause::Twice { name, .. } => ("template-twice", vec![("name", name.as_str().into())]),
        Cause::UnknownField { field, known, .. } => (
            "template-unknown-field",
            vec![("field", field.as_str().into()), ("known", known.as_str().into())],
        ),
        Cause::Brace { .. } => ("template-brace", vec![]),
        Cause::Number { key, value, rule, .. } => {
            let args = vec![
                ("key", (*key).into()),
                ("value", value.to_string().into()),
                ("want", want(rule).into()),
            ];
            ("template-number", args)
        }
        Cause::OffLabel { axis, reach, from, to, .. } => {
            let args = vec![
                ("axis", (*axis).into()),
                ("reach", mm(*reach)),
                ("from", mm(*from)),
                ("to", mm(*to)),
            ];
            ("template-off-label", args)
        }
        Cause::OffCircle { reach, have, .. } => {
            ("template-off-circle", vec![("reach", mm(*reach)), ("have", mm(*have))])
        }
        Cause::SmallLetters { need, have, .. } => {
            ("template-small-letters", vec![("need", mm(*need)), ("have", mm(*have))])
        }
        Cause::MayShrink { .. } => ("template-may-shrink", vec![]),
        Cause::NoShippingName { .. } => ("template-shipping-name", vec![]),
        Cause::Overlap { other, .. } => {
            ("template-overlap", vec![("other", other.as_str().into())])
        }
        Cause::NoGlyph { character, .. } => {
            ("template-no-glyph", vec![("character", character.to_string().into())])
        }
        Cause::TextTooWide { need, have, .. }
        | Cause::MarkTooWide { need, have }
        | Cause::SymbolTooWide { need, have, .. } => {
            ("template-too-wide", vec![("need", mm(*need)), ("have", mm(*have))])
        }
        Cause::NoModule { min_x, max_x, .. } => {
            ("template-no-module", vec![("least", mm(*min_x)), ("most", mm(*max_x))])
        }
        Cause::Offset { .. }
        | Cause::OffPage
        | Cause::Skip { .. }
        | Cause::Mixed
        | Cause::NoSheet
        | Cause::Sheet { .. } => ("template-sheet", vec![]),
        Cause::NotAField
        | Cause::Missing
        | Cause::Digits { .. }
        | Cause::Pattern { .. }
        | Cause::RightToLeft { .. }
        | Cause::Accent { .. }
        | Cause::TooLong { .. }
        | Cause::Control { .. }
        | Cause::NotEncodable { .. }
        | Cause::Empty { .. }
        | Cause::TooMuch { .. } => ("template-values", vec![("said", cause.to_string().into())]),
        Cause::Unreadable(said) | Cause::Drawing(said) => {
            ("template-drawing", vec![("said", said.as_str().into())])
        }
    }
}

fn departure(what: &Departure) -> Said {
    match what {
        Departure::Id(id) => ("template-id", vec![("id", id.as_str().into())]),
        Departure::Version(n) => ("template-version", vec![("version", i64::from(*n).into())]),
        Departure::Size { width, height } => (
            "template-size",
            vec![("width", width.to_string().into()), ("height", height.to_string().into())],
        ),
        Departure::Stock => ("template-stock", vec![]),
        Departure::Field(field) => ("template-field", vec![("field", field.as_str().into())]),
        Departure::Undrawn(field) => ("template-undrawn", vec![("field", field.as_str().into())]),
        Departure::Name => ("template-person", vec![]),
        Departure::Symbol { symbol, value } => (
            "template-symbol",
            vec![("symbol", (*symbol).into()), ("value", value.as_str().into())],
        ),
        Departure::Module { symbol, least } => (
            "template-module",
            vec![("symbol", (*symbol).into()), ("least", least.to_string().into())],
        ),
        Departure::Cut(field) => ("template-cut", vec![("field", field.as_str().into())]),
    }
}

/// What a number must be, as a word of the sentence: ranges are the same in every language.
fn want(rule: &str) -> String {
    let word = match rule {
        "given, 3 to 100" => "3 … 100",
        "left out: the symbol is square" => "square",
        "the width: the stock is round" => "round",
        "at least the label's size" => "pitch",
        "a line of size_pt below the baseline" => "second-line",
        "50 to 200 (packing instruction P650)" => "50 … 200 (P650)",
        range => return range.replace(" to ", " … "),
    };
    word.to_owned()
}
