//! Entering, validating and reading one result, and the list of them.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::course;
use super::immunophenotype::{Conclusion, Expression, Location, Marker, Population};
use super::input::{EnterResult, Finding, Record};
use super::mrd::{MrdStatus, percent};
use super::service::{self, Opened, ResultError};
use super::store::{Version, VersionId};
use super::words::{Critical, Denominator, Haemodilution, HeadState, Interpretation, Meaning};
use crate::app::{App, page};
use crate::containers;
use crate::db::{Day, Limit};
use crate::patients::pages::banner;
use crate::people::{Caller, Role};
use crate::studies::{self, StudyId, StudyKind, pages as study_pages};
use crate::web::components::{self, Field, Form as Drawn, Tone, choices};
use crate::web::{Fault, Form, Key, Lang, Pages, Problem, Query, time, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/results", list)
        .get("/results/{id}", show)
        .get("/results/{id}/new", enter_form)
        .post("/results/{id}/new", enter)
        .post("/results/{id}/validate", sign)
        .post("/results/{id}/acknowledge", acknowledge)
        .get("/patients/{id}/mrd", course::show)
}

/// Why a result is critical, as a chip.
pub fn critical_chip(lang: Lang, critical: Critical) -> Markup {
    components::chip(Tone::Stop, &lang.t(&format!("critical-{critical}")))
}

/// The sentence of a record: level, or limit where nothing was found; never a bare "negative".
pub fn sentence(lang: Lang, record: &Record) -> String {
    match &record.finding {
        Finding::NotEvaluable { reason } => {
            lang.tr("sentence-not-evaluable", &[("reason", reason.as_str().into())])
        }
        Finding::Immunophenotype { conclusion, .. } => lang.t(&conclusion_key(*conclusion)),
        Finding::Mrd { .. } => {
            let Some(c) = record.counts() else { return String::new() };
            let of = record.denominator().map_or_else(String::new, |d| denominator(lang, d));
            let args = [
                ("value", percent(c.percent()).into()),
                ("lod", percent(c.lod_percent()).into()),
                ("loq", percent(c.loq_percent()).into()),
                ("of", of.into()),
            ];
            lang.tr(
                &format!("sentence-{}", c.status().as_str().to_lowercase().replace('_', "-")),
                &args,
            )
        }
    }
}

fn conclusion_key(c: Conclusion) -> String {
    let word: String = c
        .as_str()
        .to_lowercase()
        .chars()
        .map(|ch| if ch.is_ascii_alphanumeric() { ch } else { '-' })
        .collect();
    format!("conclusion-{word}")
}

/// What N counts, in words.
pub fn denominator(lang: Lang, d: Denominator) -> String {
    lang.t(&format!("denominator-{}", d.as_str().to_lowercase().replace('_', "-")))
}

