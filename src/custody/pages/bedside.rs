//! The bedside: two identifiers (of twins a third), the label read again, what was drawn and when.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::told::{Refused, Told, tell};
use super::withdraw;
use super::words::specimen_text;
use crate::app::{App, page};
use crate::codes::ContainerCode;
use crate::containers::Container;
use crate::custody::asked::clocks::Clocks;
use crate::custody::asked::command::Command;
use crate::custody::asked::scan::When;
use crate::custody::asked::wall_time;
use crate::custody::error::CustodyError;
use crate::custody::record::service;
use crate::db::{Day, Instant};
use crate::patients::pages::banner;
use crate::patients::{self, Patient};
use crate::people::Caller;
use crate::studies::{self, StudyId};
use crate::web::components::{self, Field, Form as Drawn, choices};
use crate::web::number::{self, NotANumber};
use crate::web::{FieldFault, Form, Key, Lang, Problem, time, url};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::custody) struct CollectForm {
    id: Uuid,
    /// The label in the hand, read again at the bedside.
    code: String,
    name_confirmed: String,
    second_confirmed: String,
    /// Of one of a multiple birth: what it does not share with its twin.
    third_confirmed: String,
    #[serde(deserialize_with = "crate::web::form::optional_number")]
    pull: Option<i64>,
    volume_ml: String,
    container_type: String,
    day: String,
    time: String,
    time_which: String,
    /// Why the label was made long after the draw.
    reason: String,
}

pub(in crate::custody) async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
) -> Result<Response, Problem> {
    let typed = CollectForm { id: Uuid::now_v7(), ..CollectForm::default() };
    collect_page(&app, &caller, code, &typed, None, &[]).await
}

async fn collect_page(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    typed: &CollectForm,
    said: Option<&str>,
    faults: &[FieldFault],
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let c = service::open(app, caller, code).await?;
    let (Some(patient), true) = (c.patient_id, caller.scope.centres().contains(&c.centre_id))
    else {
        return Err(Problem::not_found());
    };
    let patient = crate::patients::service::open(app, caller, patient).await?;
    let scope = caller.scope.clone();
    let id = patient.id;
    let record =
        app.db.read(move |conn| crate::patients::store::record_number(conn, &scope, id)).await?;
    let form = Drawn { lang, faults };
    let local = app.sites.local(Some(c.centre_id), app.clock_watch.reckoned(caller.now));
    let days = ["today", "yesterday"].map(|chip| {
        let day = day_of(&local, chip).map(|d| time::day(lang, d)).unwrap_or_default();
        (chip, format!("{} · {day}", lang.t(&format!("collect-{chip}"))))
    });
    let behind = app.clock_watch.behind_seconds(caller.now);
    let now_text = format!("{:02}:{:02}", local.hour(), local.minute());
    let specimen = app.catalogue.specimen(&c.specimen);
    let caps = choices(
        app.catalogue
            .containers
            .iter()
            .filter(|k| specimen.is_some_and(|s| s.containers().any(|code| code == k.code)))
            .map(|k| (k.code.clone(), format!("{} · {}", k.cap_label(lang), k.label(lang)))),
    );
    let confirm = choices([("yes", lang.t("collect-matches"))]);
    let birth = patient.birth().text(lang);
    let second = match &record {
        Some(r) => format!("{birth} · {} {r}", lang.t("field-record")),
        None => birth,
    };
    let mismatch = mismatch(app, caller, &c).await;
    let content = html! {
        @if let Some(said) = said { (components::errors(lang, said, faults)) }
        h1 { (lang.t("collect-title")) }
        @if behind > 0 { (components::warning(&html! { p { (lang.tr("server-clock-behind", &[("minutes", ((behind + 59) / 60).into())])) } })) }
        p class="lead" { (specimen_text(app, lang, &c)) " · " (components::code(&c.code.grouped())) }
        form class="form" method="post" action=(url(lang, &format!("/samples/{}/collect", c.code))) {
            (components::hidden("id", &typed.id.to_string()))
            fieldset class="group" {
                legend { (lang.t("collect-identify")) }
                (form.radios(&Field { name: "name_confirmed", label: patient.name().display(), hint: Some(lang.t("collect-name-hint")), value: &typed.name_confirmed, ..Field::default() }, &confirm))
                (form.radios(&Field { name: "second_confirmed", label: second, hint: Some(lang.t("collect-second-hint")), value: &typed.second_confirmed, ..Field::default() }, &confirm))
                @if patient.multiple_birth {
                    (form.radios(&Field { name: "third_confirmed", label: third_identifier(lang, &patient), hint: Some(lang.t("collect-third-hint")), value: &typed.third_confirmed, ..Field::default() }, &confirm))
                }
                (form.text(&Field { name: "code", label: lang.t("collect-scan"), hint: Some(lang.t("collect-scan-hint")), value: &typed.code, inputmode: "numeric", scan: "fill", ..Field::default() }))
                p { a href="#mismatch" { (lang.t("mismatch-title")) } }
            }
            fieldset class="group" {
                legend { (lang.t("collect-what")) }
                @let pull = typed.pull.map(|p| p.to_string()).unwrap_or_default();
                @if app.catalogue.is_marrow(&c.specimen) {
                    (form.radios(&Field { name: "pull", label: lang.t("field-pull"), hint: Some(lang.t("collect-pull-hint")), value: &pull, ..Field::default() }, &choices([("1", lang.t("pull-1")), ("2", lang.t("pull-2")), ("3", lang.t("pull-3"))])))
                }
                (form.radios(&Field { name: "container_type", label: lang.t("collect-cap"), value: &typed.container_type, ..Field::default() }, &caps))
                (form.text(&Field { name: "volume_ml", label: lang.t("field-volume-ml"), value: &typed.volume_ml, inputmode: "decimal", size: "short", ..Field::default() }))
            }
            fieldset class="group" {
                legend { (lang.t("collect-when")) }
                (form.radios(&Field { name: "day", label: lang.t("collect-day"), value: &typed.day, ..Field::default() }, &choices(days)))
                (form.text(&Field { name: "time", label: lang.t("collect-time"), hint: Some(lang.tr("collect-time-hint", &[("now", now_text.into())])), value: &typed.time, inputmode: "numeric", size: "short", ..Field::default() }))
                (wall_time::ask_which(&form, &typed.time_which))
                (form.text(&Field { name: "reason", label: lang.t("collect-late-label"), hint: Some(lang.t("collect-late-label-hint")), value: &typed.reason, ..Field::default() }))
            }
            (components::submit(&lang.t("collect-save")))
        }
        (mismatch)
    };
    let today = Day(local.date());
    Ok(page(caller, lang.t("collect-title"))
        .style("form")
        .script("form")
        .script("scan")
        .width("narrow")
        .banner(banner(app, lang, &patient, today, record.as_deref()))
        .refused(said.is_some())
        .render(&content))
}

