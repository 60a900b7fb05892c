//! Two records of one child, for people: compared line by line before anybody says that they are one.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::merge::{self, Union};
use super::model::{Identity, Two};
use super::pages::{lines, shell};
use super::reading::{self, Opened};
use super::service::IdentityError;
use crate::app::App;
use crate::db::Limit;
use crate::patients::store::IdentityEventId;
use crate::patients::{self, Patient, PatientError, PatientId};
use crate::people::Caller;
use crate::web::components::{self, Field, Form as Drawn, Tone, choices};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, Query, client_id, url};

/// The pages about two records.
pub(super) fn pages() -> Pages<App> {
    Pages::new()
        .get("/patients/{id}/identity/merge", form)
        .post("/patients/{id}/identity/merge", propose)
        .get("/patients/{id}/identity/unmerge", part_form)
        .post("/patients/{id}/identity/unmerge", part)
}

/// Both records beside one another, every line, with what differs marked: the one that is merged and the
/// one that stays.
pub(super) fn compare(lang: Lang, record: &Patient, stays: &Patient) -> Markup {
    beside(lang, ("merge-record", record), ("merge-stays", stays))
}

fn beside(
    lang: Lang,
    (record_is, record): (&str, &Patient),
    (stays_is, stays): (&str, &Patient),
) -> Markup {
    let of = |p: &Patient| lines(lang, &Identity::new(p, None));
    let line = |((label, one), (_, other)): ((&str, String), (&str, String))| {
        let differ = one != other;
        vec![
            html! { b { (lang.t(label)) } },
            html! { span translate="no" { (one) } },
            html! {
                span translate="no" { (other) }
                @if differ { " " (components::chip(Tone::Warn, &lang.t("merge-differs"))) }
            },
        ]
    };
    // Folder numbers are of a centre, and both stay as they are.
    let both = of(record).into_iter().zip(of(stays));
    let rows: Vec<Vec<Markup>> =
        both.filter(|((label, _), _)| *label != "field-record").map(line).collect();
    let heads = [
        lang.t("care-field"),
        lang.tr(record_is, &[("folio", record.folio.as_str().into())]),
        lang.tr(stays_is, &[("folio", stays.folio.as_str().into())]),
    ];
    let heads: Vec<(&str, &str)> = heads.iter().map(|h| (h.as_str(), "")).collect();
    components::table(&lang.t("merge-compare"), &heads, &rows)
}

/// What a record's page of its identity says of the others of the same child.
pub(super) fn others(lang: Lang, o: &Opened) -> Markup {
    let link = |p: &Patient| {
        html! {
            a href=(url(lang, &format!("/patients/{}/identity", p.id))) { (components::code(p.folio.as_str())) }
            " " span translate="no" { (p.name().display()) }
        }
    };
    html! {
        @if let Some(stays) = &o.stays {
            (components::warning(&html! { p { (lang.t("merge-is-merged")) " " (link(stays)) } }))
        }
        @if !o.merged.is_empty() {
            (components::warning(&html! {
                p { (lang.t("merge-has")) }
                ul { @for p in &o.merged { li { (link(p)) } } }
            }))
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct With {
    with: Option<PatientId>,
}

/// What was typed. The other record is known by its key once it was compared.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Typed {
    id: String,
    with: String,
    /// The key of the record that the page compared with this one.
    seen: String,
    stays: String,
    no_twins: String,
    reason: String,
}

async fn form(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
    Query(query): Query<With>,
) -> Result<Response, Problem> {
    let o = reading::open(&app, &caller, id).await?;
    let mut typed = Typed { id: IdentityEventId::new().to_string(), ..Typed::default() };
    let mut other = None;
    if let Some(with) = query.with {
        let found = patients::service::open(&app, &caller, with).await?;
        typed.with = found.folio.to_string();
        other = Some(found);
    }
    draw(&app, &caller, &o, &typed, other.as_ref(), None)
}

fn draw(
    app: &App,
    caller: &Caller,
    o: &Opened,
    typed: &Typed,
    other: Option<&Patient>,
    refused: Option<&IdentityError>,
) -> Result<Response, Problem> {
    if !o.may {
        return Err(IdentityError::NotAllowed.into());
    }
    let lang = caller.lang;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let action = url(lang, &format!("/patients/{}/identity/merge", o.patient.id));
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("merge-title")) }
        p class="lead" { (lang.t("merge-text")) }
        form class="form" method="post" action=(action) {
            (components::hidden("id", &typed.id))
            (form.text(&Field {
                name: "with",
                label: lang.t("merge-with"),
                hint: Some(lang.t("merge-with-hint")),
                value: &typed.with,
                size: "mid",
                scan: "fill",
                ..Field::default()
            }))
            @if let Some(other) = other { (compared(&form, &o.patient, other, typed)) }
            @else { (components::submit(&lang.t("merge-find"))) }
        }
    };
    Ok(shell(app, caller, o, lang.t("merge-title"), refused.is_some(), &content))
}

