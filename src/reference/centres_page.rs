//! The centres for people: which there are, which nobody has verified, and confirming one.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::history::history;
use super::service::{self, Centre, pending};
use super::store::ProposalId;
use super::{CentreChange, ReferenceError, What};
use crate::app::{App, page};
use crate::approvals::{self, Answer, ApproveForm, Asked, DeclineForm, WithdrawForm};
use crate::people::Caller;
use crate::sites::{Site, SiteKind};
use crate::web::components::{self, Field, Form as Drawn, Tone};
use crate::web::{Fault, Form, Key, Lang, Pages, Problem, time, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new()
        .get("/centres", list)
        .get("/centres/{id}", show)
        .post("/centres/{id}/propose", propose)
        .post("/centres/{id}/approve", approve)
        .post("/centres/{id}/decline", decline)
        .post("/centres/{id}/withdraw", withdraw)
}

fn chip(lang: Lang, site: &Site, waits: bool) -> Markup {
    let (tone, key) = match (site.active, site.confirmed) {
        (false, _) => (Tone::Neutral, "centre-retired"),
        (true, false) if waits => (Tone::Warn, "reference-waiting"),
        (true, false) => (Tone::Warn, "centre-candidate"),
        (true, true) => (Tone::Ok, "centre-confirmed"),
    };
    components::chip(tone, &lang.t(key))
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let lang = caller.lang;
    let (all, waiting) = service::centres(&app, &caller).await?;
    let mut centres: Vec<&Site> = all.items.iter().filter(|s| s.kind == SiteKind::Centre).collect();
    let waits = |s: &Site| waiting.contains(&s.code);
    // What somebody has to decide first.
    centres.sort_by_key(|s| (!waits(s), s.confirmed || !s.active, !s.active, s.code.clone()));
    let rows: Vec<Vec<Markup>> = centres
        .iter()
        .map(|s| {
            vec![
                html! { a href=(url(lang, &format!("/centres/{}", s.code))) { b { (s.code) } } },
                chip(lang, s, waits(s)),
                html! { (s.name) @if let Some(doubt) = s.doubt(lang) { p class="hint" { (doubt) } } },
                html! { (s.city) ", " (s.state) },
                html! { span translate="no" { (s.clues.as_deref().unwrap_or_default()) } },
            ]
        })
        .collect();
    let heads = ["centre-code", "field-state", "field-name", "centre-place", "centre-clues"];
    let open = centres.iter().filter(|s| s.active && !s.confirmed).count();
    let content = html! {
        h1 { (lang.t("centres-title")) }
        p class="lead" { (lang.t("centres-lead")) }
        p { a href=(url(lang, "/catalogue")) { (lang.t("catalogue-title")) } }
        @if open == 0 { p class="hint" { (lang.t("centres-no-candidates")) } }
        @else { p class="hint" { (lang.tr("centres-candidates", &[("n", open.into())])) } }
        (components::unreadable(lang, &all.unreadable))
        @if rows.is_empty() {
            (components::none(&all.unreadable, &lang.t("centres-none"), &lang.t("centres-none-advice")))
        } @else { (components::table_of(lang, "centres-title", &heads, &rows)) }
    };
    Ok(page(&caller, lang.t("centres-title")).width("wide").render(&content))
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<String>,
) -> Result<Response, Problem> {
    let centre = service::centre(&app, &caller, &code).await?;
    let change = CentreChange::of(&centre.site);
    Ok(detail(&app, &caller, &centre, &change, "", None))
}

fn detail(
    app: &App,
    caller: &Caller,
    centre: &Centre,
    typed: &CentreChange,
    reason: &str,
    refused: Option<&ReferenceError>,
) -> Response {
    let (lang, s) = (caller.lang, &centre.site);
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let to = |what: &str| url(lang, &format!("/centres/{}/{what}", s.code));
    let waits = pending(&centre.proposals);
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (s.code) " · " (s.name) }
        p { (chip(lang, s, waits.is_some())) }
        (facts(lang, s))
        @if let Some(p) = waits { (proposed(lang, &p.content)) }
        @if let (Some(p), Some(turn)) = (waits, centre.turn) {
            @let asked = Asked { about: "centre", proposal: p.id.to_string(), reason, ..Asked::default() };
            (approvals::decision(&form, turn, &asked, &to))
        }
        @if waits.is_none() && s.active && !s.confirmed {
            @if What::Centre.parties().may_propose(&caller.scope) {
                (confirm_form(lang, &form, typed, reason, &to("propose")))
            } @else { (components::warning(&html! { p { (lang.t("centre-needs-coordination")) } })) }
        }
        (history(app, caller, &centre.proposals, &centre.names))
        (events(app, caller, centre))
        p { a href=(url(lang, "/centres")) { (lang.t("centres-title")) } }
    };
    let shell = page(caller, format!("{} · {}", s.code, lang.t("centres-title")));
    shell.style("form").script("form").refused(refused.is_some()).render(&content)
}

