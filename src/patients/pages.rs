//! Finding and registering children.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::input::{Decision, DecisionKind, RegisterPatient};
use super::model::{Patient, PatientId};
use super::service::{self, Found, PatientError};
use super::{Candidate, DuplicateReason};
use crate::app::{App, page};
use crate::codes::Sex;
use crate::db::{Day, Limit};
use crate::people::{Caller, Role};
use crate::web::components::{self, Choice, Field, Form as Drawn, choices};
use crate::web::{Fault, Form, Lang, Pages, Problem, Query, time, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/patients", list)
        .post("/patients/search", search)
        .get("/patients/new", new)
        .post("/patients/new", register)
}

/// The banner of a patient: surnames first, birth date with its month in letters and the age.
pub fn banner(app: &App, lang: Lang, p: &Patient, today: Day, record: Option<&str>) -> Markup {
    let age = lang.tr("patients-age", &[("n", i64::from(p.age_years(today)).into())]);
    html! {
        section class="banner" aria-label=(lang.t("patients-banner")) {
            p class="name" translate="no" {
                a href=(url(lang, &format!("/patients/{}", p.id))) { (p.name().display()) }
            }
            dl {
                div { dt { (lang.t("field-birth")) } dd { (time::day(lang, p.birth_date)) " (" (age) ")" } }
                div { dt { (lang.t("field-sex")) } dd { (lang.t(&format!("sex-{}", p.sex))) } }
                div { dt { (lang.t("field-folio")) } dd class="mono" { (p.folio) } }
                @if let Some(record) = record { div { dt { (lang.t("field-record")) } dd class="mono" { (record) } } }
                div { dt { (lang.t("field-centre")) } dd { (app.sites.name(p.registered_site)) } }
            }
            @if p.multiple_birth { (components::chip(components::Tone::Warn, &lang.t("patients-twin"))) }
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct After {
    after: Option<PatientId>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(after): Query<After>,
) -> Result<Response, Problem> {
    found_page(&app, &caller, "", after.after).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchForm {
    #[serde(default)]
    text: String,
    #[serde(default)]
    after: String,
}

async fn search(
    State(app): State<App>,
    mut caller: Caller,
    Form(form): Form<SearchForm>,
) -> Result<Response, Problem> {
    // The twin of a search is the list: what was typed does not travel in addresses.
    caller.path = url(caller.lang, "/patients");
    let text: String = form.text.chars().filter(|c| !c.is_control()).take(200).collect();
    found_page(&app, &caller, &text, form.after.parse().ok()).await
}

async fn found_page(
    app: &App,
    caller: &Caller,
    text: &str,
    after: Option<PatientId>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let found = service::search(app, caller, text, after, Limit::default()).await?;
    let patients = match found {
        Found::Container(code) => {
            return Ok(Redirect::to(&url(lang, &format!("/samples/{code}"))).into_response());
        }
        Found::Patients(page) => page,
    };
    let may_register = caller.scope.has_any(&[Role::Collector, Role::Oncologist, Role::Reception]);
    let form = Drawn { lang, faults: &[] };
    let rows: Vec<Vec<Markup>> = patients.items.iter().map(|p| row(lang, p)).collect();
    let content = html! {
        div class="head" {
            h1 { (lang.t("patients-title")) }
            @if may_register { a class="btn strong" href=(url(lang, "/patients/new")) { (lang.t("patients-register")) } }
        }
        form class="search" method="post" action=(url(lang, "/patients/search")) role="search" {
            (form.text(&Field { name: "text", label: lang.t("patients-search"), hint: Some(lang.t("patients-search-hint")), value: text, ..Field::default() }))
            button class="btn strong" type="submit" { (lang.t("search")) }
        }
        @if rows.is_empty() {
            (components::empty(&lang.t("patients-none"), &lang.t("patients-none-advice")))
        } @else {
            (components::table(&lang.t("patients-title"), &[
                (&lang.t("field-name"), ""), (&lang.t("field-birth"), ""), (&lang.t("field-sex"), ""), (&lang.t("field-folio"), ""),
            ], &rows))
        }
        @if let Some(next) = &patients.next {
            form method="post" action=(url(lang, "/patients/search")) {
                (components::hidden("text", text))
                (components::hidden("after", next))
                button class="btn small" type="submit" { (lang.t("list-next")) }
            }
        }
    };
    let title = lang.t("patients-title");
    Ok(page(caller, title).style("form").script("form").render(&content))
}

fn row(lang: Lang, p: &Patient) -> Vec<Markup> {
    vec![
        html! { a href=(url(lang, &format!("/patients/{}", p.id))) translate="no" { (p.name().display()) } },
        html! { (time::day(lang, p.birth_date)) },
        html! { (lang.t(&format!("sex-{}", p.sex))) },
        components::code(p.folio.as_str()),
    ]
}

/// The registration form: as the input, with the birth date in three fields.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PatientForm {
    given_names: String,
    surname1: String,
    surname2: String,
    birth_day: String,
    birth_month: String,
    birth_year: String,
    sex: String,
    curp: String,
    nss: String,
    agregado: String,
    record_number: String,
    multiple_birth: String,
    site: String,
    decision_kind: String,
    decision_reason: String,
}

impl PatientForm {
    fn input(&self) -> RegisterPatient {
        let two = |s: &str| format!("{:0>2}", s.trim());
        let parts = [&self.birth_year, &self.birth_month, &self.birth_day];
        let empty = parts.iter().all(|p| p.trim().is_empty());
        let date = format!(
            "{}-{}-{}",
            self.birth_year.trim(),
            two(&self.birth_month),
            two(&self.birth_day)
        );
        let kind: Option<DecisionKind> = self.decision_kind.trim().parse().ok();
        RegisterPatient {
            given_names: self.given_names.clone(),
            surname1: self.surname1.clone(),
            surname2: self.surname2.clone(),
            birth_date: if empty { String::new() } else { date },
            sex: self.sex.clone(),
            curp: self.curp.clone(),
            nss: self.nss.clone(),
            agregado: self.agregado.clone(),
            record_number: self.record_number.clone(),
            multiple_birth: self.multiple_birth.clone(),
            site: self.site.clone(),
            decision: kind.map(|kind| Decision { kind, reason: self.decision_reason.clone() }),
        }
    }
}

async fn new(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    if service::sites_to_register_at(&app, &caller).is_empty() {
        return Err(PatientError::NotAllowed.into());
    }
    Ok(form_page(&app, &caller, &PatientForm::default(), None))
}

async fn register(
    State(app): State<App>,
    caller: Caller,
    Form(form): Form<PatientForm>,
) -> Result<Response, Problem> {
    match service::register(&app, &caller, form.input()).await {
        Ok(done) => {
            let path = format!("/patients/{}", done.patient.id);
            let warn = if done.disagreements.is_empty() { "" } else { "?curp=differs" };
            Ok(Redirect::to(&url(caller.lang, &format!("{path}{warn}"))).into_response())
        }
        Err(
            e @ (PatientError::Fields(_)
            | PatientError::PossibleDuplicate(_)
            | PatientError::CurpTaken(_)),
        ) => Ok(form_page(&app, &caller, &form, Some(&e))),
        Err(e) => Err(e.problem()),
    }
}

fn form_page(
    app: &App,
    caller: &Caller,
    typed: &PatientForm,
    refused: Option<&PatientError>,
) -> Response {
    let lang = caller.lang;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let sites = service::sites_to_register_at(app, caller);
    let field = |name: &'static str, label: &str, value| Field {
        name,
        label: lang.t(label),
        value,
        ..Field::default()
    };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("patients-register")) }
        form class="form" method="post" action=(url(lang, "/patients/new")) {
            @if let Some(PatientError::PossibleDuplicate(candidates)) = refused {
                (decision(lang, &form, candidates, typed))
            }
            @if let Some(PatientError::CurpTaken(candidates)) = refused { (candidate_list(lang, candidates)) }
            fieldset class="group" {
                legend { (lang.t("patients-who")) }
                div class="two" {
                    (form.text(&field("surname1", "field-surname1", &typed.surname1)))
                    (form.text(&field("surname2", "field-surname2", &typed.surname2)))
                }
                (form.text(&field("given_names", "field-given", &typed.given_names)))
                (birth_fields(lang, &form, typed))
                (form.radios(&field("sex", "field-sex", &typed.sex), &sexes(lang)))
            }
            fieldset class="group" {
                legend { (lang.t("patients-identifiers")) }
                p class="hint" { (lang.t("patients-identifiers-hint")) }
                div class="two" {
                    (form.text(&Field { size: "mid", ..field("record_number", "field-record", &typed.record_number) }))
                    (form.text(&Field { size: "mid", ..field("curp", "field-curp", &typed.curp) }))
                    (form.text(&Field { size: "mid", inputmode: "numeric", hint: Some(lang.t("hint-nss")), ..field("nss", "field-nss", &typed.nss) }))
                    (form.text(&Field { size: "mid", hint: Some(lang.t("hint-agregado")), ..field("agregado", "field-agregado", &typed.agregado) }))
                }
                (form.radios(&field("multiple_birth", "field-multiple", &typed.multiple_birth), &components::yes_no(lang)))
                @if sites.len() > 1 {
                    (form.select(&field("site", "field-centre", &typed.site), &choices(sites.clone())))
                }
            }
            (components::submit(&lang.t("patients-register")))
        }
    };
    page(caller, lang.t("patients-register"))
        .style("form")
        .script("form")
        .width("narrow")
        .refused(refused.is_some())
        .render(&content)
}

