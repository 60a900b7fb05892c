//! The form that requests a study. Nothing clinical is preselected.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::due::counts_from_day1;
use super::due_points::{DuePoint, DuePointId};
use super::form::{StudyForm, slashed};
use super::model::{StudyId, StudyKind};
use super::questions::Questions;
use super::service::{self, StudyError, StudyRule};
use super::store;
use crate::app::{App, page};
use crate::catalogue::Catalogue;
use crate::patients::pages::banner;
use crate::patients::{self, PatientId};
use crate::people::{Caller, Role};
use crate::web::components::{self, Choice, Field, Form as Drawn, choices};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, Query, time, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new().get("/patients/{id}/studies/new", new).post("/patients/{id}/studies/new", request)
}

/// A fault's field as the form names it.
fn form_fault(mut fault: FieldFault) -> FieldFault {
    if matches!(fault.field.as_str(), "protocol" | "timepoint") {
        fault.field = "point".into();
    }
    fault
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NewQuery {
    /// The time point of the plan it was asked for from.
    due: Option<DuePointId>,
}

async fn new(
    State(app): State<App>,
    caller: Caller,
    Key(patient): Key<PatientId>,
    Query(query): Query<NewQuery>,
) -> Result<Response, Problem> {
    let mut typed = StudyForm { id: StudyId::new().to_string(), ..StudyForm::default() };
    if caller.scope.has(Role::Oncologist) {
        typed.requester = caller.scope.name().to_owned();
    }
    if let Some(due) = query.due {
        let point = service::due_point(&app, &caller, due).await?;
        if point.patient_id == patient {
            typed.point = format!("{}/{}", point.protocol_id, point.timepoint_id);
            typed.day1 = slashed(point.day1);
        }
    }
    form_page(&app, &caller, patient, &typed, None).await
}

async fn request(
    State(app): State<App>,
    caller: Caller,
    Key(patient): Key<PatientId>,
    Form(mut form): Form<StudyForm>,
) -> Result<Response, Problem> {
    let contradictions = form.contradictions();
    let done = if contradictions.is_empty() {
        service::request(&app, &caller, patient, form.input()).await
    } else {
        Err(StudyError::Fields(contradictions))
    };
    match done {
        Ok(study) => {
            Ok(Redirect::to(&url(caller.lang, &format!("/studies/{}", study.id))).into_response())
        }
        Err(e @ (StudyError::Fields(_) | StudyError::Rule(StudyRule::KeyUsed))) => {
            if matches!(e, StudyError::Rule(StudyRule::KeyUsed)) {
                // Came back with the browser's "back": another request needs another key.
                form.id = StudyId::new().to_string();
            }
            form_page(&app, &caller, patient, &form, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

/// What the form is drawn from.
struct Sheet<'a> {
    app: &'a App,
    caller: &'a Caller,
    questions: Questions<'a>,
    enabled: &'a [String],
    known: Option<&'a DuePoint>,
}

async fn form_page(
    app: &App,
    caller: &Caller,
    patient_id: PatientId,
    typed: &StudyForm,
    refused: Option<&StudyError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let patient = patients::service::open(app, caller, patient_id).await?;
    // Only then the roles: who may not see the patient isn't told that there is one (BR-27).
    if !service::may_plan(app, caller, patient_id).await?.request {
        return Err(StudyError::NotAllowed.into());
    }
    let record = patients::service::record_number(app, caller, patient_id).await?;
    // Only to propose what was asked for last: a row that can't be read proposes nothing.
    let (points, _) = service::due_points(app, caller, patient_id).await?;
    let version = app.catalogue.version.clone();
    let enabled = app.db.read(move |c| store::approved(c, &version)).await?;
    let faults: Vec<FieldFault> =
        refused.map(Fault::fields).unwrap_or_default().into_iter().map(form_fault).collect();
    let sheet = Sheet {
        app,
        caller,
        questions: Questions { lang, form: Drawn { lang, faults: &faults }, typed, kind: None },
        enabled: &enabled,
        known: points.iter().max_by_key(|p| p.updated_at),
    };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("studies-request")) }
        form class="form" method="post" action=(url(lang, &format!("/patients/{patient_id}/studies/new"))) {
            (components::hidden("id", &typed.id))
            (sheet.what()) (sheet.when()) (sheet.questions.all()) (sheet.who())
            (components::submit(&lang.t("studies-request")))
        }
    };
    let banner = banner(app, lang, &patient, service::today(app, caller), record.as_deref());
    Ok(page(caller, lang.t("studies-request"))
        .style("form")
        .script("form")
        .width("narrow")
        .banner(banner)
        .refused(refused.is_some())
        .render(&content))
}

impl Sheet<'_> {
    fn what(&self) -> Markup {
        let q = &self.questions;
        let (lang, typed) = (q.lang, q.typed);
        let kinds = StudyKind::ALL.iter().map(|k| (k.as_str(), lang.t(&format!("study-{k}"))));
        html! {
            fieldset class="group" {
                legend { (lang.t("studies-what")) }
                (q.form.radios(&q.field("kind", "field-study", &typed.kind), &choices(kinds)))
                (q.diagnosis())
                (q.form.checks(&q.field("tubes", "field-tubes", ""), &tubes(&self.app.catalogue, lang), &typed.tubes))
                (q.yes_no("urgent", "field-urgent", &typed.urgent))
            }
        }
    }

    fn when(&self) -> Markup {
        let q = &self.questions;
        let (lang, typed) = (q.lang, q.typed);
        let day1_hint = match self.known {
            Some(point) => {
                let day = time::day(lang, point.day1);
                lang.tr("studies-hint-day1-known", &[("day", day.into())])
            }
            None => lang.t("studies-hint-date"),
        };
        html! {
            fieldset class="group" {
                legend { (lang.t("studies-when")) }
                p class="hint" { (lang.t("studies-when-hint")) }
                (q.form.select(
                    &q.field("point", "field-timepoint", &typed.point),
                    &points(&self.app.catalogue, self.enabled, lang),
                ))
                (q.form.text(&Field {
                    size: "mid",
                    hint: Some(day1_hint),
                    ..q.field("day1", "field-day1", &typed.day1)
                }))
                (q.form.text(&q.field("outside_reason", "field-outside", &typed.outside_reason)))
            }
        }
    }

    fn who(&self) -> Markup {
        let q = &self.questions;
        let (lang, typed) = (q.lang, q.typed);
        let sites = patients::service::sites_to_register_at(self.caller);
        let named = |s: &crate::sites::SiteId| (self.app.sites.code(*s), self.app.sites.name(*s));
        html! {
            fieldset class="group" {
                legend { (lang.t("studies-who")) }
                (q.contact())
                @if sites.len() > 1 {
                    (q.form.select(&q.field("site", "field-centre", &typed.site), &choices(sites.iter().map(named))))
                }
            }
        }
    }
}

