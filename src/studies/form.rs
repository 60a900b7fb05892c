//! What people fill in of a request: as they write it, and how its questions are drawn, for the form
//! that asks and for the one that corrects.

use maud::{Markup, html};
use serde::Deserialize;

use super::correction::Particulars;
use super::input::RequestStudy;
use crate::db::Day;
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{FieldFault, Lang};

/// As the input, with protocol and time point in one choice, dates as people write them, and "not
/// known" as a box of its own.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StudyForm {
    pub(super) id: String,
    pub(super) kind: String,
    /// `PROTOCOL/TIMEPOINT`.
    pub(super) point: String,
    pub(super) day1: String,
    pub(super) outside_reason: String,
    pub(super) diagnosis: String,
    pub(super) anti_cd19: String,
    pub(super) anti_cd19_date: String,
    pub(super) anti_cd22: String,
    pub(super) anti_cd22_date: String,
    pub(super) car_t: String,
    pub(super) car_t_date: String,
    pub(super) anti_cd38: String,
    pub(super) anti_cd38_date: String,
    pub(super) transplant: String,
    pub(super) transplant_date: String,
    pub(super) gcsf: String,
    pub(super) steroids: String,
    pub(super) wbc: String,
    pub(super) wbc_unknown: String,
    pub(super) blood_blasts: String,
    pub(super) blood_blasts_unknown: String,
    pub(super) diagnostic_reference: String,
    pub(super) requester: String,
    pub(super) critical_phone: String,
    pub(super) urgent: String,
    pub(super) tubes: Vec<String>,
    pub(super) site: String,
    /// Why, of a correction.
    pub(super) reason: String,
}

