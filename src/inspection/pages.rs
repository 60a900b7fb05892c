//! The audit log for people, and its filter. What is typed (a login, a folio) travels in the
//! form's body; the address holds ids only.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::header;
use maud::{Markup, html};
use serde::Deserialize;

use super::export;
use super::named::{Line, Named};
use super::service::{self, InspectionError, Shown, Wanted};
use crate::app::{App, page};
use crate::audit::store::AuditId;
use crate::audit::{Action, Outcome};
use crate::db::{Day, DbError, Limit, Page};
use crate::people::Caller;
use crate::web::components::{self, Field, Form as Drawn, Tone};
use crate::web::{Fault, FieldFault, Form, Lang, Pages, Problem, Query, time, url};

/// Rows of a page: each has many parts, and a page is to be light on an old PC.
const ROWS: u16 = 30;

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new().get("/audit", list).post("/audit", narrow).get("/audit/export", export_file)
}

/// The filter in an address: ids, words and days.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AuditQuery {
    person: String,
    patient: String,
    action: String,
    outcome: String,
    from: String,
    to: String,
    after: String,
}

/// Nothing where the field is empty; a value that is none is refused, never taken for "all".
fn given<T: std::str::FromStr>(
    faults: &mut Vec<FieldFault>,
    field: &str,
    text: &str,
    rule: &'static str,
) -> Option<T> {
    let parsed = text.trim().parse().ok();
    if parsed.is_none() && !text.trim().is_empty() {
        faults.push(FieldFault::new(field, rule));
    }
    parsed
}

impl AuditQuery {
    fn wanted(&self) -> Result<(Wanted, Option<AuditId>), InspectionError> {
        let mut faults = vec![];
        let f = &mut faults;
        let wanted = Wanted {
            person: given(f, "person", &self.person, "no-such-login"),
            patient: given(f, "patient", &self.patient, "no-such-folio"),
            action: given(f, "action", &self.action, "word-of-the-list"),
            outcome: given(f, "outcome", &self.outcome, "word-of-the-list"),
            from: given(f, "from", &self.from, "no-such-date"),
            to: given(f, "to", &self.to, "no-such-date"),
        };
        let after = given(f, "after", &self.after, "word-of-the-list");
        if faults.is_empty() { Ok((wanted, after)) } else { Err(InspectionError::Fields(faults)) }
    }
}

/// The address of the filter: English path.
fn address(path: &str, w: &Wanted) -> String {
    let pairs = [
        ("person", w.person.map(|p| p.to_string())),
        ("patient", w.patient.map(|p| p.to_string())),
        ("action", w.action.map(|a| a.to_string())),
        ("outcome", w.outcome.map(|o| o.to_string())),
        ("from", w.from.map(|d| d.to_string())),
        ("to", w.to.map(|d| d.to_string())),
    ];
    let set: Vec<String> =
        pairs.into_iter().filter_map(|(k, v)| Some(format!("{k}={}", v?))).collect();
    if set.is_empty() { path.to_owned() } else { format!("{path}?{}", set.join("&")) }
}

/// The filter as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FilterForm {
    person: String,
    patient: String,
    action: String,
    outcome: String,
    from: String,
    to: String,
}

