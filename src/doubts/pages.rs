//! Doubts for people: what is open, one with its story, saying one, closing one. No child is named on these
//! pages: quality looks into cases of the whole network (`domain.md` 14).

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::model::{DoubtId, DoubtKind, DoubtState, Ending, Sampled};
use super::reading::{self, Listed, Opened};
use super::refusal::DoubtRule;
use super::section::{self, doubt_chip};
use super::service::{self, DoubtError, NewDoubt};
use crate::app::{App, page};
use crate::db::Limit;
use crate::people::Caller;
use crate::people::rights::{Right, holds};
use crate::studies::{Study, pages as study_pages};
use crate::web::components::{self, Field, Form as Drawn, choices};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, Query, client_id, time, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/doubts", list)
        .get("/doubts/new", blank)
        .post("/doubts/new", open)
        .get("/doubts/{id}", show)
        .post("/doubts/{id}/notes", say_more)
        .post("/doubts/{id}/end", close)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ListQuery {
    open: Option<bool>,
    after: Option<DoubtId>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let found = reading::list(&app, &caller, query.open, query.after, Limit::default()).await?;
    let base = url(lang, "/doubts");
    let next = found.next.as_ref().map(|after| {
        let open = query.open.map(|o| format!("open={o}&")).unwrap_or_default();
        format!("{base}?{open}after={after}")
    });
    let rows: Vec<Vec<Markup>> = found.items.iter().map(|l| row(&app, lang, l)).collect();
    let heads = ["field-since", "field-doubt", "field-state", "field-samples", "field-closed"];
    let current = |is: bool| is.then_some("true");
    let content = html! {
        h1 { (lang.t("doubts-title")) }
        p class="lead" { (lang.t("doubts-lead")) }
        nav class="actions" aria-label=(lang.t("field-state")) {
            a class="btn small" href=(base) aria-current=[current(query.open.is_none())] { (lang.t("studies-all")) }
            a class="btn small stop" href=(format!("{base}?open=true")) aria-current=[current(query.open == Some(true))] { (lang.t("doubts-open")) }
            a class="btn small" href=(format!("{base}?open=false")) aria-current=[current(query.open == Some(false))] { (lang.t("doubts-closed")) }
        }
        (components::unreadable(lang, &found.unreadable))
        @if !rows.is_empty() { (components::table_of(lang, "doubts-title", &heads, &rows)) }
        @else if found.unreadable.is_empty() { (section::none(lang)) }
        (components::next_page(lang, next))
    };
    Ok(page(&caller, lang.t("doubts-title")).style("form").render(&content))
}

fn row(app: &App, lang: Lang, l: &Listed) -> Vec<Markup> {
    let zone = app.sites.zone(l.samples.first().map(|s| s.laboratory));
    let d = &l.doubt;
    vec![
        html! { a href=(url(lang, &format!("/doubts/{}", d.id))) { (time::time(lang, d.opened_at, zone.clone())) } },
        html! { (lang.t(&format!("doubt-kind-{}", d.kind))) },
        doubt_chip(lang, Some(d.state)),
        html! { @for s in &l.samples { p { (tube(app, lang, s)) } } },
        html! { @if let Some(at) = d.closed_at { (time::time(lang, at, zone)) } },
    ]
}

fn tube(app: &App, lang: Lang, s: &Sampled) -> Markup {
    html! {
        a href=(url(lang, &format!("/samples/{}", s.code))) { (components::code(&s.code.grouped())) }
        " " span class="hint" { (app.sites.code(s.centre)) }
    }
}

/// What was typed into the forms of one doubt.
#[derive(Default)]
struct Typed {
    note: String,
    end: EndForm,
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<DoubtId>,
) -> Result<Response, Problem> {
    draw(&app, &caller, id, &Typed::default(), None).await
}

