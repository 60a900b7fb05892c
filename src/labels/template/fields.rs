//! The values of one label, and putting them into a template's texts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::model::Template;
use crate::labels::error::{Cause, LabelError};

/// More than any name or number; keeps a mistake from becoming work.
const MOST_CHARS: usize = 250;

/// Characters of a value when its fields are filled in, in a template and in a label.
pub(super) const MOST_TEXT: usize = 1_000;

/// The values of one label by field, NFC. Kept with each printed label.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// With `value` for `field`; letters and their accents are put together (NFC).
    #[must_use]
    pub fn with(mut self, field: &str, value: &str) -> Self {
        self.0.insert(field.to_owned(), value.trim().nfc().collect());
        self
    }
    /// A value; empty where there is none.
    pub fn get(&self, field: &str) -> &str {
        self.0.get(field).map_or("", String::as_str)
    }
    /// Only the values of fields that `template` takes: kinds of label say more or less of a tube.
    #[must_use]
    pub fn taken_by(mut self, template: &Template) -> Self {
        self.0.retain(|field, _| template.fields.contains_key(field));
        self
    }

    /// Holds the values against the template's contract.
    pub(in crate::labels) fn check(&self, template: &Template) -> Result<(), LabelError> {
        let wrong = |field: &str, c| LabelError::of(&template.id, format!("field {field}"), c);
        if let Some(field) = self.0.keys().find(|f| !template.fields.contains_key(*f)) {
            return Err(wrong(field, Cause::NotAField));
        }
        for (field, spec) in &template.fields {
            let value = self.get(field);
            if value.is_empty() && spec.required {
                return Err(wrong(field, Cause::Missing));
            }
            let chars = value.chars().count();
            if chars > MOST_CHARS {
                return Err(wrong(field, Cause::TooLong { chars, max: MOST_CHARS }));
            }
            if let Some(i) = value.chars().position(is_invisible) {
                let code = value.chars().nth(i).map_or(0, u32::from);
                return Err(wrong(field, Cause::Control { code, position: i + 1 }));
            }
            if let Some(i) = value.chars().position(is_right_to_left) {
                let code = value.chars().nth(i).map_or(0, u32::from);
                return Err(wrong(field, Cause::RightToLeft { code, position: i + 1 }));
            }
            if let Some(want) = spec.digits.filter(|_| !value.is_empty())
                && !(chars == want && value.bytes().all(|b| b.is_ascii_digit()))
            {
                return Err(wrong(field, Cause::Digits { want }));
            }
            if let Some(pattern) = spec.pattern.as_ref().filter(|_| !value.is_empty())
                && !pattern.matches(value)
            {
                return Err(wrong(field, Cause::Pattern { pattern: pattern.source.clone() }));
            }
        }
        Ok(())
    }

    /// `text` with each `{field}` replaced; the template was checked to name only its fields.
    ///
    /// # Errors
    /// [`Cause::TooLong`] as soon as it is longer than a template may ask for: one field may stand in a
    /// text thousands of times.
    pub(in crate::labels) fn fill(&self, text: &str) -> Result<String, Cause> {
        let hold = |out: &str| match out.chars().count() {
            chars if chars > MOST_TEXT => Err(Cause::TooLong { chars, max: MOST_TEXT }),
            _ => Ok(()),
        };
        let mut out = String::with_capacity(text.len().min(4 * MOST_TEXT));
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (field, tail) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(before);
            out.push_str(self.get(field));
            hold(&out)?;
            rest = tail;
        }
        out.push_str(rest);
        hold(&out)?;
        Ok(out)
    }
}

/// Prints nothing, or turns the order of what follows: what is read must be what was meant.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{FEFF}')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
        || matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Letters of scripts that run from right to left: Hebrew, Arabic, Syriac, Thaana, N'Ko and the
/// rest of the blocks that Unicode keeps for them.
pub fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}')
        || matches!(c, '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

/// The fields that `text` names; `None` when a brace has no partner.
pub fn named(text: &str) -> Option<Vec<String>> {
    let mut found = vec![];
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (field, tail) = after.split_once('}')?;
        if before.contains('}') || field.contains('{') {
            return None;
        }
        found.push(field.to_owned());
        rest = tail;
    }
    (!rest.contains('}')).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_put_in_and_never_read_again() {
        let fields = Fields::default().with("a", "{b}").with("b", "x");
        assert_eq!(fields.fill("<{a}|{b}>").unwrap(), "<{b}|x>");
        let much = Fields::default().with("a", &"x".repeat(250));
        assert!(much.fill(&"{a}".repeat(4)).is_ok());
        let refused = much.fill(&"{a}".repeat(4_500)).unwrap_err();
        assert_eq!(refused, Cause::TooLong { chars: 1_250, max: MOST_TEXT });
        assert_eq!(named("{a} {b}"), Some(vec!["a".into(), "b".into()]));
        for wrong in ["{a", "a}", "{a{b}}", "}{"] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn accents_are_put_together() {
        assert_eq!(Fields::default().with("a", " Pen\u{303}a ").get("a"), "Peña");
    }
}
