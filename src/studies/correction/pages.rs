//! What a request says, for people: as it is, what is proposed, and how it came to be.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::lines::answers;
use super::model::CorrectionStep;
use super::note::compare;
use super::reading::{self, Opened};
use super::service::{self, CorrectionError, Proposal};
use super::store::{StudyEvent, StudyEventId};
use crate::app::{App, page};
use crate::approvals::{Approval, DecisionForm, agreement};
use crate::patients::pages::banner;
use crate::people::Caller;
use crate::studies::form::StudyForm;
use crate::studies::pages::{walk_in_chip, what};
use crate::studies::questions::Questions;
use crate::studies::{StudyId, StudyState, service as studies_service};
use crate::web::components::{self, Compared, Field, Form as Drawn};
use crate::web::{Fault, FieldFault, Form, Key, Pages, Problem, client_id, time, url};

pub(in crate::studies) fn pages() -> Pages<App> {
    Pages::new()
        .get("/studies/{id}/answers", show)
        .get("/studies/{id}/answers/correct", correct_form)
        .post("/studies/{id}/answers/correct", correct)
        .post("/studies/{id}/answers/decide", decide)
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Response, Problem> {
    draw(&app, &caller, id, None).await
}

async fn draw(
    app: &App,
    caller: &Caller,
    id: StudyId,
    refused: Option<&CorrectionError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let o = reading::open(app, caller, id).await?;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let offered = o.may && o.study.proposal.is_none() && o.study.state != StudyState::Cancelled;
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        div class="head" {
            h1 { (lang.t("correction-title")) }
            @if offered { div class="actions" {
                a class="btn strong" href=(url(lang, &format!("/studies/{id}/answers/correct"))) { (lang.t("correction-correct")) }
            } }
        }
        (of_request(caller, &o))
        (components::unreadable(lang, &o.unreadable))
        @if let Some((event, wanted)) = o.waiting() {
            section class="card" aria-labelledby="proposal" {
                h2 id="proposal" { (lang.t("correction-proposed")) }
                p { (who(app, caller, &o, event)) ": " (wanted.reason) }
                (compare(lang, Compared::Proposed, &lang.t("correction-compare"), (&wanted.before, &wanted.after)))
                @if o.may {
                    @let own = event.actor_id == caller.scope.user();
                    @let action = url(lang, &format!("/studies/{id}/answers/decide"));
                    (agreement(lang, &faults, &action, event.event_id, own.then(|| lang.t("correction-own")), &Approval {
                        text: lang.t("correction-approve-text"),
                        button: lang.t("correction-approve"),
                    }))
                }
            }
        }
        section class="card" {
            h2 { (lang.t("studies-answers")) }
            (components::facts(&said(caller, &o)))
        }
        @if !o.events.is_empty() { (history(app, caller, &o)) }
    };
    Ok(shell(app, caller, &o, lang.t("correction-title"), refused.is_some(), &content))
}

/// Which request it is, with the way back to it.
fn of_request(caller: &Caller, o: &Opened) -> Markup {
    let lang = caller.lang;
    html! { p class="lead" {
        a href=(url(lang, &format!("/studies/{}", o.study.id))) { span class="mono" { (o.study.number) } }
        " · " (what(lang, &o.study)) (walk_in_chip(lang, &o.study))
    } }
}

fn said(caller: &Caller, o: &Opened) -> Vec<(String, Markup)> {
    let lang = caller.lang;
    let told = |key: &str, text: &str| (lang.t(key), components::text(text));
    let mut facts = vec![told("field-diagnosis", &o.now.diagnosis)];
    facts.extend(answers(lang, &o.now));
    facts.push(told("field-requester", &o.now.requester));
    if let Some(licence) = &o.now.requester_licence {
        facts.push(told("field-licence", licence));
    }
    facts.push(told("field-phone", &o.now.critical_phone));
    facts
}

fn shell(
    app: &App,
    caller: &Caller,
    o: &Opened,
    title: String,
    refused: bool,
    content: &Markup,
) -> Response {
    let today = studies_service::today(app, caller);
    page(caller, title)
        .style("form")
        .script("form")
        .banner(banner(app, caller.lang, &o.patient, today, None))
        .refused(refused)
        .render(content)
}