async fn draw(
    app: &App,
    caller: &Caller,
    id: DoubtId,
    typed: &Typed,
    refused: Option<&DoubtError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let o = reading::open(app, caller, id).await?;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let zone = app.sites.zone(o.samples.first().map(|(s, _)| s.laboratory));
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t(&format!("doubt-kind-{}", o.doubt.kind))) }
        p { (doubt_chip(lang, Some(o.doubt.state))) " " (time::time(lang, o.doubt.opened_at, zone.clone())) }
        p class="lead" { (lang.t(&format!("doubt-means-{}", o.doubt.state))) }
        section class="card" aria-labelledby="samples" {
            h2 id="samples" { (lang.t("field-samples")) }
            ul { @for (s, study) in &o.samples { li { (sample(app, lang, s, study.as_ref())) } } }
            @if o.others > 0 { p { (lang.tr("doubt-others", &[("n", o.others.into())])) } }
        }
        (components::unreadable(lang, &o.unreadable))
        section class="card" aria-labelledby="history" {
            h2 id="history" { (lang.t("doubt-history")) }
            ul class="timeline" { @for s in o.steps.iter().rev() { li {
                span class="what" { (lang.t(&format!("doubt-step-{}", s.kind))) @if let Some(e) = s.ending { ": " (lang.t(&format!("doubt-ending-{e}"))) } }
                span { (s.by) ", " (time::time(lang, s.at, zone.clone())) @if let Some(note) = &s.note { ": " (written(app, lang, note)) } }
            } } }
        }
        @if o.may_write { (readers(app, lang, &o)) }
        @if o.may_write { (more_form(lang, &o, typed, &faults)) }
        @if o.may_close { (close_form(lang, &o, &typed.end, &faults)) }
        @else if o.doubt.state == DoubtState::Open {
            p class="hint" { (lang.t(if o.is_own && holds(&caller.scope, Right::CloseDoubt) { "doubt-own-hint" } else { "doubt-who-closes" })) }
        }
    };
    Ok(page(caller, lang.t("doubt-one"))
        .style("form")
        .script("form")
        .refused(refused.is_some())
        .render(&content))
}

/// What was written; of a reason of the catalogue, which a scan says, its sentence too.
fn written(app: &App, lang: Lang, note: &str) -> String {
    match app.catalogue.reason(note) {
        Some(row) => format!("{note} {}", row.label(lang)),
        None => note.to_owned(),
    }
}

fn sample(app: &App, lang: Lang, s: &Sampled, study: Option<&Study>) -> Markup {
    html! {
        (tube(app, lang, s))
        @if let Some(study) = study {
            " · " a href=(url(lang, &format!("/studies/{}", study.id))) { span class="mono" { (study.number) } }
            " " (lang.t(&format!("study-{}", study.kind))) " " (study_pages::state_chip(lang, study.state))
        }
    }
}

/// Who had read an answer before, and has not seen the doubt on it yet first: they must be told.
fn readers(app: &App, lang: Lang, o: &Opened) -> Markup {
    let zone = app.sites.zone(o.samples.first().map(|(s, _)| s.laboratory));
    let (seen, unseen): (Vec<_>, Vec<_>) = o.readers.iter().partition(|r| r.seen_at.is_some());
    html! {
        section class="card" aria-labelledby="readers" {
            h2 id="readers" { (lang.t("doubt-readers")) }
            @if o.readers.is_empty() { p { (lang.t("doubt-readers-none")) } }
            @else { p { (lang.t("doubt-readers-text")) } }
            ul { @for r in unseen.into_iter().chain(seen) { li {
                (r.name) " · " (time::time(lang, r.read_at, zone.clone())) " · "
                @match r.seen_at {
                    Some(at) => { (lang.t("doubt-reader-seen")) " " (time::time(lang, at, zone.clone())) },
                    None => { b { (lang.t("doubt-reader-unseen")) } },
                }
            } } }
        }
    }
}

fn more_form(lang: Lang, o: &Opened, typed: &Typed, faults: &[FieldFault]) -> Markup {
    let form = Drawn { lang, faults };
    html! {
        form class="form group" method="post" action=(url(lang, &format!("/doubts/{}/notes", o.doubt.id))) {
            h2 { (lang.t("doubt-more")) }
            (form.area(&Field { name: "note", of: "more", label: lang.t("field-seen"), hint: Some(lang.t("doubt-note-hint")), value: &typed.note, ..Field::default() }))
            (components::submit(&lang.t("doubt-more")))
        }
    }
}

