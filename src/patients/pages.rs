//! Finding and registering children.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::birth::BirthDate;
use super::model::{Doubt, DoubtCode, Patient, PatientId};
use super::needle::Needle;
use super::register_page;
use super::service::{self, PatientError};
use crate::app::{App, page};
use crate::codes::ContainerCode;
use crate::db::{Cursor, Day, Limit, Page, Unreadable};
use crate::people::Caller;
use crate::web::components::{self, Field, Form as Drawn, Tone};
use crate::web::{FieldFault, Form, Lang, Pages, Problem, Query, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/patients", list)
        .post("/patients/search", search)
        .merge(register_page::pages())
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
                div { dt { (lang.t("field-birth")) } dd { (p.birth().text(lang)) " (" (age) ")" } }
                div { dt { (lang.t("field-sex")) } dd { (lang.t(&format!("sex-{}", p.sex))) } }
                div { dt { (lang.t("field-folio")) } dd class="mono" { (p.folio) } }
                @if let Some(record) = record { div { dt { (lang.t("field-record")) } dd class="mono" { (record) } } }
                div { dt { (lang.t("field-centre")) } dd { (app.sites.name(p.registered_site)) } }
            }
            @if p.multiple_birth { (components::chip(Tone::Warn, &lang.t("patients-twin"))) }
        }
    }
}

/// What in a record deserves a second look, with both values; nothing was corrected (BR-31).
pub fn doubts(lang: Lang, p: &Patient) -> Option<Markup> {
    let found = p.doubts();
    (!found.is_empty()).then(|| {
        components::warning(&html! {
            p { b { (lang.t("patients-doubts")) } }
            ul { @for doubt in &found { li { (doubt_text(lang, doubt)) } } }
        })
    })
}

fn doubt_text(lang: Lang, doubt: &Doubt) -> String {
    let shown = |raw: &str| match doubt.code {
        DoubtCode::CurpSex | DoubtCode::AgregadoSex => lang.t(&format!("sex-{raw}")),
        DoubtCode::CurpBirthDate | DoubtCode::Adult => {
            raw.parse::<BirthDate>().map_or_else(|_| raw.to_owned(), |d| d.text(lang))
        }
        _ => raw.to_owned(),
    };
    let args = [("says", shown(&doubt.says).into()), ("record", shown(&doubt.record).into())];
    lang.tr(&format!("patients-doubt-{}", doubt.code), &args)
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
    found(&app, &caller, "", after.after).await
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
    found(&app, &caller, &form.text, form.after.parse().ok()).await
}

/// What one answer of the list shows.
struct Shown<'a> {
    text: &'a str,
    /// The tube whose code the text is too.
    tube: Option<ContainerCode>,
    patients: &'a [Patient],
    unreadable: &'a [Unreadable],
    next: Option<&'a Cursor>,
    faults: &'a [FieldFault],
}

async fn found(
    app: &App,
    caller: &Caller,
    text: &str,
    after: Option<PatientId>,
) -> Result<Response, Problem> {
    let page = match service::search(app, caller, text, after, Limit::default()).await {
        Ok(page) => page,
        Err(PatientError::Fields(faults)) => {
            let none = (&[], &[]);
            let (patients, unreadable) = none;
            let shown =
                Shown { text, tube: None, patients, unreadable, next: None, faults: &faults };
            return Ok(list_page(caller, &shown));
        }
        Err(e) => return Err(e.into()),
    };
    let needle = Needle::read(text).ok();
    // A code leads to its tube, and what names one child straight to it, unless the same text is
    // also another child's record number: then both are shown.
    let tube = needle.as_ref().and_then(Needle::container);
    if let Some(code) = tube
        && !service::any_has_record(app, caller, &page.items, text).await?
    {
        return Ok(Redirect::to(&url(caller.lang, &format!("/samples/{code}"))).into_response());
    }
    if let ([only], true) = (page.items.as_slice(), needle.as_ref().is_some_and(Needle::names_one))
    {
        let to = url(caller.lang, &format!("/patients/{}", only.id));
        return Ok(Redirect::to(&to).into_response());
    }
    let Page { items, unreadable, next } = &page;
    let next = next.as_ref();
    let shown = Shown { text, tube, patients: items, unreadable, next, faults: &[] };
    Ok(list_page(caller, &shown))
}

fn list_page(caller: &Caller, shown: &Shown<'_>) -> Response {
    let lang = caller.lang;
    let may_register = !service::sites_to_register_at(caller).is_empty();
    let content = html! {
        div class="head" {
            h1 { (lang.t("patients-title")) }
            a class="btn" href=(url(lang, "/corrections")) { (lang.t("identity-list")) }
            @if may_register { a class="btn strong" href=(url(lang, "/patients/new")) { (lang.t("patients-register")) } }
        }
        (search_form(lang, shown))
        (components::unreadable(lang, shown.unreadable))
        @if let Some(code) = shown.tube {
            p { a href=(url(lang, &format!("/samples/{code}"))) { (lang.t("patients-search-tube")) } }
        }
        (result(lang, shown))
        @if let Some(next) = shown.next {
            form method="post" action=(url(lang, "/patients/search")) {
                (components::hidden("text", shown.text))
                (components::hidden("after", next))
                button class="btn small" type="submit" { (lang.t("list-next")) }
            }
        }
    };
    page(caller, lang.t("patients-title"))
        .style("form")
        .script("form")
        .refused(!shown.faults.is_empty())
        .render(&content)
}

fn search_form(lang: Lang, shown: &Shown<'_>) -> Markup {
    let form = Drawn { lang, faults: shown.faults };
    let field = Field {
        name: "text",
        label: lang.t("patients-search"),
        hint: Some(lang.t("patients-search-hint")),
        value: shown.text,
        ..Field::default()
    };
    html! {
        form class="search" method="post" action=(url(lang, "/patients/search")) role="search" {
            (form.text(&field))
            button class="btn strong" type="submit" { (lang.t("search")) }
        }
    }
}

fn result(lang: Lang, shown: &Shown<'_>) -> Markup {
    if !shown.faults.is_empty() {
        return Markup::default();
    }
    if shown.patients.is_empty() {
        let (title, advice) = match shown.text.trim() {
            "" => ("patients-nobody", "patients-nobody-advice"),
            _ => ("patients-none", "patients-none-advice"),
        };
        return components::none(shown.unreadable, &lang.t(title), &lang.t(advice));
    }
    let rows: Vec<Vec<Markup>> = shown.patients.iter().map(|p| row(lang, p)).collect();
    let heads = ["field-name", "field-birth", "field-sex", "field-folio"];
    components::table_of(lang, "patients-title", &heads, &rows)
}

fn row(lang: Lang, p: &Patient) -> Vec<Markup> {
    let to = url(lang, &format!("/patients/{}", p.id));
    vec![
        html! {
            a href=(to) translate="no" { (p.name().display()) }
            @if p.multiple_birth { " " (components::chip(Tone::Warn, &lang.t("patients-twin"))) }
            @if p.merged_into.is_some() { " " (components::chip(Tone::Neutral, &lang.t("patients-merged"))) }
        },
        html! { (p.birth().text(lang)) },
        html! { (lang.t(&format!("sex-{}", p.sex))) },
        components::code(p.folio.as_str()),
    ]
}