fn sexes(lang: Lang) -> Vec<Choice> {
    choices(Sex::ALL.iter().map(|s| (s.as_str(), lang.t(&format!("sex-{s}")))))
}

/// Day, month and year apart: a browser's own date field speaks the browser's language.
fn birth_fields(lang: Lang, form: &Drawn<'_>, typed: &PatientForm) -> Markup {
    let fault = form.faults.iter().find(|f| f.field == "birth_date").map(|f| f.text(lang));
    let part = |name: &str, label: &str, value: &str, id: &str| {
        html! {
            div class="field short" {
                label for=(id) { (lang.t(label)) }
                input id=(id) name=(name) value=(value) inputmode="numeric" autocomplete="off" size="4"
                    aria-invalid=[fault.as_ref().map(|_| "true")];
            }
        }
    };
    html! {
        fieldset class=(if fault.is_some() { "field bad" } else { "field" }) {
            legend { (lang.t("field-birth")) }
            p class="hint" { (lang.t("hint-birth")) }
            @if let Some(fault) = &fault { p class="err" { (fault) } }
            div class="opts" {
                (part("birth_day", "field-day", &typed.birth_day, "f-birth-date"))
                (part("birth_month", "field-month", &typed.birth_month, "f-birth-month"))
                (part("birth_year", "field-year", &typed.birth_year, "f-birth-year"))
            }
        }
    }
}

