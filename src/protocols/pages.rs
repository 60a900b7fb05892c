//! The protocols for people: which are in use, what each says and where it is from; proposing and
//! approving.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::service::{self, PARTIES, ProtocolError, Shown, Standing};
use crate::app::{App, page};
use crate::approvals::{self, Asked};
use crate::catalogue::{
    Catalogue, Condition, Denominator, Evidence, Rule, TimePoint, percent_of_ppm,
};
use crate::db::{Instant, Page};
use crate::people::rights::{Right, holds};
use crate::people::{Caller, UserId};
use crate::web::components::{self, Field, Form as Drawn, Tone};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, time, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/protocols", list)
        .get("/protocols/{id}", show)
        .post("/protocols/{id}/propose", propose)
        .post("/protocols/{id}/approve", approve)
}

fn chip(lang: Lang, standing: Standing) -> Markup {
    let tone = match standing {
        Standing::Disabled => Tone::Neutral,
        Standing::Proposed => Tone::Warn,
        Standing::InUse => Tone::Ok,
    };
    components::chip(tone, &lang.t(&format!("protocol-{standing}")))
}

/// When something happened, on the laboratory's wall.
fn moment(app: &App, caller: &Caller, at: Instant) -> Markup {
    time::time(caller.lang, at, app.wall(&caller.scope))
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let lang = caller.lang;
    let Page { items: mut shown, unreadable, .. } = service::list(&app).await?;
    // What waits for somebody first, then what is in use.
    shown.sort_by_key(|s| match s.standing() {
        Standing::Proposed => 0,
        Standing::InUse => 1,
        Standing::Disabled => 2,
    });
    let rows: Vec<Vec<Markup>> = shown.iter().map(|s| row(&app, &caller, s)).collect();
    let heads =
        ["protocol", "protocol-disease", "field-state", "protocol-points", "protocol-rules"];
    let content = html! {
        h1 { (lang.t("protocols-title")) }
        p class="lead" { (lang.t("protocols-lead")) }
        p class="hint" { (lang.tr("protocols-catalogue", &[("version", app.catalogue.version.as_str().into())])) }
        @if holds(&caller.scope, Right::SeeReference) {
            p { a href=(url(lang, "/catalogue")) { (lang.t("catalogue-title")) } " · " a href=(url(lang, "/centres")) { (lang.t("centres-title")) } }
        }
        (components::unreadable(lang, &unreadable))
        @if rows.is_empty() {
            (components::none(&unreadable, &lang.t("protocols-none"), &lang.t("protocols-none-advice")))
        } @else { (components::table_of(lang, "protocols-title", &heads, &rows)) }
    };
    Ok(page(&caller, lang.t("protocols-title")).width("wide").render(&content))
}

fn row(app: &App, caller: &Caller, s: &Shown) -> Vec<Markup> {
    let (lang, p) = (caller.lang, &s.protocol);
    let days: Vec<String> = p.timepoints.iter().map(|t| t.id.clone()).collect();
    vec![
        html! { a href=(url(lang, &format!("/protocols/{}", p.id))) { b { (p.id) } } },
        html! { (p.disease.replace(',', ", ")) },
        html! { (chip(lang, s.standing())) br; span class="hint" { (decided(app, caller, s)) } },
        html! { (days.join(" · ")) },
        html! { (verified(lang, s)) },
    ]
}

/// Who decided what and when, in one line.
fn decided(app: &App, caller: &Caller, s: &Shown) -> Markup {
    let lang = caller.lang;
    let name = |id: UserId| s.names.get(&id).cloned().unwrap_or_default();
    match (&s.approval, &s.proposal) {
        (Some(a), _) => html! {
            (lang.tr("protocol-decided", &[("one", name(a.proposed_by).into()), ("two", name(a.approved_by).into())]))
            " · " (moment(app, caller, a.approved_at))
        },
        (None, Some(p)) => html! {
            (lang.tr("protocol-proposed-by", &[("name", name(p.proposed_by).into())]))
            " · " (moment(app, caller, p.proposed_at))
        },
        (None, None) => html! { @if !s.earlier.is_empty() { (lang.t("protocol-earlier")) } },
    }
}

fn verified(lang: Lang, s: &Shown) -> Markup {
    let (good, all) = s.verified();
    if all == 0 {
        return components::chip(Tone::Neutral, &lang.t("protocol-no-rules"));
    }
    let args = [("good", (good as i64).into()), ("all", (all as i64).into())];
    let tone = if good == all { Tone::Ok } else { Tone::Warn };
    components::chip(tone, &lang.tr("protocol-verified", &args))
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
) -> Result<Response, Problem> {
    detail(&app, &caller, &id, "", None).await
}

