//! When a tube was drawn in truth: proposed on this page by one person, agreed to by another.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::told::{Refused, Told, tell};
use crate::app::{App, page};
use crate::codes::{CodeKind, ContainerCode};
use crate::containers::Container;
use crate::custody::asked::command::Command;
use crate::custody::asked::scan::When;
use crate::custody::asked::wall_time;
use crate::custody::error::CustodyError;
use crate::custody::events::event::{CustodyEvent, CustodyEventId};
use crate::custody::record::{service, store};
use crate::custody::refusal::Refusal;
use crate::custody::rules::collection_time;
use crate::custody::rules::correct::REASON_CHARS;
use crate::custody::rules::state::Proposal;
use crate::db::{Day, Instant, Reading};
use crate::patients::{self, Patient, pages::banner};
use crate::people::{Caller, store as people_store};
use crate::web::components::{self, Choice, Field, Form as Drawn, choices};
use crate::web::{FieldFault, Form, Key, Lang, Problem, time, url};

/// Days before the recorded one that a draw may be moved to; its label's rule says which are possible.
const DAYS_BACK: i64 = 31;

/// Whether the page is offered for `c`.
pub(in crate::custody) fn is_offered(caller: &Caller, c: &Container) -> bool {
    c.kind == CodeKind::Primary
        && (c.collected_at.is_some() || collection_time::is_untold(c))
        && collection_time::may_by_scope(&caller.scope, c)
}

/// What the page is called: whether a time is corrected or told at last.
fn title(untold: bool) -> &'static str {
    if untold { "collection-time-tell" } else { "collection-time-title" }
}

/// What the sample's page says of it: that its draw is still to be told, that a proposal waits, and the way to this page.
pub(in crate::custody) fn on_sample(caller: &Caller, c: &Container, waits: bool) -> Markup {
    let lang = caller.lang;
    let to = url(lang, &format!("/samples/{}/collection-time", c.code));
    let offered = is_offered(caller, c);
    let untold = collection_time::is_untold(c);
    html! {
        @if untold { (components::warning(&html! { p { (lang.t("collection-time-untold-notice")) } })) }
        @if waits { (components::warning(&html! { p {
            (lang.t("collection-time-waits")) " "
            @if offered { a href=(to) { (lang.t("collection-time-look")) } }
        } })) }
        @else if offered { p { a class="btn small" href=(to) { (lang.t(title(untold))) } } }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::custody) struct ProposeForm {
    id: Uuid,
    day: String,
    time: String,
    time_which: String,
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::custody) struct DecideForm {
    id: Uuid,
    proposal: Option<CustodyEventId>,
    /// `approve` or `decline`.
    decision: String,
    reason: String,
}

/// What was typed, and why it was refused.
#[derive(Default)]
struct Typed {
    propose: ProposeForm,
    why: String,
    said: Option<String>,
    faults: Vec<FieldFault>,
}

pub(in crate::custody) async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
) -> Result<Response, Problem> {
    draw(&app, &caller, code, &Typed::default()).await
}

/// The tube, and what waits with its proposer's name.
async fn load(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
) -> Result<(Container, Option<(CustodyEvent, Proposal, String)>), CustodyError> {
    let c = service::open(app, caller, code).await?;
    if !is_offered(caller, &c) {
        // Nothing was drawn there whose time could be wrong.
        if c.kind != CodeKind::Primary
            || c.collected_at.is_none() && !collection_time::is_untold(&c)
        {
            return Err(CustodyError::NotFound);
        }
        return Err(CustodyError::Refused(Box::new(Refusal::NotAllowed)));
    }
    let id = c.id;
    let waits = app
        .db
        .point(move |conn| {
            let Some(event) = store::open_proposal(conn, id)? else { return Ok(None) };
            let name = people_store::name_of(conn, event.actor_id)?.unwrap_or_default();
            let proposal = Proposal::waiting(Some(event.clone()));
            Ok::<_, CustodyError>(proposal.map(|p| (event, p, name)))
        })
        .await?;
    Ok((c, waits))
}

