//! Numbers for people, gap-free in a year: patient folios, study numbers, accession numbers.
//! Custody is never keyed by them.

use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

/// Not a number of this series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number of this series")]
pub struct SeriesError;

macro_rules! series {
    ($(#[$meta:meta])* $name:ident, $prefix:literal, $digits:literal, $example:literal) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow,
            utoipa::ToSchema,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        #[schema(value_type = String, example = $example)]
        pub struct $name(String);

        impl $name {
            /// The `n`-th of `year`.
            pub fn new(year: i16, n: u32) -> Self {
                Self(format!(concat!($prefix, "{:02}-{:0", $digits, "}"), year.rem_euclid(100), n))
            }
            /// As shown and stored.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = SeriesError;
            /// Takes it in any case, with or without blanks around.
            fn from_str(text: &str) -> Result<Self, SeriesError> {
                let text = text.trim().to_uppercase();
                let rest = text.strip_prefix($prefix).ok_or(SeriesError)?;
                let (year, n) = rest.split_once('-').ok_or(SeriesError)?;
                let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
                let least: usize = $digits.parse().map_err(|_| SeriesError)?;
                if year.len() != 2 || !digits(year) || n.len() < least || n.len() > 9 || !digits(n) {
                    return Err(SeriesError);
                }
                Ok(Self(text))
            }
        }
        super::checked_text!($name);
    };
}

series!(
    /// A patient's folio: `P-26-00123`.
    PatientFolio, "P-", "5", "P-26-00123"
);
series!(
    /// A request's number: `S-26-000123`.
    StudyNumber, "S-", "6", "S-26-000123"
);
series!(
    /// A laboratory's accession number: `26-000123`.
    Accession, "", "6", "26-000123"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_padded_and_read_back() {
        let folio = PatientFolio::new(2026, 123);
        assert_eq!(folio.as_str(), "P-26-00123");
        assert_eq!(" p-26-00123 ".parse::<PatientFolio>(), Ok(folio));
        assert_eq!(Accession::new(2026, 1_234_567).as_str(), "26-1234567");
        for wrong in ["", "P-26-123", "P26-00123", "26-00123", "P-2A-00123", "S-26-00123"] {
            assert!(wrong.parse::<PatientFolio>().is_err(), "{wrong}");
        }
    }
}
