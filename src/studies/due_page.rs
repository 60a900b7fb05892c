//! A time point of a child's plan: how it looks, and saying that it is not needed.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::due::DueState;
use super::due_points::{DuePoint, DuePointId};
use super::service::{self, MayPlan, StudyError};
use crate::app::{App, page};
use crate::db::Day;
use crate::patients::pages::banner;
use crate::patients::{self, PatientId};
use crate::people::Caller;
use crate::web::components::{self, Field, Form as Drawn, Tone, choices};
use crate::web::{Fault, Form, Key, Lang, Pages, Problem, time, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new().get("/due-points/{id}", show).post("/due-points/{id}", settle)
}

/// Where a time point stands today.
pub(super) fn chip(lang: Lang, point: &DuePoint, today: Day) -> Markup {
    let state = point.state_on(today);
    let tone = match state {
        DueState::CollectedInWindow => Tone::Ok,
        DueState::Due | DueState::CollectedOutOfWindow => Tone::Warn,
        DueState::Missed => Tone::Stop,
        DueState::Planned => Tone::Info,
        DueState::Waived | DueState::NotApplicable => Tone::Neutral,
    };
    components::chip(tone, &lang.t(&format!("due-{state}")))
}

/// Why it moved, was waived or does not apply: our own words translated, a person's as written.
pub(super) fn why(lang: Lang, point: &DuePoint) -> Option<String> {
    point.reason.as_deref().map(|reason| match reason {
        "day1-changed" | "protocol-version" => lang.t(&format!("due-why-{reason}")),
        other => other.to_owned(),
    })
}

/// What can be done about it: request the sample, open the request, or say that it is not needed.
pub(super) fn actions(
    (lang, may): (Lang, MayPlan),
    patient: PatientId,
    point: &DuePoint,
    today: Day,
) -> Markup {
    let waits = point.is_open(today) || point.state_on(today) == DueState::Missed;
    html! {
        div class="actions" {
            @match point.study_id {
                Some(study) => { a class="btn small" href=(url(lang, &format!("/studies/{study}"))) { (lang.t("studies-open")) } },
                None => {
                    @if waits && may.request {
                        a class="btn small" href=(url(lang, &format!("/patients/{patient}/studies/new?due={}", point.id))) { (lang.t("studies-request-one")) }
                    }
                },
            }
            @if waits && may.settle {
                a class="btn small" href=(url(lang, &format!("/due-points/{}", point.id))) { (lang.t("due-not-needed")) }
            }
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SettleForm {
    state: String,
    reason: String,
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<DuePointId>,
) -> Result<Response, Problem> {
    settle_page(&app, &caller, id, &SettleForm::default(), None).await
}

async fn settle(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<DuePointId>,
    Form(form): Form<SettleForm>,
) -> Result<Response, Problem> {
    match service::settle_due_point(&app, &caller, id, &form.state, &form.reason).await {
        Ok(point) => {
            let to = url(caller.lang, &format!("/patients/{}", point.patient_id));
            Ok(Redirect::to(&to).into_response())
        }
        Err(e @ StudyError::Fields(_)) => settle_page(&app, &caller, id, &form, Some(&e)).await,
        Err(e) => Err(e.into()),
    }
}

async fn settle_page(
    app: &App,
    caller: &Caller,
    id: DuePointId,
    typed: &SettleForm,
    refused: Option<&StudyError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let point = service::due_point(app, caller, id).await?;
    // Only then the roles: who may not see the child isn't told of the point (BR-27).
    if !service::may_plan(app, caller, point.patient_id).await?.settle {
        return Err(StudyError::NotAllowed.into());
    }
    let patient = patients::service::open(app, caller, point.patient_id).await?;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let state = Field {
        name: "state",
        label: lang.t("due-decision"),
        value: &typed.state,
        ..Field::default()
    };
    let reason = Field {
        name: "reason",
        label: lang.t("field-why"),
        value: &typed.reason,
        ..Field::default()
    };
    let states = choices(
        [DueState::Waived, DueState::NotApplicable]
            .map(|s| (s.as_str(), lang.t(&format!("due-choose-{s}")))),
    );
    let title = lang.tr("due-title", &[("point", point.timepoint_id.as_str().into())]);
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (title) }
        p { (point.protocol_id) " · " (lang.t("field-due")) " " (time::day(lang, point.due_date)) }
        form class="form" method="post" action=(url(lang, &format!("/due-points/{id}"))) {
            (form.radios(&state, &states))
            (form.text(&reason))
            (components::submit(&lang.t("save")))
        }
    };
    let banner = banner(app, lang, &patient, service::today(app, caller), None);
    Ok(page(caller, title.clone())
        .style("form")
        .script("form")
        .width("narrow")
        .banner(banner)
        .refused(refused.is_some())
        .render(&content))
}
