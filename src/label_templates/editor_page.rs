//! The page on which a version of a label kind is written: its text beside its picture, which
//! follows every change (`web/js/template.js`). Without scripts a button draws it.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;

use super::pages::name;
use super::pictures;
use super::rules;
use super::service::{self, PARTIES, TemplateError};
use crate::app::{App, drawn, page};
use crate::approvals::{self, ProposalRule};
use crate::labels::{self, Dpi, Template, check};
use crate::people::Caller;
use crate::web::components::{self, Field, Form as Drawn, json_block};
use crate::web::{Fault, FieldFault, Form, Key, Pages, Problem, Query, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new().get("/label-templates/{id}/edit", edit).post("/label-templates/{id}/edit", write)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    /// Begin with this version instead of what is in use.
    from: Option<i32>,
}

/// What is typed, and how it is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Typed {
    source: String,
    reason: String,
    /// `true` or `false`.
    longest: String,
    dpi: String,
    /// `look` or `propose`.
    what: String,
}

impl Typed {
    fn longest(&self) -> bool {
        self.longest == "true"
    }
    fn dpi(&self) -> Dpi {
        self.dpi.parse().ok().and_then(Dpi::from_number).unwrap_or(Dpi::D203)
    }
    fn check(&self) -> Result<(), TemplateError> {
        let among = |value: &str, words: &[&str]| value.is_empty() || words.contains(&value);
        let wrong = |field: &str| Err(TemplateError::field(field, "word-of-the-list"));
        if !among(&self.longest, &["true", "false"]) {
            return wrong("longest");
        }
        if !among(&self.what, &["look", "propose"]) {
            return wrong("what");
        }
        let known = |dpi: &str| dpi.parse().ok().and_then(Dpi::from_number).is_some();
        if self.dpi.is_empty() || known(&self.dpi) {
            Ok(())
        } else {
            Err(TemplateError::field("dpi", "dpi"))
        }
    }
}

async fn edit(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Query(query): Query<From>,
) -> Result<Response, Problem> {
    let kind = service::open(&app, &caller, &id).await?;
    if !PARTIES.may_propose(&caller.scope) {
        return Err(TemplateError::NotAllowed.into());
    }
    if kind.pending().is_some() {
        return Err(TemplateError::Rule(ProposalRule::Waits).into());
    }
    let source = match query.from {
        None => service::draft(&kind),
        Some(n) => {
            let from = pictures::of_version(&app, &kind, n)?.ok_or(TemplateError::NotFound)?;
            rules::renumbered(&from, kind.next)
        }
    };
    let typed = Typed { source, ..Typed::default() };
    show(&app, &caller, &id, &typed, None).await
}

async fn write(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    typed.check()?;
    if typed.what == "look" {
        let (_, mut faults) = service::examine(&app, &caller, &id, &typed.source).await?;
        // A reason may still be to come.
        if !typed.reason.is_empty() {
            faults.extend(approvals::reason(&typed.reason).err());
        }
        let refused = Some(TemplateError::Fields(faults)).filter(|e| !e.fields().is_empty());
        return show(&app, &caller, &id, &typed, refused.as_ref()).await;
    }
    match service::propose(&app, &caller, &id, &typed.source, &typed.reason).await {
        Ok(_) => {
            let to = url(caller.lang, &format!("/label-templates/{id}"));
            Ok(Redirect::to(&to).into_response())
        }
        Err(e @ (TemplateError::Fields(_) | TemplateError::Rule(_))) => {
            show(&app, &caller, &id, &typed, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

/// The picture of a text with its rooms; nothing where it can't be drawn.
pub(super) async fn picture(template: Option<Template>, longest: bool, dpi: Dpi) -> Option<String> {
    let template = template.filter(|t| labels::excesses(t).is_empty())?;
    drawn(move || {
        let layout = labels::layout(&template, &check::sample(&template, longest), dpi).ok()?;
        Some(labels::sketch(&template, &layout))
    })
    .await
}

async fn show(
    app: &App,
    caller: &Caller,
    id: &str,
    typed: &Typed,
    refused: Option<&TemplateError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let (template, found) = service::examine(app, caller, id, &typed.source).await?;
    let svg = picture(template, typed.longest(), typed.dpi()).await;
    let mut faults = refused.map(Fault::fields).unwrap_or_default();
    if refused.is_none() {
        faults.clone_from(&found);
    }
    let form = Drawn { lang, faults: &faults };
    let title = lang.tr("template-editing", &[("kind", name(lang, id).into())]);
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        div class="head" {
            h1 { (title) }
            div class="actions" { a class="btn" href=(url(lang, &format!("/label-templates/{id}"))) { (lang.t("cancel")) } }
        }
        p { (lang.t("template-editing-text")) }
        form class="form" id="editor" method="post" action=(url(lang, &format!("/label-templates/{id}/edit"))) data-preview=(format!("/api/v1/label-templates/{id}/preview")) {
            div class="editor" {
                div class="field" {
                    label for="f-source" { (lang.t("template-text")) }
                    div class="text" {
                        pre id="lines" class="mono" aria-hidden="true" {}
                        textarea id="f-source" name="source" class="mono" rows="30" cols="60" wrap="off" spellcheck="false" autocapitalize="off" autocomplete="off" translate="no" aria-describedby="wrong" {
                            // A line end right after the tag is left out by browsers.
                            "\n" (typed.source)
                        }
                    }
                }
                div class="look" {
                    (switches(lang, typed))
                    div id="wrong" role="status" { (mistakes(lang, &found)) }
                    div id="picture" { @if let Some(svg) = &svg { (PreEscaped(svg)) } }
                    p class="hint" { (lang.t("template-picture-hint")) }
                }
            }
            (form.area(&Field { name: "reason", label: lang.t("template-why"), value: &typed.reason, ..Field::default() }))
            div class="actions" { button class="btn strong" type="submit" name="what" value="propose" { (lang.t("template-propose")) } }
        }
        (json_block("texts", lang.for_scripts()))
    };
    let shell =
        page(caller, title).style("form").style("templates").script("form").script("template");
    Ok(shell.width("full").refused(refused.is_some()).render(&content))
}

fn switches(lang: crate::web::Lang, typed: &Typed) -> Markup {
    html! {
        div class="switches" {
            div {
                label for="f-longest" { (lang.t("template-values")) }
                select id="f-longest" name="longest" {
                    option value="false" selected[!typed.longest()] { (lang.t("template-example")) }
                    option value="true" selected[typed.longest()] { (lang.t("template-longest")) }
                }
            }
            div {
                label for="f-dpi" { (lang.t("template-dpi")) }
                select id="f-dpi" name="dpi" {
                    @for dpi in Dpi::ALL { option selected[dpi == typed.dpi()] { (dpi.number()) } }
                }
            }
            button id="by-hand" class="btn small" type="submit" name="what" value="look" { (lang.t("template-look")) }
        }
    }
}

/// What keeps a text from being the next version; each line leads to its place.
pub(super) fn mistakes(lang: crate::web::Lang, faults: &[FieldFault]) -> Markup {
    html! {
        @if faults.is_empty() {
            p class="good" { (components::icon("check")) (lang.t("template-good")) }
        } @else {
            ul { @for fault in faults { li { (fault.text(lang)) } } }
        }
    }
}
