//! A sample's page: what it is now, everything that happened to it or was tried, its children.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::refused::Refused;
use super::words::{age_of, specimen_text, status_chip};
use super::{collection_time as collection_time_page, told, withdraw};
use crate::app::{App, page};
use crate::audit::{self, Action as Audited, Entry};
use crate::codes::ContainerCode;
use crate::containers::{self, Container, Status};
use crate::custody::asked::command::Command;
use crate::custody::asked::scan::When;
use crate::custody::error::CustodyError;
use crate::custody::events::event::{CustodyEvent, CustodyEventId};
use crate::custody::record::context::correctable;
use crate::custody::record::history::{Before, History};
use crate::custody::record::issue::NewChild;
use crate::custody::record::view::view_with;
use crate::custody::record::{issue, service, store};
use crate::custody::refusal::status_text;
use crate::custody::rules::correct::REASON_CHARS;
use crate::db::{Conn, Day, Limit, Page};
use crate::doubts;
use crate::patients::{self, Patient, pages::banner};
use crate::people::rights::{Place, Right, may};
use crate::people::{Caller, Scope};
use crate::studies::cancelled::Told;
use crate::studies::{self, Study, StudyState, pages as study_pages};
use crate::web::components::{self, Field, Form as Drawn, choices};
use crate::web::{FieldFault, Form, Key, Lang, Problem, Query, number, time, url};

pub(in crate::custody) async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Query(from): Query<Before>,
) -> Result<Response, Problem> {
    draw(&app, &caller, code, from, None).await
}

/// What the page shows of a sample.
struct Sample {
    c: Container,
    history: History,
    patient: Option<Patient>,
    parent: Option<Container>,
    children: Page<Container>,
    /// Whether another collection time waits for a second person.
    time_waits: bool,
    /// The event that the caller may take back.
    correctable: Option<CustodyEvent>,
    /// Its request where that was cancelled, and why.
    cancelled: Option<(Study, Option<Told>)>,
}

/// Reads a sample for its page; it is shown only once the log says so.
async fn load(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    from: Before,
) -> Result<Sample, CustodyError> {
    let c = service::open(app, caller, code).await?;
    let (job_app, job_caller) = (app.clone(), caller.clone());
    audit::looked(&app.db, move |conn| {
        let scope = &job_caller.scope;
        // As it stands now: its history must not tell of more than its head does.
        let c = containers::store::by_id(conn, scope, c.id)?.ok_or(CustodyError::NotFound)?;
        let history = History::load(conn, scope, &c, from)?;
        let patient = match c.patient_id {
            Some(id) => patients::merged::shown(conn, scope, id)?,
            None => None,
        };
        let parent = match c.parent_id {
            Some(id) => containers::store::by_id(conn, scope, id)?,
            None => None,
        };
        let of = containers::store::Filter { parent: Some(c.id), ..Default::default() };
        let children = containers::store::list(conn, scope, &of, None, Limit::default())?;
        let time_waits = store::open_proposal(conn, c.id)?.is_some();
        let correctable = correctable(conn, &job_app, &job_caller, &c)?;
        let entry = Entry::new(&job_caller, Audited::ReadContainer, "container", Some(c.id.0));
        let entry = match &patient {
            Some(p) => entry.patient(p.id.0),
            None => entry,
        };
        let cancelled = cancelled_request(conn, scope, &c)?;
        let sample =
            Sample { c, history, patient, parent, children, time_waits, correctable, cancelled };
        Ok((sample, Some(entry)))
    })
    .await
}

/// A sample's request in reach, where it was cancelled.
fn cancelled_request(
    conn: &mut Conn,
    scope: &Scope,
    c: &Container,
) -> Result<Option<(Study, Option<Told>)>, CustodyError> {
    let study = match c.study_id {
        Some(id) => studies::store::find(conn, scope, id)?,
        None => None,
    };
    let Some(study) = study.filter(|s| s.state == StudyState::Cancelled) else { return Ok(None) };
    let told = studies::cancelled::told(conn, &study)?;
    Ok(Some((study, told)))
}

