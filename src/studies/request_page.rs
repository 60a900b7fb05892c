//! The form that requests a study. Nothing clinical is preselected.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::due::counts_from_day1;
use super::due_points::{DuePoint, DuePointId};
use super::input::RequestStudy;
use super::model::{StudyId, StudyKind};
use super::service::{self, StudyError};
use super::store;
use crate::app::{App, page};
use crate::catalogue::Catalogue;
use crate::db::Day;
use crate::patients::pages::banner;
use crate::patients::{self, PatientId};
use crate::people::{Caller, Role};
use crate::web::components::{self, Choice, Field, Form as Drawn, choices};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, Query, time, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new().get("/patients/{id}/studies/new", new).post("/patients/{id}/studies/new", request)
}

/// As the input, with protocol and time point in one choice, dates as people write them, and "not
/// known" as a box of its own.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StudyForm {
    id: String,
    kind: String,
    /// `PROTOCOL/TIMEPOINT`.
    point: String,
    day1: String,
    outside_reason: String,
    diagnosis: String,
    anti_cd19: String,
    anti_cd19_date: String,
    anti_cd22: String,
    anti_cd22_date: String,
    car_t: String,
    car_t_date: String,
    anti_cd38: String,
    anti_cd38_date: String,
    transplant: String,
    transplant_date: String,
    gcsf: String,
    steroids: String,
    wbc: String,
    wbc_unknown: String,
    blood_blasts: String,
    blood_blasts_unknown: String,
    diagnostic_reference: String,
    requester: String,
    critical_phone: String,
    urgent: String,
    tubes: Vec<String>,
    site: String,
}

/// `16/2/2026` as `2026-02-16`; anything else as it is, for the check to refuse.
fn iso(text: &str) -> String {
    let parts: Vec<&str> = text.trim().split(['/', '-', '.']).map(str::trim).collect();
    match parts.as_slice() {
        [d, m, y] if d.len() <= 2 && m.len() <= 2 && y.len() == 4 => format!("{y}-{m:0>2}-{d:0>2}"),
        _ => text.trim().to_owned(),
    }
}

/// A number, or the word for "not known" where the box is ticked and nothing was typed.
fn or_unknown(value: &str, unknown: &str) -> String {
    if unknown == "yes" && value.trim().is_empty() { "unknown".into() } else { value.to_owned() }
}

impl StudyForm {
    fn input(&self) -> RequestStudy {
        let (protocol, timepoint) = self.point.split_once('/').unwrap_or((&self.point, ""));
        RequestStudy {
            id: self.id.clone(),
            kind: self.kind.clone(),
            protocol: protocol.to_owned(),
            timepoint: timepoint.to_owned(),
            day1: iso(&self.day1),
            outside_reason: self.outside_reason.clone(),
            diagnosis: self.diagnosis.clone(),
            anti_cd19: self.anti_cd19.clone(),
            anti_cd19_date: iso(&self.anti_cd19_date),
            anti_cd22: self.anti_cd22.clone(),
            anti_cd22_date: iso(&self.anti_cd22_date),
            car_t: self.car_t.clone(),
            car_t_date: iso(&self.car_t_date),
            anti_cd38: self.anti_cd38.clone(),
            anti_cd38_date: iso(&self.anti_cd38_date),
            transplant: self.transplant.clone(),
            transplant_date: iso(&self.transplant_date),
            gcsf: self.gcsf.clone(),
            steroids: self.steroids.clone(),
            wbc: or_unknown(&self.wbc, &self.wbc_unknown),
            blood_blasts: or_unknown(&self.blood_blasts, &self.blood_blasts_unknown),
            diagnostic_reference: self.diagnostic_reference.clone(),
            requester: self.requester.clone(),
            critical_phone: self.critical_phone.clone(),
            urgent: self.urgent.clone(),
            tubes: self.tubes.clone(),
            site: self.site.clone(),
        }
    }

    /// A number beside a ticked "not known": one of the two is wrong, and only the person knows.
    fn contradictions(&self) -> Vec<FieldFault> {
        [
            ("wbc", &self.wbc, &self.wbc_unknown),
            ("blood_blasts", &self.blood_blasts, &self.blood_blasts_unknown),
        ]
        .into_iter()
        .filter(|(_, value, unknown)| *unknown == "yes" && !value.trim().is_empty())
        .map(|(field, ..)| FieldFault::new(field, "number-or-unknown"))
        .collect()
    }

