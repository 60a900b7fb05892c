//! A child's home, asking for studies, and the lists of them.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::input::RequestStudy;
use super::model::{Study, StudyId, StudyKind, StudyState};
use super::service::{self, StudyError};
use super::store;
use crate::app::{App, page};
use crate::db::{Day, Limit};
use crate::patients::pages::banner;
use crate::patients::{self, Patient, PatientId};
use crate::people::{Caller, Role};
use crate::web::components::{self, Choice, Field, Form as Drawn, Tone, choices};
use crate::web::{Fault, Form, Key, Lang, Pages, Problem, Query, time, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/patients/{id}", home)
        .get("/patients/{id}/studies/new", new)
        .post("/patients/{id}/studies/new", request)
        .get("/studies", list)
}

fn today(app: &App, caller: &Caller) -> Day {
    Day(app.sites.local(caller.scope.home(), caller.now).date())
}

/// A study's kind, and its time point or why it has none.
pub fn what(lang: Lang, s: &Study) -> String {
    let kind = lang.t(&format!("study-{}", s.kind));
    match (&s.protocol_id, &s.timepoint_id, &s.outside_reason) {
        (Some(p), Some(t), _) => format!("{kind} · {p} {t}"),
        (_, _, Some(reason)) => format!("{kind} · {reason}"),
        _ => kind,
    }
}

/// A study's state as a chip.
pub fn state_chip(lang: Lang, state: StudyState) -> Markup {
    let tone = match state {
        StudyState::Released => Tone::Ok,
        StudyState::ToValidate => Tone::Warn,
        StudyState::Cancelled => Tone::Neutral,
        _ => Tone::Info,
    };
    components::chip(tone, &lang.t(&format!("study-state-{state}")))
}

fn row(app: &App, lang: Lang, s: &Study) -> Vec<Markup> {
    let zone = app.sites.zone(Some(s.centre_id));
    vec![
        html! {
            a href=(url(lang, &format!("/studies/{}", s.id))) { span class="mono" { (s.number) } }
            @if s.urgent { " " (components::chip(Tone::Warn, &lang.t("studies-urgent"))) }
        },
        html! { (what(lang, s)) },
        state_chip(lang, s.state),
        html! { (time::time(lang, s.requested_at, zone)) },
        html! { @if let Some(due) = s.due_date { (time::day(lang, due)) } },
    ]
}

fn study_table(app: &App, lang: Lang, studies: &[Study]) -> Markup {
    let rows: Vec<Vec<Markup>> = studies.iter().map(|s| row(app, lang, s)).collect();
    components::table(
        &lang.t("studies-title"),
        &[
            (&lang.t("field-number"), ""),
            (&lang.t("field-study"), ""),
            (&lang.t("field-state"), ""),
            (&lang.t("field-requested"), ""),
            (&lang.t("field-due"), ""),
        ],
        &rows,
    )
}

async fn home(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let patient = patients::service::open(&app, &caller, id).await?;
    let record = patients::service::record_number(&app, &caller, id).await?;
    let filter = store::Filter { patient: Some(id), ..Default::default() };
    let studies = service::list(&app, &caller, filter, None, Limit::default()).await?;
    let may_request = caller.scope.has_any(&[Role::Collector, Role::Oncologist, Role::Reception]);
    let content = html! {
        @if let Some(doubts) = patients::pages::doubts(lang, &patient) { (doubts) }
        div class="head" {
            h1 { (lang.t("studies-of-patient")) }
            div class="actions" {
                @if may_request { a class="btn strong" href=(url(lang, &format!("/patients/{id}/studies/new"))) { (lang.t("studies-request")) } }
                @if caller.scope.reads_results() { a class="btn" href=(url(lang, &format!("/patients/{id}/mrd"))) { (lang.t("studies-course")) } }
            }
        }
        @if studies.items.is_empty() {
            (components::empty(&lang.t("studies-none"), &lang.t("studies-none-advice")))
        } @else { (study_table(&app, lang, &studies.items)) }
        section class="card" {
            h2 { (lang.t("patients-identifiers")) }
            (components::facts(&identifiers(lang, &patient)))
        }
    };
    let banner = banner(&app, lang, &patient, today(&app, &caller), record.as_deref());
    Ok(page(&caller, lang.t("patients-one")).banner(banner).render(&content))
}

