//! A study with its tubes, and the list of samples.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::expected::EXTRA;
use super::issue;
use super::service::{self, CustodyError};
use super::view::{freshness, view_with};
use super::{
    bedside_page, cancel_page, collection_time_page, issue_page, recollect, station, timeline,
    withdraw,
};
use crate::app::{App, page};
use crate::catalogue::Freshness;
use crate::codes::{CodeKind, ContainerCode};
use crate::containers::{self, Container, ContainerId, Status};
use crate::db::{Day, DbError, Limit};
use crate::doubts;
use crate::patients::pages::banner;
use crate::people::{Caller, store as people_store};
use crate::studies::{self, StudyId, StudyState, pages as study_pages};
use crate::web::components::{self, Tone};
use crate::web::{Fault, Key, Lang, Pages, Problem, Query, time, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/studies/{id}", study)
        .post("/studies/{id}/containers", issue_page::register)
        .post("/studies/{id}/cancel", cancel_page::cancel)
        .get("/samples", list)
        .get("/samples/{code}", timeline::show)
        .get("/samples/{code}/collect", bedside_page::show)
        .post("/samples/{code}/collect", bedside_page::collect)
        .get("/samples/{code}/collection-time", collection_time_page::show)
        .post("/samples/{code}/collection-time", collection_time_page::propose)
        .post("/samples/{code}/collection-time/decide", collection_time_page::decide)
        .post("/samples/{code}/derive", timeline::derive)
        .post("/samples/{code}/correct", timeline::correct)
        .post("/samples/{code}/withdraw", withdraw::withdraw)
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

/// Whether somebody still has to decide about the sample's age: from the bedside until it is
/// accepted or at its end. Afterwards nothing is asked because of it.
pub(super) fn age_matters(c: &Container) -> bool {
    c.status < Status::Accepted && !c.status.is_terminal()
}

/// A sample's age: with what it asks for while that is open, else in plain words.
pub(super) fn age_of(app: &App, caller: &Caller, c: &Container) -> Markup {
    let (age_s, colour) = freshness(&app.catalogue, c, caller.now);
    match age_s {
        Some(s) if !age_matters(c) => components::text(time::age(caller.lang, s)),
        _ => freshness_chip(caller.lang, colour, age_s),
    }
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

pub(super) fn specimen_text(app: &App, lang: Lang, c: &Container) -> String {
    let v = view_with(app, lang, c.created_at, c, None);
    format!("{} · {}", v.specimen_text, v.cap_text)
}

async fn study(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Response, Problem> {
    study_page(&app, &caller, id, &issue_page::Typed::default(), None).await
}

pub(super) async fn study_page(
    app: &App,
    caller: &Caller,
    id: StudyId,
    typed: &issue_page::Typed,
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
    let may_issue = issue::may_issue(&caller.scope, s.centre_id, s.laboratory_id);
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
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) (issue_page::ways_on(lang, typed)) }
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
            (components::table(&lang.t("containers-title"), &[
                (&lang.t("field-code"), ""), (&lang.t("field-specimen"), ""), (&lang.t("field-state"), ""), (&lang.t("field-actions"), ""),
            ], &rows))
        }
        @if made.next.is_some() {
            p { a class="btn small" href=(url(lang, &format!("/samples?study={id}"))) { (lang.t("containers-all")) } }
        }
        @if !may_issue && !rows.is_empty() && caller.scope.centres().contains(&s.centre_id) {
            p class="hint" { (lang.t("label-who")) }
        }
        @if may_issue && s.state != StudyState::Cancelled { (issue_page::section(app, lang, &opened, (&made.items, &made_for), typed, &faults)) }
        (cancel_page::form(caller, s, typed, &faults))
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
    let at_bedside = super::may_collect(&caller.scope, c);
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

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ListQuery {
    status: String,
    /// Only what was derived from this one.
    parent: Option<ContainerCode>,
    /// Only the tubes of this request.
    study: Option<StudyId>,
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
    let parent = match query.parent {
        Some(code) => Some(service::open(&app, &caller, code).await?),
        None => None,
    };
    let filter = containers::store::Filter {
        status,
        parent: parent.map(|p| p.id),
        study: query.study,
        ..Default::default()
    };
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
    // What the list is of stays, whichever state and page is looked at.
    let of =
        [query.parent.map(|p| format!("&parent={p}")), query.study.map(|s| format!("&study={s}"))];
    let of: String = of.into_iter().flatten().collect();
    let to = |status: &str| format!("{base}?status={status}{of}");
    let next = found.next.as_ref().map(|n| format!("{}&after={n}", to(&query.status)));
    let rows: Vec<Vec<Markup>> = found
        .items
        .iter()
        .map(|c| {
            // Once accepted, the age was decided about; only what still waits grows old here.
            let fresh = if age_matters(c) { age_of(&app, &caller, c) } else { html! {} };
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
            a class="btn small" href=(to("")) aria-current=[status.is_none().then_some("true")] { (lang.t("studies-all")) }
            @for s in common {
                a class="btn small" href=(to(s.as_str())) aria-current=[(status == Some(s)).then_some("true")] { (super::refusal::status_text(s, lang)) }
            }
        }
        (components::unreadable(lang, &found.unreadable))
        @if rows.is_empty() {
            (components::none(&found.unreadable, &lang.t("samples-none"), &lang.t("samples-none-advice")))
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
