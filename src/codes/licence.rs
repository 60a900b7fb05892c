//! The professional licence (`cédula profesional`) that a report shows beside a name (NOM-007). There is no
//! check character in it: its form is all that can be held against what was typed.

use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

/// A licence as it was written. Those of the federation have 7 or 8 digits today and had fewer before; those of
/// the states may have letters.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow, utoipa::ToSchema)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[schema(value_type = String, example = "7654321")]
pub struct Licence(String);

/// The one rule: 5 to 12 digits or letters, and not letters alone ("pendiente").
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 5 to 12 digits or letters with a digit among them")]
pub struct LicenceError;

impl Licence {
    /// The licence as it was typed, without blanks around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// What was typed into a field that may stay empty.
    pub fn typed(text: &str) -> Result<Option<Self>, LicenceError> {
        if text.trim().is_empty() { Ok(None) } else { text.parse().map(Some) }
    }
}

impl FromStr for Licence {
    type Err = LicenceError;
    fn from_str(text: &str) -> Result<Self, LicenceError> {
        let text = text.trim();
        let ok = (5..=12).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric())
            && text.bytes().any(|b| b.is_ascii_digit());
        if ok { Ok(Self(text.to_owned())) } else { Err(LicenceError) }
    }
}
super::checked_text!(Licence);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_kept_as_written_and_a_word_is_none() {
        for right in ["12345", "7654321", "12345678", "AE012345", "ae012345", "123456789012"] {
            assert_eq!(right.parse::<Licence>().unwrap().as_str(), right);
        }
        assert_eq!(Licence::typed(" 7654321 ").unwrap().unwrap().as_str(), "7654321");
        assert_eq!(Licence::typed("  "), Ok(None));
        for wrong in
            ["1234", "1234567890123", "1234 567", "1234-567", "pendiente", "765432ñ", "１２３４５"]
        {
            assert_eq!(wrong.parse::<Licence>(), Err(LicenceError), "{wrong}");
        }
    }
}