fn identifiers(lang: Lang, p: &Patient) -> Vec<(String, Markup)> {
    let some = |v: Option<String>| match v {
        Some(v) => components::code(&v),
        None => html! { span class="hint" { (lang.t("not-given")) } },
    };
    vec![
        (lang.t("field-curp"), some(p.curp.as_ref().map(ToString::to_string))),
        (lang.t("field-nss"), some(p.nss.as_ref().map(ToString::to_string))),
        (lang.t("field-agregado"), some(p.agregado.as_ref().map(ToString::to_string))),
    ]
}

async fn new(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
) -> Result<Response, Problem> {
    let typed = RequestStudy { requester: String::new(), ..Default::default() };
    form_page(&app, &caller, id, &typed, None).await
}

async fn request(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
    Form(form): Form<RequestStudy>,
) -> Result<Response, Problem> {
    match service::request(&app, &caller, id, form.clone()).await {
        Ok(study) => {
            Ok(Redirect::to(&url(caller.lang, &format!("/studies/{}", study.id))).into_response())
        }
        Err(e @ StudyError::Fields(_)) => form_page(&app, &caller, id, &form, Some(&e)).await,
        Err(e) => Err(e.into()),
    }
}

const QUESTIONS: &[&str] = &["anti_cd19", "anti_cd22", "car_t", "anti_cd38", "transplant"];

async fn form_page(
    app: &App,
    caller: &Caller,
    id: PatientId,
    typed: &RequestStudy,
    refused: Option<&StudyError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let patient = patients::service::open(app, caller, id).await?;
    let record = patients::service::record_number(app, caller, id).await?;
    let enabled = app.db.read(store::approved).await?;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let field = |name: &'static str, label: &str, value| Field {
        name,
        label: lang.t(label),
        value,
        ..Field::default()
    };
    let kinds = choices(StudyKind::ALL.iter().map(|k| (k.as_str(), lang.t(&format!("study-{k}")))));
    let answer = |q: &str| match q {
        "anti_cd19" => (&typed.anti_cd19, &typed.anti_cd19_date),
        "anti_cd22" => (&typed.anti_cd22, &typed.anti_cd22_date),
        "car_t" => (&typed.car_t, &typed.car_t_date),
        "anti_cd38" => (&typed.anti_cd38, &typed.anti_cd38_date),
        _ => (&typed.transplant, &typed.transplant_date),
    };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("studies-request")) }
        form class="form" method="post" action=(url(lang, &format!("/patients/{id}/studies/new"))) {
            fieldset class="group" {
                legend { (lang.t("studies-what")) }
                (form.radios(&field("kind", "field-study", &typed.kind), &kinds))
                (form.text(&Field { hint: Some(lang.t("hint-diagnosis")), ..field("diagnosis", "field-diagnosis", &typed.diagnosis) }))
                (form.checks(&field("tubes", "field-tubes", ""), &tubes(app, lang), &typed.tubes))
                (form.radios(&field("urgent", "field-urgent", &typed.urgent), &components::yes_no(lang)))
            }
            fieldset class="group" {
                legend { (lang.t("studies-when")) }
                p class="hint" { (lang.t("studies-when-hint")) }
                (form.select(&field("protocol", "field-protocol", &typed.protocol), &choices(enabled.iter().map(|p| (p.clone(), p.clone())))))
                (form.select(&field("timepoint", "field-timepoint", &typed.timepoint), &timepoints(app, &enabled)))
                (form.text(&Field { size: "mid", hint: Some(lang.t("hint-day")), ..field("day1", "field-day1", &typed.day1) }))
                (form.text(&field("outside_reason", "field-outside", &typed.outside_reason)))
            }
            fieldset class="group" {
                legend { (lang.t("studies-questions")) }
                p class="hint" { (lang.t("studies-questions-hint")) }
                @for q in QUESTIONS {
                    @let (yes, date) = answer(q);
                    @let label = format!("question-{}", q.replace('_', "-"));
                    div class="two" {
                        (form.radios(&Field { name: q, label: lang.t(&label), value: yes, ..Field::default() }, &components::yes_no(lang)))
                        (form.text(&Field { name: &format!("{q}_date"), label: lang.t("field-if-yes-date"), hint: Some(lang.t("hint-day")), value: date, size: "mid", ..Field::default() }))
                    }
                }
                div class="two" {
                    (form.radios(&field("gcsf", "question-gcsf", &typed.gcsf), &components::yes_no(lang)))
                    (form.radios(&field("steroids", "question-steroids", &typed.steroids), &components::yes_no(lang)))
                    (form.text(&Field { size: "short", hint: Some(lang.t("hint-unknown")), ..field("wbc", "question-wbc", &typed.wbc) }))
                    (form.text(&Field { size: "short", hint: Some(lang.t("hint-unknown")), ..field("blood_blasts", "question-blasts", &typed.blood_blasts) }))
                }
                (form.text(&Field { hint: Some(lang.t("hint-reference")), ..field("diagnostic_reference", "field-reference", &typed.diagnostic_reference) }))
            }
            fieldset class="group" {
                legend { (lang.t("studies-who")) }
                div class="two" {
                    (form.text(&field("requester", "field-requester", &typed.requester)))
                    (form.text(&Field { kind: "tel", ..field("critical_phone", "field-phone", &typed.critical_phone) }))
                }
                @if caller.scope.centres().len() > 1 {
                    (form.select(&field("site", "field-centre", &typed.site), &own_sites(app, caller)))
                }
            }
            (components::submit(&lang.t("studies-request")))
        }
    };
    let banner = banner(app, lang, &patient, today(app, caller), record.as_deref());
    Ok(page(caller, lang.t("studies-request"))
        .style("form")
        .script("form")
        .width("narrow")
        .banner(banner)
        .refused(refused.is_some())
        .render(&content))
}

