//! Label templates for people: every kind and what it is drawn by, one kind with what waits for a
//! decision and what came before, one version.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

use super::decide;
use super::service::{self, Kind, Origin, PARTIES, TemplateError};
use super::store::{Proposal, ProposalId, Version};
use super::{editor_page, pictures};
use crate::app::{App, page};
use crate::approvals::{self, Answer, ApproveForm, Asked, Decided, DeclineForm, WithdrawForm};
use crate::db::{Instant, Page};
use crate::people::{Caller, RoleSet};
use crate::web::components::{self, Form as Drawn, Tone};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, time, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/label-templates", list)
        .get("/label-templates/{id}", show)
        .get("/label-templates/{id}/versions/{version}", one_version)
        .post("/label-templates/{id}/approve", approve)
        .post("/label-templates/{id}/decline", decline)
        .post("/label-templates/{id}/withdraw", withdraw)
        .merge(pictures::pages())
        .merge(editor_page::pages())
}

/// The largest label shown in the list, square millimetres.
const THUMB_MM2: f64 = 4800.0;

/// What people call a kind; its id where only the server's directory has it.
pub fn name(lang: Lang, id: &str) -> String {
    lang.find(&format!("template-kind-{id}"), &[]).unwrap_or_else(|| id.to_owned())
}

fn moment(app: &App, caller: &Caller, at: Instant) -> Markup {
    time::time(caller.lang, at, app.wall(&caller.scope))
}

fn origin_chip(lang: Lang, kind: &Kind) -> Markup {
    let tone = match kind.origin {
        Origin::BuiltIn => Tone::Neutral,
        Origin::Directory => Tone::Info,
        Origin::Approved => Tone::Ok,
    };
    components::chip(tone, &lang.t(&format!("template-origin-{}", kind.origin)))
}

fn waits_chip(lang: Lang) -> Markup {
    components::chip(Tone::Warn, &lang.t("template-waiting"))
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let lang = caller.lang;
    let Page { items: mut kinds, unreadable, .. } = service::list(&app, &caller).await?;
    // What waits for somebody first.
    kinds.sort_by_key(|k| k.pending().is_none());
    let rows: Vec<Vec<Markup>> = kinds
        .iter()
        .map(|k| {
            let (id, (width, height)) = (&k.template.id, k.template.size_mm());
            vec![
                // A whole page is more to load than all the others, and says nothing so small.
                html! { @if width * height <= THUMB_MM2 { img class="label-thumb" alt="" src=(pictures::address(lang, id, k.template.version, false)) loading="lazy"; } },
                html! { a href=(url(lang, &format!("/label-templates/{id}"))) { b { (name(lang, id)) } } br; span class="mono hint" translate="no" { (id) } },
                html! { (width) " × " (height) " mm" @if k.template.on_sheet() { br; span class="hint" { (lang.t("template-on-sheet")) } } },
                html! { (k.template.version) },
                html! { (origin_chip(lang, k)) @if k.pending().is_some() { " " (waits_chip(lang)) } },
            ]
        })
        .collect();
    let heads =
        ["template-looks", "template-kind", "template-stock", "template-version", "field-state"];
    let content = html! {
        h1 { (lang.t("templates-title")) }
        p class="lead" { (lang.t("templates-lead")) }
        (components::unreadable(lang, &unreadable))
        (components::table_of(lang, "templates-title", &heads, &rows))
    };
    Ok(page(&caller, lang.t("templates-title")).style("templates").width("wide").render(&content))
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
    refused: Option<&TemplateError>,
) -> Result<Response, Problem> {
    let (lang, kind) = (caller.lang, service::open(app, caller, id).await?);
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let title = name(lang, id);
    let pending = kind.pending();
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        div class="head" {
            h1 { (title) }
            div class="actions" {
                a class="btn" href=(url(lang, "/label-templates")) { (lang.t("templates-title")) }
                @if pending.is_none() && PARTIES.may_propose(&caller.scope) {
                    a class="btn strong" href=(url(lang, &format!("/label-templates/{id}/edit"))) { (lang.t("template-change")) }
                }
            }
        }
        @if let Some(version) = kind.outdated {
            (components::warning(&html! { p { (lang.tr("template-outdated", &[("version", i64::from(version).into())])) } }))
        }
        @if let Some(p) = pending { (waiting(app, caller, &kind, p, reason, &faults)) }
        section class="card" {
            h2 { (lang.t("template-in-use")) }
            (facts(lang, &kind))
            // Beside what waits it stands already.
            @if pending.is_none() { (pair(lang, id, kind.template.version)) }
        }
        h2 { (lang.t("template-history")) }
        @if kind.versions.is_empty() {
            (components::empty(&lang.t("template-no-history"), &lang.t("template-no-history-advice")))
        } @else { (history(app, caller, &kind)) }
    };
    let shell = page(caller, title).style("form").style("templates").script("form");
    Ok(shell.width("wide").refused(refused.is_some()).render(&content))
}

