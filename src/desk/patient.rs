//! A child's home: its requests, plan and samples, who cares for it, and what is to be minded about it.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::app::{App, page};
use crate::care;
use crate::containers::of_child::{self, Sample};
use crate::db::Limit;
use crate::identity;
use crate::patients::pages::{banner, doubts};
use crate::patients::{self, Patient, PatientId};
use crate::people::Caller;
use crate::results::{self, amended_notice::amended_notice};
use crate::studies::Study;
use crate::studies::pages::{of_patient, plan, what};
use crate::studies::service::{self, MayPlan};
use crate::studies::store::Filter;
use crate::web::{Key, Lang, Problem, components, url};

pub(super) async fn home(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let patient = patients::service::open(&app, &caller, id).await?;
    if patient.id != id {
        return Ok(Redirect::to(&url(lang, &format!("/patients/{}", patient.id))).into_response());
    }
    let record = patients::service::record_number(&app, &caller, id).await?;
    let filter = Filter { patient: Some(id), ..Default::default() };
    let studies = service::list(&app, &caller, filter, None, Limit::default()).await?;
    let (points, lost_points) = service::due_points(&app, &caller, id).await?;
    let (samples, lost_samples) = of_child::samples(&app, &caller, id).await?;
    let today = service::today(&app, &caller);
    let amended = results::reading::amended_of(&app, &caller, id).await?;
    let care = care::section::of(&app, &caller, id).await?;
    let told = identity::section::of(&app, &caller, &patient).await?;
    let may = service::may_plan(&app, &caller, id).await?;
    let lost = [studies.unreadable, lost_points, lost_samples, amended.unreadable].concat();
    let content = html! {
        (components::unreadable(lang, &lost))
        (amended_notice(&app, lang, &amended.amended))
        (identity::section::notices(lang, &patient, &told))
        (meanwhile(lang, &told, &studies.items))
        (care::section::notices(lang, id, &care))
        @if let Some(doubts) = doubts(lang, &patient) { (doubts) }
        (home_head(&caller, id, may))
        @if !studies.items.is_empty() || lost.is_empty() { (of_patient(&app, lang, &studies.items)) }
        (plan((lang, may), id, &points, today))
        (samples_section(lang, &samples))
        section class="card" {
            h2 { (lang.t("patients-identifiers")) }
            (components::facts(&identifiers(lang, &patient)))
            p { a href=(url(lang, &format!("/patients/{id}/identity"))) { (lang.t("identity-see")) } }
        }
        (care::section::section(&app, &caller, id, &care))
    };
    let banner = banner(&app, lang, &patient, today, record.as_deref());
    Ok(page(&caller, lang.t("patients-one")).banner(banner).render(&content))
}

/// The requests that may be another child's: made while its record was merged into this one.
fn meanwhile(lang: Lang, told: &identity::section::Told, studies: &[Study]) -> Markup {
    let doubtful: Vec<&Study> =
        studies.iter().filter(|s| told.may_be_anothers(s.requested_at)).collect();
    if doubtful.is_empty() {
        return Markup::default();
    }
    components::warning(&html! {
        p { b { (lang.t("unmerge-meanwhile")) } }
        p { (lang.t("unmerge-meanwhile-advice")) }
        ul { @for s in doubtful { li {
            a href=(url(lang, &format!("/studies/{}", s.id))) { span class="mono" { (s.number) } }
            " " (what(lang, s))
        } } }
    })
}

fn home_head(caller: &Caller, id: PatientId, may: MayPlan) -> Markup {
    let lang = caller.lang;
    html! {
        div class="head" {
            h1 { (lang.t("studies-of-patient")) }
            div class="actions" {
                @if may.request { a class="btn strong" href=(url(lang, &format!("/patients/{id}/studies/new"))) { (lang.t("studies-request")) } }
                @if caller.scope.reads_results() { a class="btn" href=(url(lang, &format!("/patients/{id}/mrd"))) { (lang.t("studies-course")) } }
            }
        }
    }
}

fn samples_section(lang: Lang, samples: &[Sample]) -> Markup {
    if samples.is_empty() {
        return Markup::default();
    }
    let rows: Vec<Vec<Markup>> = samples
        .iter()
        .map(|s| {
            let to = url(lang, &format!("/samples/{}", s.code));
            vec![
                html! { a href=(to) { (components::code(&s.code.grouped())) } },
                html! { (s.specimen) " · " (s.container_type) },
                html! { (lang.t(&format!("status-{}", s.status))) },
            ]
        })
        .collect();
    let heads = ["field-code", "field-specimen", "field-state"];
    html! {
        h2 { (lang.t("studies-samples")) }
        (components::table_of(lang, "studies-samples", &heads, &rows))
    }
}

fn identifiers(lang: Lang, p: &Patient) -> Vec<(String, Markup)> {
    let some = |v: Option<String>| match v {
        Some(v) => components::code(&v),
        None => html! { span class="hint" { (lang.t("not-given")) } },
    };
    vec![
        (lang.t("field-curp"), some(p.curp.as_ref().map(ToString::to_string))),
        (lang.t("field-nss"), some(p.nss.as_ref().map(ToString::to_string))),
        (lang.t("field-agregado"), some(p.agregado.as_ref().map(ToString::to_string))),
    ]
}
