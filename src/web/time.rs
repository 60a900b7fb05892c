//! Times for people: in the zone of the place of the event (BR-39), the month in letters, 24 h.

use jiff::ZonedDateTime;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::i18n::Lang;
use crate::db::{Day, Instant};

const MONTHS_ES: [&str; 12] =
    ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"];
const MONTHS_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `mar`: a month's short name.
pub fn month(lang: Lang, month: i8) -> &'static str {
    let names = match lang {
        Lang::Es => &MONTHS_ES,
        Lang::En => &MONTHS_EN,
    };
    usize::try_from(month - 1).ok().and_then(|i| names.get(i)).copied().unwrap_or("?")
}

/// `3 may 2018`.
pub fn day(lang: Lang, day: Day) -> String {
    format!("{} {} {}", day.0.day(), month(lang, day.0.month()), day.0.year())
}

/// `3 mar 2026, 11:05`.
pub fn stamp(lang: Lang, at: &ZonedDateTime) -> String {
    format!("{}, {:02}:{:02}", day(lang, Day(at.date())), at.hour(), at.minute())
}

/// A `<time>` in `zone`, with the instant for machines.
pub fn time(lang: Lang, at: Instant, zone: TimeZone) -> Markup {
    let local = at.timestamp().to_zoned_datetime(zone);
    html! { time datetime=(at) { (stamp(lang, &local)) } }
}

/// `hace 21 h`, from minutes to days.
pub fn age(lang: Lang, seconds: i64) -> String {
    let minutes = seconds.max(0) / 60;
    match minutes {
        0..=119 => lang.tr("age-minutes", &[("n", minutes.into())]),
        120..=5759 => lang.tr("age-hours", &[("n", (minutes / 60).into())]),
        _ => lang.tr("age-days", &[("n", (minutes / 1440).into())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn br_39_the_zone_of_the_place_after_2022() {
        let at = |text: &str, zone: &str| {
            let at: Instant = text.parse().unwrap();
            stamp(Lang::Es, &at.timestamp().to_zoned_datetime(TimeZone::get(zone).unwrap()))
        };
        // No summer time in the centre since 2022; the northern border keeps it.
        assert_eq!(at("2026-07-03T18:05:00Z", "America/Mexico_City"), "3 jul 2026, 12:05");
        assert_eq!(at("2026-07-03T18:05:00Z", "America/Tijuana"), "3 jul 2026, 11:05");
        assert_eq!(at("2026-01-03T18:05:00Z", "America/Tijuana"), "3 ene 2026, 10:05");
        assert_eq!(at("2026-01-03T18:05:00Z", "America/Cancun"), "3 ene 2026, 13:05");
        assert_eq!(day(Lang::En, Day::new(2018, 5, 3).unwrap()), "3 May 2018");
    }
}
