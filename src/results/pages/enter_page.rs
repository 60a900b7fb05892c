//! The analyst's form: counts and what they were counted in, never a percentage.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use uuid::Uuid;

use super::mrd_form;
use super::mrd_form::Acquired;
use super::{phenotype_view, result_form::ResultForm};
use crate::app::{App, page};
use crate::db::Day;
use crate::doubts;
use crate::patients::pages::banner;
use crate::people::Caller;
use crate::people::rights::{Right, holds};
use crate::results::entry::input::EnterResult;
use crate::results::refusal::{ResultError, ResultRule};
use crate::results::versions::{reading, service};
use crate::studies::{self, Study, StudyId, StudyKind, pages as study_pages};
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{Fault, FieldFault, Form, Key, Problem, number, url};

impl ResultForm {
    fn acquired(&self) -> Acquired {
        let Self { day, time, time_which, .. } = self;
        Acquired { day: day.clone(), time: time.clone(), which: time_which.clone() }
    }
    fn input(&self, app: &App, study: &Study) -> Result<EnterResult, Vec<FieldFault>> {
        let mut faults = vec![];
        let mut number = |field: &str, text: &str| -> Option<i64> {
            if text.trim().is_empty() {
                return None;
            }
            number::whole(text).map_err(|e| faults.push(e.fault(field))).ok()
        };
        let (k, n) = (number("k", &self.k), number("n", &self.n));
        let acquired_at = mrd_form::acquired(app, study, &self.acquired())
            .map_err(|f| faults.push(f))
            .unwrap_or_default();
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(EnterResult {
            id: self.id,
            container: self.container.clone(),
            evaluable: self.evaluable.clone(),
            not_evaluable_reason: mrd_form::not_evaluable(
                &self.not_evaluable_code,
                &self.not_evaluable_reason,
            ),
            k,
            n,
            assay: self.assay.clone(),
            acquired_at,
            haemodilution: self.haemodilution.clone(),
            haemodilution_method: self.haemodilution_method.clone(),
            strategy: self.strategy.clone(),
            phenotype: self.phenotype.clone(),
            viability: self.viability.clone(),
            interpretation: self.interpretation.clone(),
            comment: self.comment.clone(),
            reason: self.reason.clone(),
            ..EnterResult::default()
        })
    }
}

pub(in crate::results) async fn enter_form(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Response, Problem> {
    let Acquired { day, time, .. } = mrd_form::acquired_before(&app, &caller, id).await;
    let typed = ResultForm { id: Some(Uuid::now_v7()), day, time, ..ResultForm::default() };
    enter_page(&app, &caller, id, &typed, None).await
}

pub(in crate::results) async fn enter(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
    Form(form): Form<ResultForm>,
) -> Result<Response, Problem> {
    let study = studies::service::open(&app, &caller, id).await?.study;
    let done = match form.input(&app, &study) {
        Err(faults) => Err(ResultError::Fields(faults)),
        Ok(input) if input.reason.trim().is_empty() => {
            service::enter(&app, &caller, id, input).await
        }
        Ok(input) => service::amend(&app, &caller, id, input).await,
    };
    match done {
        Ok(_) => Ok(Redirect::to(&url(caller.lang, &format!("/results/{id}"))).into_response()),
        Err(ResultError::Fields(faults)) => {
            let e = ResultError::Fields(mrd_form::at_typed(faults));
            enter_page(&app, &caller, id, &form, Some(&e)).await
        }
        Err(e @ ResultError::Rule(ResultRule::Released)) => {
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
    if !holds(&caller.scope, Right::EnterResult) {
        return Err(ResultError::NotFound.into());
    }
    let opened = studies::service::open(app, caller, id).await?;
    if opened.study.kind == StudyKind::Immunophenotype {
        let to = url(lang, &format!("/results/{id}/immunophenotype"));
        return Ok(Redirect::to(&to).into_response());
    }
    let diagnosis = reading::diagnosis(app, caller, &opened.study).await?;
    let reading::Bench { tubes, known, has_released } =
        reading::bench(app, caller, &opened.study).await?;
    let whose = doubts::section::of_study(app, caller, &opened.study).await?;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let field = |name: &'static str, label: &str, value| Field {
        name,
        label: lang.t(label),
        value,
        ..Field::default()
    };
    let tube_choices = mrd_form::tube_choices(app, lang, &tubes.items);
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("results-enter")) }
        (components::unreadable(lang, &tubes.unreadable))
        p class="lead" { (study_pages::what(lang, &opened.study)) }
        (study_pages::cancelled_notice(app, lang, &opened.study, opened.cancelled.as_ref()))
        (whose)
        (studies::correction::card(app, caller, &opened.study, opened.corrected))
        (mrd_form::known(lang, &known))
        (phenotype_view::of_diagnosis(app, lang, &diagnosis))
        form class="form" method="post" action=(url(lang, &format!("/results/{id}/new"))) {
            @if let Some(version) = typed.id { (components::hidden("id", &version.to_string())) }
            fieldset class="group" {
                legend { (lang.t("results-sample")) }
                (form.radios(&field("container", "field-code", &typed.container), &tube_choices))
                (form.radios(&field("evaluable", "field-evaluable", &typed.evaluable), &components::yes_no(lang)))
                (form.select(&field("not_evaluable_code", "field-not-evaluable-code", &typed.not_evaluable_code), &mrd_form::reasons(app, lang)))
                (form.text(&field("not_evaluable_reason", "field-not-evaluable", &typed.not_evaluable_reason)))
                (mrd_form::acquired_fields(app, &form, &typed.acquired(), &opened.study, &tubes.items, caller.now))
            }
            (mrd_form::fields(app, &form, typed, &mrd_form::kinds(app, &tubes.items), today))
            fieldset class="group" {
                legend { (lang.t("results-remarks")) }
                (form.text(&Field { size: "short", inputmode: "decimal", ..field("viability", "field-viability", &typed.viability) }))
                (form.area(&field("comment", "field-comment", &typed.comment)))
                @if has_released { (form.text(&Field { hint: Some(lang.t("results-amend-hint")), ..field("reason", "field-amend-reason", &typed.reason) })) }
            }
            (components::submit(&lang.t("results-save")))
        }
    };
    Ok(page(caller, lang.t("results-enter"))
        .style("form")
        .script("form")
        .width("narrow")
        .banner(banner(app, lang, &opened.patient, today, None))
        .refused(refused.is_some())
        .render(&content))
}
