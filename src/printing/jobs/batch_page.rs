//! Labels that were sent together: how far they are, the questions, and what to do. The part that
//! changes is fetched again by `web/js/progress.js`; without it a reload shows the same.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::job::{JobState, What};
use super::list_page::{From, actions, state_chip, what};
use super::rows::{BatchId, JobRow};
use super::work::{self, Batch};
use crate::app::{App, page};
use crate::codes::ContainerCode;
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::printing::machines::devices::Printer;
use crate::printing::machines::form::NoFields;
use crate::printing::machines::printer::Status;
use crate::printing::machines::seen::{self, status_chip};
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{Fault, Form, Key, Lang, Pages, Problem, Query, time, url};

pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/print-batches/{id}", show)
        .post("/print-batches/{id}/readings", read)
        .post("/print-batches/{id}/cancel", cancel)
        .post("/print-batches/{id}/retry", retry)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ShowQuery {
    /// A label that was just read.
    read: Option<ContainerCode>,
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<BatchId>,
    Query(query): Query<ShowQuery>,
) -> Result<Response, Problem> {
    batch_page(&app, &caller, id, query.read, "", None).await
}

/// `typed`: what was read and is refused. It is not put into the field again, where the next reading
/// would be added to it.
async fn batch_page(
    app: &App,
    caller: &Caller,
    id: BatchId,
    read: Option<ContainerCode>,
    typed: &str,
    refused: Option<&PrintError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let b = work::batch(app, caller, id).await?;
    let printer = seen::printer(app, caller, b.head.row.printer_id).await?;
    let zone = app.sites.zone(Some(b.head.row.site_id));
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let text: String = typed.chars().take(40).collect();
    let content = html! {
        div class="head" {
            h1 { (lang.t("batch-title")) }
            div class="actions" {
                @if let (1, Some(code), true) = (b.total(), b.head.row.code, caller.scope.sees_identity()) {
                    @if b.head.row.print_id.is_some() { a class="btn" href=(url(lang, &format!("/samples/{code}/label"))) { (lang.t("label-title")) } }
                }
                a class="btn" href=(url(lang, "/print-jobs")) { (lang.t("jobs-title")) }
            }
        }
        p class="lead" {
            a href=(url(lang, &format!("/printers/{}", printer.id))) { (printer.name) } " " (status_chip(lang, &printer))
            " · " (time::time(lang, b.head.row.queued_at, zone)) " · " (b.head.by)
        }
        // web/js/readings.js takes what it says from here, one reading after the other.
        div id="said" class="stack" {
            @if !faults.is_empty() {
                // Not `components::errors`, which takes the focus: the next label is read into the field.
                div class="summary-errors" role="alert" {
                    h2 { (lang.tr("batch-read-refused", &[("text", text.into())])) }
                    ul { @for fault in &faults { li { a href="#f-code" { (fault.text(lang)) } } } }
                }
            }
            @if let Some(code) = read {
                (components::done(&lang.tr("batch-was-read", &[("code", code.grouped().into())])))
            }
        }
        @if asks_for_readings(caller, &b) {
            @let form = Drawn { lang, faults: &faults };
            div id="waits" hidden { (components::warning(&html! { p { b { "0" } " " (lang.t("batch-read-waits")) } })) }
            div id="other" hidden { (components::warning(&html! { p { (lang.t("batch-read-other")) } })) }
            form class="form group" method="post" data-readings action=(url(lang, &format!("/print-batches/{id}/readings"))) {
                (form.text(&Field { name: "code", label: lang.t("batch-read"), focus: true, inputmode: "numeric", scan: "send", hint: Some(lang.t("batch-read-hint")), ..Field::default() }))
                (components::submit(&lang.t("batch-read-send")))
            }
        }
        div id="progress" data-moving=(if b.is_moving() { "1" } else { "0" }) { (progress(caller, id, &b, &printer)) }
    };
    Ok(page(caller, lang.t("batch-title"))
        .style("form")
        .script("form")
        .script("progress")
        .script("readings")
        .script("scan")
        .refused(refused.is_some())
        .render(&content))
}