/// Who did a step, and when.
fn who(app: &App, caller: &Caller, o: &Opened, event: &StudyEvent) -> Markup {
    let name = o.names.get(&event.actor_id).map_or("", String::as_str);
    let zone = app.sites.zone(Some(event.site_id));
    html! { (name) ", " (time::time(caller.lang, event.recorded_at, zone)) }
}

fn history(app: &App, caller: &Caller, o: &Opened) -> Markup {
    let lang = caller.lang;
    html! {
        section class="card" aria-labelledby="history" {
            h2 id="history" { (lang.t("correction-history")) }
            ul class="timeline" { @for e in o.events.iter().rev() { li {
                span class="what" { (lang.t(&format!("correction-event-{}", e.kind))) }
                span { (who(app, caller, o, e)) }
                @if e.kind == CorrectionStep::Corrected { @if let Some(c) = e.correction() {
                    p { (c.reason) }
                    @let caption = lang.tr("identity-compare", &[("n", e.seq.into())]);
                    (compare(lang, Compared::Changed, &caption, (&c.before, &c.after)))
                } }
            } } }
        }
    }
}

async fn correct_form(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Response, Problem> {
    let o = reading::open(&app, &caller, id).await?;
    if !o.may {
        return Err(CorrectionError::NotAllowed.into());
    }
    if o.study.proposal.is_some() || o.study.state == StudyState::Cancelled {
        let to = url(caller.lang, &format!("/studies/{id}/answers"));
        return Ok(Redirect::to(&to).into_response());
    }
    let typed = StudyForm { id: StudyEventId::new().to_string(), ..StudyForm::saying(&o.now) };
    Ok(form_page(&app, &caller, &o, &typed, None))
}

fn form_page(
    app: &App,
    caller: &Caller,
    o: &Opened,
    typed: &StudyForm,
    refused: Option<&CorrectionError>,
) -> Response {
    let lang = caller.lang;
    let faults: Vec<FieldFault> = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let q = Questions { lang, form, typed, kind: Some(o.study.kind) };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("correction-correct")) }
        (of_request(caller, o))
        p { (lang.t("correction-text")) }
        form class="form" method="post" action=(url(lang, &format!("/studies/{}/answers/correct", o.study.id))) {
            (components::hidden("id", &typed.id))
            (q.diagnosis())
            (q.all())
            (q.contact())
            (q.form.text(&Field { hint: Some(lang.t("correction-why-hint")), ..q.field("reason", "field-why", &typed.reason) }))
            (components::submit(&lang.t("identity-propose")))
        }
    };
    shell(app, caller, o, lang.t("correction-correct"), refused.is_some(), &content)
}

async fn correct(
    State(app): State<App>,
    mut caller: Caller,
    Key(id): Key<StudyId>,
    Form(typed): Form<StudyForm>,
) -> Result<Response, Problem> {
    let back = url(caller.lang, &format!("/studies/{id}/answers"));
    match proposed(&app, &caller, id, &typed).await {
        Ok(_) => Ok(Redirect::to(&back).into_response()),
        Err(e) if e.status() < 500 && e.status() != 404 && e.status() != 403 => {
            // The address where the form can be opened.
            caller.path = url(caller.lang, &format!("/studies/{id}/answers/correct"));
            let o = reading::open(&app, &caller, id).await?;
            Ok(form_page(&app, &caller, &o, &typed, Some(&e)))
        }
        Err(e) => Err(e.into()),
    }
}

async fn proposed(
    app: &App,
    caller: &Caller,
    id: StudyId,
    typed: &StudyForm,
) -> Result<StudyEventId, CorrectionError> {
    let contradictions = typed.contradictions();
    if !contradictions.is_empty() {
        return Err(CorrectionError::Fields(contradictions));
    }
    let key = client_id(&typed.id)?.into();
    // The form's key is the proposal's, not a request's.
    let request = StudyForm { id: String::new(), ..typed.clone() }.input();
    service::propose(app, caller, id, Proposal { id: key, request, reason: typed.reason.clone() })
        .await
}

async fn decide(
    State(app): State<App>,
    mut caller: Caller,
    Key(id): Key<StudyId>,
    Form(form): Form<DecisionForm>,
) -> Result<Response, Problem> {
    let back = url(caller.lang, &format!("/studies/{id}/answers"));
    let done = match form.decided() {
        Ok((proposal, verdict)) => {
            service::decide(&app, &caller, id, proposal, verdict, &form.reason).await
        }
        Err(fault) => Err(CorrectionError::Fields(vec![fault])),
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
