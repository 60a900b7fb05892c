//! A study with its tubes, the bedside, the history of a sample, the lists.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::command::Action;
use super::event::CustodyEvent;
use super::input::{Batch, Scan, Source};
use super::issue::{self, NewChild, NewContainer};
use super::service::{self, CustodyError, kind_text, view_with};
use super::store::{self, Attempt};
use super::{Outcome, station};
use crate::app::{App, page};
use crate::audit::{self, Action as Audited, Entry};
use crate::catalogue::Freshness;
use crate::codes::{CodeKind, ContainerCode};
use crate::containers::{self, Container, ContainerId, Status};
use crate::db::{Day, Limit};
use crate::patients::pages::banner;
use crate::people::{Caller, Role, store as people_store};
use crate::studies::{self, StudyId, pages as study_pages};
use crate::web::components::{self, Field, Form as Drawn, Tone, choices};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, Query, time, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/studies/{id}", study)
        .post("/studies/{id}/containers", register)
        .get("/samples", list)
        .get("/samples/{code}", timeline)
        .get("/samples/{code}/collect", collect_form)
        .post("/samples/{code}/collect", collect)
        .post("/samples/{code}/derive", derive)
        .get("/station", station::show)
}

/// A container's status as a chip.
pub fn status_chip(lang: Lang, status: Status) -> Markup {
    let tone = match status {
        Status::Accepted | Status::Received | Status::Stored | Status::InProcess => Tone::Ok,
        Status::Quarantined => Tone::Warn,
        Status::Rejected | Status::Lost => Tone::Stop,
        Status::Void | Status::NotCollected | Status::Depleted | Status::Disposed => Tone::Neutral,
        _ => Tone::Info,
    };
    components::chip(tone, &super::refusal::status_text(status, lang))
}

/// An age's colour as a chip with its words.
fn freshness_chip(lang: Lang, colour: Freshness, age_s: Option<i64>) -> Markup {
    let tone = match colour {
        Freshness::Green => Tone::Ok,
        Freshness::Yellow | Freshness::Orange => Tone::Warn,
        Freshness::Red => Tone::Stop,
        Freshness::Unknown => Tone::Neutral,
    };
    let text = match age_s {
        Some(s) => lang.tr(&format!("age-{colour}"), &[("age", time::age(lang, s).into())]),
        None => lang.t("age-none"),
    };
    components::chip(tone, &text)
}

fn specimen_text(app: &App, lang: Lang, c: &Container) -> String {
    let v = view_with(app, lang, c.created_at, c, None);
    format!("{} · {}", v.specimen_text, v.cap_text)
}

