//! The form of an identity: what was typed, and its fields; for who registers a child and for who
//! corrects its identity.

use maud::{Markup, html};
use serde::Deserialize;

use super::input::{Choice, Decision, DecisionKind, Elsewhere, RegisterPatient};
use super::model::{Patient, PatientId, fold};
use super::service::PatientError;
use crate::codes::Sex;
use crate::web::components::{self, Field, Form as Drawn, choices};
use crate::web::{FieldFault, Lang, time};

/// As the input, with the birth date in three fields and the decision flat.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PatientForm {
    pub(crate) id: String,
    pub(crate) given_names: String,
    pub(crate) surname1: String,
    pub(crate) surname2: String,
    pub(crate) single_name: String,
    pub(crate) latin_given_names: String,
    pub(crate) latin_surname1: String,
    pub(crate) latin_surname2: String,
    pub(crate) birth_day: String,
    pub(crate) birth_month: String,
    pub(crate) birth_year: String,
    pub(crate) birth_estimated: String,
    pub(crate) sex: String,
    pub(crate) curp: String,
    pub(crate) nss: String,
    pub(crate) agregado: String,
    pub(crate) record_number: String,
    pub(crate) multiple_birth: String,
    pub(super) site: String,
    pub(super) decision_kind: String,
    pub(super) decision_of: Vec<String>,
    pub(crate) decision_reason: String,
    pub(super) elsewhere_choice: String,
    pub(super) elsewhere_reason: String,
    pub(super) elsewhere_in_charge: String,
}

impl PatientForm {
    /// Made when the form is first shown, so that sending it twice registers one child.
    pub(super) fn blank() -> Self {
        Self { id: PatientId::new().to_string(), ..Self::default() }
    }

    /// A registered child's identity, as somebody who corrects it finds it.
    pub(crate) fn of(p: &Patient, record_number: Option<String>) -> Self {
        let yes = |on: bool| if on { "yes".to_owned() } else { String::new() };
        let text = |value: Option<String>| value.unwrap_or_default();
        let birth = p.birth().to_string();
        let part = |n| birth.split('-').nth(n).unwrap_or_default().to_owned();
        Self {
            given_names: p.given_names.clone(),
            surname1: p.surname1.clone(),
            surname2: text(p.surname2.clone()),
            single_name: yes(p.surname1.is_empty()),
            latin_given_names: text(p.latin_given.clone()),
            latin_surname1: text(p.latin_surname1.clone()),
            latin_surname2: text(p.latin_surname2.clone()),
            birth_year: part(0),
            birth_month: part(1),
            birth_day: part(2),
            birth_estimated: yes(p.birth().is_estimated()),
            sex: p.sex.to_string(),
            curp: text(p.curp.as_ref().map(ToString::to_string)),
            nss: text(p.nss.as_ref().map(ToString::to_string)),
            agregado: text(p.agregado.as_ref().map(ToString::to_string)),
            record_number: text(record_number),
            multiple_birth: if p.multiple_birth { "yes".into() } else { "no".into() },
            ..Self::default()
        }
    }

    /// `2018-05-03`, `2018-05` or `2018`; empty if nothing was typed, and no date where what was typed
    /// is none. The month may be a word.
    fn birth_date(&self) -> String {
        let two = |s: &str| format!("{:0>2}", s.trim());
        let (year, month, day) =
            (self.birth_year.trim(), month(self.birth_month.trim()), self.birth_day.trim());
        match (year, month.as_str(), day) {
            ("", "", "") => String::new(),
            (year, "", "") => year.to_owned(),
            (year, month, "") => format!("{year}-{}", two(month)),
            (year, month, day) => format!("{year}-{}-{}", two(month), two(day)),
        }
    }

    /// A decision, once candidates were shown; without a kind it is still to be taken.
    fn decision(&self) -> Result<Option<Decision>, FieldFault> {
        if self.decision_of.is_empty() {
            return Ok(None);
        }
        let kind = match self.decision_kind.trim() {
            "" => return Ok(None),
            word => word
                .parse::<DecisionKind>()
                .map_err(|_| FieldFault::new("decision_kind", "decision-kind"))?,
        };
        let reason = self.decision_reason.clone();
        Ok(Some(Decision { kind, of: self.decision_of.clone(), reason }))
    }

    /// What to do about others' records, once it was asked; without a choice it is still to be
    /// taken.
    fn elsewhere(&self) -> Result<Option<Elsewhere>, FieldFault> {
        let choice = match self.elsewhere_choice.trim() {
            "" => return Ok(None),
            word => word
                .parse::<Choice>()
                .map_err(|_| FieldFault::new("elsewhere_choice", "word-of-the-list"))?,
        };
        Ok(Some(Elsewhere {
            choice,
            reason: self.elsewhere_reason.clone(),
            in_charge: self.elsewhere_in_charge.clone(),
        }))
    }

    /// As the service takes it.
    pub(crate) fn input(&self) -> Result<RegisterPatient, PatientError> {
        let elsewhere = self.elsewhere()?;
        let decision = self.decision()?;
        Ok(RegisterPatient {
            id: self.id.clone(),
            given_names: self.given_names.clone(),
            surname1: self.surname1.clone(),
            surname2: self.surname2.clone(),
            single_name: self.single_name.clone(),
            latin_given_names: self.latin_given_names.clone(),
            latin_surname1: self.latin_surname1.clone(),
            latin_surname2: self.latin_surname2.clone(),
            birth_date: self.birth_date(),
            birth_estimated: self.birth_estimated.clone(),
            sex: self.sex.clone(),
            curp: self.curp.clone(),
            nss: self.nss.clone(),
            agregado: self.agregado.clone(),
            record_number: self.record_number.clone(),
            multiple_birth: self.multiple_birth.clone(),
            site: self.site.clone(),
            decision,
            elsewhere,
        })
    }
}