async fn detail(
    app: &App,
    caller: &Caller,
    id: &str,
    reason: &str,
    refused: Option<&ProtocolError>,
) -> Result<Response, Problem> {
    let (lang, s) = (caller.lang, service::open(app, id).await?);
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let p = &s.protocol;
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (p.id) }
        p { (chip(lang, s.standing())) " " (verified(lang, &s)) }
        (facts(app, caller, &s))
        (decision(caller, &s, reason, &faults))
        h2 { (lang.t("protocol-points")) }
        (timepoints(app, lang, &p.timepoints))
        h2 { (lang.t("protocol-rules")) }
        p class="hint" { (lang.t("protocol-rules-hint")) }
        (rules(app, lang, &p.rules))
    };
    let title = p.id.clone();
    let shell = page(caller, title).style("form").script("form").refused(refused.is_some());
    Ok(shell.render(&content))
}

fn facts(app: &App, caller: &Caller, s: &Shown) -> Markup {
    let (lang, p) = (caller.lang, &s.protocol);
    let mut facts = vec![
        (lang.t("protocol-disease"), components::text(p.disease.replace(',', ", "))),
        (lang.t("protocol-denominator"), components::text(&p.denominator)),
        (lang.t("protocol-catalogue"), components::text(&app.catalogue.version)),
    ];
    if s.approval.is_some() || s.proposal.is_some() || !s.earlier.is_empty() {
        facts.push((lang.t("field-state"), decided(app, caller, s)));
    }
    if let Some(x) = &s.proposal {
        facts.push((lang.t("field-reason"), components::text(&x.reason)));
    }
    if let Some(note) = &p.note {
        facts.push((lang.t("protocol-note"), components::text(note)));
    }
    components::facts(&facts)
}

/// What this person can do about it now.
fn decision(caller: &Caller, s: &Shown, reason: &str, faults: &[FieldFault]) -> Markup {
    let (lang, scope) = (caller.lang, &caller.scope);
    let form = Drawn { lang, faults };
    let to = |what: &str| url(lang, &format!("/protocols/{}/{what}", s.protocol.id));
    let (good, all) = s.verified();
    let note = html! { @if good < all { (components::warning(&html! { p { (lang.t("protocol-unverified-text")) } })) } };
    match (s.standing(), &s.proposal) {
        (Standing::Disabled, _) if PARTIES.may_propose(scope) => html! {
            form class="form group" method="post" action=(to("propose")) {
                h2 { (lang.t("protocol-propose")) }
                p { (lang.t("protocol-propose-text")) }
                (note)
                (form.area(&Field { name: "reason", label: lang.t("protocol-why"), value: reason, ..Field::default() }))
                (components::submit(&lang.t("protocol-propose")))
            }
        },
        (Standing::Proposed, Some(p)) => {
            let turn = PARTIES.turn(scope, p.proposed_by, &s.proposer);
            let asked = Asked { about: "protocol", note, only_approved: true, ..Asked::default() };
            approvals::decision(&form, turn, &asked, &to)
        }
        _ => Markup::default(),
    }
}

fn timepoints(app: &App, lang: Lang, list: &[TimePoint]) -> Markup {
    let rows: Vec<Vec<Markup>> = list
        .iter()
        .map(|t| {
            let specimen =
                app.catalogue.specimen(&t.specimen).map_or(&*t.specimen, |s| s.label(lang));
            let window = [("minus", t.window_minus.into()), ("plus", t.window_plus.into())];
            vec![
                html! { b { (t.id) } @if let Some(when) = &t.conditional_on { p class="hint" { (when) } } },
                html! { (t.day) @if let Some(a) = t.anchor.as_deref().filter(|a| *a != "day1") { " " span class="hint" { (a) } } },
                html! { (lang.tr("protocol-window", &window)) },
                html! { (specimen) },
                html! { (methods(t)) },
                html! { @if let Some(ppm) = t.required_ppm { (percent_of_ppm(ppm)) "\u{202f}%" } },
                html! { @if let Some(n) = &t.note { span class="hint" { (n) } } },
            ]
        })
        .collect();
    let heads = [
        "field-timepoint",
        "protocol-day",
        "field-window",
        "field-specimen",
        "protocol-method",
        "protocol-sensitivity",
        "protocol-note",
    ];
    components::table_of(lang, "protocol-points", &heads, &rows)
}