async fn study(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Response, Problem> {
    study_page(&app, &caller, id, "", None).await
}

async fn study_page(
    app: &App,
    caller: &Caller,
    id: StudyId,
    typed: &str,
    refused: Option<&CustodyError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let opened = studies::service::open(app, caller, id).await?;
    let scope = caller.scope.clone();
    let filter = containers::store::Filter { study: Some(id), ..Default::default() };
    let limit = Limit::new(200).unwrap_or_default();
    let made =
        app.db.read(move |c| containers::store::list(c, &scope, &filter, None, limit)).await?;
    let s = &opened.study;
    let zone = app.sites.zone(Some(s.centre_id));
    let may_issue = caller.scope.has_any(&[Role::Collector, Role::Oncologist])
        && caller.scope.centres().contains(&s.centre_id);
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let rows: Vec<Vec<Markup>> = made.items.iter().map(|c| container_row(app, caller, c)).collect();
    let mut facts = vec![
        (lang.t("field-study"), components::text(study_pages::what(lang, s))),
        (lang.t("field-state"), study_pages::state_chip(lang, s.state)),
        (lang.t("field-requested"), time::time(lang, s.requested_at, zone)),
        (lang.t("field-requester"), components::text(&s.requester_name)),
        (lang.t("field-phone"), components::text(&s.critical_phone)),
        (lang.t("field-diagnosis"), components::text(&s.diagnosis)),
    ];
    if let (Some(due), Some(from), Some(to)) = (s.due_date, s.window_from, s.window_to) {
        let window = [from, to].map(|d| time::day(lang, d));
        let text = lang.tr(
            "studies-window",
            &[
                ("due", time::day(lang, due).into()),
                ("from", window[0].clone().into()),
                ("to", window[1].clone().into()),
            ],
        );
        facts.push((lang.t("field-due"), components::text(text)));
    }
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        div class="head" {
            h1 { (lang.tr("studies-one", &[("number", s.number.as_str().into())])) }
            @if caller.scope.reads_results() || caller.scope.has(Role::Analyst) {
                a class="btn" href=(url(lang, &format!("/results/{id}"))) { (lang.t("results-open")) }
            }
        }
        section class="card" { (components::facts(&facts)) }
        section class="card" {
            h2 { (lang.t("studies-answers")) }
            (components::facts(&study_pages::answer_facts(lang, s)))
        }
        h2 { (lang.t("containers-title")) }
        @if rows.is_empty() {
            (components::empty(&lang.t("containers-none"), &lang.t("containers-none-advice")))
        } @else {
            (components::table(&lang.t("containers-title"), &[
                (&lang.t("field-code"), ""), (&lang.t("field-specimen"), ""), (&lang.t("field-state"), ""), (&lang.t("field-actions"), ""),
            ], &rows))
        }
        @if may_issue {
            section class="card" {
                h2 { (lang.t("containers-issue")) }
                @for tube in &opened.expected {
                    @let specimen = app.catalogue.specimen(&tube.specimen);
                    @let kind = app.catalogue.container(&tube.container_type);
                    form class="search" method="post" action=(url(lang, &format!("/studies/{id}/containers"))) {
                        (components::hidden("id", &Uuid::now_v7().to_string()))
                        (components::hidden("tube", &tube.n.to_string()))
                        (form.text(&Field {
                            name: "code",
                            label: format!("{} · {}", specimen.map_or(&*tube.specimen, |s| s.label(lang)), kind.map_or("", |k| k.cap_label(lang))),
                            hint: Some(lang.t("containers-issue-hint")),
                            value: typed,
                            inputmode: "numeric",
                            ..Field::default()
                        }))
                        button class="btn strong" type="submit" { (lang.t("containers-issue-one")) }
                    }
                }
            }
        }
    };
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    let banner = banner(app, lang, &opened.patient, today, None);
    let title = lang.tr("studies-one", &[("number", s.number.as_str().into())]);
    Ok(page(caller, title)
        .style("form")
        .script("form")
        .banner(banner)
        .refused(refused.is_some())
        .render(&content))
}

