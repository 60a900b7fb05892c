//! The agents of every site, for administrators.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::form_page::sites;
use super::manage;
use crate::app::{App, page};
use crate::db::Page;
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::printing::leases::enrol::Code;
use crate::printing::machines::devices::{Agent, SILENT_SECONDS};
use crate::printing::machines::form::NoFields;
use crate::printing::machines::printer::AgentId;
use crate::printing::machines::reach;
use crate::web::components::{self, Field, Form as Drawn, Tone};
use crate::web::{Fault, Form, Key, Lang, Pages, Problem, time, url};

pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/print-agents", list)
        .post("/print-agents", add)
        .post("/print-agents/{id}/code", code)
        .post("/print-agents/{id}/revoke", revoke)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AgentForm {
    site: String,
    name: String,
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    agents_page(&app, &caller, &AgentForm::default(), None, None).await
}

/// `told`: the agent that has a new code, and the code. It is on this page and nowhere else.
async fn agents_page(
    app: &App,
    caller: &Caller,
    typed: &AgentForm,
    refused: Option<&PrintError>,
    told: Option<(AgentId, Code)>,
) -> Result<Response, Problem> {
    if !reach::manages(caller) {
        return Err(Problem::not_found());
    }
    let lang = caller.lang;
    let Page { items: all, unreadable, .. } = manage::agents(app, caller).await?;
    let twins = manage::twins(app, caller).await?;
    let of = |a: &Agent| row(app, caller, a, twins.contains(&a.id));
    let rows: Vec<Vec<Markup>> = all.iter().map(of).collect();
    let heads = [
        "field-name",
        "field-site",
        "field-state",
        "field-heard",
        "field-version",
        "field-actions",
    ];
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("agents-title")) }
        p class="lead" { (lang.t("agents-lead")) }
        (components::unreadable(lang, &unreadable))
        @if let Some((id, code)) = &told {
            @let name = all.iter().find(|a| a.id == *id).map_or("", |a| a.name.as_str());
            section class="card" {
                h2 { (lang.tr("agents-code-title", &[("name", name.into())])) }
                p class="lead" { b class="mono" translate="no" { (code.shown()) } }
                p { (lang.t("agents-code-text")) }
                p class="mono" translate="no" { "rastro agent enrol --server " (app.settings.public_url) " --code " (code.shown()) }
            }
        }
        @if rows.is_empty() {
            (components::empty(&lang.t("agents-none"), &lang.t("agents-none-advice")))
        } @else { (components::table_of(lang, "agents-title", &heads, &rows)) }
        form class="form group" method="post" action=(url(lang, "/print-agents")) {
            h2 { (lang.t("agents-add")) }
            p class="hint" { (lang.t("agents-linux")) }
            (form.select(&Field { name: "site", label: lang.t("field-site"), value: &typed.site, ..Field::default() }, &sites(app)))
            (form.text(&Field { name: "name", label: lang.t("field-name"), value: &typed.name, ..Field::default() }))
            (components::submit(&lang.t("agents-add")))
        }
    };
    Ok(page(caller, lang.t("agents-title"))
        .style("form")
        .script("form")
        .width("wide")
        .refused(refused.is_some())
        .render(&content))
}

fn state(lang: Lang, caller: &Caller, a: &Agent, twins: bool) -> Markup {
    if twins && a.revoked_at.is_none() {
        return html! {
            (components::chip(Tone::Warn, &lang.t("agents-twins")))
            p class="hint" { (lang.t("agents-twins-advice")) }
        };
    }
    let away = a.seen_at.is_none_or(|at| caller.now.seconds_since(at) > SILENT_SECONDS);
    let (tone, word) = match (a.revoked_at, a.secret_hash.is_some()) {
        (Some(_), _) => (Tone::Neutral, "agents-revoked"),
        (None, false) => (Tone::Info, "agents-waiting"),
        (None, true) if away => (Tone::Warn, "agents-silent"),
        (None, true) => (Tone::Ok, "agents-active"),
    };
    components::chip(tone, &lang.t(word))
}

fn row(app: &App, caller: &Caller, a: &Agent, twins: bool) -> Vec<Markup> {
    let lang = caller.lang;
    let zone = app.sites.zone(Some(a.site_id));
    let to = |what: &str| url(lang, &format!("/print-agents/{}/{what}", a.id));
    vec![
        html! { b { (a.name) } },
        html! { (app.sites.code(a.site_id)) },
        state(lang, caller, a, twins),
        html! { @match a.seen_at {
            Some(at) => (time::time(lang, at, zone)),
            None => span class="hint" { (lang.t("never-heard")) },
        } },
        html! { (a.version.as_deref().unwrap_or_default()) },
        html! { @if a.revoked_at.is_none() { div class="actions" {
            form method="post" action=(to("code")) { button class="btn small" type="submit" { (lang.t("agents-code")) } }
            form method="post" action=(to("revoke")) { button class="btn small stop" type="submit" { (lang.t("agents-revoke")) } }
        } } },
    ]
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Form(typed): Form<AgentForm>,
) -> Result<Response, Problem> {
    match manage::add_agent(&app, &caller, &typed.site, &typed.name).await {
        Ok(told) => agents_page(&app, &caller, &AgentForm::default(), None, Some(told)).await,
        Err(e @ PrintError::Fields(_)) => agents_page(&app, &caller, &typed, Some(&e), None).await,
        Err(e) => Err(e.into()),
    }
}

async fn code(
    State(app): State<App>,
    mut caller: Caller,
    Key(id): Key<AgentId>,
    Form(NoFields {}): Form<NoFields>,
) -> Result<Response, Problem> {
    let code = manage::new_code(&app, &caller, id).await?;
    caller.path = url(caller.lang, "/print-agents");
    agents_page(&app, &caller, &AgentForm::default(), None, Some((id, code))).await
}

async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<AgentId>,
    Form(NoFields {}): Form<NoFields>,
) -> Result<Response, Problem> {
    manage::revoke_agent(&app, &caller, id).await?;
    Ok(Redirect::to(&url(caller.lang, "/print-agents")).into_response())
}
