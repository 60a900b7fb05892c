//! A birth date as papers have it: whole, or a month or a year alone where nobody knows more.

use std::str::FromStr;

use super::model::Patient;
use crate::db::Day;
use crate::web::{Lang, time};

crate::words! {
    /// How much of a birth date is known.
    pub enum BirthPrecision {
        /// The day itself: no estimate.
        Day = "day",
        /// Month and year: an estimate.
        Month = "month",
        /// The year alone: an estimate.
        Year = "year",
    }
}

/// A birth date, with how much of it is known. Written `2019-03-05`, `2019-03` or `2019`, as FHIR's
/// `date` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BirthDate {
    /// The day; the first one of the month or year where no more is known.
    pub day: Day,
    /// How much of it is known.
    pub precision: BirthPrecision,
}

impl From<Day> for BirthDate {
    fn from(day: Day) -> Self {
        Self { day, precision: BirthPrecision::Day }
    }
}

impl BirthDate {
    /// Whether only a part is known.
    pub fn is_estimated(self) -> bool {
        self.precision != BirthPrecision::Day
    }

    /// The last day that it may be.
    pub fn last(self) -> Day {
        let date = self.day.0;
        Day(match self.precision {
            BirthPrecision::Day => date,
            BirthPrecision::Month => date.last_of_month(),
            BirthPrecision::Year => date.last_of_year(),
        })
    }

    /// Whether both may be one and the same day.
    pub fn meets(self, other: Self) -> bool {
        self.day <= other.last() && other.day <= self.last()
    }

    /// In words: `5 mar 2019`, `mar 2019 (estimada)`, `2019 (estimada)`.
    pub fn text(self, lang: Lang) -> String {
        let date = self.day.0;
        let when = match self.precision {
            BirthPrecision::Day => return time::day(lang, self.day),
            BirthPrecision::Month => format!("{} {}", time::month(lang, date.month()), date.year()),
            BirthPrecision::Year => date.year().to_string(),
        };
        lang.tr("birth-estimated", &[("when", when.into())])
    }
}

impl std::fmt::Display for BirthDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.day.to_string();
        f.write_str(match self.precision {
            BirthPrecision::Day => &text,
            BirthPrecision::Month => &text[..7],
            BirthPrecision::Year => &text[..4],
        })
    }
}

impl serde::Serialize for BirthDate {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for BirthDate {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What was typed is no date, month or year of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no date, month or year of the calendar")]
pub struct NoSuchDate;

impl FromStr for BirthDate {
    type Err = NoSuchDate;

    fn from_str(text: &str) -> Result<Self, NoSuchDate> {
        let (whole, precision) = match text.len() {
            4 => (format!("{text}-01-01"), BirthPrecision::Year),
            7 => (format!("{text}-01"), BirthPrecision::Month),
            _ => (text.to_owned(), BirthPrecision::Day),
        };
        let day = whole.parse().map_err(|_| NoSuchDate)?;
        Ok(Self { day, precision })
    }
}

impl Patient {
    /// The birth date, with how much of it is known.
    pub fn birth(&self) -> BirthDate {
        BirthDate { day: self.birth_date, precision: self.birth_precision }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> BirthDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_birth_date_is_as_long_as_what_is_known() {
        for text in ["2019-03-05", "2019-03", "2019"] {
            assert_eq!(of(text).to_string(), text);
        }
        assert_eq!(of("2020-02").last().to_string(), "2020-02-29");
        assert_eq!(of("2019").last().to_string(), "2019-12-31");
        for text in ["", "19", "2019-13", "2019-02-29", "201-3", "20190305"] {
            assert!(text.parse::<BirthDate>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_estimate_meets_every_day_that_it_may_be() {
        assert!(of("2019").meets(of("2019-12-31")) && of("2019-12-31").meets(of("2019")));
        assert!(of("2019-03").meets(of("2019")));
        assert!(!of("2019-03").meets(of("2019-04-01")));
        assert!(!of("2018").meets(of("2019-01-01")));
    }
}
