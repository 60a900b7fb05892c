//! A child's identity for people: as it is, what is proposed, and how it came to be.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::merge_page;
use super::model::{Correction, Identity, Step, correction};
use super::reading::{self, Opened};
use super::section::labels_notice;
use super::service::{self, IdentityError, Proposal};
use crate::app::{App, page};
use crate::approvals::{Approval, DecisionForm, agreement};
use crate::db::{Day, Limit};
use crate::patients::pages::banner;
use crate::patients::store::{IdentityEvent, IdentityEventId};
use crate::patients::{PatientForm, PatientId, numbers, who};
use crate::people::Caller;
use crate::web::components::{self, Compared, Field, Form as Drawn};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, Query, time, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/corrections", waiting)
        .get("/patients/{id}/identity", show)
        .get("/patients/{id}/identity/correct", correct_form)
        .post("/patients/{id}/identity/correct", correct)
        .post("/patients/{id}/identity/decide", decide)
        .merge(merge_page::pages())
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
) -> Result<Response, Problem> {
    draw(&app, &caller, id, None).await
}

async fn draw(
    app: &App,
    caller: &Caller,
    id: PatientId,
    refused: Option<&IdentityError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let o = reading::open(app, caller, id).await?;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        div class="head" {
            h1 { (lang.t("identity-title")) }
            div class="actions" {
                @if o.may && o.patient.proposal.is_none() {
                    a class="btn strong" href=(url(lang, &format!("/patients/{id}/identity/correct"))) { (lang.t("identity-correct")) }
                    @if o.stays.is_some() {
                        a class="btn" href=(url(lang, &format!("/patients/{id}/identity/unmerge"))) { (lang.t("unmerge-title")) }
                    } @else {
                        a class="btn" href=(url(lang, &format!("/patients/{id}/identity/merge"))) { (lang.t("merge-title")) }
                    }
                }
            }
        }
        (components::unreadable(lang, &o.unreadable))
        (merge_page::others(lang, &o))
        (labels_notice(lang, &o.labels))
        @if let Some((event, wanted)) = o.waiting() { (proposal(app, caller, &o, event, &wanted, &faults)) }
        (history(app, caller, &o))
    };
    Ok(shell(app, caller, &o, lang.t("identity-title"), refused.is_some(), &content))
}

pub(super) fn shell(
    app: &App,
    caller: &Caller,
    o: &Opened,
    title: String,
    refused: bool,
    content: &Markup,
) -> Response {
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    page(caller, title)
        .style("form")
        .script("form")
        .banner(banner(app, caller.lang, &o.patient, today, o.record_number.as_deref()))
        .refused(refused)
        .render(content)
}

/// The lines of an identity, as they are compared with the papers.
pub(super) fn lines(lang: Lang, i: &Identity) -> Vec<(&'static str, String)> {
    let or = |v: Option<String>| v.unwrap_or_else(|| lang.t("not-given"));
    let yes = |on: bool| lang.t(if on { "yes" } else { "no" });
    vec![
        ("field-name", i.name().display()),
        ("field-label-name", or(i.latin.as_ref().map(crate::patients::PersonName::display))),
        ("field-birth", i.birth_date.text(lang)),
        ("field-sex", lang.t(&format!("sex-{}", i.sex))),
        ("field-curp", or(i.curp.as_ref().map(ToString::to_string))),
        ("field-nss", or(i.nss.as_ref().map(ToString::to_string))),
        ("field-agregado", or(i.agregado.as_ref().map(ToString::to_string))),
        ("field-record", or(i.record_number.clone())),
        ("field-multiple", yes(i.multiple_birth)),
    ]
}

/// Both identities beside one another, only where they differ; named by the event's number, because a
/// page may show several.
fn side_by_side(lang: Lang, event: &IdentityEvent, c: &Correction) -> Markup {
    let what = match Step::of(event) {
        Some(step) if step.counts() => Compared::Changed,
        _ => Compared::Proposed,
    };
    let pairs = lines(lang, &c.before).into_iter().zip(lines(lang, &c.after));
    let pairs = pairs.map(|((key, old), (_, new))| (lang.t(key), old, new));
    let caption = lang.tr("identity-compare", &[("n", event.seq.into())]);
    components::side_by_side(lang, what, &caption, pairs)
}

