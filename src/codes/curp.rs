//! CURP, the key of a person in Mexico (`domain.md` 4.1). Checking is syntactic: there is no
//! public registry to ask offline.

use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

use crate::db::Day;
use crate::web::FieldFault;

crate::words! {
    /// Sex as registered.
    pub enum Sex {
        /// `M` in a CURP (mujer).
        Female = "female",
        /// `H` in a CURP (hombre).
        Male = "male",
        /// Neither, or not known.
        Other = "other",
    }
}

const STATES: &[&str] = &[
    "AS", "BC", "BS", "CC", "CL", "CM", "CS", "CH", "DF", "DG", "GT", "GR", "HG", "JC", "MC", "MN",
    "MS", "NT", "NL", "OC", "PL", "QT", "QR", "SP", "SL", "SR", "TC", "TS", "TL", "VZ", "YN", "ZS",
    "NE",
];

/// First four letters that the registry says it never issues: the second becomes X. Papers that begin
/// with one exist (django-localflavor#468), so it is a doubt.
const FORBIDDEN: &str = "BACA BAKA BUEI BUEY CACA CACO CAGA CAGO CAKA CAKO COGE COGI COJA COJE \
    COJI COJO COLA CULO FALO FETO GETA GUEI GUEY JETA JOTO KACA KACO KAGA KAGO KAKA KAKO KOGE KOGI \
    KOJA KOJE KOJI KOJO KOLA KULO LILO LOCA LOCO LOKA LOKO MAME MAMO MEAR MEAS MEON MIAR MION MOCO \
    MOKO MULA MULO NACA NACO PEDA PEDO PENE PIPI PITO POPO PUTA PUTO QULO RATA ROBA ROBE ROBO RUIN \
    SENO TETA VACA VAGA VAGO VAKA VUEI VUEY WUEI WUEY";

/// A CURP that passes every rule.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow, utoipa::ToSchema,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[schema(value_type = String, example = "ROCA190305HPLDRNA0")]
pub struct Curp(String);

/// Which rule a text breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CurpError {
    /// Not 18 characters.
    #[error("not 18 characters")]
    Length,
    /// A character that can't stand where it stands, an unknown state or sex.
    #[error("wrong form")]
    Format,
    /// A date the calendar lacks.
    #[error("no such date")]
    Date,
    /// The last digit does not fit the others.
    #[error("check digit")]
    CheckDigit,
}

impl CurpError {
    /// Names `field` and the rule.
    pub fn fault(self, field: &str) -> FieldFault {
        FieldFault::new(
            field,
            match self {
                Self::Length => "curp-length",
                Self::Format => "curp-format",
                Self::Date => "curp-date",
                Self::CheckDigit => "curp-check-digit",
            },
        )
    }
}

/// A value in the record that the CURP contradicts (BR-31): shown, never corrected.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Disagreement {
    /// `birth_date` or `sex`.
    pub field: &'static str,
    /// What the CURP says.
    pub curp: String,
    /// What the record says.
    pub record: String,
}

/// The sum's alphabet: Ñ counts although it is never printed.
fn value(c: u8) -> u32 {
    match c {
        b'0'..=b'9' => u32::from(c - b'0'),
        b'A'..=b'N' => u32::from(c - b'A') + 10,
        _ => u32::from(c - b'A') + 11,
    }
}

fn check_digit(seventeen: &[u8]) -> u8 {
    let sum: u32 = seventeen.iter().zip((2..=18).rev()).map(|(c, w)| value(*c) * w).sum();
    b'0' + u8::try_from((10 - sum % 10) % 10).expect("one digit")
}

fn consonant(c: u8) -> bool {
    c.is_ascii_uppercase() && !b"AEIOU".contains(&c)
}

/// The form alone, position by position.
fn well_formed(c: &[u8]) -> bool {
    c[0].is_ascii_uppercase()
        && b"AEIOUX".contains(&c[1])
        && c[2..4].iter().all(u8::is_ascii_uppercase)
        && c[4..10].iter().all(u8::is_ascii_digit)
        && (1..=12).contains(&two(&c[6..8]))
        && (1..=31).contains(&two(&c[8..10]))
        && b"HMX".contains(&c[10])
        && STATES.iter().any(|s| s.as_bytes() == &c[11..13])
        && c[13..16].iter().all(|c| consonant(*c))
        && (c[16].is_ascii_uppercase() || c[16].is_ascii_digit())
        && c[17].is_ascii_digit()
}

