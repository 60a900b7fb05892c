//! CLUES, the code of an establishment (`domain.md` 4.4): its form. Its check digit was only observed, and nothing is
//! refused by it.

use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

/// An establishment's code: `PLIMS000200`.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow, utoipa::ToSchema,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[schema(value_type = String, example = "PLIMS000200")]
pub struct Clues(String);

/// The one rule: five letters and six digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not five letters and six digits")]
pub struct CluesError;

impl Clues {
    /// The 11 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Clues {
    type Err = CluesError;
    fn from_str(text: &str) -> Result<Self, CluesError> {
        let text = text.trim().to_uppercase();
        let c = text.as_bytes();
        let ok = c.len() == 11
            && c[..5].iter().all(u8::is_ascii_uppercase)
            && c[5..].iter().all(u8::is_ascii_digit);
        if ok { Ok(Self(text)) } else { Err(CluesError) }
    }
}
super::checked_text!(Clues);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_letters_and_six_digits() {
        for code in ["PLIMS000200", "dfims000616", " GTIMS000231 "] {
            assert!(code.parse::<Clues>().is_ok(), "{code}");
        }
        for code in ["DFIM5000061", "DFIMS00006", "DFIMS0000610", ""] {
            assert!(code.parse::<Clues>().is_err(), "{code}");
        }
    }
}