fn proposal(
    app: &App,
    caller: &Caller,
    o: &Opened,
    event: &IdentityEvent,
    wanted: &Correction,
    faults: &[FieldFault],
) -> Markup {
    let lang = caller.lang;
    let own = event.actor_id == caller.scope.user();
    let action = url(lang, &format!("/patients/{}/identity/decide", o.patient.id));
    let kind = Step::of(event).filter(|_| wanted.merge.is_some());
    let said = |what: &str| match kind {
        Some(Step::UnmergeProposed) => lang.t(&format!("unmerge-{what}")),
        Some(_) => lang.t(&format!("merge-{what}")),
        None => lang.t(&format!("identity-{what}")),
    };
    let by = o.names.get(&event.actor_id).map_or("", String::as_str);
    let at = time::time(lang, event.recorded_at, app.sites.zone(Some(event.site_id)));
    html! {
        section class="card" aria-labelledby="proposal" {
            h2 id="proposal" { (said("proposed")) }
            p { (by) ", " (at) ": " (wanted.reason) }
            @if let Some((record, stays)) = &o.pair { (merge_page::compare(lang, record, stays)) }
            @else { (side_by_side(lang, event, wanted)) }
            @if !o.alike.is_empty() {
                (components::warning(&html! {
                    p { (lang.t("identity-alike")) }
                    // Folios only: whoever opens one of them is in the log.
                    ul { @for p in &o.alike { li {
                        a href=(url(lang, &format!("/patients/{}", p.id))) { (components::code(p.folio.as_str())) }
                    } } }
                }))
            }
            @if o.may {
                (agreement(lang, faults, &action, event.event_id, own.then(|| lang.t("identity-own")), &Approval {
                    text: said("approve-text"),
                    button: said("approve"),
                }))
            }
        }
    }
}

fn history(app: &App, caller: &Caller, o: &Opened) -> Markup {
    let lang = caller.lang;
    html! {
        section class="card" aria-labelledby="history" {
            h2 id="history" { (lang.t("identity-history")) }
            ul class="timeline" { @for e in o.events.iter().rev() { li {
                span class="what" { (lang.t(&format!("identity-event-{}", e.kind))) }
                span {
                    (o.names.get(&e.actor_id).map_or("", String::as_str)) ", "
                    (time::time(lang, e.recorded_at, app.sites.zone(Some(e.site_id))))
                }
                @if Step::of(e).is_some_and(Step::counts) { @if let Some(c) = correction(e) {
                    p { (c.reason) }
                    @if c.before != c.after { (side_by_side(lang, e, &c)) }
                } }
            } } }
        }
    }
}

async fn correct_form(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
) -> Result<Response, Problem> {
    let o = reading::open(&app, &caller, id).await?;
    if !o.may {
        return Err(IdentityError::NotAllowed.into());
    }
    if o.patient.proposal.is_some() {
        let to = url(caller.lang, &format!("/patients/{id}/identity"));
        return Ok(Redirect::to(&to).into_response());
    }
    let mut typed = PatientForm::of(&o.patient, o.record_number.clone());
    typed.id = IdentityEventId::new().to_string();
    Ok(form_page(&app, &caller, &o, &typed, None))
}

/// A fault's field as the form names it.
fn form_fault(mut fault: FieldFault) -> FieldFault {
    if fault.field == "reason" {
        fault.field = "decision_reason".into();
    }
    fault
}

