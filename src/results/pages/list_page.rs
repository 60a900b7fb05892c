//! The list of results: what waits for a signature, and which critical ones nobody has
//! acknowledged. For a coordinator it says where one waits and since when, never whose it is.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::amended_notice::amended_notice;
use super::words::{critical_chip, head_chip};
use crate::app::{App, page};
use crate::db::{Instant, Limit};
use crate::doubts;
use crate::people::Caller;
use crate::people::rights::{Right, holds};
use crate::results::refusal::ResultError;
use crate::results::versions::reading;
use crate::results::versions::reading::Listed;
use crate::results::versions::store::Filter;
use crate::results::words::HeadState;
use crate::studies::{StudyId, pages as study_pages};
use crate::web::components::{self, Tone};
use crate::web::{Lang, Problem, Query, time, url};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::results) struct ListQuery {
    state: String,
    critical: String,
    after: Option<StudyId>,
}

pub(in crate::results) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    if !reading::sees_list(&caller) {
        return Err(ResultError::NotAllowed.into());
    }
    let lang = caller.lang;
    let filter = Filter { state: query.state.parse().ok(), waiting: query.critical == "yes" };
    let found = reading::list(&app, &caller, filter, query.after, Limit::default()).await?;
    let amended = reading::amended(&app, &caller).await?;
    let doubted = reading::doubted(&app, &caller).await?;
    let next = found.next.as_ref().map(|n| {
        format!(
            "{}?state={}&critical={}&after={n}",
            url(lang, "/results"),
            filter.state.map_or("", HeadState::as_str),
            if filter.waiting { "yes" } else { "" }
        )
    });
    let rows: Vec<Vec<Markup>> = found.items.iter().map(|l| row(&app, &caller, l)).collect();
    let content = html! {
        h1 { (lang.t("results-title")) }
        (doubts::section::list(&app, lang, &doubted))
        (amended_notice(&app, lang, &amended.amended))
        (filters(&caller, filter))
        (components::unreadable(lang, &[found.unreadable.as_slice(), &amended.unreadable].concat()))
        @if rows.is_empty() {
            (components::none(&found.unreadable, &lang.t("results-none"), &lang.t("results-none-advice")))
        } @else {
            (components::table_of(lang, "results-title", &["field-number", "field-study", "field-centre", "field-state", "field-critical", "field-updated"], &rows))
        }
        (components::next_page(lang, next))
    };
    Ok(page(&caller, lang.t("results-title")).render(&content))
}

fn filters(caller: &Caller, filter: Filter) -> Markup {
    let (lang, base) = (caller.lang, url(caller.lang, "/results"));
    let current = |is: bool| is.then_some("true");
    html! {
        nav class="actions" aria-label=(lang.t("field-state")) {
            @let all = filter.state.is_none() && !filter.waiting;
            a class="btn small" href=(base) aria-current=[current(all)] { (lang.t("studies-all")) }
            @if holds(&caller.scope, Right::ReadResult) { @for s in HeadState::ALL {
                a class="btn small" href=(format!("{base}?state={s}")) aria-current=[current(filter.state == Some(*s))] { (lang.t(&format!("head-{s}"))) }
            } }
            a class="btn small stop" href=(format!("{base}?critical=yes")) aria-current=[current(filter.waiting)] { (lang.t("results-critical")) }
        }
    }
}

fn row(app: &App, caller: &Caller, l: &Listed) -> Vec<Markup> {
    let (lang, h, s) = (caller.lang, &l.head, &l.study);
    let may_open = holds(&caller.scope, Right::ReadResult);
    let number = html! { span class="mono" { (s.number) } };
    vec![
        html! { @if may_open { a href=(url(lang, &format!("/results/{}", s.id))) { (number) } } @else { (number) } },
        // The words of a request are for those who treat the child.
        html! { @if may_open { (study_pages::what(lang, s)) } @else { (lang.t(&format!("study-{}", s.kind))) } },
        html! { (app.sites.code(h.centre_id)) },
        html! { (head_chip(lang, h.state)) @if s.doubt.is_some() { " " (doubts::section::doubt_chip(lang, s.doubt)) } },
        html! { @if let Some(c) = h.critical {
            (critical_chip(lang, c))
            @if h.waits_for_acknowledgement() { " " (waits(lang, caller.now, l)) }
        } },
        html! { (time::time(lang, h.updated_at, app.sites.zone(Some(h.laboratory_id)))) },
    ]
}

fn waits(lang: Lang, now: Instant, l: &Listed) -> Markup {
    let since = l.released_at.map(|at| time::age(lang, now.seconds_since(at)));
    html! {
        (components::chip(Tone::Stop, &lang.t("results-waits")))
        @if let Some(since) = since { " " span class="hint" { (since) } }
    }
}
