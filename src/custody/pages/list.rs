//! The list of samples.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::words::{age_matters, age_of, specimen_text, status_chip};
use crate::app::{App, page};
use crate::codes::ContainerCode;
use crate::containers::{self, ContainerId, Status};
use crate::custody::error::CustodyError;
use crate::custody::record::service;
use crate::custody::refusal::status_text;
use crate::db::Limit;
use crate::people::{Caller, store as people_store};
use crate::studies::StudyId;
use crate::web::{Problem, Query, components, url};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ListQuery {
    status: String,
    /// Only what was derived from this one.
    parent: Option<ContainerCode>,
    /// Only the tubes of this request.
    study: Option<StudyId>,
    after: Option<ContainerId>,
}

pub(super) async fn list(
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
                a class="btn small" href=(to(s.as_str())) aria-current=[(status == Some(s)).then_some("true")] { (status_text(s, lang)) }
            }
        }
        (components::unreadable(lang, &found.unreadable))
        @if rows.is_empty() {
            (components::none(&found.unreadable, &lang.t("samples-none"), &lang.t("samples-none-advice")))
        } @else {
            (components::table_of(lang, "samples-title", &["field-code", "field-specimen", "field-centre", "field-state", "field-custodian", "field-age"], &rows))
        }
        (components::next_page(lang, next))
    };
    Ok(page(&caller, lang.t("samples-title")).render(&content))
}
