//! The form that registers a child, and the question whether it is here already.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use maud::{Markup, html};

use super::birth::BirthDate;
use super::duplicate::{Candidate, CandidateRecord};
use super::form::{PatientForm, field, numbers, who};
use super::input::{Choice, DecisionKind};
use super::model::PatientId;
use super::refusal::{PatientError, PatientRule};
use super::service::{self, Registration};
use crate::app::{App, page};
use crate::people::{Caller, UserId};
use crate::web::components::{self, Field, Form as Drawn, choices};
use crate::web::{Fault, FieldFault, Form, Lang, Pages, Problem, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new().get("/patients/new", new).post("/patients/new", register)
}

async fn new(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    if service::sites_to_register_at(&caller).is_empty() {
        return Err(PatientError::NotAllowed.into());
    }
    Ok(form_page(&app, &caller, &PatientForm::blank(), None, &[]))
}

/// The page of what a registration led to.
fn led_to(caller: &Caller, done: &Registration) -> String {
    match done {
        Registration::Registered(patient) | Registration::Opened(patient) => {
            url(caller.lang, &format!("/patients/{}", patient.id))
        }
        Registration::Asked(ids) => match ids.as_slice() {
            [only] => url(caller.lang, &format!("/care/{only}")),
            _ => url(caller.lang, "/care"),
        },
    }
}

async fn register(
    State(app): State<App>,
    caller: Caller,
    Form(mut form): Form<PatientForm>,
) -> Result<Response, Problem> {
    let done = match form.input() {
        Ok(input) => service::register(&app, &caller, input).await,
        Err(e) => Err(e),
    };
    let refused = match done {
        Ok(done) => return Ok(Redirect::to(&led_to(&caller, &done)).into_response()),
        Err(e @ (PatientError::NotAllowed | PatientError::NotFound | PatientError::Db(_))) => {
            return Err(e.problem());
        }
        // Came back with the browser's "back": another child needs another key.
        Err(e @ PatientError::Rule(PatientRule::KeyUsed)) => {
            form.id = PatientId::new().to_string();
            e
        }
        Err(e) => e,
    };
    let seniors = match &refused {
        PatientError::Rule(PatientRule::AskFirst(seniors)) => seniors.clone(),
        _ if form.elsewhere_choice.is_empty() => vec![],
        _ => match service::registering_site(&app, &caller, &form.site) {
            Ok(site) => service::seniors(&app, site).await?,
            Err(_) => vec![],
        },
    };
    Ok(form_page(&app, &caller, &form, Some(&refused), &seniors))
}

/// A fault's field as the form names it.
fn form_fault(mut fault: FieldFault) -> FieldFault {
    if let Some((group @ ("decision" | "elsewhere"), part)) = fault.field.split_once('.') {
        fault.field = format!("{group}_{part}");
    }
    fault
}

fn form_page(
    app: &App,
    caller: &Caller,
    typed: &PatientForm,
    refused: Option<&PatientError>,
    seniors: &[(UserId, String)],
) -> Response {
    let lang = caller.lang;
    let faults: Vec<FieldFault> =
        refused.map(Fault::fields).unwrap_or_default().into_iter().map(form_fault).collect();
    let form = Drawn { lang, faults: &faults };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("patients-register")) }
        form class="form" method="post" action=(url(lang, "/patients/new")) {
            (components::hidden("id", &typed.id))
            (question(lang, &form, refused, typed))
            (elsewhere(&form, refused, typed, seniors))
            (who(lang, &form, typed))
            (identifiers(app, caller, &form, typed))
            (components::submit(&lang.t("patients-register")))
        }
    };
    let page = page(caller, lang.t("patients-register"))
        .style("form")
        .script("form")
        .width("narrow")
        .refused(refused.is_some());
    match refused.map(Fault::status) {
        Some(409) => page.status(StatusCode::CONFLICT).render(&content),
        _ => page.render(&content),
    }
}

fn identifiers(app: &App, caller: &Caller, form: &Drawn<'_>, typed: &PatientForm) -> Markup {
    let lang = caller.lang;
    let sites = service::sites_to_register_at(caller);
    html! {
        fieldset class="group" {
            legend { (lang.t("patients-identifiers")) }
            p class="hint" { (lang.t("patients-identifiers-hint")) }
            div class="two" {
                (form.text(&Field { size: "mid", ..field(lang, "record_number", "field-record", &typed.record_number) }))
                (numbers(lang, form, typed))
            }
            @if sites.len() > 1 {
                @let options = choices(sites.iter().map(|s| (app.sites.code(*s), app.sites.name(*s))));
                (form.select(&field(lang, "site", "field-centre", &typed.site), &options))
            }
        }
    }
}