/// The child it was drawn from, for whoever may see them; that they looked is in the audit log.
async fn child(app: &App, caller: &Caller, c: &Container) -> Result<Option<Patient>, Problem> {
    let Some(id) = c.patient_id else { return Ok(None) };
    let scope = caller.scope.clone();
    let find =
        move |c: &mut Reading| Ok::<_, CustodyError>(patients::merged::shown(c, &scope, id)?);
    if app.db.point(find).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(patients::service::open(app, caller, id).await?))
}

async fn draw(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    typed: &Typed,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let (c, waits) = load(app, caller, code).await?;
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    let child = child(app, caller, &c).await?.map(|p| banner(app, lang, &p, today, None));
    let zone = app.sites.zone(Some(c.centre_id));
    let untold = collection_time::is_untold(&c);
    let title = lang.t(title(untold));
    let recorded = match c.collected_at {
        Some(at) => time::time(lang, at, zone.clone()),
        None => components::text(lang.t("collection-time-untold")),
    };
    let content = html! {
        @if let Some(said) = &typed.said { (components::errors(lang, said, &typed.faults)) }
        h1 { (title) }
        p class="lead" { a href=(url(lang, &format!("/samples/{code}"))) { (components::code(&code.grouped())) } }
        p { (lang.t(if untold { "collection-time-untold-text" } else { "collection-time-text" })) }
        p { (lang.t("collection-time-recorded")) ": " b { (recorded) } }
        @match &waits {
            Some((event, proposal, by)) => {
                p { (lang.tr("collection-time-proposed-by", &[("name", by.as_str().into())])) ": " b { (time::time(lang, proposal.collected_at, zone)) } }
                @if let Some(reason) = &event.reason { p { (lang.t("field-reason")) ": " (reason) } }
                (decide_form(lang, caller, &c, proposal, typed))
            },
            None => (propose_form(app, lang, caller, &c, typed)),
        }
    };
    Ok(page(caller, title)
        .style("form")
        .script("form")
        .width("narrow")
        .banner(child.unwrap_or_default())
        .refused(typed.said.is_some())
        .render(&content))
}

fn propose_form(app: &App, lang: Lang, caller: &Caller, c: &Container, typed: &Typed) -> Markup {
    let form = Drawn { lang, faults: &typed.faults };
    let hint = lang.tr("samples-correct-hint", &[("least", least().into())]);
    let p = &typed.propose;
    html! {
        form class="form group" method="post" action=(url(lang, &format!("/samples/{}/collection-time", c.code))) {
            (components::hidden("id", &Uuid::now_v7().to_string()))
            (form.select(&Field { name: "day", label: lang.t("collect-day"), value: &p.day, ..Field::default() }, &days(app, lang, caller.now, c)))
            (form.text(&Field { name: "time", label: lang.t("collect-time"), hint: Some(lang.t("collection-time-hint")), value: &p.time, inputmode: "numeric", size: "short", ..Field::default() }))
            (wall_time::ask_which(&form, &p.time_which))
            (form.area(&Field { name: "reason", label: lang.t("field-reason"), hint: Some(hint), value: &p.reason, ..Field::default() }))
            (components::submit(&lang.t("collection-time-propose")))
        }
    }
}

fn decide_form(
    lang: Lang,
    caller: &Caller,
    c: &Container,
    proposal: &Proposal,
    typed: &Typed,
) -> Markup {
    let form = Drawn { lang, faults: &typed.faults };
    let own = proposal.by == caller.scope.user();
    html! {
        form class="form group" method="post" action=(url(lang, &format!("/samples/{}/collection-time/decide", c.code))) {
            (components::hidden("id", &Uuid::now_v7().to_string()))
            (components::hidden("proposal", &proposal.id.to_string()))
            p { (lang.t(if own { "collection-time-own" } else { "collection-time-agree-text" })) }
            (form.text(&Field { name: "reason", label: lang.t("field-reason"), hint: Some(lang.t("collection-time-decline-hint")), value: &typed.why, ..Field::default() }))
            div class="actions" {
                @if !own { button class="btn strong" type="submit" name="decision" value="approve" { (lang.t("collection-time-approve")) } }
                button class="btn" type="submit" name="decision" value="decline" { (lang.t("collection-time-decline")) }
            }
        }
    }
}