fn container_row(app: &App, caller: &Caller, c: &Container) -> Vec<Markup> {
    let lang = caller.lang;
    let to = |what: &str| url(lang, &format!("/samples/{}{what}", c.code));
    let at_bedside = c.status == Status::Planned
        && caller.scope.centres().contains(&c.centre_id)
        && caller.scope.has_any(&[Role::Collector, Role::Oncologist]);
    vec![
        html! { a href=(to("")) { (components::code(&c.code.grouped())) } },
        html! { (specimen_text(app, lang, c)) @if c.kind == CodeKind::Derived { " · " (lang.t("containers-derived")) } },
        status_chip(lang, c.status),
        html! {
            div class="actions" {
                @if at_bedside { a class="btn small strong" href=(to("/collect")) { (lang.t("containers-collect")) } }
                @if caller.scope.sees_identity() { a class="btn small" href=(to("/label")) { (lang.t("containers-label")) } }
            }
        },
    ]
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssueForm {
    id: Uuid,
    #[serde(deserialize_with = "crate::web::form::number")]
    tube: i64,
    #[serde(default)]
    code: String,
}

async fn register(
    State(app): State<App>,
    mut caller: Caller,
    Key(study): Key<StudyId>,
    Form(form): Form<IssueForm>,
) -> Result<Response, Problem> {
    let tube = i32::try_from(form.tube).unwrap_or(0);
    let new = NewContainer { id: form.id, tube, code: form.code.clone() };
    match issue::register(&app, &caller, study, new).await {
        Ok(c) => {
            let next = if form.code.trim().is_empty() { "/label" } else { "/collect" };
            let to = url(caller.lang, &format!("/samples/{}{next}", c.code));
            Ok(Redirect::to(&to).into_response())
        }
        Err(e @ CustodyError::Fields(_)) => {
            caller.path = url(caller.lang, &format!("/studies/{study}"));
            study_page(&app, &caller, study, &form.code, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ListQuery {
    status: String,
    after: Option<ContainerId>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let status: Option<Status> = query.status.parse().ok();
    let scope = caller.scope.clone();
    let filter = containers::store::Filter { status, ..Default::default() };
    let (found, names) = app
        .db
        .read(move |c| {
            let page = containers::store::list(c, &scope, &filter, query.after, Limit::default())?;
            let ids: Vec<_> = page.items.iter().filter_map(|c| c.custodian_id).collect();
            let names = people_store::names_of(c, &ids)?;
            Ok::<_, CustodyError>((page, names))
        })
        .await?;
    let base = url(lang, "/samples");
    let next = found.next.as_ref().map(|n| format!("{base}?status={}&after={n}", query.status));
    let rows: Vec<Vec<Markup>> = found
        .items
        .iter()
        .map(|c| {
            let (age_s, colour) = service::freshness(&app.catalogue, c, caller.now);
            // Once accepted, the age was decided about; only what still waits grows old here.
            let waits = c.status < Status::Accepted && !c.status.is_terminal();
            let fresh = if waits { freshness_chip(lang, colour, age_s) } else { html! {} };
            vec![
                html! { a href=(url(lang, &format!("/samples/{}", c.code))) { (components::code(&c.code.grouped())) } },
                html! { (specimen_text(&app, lang, c)) },
                html! { (app.sites.code(c.centre_id)) },
                status_chip(lang, c.status),
                html! { (c.custodian_id.and_then(|id| names.get(&id)).map_or("", String::as_str)) },
                fresh,
            ]
        })
        .collect();
    let common = [
        Status::Collected,
        Status::Offered,
        Status::InTransit,
        Status::Arrived,
        Status::Received,
        Status::Quarantined,
        Status::Accepted,
        Status::InProcess,
        Status::Stored,
    ];
    let content = html! {
        h1 { (lang.t("samples-title")) }
        nav class="actions" aria-label=(lang.t("field-state")) {
            a class="btn small" href=(base) aria-current=[status.is_none().then_some("true")] { (lang.t("studies-all")) }
            @for s in common {
                a class="btn small" href=(format!("{base}?status={s}")) aria-current=[(status == Some(s)).then_some("true")] { (super::refusal::status_text(s, lang)) }
            }
        }
        @if rows.is_empty() {
            (components::empty(&lang.t("samples-none"), &lang.t("samples-none-advice")))
        } @else {
            (components::table(&lang.t("samples-title"), &[
                (&lang.t("field-code"), ""), (&lang.t("field-specimen"), ""), (&lang.t("field-centre"), ""),
                (&lang.t("field-state"), ""), (&lang.t("field-custodian"), ""), (&lang.t("field-age"), ""),
            ], &rows))
        }
        (components::next_page(lang, next))
    };
    Ok(page(&caller, lang.t("samples-title")).render(&content))
}

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

async fn timeline(
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
    let (age_s, colour) = service::freshness(&app.catalogue, &c, caller.now);
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
struct DeriveForm {
    id: Uuid,
    specimen: String,
    #[serde(default, deserialize_with = "crate::web::form::optional_number")]
    volume_ul: Option<i64>,
}

async fn derive(
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

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CollectForm {
    id: Uuid,
    /// The label in the hand, read again at the bedside.
    code: String,
    name_confirmed: String,
    second_confirmed: String,
    #[serde(deserialize_with = "crate::web::form::optional_number")]
    pull: Option<i64>,
    volume_ml: String,
    container_type: String,
    day: String,
    time: String,
}

async fn collect_form(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
) -> Result<Response, Problem> {
    let typed = CollectForm { id: Uuid::now_v7(), ..CollectForm::default() };
    collect_page(&app, &caller, code, &typed, None, &[]).await
}

async fn collect_page(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    typed: &CollectForm,
    said: Option<&str>,
    faults: &[FieldFault],
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let c = service::open(app, caller, code).await?;
    let (Some(patient), true) = (c.patient_id, caller.scope.centres().contains(&c.centre_id))
    else {
        return Err(Problem::not_found());
    };
    let patient = crate::patients::service::open(app, caller, patient).await?;
    let scope = caller.scope.clone();
    let id = patient.id;
    let record =
        app.db.read(move |conn| crate::patients::store::record_number(conn, &scope, id)).await?;
    let form = Drawn { lang, faults };
    let local = app.sites.local(Some(c.centre_id), caller.now);
    let now_text = format!("{:02}:{:02}", local.hour(), local.minute());
    let specimen = app.catalogue.specimen(&c.specimen);
    let caps = choices(
        app.catalogue
            .containers
            .iter()
            .filter(|k| specimen.is_some_and(|s| s.containers().any(|code| code == k.code)))
            .map(|k| (k.code.clone(), format!("{} · {}", k.cap_label(lang), k.label(lang)))),
    );
    let confirm = choices([("yes", lang.t("collect-matches"))]);
    let birth = time::day(lang, patient.birth_date);
    let second = match &record {
        Some(r) => format!("{birth} · {} {r}", lang.t("field-record")),
        None => birth,
    };
    let content = html! {
        @if let Some(said) = said { (components::errors(lang, said, faults)) }
        h1 { (lang.t("collect-title")) }
        p class="lead" { (specimen_text(app, lang, &c)) " · " (components::code(&c.code.grouped())) }
        form class="form" method="post" action=(url(lang, &format!("/samples/{}/collect", c.code))) {
            (components::hidden("id", &typed.id.to_string()))
            fieldset class="group" {
                legend { (lang.t("collect-identify")) }
                (form.radios(&Field { name: "name_confirmed", label: patient.name().display(), hint: Some(lang.t("collect-name-hint")), value: &typed.name_confirmed, ..Field::default() }, &confirm))
                (form.radios(&Field { name: "second_confirmed", label: second, hint: Some(lang.t("collect-second-hint")), value: &typed.second_confirmed, ..Field::default() }, &confirm))
                (form.text(&Field { name: "code", label: lang.t("collect-scan"), hint: Some(lang.t("collect-scan-hint")), value: &typed.code, inputmode: "numeric", ..Field::default() }))
            }
            fieldset class="group" {
                legend { (lang.t("collect-what")) }
                @let pull = typed.pull.map(|p| p.to_string()).unwrap_or_default();
                @if matches!(c.specimen.as_str(), "BM" | "BMG") {
                    (form.radios(&Field { name: "pull", label: lang.t("field-pull"), hint: Some(lang.t("collect-pull-hint")), value: &pull, ..Field::default() }, &choices([("1", lang.t("pull-1")), ("2", lang.t("pull-2")), ("3", lang.t("pull-3"))])))
                }
                (form.radios(&Field { name: "container_type", label: lang.t("collect-cap"), value: &typed.container_type, ..Field::default() }, &caps))
                (form.text(&Field { name: "volume_ml", label: lang.t("field-volume-ml"), value: &typed.volume_ml, inputmode: "decimal", size: "short", ..Field::default() }))
            }
            fieldset class="group" {
                legend { (lang.t("collect-when")) }
                (form.radios(&Field { name: "day", label: lang.t("collect-day"), value: &typed.day, ..Field::default() }, &choices([("today", lang.t("collect-today")), ("yesterday", lang.t("collect-yesterday"))])))
                (form.text(&Field { name: "time", label: lang.t("collect-time"), hint: Some(lang.tr("collect-time-hint", &[("now", now_text.into())])), value: &typed.time, inputmode: "numeric", size: "short", ..Field::default() }))
            }
            (components::submit(&lang.t("collect-save")))
        }
    };
    let today = Day(local.date());
    Ok(page(caller, lang.t("collect-title"))
        .style("form")
        .script("form")
        .width("narrow")
        .banner(banner(app, lang, &patient, today, record.as_deref()))
        .refused(said.is_some())
        .render(&content))
}

/// Microlitres of millilitres as written: `3`, `2.5`.
fn microlitres(text: &str) -> Option<i64> {
    let (whole, part) = text.trim().split_once(['.', ',']).unwrap_or((text.trim(), "0"));
    let digits = |s: &str| !s.is_empty() && s.len() <= 3 && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return None;
    }
    Some(whole.parse::<i64>().ok()? * 1000 + format!("{part:0<3}").parse::<i64>().ok()?)
}

/// The instant of a day chip and a 24 h time on the centre's wall.
fn bedside_time(
    app: &App,
    c: &Container,
    now: crate::db::Instant,
    day: &str,
    text: &str,
) -> Option<crate::db::Instant> {
    let local = app.sites.local(Some(c.centre_id), now);
    let date = match day {
        "today" => local.date(),
        "yesterday" => Day(local.date()).plus_days(-1).0,
        _ => return None,
    };
    let (h, m) = text.trim().split_once(':')?;
    let at = date.at(h.parse().ok()?, m.parse().ok().filter(|m| (0..60).contains(m))?, 0, 0);
    let zoned = at.to_zoned_datetime(app.sites.zone(Some(c.centre_id))).ok()?;
    Some(zoned.timestamp().into())
}

async fn collect(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Form(form): Form<CollectForm>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let c = service::open(&app, &caller, code).await?;
    let mut faults = vec![];
    for (field, value) in
        [("name_confirmed", &form.name_confirmed), ("second_confirmed", &form.second_confirmed)]
    {
        if value != "yes" {
            faults.push(FieldFault::new(field, "identifier-to-confirm"));
        }
    }
    match form.code.parse::<ContainerCode>() {
        Ok(read) if read == code => {}
        Ok(_) => faults.push(FieldFault::new("code", "other-label")),
        Err(e) => faults.push(e.fault("code")),
    }
    let marrow = matches!(c.specimen.as_str(), "BM" | "BMG");
    if marrow && form.pull.is_none() {
        faults.push(FieldFault::new("pull", "required"));
    }
    if form.container_type.is_empty() {
        faults.push(FieldFault::new("container_type", "required"));
    }
    let volume = microlitres(&form.volume_ml);
    if volume.is_none_or(|v| !(50..=50_000).contains(&v)) {
        faults.push(FieldFault::new("volume_ml", "volume"));
    }
    if !matches!(form.day.as_str(), "today" | "yesterday") {
        faults.push(FieldFault::new("day", "required"));
    }
    let at = bedside_time(&app, &c, caller.now, &form.day, &form.time);
    if at.is_none() {
        faults.push(FieldFault::new("time", "time-of-day"));
    } else if at.is_some_and(|at| at.seconds_since(caller.now) > 120) {
        faults.push(FieldFault::new("time", "date-in-future"));
    }
    let (Some(occurred_at), true) = (at, faults.is_empty()) else {
        let said = lang.t("fault-refused-fields");
        return collect_page(&app, &caller, code, &form, Some(&said), &faults).await;
    };
    let scan = Scan {
        id: form.id,
        source: Some(Source::Manual),
        identifiers_confirmed: Some(true),
        pull: form.pull.and_then(|p| i32::try_from(p).ok()),
        volume_ul: volume,
        container_type: Some(form.container_type.clone()),
        ..Scan::new(form.id, code.as_str(), Action::Collect, occurred_at)
    };
    let batch = Batch { device: None, device_now: None, person: None, scans: vec![scan] };
    let answers = service::scan(&app, &caller, batch).await?;
    match answers.first() {
        Some(a) if a.outcome == Outcome::Refused => {
            let said = format!("{} {}", a.text, a.next.as_deref().unwrap_or_default());
            collect_page(&app, &caller, code, &form, Some(&said), &[]).await
        }
        _ => Ok(Redirect::to(&url(lang, &format!("/samples/{code}"))).into_response()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millilitres_are_read_exactly() {
        assert_eq!(microlitres("3"), Some(3000));
        assert_eq!(microlitres("2.5"), Some(2500));
        assert_eq!(microlitres("0,75"), Some(750));
        for wrong in ["", ".", "3.", "tres", "1.2345", "-1", "1e3"] {
            assert_eq!(microlitres(wrong), None, "{wrong}");
        }
    }
}
