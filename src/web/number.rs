//! Numbers as people type them: one reading for every field, form and program. Mexican Spanish
//! writes a point before decimals, and a comma or a thin space between thousands; whoever writes
//! `12,0` means twelve, and a reading that leaves commas out makes 120 of it.

use super::FieldFault;

/// Why a text is no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotANumber {
    /// A comma stands where decimals begin; inside, how it is written right, in digits and a point.
    DecimalComma(String),
    /// Commas or spaces stand elsewhere than between groups of three digits.
    Groups,
    /// Decimals where a whole number is meant.
    Whole,
    /// More decimals than the field has.
    Decimals(u32),
    /// No number at all, or one with something beside it.
    Other,
}

/// The words by which a fault goes through serde, whose errors are texts.
const MARK: &str = "not a number: ";

impl NotANumber {
    /// The rule that is broken, for the field.
    pub fn fault(&self, field: impl Into<String>) -> FieldFault {
        match self {
            Self::DecimalComma(right) => {
                FieldFault::new(field, "decimal-comma").with("right", right.as_str())
            }
            Self::Groups => FieldFault::new(field, "number-groups"),
            Self::Whole => FieldFault::new(field, "whole-number"),
            Self::Decimals(most) => {
                FieldFault::new(field, "too-many-decimals").with("most", i64::from(*most))
            }
            Self::Other => FieldFault::new(field, "no-number"),
        }
    }

    /// As the text of an error.
    pub(super) fn said(&self) -> String {
        match self {
            Self::DecimalComma(right) => format!("{MARK}comma {right}"),
            Self::Groups => format!("{MARK}groups"),
            Self::Whole => format!("{MARK}whole"),
            Self::Decimals(most) => format!("{MARK}decimals {most}"),
            Self::Other => format!("{MARK}other"),
        }
    }

    /// What an error said, if it was about a number; what follows the words is serde's.
    pub(super) fn heard(message: &str) -> Option<Self> {
        let mut words = message.strip_prefix(MARK)?.split(' ');
        Some(match (words.next()?, words.next()) {
            ("comma", Some(right)) => Self::DecimalComma(right.to_owned()),
            ("groups", _) => Self::Groups,
            ("whole", _) => Self::Whole,
            ("decimals", Some(most)) => Self::Decimals(most.parse().ok()?),
            _ => Self::Other,
        })
    }
}

/// A whole number: `1250000`, `1,250,000`, `1 250 000`.
///
/// # Errors
/// [`NotANumber`].
pub fn whole(text: &str) -> Result<i64, NotANumber> {
    decimal(text, 0)
}

/// A number with at most `places` decimals, at most 9, in units of the last: `2.5` with three is
/// 2500. A number may be negative; what a field takes is its own to say.
///
/// # Errors
/// [`NotANumber`].
pub fn decimal(text: &str, places: u32) -> Result<i64, NotANumber> {
    let text = text.trim();
    let (negative, plain) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = match plain.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (plain, None),
    };
    let digits = grouped(whole).map_err(|e| match (e, part) {
        (NotANumber::DecimalComma(right), None) => {
            NotANumber::DecimalComma(spelt(negative, &right, places))
        }
        // A point and a comma before it: `1,5.0` is neither.
        (NotANumber::DecimalComma(_), Some(_)) => NotANumber::Groups,
        (e, _) => e,
    })?;
    let part = part.unwrap_or_default();
    if plain.ends_with('.') || !part.bytes().all(|b| b.is_ascii_digit()) {
        // `1.250,0`: a comma after the point is a decimal comma of another country.
        return Err(match part.contains(',') {
            true => other_way_round(negative, &digits, part, places),
            false => NotANumber::Other,
        });
    }
    if !part.is_empty() && places == 0 {
        return Err(NotANumber::Whole);
    }
    let room = usize::try_from(places.min(9)).unwrap_or_default();
    if part.len() > room {
        return Err(NotANumber::Decimals(places));
    }
    let n: i64 = format!("{digits}{part:0<room$}").parse().map_err(|_| NotANumber::Other)?;
    Ok(if negative { -n } else { n })
}

/// A number with at most `places` decimals as it is kept: what was typed, without separators.
///
/// # Errors
/// [`NotANumber`].
pub fn written(text: &str, places: u32) -> Result<String, NotANumber> {
    decimal(text, places)?;
    let plain = text.trim().replace('\u{2212}', "-");
    Ok(plain.chars().filter(|c| *c != ',' && !is_space(*c)).collect())
}

/// The digits of a whole part, its groups checked.
fn grouped(text: &str) -> Result<String, NotANumber> {
    let is_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if is_digits(text) {
        return Ok(text.to_owned());
    }
    let separators: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let Some(first) = separators.first().copied() else { return Err(NotANumber::Other) };
    let known = |c: &char| *c == ',' || is_space(*c);
    if !separators.iter().all(known) || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(NotANumber::Other);
    }
    let groups: Vec<&str> = text.split(|c: char| known(&c)).collect();
    let alike = separators.iter().all(|c| *c == first || (is_space(*c) && is_space(first)));
    let threes = groups[1..].iter().all(|g| g.len() == 3) && groups[0].len() <= 3;
    if alike && threes && groups.iter().all(|g| is_digits(g)) {
        return Ok(groups.concat());
    }
    // The last comma is where decimals begin; what stands before it may be groups.
    let Some((whole, part)) = text.rsplit_once(',') else { return Err(NotANumber::Groups) };
    match (grouped(whole), is_digits(part)) {
        (Ok(whole), true) => Err(NotANumber::DecimalComma(format!("{whole}.{part}"))),
        _ => Err(NotANumber::Groups),
    }
}

