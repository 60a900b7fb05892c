//! NSS and agregado médico (`domain.md` 4.2, 4.3). A child's NSS is the insured parent's: brothers
//! and sisters share it, and same-sex twins share the agregado too. Neither is ever a key (BR-30).

use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

use crate::web::FieldFault;

/// A social security number: 11 digits, kept as text for its leading zeros.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow, utoipa::ToSchema,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[schema(value_type = String, example = "62048501233")]
pub struct Nss(String);

/// Which rule a text breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NssError {
    /// Not 11 digits.
    #[error("not 11 digits")]
    Format,
    /// The last digit does not fit the others.
    #[error("check digit")]
    CheckDigit,
    /// A number that passes the check but belongs to nobody.
    #[error("a placeholder")]
    Placeholder,
}

impl NssError {
    /// Names `field` and the rule.
    pub fn fault(self, field: &str) -> FieldFault {
        FieldFault::new(
            field,
            match self {
                Self::Format => "nss-format",
                Self::CheckDigit => "nss-check-digit",
                Self::Placeholder => "nss-placeholder",
            },
        )
    }
}

fn luhn(digits: &[u8]) -> u32 {
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(i, d)| u32::from(d - b'0') * if i % 2 == 0 { 1 } else { 2 })
        .map(|n| n / 10 + n % 10)
        .sum();
    (10 - sum % 10) % 10
}

impl Nss {
    /// The 11 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Digits and the check, before the list of placeholders.
    fn checked(text: &str) -> Result<String, NssError> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if digits.len() != 11 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NssError::Format);
        }
        let (body, check) = digits.as_bytes().split_at(10);
        if luhn(body) != u32::from(check[0] - b'0') {
            return Err(NssError::CheckDigit);
        }
        Ok(digits)
    }
}

impl FromStr for Nss {
    type Err = NssError;
    fn from_str(text: &str) -> Result<Self, NssError> {
        let digits = Self::checked(text)?;
        if digits == "00000000000" {
            return Err(NssError::Placeholder);
        }
        Ok(Self(digits))
    }
}
super::checked_text!(Nss);

/// What tells the members of a family apart: relation, sex, birth year, regime: `3M2019OR`.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow, utoipa::ToSchema,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[schema(value_type = String, example = "3M2019OR")]
pub struct AgregadoMedico(String);

/// The one rule of an agregado: its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not like 3M2019OR")]
pub struct AgregadoError;

impl AgregadoError {
    /// Names `field` and the rule.
    pub fn fault(self, field: &str) -> FieldFault {
        FieldFault::new(field, "agregado-format")
    }
}

impl AgregadoMedico {
    /// The 8 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The birth year in it: a mismatch with the record is worth a warning, no more.
    pub fn birth_year(&self) -> i16 {
        self.0[2..6].parse().expect("checked when parsed")
    }
}

impl FromStr for AgregadoMedico {
    type Err = AgregadoError;
    fn from_str(text: &str) -> Result<Self, AgregadoError> {
        let text = text.trim().to_uppercase();
        let c = text.as_bytes();
        let ok = c.len() == 8
            && c[0].is_ascii_digit()
            && b"MF".contains(&c[1])
            && (text[2..].starts_with("19") || text[2..].starts_with("20"))
            && c[2..6].iter().all(u8::is_ascii_digit)
            && c[6..].iter().all(u8::is_ascii_uppercase);
        if ok { Ok(Self(text)) } else { Err(AgregadoError) }
    }
}
super::checked_text!(AgregadoMedico);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_nss_vectors() {
        let file = include_str!("../../tests/vectors/nss_test_vectors.csv");
        let mut rows = csv::Reader::from_reader(file.as_bytes());
        let mut n = 0;
        for row in rows.records() {
            let row = row.unwrap();
            n += 1;
            match Nss::checked(&row[0]) {
                Ok(digits) => {
                    assert_eq!(&row[2], "valid", "{}", &row[0]);
                    assert_eq!(digits, row[1]);
                }
                Err(e) => {
                    assert_eq!(&row[2], "invalid", "{}", &row[0]);
                    let reason = if e == NssError::Format { "format" } else { "check_digit" };
                    assert_eq!(reason, &row[3], "{}", &row[0]);
                }
            }
        }
        assert_eq!(n, 17);
        assert_eq!("00000000000".parse::<Nss>(), Err(NssError::Placeholder));
    }

    #[test]
    fn an_agregado_has_eight_characters_of_its_kind() {
        assert_eq!("3m2019or".parse::<AgregadoMedico>().unwrap().birth_year(), 2019);
        for wrong in ["", "3M201OR", "3X2019OR", "3M1819OR", "XM2019OR", "3M2019O1", "3M20ñ9O"] {
            assert!(wrong.parse::<AgregadoMedico>().is_err(), "{wrong}");
        }
    }
}