fn facts(lang: Lang, s: &Site) -> Markup {
    let mut facts = vec![
        (lang.t("centre-place"), components::text(format!("{}, {}", s.city, s.state))),
        (lang.t("centre-zone"), components::text(&s.zone)),
    ];
    if let Some(clues) = &s.clues {
        facts.push((lang.t("centre-clues"), components::code(clues)));
    }
    if let Some(doubt) = s.doubt(lang) {
        facts.push((lang.t("centre-doubt"), components::text(doubt)));
    }
    components::facts(&facts)
}

/// What somebody proposes to call it.
fn proposed(lang: Lang, content: &str) -> Markup {
    let change: CentreChange = serde_json::from_str(content).unwrap_or_default();
    let clues = match change.clues.is_empty() {
        true => components::text(lang.t("centre-no-clues")),
        false => components::code(&change.clues),
    };
    html! {
        h2 { (lang.t("centre-proposed")) }
        (components::facts(&[
            (lang.t("field-name"), components::text(&change.name)),
            (lang.t("centre-clues"), clues),
            (lang.t("centre-place"), components::text(format!("{}, {}", change.city, change.state))),
        ]))
    }
}

fn confirm_form(
    lang: Lang,
    form: &Drawn<'_>,
    typed: &CentreChange,
    reason: &str,
    action: &str,
) -> Markup {
    let field =
        |name, label: &str, value| Field { name, label: lang.t(label), value, ..Field::default() };
    html! {
        form class="form group" method="post" action=(action) {
            h2 { (lang.t("centre-confirm")) }
            p { (lang.t("centre-confirm-text")) }
            (form.text(&Field { hint: Some(lang.t("centre-name-hint")), ..field("name", "field-name", &typed.name) }))
            (form.text(&Field { hint: Some(lang.t("centre-clues-hint")), size: "mid", ..field("clues", "centre-clues", &typed.clues) }))
            (form.text(&field("city", "centre-city", &typed.city)))
            (form.text(&field("state", "centre-state", &typed.state)))
            (form.area(&Field { hint: Some(lang.t("centre-why-hint")), ..field("reason", "centre-why", reason) }))
            (components::submit(&lang.t("centre-confirm")))
        }
    }
}

fn events(app: &App, caller: &Caller, centre: &Centre) -> Markup {
    let lang = caller.lang;
    html! {
        h2 { (lang.t("centre-events")) }
        ul class="timeline" { @for e in centre.events.iter().rev() { li {
            (time::time(lang, e.at, app.wall(&caller.scope)))
            div {
                b class="what" { (lang.t(&format!("site-event-{}", e.kind))) } " · " (e.detail)
                p class="hint" {
                    @if let Some(version) = &e.catalogue_version { (lang.tr("catalogue-named", &[("version", version.as_str().into())])) }
                    @if let Some(name) = e.person_id.and_then(|id| centre.names.get(&id)) { (name) }
                }
            }
        } } }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ProposeForm {
    name: String,
    clues: String,
    city: String,
    state: String,
    reason: String,
}

async fn propose(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<String>,
    Form(f): Form<ProposeForm>,
) -> Result<Response, Problem> {
    let change = CentreChange { name: f.name, clues: f.clues, city: f.city, state: f.state };
    let done = service::propose_centre(&app, &caller, &code, &change, &f.reason).await;
    answered(&app, caller, &code, done.map(|_| ()), (Some(change), f.reason)).await
}

async fn approve(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<String>,
    Form(form): Form<ApproveForm<ProposalId>>,
) -> Result<Response, Problem> {
    decide(&app, caller, &code, form.answer()).await
}

async fn decline(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<String>,
    Form(form): Form<DeclineForm<ProposalId>>,
) -> Result<Response, Problem> {
    decide(&app, caller, &code, form.answer()).await
}

async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<String>,
    Form(form): Form<WithdrawForm<ProposalId>>,
) -> Result<Response, Problem> {
    decide(&app, caller, &code, form.answer()).await
}

async fn decide(
    app: &App,
    caller: Caller,
    code: &str,
    (proposal, answer): (ProposalId, Answer),
) -> Result<Response, Problem> {
    let typed = (None, answer.typed().to_owned());
    let done = service::decide(app, &caller, (What::Centre, code), proposal, answer).await;
    answered(app, caller, code, done, typed).await
}

/// Back to the centre, or its page with what is wrong and what was typed.
async fn answered(
    app: &App,
    mut caller: Caller,
    code: &str,
    done: Result<(), ReferenceError>,
    (change, reason): (Option<CentreChange>, String),
) -> Result<Response, Problem> {
    let path = url(caller.lang, &format!("/centres/{code}"));
    let e = match done {
        Ok(()) => return Ok(Redirect::to(&path).into_response()),
        Err(
            e @ (ReferenceError::Fields(_) | ReferenceError::Rule(_) | ReferenceError::People(_)),
        ) => e,
        Err(e) => return Err(e.into()),
    };
    let centre = service::centre(app, &caller, code).await?;
    caller.path = path;
    let change = change.unwrap_or_else(|| CentreChange::of(&centre.site));
    Ok(detail(app, &caller, &centre, &change, &reason, Some(&e)))
}
