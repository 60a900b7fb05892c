//! How far codes and numbers are moved after a restore, so that none is given out twice.
//!
//! What can have been given out since the copy was made is bounded twice. By evidence: a code, a folio
//! and an accession number each come with an entry of the log, so that a checkpoint over `lost` entries
//! more than the copy has says that at most that many were given out until it was signed. And by time,
//! for what no checkpoint shows (the minutes after the last one that was kept, requests' numbers and rolls,
//! which are no entries): no site, by hand or by machine, has ever needed a hundredth of `PER_HOUR`. Both are
//! added up, and taken once more for each time that this copy was brought back before: what such an earlier
//! restore began at, and what it gave out since, is each within it. Labels that were seen count besides.

use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;

use super::super::Failed;
use crate::codes::{Accession, ContainerCode, PatientFolio, StudyNumber};
use crate::containers::forward::{LeftOut, Margin, move_codes, move_rolls};
use crate::db::{DbError, Instant, Tx};
use crate::people::UserId;
use crate::sites::{self, SiteKind};

/// Codes of one allocator and kind, or numbers of one series, that a burst may take.
const BURST: i64 = 10_000;
/// And in each hour that the copy is old.
const PER_HOUR: i64 = 200;
/// Codes of one allocator handed out in rolls in a burst: four of the largest.
const ROLL_BURST: i64 = 20_000;
/// And in each hour that the copy is old: a roll of 5,000 a day.
const ROLL_PER_HOUR: i64 = 210;

/// What is known of what was given out.
#[derive(Debug, Default)]
pub struct Seen {
    codes: Vec<ContainerCode>,
    /// Series, or `accession` for those of every laboratory; year; number.
    numbers: Vec<(&'static str, i16, u32)>,
}

impl Seen {
    /// Adds what a label or a screen showed: a container's code, a folio, a request's number or an
    /// accession number.
    pub fn add(&mut self, text: &str) -> Result<(), Failed> {
        if let Ok(code) = text.parse::<ContainerCode>() {
            self.codes.push(code);
            return Ok(());
        }
        let number = numbered::<PatientFolio>(text, "patient")
            .or_else(|| numbered::<StudyNumber>(text, "study"))
            .or_else(|| numbered::<Accession>(text, "accession"));
        let number = number.ok_or_else(|| {
            Failed::new(format!("{text:?}: neither a code nor a folio or number of ours"))
        })?;
        self.numbers.push(number);
        Ok(())
    }

    /// Adds a file's lines; empty ones and those that begin with `#` are left out.
    ///
    /// # Errors
    /// The first line that is none of them, by its number.
    pub fn add_lines(&mut self, text: &str) -> Result<(), Failed> {
        let lines = (1..).zip(text.lines().map(str::trim));
        for (n, line) in lines.filter(|(_, l)| !l.is_empty() && !l.starts_with('#')) {
            self.add(line).map_err(|e| e.at(format_args!("line {n}")))?;
        }
        Ok(())
    }