/// Who may be the same child, and what the person at the form decides.
fn question(
    lang: Lang,
    form: &Drawn<'_>,
    refused: Option<&PatientError>,
    typed: &PatientForm,
) -> Markup {
    match refused {
        Some(PatientError::Rule(PatientRule::CurpTaken(found))) => html! {
            fieldset class="group" {
                legend { (lang.t("patients-curp-of")) }
                (candidates(lang, found))
            }
        },
        Some(PatientError::Rule(PatientRule::PossibleDuplicate(found))) => html! {
            fieldset class="group" {
                legend { (lang.t("patients-decide")) }
                (candidates(lang, found))
                @for c in found { (components::hidden("decision_of", &c.mark)) }
                (decision(lang, form, found.iter().any(|c| c.reason.may_be_twin()), typed))
            }
        },
        // Another field was wrong: what was seen and decided stays.
        _ if !typed.decision_of.is_empty() => html! {
            fieldset class="group" {
                legend { (lang.t("patients-decide")) }
                @for mark in &typed.decision_of { (components::hidden("decision_of", mark)) }
                (decision(lang, form, true, typed))
            }
        },
        _ => Markup::default(),
    }
}

fn decision(lang: Lang, form: &Drawn<'_>, twins: bool, typed: &PatientForm) -> Markup {
    let offered = DecisionKind::ALL.iter().filter(|k| twins || **k != DecisionKind::Twin);
    let kinds = choices(offered.map(|k| (k.as_str(), lang.t(&format!("decision-{k}")))));
    html! {
        (form.radios(&field(lang, "decision_kind", "field-decision", &typed.decision_kind), &kinds))
        (form.text(&Field {
            hint: Some(lang.t("patients-hint-why")),
            ..field(lang, "decision_reason", "field-why", &typed.decision_reason)
        }))
    }
}

/// What to do where others must say something first: the same words whatever was met. Nothing is
/// preselected.
fn elsewhere(
    form: &Drawn<'_>,
    refused: Option<&PatientError>,
    typed: &PatientForm,
    seniors: &[(UserId, String)],
) -> Markup {
    let asked = matches!(refused, Some(PatientError::Rule(PatientRule::AskFirst(_))));
    if !asked && typed.elsewhere_choice.is_empty() {
        return Markup::default();
    }
    let lang = form.lang;
    let ways = choices(Choice::ALL.iter().map(|c| (c.as_str(), lang.t(&format!("elsewhere-{c}")))));
    let seniors = choices(seniors.iter().map(|(id, name)| (id.to_string(), name.clone())));
    html! {
        fieldset class="group" {
            legend { (lang.t("elsewhere-title")) }
            p { (lang.t("elsewhere-text")) }
            (form.radios(
                &field(lang, "elsewhere_choice", "elsewhere-what", &typed.elsewhere_choice),
                &ways,
            ))
            (form.text(&Field {
                hint: Some(lang.t("elsewhere-why-hint")),
                ..field(lang, "elsewhere_reason", "field-why", &typed.elsewhere_reason)
            }))
            (form.select(
                &Field {
                    hint: Some(lang.t("elsewhere-in-charge-hint")),
                    ..field(lang, "elsewhere_in_charge", "elsewhere-in-charge",
                        &typed.elsewhere_in_charge)
                },
                &seniors,
            ))
        }
    }
}

fn candidates(lang: Lang, found: &[Candidate]) -> Markup {
    html! {
        ul class="timeline" { @for c in found { li {
            span class="what" { (lang.t(&format!("duplicate-{}", c.reason))) }
            (known(lang, &c.record))
        } } }
    }
}

/// A candidate in reach: enough to compare with the child and the papers at hand.
fn known(lang: Lang, r: &CandidateRecord) -> Markup {
    let birth =
        r.birth_date.parse::<BirthDate>().map_or_else(|_| r.birth_date.clone(), |d| d.text(lang));
    let given = |label: &str, value: &Option<String>| {
        value.as_ref().map(|v| (lang.t(label), components::code(v)))
    };
    let mut facts = vec![
        (lang.t("field-birth"), components::text(birth)),
        (lang.t("field-sex"), components::text(lang.t(&format!("sex-{}", r.sex)))),
        (lang.t("field-folio"), components::code(&r.folio)),
        (lang.t("field-centre"), components::text(&r.centre)),
    ];
    facts.extend(given("field-curp", &r.curp));
    facts.extend(given("field-nss", &r.nss));
    facts.extend(given("field-agregado", &r.agregado));
    html! {
        div {
            p { b translate="no" { (r.name) } }
            (components::facts(&facts))
            p { a href=(url(lang, &format!("/patients/{}", r.id))) { (lang.t("patients-same-one")) } }
        }
    }
}
