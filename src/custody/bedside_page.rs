//! The bedside: two identifiers, the label read again, what was drawn and when.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;
use uuid::Uuid;

use super::Outcome;
use super::command::Action;
use super::input::{Batch, Scan, Source};
use super::pages::specimen_text;
use super::service;
use crate::app::{App, page};
use crate::codes::ContainerCode;
use crate::containers::Container;
use crate::db::Day;
use crate::patients::pages::banner;
use crate::people::Caller;
use crate::web::components::{self, Field, Form as Drawn, choices};
use crate::web::{FieldFault, Form, Key, Problem, time, url};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CollectForm {
    id: Uuid,
    /// The label in the hand, read again at the bedside.
    code: String,
    name_confirmed: String,
    second_confirmed: String,
    #[serde(deserialize_with = "crate::web::form::optional_number")]
    pull: Option<i64>,
    volume_ml: String,
    container_type: String,
    day: String,
    time: String,
}

pub(super) async fn show(
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
    let local = app.sites.local(Some(c.centre_id), caller.now);
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
    let birth = time::day(lang, patient.birth_date);
    let second = match &record {
        Some(r) => format!("{birth} · {} {r}", lang.t("field-record")),
        None => birth,
    };
    let content = html! {
        @if let Some(said) = said { (components::errors(lang, said, faults)) }
        h1 { (lang.t("collect-title")) }
        p class="lead" { (specimen_text(app, lang, &c)) " · " (components::code(&c.code.grouped())) }
        form class="form" method="post" action=(url(lang, &format!("/samples/{}/collect", c.code))) {
            (components::hidden("id", &typed.id.to_string()))
            fieldset class="group" {
                legend { (lang.t("collect-identify")) }
                (form.radios(&Field { name: "name_confirmed", label: patient.name().display(), hint: Some(lang.t("collect-name-hint")), value: &typed.name_confirmed, ..Field::default() }, &confirm))
                (form.radios(&Field { name: "second_confirmed", label: second, hint: Some(lang.t("collect-second-hint")), value: &typed.second_confirmed, ..Field::default() }, &confirm))
                (form.text(&Field { name: "code", label: lang.t("collect-scan"), hint: Some(lang.t("collect-scan-hint")), value: &typed.code, inputmode: "numeric", ..Field::default() }))
            }
            fieldset class="group" {
                legend { (lang.t("collect-what")) }
                @let pull = typed.pull.map(|p| p.to_string()).unwrap_or_default();
                @if matches!(c.specimen.as_str(), "BM" | "BMG") {
                    (form.radios(&Field { name: "pull", label: lang.t("field-pull"), hint: Some(lang.t("collect-pull-hint")), value: &pull, ..Field::default() }, &choices([("1", lang.t("pull-1")), ("2", lang.t("pull-2")), ("3", lang.t("pull-3"))])))
                }
                (form.radios(&Field { name: "container_type", label: lang.t("collect-cap"), value: &typed.container_type, ..Field::default() }, &caps))
                (form.text(&Field { name: "volume_ml", label: lang.t("field-volume-ml"), value: &typed.volume_ml, inputmode: "decimal", size: "short", ..Field::default() }))
            }
            fieldset class="group" {
                legend { (lang.t("collect-when")) }
                (form.radios(&Field { name: "day", label: lang.t("collect-day"), value: &typed.day, ..Field::default() }, &choices([("today", lang.t("collect-today")), ("yesterday", lang.t("collect-yesterday"))])))
                (form.text(&Field { name: "time", label: lang.t("collect-time"), hint: Some(lang.tr("collect-time-hint", &[("now", now_text.into())])), value: &typed.time, inputmode: "numeric", size: "short", ..Field::default() }))
            }
            (components::submit(&lang.t("collect-save")))
        }
    };
    let today = Day(local.date());
    Ok(page(caller, lang.t("collect-title"))
        .style("form")
        .script("form")
        .width("narrow")
        .banner(banner(app, lang, &patient, today, record.as_deref()))
        .refused(said.is_some())
        .render(&content))
}