fn facts(lang: Lang, kind: &Kind) -> Markup {
    let (width, height) = kind.template.size_mm();
    components::facts(&[
        (lang.t("template-id"), components::code(&kind.template.id)),
        (lang.t("template-version"), components::text(kind.template.version)),
        (lang.t("template-stock"), components::text(format!("{width} × {height} mm"))),
        (lang.t("field-state"), origin_chip(lang, kind)),
    ])
}

/// A version with its examples and with its longest values.
fn pair(lang: Lang, id: &str, version: i32) -> Markup {
    html! {
        div class="label-pair" {
            @for (longest, word) in [(false, "template-example"), (true, "template-longest")] {
                figure {
                    img class="label-picture" alt=(lang.tr("template-picture", &[("version", i64::from(version).into()), ("values", lang.t(word).into())])) src=(pictures::address(lang, id, version, longest));
                    figcaption class="hint" { (lang.t(word)) }
                }
            }
        }
    }
}

/// What waits for a decision: beside what is in use, and what this person can do.
fn waiting(
    app: &App,
    caller: &Caller,
    kind: &Kind,
    proposal: &Proposal,
    reason: &str,
    faults: &[FieldFault],
) -> Markup {
    let (lang, id) = (caller.lang, &kind.template.id);
    let who = [("name", kind.name(proposal.proposed_by).into())];
    html! {
        section class="card proposal" {
            h2 { (lang.tr("template-proposed", &[("version", i64::from(proposal.version).into())])) " " (waits_chip(lang)) }
            p { (lang.tr("template-proposed-by", &who)) " · " (moment(app, caller, proposal.proposed_at)) }
            p { b { (lang.t("field-reason")) ": " } (proposal.reason) }
            h3 { (lang.tr("template-now", &[("version", i64::from(kind.template.version).into())])) }
            (pair(lang, id, kind.template.version))
            h3 { (lang.tr("template-then", &[("version", i64::from(proposal.version).into())])) }
            (pair(lang, id, proposal.version))
            details { summary { (lang.t("template-differences")) } (differences(lang, kind.template.source(), &proposal.source)) }
        }
        (decision(caller, id, proposal, reason, faults))
    }
}

/// The lines of a text that are no longer there, and those that are new.
fn differences(lang: Lang, before: &str, after: &str) -> Markup {
    let diff = TextDiff::from_lines(before, after);
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(lang.t("template-differences")) {
            pre class="diff mono" translate="no" {
                @for group in diff.grouped_ops(2) {
                    @for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                        @match change.tag() {
                            ChangeTag::Delete => del { "− " (change.value()) },
                            ChangeTag::Insert => ins { "+ " (change.value()) },
                            ChangeTag::Equal => span { "  " (change.value()) },
                        }
                    }
                    hr;
                }
            }
        }
    }
}

/// What this person can do about what waits.
fn decision(
    caller: &Caller,
    id: &str,
    proposal: &Proposal,
    reason: &str,
    faults: &[FieldFault],
) -> Markup {
    let lang = caller.lang;
    // Any two may: nobody's roles are asked but the reader's.
    let turn = PARTIES.turn(&caller.scope, proposal.proposed_by, &RoleSet::default());
    let asked =
        Asked { about: "template", proposal: proposal.id.to_string(), reason, ..Asked::default() };
    let to = |what: &str| url(lang, &format!("/label-templates/{id}/{what}"));
    approvals::decision(&Drawn { lang, faults }, turn, &asked, &to)
}

