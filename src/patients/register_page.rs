//! The form that registers a child, and the question whether it is here already.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::birth::BirthDate;
use super::duplicate::{Candidate, CandidateRecord};
use super::input::{Choice, Decision, DecisionKind, Elsewhere, RegisterPatient};
use super::model::{Patient, PatientId, fold};
use super::service::{self, PatientError, Registration};
use crate::app::{App, page};
use crate::codes::Sex;
use crate::people::{Caller, UserId};
use crate::web::components::{self, Field, Form as Drawn, choices};
use crate::web::{Fault, FieldFault, Form, Lang, Pages, Problem, time, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new().get("/patients/new", new).post("/patients/new", register)
}

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
    site: String,
    decision_kind: String,
    decision_of: Vec<String>,
    pub(crate) decision_reason: String,
    elsewhere_choice: String,
    elsewhere_reason: String,
    elsewhere_in_charge: String,
}

impl PatientForm {
    /// Made when the form is first shown, so that sending it twice registers one child.
    fn blank() -> Self {
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
        let elsewhere = self.elsewhere().map_err(|f| PatientError::Fields(vec![f]))?;
        let decision = self.decision().map_err(|f| PatientError::Fields(vec![f]))?;
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

async fn new(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    if service::sites_to_register_at(&caller).is_empty() {
        return Err(PatientError::NotAllowed.into());
    }
    Ok(form_page(&app, &caller, &PatientForm::blank(), None, &[]))
}

/// The page of what a registration led to.
fn led_to(caller: &Caller, done: &Registration) -> String {
    match done {
        Registration::Registered(done) => {
            url(caller.lang, &format!("/patients/{}", done.patient.id))
        }
        Registration::Opened(patient) => url(caller.lang, &format!("/patients/{}", patient.id)),
        Registration::Asked(ids) => match ids.as_slice() {
            [only] => url(caller.lang, &format!("/care/{only}")),
            _ => url(caller.lang, "/care"),
        },
    }
}

async fn register(
    State(app): State<App>,
    caller: Caller,
    Form(mut form): Form<PatientForm>,
) -> Result<Response, Problem> {
    let done = match form.input() {
        Ok(input) => service::register(&app, &caller, input).await,
        Err(e) => Err(e),
    };
    let refused = match done {
        Ok(done) => return Ok(Redirect::to(&led_to(&caller, &done)).into_response()),
        Err(e @ (PatientError::NotAllowed | PatientError::NotFound | PatientError::Db(_))) => {
            return Err(e.problem());
        }
        // Came back with the browser's "back": another child needs another key.
        Err(e @ PatientError::KeyUsed) => {
            form.id = PatientId::new().to_string();
            e
        }
        Err(e) => e,
    };
    let seniors = match &refused {
        PatientError::AskFirst(seniors) => seniors.clone(),
        _ if form.elsewhere_choice.is_empty() => vec![],
        _ => match service::registering_site(&app, &caller, &form.site) {
            Ok(site) => service::seniors(&app, site).await?,
            Err(_) => vec![],
        },
    };
    Ok(form_page(&app, &caller, &form, Some(&refused), &seniors))
}

/// A fault's field as the form names it.
fn form_fault(mut fault: FieldFault) -> FieldFault {
    if let Some((group @ ("decision" | "elsewhere"), part)) = fault.field.split_once('.') {
        fault.field = format!("{group}_{part}");
    }
    fault
}

fn form_page(
    app: &App,
    caller: &Caller,
    typed: &PatientForm,
    refused: Option<&PatientError>,
    seniors: &[(UserId, String)],
) -> Response {
    let lang = caller.lang;
    let faults: Vec<FieldFault> =
        refused.map(Fault::fields).unwrap_or_default().into_iter().map(form_fault).collect();
    let form = Drawn { lang, faults: &faults };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("patients-register")) }
        form class="form" method="post" action=(url(lang, "/patients/new")) {
            (components::hidden("id", &typed.id))
            (question(lang, &form, refused, typed))
            (elsewhere(&form, refused, typed, seniors))
            (who(lang, &form, typed))
            (identifiers(app, caller, &form, typed))
            (components::submit(&lang.t("patients-register")))
        }
    };
    let page = page(caller, lang.t("patients-register"))
        .style("form")
        .script("form")
        .width("narrow")
        .refused(refused.is_some());
    match refused.map(Fault::status) {
        Some(409) => page.status(StatusCode::CONFLICT).render(&content),
        _ => page.render(&content),
    }
}

