//! What a field of a request may hold. Pure.

use std::ops::RangeInclusive;
use std::str::FromStr;

use super::due::counts_from_day1;
use super::input::Context;
use super::told::{Answer, Told};
use crate::catalogue::TimePoint;
use crate::codes::Licence;
use crate::db::Day;
use crate::web::number::{self, NotANumber};
use crate::web::{FieldFault, flag, line};

/// Checks the fields of a request, and remembers those that are wrong.
pub(super) struct Checker<'a> {
    pub faults: Vec<FieldFault>,
    pub context: Context<'a>,
}

impl Checker<'_> {
    pub fn blame(&mut self, field: &str, code: &'static str) {
        self.faults.push(FieldFault::new(field, code));
    }
    pub fn text(
        &mut self,
        field: &str,
        value: &str,
        limit: usize,
        required: bool,
    ) -> Option<String> {
        if value.trim().is_empty() && !required {
            return None;
        }
        line(field, value, 1..=limit).map_err(|fault| self.faults.push(fault)).ok()
    }
    pub fn yes_no(&mut self, field: &str, value: &str) -> bool {
        flag(field, value, None).unwrap_or_else(|fault| {
            self.faults.push(fault);
            false
        })
    }
    /// A day of the child's life.
    pub fn day(&mut self, field: &str, value: &str) -> Option<Day> {
        match (value.trim(), value.trim().parse::<Day>()) {
            ("", _) => self.blame(field, "required"),
            (_, Err(_)) => self.blame(field, "no-such-date"),
            (_, Ok(day)) if day < self.context.born => self.blame(field, "date-before-birth"),
            (_, Ok(day)) => return Some(day),
        }
        None
    }
    /// A day of the child's life up to today.
    pub fn past_day(&mut self, field: &str, value: &str) -> Option<Day> {
        let day = self.day(field, value)?;
        if day > self.context.today {
            self.blame(field, "date-in-future");
            return None;
        }
        Some(day)
    }
    /// The day a time point counts from. A transplant may still be planned, a treatment has begun.
    pub fn anchor(&mut self, point: &TimePoint, value: &str) -> Option<Day> {
        if counts_from_day1(point) {
            return self.past_day("day1", value);
        }
        let day = self.day("day1", value)?;
        if day > self.context.today.plus_days(366) {
            self.blame("day1", "date-too-far");
            return None;
        }
        Some(day)
    }
    /// Yes, no, or that nobody knows.
    pub fn answer(&mut self, field: &str, value: &str) -> Answer {
        match value.trim().parse() {
            Ok(answer) => return answer,
            Err(_) if value.trim().is_empty() => self.blame(field, "required"),
            Err(_) => self.blame(field, "yes-no-unknown"),
        }
        Answer::Unknown
    }
    /// As [`Self::answer`]; nothing where it is not asked and not answered.
    pub fn some_answer(&mut self, field: &str, value: &str, asked: bool) -> Option<Answer> {
        (asked || !value.trim().is_empty()).then(|| self.answer(field, value))
    }
    /// One word of a list.
    pub fn word<T: FromStr>(&mut self, field: &str, value: &str, required: bool) -> Option<T> {
        let word = value.trim().parse().ok();
        match value.trim() {
            "" if required => self.blame(field, "required"),
            "" => {}
            _ if word.is_none() => self.blame(field, "word-of-the-list"),
            _ => return word,
        }
        None
    }
    /// Some words of a list, each once.
    pub fn words<T: FromStr + Ord>(&mut self, field: &str, values: &[String]) -> Vec<T> {
        let found: Option<Vec<T>> = values.iter().map(|v| v.trim().parse().ok()).collect();
        let Some(mut words) = found.filter(|_| values.len() <= 40) else {
            self.blame(field, "word-of-the-list");
            return vec![];
        };
        words.sort_unstable();
        words.dedup();
        words
    }
    /// A whole number that need not be told.
    pub fn whole(&mut self, field: &str, value: &str, of: RangeInclusive<u8>) -> Option<u8> {
        let text = value.trim();
        if text.is_empty() {
            return None;
        }
        match number::whole(text).map(u8::try_from) {
            Ok(Ok(n)) if of.contains(&n) => return Some(n),
            Ok(_) => {
                let (least, most) = (i64::from(*of.start()), i64::from(*of.end()));
                let fault = FieldFault::new(field, "whole-between");
                self.faults.push(fault.with("least", least).with("most", most));
            }
            Err(e) => self.faults.push(e.fault(field)),
        }
        None
    }
    /// A day of the child's life up to today that need not be told.
    pub fn some_day(&mut self, field: &str, value: &str) -> Option<Day> {
        if value.trim().is_empty() { None } else { self.past_day(field, value) }
    }
    /// A professional licence, which need not be told.
    pub fn licence(&mut self, field: &str, value: &str) -> Option<String> {
        match Licence::typed(value) {
            Ok(licence) => licence.map(|l| l.as_str().to_owned()),
            Err(_) => {
                self.blame(field, "licence");
                None
            }
        }
    }
    /// A phone that somebody answers.
    pub fn phone(&mut self, field: &str, value: &str) -> Option<String> {
        let phone = self.text(field, value, 40, true)?;
        let digits = phone.chars().filter(char::is_ascii_digit).count();
        if digits < 8 || !phone.chars().all(|ch| ch.is_ascii_digit() || "+ ()-.ext".contains(ch)) {
            self.blame(field, "phone");
        }
        Some(phone)
    }
    /// As [`Self::answer`], where a yes needs its day, or that nobody knows the day. Nothing is answered to
    /// what is not asked.
    pub fn told(&mut self, (field, value, date): (&str, &str, &str), asked: bool) -> Option<Told> {
        if value.trim().is_empty() && !asked {
            return None;
        }
        match (self.answer(field, value), date.trim()) {
            (Answer::No, _) => Some(Told::No),
            (Answer::Unknown, _) => Some(Told::Unknown),
            (Answer::Yes, "unknown") => Some(Told::Yes(None)),
            (Answer::Yes, date) => {
                self.past_day(&format!("{field}_date"), date).map(|day| Told::Yes(Some(day)))
            }
        }
    }
    /// A decimal of at most `max`, or `unknown`.
    pub fn decimal(
        &mut self,
        (field, value): (&str, &str),
        max: u32,
        required: bool,
    ) -> Option<String> {
        let text = value.trim();
        match text {
            "" if required => self.blame(field, "required"),
            "" | "unknown" => {}
            _ => {
                let thousandths = number::decimal(text, 3);
                let fits = |n: &i64| (0..=i64::from(max) * 1000).contains(n);
                if thousandths.as_ref().is_ok_and(fits) {
                    return number::written(text, 3).ok();
                }
                self.faults.push(match thousandths {
                    Err(e @ NotANumber::DecimalComma(_)) => e.fault(field),
                    _ => FieldFault::new(field, "decimal-or-unknown").with("max", i64::from(max)),
                });
            }
        }
        None
    }
    pub fn tubes(&mut self, tubes: &[String]) -> Vec<(String, String)> {
        if tubes.is_empty() {
            self.blame("tubes", "required");
        }
        if tubes.len() > 12 {
            self.faults.push(FieldFault::new("tubes", "too-many").with("limit", 12_i64));
        }
        let mut good = vec![];
        for tube in tubes.iter().take(12) {
            let (specimen, container) = tube.split_once('/').unwrap_or((tube, ""));
            let known = self.context.catalogue.specimen(specimen).filter(|s| !s.is_derived());
            match known {
                None => self.blame("tubes", "unknown-specimen"),
                Some(s) if !s.containers().any(|c| c == container) => {
                    self.blame("tubes", "wrong-container");
                }
                Some(_) => good.push((specimen.to_owned(), container.to_owned())),
            }
        }
        good
    }
}