fn state_chip(lang: Lang, kind: &Kind, version: &Version) -> Markup {
    let (proposal, decision) = version;
    match decision.as_ref().map(|d| d.decision) {
        None => waits_chip(lang),
        Some(Decided::Approved) if kind.template.source() == proposal.source => {
            components::chip(Tone::Ok, &lang.t("template-in-use"))
        }
        Some(d @ Decided::Approved) => {
            components::chip(Tone::Neutral, &lang.t(&format!("template-decided-{d}")))
        }
        Some(d @ (Decided::Declined | Decided::Withdrawn)) => {
            components::chip(Tone::Stop, &lang.t(&format!("template-decided-{d}")))
        }
    }
}

fn history(app: &App, caller: &Caller, kind: &Kind) -> Markup {
    let lang = caller.lang;
    let rows: Vec<Vec<Markup>> = kind
        .versions
        .iter()
        .map(|v| {
            let (p, d) = v;
            let path = format!("/label-templates/{}/versions/{}", p.template_id, p.version);
            vec![
                html! { a href=(url(lang, &path)) { b { (p.version) } } },
                state_chip(lang, kind, v),
                html! { (kind.name(p.proposed_by)) br; span class="hint" { (moment(app, caller, p.proposed_at)) } },
                html! { (p.reason) },
                html! { @if let Some(d) = d {
                    (kind.name(d.decided_by)) br; span class="hint" { (moment(app, caller, d.decided_at)) }
                    @if let Some(why) = &d.reason { p { (why) } }
                } },
            ]
        })
        .collect();
    let heads =
        ["template-version", "field-state", "template-who", "field-reason", "template-decided"];
    components::table_of(lang, "template-history", &heads, &rows)
}

async fn one_version(
    State(app): State<App>,
    caller: Caller,
    Path((id, version)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let version: i32 = version.parse().map_err(|_| Problem::not_found())?;
    let kind = service::open(&app, &caller, &id).await?;
    let template = pictures::of_version(&app, &kind, version)?.ok_or(TemplateError::NotFound)?;
    let title = format!("{} · {}", name(lang, &id), version);
    let again = format!("{}?from={version}", url(lang, &format!("/label-templates/{id}/edit")));
    let content = html! {
        div class="head" {
            h1 { (title) }
            div class="actions" {
                a class="btn" href=(url(lang, &format!("/label-templates/{id}"))) { (name(lang, &id)) }
                @if kind.pending().is_none() && PARTIES.may_propose(&caller.scope) {
                    a class="btn" href=(again) { (lang.t("template-start-from")) }
                }
            }
        }
        section class="card" { (pair(lang, &id, version)) }
        section class="card" {
            h2 { (lang.t("template-text")) }
            div class="scroll" tabindex="0" role="region" aria-label=(lang.t("template-text")) {
                pre class="mono" translate="no" { (template.source()) }
            }
        }
    };
    Ok(page(&caller, title).style("form").style("templates").width("wide").render(&content))
}

async fn approve(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Form(form): Form<ApproveForm<ProposalId>>,
) -> Result<Response, Problem> {
    decided(&app, caller, &id, form.answer()).await
}

async fn decline(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Form(form): Form<DeclineForm<ProposalId>>,
) -> Result<Response, Problem> {
    decided(&app, caller, &id, form.answer()).await
}

async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Form(form): Form<WithdrawForm<ProposalId>>,
) -> Result<Response, Problem> {
    decided(&app, caller, &id, form.answer()).await
}

/// Back to the kind: done, or with what kept it from being done.
async fn decided(
    app: &App,
    mut caller: Caller,
    id: &str,
    (proposal, answer): (ProposalId, Answer),
) -> Result<Response, Problem> {
    let back = url(caller.lang, &format!("/label-templates/{id}"));
    let reason = answer.typed().to_owned();
    match decide::decide(app, &caller, id, proposal, answer).await {
        Ok(()) => Ok(Redirect::to(&back).into_response()),
        Err(e) if e.status() < 500 && e.status() != 404 => {
            caller.path = back;
            detail(app, &caller, id, &reason, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}
