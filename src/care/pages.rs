//! Transfers and questions for people: the list, and letting another centre in.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::reading::{self, Shown};
use super::refusal::{CareError, CareRule};
use super::request_page;
use super::service;
use super::store::Side;
use crate::app::{App, page};
use crate::db::{Day, Limit};
use crate::patients::relation::{CareKind, CareRequest, CareRequestId, CareState};
use crate::patients::{self, Patient, PatientId};
use crate::people::Caller;
use crate::sites::SiteKind;
use crate::web::components::{self, Field, Form as Drawn, Tone, choices};
use crate::web::{Fault, Form, Key, Lang, Pages, Problem, Query, time, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/care", list)
        .get("/patients/{id}/transfer", transfer_form)
        .post("/patients/{id}/transfer", transfer)
        .merge(request_page::pages())
}

/// How a question stands, late ones loudly.
pub(super) fn chip(caller: &Caller, r: &CareRequest) -> Markup {
    let lang = caller.lang;
    let tone = match r.state {
        CareState::Open if caller.now > r.due_at => Tone::Stop,
        CareState::Open => Tone::Warn,
        CareState::Granted => Tone::Ok,
        CareState::Refused | CareState::Ended => Tone::Neutral,
    };
    let word = match r.state {
        CareState::Open if caller.now > r.due_at => "care-late".to_owned(),
        state => format!("care-state-{state}"),
    };
    components::chip(tone, &lang.t(&word))
}

/// The child as this caller may know it: a name in reach, a folio for coordination.
pub(super) fn child(lang: Lang, s: &Shown) -> Markup {
    let known = |p: &Patient| {
        html! { a href=(url(lang, &format!("/patients/{}", p.id))) translate="no" { (p.name().display()) } }
    };
    match (&s.patient, &s.provisional, &s.folios) {
        (Some(p), _, _) | (None, Some(p), _) => known(p),
        (None, None, [Some(folio), _] | [None, Some(folio)]) => components::code(folio),
        _ if s.side == Side::Asker => html! { (typed_name(&s.request).unwrap_or_default()) },
        _ => Markup::default(),
    }
}

/// The name that was typed: for who typed it.
fn typed_name(r: &CareRequest) -> Option<String> {
    let typed: serde_json::Value = serde_json::from_str(&r.typed).ok()?;
    typed["name"].as_str().map(str::to_owned)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ListQuery {
    all: Option<String>,
    after: Option<CareRequestId>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let open = query.all.as_deref().is_none_or(str::is_empty);
    let found = reading::list(&app, &caller, open, query.after, Limit::default()).await?;
    let rows: Vec<Vec<Markup>> = found.items.iter().map(|s| row(&app, &caller, s)).collect();
    let to = |all: bool| if all { "/care?all=yes" } else { "/care" };
    let next = found.next.as_ref().map(|after| {
        let join = if open { '?' } else { '&' };
        format!("{}{join}after={after}", url(lang, to(!open)))
    });
    let heads = ["care-what", "field-name", "field-centre", "care-when", "field-state"];
    let (none, advice) = match open {
        true => ("care-none-open", "care-none-open-advice"),
        false => ("care-none", "care-none-advice"),
    };
    let content = html! {
        div class="head" {
            h1 { (lang.t("care-title")) }
            a class="btn" href=(url(lang, to(open))) { (lang.t(if open { "care-all" } else { "care-open" })) }
        }
        p class="lead" { (lang.t("care-lead")) }
        (components::unreadable(lang, &found.unreadable))
        @if rows.is_empty() {
            (components::none(&found.unreadable, &lang.t(none), &lang.t(advice)))
        } @else { (components::table_of(lang, "care-title", &heads, &rows)) }
        (components::next_page(lang, next))
    };
    Ok(page(&caller, lang.t("care-title")).width("wide").render(&content))
}

fn row(app: &App, caller: &Caller, s: &Shown) -> Vec<Markup> {
    let (lang, r) = (caller.lang, &s.request);
    let zone = app.sites.zone(caller.scope.home().or(Some(r.site_id)));
    vec![
        html! {
            a href=(url(lang, &format!("/care/{}", r.id))) { (what(lang, s)) }
            @if s.may_answer { " " (components::chip(Tone::Warn, &lang.t("care-yours"))) }
        },
        child(lang, s),
        html! { (app.sites.name(r.site_id)) },
        html! { (time::time(lang, r.asked_at, zone)) },
        chip(caller, r),
    ]
}

/// What it is, seen from this side.
pub(super) fn what(lang: Lang, s: &Shown) -> String {
    let side = match (s.request.kind, s.side) {
        (CareKind::Transfer, Side::Asker) => "-in",
        (CareKind::Transfer, _) => "-out",
        _ => "",
    };
    lang.t(&format!("care-kind-{}{side}", s.request.kind))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TransferForm {
    id: String,
    site: String,
    reason: String,
}

async fn transfer_form(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
) -> Result<Response, Problem> {
    let form = TransferForm { id: CareRequestId::new().to_string(), ..TransferForm::default() };
    draw(&app, &caller, id, &form, None).await
}

async fn transfer(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
    Form(form): Form<TransferForm>,
) -> Result<Response, Problem> {
    let key = form.id.parse().unwrap_or_else(|_| CareRequestId::new());
    match service::transfer(&app, &caller, id, key, &form.site, &form.reason).await {
        Ok(_) => {
            let to = url(caller.lang, &format!("/patients/{id}"));
            Ok(Redirect::to(&to).into_response())
        }
        Err(e @ (CareError::Fields(_) | CareError::Rule(CareRule::TreatsAlready))) => {
            draw(&app, &caller, id, &form, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

async fn draw(
    app: &App,
    caller: &Caller,
    id: PatientId,
    typed: &TransferForm,
    refused: Option<&CareError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let patient = patients::service::open(app, caller, id).await?;
    if !service::may_transfer(caller) {
        return Err(CareError::NotAllowed.into());
    }
    let record = patients::service::record_number(app, caller, id).await?;
    let care = reading::of_patient(app, caller, id).await?;
    let there = |id| care.treating.iter().any(|(s, _)| *s == id);
    if !caller.scope.centres().iter().any(|s| there(*s)) {
        return Err(CareError::NotAllowed.into());
    }
    let others = app.sites.of_kind(SiteKind::Centre).filter(|s| !there(s.id));
    let others = choices(others.map(|s| (s.code.clone(), format!("{} ({})", s.name, s.city))));
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("care-transfer")) }
        p { (lang.t("care-transfer-text")) }
        form class="form" method="post" action=(url(lang, &format!("/patients/{id}/transfer"))) {
            (components::hidden("id", &typed.id))
            (form.select(
                &Field { name: "site", label: lang.t("care-to"), value: &typed.site, ..Field::default() },
                &others,
            ))
            (form.area(&Field {
                name: "reason",
                label: lang.t("field-why"),
                hint: Some(lang.t("care-transfer-hint")),
                value: &typed.reason,
                ..Field::default()
            }))
            (components::submit(&lang.t("care-transfer-do")))
        }
    };
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    Ok(page(caller, lang.t("care-transfer"))
        .style("form")
        .script("form")
        .width("narrow")
        .banner(patients::pages::banner(app, lang, &patient, today, record.as_deref()))
        .refused(refused.is_some())
        .render(&content))
}