/// The month's number, where it is a word in one of the two languages: `mayo`, `May.`, `ene`.
fn month(typed: &str) -> String {
    let word = fold(typed).to_lowercase();
    if word.len() < 3 || !word.chars().all(char::is_alphabetic) {
        return typed.to_owned();
    }
    let begins = |n: &i8| {
        [Lang::Es, Lang::En].iter().any(|lang| {
            let name = time::month(*lang, *n).to_lowercase();
            word.starts_with(name.trim_end_matches('.'))
        })
    };
    (1..=12).find(begins).map_or_else(|| typed.to_owned(), |n| n.to_string())
}

/// A field by its name, in words, with what was typed.
pub(super) fn field<'a>(lang: Lang, name: &'a str, label: &str, value: &'a str) -> Field<'a> {
    Field { name, label: lang.t(label), value, ..Field::default() }
}

/// Name, birth and sex.
pub(crate) fn who(lang: Lang, form: &Drawn<'_>, typed: &PatientForm) -> Markup {
    let sexes = choices(Sex::ALL.iter().map(|s| (s.as_str(), lang.t(&format!("sex-{s}")))));
    html! {
        fieldset class="group" {
            legend { (lang.t("patients-who")) }
            div class="two" {
                (form.text(&field(lang, "surname1", "field-surname1", &typed.surname1)))
                (form.text(&Field {
                    hint: Some(lang.t("patients-hint-surname2")),
                    ..field(lang, "surname2", "field-surname2", &typed.surname2)
                }))
            }
            (form.text(&Field {
                hint: Some(lang.t("patients-hint-given")),
                ..field(lang, "given_names", "field-given", &typed.given_names)
            }))
            (form.checks(
                &field(lang, "single_name", "field-single-name", ""),
                &choices([("yes", lang.t("patients-single-name"))]),
                std::slice::from_ref(&typed.single_name),
            ))
            (latin(lang, form, typed))
            (birth_fields(lang, form, typed))
            (form.checks(
                &field(lang, "birth_estimated", "field-birth-estimated", ""),
                &choices([("yes", lang.t("patients-birth-estimated"))]),
                std::slice::from_ref(&typed.birth_estimated),
            ))
            (form.radios(&field(lang, "sex", "field-sex", &typed.sex), &sexes))
            (form.radios(
                &field(lang, "multiple_birth", "field-multiple", &typed.multiple_birth),
                &components::yes_no(lang),
            ))
        }
    }
}

/// The name as labels print it, once it was found that they can't draw it: a proposal in Latin
/// letters stands there already, for a person to compare with the papers.
fn latin(lang: Lang, form: &Drawn<'_>, typed: &PatientForm) -> Markup {
    let parts = [
        ("latin_surname1", "field-latin-surname1", &typed.latin_surname1, &typed.surname1),
        ("latin_surname2", "field-latin-surname2", &typed.latin_surname2, &typed.surname2),
        ("latin_given_names", "field-latin-given", &typed.latin_given_names, &typed.given_names),
    ];
    let asked = form.faults.iter().any(|f| f.field.starts_with("latin_"));
    if !asked && parts.iter().all(|(_, _, latin, _)| latin.trim().is_empty()) {
        return Markup::default();
    }
    html! {
        p class="hint" { (lang.t("patients-latin-hint")) }
        @for (name, label, latin, real) in parts {
            @let proposal = if latin.trim().is_empty() { deunicode::deunicode(real) } else { latin.clone() };
            (form.text(&field(lang, name, label, &proposal)))
        }
    }
}

/// CURP, NSS and agregado.
pub(crate) fn numbers(lang: Lang, form: &Drawn<'_>, typed: &PatientForm) -> Markup {
    let mid = |name, label, value| Field { size: "mid", ..field(lang, name, label, value) };
    let nss = Field {
        inputmode: "numeric",
        hint: Some(lang.t("hint-nss")),
        ..mid("nss", "field-nss", &typed.nss)
    };
    let agregado = Field {
        hint: Some(lang.t("hint-agregado")),
        ..mid("agregado", "field-agregado", &typed.agregado)
    };
    html! {
        (form.text(&mid("curp", "field-curp", &typed.curp)))
        (form.text(&nss))
        (form.text(&agregado))
    }
}

/// Day, month and year apart: a browser's own date field speaks the browser's language.
fn birth_fields(lang: Lang, form: &Drawn<'_>, typed: &PatientForm) -> Markup {
    let fault = form.faults.iter().find(|f| f.field == "birth_date").map(|f| f.text(lang));
    let described = if fault.is_some() { "f-birth-hint f-birth-err" } else { "f-birth-hint" };
    let part = |name: &str, label: &str, value: &str, id: &str| {
        html! {
            div class="field short" {
                label for=(id) { (lang.t(label)) }
                input id=(id) name=(name) value=(value) inputmode="numeric" autocomplete="off" size="4"
                    aria-invalid=[fault.as_ref().map(|_| "true")] aria-describedby=(described);
            }
        }
    };
    html! {
        fieldset class=(if fault.is_some() { "field bad" } else { "field" }) {
            legend { (lang.t("field-birth")) }
            p class="hint" id="f-birth-hint" { (lang.t("hint-birth")) }
            @if let Some(fault) = &fault { p class="err" id="f-birth-err" { (fault) } }
            div class="opts" {
                (part("birth_day", "field-day", &typed.birth_day, "f-birth-date"))
                (part("birth_month", "field-month", &typed.birth_month, "f-birth-month"))
                (part("birth_year", "field-year", &typed.birth_year, "f-birth-year"))
            }
        }
    }
}