/// `16/2/2026` as `2026-02-16`; anything else as it is, for the check to refuse.
fn iso(text: &str) -> String {
    let parts: Vec<&str> = text.trim().split(['/', '-', '.']).map(str::trim).collect();
    match parts.as_slice() {
        [d, m, y] if d.len() <= 2 && m.len() <= 2 && y.len() == 4 => format!("{y}-{m:0>2}-{d:0>2}"),
        _ => text.trim().to_owned(),
    }
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

/// A number, or the word for "not known" where the box is ticked and nothing was typed.
fn or_unknown(value: &str, unknown: &str) -> String {
    if unknown == "yes" && value.trim().is_empty() { "unknown".into() } else { value.to_owned() }
}

impl StudyForm {
    pub(super) fn input(&self) -> RequestStudy {
        let (protocol, timepoint) = self.point.split_once('/').unwrap_or((&self.point, ""));
        RequestStudy {
            id: self.id.clone(),
            kind: self.kind.clone(),
            protocol: protocol.to_owned(),
            timepoint: timepoint.to_owned(),
            day1: iso(&self.day1),
            outside_reason: self.outside_reason.clone(),
            diagnosis: self.diagnosis.clone(),
            anti_cd19: self.anti_cd19.clone(),
            anti_cd19_date: iso(&self.anti_cd19_date),
            anti_cd22: self.anti_cd22.clone(),
            anti_cd22_date: iso(&self.anti_cd22_date),
            car_t: self.car_t.clone(),
            car_t_date: iso(&self.car_t_date),
            anti_cd38: self.anti_cd38.clone(),
            anti_cd38_date: iso(&self.anti_cd38_date),
            transplant: self.transplant.clone(),
            transplant_date: iso(&self.transplant_date),
            gcsf: self.gcsf.clone(),
            steroids: self.steroids.clone(),
            wbc: or_unknown(&self.wbc, &self.wbc_unknown),
            blood_blasts: or_unknown(&self.blood_blasts, &self.blood_blasts_unknown),
            diagnostic_reference: self.diagnostic_reference.clone(),
            requester: self.requester.clone(),
            critical_phone: self.critical_phone.clone(),
            urgent: self.urgent.clone(),
            tubes: self.tubes.clone(),
            site: self.site.clone(),
        }
    }

    /// What a request says, as it would have been typed.
    pub(super) fn saying(p: &Particulars) -> Self {
        let a = &p.answers;
        let dated =
            |day: Option<Day>| (yes_no(day.is_some()), day.map(slashed).unwrap_or_default());
        let (anti_cd19, anti_cd19_date) = dated(a.anti_cd19);
        let (anti_cd22, anti_cd22_date) = dated(a.anti_cd22);
        let (car_t, car_t_date) = dated(a.car_t);
        let (anti_cd38, anti_cd38_date) = dated(a.anti_cd38);
        let (transplant, transplant_date) = dated(a.transplant);
        let unknown = |n: &Option<String>| if n.is_none() { "yes".into() } else { String::new() };
        Self {
            diagnosis: p.diagnosis.clone(),
            anti_cd19,
            anti_cd19_date,
            anti_cd22,
            anti_cd22_date,
            car_t,
            car_t_date,
            anti_cd38,
            anti_cd38_date,
            transplant,
            transplant_date,
            gcsf: yes_no(a.gcsf),
            steroids: yes_no(a.steroids),
            wbc: a.wbc.clone().unwrap_or_default(),
            wbc_unknown: unknown(&a.wbc),
            blood_blasts: a.blood_blasts.clone().unwrap_or_default(),
            blood_blasts_unknown: unknown(&a.blood_blasts),
            diagnostic_reference: p.diagnostic_reference.clone().unwrap_or_default(),
            requester: p.requester.clone(),
            critical_phone: p.critical_phone.clone(),
            ..Self::default()
        }
    }

    /// A number beside a ticked "not known": one of the two is wrong, and only the person knows.
    pub(super) fn contradictions(&self) -> Vec<FieldFault> {
        [
            ("wbc", &self.wbc, &self.wbc_unknown),
            ("blood_blasts", &self.blood_blasts, &self.blood_blasts_unknown),
        ]
        .into_iter()
        .filter(|(_, value, unknown)| *unknown == "yes" && !value.trim().is_empty())
        .map(|(field, ..)| FieldFault::new(field, "number-or-unknown"))
        .collect()
    }

    fn dated(&self) -> [(&'static str, &str, &str); 5] {
        [
            ("anti_cd19", &self.anti_cd19, &self.anti_cd19_date),
            ("anti_cd22", &self.anti_cd22, &self.anti_cd22_date),
            ("car_t", &self.car_t, &self.car_t_date),
            ("anti_cd38", &self.anti_cd38, &self.anti_cd38_date),
            ("transplant", &self.transplant, &self.transplant_date),
        ]
    }
}

/// A day as the form takes it: `16/2/2026`.
pub(super) fn slashed(day: Day) -> String {
    format!("{}/{}/{}", day.0.day(), day.0.month(), day.0.year())
}

/// What the questions of a request are drawn from.
pub(super) struct Questions<'a> {
    pub lang: Lang,
    pub form: Drawn<'a>,
    pub typed: &'a StudyForm,
}

impl Questions<'_> {
    pub(super) fn field<'b>(&self, name: &'b str, label: &str, value: &'b str) -> Field<'b> {
        Field { name, label: self.lang.t(label), value, ..Field::default() }
    }

    pub(super) fn yes_no(&self, name: &str, label: &str, value: &str) -> Markup {
        self.form.radios(&self.field(name, label, value), &components::yes_no(self.lang))
    }

    pub(super) fn diagnosis(&self) -> Markup {
        let hint = Some(self.lang.t("hint-diagnosis"));
        let field = self.field("diagnosis", "field-diagnosis", &self.typed.diagnosis);
        self.form.text(&Field { hint, ..field })
    }

    /// Who asks, and whom to call.
    pub(super) fn contact(&self) -> Markup {
        let phone = self.field("critical_phone", "field-phone", &self.typed.critical_phone);
        html! {
            div class="two" {
                (self.form.text(&self.field("requester", "field-requester", &self.typed.requester)))
                (self.form.text(&Field { kind: "tel", ..phone }))
            }
        }
    }

    /// The clinical questions, and the report of the diagnosis.
    pub(super) fn all(&self) -> Markup {
        let (lang, typed) = (self.lang, self.typed);
        html! {
            fieldset class="group" {
                legend { (lang.t("studies-questions")) }
                p class="hint" { (lang.t("studies-questions-hint")) }
                @for (name, answer, date) in typed.dated() { (self.dated(name, answer, date)) }
                div class="two" {
                    (self.yes_no("gcsf", "question-gcsf", &typed.gcsf))
                    (self.yes_no("steroids", "question-steroids", &typed.steroids))
                    (self.number("wbc", "question-wbc", &typed.wbc, &typed.wbc_unknown))
                    (self.number("blood_blasts", "question-blasts", &typed.blood_blasts, &typed.blood_blasts_unknown))
                }
                (self.form.text(&Field {
                    hint: Some(lang.t("hint-reference")),
                    ..self.field("diagnostic_reference", "field-reference", &typed.diagnostic_reference)
                }))
            }
        }
    }

    /// A question whose "yes" needs its date; the date goes away where "no" is chosen.
    fn dated(&self, name: &str, answer: &str, date: &str) -> Markup {
        let key = name.replace('_', "-");
        let therapy = self.lang.t(&format!("therapy-{key}"));
        let date_name = format!("{name}_date");
        let label = self.lang.tr("studies-date-of", &[("what", therapy.into())]);
        let date = Field {
            name: &date_name,
            label,
            hint: Some(self.lang.t("studies-hint-date")),
            value: date,
            size: "mid",
            ..Field::default()
        };
        html! {
            div class="two ask" {
                (self.yes_no(name, &format!("question-{key}"), answer))
                div class="if-yes" { (self.form.text(&date)) }
            }
        }
    }

    /// A number, or a tick that it is not known.
    fn number(&self, name: &str, label: &str, value: &str, unknown: &str) -> Markup {
        let field = Field { size: "short", inputmode: "decimal", ..self.field(name, label, value) };
        html! {
            div class="field" {
                (self.form.text(&field))
                label class="opt" {
                    input type="checkbox" name=(format!("{name}_unknown")) value="yes" checked[unknown == "yes"];
                    (self.lang.t("studies-unknown"))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_taken_as_people_write_them() {
        assert_eq!(iso(" 16/2/2026 "), "2026-02-16");
        assert_eq!(iso("05-03-2019"), "2019-03-05");
        assert_eq!(iso("2026-02-16"), "2026-02-16");
        assert_eq!(iso("29/2/2018"), "2018-02-29");
        assert_eq!(iso("ayer"), "ayer");
    }

    #[test]
    fn a_number_and_not_known_contradict_each_other() {
        let both = StudyForm { wbc: "3.4".into(), wbc_unknown: "yes".into(), ..Default::default() };
        assert_eq!(both.contradictions()[0].field, "wbc");
        let unknown = StudyForm { wbc_unknown: "yes".into(), ..Default::default() };
        assert!(unknown.contradictions().is_empty());
        assert_eq!(unknown.input().wbc, "unknown");
    }
}
