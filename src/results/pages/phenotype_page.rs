//! Entering an immunophenotype: works without scripts, every button sends the whole form, and nothing
//! that was typed is lost whatever it is answered.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::mrd_form;
use super::phenotype_fields::Drawing;
use super::phenotype_form::{Draft, Sent, Step};
use crate::app::{App, page};
use crate::db::Day;
use crate::doubts;
use crate::patients::pages::banner;
use crate::people::Caller;
use crate::people::rights::{Right, holds};
use crate::results::entry::input::EnterResult;
use crate::results::refusal::{ResultError, ResultRule};
use crate::results::versions::{reading, service};
use crate::studies::service::Opened;
use crate::studies::{self, StudyId, StudyKind, pages as study_pages};
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{Fault, Form, Key, Problem, url};

/// The form that nobody has typed in.
pub(in crate::results) async fn blank(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Response, Problem> {
    let opened = opened(&app, &caller, id).await?;
    let mut draft = Draft::blank();
    draft.acquired = mrd_form::acquired_before(&app, &caller, id).await;
    show(&app, &caller, &opened, &draft, None).await
}

/// Takes the form.
pub(in crate::results) async fn enter(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let opened = opened(&app, &caller, id).await?;
    let mut draft = Draft::from(sent);
    let done = match draft.step() {
        Step::Save => save(&app, &caller, &opened, &draft).await,
        step => more(&mut draft, step, &app),
    };
    match done {
        Ok(true) => Ok(Redirect::to(&url(caller.lang, &format!("/results/{id}"))).into_response()),
        Ok(false) => show(&app, &caller, &opened, &draft, None).await,
        Err(ResultError::Fields(faults)) => {
            let e = ResultError::Fields(mrd_form::at_typed(faults));
            show(&app, &caller, &opened, &draft, Some(&e)).await
        }
        Err(e @ ResultError::Rule(ResultRule::Released)) => {
            show(&app, &caller, &opened, &draft, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

/// Shows more of the form; nothing is saved.
fn more(draft: &mut Draft, step: Step, app: &App) -> Result<bool, ResultError> {
    match step {
        Step::Add => draft.add_population(),
        Step::Rows(at) => draft.add_rows(at),
        Step::Offer(at) => {
            draft.offer(at, &app.catalogue).map_err(|fault| ResultError::Fields(vec![fault]))?
        }
        Step::Save => {}
    }
    Ok(false)
}

/// The study, for who enters results.
async fn opened(app: &App, caller: &Caller, id: StudyId) -> Result<Opened, Problem> {
    if !holds(&caller.scope, Right::EnterResult) {
        return Err(ResultError::NotFound.into());
    }
    let opened = studies::service::open(app, caller, id).await?;
    match opened.study.kind {
        StudyKind::Immunophenotype => Ok(opened),
        StudyKind::Mrd => Err(ResultError::NotFound.into()),
    }
}

async fn save(
    app: &App,
    caller: &Caller,
    opened: &Opened,
    draft: &Draft,
) -> Result<bool, ResultError> {
    let (id, mut faults) = (opened.study.id, vec![]);
    let acquired_at = mrd_form::acquired(app, &opened.study, &draft.acquired);
    let acquired_at = acquired_at.map_err(|f| faults.push(f)).unwrap_or_default();
    let input = draft.entered().map_err(|f| faults.extend(f)).ok().filter(|_| faults.is_empty());
    let Some(input) = input else { return Err(ResultError::Fields(faults)) };
    let input = EnterResult { acquired_at, ..input };
    match input.reason.trim().is_empty() {
        true => service::enter(app, caller, id, input).await?,
        false => service::amend(app, caller, id, input).await?,
    };
    Ok(true)
}

/// The form as it stands.
async fn show(
    app: &App,
    caller: &Caller,
    opened: &Opened,
    draft: &Draft,
    refused: Option<&ResultError>,
) -> Result<Response, Problem> {
    let (lang, id) = (caller.lang, opened.study.id);
    let reading::Bench { tubes, known, has_released } =
        reading::bench(app, caller, &opened.study).await?;
    let whose = doubts::section::of_study(app, caller, &opened.study).await?;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let acquired = mrd_form::acquired_fields(
        app,
        &Drawn { lang, faults: &faults },
        &draft.acquired,
        &opened.study,
        &tubes.items,
        caller.now,
    );
    let drawing = Drawing { lang, catalogue: &app.catalogue, form, draft };
    let tube_choices = mrd_form::tube_choices(app, lang, &tubes.items);
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("results-enter")) }
        (components::unreadable(lang, &tubes.unreadable))
        p class="lead" { (study_pages::what(lang, &opened.study)) }
        (study_pages::cancelled_notice(app, lang, &opened.study, opened.cancelled.as_ref()))
        (whose)
        (studies::correction::card(app, caller, &opened.study, opened.corrected))
        (mrd_form::known(lang, &known))
        form class="form" method="post" action=(url(lang, &format!("/results/{id}/immunophenotype"))) {
            @if let Some(version) = draft.input.id { (components::hidden("id", &version.to_string())) }
            // What Enter sends: the form is saved by it, and no panel shown.
            button class="vh" type="submit" tabindex="-1" aria-hidden="true" {}
            (drawing.contradictions())
            (sample(&drawing, (&tube_choices, &mrd_form::reasons(app, lang)), &acquired))
            (drawing.fields())
            (remarks(&drawing, has_released))
            (components::submit(&lang.t("results-save")))
        }
    };
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    Ok(page(caller, lang.t("results-enter"))
        .style("form")
        .script("form")
        .banner(banner(app, lang, &opened.patient, today, None))
        .refused(refused.is_some())
        .render(&content))
}

fn sample(
    d: &Drawing<'_>,
    (tubes, reasons): (&[components::Choice], &[components::Choice]),
    acquired: &Markup,
) -> Markup {
    let (lang, i) = (d.lang, &d.draft.input);
    let field =
        |name, label: &str, value| Field { name, label: lang.t(label), value, ..Field::default() };
    html! {
        fieldset class="group" {
            legend { (lang.t("results-sample")) }
            (d.form.radios(&field("container", "field-code", &i.container), tubes))
            (d.form.radios(&field("evaluable", "field-evaluable", &i.evaluable), &components::yes_no(lang)))
            (d.form.select(&field("not_evaluable_code", "field-not-evaluable-code", &d.draft.not_evaluable_code), reasons))
            (d.form.text(&field("not_evaluable_reason", "field-not-evaluable", &i.not_evaluable_reason)))
            (acquired)
        }
    }
}

fn remarks(d: &Drawing<'_>, has_released: bool) -> Markup {
    let (lang, i) = (d.lang, &d.draft.input);
    let field =
        |name, label: &str, value| Field { name, label: lang.t(label), value, ..Field::default() };
    let reason = Field {
        hint: Some(lang.t("results-amend-hint")),
        ..field("reason", "field-amend-reason", &i.reason)
    };
    html! {
        fieldset class="group" {
            legend { (lang.t("results-remarks")) }
            (d.form.text(&Field { size: "short", inputmode: "decimal", ..field("viability", "field-viability", &i.viability) }))
            (d.form.area(&field("comment", "field-comment", &i.comment)))
            @if has_released { (d.form.text(&reason)) }
        }
    }
}