pub(in crate::custody) async fn draw(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    from: Before,
    refused: Option<&Refused<'_>>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let sample = load(app, caller, code, from).await?;
    let c = &sample.c;
    let witnesses = withdraw::witnesses(app, caller, c).await?;
    let place = Place::of(c.centre_id, c.laboratory_id);
    let on_bench = may(&caller.scope, Right::WorkAtBench, place).is_some()
        && matches!(c.status, Status::Accepted | Status::InProcess | Status::Stored);
    let whose = doubts::section::of_tube(app, caller, c).await?;
    let content = html! {
        @if let Some(r) = refused { (components::errors(lang, &r.said, &r.faults)) }
        div class="head" {
            h1 { (lang.t("samples-one")) " " (components::code(&c.code.grouped())) }
            div class="actions" {
                @if let Some(study) = c.study_id { @if caller.scope.sees_identity() {
                    a class="btn" href=(url(lang, &format!("/studies/{study}"))) { (lang.t("samples-study")) }
                } }
                @if caller.scope.sees_identity() { a class="btn" href=(url(lang, &format!("/samples/{}/label", c.code))) { (lang.t("containers-label")) } }
            }
        }
        (whose)
        @if c.flags.has("R21") { (components::warning(&html! { p { (lang.t("samples-r21")) } })) }
        @if let Some((study, told)) = &sample.cancelled { (study_pages::cancelled_notice(app, lang, study, told.as_ref())) }
        section class="card" { (components::facts(&facts(app, caller, &sample))) }
        h2 { (lang.t("samples-history")) }
        (sample.history.render(app, lang, c.code, from))
        (components::unreadable(lang, &sample.children.unreadable))
        @if !sample.children.items.is_empty() { (children(app, lang, &sample)) }
        @if on_bench { (derive_form(app, lang, c, refused)) }
        (collection_time_page::on_sample(caller, c, sample.time_waits))
        // Never both: what was refused is told beside its own form.
        @let refused = refused.filter(|r| r.derived.is_none());
        @if let Some(event) = &sample.correctable { (correct_form(app, lang, &sample, event, refused)) }
        @else if withdraw::may(caller, c) { (withdraw::form(caller, c, &witnesses, refused)) }
    };
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    let mut shell = page(caller, lang.t("samples-one")).style("form").script("form");
    if let Some(p) = &sample.patient {
        shell = shell.banner(banner(app, lang, p, today, None));
    }
    Ok(shell.refused(refused.is_some()).render(&content))
}

fn facts(app: &App, caller: &Caller, sample: &Sample) -> Vec<(String, Markup)> {
    let (lang, c) = (caller.lang, &sample.c);
    let v = view_with(app, lang, caller.now, c, c.custodian_id.map(|id| sample.history.name(id)));
    let holder = v.custodian.unwrap_or_else(|| lang.t("custody-nobody"));
    let specimen = format!("{} · {}", v.specimen_text, v.container_text);
    let zone = app.sites.zone(Some(c.centre_id));
    let drawn = c.collected_at.map(|at| time::time(lang, at, zone));
    let mut facts = vec![
        (lang.t("field-state"), status_chip(lang, c.status)),
        (lang.t("field-custodian"), components::text(holder)),
        (lang.t("field-specimen"), components::text(specimen)),
        (lang.t("field-age"), age_of(app, caller, c)),
        (lang.t("field-centre"), components::text(app.sites.name(c.centre_id))),
    ];
    if let Some(drawn) = drawn {
        facts.push((lang.t("field-collected"), drawn));
    }
    if let Some(a) = &c.accession {
        facts.push((lang.t("field-accession"), components::code(a.as_str())));
    }
    if let Some(location) = &c.location {
        facts.push((lang.t("field-location"), components::text(location)));
    }
    if let Some(pull) = c.pull {
        facts.push((lang.t("field-pull"), components::text(pull)));
    }
    if c.copies > 0 {
        facts.push((lang.t("label-count"), components::text(c.copies)));
    }
    if let Some(p) = &sample.parent {
        let to = url(lang, &format!("/samples/{}", p.code));
        let link = html! { a href=(to) { (components::code(&p.code.grouped())) } };
        facts.push((lang.t("field-parent"), link));
    }
    facts
}

fn children(app: &App, lang: Lang, sample: &Sample) -> Markup {
    html! {
        h2 { (lang.t("samples-children")) }
        ul class="card" { @for child in &sample.children.items { li {
            a href=(url(lang, &format!("/samples/{}", child.code))) { (components::code(&child.code.grouped())) }
            " · " (specimen_text(app, lang, child)) " · " (status_text(child.status, lang))
        } } }
        @if sample.children.next.is_some() {
            @let all = url(lang, &format!("/samples?parent={}", sample.c.code));
            p { a class="btn small" href=(all) { (lang.t("samples-children-all")) } }
        }
    }
}

fn correct_form(
    app: &App,
    lang: Lang,
    sample: &Sample,
    event: &CustodyEvent,
    refused: Option<&Refused<'_>>,
) -> Markup {
    let form = Drawn { lang, faults: refused.map_or(&[], |r| &r.faults) };
    let hint = lang.tr("samples-correct-hint", &[("least", least().into())]);
    html! {
        form class="form group" id="correct" method="post" action=(url(lang, &format!("/samples/{}/correct", sample.c.code))) {
            h2 { (lang.t("samples-correct")) }
            p { (lang.t("samples-correct-last")) ": " b { (sample.history.brief(app, lang, event)) } }
            p { (lang.t("samples-correct-what")) }
            (components::hidden("id", &Uuid::now_v7().to_string()))
            (components::hidden("corrects", &event.event_id.to_string()))
            (form.area(&Field { name: "reason", label: lang.t("field-reason"), hint: Some(hint), value: refused.map_or("", |r| r.reason), ..Field::default() }))
            (components::submit(&lang.t("samples-correct-do")))
        }
    }
}