fn form_page(
    app: &App,
    caller: &Caller,
    o: &Opened,
    typed: &PatientForm,
    refused: Option<&IdentityError>,
) -> Response {
    let lang = caller.lang;
    let faults: Vec<FieldFault> =
        refused.map(Fault::fields).unwrap_or_default().into_iter().map(form_fault).collect();
    let form = Drawn { lang, faults: &faults };
    let action = url(lang, &format!("/patients/{}/identity/correct", o.patient.id));
    let in_a_centre = !caller.scope.centres().is_empty();
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("identity-correct")) }
        p class="lead" { (lang.t("identity-correct-text")) }
        form class="form" method="post" action=(action) {
            (components::hidden("id", &typed.id))
            (who(lang, &form, typed))
            fieldset class="group" {
                legend { (lang.t("patients-identifiers")) }
                div class="two" {
                    @if in_a_centre {
                        (form.text(&Field {
                            name: "record_number",
                            label: lang.t("field-record"),
                            value: &typed.record_number,
                            size: "mid",
                            ..Field::default()
                        }))
                    }
                    (numbers(lang, &form, typed))
                }
            }
            (form.text(&Field {
                name: "decision_reason",
                label: lang.t("field-why"),
                hint: Some(lang.t("identity-why-hint")),
                value: &typed.decision_reason,
                ..Field::default()
            }))
            (components::submit(&lang.t("identity-propose")))
        }
    };
    shell(app, caller, o, lang.t("identity-correct"), refused.is_some(), &content)
}

async fn correct(
    State(app): State<App>,
    mut caller: Caller,
    Key(id): Key<PatientId>,
    Form(typed): Form<PatientForm>,
) -> Result<Response, Problem> {
    let back = url(caller.lang, &format!("/patients/{id}/identity"));
    match proposed(&app, &caller, id, &typed).await {
        Ok(_) => Ok(Redirect::to(&back).into_response()),
        Err(e) if e.status() < 500 && e.status() != 404 && e.status() != 403 => {
            caller.path =
                format!("{back}/{}", if caller.lang == Lang::Es { "corregir" } else { "correct" });
            let o = reading::open(&app, &caller, id).await?;
            Ok(form_page(&app, &caller, &o, &typed, Some(&e)))
        }
        Err(e) => Err(e.into()),
    }
}

async fn proposed(
    app: &App,
    caller: &Caller,
    id: PatientId,
    typed: &PatientForm,
) -> Result<IdentityEventId, IdentityError> {
    let key = merge_page::key(&typed.id)?;
    let identity = typed.input().map_err(|e| IdentityError::Fields(e.fields()))?;
    // The form's own key and reason are the proposal's, not a registration's.
    let identity = crate::patients::RegisterPatient { id: String::new(), ..identity };
    let reason = typed.decision_reason.clone();
    service::propose(app, caller, id, Proposal { id: key, identity, reason }).await
}

async fn decide(
    State(app): State<App>,
    mut caller: Caller,
    Key(id): Key<PatientId>,
    Form(form): Form<DecisionForm>,
) -> Result<Response, Problem> {
    let back = url(caller.lang, &format!("/patients/{id}/identity"));
    let done = match form.decided() {
        Ok((proposal, verdict)) => {
            service::decide(&app, &caller, id, proposal, verdict, &form.reason).await
        }
        Err(fault) => Err(IdentityError::Fields(vec![fault])),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&back).into_response()),
        Err(e) if e.status() < 500 && e.status() != 404 => {
            caller.path = back;
            draw(&app, &caller, id, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct After {
    after: Option<PatientId>,
}

/// Corrections that wait for a second person.
async fn waiting(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<After>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let found = reading::waiting(&app, &caller, query.after, Limit::default()).await?;
    let rows: Vec<Vec<Markup>> = found
        .items
        .iter()
        .map(|p| {
            let to = url(lang, &format!("/patients/{}/identity", p.id));
            vec![
                html! { a href=(to) translate="no" { (p.name().display()) } },
                html! { (p.birth().text(lang)) },
                components::code(p.folio.as_str()),
            ]
        })
        .collect();
    let heads = ["field-name", "field-birth", "field-folio"];
    let next = found.next.as_ref().map(|n| format!("{}?after={n}", url(lang, "/corrections")));
    let content = html! {
        h1 { (lang.t("identity-list")) }
        p class="lead" { (lang.t("identity-list-lead")) }
        p { a href=(format!("{}?waiting=true", url(lang, "/studies"))) { (lang.t("identity-list-requests")) } }
        (components::unreadable(lang, &found.unreadable))
        @if rows.is_empty() {
            (components::none(&found.unreadable, &lang.t("identity-none"), &lang.t("identity-none-advice")))
        } @else { (components::table_of(lang, "identity-list", &heads, &rows)) }
        (components::next_page(lang, next))
    };
    Ok(page(&caller, lang.t("identity-list")).render(&content))
}
