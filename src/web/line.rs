//! One line of words that a person typed. Pure.

use std::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization;

use super::fault::FieldFault;

/// What was typed in `field` as one line, of as many characters as `within` says.
///
/// # Errors
/// As [`Line::read`].
pub fn line(field: &str, typed: &str, within: RangeInclusive<usize>) -> Result<String, FieldFault> {
    let text = typed.nfc().collect::<String>();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().any(char::is_control) {
        return Err(FieldFault::new(field, "control-character"));
    }
    let (least, most) = (*within.start(), *within.end());
    match text.chars().count() {
        n if within.contains(&n) => Ok(text),
        _ if least > 1 => {
            Err(FieldFault::new(field, "reason-length").with("least", least).with("most", most))
        }
        0 => Err(FieldFault::new(field, "required")),
        _ => Err(FieldFault::new(field, "too-long").with("limit", most)),
    }
}

/// One line of `LEAST` to `MOST` characters: composed, without room around it or twice inside, and without
/// characters that nobody sees. What is typed on several lines becomes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<const LEAST: usize, const MOST: usize>(String);

/// Why something is done: what an auditor reads in five years.
pub type Reason = Line<5, 400>;

impl<const LEAST: usize, const MOST: usize> Line<LEAST, MOST> {
    /// Reads what was typed in `field`.
    ///
    /// # Errors
    /// `control-character`; `reason-length` where it must be longer than one character; else `required` or `too-long`.
    pub fn read(field: &str, typed: &str) -> Result<Self, FieldFault> {
        line(field, typed, LEAST..=MOST).map(Self)
    }

    /// As [`Line::read`], of a field that may be left empty.
    ///
    /// # Errors
    /// As [`Line::read`].
    pub fn optional(field: &str, typed: &str) -> Result<Option<Self>, FieldFault> {
        if typed.trim().is_empty() { Ok(None) } else { Self::read(field, typed).map(Some) }
    }
}

impl<const LEAST: usize, const MOST: usize> From<Line<LEAST, MOST>> for String {
    fn from(line: Line<LEAST, MOST>) -> Self {
        line.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<const LEAST: usize, const MOST: usize>(typed: &str) -> Result<String, &'static str> {
        Line::<LEAST, MOST>::read("x", typed).map(String::from).map_err(|f| f.code)
    }

    #[test]
    fn a_line_is_within_its_limits_both_included_and_is_one() {
        assert_eq!(code::<5, 6>("  uno\n dos "), Err("reason-length"));
        assert_eq!(code::<5, 7>("  uno\r\n dos "), Ok("uno dos".to_owned()));
        assert_eq!(code::<2, 9>("n\u{303}u"), Ok("ñu".to_owned()));
        assert_eq!(code::<1, 3>(" "), Err("required"));
        assert_eq!(code::<1, 3>("cuatro"), Err("too-long"));
        assert_eq!(code::<1, 9>("a\u{7}b"), Err("control-character"));
        assert_eq!(Line::<5, 9>::optional("x", " \n"), Ok(None));
    }

    #[test]
    fn what_is_right_is_in_the_refusal() {
        let fault = Reason::read("why", "no").unwrap_err();
        assert_eq!(fault.field, "why");
        for lang in crate::web::Lang::ALL {
            let text = fault.text(lang);
            assert!(text.contains('5') && text.contains("400"), "{text}");
        }
    }
}