    fn dated(&self) -> [(&'static str, &str, &str); 5] {
        [
            ("anti_cd19", &self.anti_cd19, &self.anti_cd19_date),
            ("anti_cd22", &self.anti_cd22, &self.anti_cd22_date),
            ("car_t", &self.car_t, &self.car_t_date),
            ("anti_cd38", &self.anti_cd38, &self.anti_cd38_date),
            ("transplant", &self.transplant, &self.transplant_date),
        ]
    }
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

/// A day as the form takes it: `16/2/2026`.
fn slashed(day: Day) -> String {
    format!("{}/{}/{}", day.0.day(), day.0.month(), day.0.year())
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
        Err(e @ (StudyError::Fields(_) | StudyError::KeyUsed)) => {
            if matches!(e, StudyError::KeyUsed) {
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
    lang: Lang,
    form: Drawn<'a>,
    typed: &'a StudyForm,
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
    if patients::service::sites_to_register_at(caller).is_empty() {
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
        lang,
        form: Drawn { lang, faults: &faults },
        typed,
        enabled: &enabled,
        known: points.iter().max_by_key(|p| p.updated_at),
    };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("studies-request")) }
        form class="form" method="post" action=(url(lang, &format!("/patients/{patient_id}/studies/new"))) {
            (components::hidden("id", &typed.id))
            (sheet.what()) (sheet.when()) (sheet.questions()) (sheet.who())
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
    fn field<'b>(&self, name: &'b str, label: &str, value: &'b str) -> Field<'b> {
        Field { name, label: self.lang.t(label), value, ..Field::default() }
    }

    fn yes_no(&self, name: &str, label: &str, value: &str) -> Markup {
        self.form.radios(&self.field(name, label, value), &components::yes_no(self.lang))
    }

    fn what(&self) -> Markup {
        let (lang, typed) = (self.lang, self.typed);
        let kinds = StudyKind::ALL.iter().map(|k| (k.as_str(), lang.t(&format!("study-{k}"))));
        html! {
            fieldset class="group" {
                legend { (lang.t("studies-what")) }
                (self.form.radios(&self.field("kind", "field-study", &typed.kind), &choices(kinds)))
                (self.form.text(&Field {
                    hint: Some(lang.t("hint-diagnosis")),
                    ..self.field("diagnosis", "field-diagnosis", &typed.diagnosis)
                }))
                (self.form.checks(&self.field("tubes", "field-tubes", ""), &tubes(&self.app.catalogue, lang), &typed.tubes))
                (self.yes_no("urgent", "field-urgent", &typed.urgent))
            }
        }
    }

    fn when(&self) -> Markup {
        let (lang, typed) = (self.lang, self.typed);
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
                (self.form.select(
                    &self.field("point", "field-timepoint", &typed.point),
                    &points(&self.app.catalogue, self.enabled, lang),
                ))
                (self.form.text(&Field {
                    size: "mid",
                    hint: Some(day1_hint),
                    ..self.field("day1", "field-day1", &typed.day1)
                }))
                (self.form.text(&self.field("outside_reason", "field-outside", &typed.outside_reason)))
            }
        }
    }

    fn questions(&self) -> Markup {
        let (lang, typed) = (self.lang, self.typed);
        html! {
            fieldset class="group" {
                legend { (lang.t("studies-questions")) }
                p class="hint" { (lang.t("studies-questions-hint")) }
                @for (name, answer, date) in typed.dated() { (self.dated(name, answer, date)) }
                div class="two" {
                    (self.yes_no("gcsf", "question-gcsf", &typed.gcsf))
                    (self.yes_no("steroids", "question-steroids", &typed.steroids))
                    (self.number("wbc", "question-wbc", &typed.wbc, &typed.wbc_unknown))
                    (self.number("blood_blasts", "question-blasts", &typed.blood_blasts, &typed.blood_blasts_unknown))
                }
                (self.form.text(&Field {
                    hint: Some(lang.t("hint-reference")),
                    ..self.field("diagnostic_reference", "field-reference", &typed.diagnostic_reference)
                }))
            }
        }
    }

    /// A question whose "yes" needs its date; the date goes away where "no" is chosen.
    fn dated(&self, name: &str, answer: &str, date: &str) -> Markup {
        let key = name.replace('_', "-");
        let therapy = self.lang.t(&format!("therapy-{key}"));
        let date_name = format!("{name}_date");
        let label = self.lang.tr("studies-date-of", &[("what", therapy.into())]);
        let date = Field {
            name: &date_name,
            label,
            hint: Some(self.lang.t("studies-hint-date")),
            value: date,
            size: "mid",
            ..Field::default()
        };
        html! {
            div class="two ask" {
                (self.yes_no(name, &format!("question-{key}"), answer))
                div class="if-yes" { (self.form.text(&date)) }
            }
        }
    }

    /// A number, or a tick that it is not known.
    fn number(&self, name: &str, label: &str, value: &str, unknown: &str) -> Markup {
        let field = Field { size: "short", inputmode: "decimal", ..self.field(name, label, value) };
        html! {
            div class="field" {
                (self.form.text(&field))
                label class="opt" {
                    input type="checkbox" name=(format!("{name}_unknown")) value="yes" checked[unknown == "yes"];
                    (self.lang.t("studies-unknown"))
                }
            }
        }
    }

    fn who(&self) -> Markup {
        let (lang, typed) = (self.lang, self.typed);
        let sites = patients::service::sites_to_register_at(self.caller);
        let named = |s: &crate::sites::SiteId| (self.app.sites.code(*s), self.app.sites.name(*s));
        html! {
            fieldset class="group" {
                legend { (lang.t("studies-who")) }
                div class="two" {
                    (self.form.text(&self.field("requester", "field-requester", &typed.requester)))
                    (self.form.text(&Field { kind: "tel", ..self.field("critical_phone", "field-phone", &typed.critical_phone) }))
                }
                @if sites.len() > 1 {
                    (self.form.select(&self.field("site", "field-centre", &typed.site), &choices(sites.iter().map(named))))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_taken_as_people_write_them() {
        assert_eq!(iso(" 16/2/2026 "), "2026-02-16");
        assert_eq!(iso("05-03-2019"), "2019-03-05");
        assert_eq!(iso("2026-02-16"), "2026-02-16");
        assert_eq!(iso("29/2/2018"), "2018-02-29");
        assert_eq!(iso("ayer"), "ayer");
    }

    #[test]
    fn a_number_and_not_known_contradict_each_other() {
        let both = StudyForm { wbc: "3.4".into(), wbc_unknown: "yes".into(), ..Default::default() };
        assert_eq!(both.contradictions()[0].field, "wbc");
        let unknown = StudyForm { wbc_unknown: "yes".into(), ..Default::default() };
        assert!(unknown.contradictions().is_empty());
        assert_eq!(unknown.input().wbc, "unknown");
    }
}
