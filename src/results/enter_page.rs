//! The analyst's form: counts and what they were counted in, never a percentage.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::immunophenotype;
use super::input::EnterResult;
use super::pages::{denominator, haemodilution_key};
use super::reading;
use super::refusal::ResultRule;
use super::service::{self, ResultError};
use super::words::{Denominator, Haemodilution, Interpretation};
use crate::app::{App, page};
use crate::containers;
use crate::db::{Day, Limit};
use crate::patients::pages::banner;
use crate::people::{Caller, Role};
use crate::studies::{self, StudyId, StudyKind, pages as study_pages};
use crate::web::components::{self, Field, Form as Drawn, choices};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Problem, number, url};

/// The analyst's form for residual disease; that of an immunophenotype is in a room of its own.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ResultForm {
    id: Option<Uuid>,
    container: String,
    evaluable: String,
    not_evaluable_reason: String,
    k: String,
    n: String,
    denominator: String,
    lod_events: String,
    loq_events: String,
    haemodilution: String,
    viability: String,
    interpretation: String,
    comment: String,
    reason: String,
}

impl ResultForm {
    fn input(&self) -> Result<EnterResult, Vec<FieldFault>> {
        let mut faults = vec![];
        let mut number = |field: &str, text: &str| -> Option<i64> {
            if text.trim().is_empty() {
                return None;
            }
            number::whole(text).map_err(|e| faults.push(e.fault(field))).ok()
        };
        let (k, n) = (number("k", &self.k), number("n", &self.n));
        let (lod, loq) =
            (number("lod_events", &self.lod_events), number("loq_events", &self.loq_events));
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(EnterResult {
            id: self.id,
            container: self.container.clone(),
            evaluable: self.evaluable.clone(),
            not_evaluable_reason: self.not_evaluable_reason.clone(),
            k,
            n,
            denominator: self.denominator.clone(),
            lod_events: lod,
            loq_events: loq,
            haemodilution: self.haemodilution.clone(),
            viability: self.viability.clone(),
            interpretation: self.interpretation.clone(),
            comment: self.comment.clone(),
            reason: self.reason.clone(),
            ..EnterResult::default()
        })
    }
}

