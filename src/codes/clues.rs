//! CLUES, the code of an establishment (`domain.md` 4.4): its form is hard, its check digit was
//! only observed, so that a wrong one is a warning.

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

/// The constant of each five-letter prefix seen more than once in public code.
const OBSERVED: &[(&str, u32)] =
    &[("PLIMS", 2), ("DFIMS", 3), ("JCIMS", 4), ("GTIMS", 4), ("NLIMS", 6)];

impl Clues {
    /// The 11 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether the last digit differs from the observed rule `(K + 100 × serial) mod 7`: perhaps a
    /// typing mistake. False for prefixes never observed.
    pub fn is_suspicious(&self) -> bool {
        let Some((_, k)) = OBSERVED.iter().find(|(p, _)| self.0.starts_with(p)) else {
            return false;
        };
        let serial: u32 = self.0[5..10].parse().expect("checked when parsed");
        let check = u32::from(self.0.as_bytes()[10] - b'0');
        (k + 100 * serial) % 7 != check
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
    fn published_codes_follow_the_observed_rule() {
        for code in ["PLIMS000200", "DFIMS000616", "DFIMS000061", "JCIMS000325", "GTIMS000231"] {
            assert!(!code.parse::<Clues>().unwrap().is_suspicious(), "{code}");
        }
        assert!("DFIMS000062".parse::<Clues>().unwrap().is_suspicious());
        assert!("DFIM5000061".parse::<Clues>().is_err());
    }
}
