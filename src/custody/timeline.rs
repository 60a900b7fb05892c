//! A sample's page: what it is now, everything that happened to it or was tried, its children.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::Outcome;
use super::event::CustodyEvent;
use super::issue::{self, NewChild};
use super::pages::{freshness_chip, specimen_text, status_chip};
use super::service::{self, CustodyError};
use super::store::{self, Attempt};
use super::view::{freshness, kind_text, view_with};
use crate::app::{App, page};
use crate::audit::{self, Action as Audited, Entry};
use crate::codes::ContainerCode;
use crate::containers::{self, Container, Status};
use crate::db::{Day, Limit};
use crate::patients::pages::banner;
use crate::people::{Caller, Role, store as people_store};
use crate::web::components::{self, Field, Form as Drawn, Tone, choices};
use crate::web::{Form, Key, Lang, Problem, time, url};

/// A line of the history: something that happened, or was tried.
enum Line {
    Event(CustodyEvent),
    Attempt(Attempt),
}

impl Line {
    fn recorded_at(&self) -> crate::db::Instant {
        match self {
            Self::Event(e) => e.recorded_at,
            Self::Attempt(a) => a.recorded_at,
        }
    }
}

pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let c = service::open(&app, &caller, code).await?;
    let (scope, job, entry) = (
        caller.scope.clone(),
        c.clone(),
        Entry::new(&caller, Audited::ReadContainer, "container", Some(c.id.0)),
    );
    let (events, attempts, names, patient, parent) = app
        .db
        .write(move |tx| {
            let limit = Limit::new(200).unwrap_or_default();
            let events = store::events(tx, &scope, &job, 0, limit)?.items;
            let attempts = store::attempts(tx, &scope, &job)?;
            let ids: Vec<_> = events
                .iter()
                .flat_map(|e| [Some(e.actor_id), e.counterparty_id, e.custodian_id])
                .flatten()
                .chain(attempts.iter().map(|a| a.actor_id))
                .chain(job.custodian_id)
                .collect();
            let names = people_store::names_of(tx, &ids)?;
            let patient = match job.patient_id {
                Some(id) => crate::patients::store::find(tx, &scope, id)?,
                None => None,
            };
            let parent = match job.parent_id {
                Some(id) => containers::store::by_id(tx, &scope, id)?,
                None => None,
            };
            let entry = match &patient {
                Some(p) => entry.clone().patient(p.id.0),
                None => entry.clone(),
            };
            audit::record(tx, &entry)?;
            Ok::<_, CustodyError>((events, attempts, names, patient, parent))
        })
        .await?;
    let children = issue::children(&app, &caller, c.id).await?;
    let name = |id: crate::people::UserId| names.get(&id).cloned().unwrap_or_default();
    let undone: Vec<_> = events.iter().filter_map(|e| e.corrects).collect();
    let mut lines: Vec<Line> = events
        .into_iter()
        .map(Line::Event)
        .chain(attempts.into_iter().map(Line::Attempt))
        .collect();
    lines.sort_by_key(Line::recorded_at);
    let v = view_with(&app, lang, caller.now, &c, c.custodian_id.map(name));
    let (age_s, colour) = freshness(&app.catalogue, &c, caller.now);
    let on_bench = caller.scope.has_any(&[Role::Bench, Role::Analyst])
        && caller.scope.laboratories().contains(&c.laboratory_id)
        && matches!(c.status, Status::Accepted | Status::InProcess | Status::Stored);
    let mut facts = vec![
        (lang.t("field-state"), status_chip(lang, c.status)),
        (
            lang.t("field-custodian"),
            components::text(v.custodian.clone().unwrap_or_else(|| lang.t("custody-nobody"))),
        ),
        (
            lang.t("field-specimen"),
            components::text(format!("{} · {}", v.specimen_text, v.container_text)),
        ),
        (lang.t("field-age"), freshness_chip(lang, colour, age_s)),
        (lang.t("field-centre"), components::text(app.sites.name(c.centre_id))),
    ];
    if let Some(a) = &c.accession {
        facts.push((lang.t("field-accession"), components::code(a.as_str())));
    }
    if let Some(location) = &c.location {
        facts.push((lang.t("field-location"), components::text(location)));
    }
    if let Some(pull) = c.pull {
        facts.push((lang.t("field-pull"), components::text(pull)));
    }
    if let Some(p) = &parent {
        let to = url(lang, &format!("/samples/{}", p.code));
        facts.push((
            lang.t("field-parent"),
            html! { a href=(to) { (components::code(&p.code.grouped())) } },
        ));
    }
    let content = html! {
        div class="head" {
            h1 { (lang.t("samples-one")) " " (components::code(&c.code.grouped())) }
            div class="actions" {
                @if let Some(study) = c.study_id { @if caller.scope.sees_identity() {
                    a class="btn" href=(url(lang, &format!("/studies/{study}"))) { (lang.t("samples-study")) }
                } }
                @if caller.scope.sees_identity() { a class="btn" href=(url(lang, &format!("/samples/{}/label", c.code))) { (lang.t("containers-label")) } }
            }
        }
        @if c.flags.has("R21") { (components::warning(&html! { p { (lang.t("samples-r21")) } })) }
        section class="card" { (components::facts(&facts)) }
        h2 { (lang.t("samples-history")) }
        section class="card" {
            ol class="timeline" {
                @for line in lines.iter().rev() { @match line {
                    Line::Event(e) => (event_line(&app, lang, e, &undone, &name)),
                    Line::Attempt(a) => (attempt_line(&app, lang, a, &name)),
                } }
            }
        }
        @if !children.is_empty() {
            h2 { (lang.t("samples-children")) }
            ul class="card" { @for child in &children { li {
                a href=(url(lang, &format!("/samples/{}", child.code))) { (components::code(&child.code.grouped())) }
                " · " (specimen_text(&app, lang, child)) " · " (super::refusal::status_text(child.status, lang))
            } } }
        }
        @if on_bench { (derive_form(&app, lang, &c)) }
    };
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    let mut shell = page(&caller, lang.t("samples-one")).style("form").script("form");
    if let Some(p) = &patient {
        shell = shell.banner(banner(&app, lang, p, today, None));
    }
    Ok(shell.render(&content))
}