fn candidate_list(lang: Lang, candidates: &[Candidate]) -> Markup {
    html! {
        ul class="timeline" { @for c in candidates { li {
            span class="what" { (lang.t(&format!("duplicate-{}", c.reason))) }
            span {
                @match (&c.id, &c.name) {
                    (Some(id), Some(name)) => {
                        a href=(url(lang, &format!("/patients/{id}"))) { (name) }
                        " · " (c.birth_date.as_deref().unwrap_or_default()) " · " (c.folio.as_deref().unwrap_or_default())
                    },
                    _ => (lang.tr("patients-elsewhere", &[("centre", c.centre.as_str().into())])),
                }
            }
        } } }
    }
}

fn decision(lang: Lang, form: &Drawn<'_>, candidates: &[Candidate], typed: &PatientForm) -> Markup {
    let twins = candidates.iter().any(|c| c.reason == DuplicateReason::PerhapsTwins);
    let kinds = choices(
        DecisionKind::ALL
            .iter()
            .filter(|k| twins || **k != DecisionKind::Twin || typed.multiple_birth == "yes")
            .map(|k| (k.as_str(), lang.t(&format!("decision-{k}")))),
    );
    html! {
        fieldset class="group" {
            legend { (lang.t("patients-decide")) }
            (candidate_list(lang, candidates))
            (form.radios(&Field { name: "decision_kind", label: lang.t("field-decision"), value: &typed.decision_kind, ..Field::default() }, &kinds))
            (form.text(&Field { name: "decision_reason", label: lang.t("field-why"), value: &typed.decision_reason, ..Field::default() }))
        }
    }
}