/// The second half of the form, once there are two to compare.
fn compared(form: &Drawn<'_>, this: &Patient, other: &Patient, typed: &Typed) -> Markup {
    let lang = form.lang;
    let folio = |key: &str, p: &Patient| lang.tr(key, &[("folio", p.folio.as_str().into())]);
    let stays = choices([
        ("this", folio("merge-stays-this", this)),
        ("other", folio("merge-stays-other", other)),
    ]);
    let twins = this.multiple_birth || other.multiple_birth;
    html! {
        (components::hidden("seen", &other.id.to_string()))
        (beside(lang, ("merge-stays-this", this), ("merge-stays-other", other)))
        (form.radios(&Field {
            name: "stays",
            label: lang.t("merge-which-stays"),
            hint: Some(lang.t("merge-which-stays-hint")),
            value: &typed.stays,
            ..Field::default()
        }, &stays))
        @if twins {
            (form.checks(
                &Field { name: "no_twins", label: lang.t("merge-twins"), ..Field::default() },
                &choices([("yes", lang.t("merge-no-twins"))]),
                std::slice::from_ref(&typed.no_twins),
            ))
        }
        (form.text(&Field {
            name: "reason",
            label: lang.t("field-why"),
            hint: Some(lang.t("merge-why-hint")),
            value: &typed.reason,
            ..Field::default()
        }))
        (components::submit(&lang.t("merge-propose")))
    }
}

/// The one child that a text names.
async fn named(app: &App, caller: &Caller, text: &str) -> Result<Patient, IdentityError> {
    let rule = |code| IdentityError::field("with", code);
    if text.trim().is_empty() {
        return Err(rule("required"));
    }
    let found = patients::service::search(app, caller, text, None, Limit::default()).await;
    let found = found.map_err(|e| match e {
        PatientError::Fields(_) => rule("merge-nobody"),
        PatientError::Db(e) => IdentityError::Db(e),
        _ => IdentityError::NotAllowed,
    })?;
    match found.items.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(rule("merge-nobody")),
        _ => Err(rule("merge-several")),
    }
}

async fn propose(
    State(app): State<App>,
    mut caller: Caller,
    Key(id): Key<PatientId>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let back = url(caller.lang, &format!("/patients/{id}/identity"));
    caller.path = url(caller.lang, &format!("/patients/{id}/identity/merge"));
    let o = reading::open(&app, &caller, id).await?;
    let other = match named(&app, &caller, &typed.with).await {
        Ok(other) => other,
        Err(e) if matches!(e, IdentityError::Fields(_)) => {
            return draw(&app, &caller, &o, &typed, None, Some(&e));
        }
        Err(e) => return Err(e.into()),
    };
    if typed.seen != other.id.to_string() {
        return draw(&app, &caller, &o, &typed, Some(&other), None);
    }
    let done = match union(id, other.id, &typed) {
        Ok(union) => merge::propose(&app, &caller, union).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(_) => Ok(Redirect::to(&back).into_response()),
        Err(e) if e.status() < 500 && e.status() != 404 && e.status() != 403 => {
            draw(&app, &caller, &o, &typed, Some(&other), Some(&e))
        }
        Err(e) => Err(e.into()),
    }
}

fn union(this: PatientId, other: PatientId, typed: &Typed) -> Result<Union, IdentityError> {
    let two = match typed.stays.as_str() {
        "this" => Two { record: other, into: this },
        "other" => Two { record: this, into: other },
        "" => return Err(IdentityError::field("stays", "required")),
        _ => return Err(IdentityError::field("stays", "word-of-the-list")),
    };
    let no_twins = typed.no_twins == "yes";
    Ok(Union { id: key(&typed.id)?, two, no_twins, reason: typed.reason.clone() })
}

/// The client's key of a proposal.
pub(super) fn key(text: &str) -> Result<IdentityEventId, IdentityError> {
    Ok(client_id(text)?.into())
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Part {
    id: String,
    reason: String,
}

async fn part_form(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
) -> Result<Response, Problem> {
    let o = reading::open(&app, &caller, id).await?;
    let typed = Part { id: IdentityEventId::new().to_string(), ..Part::default() };
    part_page(&app, &caller, &o, &typed, None)
}

fn part_page(
    app: &App,
    caller: &Caller,
    o: &Opened,
    typed: &Part,
    refused: Option<&IdentityError>,
) -> Result<Response, Problem> {
    if !o.may {
        return Err(IdentityError::NotAllowed.into());
    }
    let lang = caller.lang;
    let faults: Vec<FieldFault> = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let action = url(lang, &format!("/patients/{}/identity/unmerge", o.patient.id));
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("unmerge-title")) }
        p class="lead" { (lang.t("unmerge-text")) }
        (others(lang, o))
        @if let Some(stays) = &o.stays {
            (compare(lang, &o.patient, stays))
            form class="form" method="post" action=(action) {
                (components::hidden("id", &typed.id))
                (form.text(&Field {
                    name: "reason",
                    label: lang.t("field-why"),
                    hint: Some(lang.t("unmerge-why-hint")),
                    value: &typed.reason,
                    ..Field::default()
                }))
                (components::submit(&lang.t("unmerge-propose")))
            }
        } @else { p { (lang.t("fault-merge-not-merged")) } }
    };
    Ok(shell(app, caller, o, lang.t("unmerge-title"), refused.is_some(), &content))
}

async fn part(
    State(app): State<App>,
    mut caller: Caller,
    Key(id): Key<PatientId>,
    Form(typed): Form<Part>,
) -> Result<Response, Problem> {
    let back = url(caller.lang, &format!("/patients/{id}/identity"));
    caller.path = url(caller.lang, &format!("/patients/{id}/identity/unmerge"));
    let done = match key(&typed.id) {
        Ok(key) => merge::propose_unmerge(&app, &caller, id, key, &typed.reason).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(_) => Ok(Redirect::to(&back).into_response()),
        Err(e) if e.status() < 500 && e.status() != 404 && e.status() != 403 => {
            let o = reading::open(&app, &caller, id).await?;
            part_page(&app, &caller, &o, &typed, Some(&e))
        }
        Err(e) => Err(e.into()),
    }
}