    fn highest(&self, series: &str, year: i16) -> Option<u32> {
        let of = self.numbers.iter().filter(|(s, y, _)| {
            *y == year && (*s == series || (*s == "accession" && series.starts_with("accession-")))
        });
        of.map(|(_, _, n)| *n).max()
    }
}

/// Series, year and number of a text of the form `…YY-NNN`.
fn numbered<T: FromStr + Display>(
    text: &str,
    series: &'static str,
) -> Option<(&'static str, i16, u32)> {
    let number: T = text.parse().ok()?;
    let text = number.to_string();
    let mut parts = text.rsplit('-');
    let (n, year) = (parts.next()?.parse().ok()?, parts.next()?.parse::<i16>().ok()?);
    Some((series, 2000 + year, n))
}

/// How old the copy is, and what it lacks.
#[derive(Debug, Clone, Copy)]
pub struct Gap {
    /// When the copy was made.
    pub copied_at: Instant,
    /// Entries that a checkpoint shows and the copy lacks.
    pub lost: u64,
    /// How many times this copy was brought back before.
    pub earlier: u32,
    /// When it is brought back.
    pub now: Instant,
}

impl Gap {
    /// Whole hours, begun ones too. A clock that was set back makes none of them negative.
    fn hours(&self) -> i64 {
        self.now.seconds_since(self.copied_at).max(0) / 3600 + 1
    }
    /// For codes given out one by one, and for numbers.
    pub fn margin(&self) -> i64 {
        let lost = i64::try_from(self.lost).unwrap_or(i64::MAX);
        self.times(lost.saturating_add(BURST).saturating_add(PER_HOUR.saturating_mul(self.hours())))
    }
    fn times(&self, margin: i64) -> i64 {
        margin.saturating_mul(i64::from(self.earlier) + 1)
    }
    /// For codes in rolls.
    pub fn roll_margin(&self) -> i64 {
        self.times(ROLL_BURST.saturating_add(ROLL_PER_HOUR.saturating_mul(self.hours())))
    }
    /// The years a number may have been drawn in, on any wall of the network.
    fn years(&self) -> std::ops::RangeInclusive<i16> {
        let year = |t: Instant| t.timestamp().to_zoned_datetime(jiff::tz::TimeZone::UTC).year();
        let first = year(self.copied_at.plus_seconds(-86_400));
        first.min(year(self.now))..=year(self.now.plus_seconds(86_400))
    }
}

/// A series, and what is left out of it.
#[derive(Debug, Serialize)]
struct SeriesMoved {
    series: String,
    year: i16,
    from: i32,
    next: i32,
}

/// What was moved, for the log.
#[derive(Debug, Serialize)]
pub struct Moved {
    codes: Vec<LeftOut>,
    rolls: Vec<LeftOut>,
    series: Vec<SeriesMoved>,
}

impl Moved {
    /// A line for the person at the terminal.
    pub fn told(&self) -> String {
        format!(
            "{} blocks of codes, {} runs of rolls and {} series of numbers were moved forward",
            self.codes.len(),
            self.rolls.len(),
            self.series.len()
        )
    }
}

/// Moves every counter there is.
pub fn move_all(tx: &mut Tx<'_>, gap: Gap, seen: &Seen, by: UserId) -> Result<Moved, DbError> {
    let margin = Margin { codes: gap.margin(), roll_codes: gap.roll_margin() };
    // Rolls first: an allocator that is opened for want of room has handed out none.
    let rolls = move_rolls(tx, margin, &seen.codes, by, gap.now)?;
    let codes = move_codes(tx, margin, &seen.codes, gap.now)?;
    let mut names = vec!["patient".to_owned(), "study".to_owned()];
    let laboratories = sites::store::all(tx)?;
    let laboratories = laboratories.iter().filter(|s| s.kind == SiteKind::Laboratory);
    names.extend(laboratories.map(|s| format!("accession-{}", s.code)));
    names.extend(sites::store::all_series(tx)?.into_iter().map(|(name, _)| name));
    names.sort();
    names.dedup();
    let mut series = vec![];
    for name in names {
        for year in gap.years() {
            let past = seen.highest(&name, year);
            let (from, next) = sites::store::move_series(tx, &name, year, gap.margin(), past)?;
            series.push(SeriesMoved { series: name.clone(), year, from, next });
        }
    }
    Ok(Moved { codes, rolls, series })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(hours: i64, lost: u64) -> Gap {
        let copied_at: Instant = "2026-12-31T22:00:00Z".parse().unwrap();
        Gap { copied_at, lost, earlier: 0, now: copied_at.plus_seconds(hours * 3600) }
    }

    #[test]
    fn a_second_restore_of_one_copy_comes_out_past_what_the_first_gave_out() {
        // What the first may give out between the two, at the most that is reckoned with.
        let between = BURST + PER_HOUR * 5;
        let second = Gap { earlier: 1, ..gap(6, 0) };
        assert!(gap(1, 0).margin() + between <= second.margin());
        assert!(gap(1, 0).roll_margin() + ROLL_BURST <= second.roll_margin());
        assert_eq!(gap(1, 500).margin() - gap(1, 0).margin(), 500);
        assert_eq!(gap(-3, 0).hours(), 1);
    }

    #[test]
    fn numbers_of_every_year_since_the_copy_are_moved() {
        assert_eq!(gap(1, 0).years(), 2026..=2027);
        let long = Gap { copied_at: "2024-06-01T00:00:00Z".parse().unwrap(), ..gap(24 * 30, 0) };
        assert_eq!(long.years(), 2024..=2027);
    }

    #[test]
    fn what_was_seen_is_read_as_it_is_written() {
        let mut seen = Seen::default();
        seen.add_lines("# shelf 3\n1-007-000123-30\n\nP-26-00420\n26-000077\nS-26-000009\n")
            .unwrap();
        assert_eq!(seen.codes.len(), 1);
        assert_eq!(seen.highest("patient", 2026), Some(420));
        assert_eq!(seen.highest("accession-LAB", 2026), Some(77));
        assert_eq!(seen.highest("study", 2026), Some(9));
        assert_eq!(seen.highest("study", 2027), None);
        assert!(seen.add("P-26-1").is_err());
    }
}