fn close_form(lang: Lang, o: &Opened, typed: &EndForm, faults: &[FieldFault]) -> Markup {
    let form = Drawn { lang, faults };
    let endings =
        choices(Ending::ALL.iter().map(|e| (e.as_str(), lang.t(&format!("doubt-ending-{e}")))));
    html! {
        form class="form group" method="post" action=(url(lang, &format!("/doubts/{}/end", o.doubt.id))) {
            h2 { (lang.t("doubt-close")) }
            p { (lang.t("doubt-close-text")) }
            (form.radios(&Field { name: "ending", label: lang.t("field-ending"), value: &typed.ending, ..Field::default() }, &endings))
            (form.area(&Field { name: "note", of: "end", label: lang.t("field-how-found"), hint: Some(lang.t("doubt-close-hint")), value: &typed.note, ..Field::default() }))
            (form.text(&Field { name: "password", label: lang.t("field-password"), kind: "password", autocomplete: "current-password", ..Field::default() }))
            (components::submit(&lang.t("doubt-close")))
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NoteForm {
    note: String,
}

async fn say_more(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<DoubtId>,
    Form(form): Form<NoteForm>,
) -> Result<Response, Problem> {
    let done = service::say_more(&app, &caller, id, &form.note).await;
    let typed = Typed { note: form.note, ..Typed::default() };
    answered(&app, caller, id, &typed, done).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EndForm {
    ending: String,
    note: String,
    password: String,
}

async fn close(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<DoubtId>,
    Form(form): Form<EndForm>,
) -> Result<Response, Problem> {
    let done = match form.ending.parse::<Ending>() {
        Ok(ending) => service::close(&app, &caller, id, ending, &form.note, &form.password).await,
        Err(_) => Err(DoubtError::field("ending", "word-of-the-list")),
    };
    let end = EndForm { password: String::new(), ..form };
    answered(&app, caller, id, &Typed { end, ..Typed::default() }, done).await
}

/// Back to the doubt, or the page again with what was typed and why it was refused.
async fn answered(
    app: &App,
    mut caller: Caller,
    id: DoubtId,
    typed: &Typed,
    done: Result<(), DoubtError>,
) -> Result<Response, Problem> {
    let back = url(caller.lang, &format!("/doubts/{id}"));
    match done {
        Ok(()) => Ok(Redirect::to(&back).into_response()),
        Err(e) if e.status() < 500 && e.status() != 404 => {
            caller.path = back;
            draw(app, &caller, id, typed, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NewQuery {
    sample: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NewForm {
    id: String,
    kind: String,
    samples: String,
    note: String,
}

impl NewForm {
    /// The doubt of what was typed: the labels one a line.
    fn doubt(&self) -> Result<NewDoubt, DoubtError> {
        let id = client_id(&self.id)?.into();
        let kind = self.kind.parse().ok();
        let samples = self.samples.split(['\n', ',', ';']).map(str::to_owned).collect();
        Ok(NewDoubt { id, kind, samples, note: self.note.clone() })
    }
}

async fn blank(caller: Caller, Query(query): Query<NewQuery>) -> Result<Response, Problem> {
    if !reading::sees_list(&caller.scope) {
        return Err(DoubtError::NotAllowed.into());
    }
    // The next label that is read stands on a line of its own.
    let samples = match query.sample.as_str() {
        "" => String::new(),
        first => format!("{first}\n"),
    };
    let typed = NewForm { id: DoubtId::new().to_string(), samples, ..NewForm::default() };
    Ok(form_page(&caller, &typed, None))
}

fn form_page(caller: &Caller, typed: &NewForm, refused: Option<&DoubtError>) -> Response {
    let lang = caller.lang;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let kinds =
        choices(DoubtKind::ALL.iter().map(|k| (k.as_str(), lang.t(&format!("doubt-kind-{k}")))));
    let content = html! {
        @if let Some(e) = refused {
            (components::errors(lang, &e.text(lang), &faults))
            @if let DoubtError::Rule(DoubtRule::AlreadyOpen(id)) = e {
                p { a href=(url(lang, &format!("/doubts/{id}"))) { (lang.t("doubt-see")) } }
            }
        }
        h1 { (lang.t("doubt-say")) }
        p class="lead" { (lang.t("doubt-say-text")) }
        form class="form" method="post" action=(url(lang, "/doubts/new")) {
            (components::hidden("id", &typed.id))
            (form.radios(&Field { name: "kind", label: lang.t("field-doubt"), value: &typed.kind, ..Field::default() }, &kinds))
            (form.area(&Field { name: "samples", label: lang.t("field-samples"), hint: Some(lang.t("doubt-samples-hint")), value: &typed.samples, focus: refused.is_none(), scan: "add", ..Field::default() }))
            (form.area(&Field { name: "note", label: lang.t("field-seen"), hint: Some(lang.t("doubt-note-hint")), value: &typed.note, ..Field::default() }))
            (components::submit(&lang.t("doubt-say")))
        }
    };
    page(caller, lang.t("doubt-say"))
        .style("form")
        .script("form")
        .script("scan")
        .width("narrow")
        .refused(refused.is_some())
        .render(&content)
}

async fn open(
    State(app): State<App>,
    mut caller: Caller,
    Form(typed): Form<NewForm>,
) -> Result<Response, Problem> {
    let done = match typed.doubt() {
        Ok(new) => service::open(&app, &caller, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(id) => Ok(Redirect::to(&url(caller.lang, &format!("/doubts/{id}"))).into_response()),
        Err(e) if e.status() < 500 && e.status() != 403 => {
            caller.path = url(caller.lang, "/doubts/new");
            Ok(form_page(&caller, &typed, Some(&e)))
        }
        Err(e) => Err(e.into()),
    }
}