/// Microlitres of millilitres as written: `3`, `2.5`.
fn microlitres(text: &str) -> Option<i64> {
    let (whole, part) = text.trim().split_once(['.', ',']).unwrap_or((text.trim(), "0"));
    let digits = |s: &str| !s.is_empty() && s.len() <= 3 && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return None;
    }
    Some(whole.parse::<i64>().ok()? * 1000 + format!("{part:0<3}").parse::<i64>().ok()?)
}

/// The instant of a day chip and a 24 h time on the centre's wall.
fn bedside_time(
    app: &App,
    c: &Container,
    now: crate::db::Instant,
    day: &str,
    text: &str,
) -> Option<crate::db::Instant> {
    let local = app.sites.local(Some(c.centre_id), now);
    let date = match day {
        "today" => local.date(),
        "yesterday" => Day(local.date()).plus_days(-1).0,
        _ => return None,
    };
    let (h, m) = text.trim().split_once(':')?;
    let at = date.at(h.parse().ok()?, m.parse().ok().filter(|m| (0..60).contains(m))?, 0, 0);
    let zoned = at.to_zoned_datetime(app.sites.zone(Some(c.centre_id))).ok()?;
    Some(zoned.timestamp().into())
}

pub(super) async fn collect(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Form(form): Form<CollectForm>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let c = service::open(&app, &caller, code).await?;
    let mut faults = vec![];
    for (field, value) in
        [("name_confirmed", &form.name_confirmed), ("second_confirmed", &form.second_confirmed)]
    {
        if value != "yes" {
            faults.push(FieldFault::new(field, "identifier-to-confirm"));
        }
    }
    match form.code.parse::<ContainerCode>() {
        Ok(read) if read == code => {}
        Ok(_) => faults.push(FieldFault::new("code", "other-label")),
        Err(e) => faults.push(e.fault("code")),
    }
    let marrow = matches!(c.specimen.as_str(), "BM" | "BMG");
    if marrow && form.pull.is_none() {
        faults.push(FieldFault::new("pull", "required"));
    }
    if form.container_type.is_empty() {
        faults.push(FieldFault::new("container_type", "required"));
    }
    let volume = microlitres(&form.volume_ml);
    if volume.is_none_or(|v| !(50..=50_000).contains(&v)) {
        faults.push(FieldFault::new("volume_ml", "volume"));
    }
    if !matches!(form.day.as_str(), "today" | "yesterday") {
        faults.push(FieldFault::new("day", "required"));
    }
    let at = bedside_time(&app, &c, caller.now, &form.day, &form.time);
    if at.is_none() {
        faults.push(FieldFault::new("time", "time-of-day"));
    } else if at.is_some_and(|at| at.seconds_since(caller.now) > 120) {
        faults.push(FieldFault::new("time", "date-in-future"));
    }
    let (Some(occurred_at), true) = (at, faults.is_empty()) else {
        let said = lang.t("fault-refused-fields");
        return collect_page(&app, &caller, code, &form, Some(&said), &faults).await;
    };
    let scan = Scan {
        id: form.id,
        source: Some(Source::Manual),
        identifiers_confirmed: Some(true),
        pull: form.pull.and_then(|p| i32::try_from(p).ok()),
        volume_ul: volume,
        container_type: Some(form.container_type.clone()),
        ..Scan::new(form.id, code.as_str(), Action::Collect, occurred_at)
    };
    let answers = service::scan(&app, &caller, Batch::of(scan)).await?;
    match answers.first() {
        Some(a) if a.outcome == Outcome::Refused => {
            let said = format!("{}. {}", a.text, a.next.as_deref().unwrap_or_default());
            // The refusal is that scan's answer for good: what is changed now is another scan.
            let form = CollectForm { id: Uuid::now_v7(), ..form };
            collect_page(&app, &caller, code, &form, Some(&said), &[]).await
        }
        _ => Ok(Redirect::to(&url(lang, &format!("/samples/{code}"))).into_response()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millilitres_are_read_exactly() {
        assert_eq!(microlitres("3"), Some(3000));
        assert_eq!(microlitres("2.5"), Some(2500));
        assert_eq!(microlitres("0,75"), Some(750));
        for wrong in ["", ".", "3.", "tres", "1.2345", "-1", "1e3"] {
            assert_eq!(microlitres(wrong), None, "{wrong}");
        }
    }
}