fn two(digits: &[u8]) -> i16 {
    i16::from(digits[0] - b'0') * 10 + i16::from(digits[1] - b'0')
}

/// The birth date: position 17 is a digit for births to 1999, a letter from 2000.
fn birth(c: &[u8]) -> Option<Day> {
    let century = if c[16].is_ascii_digit() { 1900 } else { 2000 };
    let month = i8::try_from(two(&c[6..8])).ok()?;
    let day = i8::try_from(two(&c[8..10])).ok()?;
    Day::new(century + two(&c[4..6]), month, day)
}

impl Curp {
    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The date in it.
    pub fn birth_date(&self) -> Day {
        birth(self.0.as_bytes()).expect("checked when parsed")
    }
    /// The sex in it.
    pub fn sex(&self) -> Sex {
        match self.0.as_bytes()[10] {
            b'H' => Sex::Male,
            b'M' => Sex::Female,
            _ => Sex::Other,
        }
    }
    /// The state of birth: two letters, `NE` for abroad.
    pub fn state(&self) -> &str {
        &self.0[11..13]
    }
    /// Whether it begins with a word that the registry says it never issues.
    pub fn begins_forbidden(&self) -> bool {
        FORBIDDEN.split(' ').any(|w| self.0.starts_with(w))
    }
    /// What it contradicts in a record (BR-31).
    pub fn disagreements(&self, birth_date: Day, sex: Sex) -> Vec<Disagreement> {
        let mut found = vec![];
        if self.birth_date() != birth_date {
            let (curp, record) = (self.birth_date().to_string(), birth_date.to_string());
            found.push(Disagreement { field: "birth_date", curp, record });
        }
        if self.sex() != sex {
            let (curp, record) = (self.sex().to_string(), sex.to_string());
            found.push(Disagreement { field: "sex", curp, record });
        }
        found
    }
}

impl FromStr for Curp {
    type Err = CurpError;

    /// Trims and upper-cases; everything else must be right.
    fn from_str(text: &str) -> Result<Self, CurpError> {
        let text = text.trim().to_uppercase();
        if text.chars().count() != 18 {
            return Err(CurpError::Length);
        }
        let c = text.as_bytes();
        if c.len() != 18 || !well_formed(c) {
            return Err(CurpError::Format);
        }
        birth(c).ok_or(CurpError::Date)?;
        if check_digit(&c[..17]) != c[17] {
            return Err(CurpError::CheckDigit);
        }
        Ok(Self(text))
    }
}
super::checked_text!(Curp);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_curp_vectors() {
        let file = include_str!("../../tests/vectors/curp_test_vectors.csv");
        let mut rows = csv::Reader::from_reader(file.as_bytes());
        let mut n = 0;
        for row in rows.records() {
            let row = row.unwrap();
            n += 1;
            match row[0].parse::<Curp>() {
                Ok(curp) if curp.begins_forbidden() => {
                    assert_eq!(&row[2], "forbidden_word", "{}", &row[0]);
                }
                Ok(curp) => {
                    assert_eq!(&row[1], "valid", "{}", &row[0]);
                    assert_eq!(curp.birth_date().to_string(), row[3]);
                    assert_eq!(curp.state(), &row[5]);
                    let letter = match curp.sex() {
                        Sex::Male => "H",
                        Sex::Female => "M",
                        Sex::Other => "X",
                    };
                    assert_eq!(letter, &row[4]);
                }
                Err(e) => {
                    assert_eq!(&row[1], "invalid", "{}: {e}", &row[0]);
                    let reason = match e {
                        CurpError::Length => "length",
                        CurpError::Format => "format",
                        CurpError::Date => "date",
                        CurpError::CheckDigit => "check_digit",
                    };
                    assert_eq!(reason, &row[2], "{}", &row[0]);
                }
            }
        }
        assert_eq!(n, 27);
    }

    #[test]
    fn br_31_both_values_are_shown() {
        let curp: Curp = "ROCA190305HPLDRNA0".parse().unwrap();
        assert!(curp.disagreements(Day::new(2019, 3, 5).unwrap(), Sex::Male).is_empty());
        let found = curp.disagreements(Day::new(2019, 3, 6).unwrap(), Sex::Female);
        assert_eq!(found[0].curp, "2019-03-05");
        assert_eq!(found[0].record, "2019-03-06");
        assert_eq!((found[1].field, found[1].curp.as_str()), ("sex", "male"));
    }
}
