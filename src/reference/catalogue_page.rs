//! The catalogue for people: which version decides about samples, and approving a newer one.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use similar::{ChangeTag, TextDiff};

use super::history::history;
use super::service::{self, Versions, pending};
use super::store::ProposalId;
use super::{ReferenceError, What};
use crate::app::{App, page};
use crate::approvals::{self, Answer, ApproveForm, Asked, DeclineForm, WithdrawForm};
use crate::people::Caller;
use crate::web::components::{self, Field, Form as Drawn, Tone};
use crate::web::{Fault, Form, Lang, Pages, Problem, time, url};

/// Changed lines of a file that a page shows at most; the rest is counted.
const LINES: usize = 60;

pub(super) fn pages() -> Pages<App> {
    Pages::new()
        .get("/catalogue", show)
        .post("/catalogue/propose", propose)
        .post("/catalogue/approve", approve)
        .post("/catalogue/decline", decline)
        .post("/catalogue/withdraw", withdraw)
}

async fn show(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    catalogue_page(&app, &caller, "", None).await
}

async fn catalogue_page(
    app: &App,
    caller: &Caller,
    reason: &str,
    refused: Option<&ReferenceError>,
) -> Result<Response, Problem> {
    let (lang, v) = (caller.lang, service::versions(app, caller).await?);
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let to = |what: &str| url(lang, &format!("/catalogue/{what}"));
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("catalogue-title")) }
        p class="lead" { (lang.t("catalogue-lead")) }
        (standing(app, lang, &v))
        @if let Some((version, files)) = &v.waiting {
            (changes(lang, &v, files))
            @match pending(&v.proposals) {
                Some(p) if p.subject == *version => { @if let Some(turn) = v.turn {
                    @let asked = Asked { about: "catalogue", proposal: p.id.to_string(), reason, ..Asked::default() };
                    (approvals::decision(&form, turn, &asked, &to))
                } }
                _ if What::Catalogue.parties().may_propose(&caller.scope) => {
                    form class="form group" method="post" action=(to("propose")) {
                        h2 { (lang.t("catalogue-first")) }
                        p { (lang.t("catalogue-first-text")) }
                        (components::hidden("version", version))
                        (form.area(&Field { name: "reason", label: lang.t("catalogue-why"), value: reason, ..Field::default() }))
                        (components::submit(&lang.t("catalogue-first")))
                    }
                }
                _ => {}
            }
        }
        (taken(app, caller, &v))
        (history(app, caller, &v.proposals, &v.names))
        p { a href=(url(lang, "/centres")) { (lang.t("centres-title")) } }
    };
    let shell =
        page(caller, lang.t("catalogue-title")).style("form").style("templates").script("form");
    Ok(shell.refused(refused.is_some()).render(&content))
}

fn standing(app: &App, lang: Lang, v: &Versions) -> Markup {
    let said = |key: &str, version: &str| lang.tr(key, &[("version", version.into())]);
    html! {
        p { (components::chip(Tone::Ok, &said("catalogue-in-use", &v.in_use))) }
        @if app.catalogue.version != v.in_use {
            (components::warning(&html! { p { (said("catalogue-restart", &app.catalogue.version)) } }))
        }
        @if let Some((version, _)) = &v.waiting {
            (components::warning(&html! { p { (said("catalogue-waits", version)) } }))
        } @else { p class="hint" { (lang.t("catalogue-nothing-waits")) } }
    }
}

/// What differs, file by file.
fn changes(lang: Lang, v: &Versions, files: &[&'static str]) -> Markup {
    let Some((old, new)) = &v.texts else { return Markup::default() };
    let none = String::new();
    html! {
        h2 { (lang.t("catalogue-changes")) }
        @for file in files {
            @let lines = changed(old.files.get(*file).unwrap_or(&none), new.files.get(*file).unwrap_or(&none));
            details open[lines.len() <= LINES] { summary { b class="mono" { (file) } }
                p class="hint" { (lang.tr("catalogue-lines", &[("n", lines.len().into())])) }
                div class="scroll" tabindex="0" role="region" aria-label=(file) {
                    pre class="diff mono" translate="no" { @for (gone, line) in lines.iter().take(LINES) {
                        @if *gone { del { "− " (line) } } @else { ins { "+ " (line) } }
                    } }
                }
                @if lines.len() > LINES { p class="hint" { (lang.t("catalogue-more-lines")) } }
            }
        }
    }
}

/// Lines that went (true) and came (false).
fn changed(old: &str, new: &str) -> Vec<(bool, String)> {
    let diff = TextDiff::from_lines(old, new);
    let lines = diff.iter_all_changes().filter_map(|c| match c.tag() {
        ChangeTag::Delete => Some((true, c.to_string())),
        ChangeTag::Insert => Some((false, c.to_string())),
        ChangeTag::Equal => None,
    });
    lines.map(|(gone, line)| (gone, line.trim_end().to_owned())).collect()
}

fn taken(app: &App, caller: &Caller, v: &Versions) -> Markup {
    let lang = caller.lang;
    html! {
        h2 { (lang.t("catalogue-versions")) }
        ul class="timeline" { @for one in v.all.iter().rev() { li {
            (time::time(lang, one.taken_at, app.wall(&caller.scope)))
            div { b class="what" { (one.version) } p class="hint" { (lang.tr("catalogue-taken-by", &[("server", one.server.as_str().into())])) " " span class="mono" translate="no" { (one.digest.get(..12).unwrap_or_default()) } } }
        } } }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProposeForm {
    version: String,
    reason: String,
}

async fn propose(
    State(app): State<App>,
    caller: Caller,
    Form(f): Form<ProposeForm>,
) -> Result<Response, Problem> {
    let done = service::propose_catalogue(&app, &caller, &f.version, &f.reason).await;
    answered(&app, caller, done.map(|_| ()), &f.reason).await
}

async fn approve(
    State(app): State<App>,
    caller: Caller,
    Form(form): Form<ApproveForm<ProposalId>>,
) -> Result<Response, Problem> {
    decide(&app, caller, form.answer()).await
}

async fn decline(
    State(app): State<App>,
    caller: Caller,
    Form(form): Form<DeclineForm<ProposalId>>,
) -> Result<Response, Problem> {
    decide(&app, caller, form.answer()).await
}

async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    Form(form): Form<WithdrawForm<ProposalId>>,
) -> Result<Response, Problem> {
    decide(&app, caller, form.answer()).await
}

async fn decide(
    app: &App,
    caller: Caller,
    (proposal, answer): (ProposalId, Answer),
) -> Result<Response, Problem> {
    let all = service::versions(app, &caller).await?;
    let found = all.proposals.into_iter().find(|(p, _)| p.id == proposal);
    let subject = found.map(|(p, _)| p.subject).ok_or_else(Problem::not_found)?;
    let reason = answer.typed().to_owned();
    let done = service::decide(app, &caller, (What::Catalogue, &subject), proposal, answer).await;
    answered(app, caller, done, &reason).await
}

async fn answered(
    app: &App,
    mut caller: Caller,
    done: Result<(), ReferenceError>,
    reason: &str,
) -> Result<Response, Problem> {
    let path = url(caller.lang, "/catalogue");
    match done {
        Ok(()) => Ok(Redirect::to(&path).into_response()),
        Err(
            e @ (ReferenceError::Fields(_) | ReferenceError::Rule(_) | ReferenceError::People(_)),
        ) => {
            caller.path = path;
            catalogue_page(app, &caller, reason, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}