fn event_line(
    app: &App,
    lang: Lang,
    e: &CustodyEvent,
    undone: &[super::CustodyEventId],
    name: &impl Fn(crate::people::UserId) -> String,
) -> Markup {
    let zone = app.sites.zone(e.site_id);
    let apart = e.recorded_at.seconds_since(e.occurred_at).abs() > 60;
    html! {
        li class=[undone.contains(&e.event_id).then_some("undone")] {
            div {
                (time::time(lang, e.occurred_at, zone.clone()))
                @if apart { p class="hint small" { (lang.t("samples-recorded")) " " (time::time(lang, e.recorded_at, zone)) } }
            }
            div {
                p class="what" { (kind_text(e.kind, lang)) }
                p {
                    (name(e.actor_id)) " · " (e.actor_role.label(lang))
                    @if let Some(site) = e.site_id { " · " (app.sites.name(site)) }
                    @if let Some(place) = &e.place { " · " (place) }
                }
                @if let Some(other) = e.counterparty_id { p { (lang.tr("samples-with", &[("name", name(other).into())])) } }
                @if let Some(reason) = &e.reason { p { (lang.t("field-reason")) ": " (reason_text(app, lang, reason)) } }
                @for flag in e.flags.iter() { (components::chip(Tone::Warn, &lang.t(&format!("flag-{flag}")))) " " }
                @if undone.contains(&e.event_id) { (components::chip(Tone::Neutral, &lang.t("samples-undone"))) }
            }
        }
    }
}

fn attempt_line(
    app: &App,
    lang: Lang,
    a: &Attempt,
    name: &impl Fn(crate::people::UserId) -> String,
) -> Markup {
    let said: serde_json::Value = serde_json::from_str(&a.answer).unwrap_or_default();
    let tone = if a.outcome == Outcome::Already { Tone::Info } else { Tone::Stop };
    html! {
        li class="attempt" {
            (time::time(lang, a.occurred_at, app.sites.zone(a.site_id)))
            div {
                p { (components::chip(tone, &lang.t(&format!("outcome-{}", a.outcome)))) " " (lang.t(&format!("action-{}", a.action))) }
                p { (said["text"].as_str().unwrap_or_default()) " · " (name(a.actor_id)) }
            }
        }
    }
}

/// A reason of the catalogue in words, or the words themselves.
fn reason_text(app: &App, lang: Lang, reason: &str) -> String {
    match app.catalogue.reason(reason) {
        Some(r) => format!("{reason} {}", r.label(lang)),
        None => reason.to_owned(),
    }
}

fn derive_form(app: &App, lang: Lang, c: &Container) -> Markup {
    let form = Drawn { lang, faults: &[] };
    let kinds = choices(
        app.catalogue
            .specimens
            .iter()
            .filter(|s| s.is_derived())
            .map(|s| (s.code.clone(), s.label(lang))),
    );
    html! {
        form class="form group" method="post" action=(url(lang, &format!("/samples/{}/derive", c.code))) {
            h2 { (lang.t("samples-derive")) }
            (components::hidden("id", &Uuid::now_v7().to_string()))
            div class="two" {
                (form.select(&Field { name: "specimen", label: lang.t("field-specimen"), ..Field::default() }, &kinds))
                (form.text(&Field { name: "volume_ul", label: lang.t("field-volume-ul"), inputmode: "numeric", size: "short", ..Field::default() }))
            }
            (components::submit(&lang.t("samples-derive")))
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeriveForm {
    id: Uuid,
    specimen: String,
    #[serde(default, deserialize_with = "crate::web::form::optional_number")]
    volume_ul: Option<i64>,
}

pub(super) async fn derive(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Form(form): Form<DeriveForm>,
) -> Result<Response, Problem> {
    let preferred = app.catalogue.specimen(&form.specimen).map(|s| s.container_preferred.clone());
    let new = NewChild {
        id: form.id,
        specimen: form.specimen,
        container_type: preferred.unwrap_or_default(),
        volume_ul: form.volume_ul,
    };
    let child = issue::derive(&app, &caller, code, new).await?;
    let to = url(caller.lang, &format!("/samples/{}/label", child.code));
    Ok(Redirect::to(&to).into_response())
}
