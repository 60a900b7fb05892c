//! Reading one result, validating it, taking note of it.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::sentence::sentence;
use super::words::{before_points, being_amended, critical_chip, head_chip, licence, limitation};
use super::{facts_view, phenotype_view, trust_view};
use crate::app::{App, page};
use crate::db::Day;
use crate::doubts;
use crate::identity;
use crate::patients::pages::banner;
use crate::people::Caller;
use crate::people::rights::{Place, Right, holds, may};
use crate::results::entry::again;
use crate::results::entry::input::Finding;
use crate::results::refusal::ResultError;
use crate::results::versions::reading::Opened;
use crate::results::versions::store::{Version, VersionId};
use crate::results::versions::{reading, service};
use crate::results::words::{HeadState, Meaning};
use crate::studies::{StudyId, correction, pages as study_pages};
use crate::web::components::{self, Field, Form as Drawn, Tone};
use crate::web::{Fault, Form, Key, Lang, Problem, time, url};

pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Response, Problem> {
    match reading::open(&app, &caller, id).await {
        Ok(opened) => Ok(result_page(&app, &caller, &opened, None)),
        // Nothing entered yet: the analyst goes straight to the form.
        Err(ResultError::NotFound) if holds(&caller.scope, Right::EnterResult) => {
            Ok(Redirect::to(&url(caller.lang, &format!("/results/{id}/new"))).into_response())
        }
        Err(e) => Err(e.into()),
    }
}

fn result_page(app: &App, caller: &Caller, o: &Opened, refused: Option<&ResultError>) -> Response {
    let lang = caller.lang;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let name = |id| o.names.get(&id).cloned().unwrap_or_default();
    let latest = o.versions.last();
    let to = |what: &str| url(lang, &format!("/results/{}{what}", o.study.id));
    let me = caller.scope.user();
    let place = Place::of(o.head.centre_id, o.head.laboratory_id);
    let has = |right| may(&caller.scope, right, place).is_some();
    let may_sign = has(Right::SignResult) && o.head.state == HeadState::ToValidate;
    let may_enter = has(Right::EnterResult);
    let acknowledged = o
        .acknowledgements
        .iter()
        .any(|a| Some(a.version_id) == o.head.released_id && a.person_id == me);
    let may_acknowledge = o.may_acknowledge
        && o.head.released_id.is_some()
        && (o.head.critical.is_some() || o.amended)
        && !acknowledged;
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        div class="head" {
            h1 { (study_pages::what(lang, &o.study)) }
            div class="actions" {
                a class="btn" href=(url(lang, &format!("/patients/{}/mrd", o.patient.id))) { (lang.t("studies-course")) }
                @if may_enter { a class="btn" href=(to("/new")) {
                    (lang.t(if o.head.released_id.is_some() { "results-amend" } else { "results-enter-again" }))
                } }
            }
        }
        p {
            (head_chip(lang, o.head.state))
            @if let Some(c) = o.head.critical { " " (critical_chip(lang, c)) }
            @if o.head.waits_for_acknowledgement() { " " (components::chip(Tone::Stop, &lang.t("results-waits"))) }
        }
        @if let Some(v) = latest { (doubts::section::on_answer(app, lang, &o.whose(v.id).all(), o.head.released_id.is_some())) }
        @if o.head.is_being_amended() { (being_amended(lang)) }
        @if o.amended { (components::warning(&html! { p { (lang.t("results-amended-since")) } })) }
        @for v in o.versions.iter().rev() {
            section class="card" aria-label=(lang.tr("results-version", &[("n", i64::from(v.version).into())])) {
                (version_card(app, lang, o, v, &name))
            }
        }
        @if may_acknowledge { @if let Some(version) = o.head.released_id {
            form class="form group" method="post" action=(to("/acknowledge")) {
                h2 { (lang.t("results-acknowledge")) }
                p { (lang.tr("results-acknowledge-text", &[("name", caller.scope.name().into())])) }
                (components::hidden("version", &version.to_string()))
                (components::submit(&lang.t("results-acknowledge")))
            }
        } }
        @if let Some(code) = o.analysed() { p { (doubts::section::say_link(lang, &code)) } }
        @if let Some(known) = &o.diagnosis { (phenotype_view::of_diagnosis(app, lang, known)) }
        @if has(Right::ReadDraft) { (correction::card(app, caller, &o.study, None)) }
        @if may_sign { @if let Some(doubt) = o.blocked { (components::stop(&html! { p {
            (lang.t("fault-under-doubt")) " " a href=(url(lang, &format!("/doubts/{doubt}"))) { (lang.t("doubt-see")) }
        } })) } }
        @if may_sign { @if let Some(v) = latest { (sign_form(lang, &to("/validate"), v, me, &faults)) } }
    };
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    page(caller, lang.t("results-one"))
        .style("form")
        .script("form")
        .banner(banner(app, lang, &o.patient, today, None))
        .refused(refused.is_some())
        .render(&content)
}

/// Whom a report was signed for, where the identity was corrected since: the report is not another one.
fn signed_for(lang: Lang, signed: &identity::Signed, zone: jiff::tz::TimeZone) -> Markup {
    let when = time::stamp(lang, &signed.corrected_at.timestamp().to_zoned_datetime(zone));
    let args = [
        ("when", when.into()),
        ("name", signed.identity.name().display().into()),
        ("birth", signed.identity.birth_date.text(lang).into()),
    ];
    components::warning(&html! { p { (lang.tr("identity-signed-as", &args)) } })
}