pub(super) async fn enter_form(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Response, Problem> {
    let typed = ResultForm {
        id: Some(Uuid::now_v7()),
        lod_events: "20".into(),
        loq_events: "50".into(),
        ..ResultForm::default()
    };
    enter_page(&app, &caller, id, &typed, None).await
}

pub(super) async fn enter(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
    Form(form): Form<ResultForm>,
) -> Result<Response, Problem> {
    let done = match form.input() {
        Err(faults) => Err(ResultError::Fields(faults)),
        Ok(input) if input.reason.trim().is_empty() => {
            service::enter(&app, &caller, id, input).await
        }
        Ok(input) => service::amend(&app, &caller, id, input).await,
    };
    match done {
        Ok(_) => Ok(Redirect::to(&url(caller.lang, &format!("/results/{id}"))).into_response()),
        Err(e @ (ResultError::Fields(_) | ResultError::Rule(ResultRule::Released))) => {
            enter_page(&app, &caller, id, &form, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

async fn enter_page(
    app: &App,
    caller: &Caller,
    id: StudyId,
    typed: &ResultForm,
    refused: Option<&ResultError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    if !caller.scope.has_any(&[Role::Analyst, Role::LabHead]) {
        return Err(ResultError::NotFound.into());
    }
    let opened = studies::service::open(app, caller, id).await?;
    if opened.study.kind == StudyKind::Immunophenotype {
        let to = url(lang, &format!("/results/{id}/immunophenotype"));
        return Ok(Redirect::to(&to).into_response());
    }
    let known = reading::diagnosis(app, caller, &opened.study).await?;
    let scope = caller.scope.clone();
    let filter = containers::store::Filter { study: Some(id), ..Default::default() };
    let tubes = app
        .db
        .read(move |c| containers::store::list(c, &scope, &filter, None, Limit::default()))
        .await?;
    let has_released =
        matches!(reading::open(app, caller, id).await, Ok(o) if o.head.released_id.is_some());
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let field = |name: &'static str, label: &str, value| Field {
        name,
        label: lang.t(label),
        value,
        ..Field::default()
    };
    let number = |name: &'static str, label: &str, value| Field {
        size: "mid",
        inputmode: "numeric",
        ..field(name, label, value)
    };
    let tube_choices = choices(tubes.items.iter().map(|c| {
        let s = app.catalogue.specimen(&c.specimen).map_or(&*c.specimen, |s| s.label(lang));
        (c.code.to_string(), format!("{} · {s}", c.code.grouped()))
    }));
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("results-enter")) }
        (components::unreadable(lang, &tubes.unreadable))
        p class="lead" { (study_pages::what(lang, &opened.study)) }
        (study_pages::cancelled_notice(app, lang, &opened.study, opened.cancelled.as_ref()))
        (studies::correction::card(app, caller, &opened.study, opened.corrected))
        (immunophenotype::diagnosis_card(app, lang, &known))
        form class="form" method="post" action=(url(lang, &format!("/results/{id}/new"))) {
            @if let Some(version) = typed.id { (components::hidden("id", &version.to_string())) }
            fieldset class="group" {
                legend { (lang.t("results-sample")) }
                (form.radios(&field("container", "field-code", &typed.container), &tube_choices))
                (form.radios(&field("evaluable", "field-evaluable", &typed.evaluable), &components::yes_no(lang)))
                (form.text(&field("not_evaluable_reason", "field-not-evaluable", &typed.not_evaluable_reason)))
            }
            (mrd_fields(lang, &form, typed, &field, &number))
            fieldset class="group" {
                legend { (lang.t("results-remarks")) }
                (form.text(&Field { size: "short", inputmode: "decimal", ..field("viability", "field-viability", &typed.viability) }))
                (form.area(&field("comment", "field-comment", &typed.comment)))
                @if has_released { (form.text(&Field { hint: Some(lang.t("results-amend-hint")), ..field("reason", "field-amend-reason", &typed.reason) })) }
            }
            (components::submit(&lang.t("results-save")))
        }
    };
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    Ok(page(caller, lang.t("results-enter"))
        .style("form")
        .script("form")
        .width("narrow")
        .banner(banner(app, lang, &opened.patient, today, None))
        .refused(refused.is_some())
        .render(&content))
}

fn mrd_fields<'a>(
    lang: Lang,
    form: &Drawn<'_>,
    typed: &'a ResultForm,
    field: &impl Fn(&'static str, &str, &'a str) -> Field<'a>,
    number: &impl Fn(&'static str, &str, &'a str) -> Field<'a>,
) -> Markup {
    let denominators =
        choices(Denominator::ALL.iter().map(|d| (d.as_str(), denominator(lang, *d))));
    let dilution =
        choices(Haemodilution::ALL.iter().map(|h| (h.as_str(), lang.t(&haemodilution_key(*h)))));
    let words = choices(
        Interpretation::ALL.iter().map(|i| (i.as_str(), lang.t(&format!("interpretation-{i}")))),
    );
    html! {
        fieldset class="group" {
            legend { (lang.t("results-counts")) }
            p class="hint" { (lang.t("results-counts-hint")) }
            div class="two" {
                (form.text(&number("k", "field-events", &typed.k)))
                (form.text(&number("n", "field-total", &typed.n)))
                (form.text(&number("lod_events", "field-lod-events", &typed.lod_events)))
                (form.text(&number("loq_events", "field-loq-events", &typed.loq_events)))
            }
            (form.radios(&field("denominator", "field-denominator", &typed.denominator), &denominators))
            (form.radios(&field("haemodilution", "field-haemodilution", &typed.haemodilution), &dilution))
            (form.radios(&field("interpretation", "field-interpretation", &typed.interpretation), &words))
        }
    }
}