fn least() -> i64 {
    i64::try_from(REASON_CHARS).unwrap_or(i64::MAX)
}

/// The days it may have been drawn on, newest first; none is chosen.
fn days(app: &App, lang: Lang, now: Instant, c: &Container) -> Vec<Choice> {
    let on = |at| Day(app.sites.local(Some(c.centre_id), at).date());
    let drawn = on(c.collected_at.unwrap_or(now));
    let until = c.received_at.unwrap_or_else(|| app.clock_watch.reckoned(now));
    let last = on(until).max(drawn).min(drawn.plus_days(DAYS_BACK));
    let back = last.days_since(drawn) + DAYS_BACK;
    choices((0..=back).map(|n| {
        let day = last.plus_days(-n);
        (day.to_string(), time::day(lang, day))
    }))
}

pub(in crate::custody) async fn propose(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Form(form): Form<ProposeForm>,
) -> Result<Response, Problem> {
    let (c, _) = load(&app, &caller, code).await?;
    let zone = app.sites.zone(Some(c.centre_id));
    let mut faults = vec![];
    // In the order of the page, as they are then listed.
    let at = match form.day.parse::<Day>() {
        Ok(day) => wall_time::typed(day, &form.time, &form.time_which, &zone),
        Err(_) => Err(FieldFault::new("day", "day-missing")),
    };
    let at = at.map_err(|f| faults.push(f)).ok();
    let reason = one_line(&form.reason);
    if reason.chars().count() < REASON_CHARS {
        faults.push(FieldFault::new("reason", "reason-too-short").with("least", least()));
    }
    let said = match at {
        Some(collected_at) if faults.is_empty() => {
            Ok(Command::ProposeCollectionTime { collected_at, reason })
        }
        _ => Err(faults),
    };
    let told = Told { id: form.id, code, at: When::Now(caller.now) };
    match tell(&app, &caller, told, said).await? {
        Ok(()) => Ok(to_sample(&caller, code)),
        Err(Refused { said, faults }) => {
            let typed = Typed { propose: form, said: Some(said), faults, ..Typed::default() };
            redraw(&app, caller, code, &typed).await
        }
    }
}

pub(in crate::custody) async fn decide(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Form(form): Form<DecideForm>,
) -> Result<Response, Problem> {
    load(&app, &caller, code).await?;
    let reason = one_line(&form.reason);
    let said = match (form.decision.as_str(), form.proposal) {
        ("approve", Some(proposal)) => Ok(Command::ApproveCollectionTime { proposal }),
        ("decline", Some(proposal)) => Ok(Command::DeclineCollectionTime { proposal, reason }),
        (_, Some(_)) => Err(vec![FieldFault::new("decision", "choose-from-list")]),
        (_, None) => Err(vec![FieldFault::new("proposal", "required")]),
    };
    let told = Told { id: form.id, code, at: When::Now(caller.now) };
    match tell(&app, &caller, told, said).await? {
        Ok(()) => Ok(to_sample(&caller, code)),
        Err(Refused { said, faults }) => {
            let typed = Typed { why: form.reason, said: Some(said), faults, ..Typed::default() };
            redraw(&app, caller, code, &typed).await
        }
    }
}

/// The form again, at the address where it can be opened.
async fn redraw(
    app: &App,
    mut caller: Caller,
    code: ContainerCode,
    typed: &Typed,
) -> Result<Response, Problem> {
    caller.path = url(caller.lang, &format!("/samples/{code}/collection-time"));
    draw(app, &caller, code, typed).await
}

/// A line break of the text field is no part of a reason in one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn to_sample(caller: &Caller, code: ContainerCode) -> Response {
    Redirect::to(&url(caller.lang, &format!("/samples/{code}"))).into_response()
}