async fn narrow(
    State(app): State<App>,
    caller: Caller,
    Form(form): Form<FilterForm>,
) -> Result<Response, Problem> {
    let ids = service::resolve(&app, &caller, &form.person, &form.patient).await;
    let words = AuditQuery {
        action: form.action.clone(),
        outcome: form.outcome.clone(),
        from: form.from.clone(),
        to: form.to.clone(),
        ..AuditQuery::default()
    };
    let done = ids.and_then(|ids| Ok((ids, words.wanted()?.0)));
    match done {
        Ok(((person, patient), wanted)) => {
            let wanted = Wanted { person, patient, ..wanted };
            Ok(Redirect::to(&url(caller.lang, &address("/audit", &wanted))).into_response())
        }
        Err(e @ InspectionError::Fields(_)) => {
            let content =
                html! { (head(caller.lang, None)) (filter_form(caller.lang, &form, Some(&e))) };
            let title = caller.lang.t("audit-title");
            Ok(page(&caller, title).style("form").script("form").refused(true).render(&content))
        }
        Err(e) => Err(e.into()),
    }
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let (wanted, after) = match query.wanted() {
        // Who may not look is told so, whatever they asked for.
        Err(_) if !service::may_inspect(&caller) => (Wanted::default(), None),
        other => other?,
    };
    let found =
        service::list(&app, &caller, wanted, after, Limit::new(ROWS).unwrap_or_default()).await?;
    let Shown { login, patient, others } = service::shown(&app, &caller, &wanted).await?;
    let typed = FilterForm {
        person: login.unwrap_or_default(),
        patient: patient.text.unwrap_or_default(),
        action: query.action.clone(),
        outcome: query.outcome.clone(),
        from: query.from.clone(),
        to: query.to.clone(),
    };
    let content = html! {
        (head(lang, Some(&wanted)))
        (filter_form(lang, &typed, None))
        @if let (Some(id), true) = (wanted.patient, typed.patient.is_empty()) {
            p class="hint" { (lang.t("audit-of-record")) " " span class="mono" { (id) } }
        }
        @if !others.is_empty() {
            p class="hint" {
                (lang.t("audit-other-records"))
                @for (id, named) in &others {
                    @let of = Wanted { patient: Some(*id), ..wanted };
                    " " a class="mono" href=(url(lang, &address("/audit", &of))) { (named.text.clone().unwrap_or_else(|| id.to_string())) }
                }
            }
        }
        (rows(&app, &caller, &wanted, &found))
    };
    Ok(page(&caller, lang.t("audit-title"))
        .style("form")
        .script("form")
        .width("wide")
        .render(&content))
}

fn head(lang: Lang, wanted: Option<&Wanted>) -> Markup {
    html! {
        div class="head" {
            h1 { (lang.t("audit-title")) }
            @if let Some(wanted) = wanted { div class="actions" {
                a class="btn" href=(url(lang, &address("/audit/export", wanted))) { (lang.t("audit-export")) }
            } }
        }
        p class="hint" { (lang.t("audit-hint")) }
    }
}

fn filter_form(lang: Lang, typed: &FilterForm, refused: Option<&InspectionError>) -> Markup {
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let actions = Action::ALL.iter().map(|a| (a.as_str(), lang.t(&format!("audit-action-{a}"))));
    let outcomes = Outcome::ALL.iter().map(|o| (o.as_str(), lang.t(&format!("audit-outcome-{o}"))));
    let field =
        |name, label: &str, value| Field { name, label: lang.t(label), value, ..Field::default() };
    let day = |name, label: &str, value| Field { kind: "date", ..field(name, label, value) };
    html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        form class="search small" method="post" action=(url(lang, "/audit")) {
            (form.text(&field("person", "audit-person", &typed.person)))
            (form.text(&field("patient", "field-folio", &typed.patient)))
            (choice(lang, "action", "audit-action", &typed.action, &actions.collect::<Vec<_>>()))
            (choice(lang, "outcome", "audit-outcome", &typed.outcome, &outcomes.collect::<Vec<_>>()))
            (form.text(&day("from", "audit-from", &typed.from)))
            (form.text(&day("to", "audit-to", &typed.to)))
            button class="btn" type="submit" { (lang.t("studies-filter")) }
        }
    }
}

/// One of many, or all.
fn choice(lang: Lang, name: &str, label: &str, chosen: &str, options: &[(&str, String)]) -> Markup {
    let id = format!("f-{name}");
    html! {
        div class="field" {
            label for=(id) { (lang.t(label)) }
            select id=(id) name=(name) {
                option value="" { (lang.t("audit-all")) }
                @for (value, text) in options { option value=(value) selected[chosen == *value] { (text) } }
            }
        }
    }
}