/// What is usually drawn: each primary specimen in its preferred tube.
fn tubes(catalogue: &Catalogue, lang: Lang) -> Vec<Choice> {
    let usual = ["BM", "PB", "CSF"];
    choices(catalogue.specimens.iter().filter(|s| usual.contains(&s.code.as_str())).map(|s| {
        let tube = catalogue.container(&s.container_preferred);
        let cap = tube.map_or_else(String::new, |t| format!(" · {}", t.cap_label(lang)));
        (format!("{}/{}", s.code, s.container_preferred), format!("{}{cap}", s.label(lang)))
    }))
}

/// The time points of the approved protocols that flow cytometry answers.
fn points(catalogue: &Catalogue, enabled: &[String], lang: Lang) -> Vec<Choice> {
    let protocols = catalogue.protocols.iter().filter(|p| enabled.contains(&p.id));
    let all = protocols.flat_map(|p| p.timepoints.iter().map(move |t| (p, t)));
    choices(all.filter(|(_, t)| t.by_flow()).map(|(p, t)| {
        let specimen =
            catalogue.specimen(&t.specimen).map_or(t.specimen.as_str(), |s| s.label(lang));
        let key = if counts_from_day1(t) { "studies-point" } else { "studies-point-other" };
        let label = lang.tr(
            key,
            &[
                ("protocol", p.id.as_str().into()),
                ("point", t.id.as_str().into()),
                ("day", t.day.into()),
                ("specimen", specimen.into()),
            ],
        );
        (format!("{}/{}", p.id, t.id), label)
    }))
}
