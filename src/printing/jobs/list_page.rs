//! Print jobs for people: the list, one job with its history, and the question of the labels that
//! nobody knows of.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::job::{JobId, JobState};
use super::lists::Filter;
use super::rows::JobRow;
use super::work::{self, Act, Shown};
use crate::app::{App, page};
use crate::db::Limit;
use crate::people::Caller;
use crate::printing::machines::devices::Printer;
use crate::printing::machines::printer::PrinterId;
use crate::printing::machines::{reach, seen};
use crate::web::components::{self, Tone, hidden};
use crate::web::{FieldFault, Form, Key, Lang, Pages, Problem, Query, time, url};

pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/print-jobs", list)
        .get("/print-jobs/{id}", show)
        .post("/print-jobs/{id}/cancel", cancel)
        .post("/print-jobs/{id}/retry", retry)
        .post("/print-jobs/{id}/answer", answer)
}

/// Where a job stands, as a chip.
pub fn state_chip(lang: Lang, state: JobState) -> Markup {
    let tone = match state {
        JobState::Printed => Tone::Ok,
        JobState::Unconfirmed | JobState::Expired => Tone::Warn,
        JobState::Failed => Tone::Stop,
        JobState::Cancelled => Tone::Neutral,
        JobState::Queued | JobState::Leased | JobState::Inking => Tone::Info,
    };
    components::chip(tone, &lang.t(&format!("job-state-{state}")))
}