/// Whether a label may be there of which nobody knows: one with a code, which a scanner reads.
fn asks_for_readings(caller: &Caller, b: &Batch) -> bool {
    let open = b.is_moving() || b.count(JobState::Unconfirmed) > 0;
    b.head.row.what == What::Label && open && work::may_act(caller, &b.head.row)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReadForm {
    code: String,
}

async fn read(
    State(app): State<App>,
    mut caller: Caller,
    Key(id): Key<BatchId>,
    Form(form): Form<ReadForm>,
) -> Result<Response, Problem> {
    let done = match form.code.trim().parse::<ContainerCode>() {
        Ok(code) => work::read(&app, &caller, id, code).await.map(|_| code),
        Err(e) => Err(PrintError::Fields(vec![e.fault("code")])),
    };
    match done {
        Ok(code) => {
            let to = url(caller.lang, &format!("/print-batches/{id}?read={code}"));
            Ok(Redirect::to(&to).into_response())
        }
        Err(e @ PrintError::Fields(_)) => {
            caller.path = url(caller.lang, &format!("/print-batches/{id}"));
            batch_page(&app, &caller, id, None, &form.code, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

fn progress(caller: &Caller, id: BatchId, b: &Batch, printer: &Printer) -> Markup {
    let lang = caller.lang;
    let (done, all) = (b.count(JobState::Printed), b.total());
    let text = lang.tr("batch-progress", &[("done", done.into()), ("all", all.into())]);
    let may = work::may_act(caller, &b.head.row);
    let waits = b.count(JobState::Queued) + b.count(JobState::Leased);
    // Of a tube's label that expired another one is asked for; a roll's is sent again with the rest.
    let of_tubes = b.head.row.container_id.is_some();
    let expired = b.count(JobState::Expired);
    let again = if of_tubes { 0 } else { expired };
    let unsent = b.count(JobState::Failed) + b.count(JobState::Cancelled) + again;
    let to = |what: &str| url(lang, &format!("/print-batches/{id}/{what}"));
    html! {
        section class="card" {
            p class="lead" role="status" { b { (text) } @if done == all { " · " (lang.t("batch-done")) } }
            progress max=(all) value=(done) aria-label=(text) {}
            p { @for (state, n) in &b.counts { (state_chip(lang, *state)) " " b { (n) } " " } }
            @if b.is_moving() { p class="hint" { (lang.t("batch-moving")) } }
            @if may { div class="actions" {
                @if waits > 0 { form method="post" action=(to("cancel")) { button class="btn" type="submit" { (lang.t("batch-cancel")) } } }
                @if unsent > 0 { form method="post" action=(to("retry")) { button class="btn" type="submit" { (lang.t("batch-retry")) } } }
            } }
        }
        @if waits > 0 { (not_ready(lang, printer)) }
        @if expired > 0 {
            @let text = if of_tubes { "jobs-expired-text" } else { "jobs-expired-roll" };
            (components::warning(&html! { p { b { (lang.tr("batch-expired", &[("n", expired.into())])) } } p { (lang.t(text)) } }))
        }
        @if !b.asked.is_empty() {
            section class="card" {
                h2 { (lang.t("jobs-question")) }
                p { (lang.t("jobs-question-text")) }
                (table(caller, &b.asked))
                (shown(lang, b.asked.len(), b.count(JobState::Unconfirmed)))
            }
        }
        @if !b.open.is_empty() {
            h2 { (lang.t("batch-open")) }
            (table(caller, &b.open))
            (shown(lang, b.open.len(), all - done - b.count(JobState::Unconfirmed)))
        }
    }
}

fn not_ready(lang: Lang, printer: &Printer) -> Markup {
    if printer.disabled_at.is_none()
        && printer.status.takes_jobs()
        && printer.status != Status::Unknown
    {
        return Markup::default();
    }
    let word = match printer.disabled_at {
        Some(_) => lang.t("printer-off"),
        None => lang.t(&format!("printer-status-{}", printer.status)),
    };
    components::warning(&html! { p { (lang.tr("batch-silent", &[("status", word.into())])) } })
}

fn shown(lang: Lang, n: usize, all: i64) -> Markup {
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    html! { @if n < all { p class="hint" { (lang.tr("batch-more", &[("n", n.into()), ("all", all.into())])) } } }
}

/// Jobs with what a person can do about each; on a phone the buttons stand under the code.
fn table(caller: &Caller, rows: &[JobRow]) -> Markup {
    let lang = caller.lang;
    html! {
        ul class="jobs" { @for row in rows { li {
            a href=(url(lang, &format!("/print-jobs/{}", row.id))) { (what(lang, row)) }
            (state_chip(lang, row.state))
            (actions(caller, row, From::Batch))
        } } }
    }
}

async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<BatchId>,
    Form(NoFields {}): Form<NoFields>,
) -> Result<Response, Problem> {
    work::act_on_batch(&app, &caller, id, false).await?;
    Ok(Redirect::to(&url(caller.lang, &format!("/print-batches/{id}"))).into_response())
}

async fn retry(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<BatchId>,
    Form(NoFields {}): Form<NoFields>,
) -> Result<Response, Problem> {
    work::act_on_batch(&app, &caller, id, true).await?;
    Ok(Redirect::to(&url(caller.lang, &format!("/print-batches/{id}"))).into_response())
}