fn version_card(
    app: &App,
    lang: Lang,
    o: &Opened,
    v: &Version,
    name: &impl Fn(crate::people::UserId) -> String,
) -> Markup {
    let zone = app.sites.zone(Some(o.head.laboratory_id));
    let current = o.head.released_id == Some(v.id);
    let released =
        |id| o.signatures.iter().any(|s| s.version_id == id && s.meaning == Meaning::Released);
    let superseded = !current && released(v.id);
    let record = v.record().ok();
    html! {
        h2 {
            (lang.tr("results-version", &[("n", i64::from(v.version).into())]))
            @if current { " " (components::chip(Tone::Ok, &lang.t("results-current"))) }
            @else if superseded { " " (components::chip(Tone::Neutral, &lang.t("results-superseded"))) }
        }
        @if let Some(record) = &record {
            p class="lead" { b { (sentence(lang, record)) } " " (trust_view::chip(lang, record, &o.whose(v.id))) }
            @if o.whose(v.id).is_sure() && !superseded {
                @if let Some(asked) = again::asked(&app.catalogue, lang, record, o.asked_again) {
                    (components::warning(&html! { p { (asked) } }))
                }
            }
            (trust_view::list(lang, &record.findings))
            (before_points(lang, record))
            (trust_view::verdicts(&app.catalogue, lang, record))
            (components::facts(&facts_view::of_record(lang, record)))
            @if let Some(sample) = &record.sample {
                (components::facts(&facts_view::of_sample(app, lang, (&o.study, sample), record.age_s)))
            } @else if let Some(s) = record.age_s {
                (components::facts(&[(lang.t("field-age-analysed"), components::text(format!("{}\u{202f}h", s / 3600)))]))
            }
            (components::facts(&facts_view::of_request(app, lang, &o.study)))
            @if let Some((_, signed)) = o.signed_as.iter().find(|(id, _)| *id == v.id) {
                (signed_for(lang, signed, zone.clone()))
            }
            @if let Some((_, since)) = o.said_since.iter().find(|(id, _)| *id == v.id) {
                (correction::since_signed(lang, since, zone.clone(), v.version))
            }
            @if o.retimed.contains(&v.id) { (components::warning(&html! { p { (lang.t("results-retimed")) } })) }
            @for word in &record.limitations { (components::warning(&html! { p { (limitation(lang, word)) } })) }
            @if let Finding::Immunophenotype(found) = &record.finding { (phenotype_view::phenotype(lang, found)) }
            @if let Some(comment) = &record.comment { p { (comment) } }
        }
        ul class="timeline" {
            li { (time::time(lang, v.recorded_at, zone.clone()))
                span { (lang.tr("results-entered-by", &[("name", name(v.analyst_id).into())]))
                    @if let Some(reason) = &v.reason { " · " (lang.t("field-reason")) ": " (reason) } } }
            @for s in o.signatures.iter().filter(|s| s.version_id == v.id) {
                li { (time::time(lang, s.signed_at, zone.clone()))
                    span { b { (lang.t(&format!("meaning-{}", s.meaning))) } " · " (name(s.person_id)) " · " (licence(lang, s)) @if let Some(n) = &s.note { " · " (n) } } }
            }
            @for a in o.acknowledgements.iter().filter(|a| a.version_id == v.id) {
                li { (time::time(lang, a.at, zone.clone())) span { (lang.tr("results-acknowledged-by", &[("name", name(a.person_id).into())])) } }
            }
        }
    }
}

fn sign_form(
    lang: Lang,
    action: &str,
    v: &Version,
    me: crate::people::UserId,
    faults: &[crate::web::FieldFault],
) -> Markup {
    let form = Drawn { lang, faults };
    if v.analyst_id == me {
        return components::warning(&html! { p { (lang.t("fault-own-work")) } });
    }
    html! {
        form class="form group" method="post" action=(action) {
            h2 { (lang.t("results-sign")) }
            p { (lang.t("results-sign-text")) }
            (components::hidden("version", &v.id.to_string()))
            (form.text(&Field { name: "password", label: lang.t("field-password"), kind: "password", autocomplete: "current-password", ..Field::default() }))
            (form.text(&Field { name: "note", label: lang.t("results-sign-note"), ..Field::default() }))
            div class="actions" {
                button class="btn strong" type="submit" name="meaning" value=(Meaning::Released) { (lang.t("results-release")) }
                button class="btn" type="submit" name="meaning" value=(Meaning::Returned) { (lang.t("results-return")) }
            }
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignForm {
    version: VersionId,
    meaning: Meaning,
    #[serde(default)]
    password: String,
    #[serde(default)]
    note: String,
}

pub(super) async fn sign(
    State(app): State<App>,
    mut caller: Caller,
    Key(id): Key<StudyId>,
    Form(form): Form<SignForm>,
) -> Result<Response, Problem> {
    let back = url(caller.lang, &format!("/results/{id}"));
    let done =
        service::sign(&app, &caller, form.version, form.meaning, &form.password, &form.note).await;
    match done {
        Ok(()) => Ok(Redirect::to(&back).into_response()),
        Err(e) if e.status() < 500 && e.status() != 404 => {
            caller.path = back;
            let opened = reading::open(&app, &caller, id).await?;
            Ok(result_page(&app, &caller, &opened, Some(&e)))
        }
        Err(e) => Err(e.into()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AcknowledgeForm {
    version: VersionId,
}

pub(super) async fn acknowledge(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
    Form(form): Form<AcknowledgeForm>,
) -> Result<Redirect, Problem> {
    service::acknowledge(&app, &caller, form.version).await?;
    Ok(Redirect::to(&url(caller.lang, &format!("/results/{id}"))))
}