fn methods(t: &TimePoint) -> String {
    let words: Vec<&str> = t.methods.iter().map(|m| m.as_str()).collect();
    words.join(", ")
}

fn rules(app: &App, lang: Lang, list: &[Rule]) -> Markup {
    let rows: Vec<Vec<Markup>> = list
        .iter()
        .map(|r| {
            let source = app.catalogue.sources.get(&r.source).map_or(&*r.source, String::as_str);
            let (tone, word) = evidence(r);
            vec![
                html! { @for c in r.conditions() { p { (c.timepoint) } } },
                html! { (comparisons(app, lang, r)) },
                html! { b { (r.class) } @if let Some(k) = r.kind { p class="hint" { (lang.t(&format!("class-kind-{k}"))) } } @if let Some(n) = &r.note { p class="hint" { (n) } } },
                html! { (components::chip(tone, &lang.t(word))) p class="hint" { (source) } @if let Some(d) = r.doubt() { p class="hint" { (lang.t("protocol-doubt")) ": " (d.of(lang)) } } },
            ]
        })
        .collect();
    let heads = ["field-timepoint", "protocol-when", "protocol-class", "protocol-source"];
    components::table_of(lang, "protocol-rules", &heads, &rows)
}

/// What a rule rests on, as a chip.
fn evidence(r: &Rule) -> (Tone, &'static str) {
    match r.evidence {
        _ if r.is_read() => (Tone::Ok, "protocol-read"),
        Some(Evidence::Secondary) => (Tone::Warn, "protocol-secondary"),
        Some(Evidence::Memory) => (Tone::Warn, "protocol-memory"),
        Some(Evidence::Placeholder) => (Tone::Stop, "protocol-invented"),
        _ => (Tone::Warn, "protocol-unread"),
    }
}

/// The rule in words, each comparison with what it is about, whom it is for and what else it needs.
fn comparisons(app: &App, lang: Lang, r: &Rule) -> Markup {
    html! {
        @if let Some(when) = r.when() { p { (when.of(lang)) } }
        @for c in r.conditions() { p { (condition_text(&app.catalogue, lang, &c)) } }
        @if let Some(who) = &r.applies_to { p class="hint" { (who) } }
        @if let Some(needs) = r.needs() { p class="hint" { (lang.t("protocol-needs")) ": " (needs.of(lang)) } }
    }
}

/// `EMR mayor o igual a 0.05 %`, and of which method, specimen and denominator it is.
pub fn condition_text(catalogue: &Catalogue, lang: Lang, c: &Condition) -> String {
    let key = format!("protocol-op-{}", c.op.as_str());
    let level = c.threshold_ppm.map(|ppm| format!("{}\u{202f}%", percent_of_ppm(ppm)));
    let mut parts = vec![lang.tr(&key, &[("level", level.unwrap_or_default().into())])];
    parts.extend(c.method.map(|m| lang.t(&format!("method-{}", m.as_str().to_lowercase()))));
    let specimen = c.specimen.as_deref().and_then(|s| catalogue.specimen(s));
    parts.extend(specimen.map(|s| s.label(lang).to_owned()));
    parts.extend(c.denominator.map(|d| lang.t(&denominator_key(d))));
    parts.join(" · ")
}

/// The text of a denominator.
pub fn denominator_key(d: Denominator) -> String {
    format!("denominator-{}", d.as_str().to_lowercase().replace('_', "-"))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProposeForm {
    #[serde(default)]
    reason: String,
}

async fn propose(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Form(form): Form<ProposeForm>,
) -> Result<Response, Problem> {
    let done = service::propose(&app, &caller, &id, &form.reason).await;
    answer(&app, caller, &id, &form.reason, done).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApproveForm {
    #[serde(default)]
    password: String,
}

async fn approve(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Form(form): Form<ApproveForm>,
) -> Result<Response, Problem> {
    let done = service::approve(&app, &caller, &id, &form.password).await;
    answer(&app, caller, &id, "", done).await
}

/// Back to the protocol: done, or with what kept it from being done.
async fn answer(
    app: &App,
    mut caller: Caller,
    id: &str,
    reason: &str,
    done: Result<(), ProtocolError>,
) -> Result<Response, Problem> {
    let back = url(caller.lang, &format!("/protocols/{id}"));
    match done {
        Ok(()) => Ok(Redirect::to(&back).into_response()),
        Err(e) if e.status() < 500 && e.status() != 404 => {
            caller.path = back;
            detail(app, &caller, id, reason, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}