/// A space as people, papers and programs put between thousands: the thin and the fixed ones too.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}')
}

/// `1.250,0`: the point groups and the comma begins decimals.
fn other_way_round(negative: bool, whole: &str, part: &str, places: u32) -> NotANumber {
    let (groups, decimals) = part.rsplit_once(',').unwrap_or((part, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let plain: String = groups.split('.').collect();
    let threes = groups.split('.').all(|g| g.len() == 3 && digits(g));
    match threes && digits(decimals) && !decimals.is_empty() {
        true => {
            let right = format!("{whole}{plain}.{decimals}");
            NotANumber::DecimalComma(spelt(negative, &right, places))
        }
        false => NotANumber::Other,
    }
}

/// A number with its comma put right, as the field takes it: without decimals that say nothing.
fn spelt(negative: bool, right: &str, places: u32) -> String {
    let (whole, part) = right.split_once('.').unwrap_or((right, ""));
    let nothing = part.bytes().all(|b| b == b'0');
    let text = if places == 0 && nothing { whole } else { right };
    format!("{}{text}", if negative { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn comma(right: &str) -> Result<i64, NotANumber> {
        Err(NotANumber::DecimalComma(right.to_owned()))
    }

    #[test]
    fn a_decimal_comma_is_no_separator_of_thousands() {
        for (typed, read) in [
            ("12,0", comma("12")),
            ("12,00", comma("12")),
            ("1,5", comma("1.5")),
            ("0,5", comma("0.5")),
            ("1000000,00", comma("1000000")),
            ("1,250,000,0", comma("1250000")),
            ("1 250 000,0", comma("1250000")),
            ("1.250.000,0", comma("1250000")),
            ("1.250,5", comma("1250.5")),
            ("-2,5", comma("-2.5")),
            ("12,0000", comma("12")),
        ] {
            assert_eq!(whole(typed), read, "{typed}");
        }
        assert_eq!(decimal("2,5", 3), comma("2.5"));
        assert_eq!(decimal("93,50", 4), comma("93.50"));
    }

    #[test]
    fn groups_of_three_are_one_number() {
        for typed in [
            "1250000",
            " 1250000 ",
            "1,250,000",
            "1 250 000",
            "1\u{2009}250\u{202f}000",
            "1\u{a0}250\u{a0}000",
        ] {
            assert_eq!(whole(typed), Ok(1_250_000), "{typed}");
        }
        assert_eq!(whole("12,000"), Ok(12_000));
        assert_eq!(decimal("1,250.5", 3), Ok(1_250_500));
        assert_eq!(decimal("-2.5", 3), Ok(-2_500));
        assert_eq!(decimal("\u{2212}2", 0), Ok(-2));
        for wrong in ["1 2", "12 00", "1,25 000", "1 250,000,000", "1,,250", "1250 000", "12, 0"] {
            assert!(whole(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_else_is_a_number() {
        for wrong in [
            "",
            "-",
            ".",
            ",",
            "1.",
            ".5",
            "1e3",
            "+1",
            "0x10",
            "mil",
            "1.5.2",
            "--1",
            ",5",
            "5,",
            "１２",
            "1'000",
            "1_000",
            "NaN",
            "99999999999999999999",
            "1.2,3",
            "1,250.0.0",
        ] {
            assert!(whole(wrong).is_err() && decimal(wrong, 3).is_err(), "{wrong}");
        }
        assert_eq!(whole("1.0"), Err(NotANumber::Whole));
        assert_eq!(decimal("1.2345", 3), Err(NotANumber::Decimals(3)));
    }

    proptest! {
        /// Whatever is typed: either nothing was left out or added, or it is refused.
        #[test]
        fn what_is_read_has_the_digits_that_were_typed(typed in "[-0-9., ]{0,14}") {
            if let Ok(n) = whole(&typed) {
                let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
                let n = n.unsigned_abs();
                prop_assert_eq!(Ok(n), digits.parse());
                let parts = typed.trim().split([',', ' ']);
                prop_assert!(parts.skip(1).all(|g| g.len() == 3), "{}", typed);
            }
        }

        #[test]
        fn a_comma_put_right_is_taken(n in 0i64..1_000_000_000, part in 0u32..100) {
            let Err(NotANumber::DecimalComma(right)) = decimal(&format!("{n},{part:02}"), 2) else {
                return Err(TestCaseError::fail("a decimal comma was taken"));
            };
            prop_assert_eq!(decimal(&right, 2), Ok(n * 100 + i64::from(part)));
        }

        #[test]
        fn a_fault_is_heard_as_it_was_said(typed in "[-0-9., x]{0,10}", places in 0u32..5) {
            if let Err(e) = decimal(&typed, places) {
                prop_assert_eq!(NotANumber::heard(&e.said()), Some(e.clone()));
                prop_assert_eq!(NotANumber::heard(&format!("{} at line 1 column 9", e.said())), Some(e));
            }
        }
    }
}