fn own_sites(app: &App, caller: &Caller) -> Vec<Choice> {
    choices(caller.scope.centres().iter().map(|s| (app.sites.code(*s), app.sites.name(*s))))
}

/// What is usually drawn: each primary specimen in its preferred tube.
fn tubes(app: &App, lang: Lang) -> Vec<Choice> {
    let usual = ["BM", "PB", "CSF"];
    choices(app.catalogue.specimens.iter().filter(|s| usual.contains(&s.code.as_str())).map(|s| {
        let tube = app.catalogue.container(&s.container_preferred);
        let cap = tube.map_or_else(String::new, |t| format!(" · {}", t.cap_label(lang)));
        (format!("{}/{}", s.code, s.container_preferred), format!("{}{cap}", s.label(lang)))
    }))
}

/// The time points of every approved protocol; a wrong pair is refused by name.
fn timepoints(app: &App, enabled: &[String]) -> Vec<Choice> {
    let protocols = app.catalogue.protocols.iter().filter(|p| enabled.contains(&p.id));
    let mut seen: Vec<Choice> = vec![];
    for t in protocols.flat_map(|p| &p.timepoints) {
        if !seen.iter().any(|c| c.value == t.id) {
            seen.push(Choice { value: t.id.clone(), label: t.id.clone() });
        }
    }
    seen
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ListQuery {
    state: String,
    after: Option<StudyId>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let state: Option<StudyState> = query.state.parse().ok();
    let filter = store::Filter { state, ..Default::default() };
    let found = service::list(&app, &caller, filter, query.after, Limit::default()).await?;
    let base = url(lang, "/studies");
    let next = found.next.as_ref().map(|n| format!("{base}?state={}&after={n}", query.state));
    let content = html! {
        h1 { (lang.t("studies-title")) }
        nav class="actions" aria-label=(lang.t("field-state")) {
            a class="btn small" href=(base) aria-current=[state.is_none().then_some("true")] { (lang.t("studies-all")) }
            @for s in StudyState::ALL {
                a class="btn small" href=(format!("{base}?state={s}")) aria-current=[(state == Some(*s)).then_some("true")] { (lang.t(&format!("study-state-{s}"))) }
            }
        }
        @if found.items.is_empty() {
            (components::empty(&lang.t("studies-none"), &lang.t("studies-list-advice")))
        } @else { (study_table(&app, lang, &found.items)) }
        (components::next_page(lang, next))
    };
    Ok(page(&caller, lang.t("studies-title")).render(&content))
}