fn least() -> i64 {
    i64::try_from(REASON_CHARS).unwrap_or(i64::MAX)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::custody) struct CorrectForm {
    id: Uuid,
    corrects: CustodyEventId,
    #[serde(default)]
    reason: String,
}

/// Takes the last event back, as another person than who made it.
pub(in crate::custody) async fn correct(
    State(app): State<App>,
    mut caller: Caller,
    Key(code): Key<ContainerCode>,
    Form(form): Form<CorrectForm>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let to = url(lang, &format!("/samples/{code}"));
    service::open(&app, &caller, code).await?;
    // A line break of the text field is no part of a reason in one line.
    let reason = form.reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut said = Ok(Command::Correct { corrects: form.corrects, reason: reason.clone() });
    if !reason.is_empty() && reason.chars().count() < REASON_CHARS {
        said = Err(vec![FieldFault::new("reason", "reason-too-short").with("least", least())]);
    }
    let told = told::Told { id: form.id, code, at: When::Now(caller.now) };
    let Err(told::Refused { said, faults }) = told::tell(&app, &caller, told, said).await? else {
        return Ok(Redirect::to(&to).into_response());
    };
    caller.path = to;
    let refused = Refused { said, faults, reason: &form.reason, ..Refused::default() };
    draw(&app, &caller, code, Before::default(), Some(&refused)).await
}

/// Gives a planned tube up.
pub(super) async fn withdraw(
    State(app): State<App>,
    mut caller: Caller,
    Key(code): Key<ContainerCode>,
    Form(form): Form<withdraw::WithdrawForm>,
) -> Result<Response, Problem> {
    let to = url(caller.lang, &format!("/samples/{code}"));
    let Err(why) = withdraw::tell(&app, &caller, code, &form).await? else {
        return Ok(Redirect::to(&to).into_response());
    };
    caller.path = to;
    let refused = withdraw::refused(&form, why);
    draw(&app, &caller, code, Before::default(), Some(&refused)).await
}

fn derive_form(app: &App, lang: Lang, c: &Container, refused: Option<&Refused<'_>>) -> Markup {
    let refused = refused.filter(|r| r.derived.is_some());
    let form = Drawn { lang, faults: refused.map_or(&[], |r| &r.faults) };
    let (specimen, volume) = refused.and_then(|r| r.derived).unwrap_or_default();
    let kinds = choices(
        app.catalogue
            .specimens
            .iter()
            .filter(|s| s.is_derived())
            .map(|s| (s.code.clone(), s.label(lang))),
    );
    html! {
        form class="form group" method="post" action=(url(lang, &format!("/samples/{}/derive", c.code))) {
            h2 { (lang.t("samples-derive")) }
            (components::hidden("id", &Uuid::now_v7().to_string()))
            div class="two" {
                (form.select(&Field { name: "specimen", label: lang.t("field-specimen"), value: specimen, ..Field::default() }, &kinds))
                (form.text(&Field { name: "volume_ul", label: lang.t("field-volume-ul"), value: volume, inputmode: "numeric", size: "short", ..Field::default() }))
            }
            (components::submit(&lang.t("samples-derive")))
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::custody) struct DeriveForm {
    id: Uuid,
    specimen: String,
    #[serde(default)]
    volume_ul: String,
}

pub(in crate::custody) async fn derive(
    State(app): State<App>,
    mut caller: Caller,
    Key(code): Key<ContainerCode>,
    Form(form): Form<DeriveForm>,
) -> Result<Response, Problem> {
    let preferred = app.catalogue.specimen(&form.specimen).map(|s| s.container_preferred.clone());
    let volume = match form.volume_ul.trim() {
        "" => Ok(None),
        text => number::whole(text).map(Some).map_err(|e| vec![e.fault("volume_ul")]),
    };
    let done = match volume {
        Ok(volume_ul) => {
            let (id, specimen) = (form.id, form.specimen.clone());
            let container_type = preferred.unwrap_or_default();
            let new = NewChild { id, specimen, container_type, volume_ul };
            issue::derive(&app, &caller, code, new).await
        }
        Err(faults) => Err(CustodyError::Fields(faults)),
    };
    let faults = match done {
        Ok(child) => {
            let to = url(caller.lang, &format!("/samples/{}/label", child.code));
            return Ok(Redirect::to(&to).into_response());
        }
        Err(CustodyError::Fields(faults)) => faults,
        Err(e) => return Err(e.into()),
    };
    let said = caller.lang.t("fault-refused-fields");
    let derived = Some((form.specimen.as_str(), form.volume_ul.as_str()));
    let refused = Refused { said, faults, derived, ..Refused::default() };
    caller.path = url(caller.lang, &format!("/samples/{code}"));
    draw(&app, &caller, code, Before::default(), Some(&refused)).await
}
