//! A day and a time of day as a person says them, on the wall of the place. Pure.

use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};
use maud::Markup;

use crate::db::{Day, Instant};
use crate::web::FieldFault;
use crate::web::components::{Field, Form, choices};

/// A time of day as typed: `14:05`, `9:30` or `1405`. Nothing for what no clock shows.
pub(in crate::custody) fn time_of_day(text: &str) -> Option<civil::Time> {
    let text = text.trim();
    let (hour, minute) = match text.split_once(':') {
        Some(parts) => parts,
        None if text.len() == 4 && text.is_ascii() => text.split_at(2),
        None => return None,
    };
    let digits = |s: &str| {
        let plain = (1..=2).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
        if plain { s.parse::<i8>().ok() } else { None }
    };
    if minute.len() != 2 {
        return None;
    }
    civil::Time::new(digits(hour)?, digits(minute)?, 0, 0).ok()
}

/// What an hour on a wall means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::custody) enum Wall {
    /// It was there once, as most are.
    Once(Instant),
    /// The clocks were set back over it: it came twice.
    Twice(Instant, Instant),
    /// The clocks were set forward over it: it never came.
    Never,
}

/// The instant of `time` on `day` in `zone`.
pub(in crate::custody) fn on_the_wall(day: Day, time: civil::Time, zone: &TimeZone) -> Wall {
    let at = zone.to_ambiguous_zoned_datetime(day.0.to_datetime(time));
    let instant =
        |offset: jiff::tz::Offset| offset.to_timestamp(at.datetime()).ok().map(Instant::from);
    let found = match at.offset() {
        AmbiguousOffset::Unambiguous { offset } => instant(offset).map(Wall::Once),
        AmbiguousOffset::Gap { .. } => Some(Wall::Never),
        AmbiguousOffset::Fold { before, after } => {
            instant(before).zip(instant(after)).map(|(first, second)| Wall::Twice(first, second))
        }
    };
    found.unwrap_or(Wall::Never)
}

/// The instant that a form means: `time` as typed, and `which` (`first`, `second`) where that hour
/// comes twice.
///
/// # Errors
/// The field to blame, `time` or `time_which`.
pub(crate) fn typed(
    day: Day,
    time: &str,
    which: &str,
    zone: &TimeZone,
) -> Result<Instant, FieldFault> {
    let time = time_of_day(time).ok_or_else(|| FieldFault::new("time", "time-of-day"))?;
    match (on_the_wall(day, time, zone), which) {
        (Wall::Once(at), _) | (Wall::Twice(at, _), "first") | (Wall::Twice(_, at), "second") => {
            Ok(at)
        }
        (Wall::Twice(..), _) => Err(FieldFault::new("time_which", "time-twice")),
        (Wall::Never, _) => Err(FieldFault::new("time", "time-missing")),
    }
}

/// Asks which of the two, where that is what is missing or was answered.
pub(crate) fn ask_which(form: &Form<'_>, which: &str) -> Markup {
    let asked = form.faults.iter().any(|f| f.field == "time_which");
    if !asked && which.is_empty() {
        return Markup::default();
    }
    let lang = form.lang;
    let field =
        Field { name: "time_which", label: lang.t("time-which"), value: which, ..Field::default() };
    form.radios(
        &field,
        &choices([("first", lang.t("time-first")), ("second", lang.t("time-second"))]),
    )
}

/// When `day` begins in `zone`.
pub(in crate::custody) fn start_of_day(day: Day, zone: TimeZone) -> Option<Instant> {
    let at = day.0.to_zoned_datetime(zone).ok()?;
    Some(at.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_read_or_refused_and_never_ends_the_request() {
        let t = |h, m| Some(civil::time(h, m, 0, 0));
        for (text, right) in [
            ("14:05", t(14, 5)),
            (" 9:30 ", t(9, 30)),
            ("2359", t(23, 59)),
            ("0005", t(0, 5)),
            ("00:00", t(0, 0)),
            ("24:00", None),
            ("25:00", None),
            ("-1:00", None),
            ("12:60", None),
            ("2400", None),
            ("+1:00", None),
            ("1:5", None),
            ("14:05:00", None),
            ("", None),
            (":", None),
            ("905", None),
            ("١٢:٠٠", None),
            ("12:0é", None),
            ("99999:00", None),
        ] {
            assert_eq!(time_of_day(text), right, "{text}");
        }
    }

    #[test]
    fn the_hour_that_comes_twice_is_two_and_the_missing_one_none() {
        let zone = TimeZone::get("America/Tijuana").unwrap();
        let on = |month, day, h, m| {
            on_the_wall(Day::new(2026, month, day).unwrap(), civil::time(h, m, 0, 0), &zone)
        };
        let at = |text: &str| text.parse::<Instant>().unwrap();
        assert_eq!(
            on(11, 1, 1, 15),
            Wall::Twice(at("2026-11-01T08:15:00Z"), at("2026-11-01T09:15:00Z"))
        );
        assert_eq!(on(3, 8, 2, 40), Wall::Never);
        assert_eq!(on(3, 8, 3, 0), Wall::Once(at("2026-03-08T10:00:00Z")));
        assert_eq!(on(11, 1, 2, 0), Wall::Once(at("2026-11-01T10:00:00Z")));
    }
}