/// The way out where the child or the label is not the one expected: nothing is recorded, so nobody can
/// take the tube further; who asked for it is called; a tube of another child is thrown away before a
/// witness and its label given up.
async fn mismatch(app: &App, caller: &Caller, c: &Container) -> Markup {
    let lang = caller.lang;
    let call = match c.study_id {
        Some(id) => call(app, caller, id).await,
        None => lang.t("mismatch-call-who"),
    };
    html! {
        section id="mismatch" class="card" {
            h2 { (lang.t("mismatch-title")) }
            ol class="steps" {
                li { (lang.t("mismatch-hold")) }
                li { (call) }
                li { (lang.t("mismatch-same")) }
                li { (lang.t(if withdraw::may(caller, c) { "mismatch-other" } else { "mismatch-other-who" })) }
            }
            @if withdraw::may(caller, c) {
                p { a class="btn stop" href=(url(lang, &format!("/samples/{}#withdraw", c.code))) { (lang.t("mismatch-withdraw")) } }
            }
        }
    }
}

/// Whom to call. A request that can't be read must not keep anybody from drawing: then it is told without
/// a name.
async fn call(app: &App, caller: &Caller, study: StudyId) -> String {
    match studies::service::open(app, caller, study).await {
        Ok(opened) => caller.lang.tr(
            "mismatch-call",
            &[
                ("name", opened.study.requester_name.as_str().into()),
                ("phone", opened.study.critical_phone.as_str().into()),
            ],
        ),
        Err(e) => {
            tracing::warn!(error = %e, %study, "the bedside can't name who asked");
            caller.lang.t("mismatch-call-who")
        }
    }
}

/// The day of a chip, by the best that is known of the time.
fn day_of(local: &jiff::ZonedDateTime, chip: &str) -> Option<Day> {
    match chip {
        "today" => Some(Day(local.date())),
        "yesterday" => Some(Day(local.date()).plus_days(-1)),
        _ => None,
    }
}

