//! A study with its tubes.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::app::{App, page};
use crate::codes::CodeKind;
use crate::containers::{self, Container, Status};
use crate::custody::pages::{
    cancel, issue,
    words::{specimen_text, status_chip},
};
use crate::custody::{CustodyError, EXTRA, may_collect, may_issue, recollect};
use crate::db::{Day, DbError, Limit};
use crate::doubts;
use crate::patients::pages::banner;
use crate::people::Caller;
use crate::studies::{self, StudyId, StudyState, pages as study_pages};
use crate::web::{Fault, Form, Key, Problem, components, time, url};

pub(super) async fn study(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Response, Problem> {
    study_page(&app, &caller, id, &issue::Typed::default(), None).await
}

/// A label for one of its tubes.
pub(super) async fn register(
    State(app): State<App>,
    caller: Caller,
    Key(study): Key<StudyId>,
    Form(form): Form<issue::IssueForm>,
) -> Result<Response, Problem> {
    let done = issue::register(&app, &caller, study, form).await;
    led(&app, caller, study, done).await
}

/// The request is not wanted any more.
pub(super) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Key(study): Key<StudyId>,
    Form(form): Form<cancel::CancelForm>,
) -> Result<Response, Problem> {
    let done = cancel::cancel(&app, &caller, study, form).await;
    led(&app, caller, study, done).await
}

/// On to the next page, or back to this one with what was typed and why it was refused.
async fn led(
    app: &App,
    mut caller: Caller,
    study: StudyId,
    done: Result<String, (issue::Typed, CustodyError)>,
) -> Result<Response, Problem> {
    let (typed, e) = match done {
        Ok(to) => return Ok(Redirect::to(&to).into_response()),
        Err(refused) => refused,
    };
    match e {
        CustodyError::Fields(_)
        | CustodyError::TubeTaken(_)
        | CustodyError::TubesWait(_)
        | CustodyError::RequestAnswered
        | CustodyError::RequestCancelled => {
            caller.path = url(caller.lang, &format!("/studies/{study}"));
            study_page(app, &caller, study, &typed, Some(&e)).await
        }
        e => Err(e.into()),
    }
}

async fn study_page(
    app: &App,
    caller: &Caller,
    id: StudyId,
    typed: &issue::Typed,
    refused: Option<&CustodyError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let opened = studies::service::open(app, caller, id).await?;
    let scope = caller.scope.clone();
    let filter = containers::store::Filter { study: Some(id), ..Default::default() };
    let limit = Limit::new(200).unwrap_or_default();
    let (made, made_for) = app
        .db
        .read(move |c| {
            let made = containers::store::list(c, &scope, &filter, None, limit)?;
            Ok::<_, DbError>((made, containers::store::made_for(c, id)?))
        })
        .await?;
    let s = &opened.study;
    let zone = app.sites.zone(Some(s.centre_id));
    let may_issue = may_issue(&caller.scope, s.centre_id, s.laboratory_id);
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let rows: Vec<Vec<Markup>> = made.items.iter().map(|c| container_row(app, caller, c)).collect();
    let lost = components::unreadable(lang, &made.unreadable);
    let mut facts = vec![
        (
            lang.t("field-study"),
            html! { (study_pages::what(lang, s)) (study_pages::walk_in_chip(lang, s)) },
        ),
        (lang.t("field-state"), study_pages::state_chip(lang, s.state)),
        (lang.t("field-requested"), time::time(lang, s.requested_at, zone)),
        (lang.t("field-requester"), study_pages::requester(lang, s)),
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
    let whose = doubts::section::of_study(app, caller, s).await?;
    let again = recollect::notice(app, caller, s, &made.items).await?;
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) (issue::ways_on(lang, typed)) }
        div class="head" {
            h1 { (lang.tr("studies-one", &[("number", s.number.as_str().into())])) }
            @if caller.scope.reads_results() {
                a class="btn" href=(url(lang, &format!("/results/{id}"))) { (lang.t("results-open")) }
            }
        }
        (study_pages::cancelled_notice(app, lang, s, opened.cancelled.as_ref()))
        (whose)
        (again)
        section class="card" { (components::facts(&facts)) }
        (studies::correction::card(app, caller, s, opened.corrected))
        h2 { (lang.t("containers-title")) }
        @if may_issue && made.items.iter().any(|c| c.status == Status::Planned) {
            p { a class="btn small" href=(url(lang, &format!("/studies/{id}/labels"))) { (lang.t("print-kit-link")) } }
        }
        (lost)
        @if rows.is_empty() {
            @let advice = if may_issue { "containers-none-advice" } else { "label-who" };
            (components::none(&made.unreadable, &lang.t("containers-none"), &lang.t(advice)))
        } @else {
            @let heads = ["field-code", "field-specimen", "field-state", "field-actions"];
            (components::table_of(lang, "containers-title", &heads, &rows))
        }
        @if made.next.is_some() {
            p { a class="btn small" href=(url(lang, &format!("/samples?study={id}"))) { (lang.t("containers-all")) } }
        }
        @if !may_issue && !rows.is_empty() && caller.scope.centres().contains(&s.centre_id) {
            p class="hint" { (lang.t("label-who")) }
        }
        @if may_issue && s.state != StudyState::Cancelled { (issue::section(app, lang, &opened, (&made.items, &made_for), typed, &faults)) }
        (cancel::form(caller, s, typed, &faults))
    };
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    let banner = banner(app, lang, &opened.patient, today, None);
    let title = lang.tr("studies-one", &[("number", s.number.as_str().into())]);
    Ok(page(caller, title)
        .style("form")
        .script("form")
        .script("scan")
        .banner(banner)
        .refused(refused.is_some())
        .render(&content))
}

fn container_row(app: &App, caller: &Caller, c: &Container) -> Vec<Markup> {
    let lang = caller.lang;
    let to = |what: &str| url(lang, &format!("/samples/{}{what}", c.code));
    let at_bedside = may_collect(&caller.scope, c);
    vec![
        html! { a href=(to("")) { (components::code(&c.code.grouped())) } },
        html! {
            (specimen_text(app, lang, c))
            @if c.kind == CodeKind::Derived { " · " (lang.t("containers-derived")) }
            @if c.flags.has(EXTRA) { " · " (lang.t("containers-extra")) }
        },
        status_chip(lang, c.status),
        html! {
            div class="actions" {
                @if at_bedside { a class="btn small strong" href=(to("/collect")) { (lang.t("containers-collect")) } }
                @if caller.scope.sees_identity() { a class="btn small" href=(to("/label")) { (lang.t("containers-label")) } }
            }
        },
    ]
}
