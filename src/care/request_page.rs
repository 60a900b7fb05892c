//! One question between centres: what is asked, what was typed beside what is there, and the
//! answer.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::pages::{child, chip, what};
use super::reading::{self, Shown};
use super::refusal::CareError;
use super::service;
use super::store::Side;
use crate::app::{App, page};
use crate::db::Instant;
use crate::patients::BirthDate;
use crate::patients::relation::{CareKind, CareRequestId, CareState};
use crate::people::{Caller, UserId};
use crate::web::components::{self, Field, Form as Drawn, Tone, choices};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, flag, time, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new()
        .get("/care/{id}", show)
        .post("/care/{id}/answer", answer)
        .post("/care/{id}/end", end)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AnswerForm {
    answer: String,
    reason: String,
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<CareRequestId>,
) -> Result<Response, Problem> {
    draw(&app, &caller, id, &AnswerForm::default(), None).await
}

async fn answer(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<CareRequestId>,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Problem> {
    let done = match flag("answer", &form.answer, None) {
        Ok(yes) => service::answer(&app, &caller, id, yes, &form.reason).await,
        Err(fault) => Err(CareError::Fields(vec![fault])),
    };
    told(&app, caller, id, &form, done).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EndForm {
    reason: String,
}

async fn end(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<CareRequestId>,
    Form(form): Form<EndForm>,
) -> Result<Response, Problem> {
    let done = service::end(&app, &caller, id, &form.reason).await;
    let typed = AnswerForm { answer: String::new(), reason: form.reason };
    told(&app, caller, id, &typed, done).await
}

async fn told(
    app: &App,
    mut caller: Caller,
    id: CareRequestId,
    typed: &AnswerForm,
    done: Result<(), CareError>,
) -> Result<Response, Problem> {
    let back = url(caller.lang, &format!("/care/{id}"));
    match done {
        Ok(()) => Ok(Redirect::to(&back).into_response()),
        Err(e) if e.status() < 500 && e.status() != 404 => {
            caller.path = back;
            draw(app, &caller, id, typed, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

async fn draw(
    app: &App,
    caller: &Caller,
    id: CareRequestId,
    typed: &AnswerForm,
    refused: Option<&CareError>,
) -> Result<Response, Problem> {
    let (lang, s) = (caller.lang, reading::open(app, caller, id).await?);
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (what(lang, &s)) }
        p { (chip(caller, &s.request)) }
        (next(lang, &s))
        (facts(app, caller, &s))
        @if s.side == Side::Treating { (side_by_side(lang, &s)) }
        (alike(lang, &s))
        (decide(lang, &s, typed, &faults))
    };
    let shell = page(caller, what(lang, &s)).style("form").script("form").width("narrow");
    Ok(shell.refused(refused.is_some()).render(&content))
}

/// What it means for who asked, and what they do next.
fn next(lang: Lang, s: &Shown) -> Markup {
    let r = &s.request;
    if s.side != Side::Asker {
        return Markup::default();
    }
    let open = r.state == CareState::Open;
    let key = match (r.kind, r.state) {
        (CareKind::Transfer, CareState::Granted) => "care-next-transfer".to_owned(),
        _ if open => format!("care-next-{}", r.kind),
        _ => format!("care-next-{}", r.state),
    };
    html! {
        p { (lang.t(&key)) }
        @if let Some(p) = &s.patient {
            p { a class="btn strong" href=(url(lang, &format!("/patients/{}", p.id))) { (lang.t("care-open-record")) } }
        } @else if let Some(p) = &s.provisional {
            p { a class="btn strong" href=(url(lang, &format!("/patients/{}", p.id))) { (lang.t("care-open-record")) } }
        } @else if r.kind == CareKind::Ask && open {
            p { a class="btn" href=(url(lang, "/patients/new")) { (lang.t("care-cant-wait")) } }
        }
    }
}

fn facts(app: &App, caller: &Caller, s: &Shown) -> Markup {
    let (lang, r) = (caller.lang, &s.request);
    let zone = || app.sites.zone(caller.scope.home().or(Some(r.site_id)));
    let moment = |at: Instant| time::time(lang, at, zone());
    let name = |id: UserId| s.names.get(&id).cloned().unwrap_or_default();
    let transfer = r.kind == CareKind::Transfer;
    let site = if transfer { "care-to" } else { "care-from" };
    let mut facts = vec![
        (lang.t("field-name"), child(lang, s)),
        (lang.t(site), components::text(app.sites.name(r.site_id))),
        (lang.t("care-asked-by"), html! { (name(r.asked_by)) " · " (moment(r.asked_at)) }),
    ];
    if !r.reason.is_empty() {
        facts.push((lang.t("field-why"), components::text(&r.reason)));
    }
    if let Some(senior) = r.in_charge {
        facts.push((lang.t("elsewhere-in-charge"), components::text(name(senior))));
    }
    if !s.treating.is_empty() {
        let names: Vec<&str> = s.treating.iter().map(|id| app.sites.name(*id)).collect();
        facts.push((lang.t("care-treating"), components::text(names.join(" · "))));
    }
    if r.state == CareState::Open {
        facts.push((lang.t("care-due"), moment(r.due_at)));
    }
    if let (Some(by), Some(at), false) = (r.answered_by, r.answered_at, transfer) {
        facts.push((lang.t("care-answered-by"), html! { (name(by)) " · " (moment(at)) }));
    }
    if let Some(words) = &r.answer {
        facts.push((lang.t("care-answer-words"), components::text(words)));
    }
    components::facts(&facts)
}

/// What was typed beside the record: for who treats the child.
fn side_by_side(lang: Lang, s: &Shown) -> Markup {
    let typed: serde_json::Value = serde_json::from_str(&s.request.typed).unwrap_or_default();
    let Some(p) = s.patient.as_ref().filter(|_| typed["name"].is_string()) else {
        return Markup::default();
    };
    let day =
        |text: &str| text.parse::<BirthDate>().map_or_else(|_| text.to_owned(), |d| d.text(lang));
    let said = |key: &str| match (key, typed[key].as_str()) {
        (_, None) => lang.t("not-given"),
        ("birth_date", Some(text)) => day(text),
        ("sex", Some(text)) => lang.t(&format!("sex-{text}")),
        (_, Some(text)) => text.to_owned(),
    };
    let or = |v: Option<String>| v.unwrap_or_else(|| lang.t("not-given"));
    let lines = [
        ("name", "field-name", p.name().display()),
        ("birth_date", "field-birth", p.birth().text(lang)),
        ("sex", "field-sex", lang.t(&format!("sex-{}", p.sex))),
        ("curp", "field-curp", or(p.curp.as_ref().map(ToString::to_string))),
        ("nss", "field-nss", or(p.nss.as_ref().map(ToString::to_string))),
        ("agregado", "field-agregado", or(p.agregado.as_ref().map(ToString::to_string))),
    ];
    let rows: Vec<Vec<Markup>> = lines
        .iter()
        .map(|(key, label, here)| {
            vec![
                html! { b { (lang.t(label)) } },
                html! { span translate="no" { (here) } },
                html! { span translate="no" { (said(key)) } },
            ]
        })
        .collect();
    let heads = ["care-field", "care-here", "care-typed"];
    html! {
        h2 { (lang.t("care-compare")) }
        (components::table_of(lang, "care-compare", &heads, &rows))
    }
}

/// In what the two are alike, in words: all that coordination needs, without the identity.
fn alike(lang: Lang, s: &Shown) -> Markup {
    let Some(l) = s.likeness.filter(|_| s.request.kind != CareKind::Transfer) else {
        return Markup::default();
    };
    let pairs = [
        ("field-curp", l.curp),
        ("field-nss", l.nss),
        ("field-name", l.name),
        ("field-birth", l.birth_date),
    ];
    html! {
        p {
            @for (label, same) in pairs {
                @let word = if same { "care-same-field" } else { "care-other-field" };
                (components::chip(
                    if same { Tone::Ok } else { Tone::Neutral },
                    &lang.tr(word, &[("field", lang.t(label).into())]),
                )) " "
            }
        }
    }
}

/// The forms that this caller may send now.
fn decide(lang: Lang, s: &Shown, typed: &AnswerForm, faults: &[FieldFault]) -> Markup {
    let r = &s.request;
    let form = Drawn { lang, faults };
    let why = || {
        form.area(&Field {
            name: "reason",
            label: lang.t("field-why"),
            value: &typed.reason,
            ..Field::default()
        })
    };
    let to = |what: &str| url(lang, &format!("/care/{}/{what}", r.id));
    if s.may_answer {
        let text = |answer: &str| lang.t(&format!("care-{answer}-{}", r.kind));
        let may = [("yes", true), ("no", s.may_decline)].into_iter().filter(|(_, may)| *may);
        let ways = choices(may.map(|(answer, _)| (answer, text(answer))));
        return html! {
            form class="form group" method="post" action=(to("answer")) {
                h2 { (lang.t("care-answer")) }
                p { (lang.t("care-answer-text")) }
                (form.radios(
                    &Field { name: "answer", label: lang.t("field-decision"), value: &typed.answer, ..Field::default() },
                    &ways,
                ))
                (why())
                (components::submit(&lang.t("care-answer-send")))
            }
        };
    }
    if s.may_end {
        return html! {
            form class="form group" method="post" action=(to("end")) {
                h2 { (lang.t("care-end")) }
                p { (lang.t("care-end-text")) }
                (why())
                (components::submit(&lang.t("care-end")))
            }
        };
    }
    Markup::default()
}