/// A field by its name, in words, with what was typed.
fn field<'a>(lang: Lang, name: &'a str, label: &str, value: &'a str) -> Field<'a> {
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

fn identifiers(app: &App, caller: &Caller, form: &Drawn<'_>, typed: &PatientForm) -> Markup {
    let lang = caller.lang;
    let sites = service::sites_to_register_at(caller);
    html! {
        fieldset class="group" {
            legend { (lang.t("patients-identifiers")) }
            p class="hint" { (lang.t("patients-identifiers-hint")) }
            div class="two" {
                (form.text(&Field { size: "mid", ..field(lang, "record_number", "field-record", &typed.record_number) }))
                (numbers(lang, form, typed))
            }
            @if sites.len() > 1 {
                @let options = choices(sites.iter().map(|s| (app.sites.code(*s), app.sites.name(*s))));
                (form.select(&field(lang, "site", "field-centre", &typed.site), &options))
            }
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

/// Who may be the same child, and what the person at the form decides.
fn question(
    lang: Lang,
    form: &Drawn<'_>,
    refused: Option<&PatientError>,
    typed: &PatientForm,
) -> Markup {
    match refused {
        Some(PatientError::CurpTaken(found)) => html! {
            fieldset class="group" {
                legend { (lang.t("patients-curp-of")) }
                (candidates(lang, found))
            }
        },
        Some(PatientError::PossibleDuplicate(found)) => html! {
            fieldset class="group" {
                legend { (lang.t("patients-decide")) }
                (candidates(lang, found))
                @for c in found { (components::hidden("decision_of", &c.mark)) }
                (decision(lang, form, found.iter().any(|c| c.reason.may_be_twin()), typed))
            }
        },
        // Another field was wrong: what was seen and decided stays.
        _ if !typed.decision_of.is_empty() => html! {
            fieldset class="group" {
                legend { (lang.t("patients-decide")) }
                @for mark in &typed.decision_of { (components::hidden("decision_of", mark)) }
                (decision(lang, form, true, typed))
            }
        },
        _ => Markup::default(),
    }
}

fn decision(lang: Lang, form: &Drawn<'_>, twins: bool, typed: &PatientForm) -> Markup {
    let offered = DecisionKind::ALL.iter().filter(|k| twins || **k != DecisionKind::Twin);
    let kinds = choices(offered.map(|k| (k.as_str(), lang.t(&format!("decision-{k}")))));
    html! {
        (form.radios(&field(lang, "decision_kind", "field-decision", &typed.decision_kind), &kinds))
        (form.text(&Field {
            hint: Some(lang.t("patients-hint-why")),
            ..field(lang, "decision_reason", "field-why", &typed.decision_reason)
        }))
    }
}

/// What to do where others must say something first: the same words whatever was met. Nothing is
/// preselected.
fn elsewhere(
    form: &Drawn<'_>,
    refused: Option<&PatientError>,
    typed: &PatientForm,
    seniors: &[(UserId, String)],
) -> Markup {
    let asked = matches!(refused, Some(PatientError::AskFirst(_)));
    if !asked && typed.elsewhere_choice.is_empty() {
        return Markup::default();
    }
    let lang = form.lang;
    let ways = choices(Choice::ALL.iter().map(|c| (c.as_str(), lang.t(&format!("elsewhere-{c}")))));
    let seniors = choices(seniors.iter().map(|(id, name)| (id.to_string(), name.clone())));
    html! {
        fieldset class="group" {
            legend { (lang.t("elsewhere-title")) }
            p { (lang.t("elsewhere-text")) }
            (form.radios(
                &field(lang, "elsewhere_choice", "elsewhere-what", &typed.elsewhere_choice),
                &ways,
            ))
            (form.text(&Field {
                hint: Some(lang.t("elsewhere-why-hint")),
                ..field(lang, "elsewhere_reason", "field-why", &typed.elsewhere_reason)
            }))
            (form.select(
                &Field {
                    hint: Some(lang.t("elsewhere-in-charge-hint")),
                    ..field(lang, "elsewhere_in_charge", "elsewhere-in-charge",
                        &typed.elsewhere_in_charge)
                },
                &seniors,
            ))
        }
    }
}

fn candidates(lang: Lang, found: &[Candidate]) -> Markup {
    html! {
        ul class="timeline" { @for c in found { li {
            span class="what" { (lang.t(&format!("duplicate-{}", c.reason))) }
            (known(lang, &c.record))
        } } }
    }
}

/// A candidate in reach: enough to compare with the child and the papers at hand.
fn known(lang: Lang, r: &CandidateRecord) -> Markup {
    let birth =
        r.birth_date.parse::<BirthDate>().map_or_else(|_| r.birth_date.clone(), |d| d.text(lang));
    let given = |label: &str, value: &Option<String>| {
        value.as_ref().map(|v| (lang.t(label), components::code(v)))
    };
    let mut facts = vec![
        (lang.t("field-birth"), components::text(birth)),
        (lang.t("field-sex"), components::text(lang.t(&format!("sex-{}", r.sex)))),
        (lang.t("field-folio"), components::code(&r.folio)),
        (lang.t("field-centre"), components::text(&r.centre)),
    ];
    facts.extend(given("field-curp", &r.curp));
    facts.extend(given("field-nss", &r.nss));
    facts.extend(given("field-agregado", &r.agregado));
    html! {
        div {
            p { b translate="no" { (r.name) } }
            (components::facts(&facts))
            p { a href=(url(lang, &format!("/patients/{}", r.id))) { (lang.t("patients-same-one")) } }
        }
    }
}