/// What a job puts on its label.
pub fn what(lang: Lang, row: &JobRow) -> Markup {
    html! {
        @match row.code {
            Some(code) => (components::code(&code.grouped())),
            None => (lang.t(&format!("job-what-{}", row.what))),
        }
        @if row.copy > 1 { " " b { "R" (row.copy) } }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ListQuery {
    site: String,
    printer: String,
    state: String,
    after: Option<JobId>,
}

fn fault(field: &str, rule: &'static str) -> Problem {
    Problem::fields(vec![FieldFault::new(field, rule)])
}

impl ListQuery {
    /// An empty choice is no filter; a word that is none is refused, never taken for "all".
    fn filter(&self, app: &App) -> Result<Filter, Problem> {
        let site = match self.site.as_str() {
            "" => None,
            code => {
                let found = app.sites.by_code(code);
                Some(vec![found.ok_or_else(|| fault("site", "print-site"))?.id])
            }
        };
        let printer = match self.printer.as_str() {
            "" => None,
            id => Some(id.parse::<PrinterId>().map_err(|_| fault("printer", "print-printer"))?),
        };
        let state = match self.state.as_str() {
            "" => None,
            word => Some(word.parse().map_err(|_| fault("state", "word-of-the-list"))?),
        };
        Ok(Filter { sites: site, printer, state, batch: None, container: None })
    }
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let filter = query.filter(&app)?;
    let printers = seen::printers(&app, &caller).await?.items;
    let found = work::list(&app, &caller, filter, query.after, Limit::default()).await?;
    let asked = query.state.is_empty() && any_asked(&app, &caller).await?;
    let expired = query.state.is_empty() && any_expired(&app, &caller).await?;
    let rows: Vec<Vec<Markup>> = found.items.iter().map(|s| row(&app, lang, s)).collect();
    let next = found.next.as_ref().map(|after| {
        let ListQuery { site, printer, state, .. } = &query;
        format!(
            "{}?site={site}&printer={printer}&state={state}&after={after}",
            url(lang, "/print-jobs")
        )
    });
    let heads = [
        "field-job",
        "field-state",
        "field-printer",
        "field-template",
        "field-sent",
        "field-sent-by",
    ];
    let rolls = reach::has_rolls(&caller);
    let content = html! {
        div class="head" {
            h1 { (lang.t("jobs-title")) }
            div class="actions" {
                @if rolls { a class="btn" href=(url(lang, "/print-rolls")) { (lang.t("rolls-link")) } }
                a class="btn" href=(url(lang, "/printers")) { (lang.t("printers-title")) }
            }
        }
        @if asked {
            @let to = format!("{}?state={}", url(lang, "/print-jobs"), JobState::Unconfirmed);
            (components::warning(&html! { p { (lang.t("jobs-asked")) " " a href=(to) { (lang.t("jobs-asked-link")) } } }))
        }
        @if expired {
            @let to = format!("{}?state={}", url(lang, "/print-jobs"), JobState::Expired);
            (components::warning(&html! { p { (lang.t("jobs-expired")) " " a href=(to) { (lang.t("jobs-expired-link")) } } }))
        }
        (filters(&app, &caller, &query, &printers))
        (components::unreadable(lang, &found.unreadable))
        @if rows.is_empty() {
            (components::none(&found.unreadable, &lang.t("jobs-none"), &lang.t("jobs-none-advice")))
        } @else { (components::table_of(lang, "jobs-title", &heads, &rows)) }
        (components::next_page(lang, next))
    };
    Ok(page(&caller, lang.t("jobs-title")).style("form").width("wide").render(&content))
}

/// Whether any label within reach waits for a person's answer.
async fn any_asked(app: &App, caller: &Caller) -> Result<bool, Problem> {
    let filter = Filter { state: Some(JobState::Unconfirmed), ..Filter::default() };
    let one = Limit::new(1).unwrap_or_default();
    let found = work::list(app, caller, filter, None, one).await?;
    Ok(!found.items.is_empty() || !found.unreadable.is_empty())
}

fn row(app: &App, lang: Lang, s: &Shown) -> Vec<Markup> {
    let zone = app.sites.zone(Some(s.row.site_id));
    vec![
        html! { a href=(url(lang, &format!("/print-jobs/{}", s.row.id))) { (what(lang, &s.row)) } },
        state_chip(lang, s.row.state),
        html! { (app.sites.code(s.row.site_id)) " · " (s.printer) },
        html! { @if let (Some(id), Some(v)) = (&s.row.template_id, s.row.template_version) { (id) " v" (v) } },
        time::time(lang, s.row.queued_at, zone),
        html! { (s.by) },
    ]
}

fn filters(app: &App, caller: &Caller, query: &ListQuery, printers: &[Printer]) -> Markup {
    let lang = caller.lang;
    let mut sites: Vec<(String, String)> = vec![];
    for p in printers {
        let code = app.sites.code(p.site_id).to_owned();
        if sites.iter().all(|(c, _)| *c != code) {
            sites.push((code, app.sites.name(p.site_id).to_owned()));
        }
    }
    let names = printers
        .iter()
        .map(|p| (p.id.to_string(), format!("{} · {}", app.sites.code(p.site_id), p.name)));
    let states = JobState::ALL.iter().map(|s| (s.to_string(), lang.t(&format!("job-state-{s}"))));
    let select = |name: &str, label: &str, chosen: &str, options: Vec<(String, String)>| {
        let id = format!("f-{name}");
        html! {
            div class="field" {
                label for=(id) { (lang.t(label)) }
                select id=(id) name=(name) {
                    option value="" { (lang.t("jobs-all")) }
                    @for (value, text) in options {
                        option value=(value) selected[chosen == value] { (text) }
                    }
                }
            }
        }
    };
    html! {
        form class="search small" method="get" action=(url(lang, "/print-jobs")) {
            @if sites.len() > 1 { (select("site", "field-site", &query.site, sites)) }
            (select("printer", "field-printer", &query.printer, names.collect()))
            (select("state", "field-state", &query.state, states.collect()))
            button class="btn" type="submit" { (lang.t("jobs-filter")) }
        }
    }
}

/// What a person can do about a job, and, where nobody knows of its label, the question.
pub(super) fn actions(caller: &Caller, row: &JobRow, from: From) -> Markup {
    if !work::may_act(caller, row) {
        return Markup::default();
    }
    let lang = caller.lang;
    let to = |what: &str| url(lang, &format!("/print-jobs/{}/{what}", row.id));
    let from = hidden("from", from.word());
    html! {
        @match row.state {
            JobState::Unconfirmed => div class="actions" {
                form method="post" action=(to("answer")) { (from) (hidden("there", "yes"))
                    button class="btn small strong" type="submit" { (lang.t("jobs-yes")) } }
                form method="post" action=(to("answer")) { (from) (hidden("there", "no"))
                    button class="btn small" type="submit" { (lang.t("jobs-no")) } }
            },
            JobState::Queued | JobState::Leased => form method="post" action=(to("cancel")) { (from)
                button class="btn small" type="submit" { (lang.t("jobs-cancel")) } },
            JobState::Failed | JobState::Cancelled => form method="post" action=(to("retry")) { (from)
                button class="btn small" type="submit" { (lang.t("jobs-retry")) } },
            JobState::Expired => (print_anew(caller, row, &from, &to("retry"))),
            JobState::Inking | JobState::Printed => {},
        }
    }
}

/// What to do about a label that expired: of a tube another one, of the tube as it is now, asked for
/// as always; of a roll or a test the same.
fn print_anew(caller: &Caller, row: &JobRow, from: &Markup, retry: &str) -> Markup {
    let lang = caller.lang;
    html! {
        @match row.code.filter(|_| row.container_id.is_some()) {
            Some(code) => @if caller.scope.sees_identity() {
                a class="btn small" href=(url(lang, &format!("/samples/{code}/label"))) { (lang.t("jobs-print-anew")) }
            },
            None => form method="post" action=(retry) { (from)
                button class="btn small" type="submit" { (lang.t("jobs-retry")) } },
        }
    }
}

/// Seconds for which the list begins with what expired: over a weekend.
const TOLD_SECONDS: i64 = 3 * 86_400;

/// Whether a label within reach expired lately.
async fn any_expired(app: &App, caller: &Caller) -> Result<bool, Problem> {
    let filter = Filter { state: Some(JobState::Expired), ..Filter::default() };
    let found = work::list(app, caller, filter, None, Limit::default()).await?;
    let lately = |s: &Shown| caller.now.seconds_since(s.row.changed_at) < TOLD_SECONDS;
    Ok(found.items.iter().any(lately))
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<JobId>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let (s, told) = work::open(&app, &caller, id).await?;
    let row = &s.row;
    let zone = app.sites.zone(Some(row.site_id));
    let printer = url(lang, &format!("/printers/{}", row.printer_id));
    let label = row.code.filter(|_| row.print_id.is_some() && caller.scope.sees_identity());
    let mut facts = vec![
        (lang.t("field-state"), state_chip(lang, row.state)),
        (lang.t("field-printer"), html! { a href=(printer) { (s.printer) } }),
        (lang.t("field-site"), components::text(app.sites.name(row.site_id))),
        (lang.t("field-sent-by"), components::text(&s.by)),
        (lang.t("field-attempts"), components::text(row.attempts)),
    ];
    if let (Some(id), Some(v)) = (&row.template_id, row.template_version) {
        facts.push((lang.t("field-template"), components::text(format!("{id} v{v}"))));
    }
    let content = html! {
        div class="head" {
            h1 { (lang.t("jobs-one")) " " (what(lang, row)) }
            div class="actions" {
                @if let Some(code) = label { a class="btn" href=(url(lang, &format!("/samples/{code}/label"))) { (lang.t("label-title")) } }
                @if let Some(batch) = row.batch_id { a class="btn" href=(url(lang, &format!("/print-batches/{batch}"))) { (lang.t("jobs-batch")) } }
            }
        }
        section class="card" { (components::facts(&facts)) }
        @if row.state == JobState::Unconfirmed {
            (components::warning(&html! { p { b { (lang.t("jobs-question")) } } p { (lang.t("jobs-question-text")) } }))
        }
        @if row.state == JobState::Expired {
            (components::warning(&html! { p { b { (lang.t("jobs-expired-text")) } } }))
        }
        (actions(&caller, row, From::Job))
        h2 { (lang.t("jobs-history")) }
        ul class="timeline card" { @for t in told.iter().rev() { li {
            (time::time(lang, t.event.at, zone.clone()))
            span {
                b { (lang.t(&format!("job-event-{}", t.event.kind))) }
                @if t.event.is_by_server() { " · " (lang.t("job-by-server")) }
                @if !t.by.is_empty() { " · " (t.by) }
                @if let Some(detail) = &t.event.detail { br; span class="hint" { (detail) } }
            }
        } } }
    };
    Ok(page(&caller, lang.t("jobs-one")).style("form").script("form").render(&content))
}

/// The page that a button stands on, to go back to.
#[derive(Debug, Clone, Copy, Deserialize)]
pub enum From {
    /// The page of the one job.
    #[serde(rename = "job")]
    Job,
    /// The page of all that was sent together with it.
    #[serde(rename = "batch")]
    Batch,
}

impl From {
    fn word(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Batch => "batch",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActForm {
    from: From,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum YesNo {
    #[serde(rename = "yes")]
    Yes,
    #[serde(rename = "no")]
    No,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerForm {
    from: From,
    there: YesNo,
}

async fn does(
    app: &App,
    caller: &Caller,
    id: JobId,
    act: Act,
    from: From,
) -> Result<Response, Problem> {
    let row = work::act(app, caller, id, act).await?;
    let to = match (from, row.batch_id) {
        (From::Batch, Some(batch)) => format!("/print-batches/{batch}"),
        _ => format!("/print-jobs/{id}"),
    };
    Ok(Redirect::to(&url(caller.lang, &to)).into_response())
}

async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<JobId>,
    Form(form): Form<ActForm>,
) -> Result<Response, Problem> {
    does(&app, &caller, id, Act::Cancel, form.from).await
}

async fn retry(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<JobId>,
    Form(form): Form<ActForm>,
) -> Result<Response, Problem> {
    does(&app, &caller, id, Act::Retry, form.from).await
}

async fn answer(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<JobId>,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Problem> {
    does(&app, &caller, id, Act::Answer(form.there == YesNo::Yes), form.from).await
}