fn rows(app: &App, caller: &Caller, wanted: &Wanted, found: &Page<Line>) -> Markup {
    let lang = caller.lang;
    let lost = components::unreadable(lang, &found.unreadable);
    if found.items.is_empty() && found.next.is_none() {
        if !found.unreadable.is_empty() {
            return lost;
        }
        return components::empty(&lang.t("audit-none"), &lang.t("audit-none-advice"));
    }
    let next = found.next.as_ref().map(|after| {
        let here = address("/audit", wanted);
        let join = if here.contains('?') { '&' } else { '?' };
        url(lang, &format!("{here}{join}after={after}"))
    });
    let lines: Vec<Vec<Markup>> = found.items.iter().map(|l| row(app, caller, l)).collect();
    let heads = [
        "audit-when",
        "audit-who",
        "audit-action",
        "audit-subject",
        "audit-patient",
        "audit-outcome",
        "audit-request",
    ];
    html! {
        (lost)
        (components::table_of(lang, "audit-title", &heads, &lines))
        (components::next_page(lang, next))
    }
}

fn row(app: &App, caller: &Caller, l: &Line) -> Vec<Markup> {
    let (lang, r) = (caller.lang, &l.row);
    let zone = app.sites.zone(r.site_id.or(app.home(&caller.scope)));
    let tone = match r.outcome {
        Outcome::Done => Tone::Ok,
        Outcome::Refused => Tone::Warn,
        Outcome::OutOfScope => Tone::Stop,
    };
    let who = l.who.clone().unwrap_or_else(|| lang.t("audit-nobody"));
    vec![
        time::time(lang, r.at, zone),
        html! { span translate="no" { (who) } },
        html! { (lang.t(&format!("audit-action-{}", r.action))) @if let Some(d) = &r.detail { br; span class="hint" { (detail(lang, d)) } } },
        html! { (lang.find(&format!("audit-subject-{}", r.subject_kind), &[]).unwrap_or_default()) " " (thing(lang, &l.subject, r.subject_id)) },
        thing(lang, &l.patient, r.patient_id),
        components::chip(tone, &lang.t(&format!("audit-outcome-{}", r.outcome))),
        request(&r.request_id),
    ]
}

/// What a row says, its known words as people say them: numbers, keys and names stay as they are.
fn detail(lang: Lang, text: &str) -> String {
    let said = |word: &str| {
        lang.find(&format!("audit-detail-{word}"), &[]).unwrap_or_else(|| word.to_owned())
    };
    text.split(' ').map(said).collect::<Vec<_>>().join(" ")
}

/// A number or name with its page, or the id of what the reader may not know by name.
fn thing(lang: Lang, named: &Named, id: Option<crate::audit::store::SubjectId>) -> Markup {
    let text = match (&named.text, id) {
        (Some(text), _) => html! { span translate="no" { (text) } },
        (None, Some(id)) => html! { span class="hint" { (id) } },
        (None, None) => return Markup::default(),
    };
    match &named.link {
        Some(path) => html! { a href=(url(lang, path)) { (text) } },
        None => text,
    }
}

/// A request's number: its end, the whole on demand.
fn request(number: &str) -> Markup {
    let end = number.get(number.len().saturating_sub(6)..).unwrap_or(number);
    html! { details class="hint" { summary { "…" (end) } span class="mono" { (number) } } }
}

async fn export_file(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> Result<Response, Problem> {
    let wanted = match query.wanted() {
        Err(_) if !service::may_inspect(&caller) => Wanted::default(),
        other => other?.0,
    };
    let found = service::all(&app, &caller, wanted).await?;
    let file = export::csv(&app.sites, &found)
        .map_err(|e| InspectionError::Db(DbError::Corrupt(e.to_string())))?;
    let today = Day(app.sites.local(app.home(&caller.scope), caller.now).date());
    let name = format!("attachment; filename=\"rastro-audit-{today}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, file).into_response())
}