/// When it was drawn, as typed. While the server's clock is wrong it can't tell what is the future:
/// what the person says is kept, and flagged.
fn bedside_time(
    app: &App,
    c: &Container,
    now: Instant,
    form: &CollectForm,
) -> Result<Instant, FieldFault> {
    let local = app.sites.local(Some(c.centre_id), app.clock_watch.reckoned(now));
    let day = day_of(&local, &form.day).ok_or_else(|| FieldFault::new("day", "day-missing"))?;
    let zone = app.sites.zone(Some(c.centre_id));
    let at = wall_time::typed(day, &form.time, &form.time_which, &zone)?;
    if at > Clocks::of(app, now).latest() {
        return Err(FieldFault::new("time", "date-in-future"));
    }
    Ok(at)
}

/// Twins share surnames, birth date and often the NSS: a third identifier is one that they don't.
fn third_identifier(lang: Lang, patient: &Patient) -> String {
    let folio = format!("{} {}", lang.t("field-folio"), patient.folio);
    match &patient.curp {
        Some(curp) => format!("{} {curp} · {folio}", lang.t("field-curp")),
        None => folio,
    }
}

/// Whether the tube is of one of a multiple birth.
async fn is_twin(app: &App, caller: &Caller, c: &Container) -> Result<bool, CustodyError> {
    let (scope, id) = (caller.scope.clone(), c.patient_id);
    let found = app.db.read(move |conn| match id {
        Some(id) => Ok::<_, CustodyError>(patients::merged::shown(conn, &scope, id)?),
        None => Ok(None),
    });
    Ok(found.await?.is_some_and(|p| p.multiple_birth))
}

pub(in crate::custody) async fn collect(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Form(form): Form<CollectForm>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let c = service::open(&app, &caller, code).await?;
    let mut faults = vec![];
    let twin = is_twin(&app, &caller, &c).await?;
    for (field, value, asked) in [
        ("name_confirmed", &form.name_confirmed, true),
        ("second_confirmed", &form.second_confirmed, true),
        ("third_confirmed", &form.third_confirmed, twin),
    ] {
        if asked && value != "yes" {
            faults.push(FieldFault::new(field, "identifier-to-confirm"));
        }
    }
    match form.code.parse::<ContainerCode>() {
        Ok(read) if read == code => {}
        Ok(_) => faults.push(FieldFault::new("code", "other-label")),
        Err(e) => faults.push(e.fault("code")),
    }
    if app.catalogue.is_marrow(&c.specimen) && form.pull.is_none() {
        faults.push(FieldFault::new("pull", "required"));
    }
    if form.container_type.is_empty() {
        faults.push(FieldFault::new("container_type", "required"));
    }
    // Millilitres with three decimals are microlitres.
    let volume = match number::decimal(&form.volume_ml, 3) {
        Ok(v) if (50..=50_000).contains(&v) => Some(v),
        Err(e @ NotANumber::DecimalComma(_)) => {
            faults.push(e.fault("volume_ml"));
            None
        }
        _ => {
            faults.push(FieldFault::new("volume_ml", "volume"));
            None
        }
    };
    let at = bedside_time(&app, &c, caller.now, &form).map_err(|f| faults.push(f)).ok();
    let (Some(occurred_at), true) = (at, faults.is_empty()) else {
        let said = lang.t("fault-refused-fields");
        return collect_page(&app, &caller, code, &form, Some(&said), &faults).await;
    };
    let reason = form.reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let command = Command::Collect {
        identifiers_confirmed: true,
        pull: form.pull.and_then(|p| i32::try_from(p).ok()),
        volume_ul: volume,
        container_type: Some(form.container_type.clone()),
        reason: Some(reason).filter(|r| !r.is_empty()),
    };
    let told = Told { id: form.id, code, at: When::Typed(occurred_at) };
    match tell(&app, &caller, told, Ok(command)).await? {
        Ok(()) => Ok(Redirect::to(&url(lang, &format!("/samples/{code}"))).into_response()),
        Err(refused) => {
            // The refusal is that scan's answer for good: what is changed now is another scan.
            let form = CollectForm { id: Uuid::now_v7(), ..form };
            let Refused { said, faults } = refused;
            collect_page(&app, &caller, code, &form, Some(&said), &faults).await
        }
    }
}