/// A limitation the report must carry, in words.
fn limitation(lang: Lang, word: &str) -> String {
    let key = word.split(':').next().unwrap_or_default();
    lang.t(&format!("limitation-{key}"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ListQuery {
    state: String,
    critical: String,
    after: Option<StudyId>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let state: Option<HeadState> = query.state.parse().ok();
    let critical = query.critical == "yes";
    let found =
        service::list(&app, &caller, state, critical, query.after, Limit::default()).await?;
    let base = url(lang, "/results");
    let next = found
        .next
        .as_ref()
        .map(|n| format!("{base}?state={}&critical={}&after={n}", query.state, query.critical));
    let rows: Vec<Vec<Markup>> = found
        .items
        .iter()
        .map(|(h, s)| {
            vec![
                html! { a href=(url(lang, &format!("/results/{}", s.id))) { span class="mono" { (s.number) } } },
                html! { (study_pages::what(lang, s)) },
                head_chip(lang, h.state),
                html! { @if let Some(c) = h.critical { (critical_chip(lang, c)) @if h.waits_for_acknowledgement() { " " b { (lang.t("results-waits")) } } } },
                html! { (time::time(lang, h.updated_at, app.sites.zone(Some(h.laboratory_id)))) },
            ]
        })
        .collect();
    let content = html! {
        h1 { (lang.t("results-title")) }
        nav class="actions" aria-label=(lang.t("field-state")) {
            a class="btn small" href=(base) { (lang.t("studies-all")) }
            @for s in HeadState::ALL { a class="btn small" href=(format!("{base}?state={s}")) aria-current=[(state == Some(*s)).then_some("true")] { (lang.t(&format!("head-{s}"))) } }
            a class="btn small stop" href=(format!("{base}?critical=yes")) aria-current=[critical.then_some("true")] { (lang.t("results-critical")) }
        }
        @if rows.is_empty() {
            (components::empty(&lang.t("results-none"), &lang.t("results-none-advice")))
        } @else {
            (components::table(&lang.t("results-title"), &[
                (&lang.t("field-number"), ""), (&lang.t("field-study"), ""), (&lang.t("field-state"), ""),
                (&lang.t("field-critical"), ""), (&lang.t("field-updated"), ""),
            ], &rows))
        }
        (components::next_page(lang, next))
    };
    Ok(page(&caller, lang.t("results-title")).render(&content))
}

fn head_chip(lang: Lang, state: HeadState) -> Markup {
    let tone = match state {
        HeadState::Released => Tone::Ok,
        HeadState::ToValidate => Tone::Warn,
        HeadState::Returned => Tone::Info,
    };
    components::chip(tone, &lang.t(&format!("head-{state}")))
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Response, Problem> {
    match service::open(&app, &caller, id).await {
        Ok(opened) => Ok(result_page(&app, &caller, &opened, None)),
        // Nothing entered yet: the analyst goes straight to the form.
        Err(ResultError::NotFound) if caller.scope.has_any(&[Role::Analyst, Role::LabHead]) => {
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
    let in_laboratory = caller.scope.laboratories().contains(&o.head.laboratory_id);
    let may_sign = caller.scope.has_any(&[Role::Validator, Role::LabHead])
        && in_laboratory
        && o.head.state == HeadState::ToValidate;
    let may_enter = caller.scope.has_any(&[Role::Analyst, Role::LabHead]) && in_laboratory;
    let acknowledged = o
        .acknowledgements
        .iter()
        .any(|a| Some(a.version_id) == o.head.released_id && a.person_id == me);
    let may_acknowledge = caller.scope.has_any(&[Role::Oncologist, Role::LabHead])
        && o.head.released_id.is_some()
        && o.head.critical.is_some()
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
        p { (head_chip(lang, o.head.state)) @if let Some(c) = o.head.critical { " " (critical_chip(lang, c)) } }
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

fn version_card(
    app: &App,
    lang: Lang,
    o: &Opened,
    v: &Version,
    name: &impl Fn(crate::people::UserId) -> String,
) -> Markup {
    let zone = app.sites.zone(Some(o.head.laboratory_id));
    let current = o.head.released_id == Some(v.id);
    let record = v.record().ok();
    html! {
        h2 {
            (lang.tr("results-version", &[("n", i64::from(v.version).into())]))
            @if current { " " (components::chip(Tone::Ok, &lang.t("results-current"))) }
        }
        @if let Some(record) = &record {
            p class="lead" { b { (sentence(lang, record)) } }
            (components::facts(&record_facts(lang, record)))
            @for word in &record.limitations { (components::warning(&html! { p { (limitation(lang, word)) } })) }
            @if let Finding::Immunophenotype { populations, .. } = &record.finding { (population_tables(lang, populations)) }
            @if let Some(comment) = &record.comment { p { (comment) } }
        }
        ul class="timeline" {
            li { (time::time(lang, v.recorded_at, zone.clone()))
                span { (lang.tr("results-entered-by", &[("name", name(v.analyst_id).into())]))
                    @if let Some(reason) = &v.reason { " · " (lang.t("field-reason")) ": " (reason) } } }
            @for s in o.signatures.iter().filter(|s| s.version_id == v.id) {
                li { (time::time(lang, s.signed_at, zone.clone()))
                    span { b { (lang.t(&format!("meaning-{}", s.meaning))) } " · " (name(s.person_id)) @if let Some(n) = &s.note { " · " (n) } } }
            }
            @for a in o.acknowledgements.iter().filter(|a| a.version_id == v.id) {
                li { (time::time(lang, a.at, zone.clone())) span { (lang.tr("results-acknowledged-by", &[("name", name(a.person_id).into())])) } }
            }
        }
    }
}

fn record_facts(lang: Lang, r: &Record) -> Vec<(String, Markup)> {
    let mut facts = vec![];
    if let (Some(c), Some(d)) = (r.counts(), r.denominator()) {
        let ci = c.interval().text();
        facts.push((lang.t("field-mrd"), components::text(percent(c.percent()))));
        facts.push((lang.t("field-interval"), components::text(ci)));
        facts.push((lang.t("field-events"), components::text(lang.count(c.k()))));
        facts.push((denominator(lang, d), components::text(lang.count(c.n()))));
        facts.push(("LOD".into(), components::text(percent(c.lod_percent()))));
        facts.push(("LOQ".into(), components::text(percent(c.loq_percent()))));
        for ppm in &r.thresholds_ppm {
            let level = percent(*ppm as f64 / 10_000.0);
            let side = match c.point(*ppm) {
                super::Point::Ge => lang.t("point-ge"),
                super::Point::Lt => lang.t("point-lt"),
            };
            let borderline = c.band(*ppm) == super::Band::Borderline;
            facts.push((
                lang.tr("field-threshold", &[("level", level.into())]),
                html! { (side) @if borderline { " " (components::chip(Tone::Warn, &lang.t("band-borderline"))) } },
            ));
        }
    }
    if let Some(h) = r.haemodilution() {
        let text = lang.t(&haemodilution_key(h));
        facts.push((lang.t("field-haemodilution"), components::text(text)));
    }
    if let Some(v) = &r.viability {
        facts.push((lang.t("field-viability"), components::text(format!("{v}\u{202f}%"))));
    }
    if let Some(s) = r.age_s {
        facts.push((lang.t("field-age-analysed"), components::text(format!("{} h", s / 3600))));
    }
    facts
}

fn haemodilution_key(h: Haemodilution) -> String {
    format!("haemodilution-{}", h.as_str().to_lowercase().replace('_', "-"))
}

fn population_tables(lang: Lang, populations: &[Population]) -> Markup {
    html! {
        @for p in populations {
            h3 { (p.name) " · " (p.percent) "\u{202f}%" }
            @let rows: Vec<Vec<Markup>> = p.markers.iter().map(|m| vec![
                html! { (m.location) (m.marker) },
                html! { (lang.t(&format!("expression-{}", m.expression.as_str().to_lowercase()))) },
            ]).collect();
            (components::table(&p.name, &[(&lang.t("field-marker"), ""), (&lang.t("field-expression"), "")], &rows))
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
struct SignForm {
    version: VersionId,
    meaning: Meaning,
    #[serde(default)]
    password: String,
    #[serde(default)]
    note: String,
}

async fn sign(
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
            let opened = service::open(&app, &caller, id).await?;
            Ok(result_page(&app, &caller, &opened, Some(&e)))
        }
        Err(e) => Err(e.into()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AcknowledgeForm {
    version: VersionId,
}

async fn acknowledge(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
    Form(form): Form<AcknowledgeForm>,
) -> Result<Redirect, Problem> {
    service::acknowledge(&app, &caller, form.version).await?;
    Ok(Redirect::to(&url(caller.lang, &format!("/results/{id}"))))
}

/// The analyst's form. Markers come as three lists of the same length.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ResultForm {
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
    conclusion: String,
    population: String,
    population_percent: String,
    marker: Vec<String>,
    location: Vec<String>,
    expression: Vec<String>,
    comment: String,
    reason: String,
}

impl ResultForm {
    fn input(&self) -> Result<EnterResult, Vec<crate::web::FieldFault>> {
        let mut faults = vec![];
        let mut number = |field: &str, text: &str| -> Option<i64> {
            let plain: String =
                text.chars().filter(|c| !(c.is_whitespace() || *c == ',')).collect();
            if plain.is_empty() {
                return None;
            }
            let parsed = plain.parse().ok();
            if parsed.is_none() {
                faults.push(crate::web::FieldFault::new(field, "whole-number"));
            }
            parsed
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
            conclusion: self.conclusion.clone(),
            populations: self.populations(),
            comment: self.comment.clone(),
            reason: self.reason.clone(),
        })
    }

    fn populations(&self) -> Vec<Population> {
        let rows = self.marker.iter().zip(&self.location).zip(&self.expression);
        let markers: Vec<Marker> = rows
            .filter(|((m, _), _)| !m.trim().is_empty())
            .filter_map(|((m, l), e)| {
                Some(Marker {
                    marker: m.trim().to_owned(),
                    location: l.parse().ok()?,
                    expression: e.parse().ok()?,
                })
            })
            .collect();
        if self.population.trim().is_empty() && markers.is_empty() {
            return vec![];
        }
        let percent = self.population_percent.trim().to_owned();
        vec![Population { name: self.population.trim().to_owned(), percent, markers }]
    }
}

async fn enter_form(
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

async fn enter(
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
        Err(e @ (ResultError::Fields(_) | ResultError::Released)) => {
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
    let scope = caller.scope.clone();
    let filter = containers::store::Filter { study: Some(id), ..Default::default() };
    let tubes = app
        .db
        .read(move |c| containers::store::list(c, &scope, &filter, None, Limit::default()))
        .await?;
    let has_released =
        matches!(service::open(app, caller, id).await, Ok(o) if o.head.released_id.is_some());
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
    let is_mrd = opened.study.kind == StudyKind::Mrd;
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("results-enter")) }
        p class="lead" { (study_pages::what(lang, &opened.study)) }
        form class="form" method="post" action=(url(lang, &format!("/results/{id}/new"))) {
            @if let Some(version) = typed.id { (components::hidden("id", &version.to_string())) }
            fieldset class="group" {
                legend { (lang.t("results-sample")) }
                (form.radios(&field("container", "field-code", &typed.container), &tube_choices))
                (form.radios(&field("evaluable", "field-evaluable", &typed.evaluable), &components::yes_no(lang)))
                (form.text(&field("not_evaluable_reason", "field-not-evaluable", &typed.not_evaluable_reason)))
            }
            @if is_mrd { (mrd_fields(lang, &form, typed, &field, &number)) } @else { (immuno_fields(lang, &form, typed)) }
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

/// Marker rows offered; as many as a usual first tube and its lineage panel.
const MARKER_ROWS: usize = 12;

fn immuno_fields(lang: Lang, form: &Drawn<'_>, typed: &ResultForm) -> Markup {
    let conclusions =
        choices(Conclusion::ALL.iter().map(|c| (c.as_str(), lang.t(&conclusion_key(*c)))));
    let at = |list: &[String], i: usize| list.get(i).cloned().unwrap_or_default();
    html! {
        fieldset class="group" {
            legend { (lang.t("results-populations")) }
            (form.select(&Field { name: "conclusion", label: lang.t("field-conclusion"), value: &typed.conclusion, ..Field::default() }, &conclusions))
            div class="two" {
                (form.text(&Field { name: "population", label: lang.t("field-population"), value: &typed.population, ..Field::default() }))
                (form.text(&Field { name: "population_percent", label: lang.t("field-percent-cells"), value: &typed.population_percent, inputmode: "decimal", size: "short", ..Field::default() }))
            }
            @for i in 0..MARKER_ROWS {
                @let (marker, location, expression) = (at(&typed.marker, i), at(&typed.location, i), at(&typed.expression, i));
                div class="opts" role="group" aria-label=(lang.tr("field-marker-n", &[("n", (i + 1).into())])) {
                    div class="field short" { input name="marker" value=(marker) aria-label=(lang.t("field-marker")) autocomplete="off"; }
                    div class="field short" { select name="location" aria-label=(lang.t("field-location-cell")) {
                        @for l in Location::ALL { option value=(l) selected[location == l.as_str()] { (lang.t(&format!("location-{l}"))) } } } }
                    div class="field short" { select name="expression" aria-label=(lang.t("field-expression")) {
                        @for e in Expression::ALL.iter().rev() { option value=(e) selected[expression == e.as_str()] { (lang.t(&format!("expression-{}", e.as_str().to_lowercase()))) } } } }
                }
            }
        }
    }
}

/// How a status looks on the course page.
pub(super) fn tone(record: &Record) -> Tone {
    if record.interpretation == Interpretation::Relapse {
        return Tone::Stop;
    }
    match record.counts().map(|c| c.status()) {
        Some(MrdStatus::Negative) => Tone::Ok,
        Some(MrdStatus::NegativeInsufficientSensitivity) => Tone::Neutral,
        Some(MrdStatus::PositiveBelowLoq) => Tone::Info,
        Some(MrdStatus::PositiveQuantifiable) => Tone::Warn,
        _ => Tone::Neutral,
    }
}
