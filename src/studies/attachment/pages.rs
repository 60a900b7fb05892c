//! Reports attached to a request, for people: the list, the form that attaches one, and how one is taken back.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::api::address;
use super::model::AttachmentId;
use super::service::{self, Attachment, AttachmentError, Opened};
use crate::app::{App, page};
use crate::patients::pages::banner;
use crate::people::Caller;
use crate::studies::pages::what;
use crate::studies::{Study, StudyId, service as studies_service};
use crate::web::components::{self, Field, Form as Drawn, Tone};
use crate::web::{Fault, Form, Key, Lang, Pages, Problem, Upload, time, url};

pub(in crate::studies) fn pages() -> Pages<App> {
    Pages::new()
        .get("/studies/{id}/attachments", show)
        .post("/studies/{id}/attachments", attach)
        .post("/studies/{id}/attachments/withdraw", withdraw)
}

/// The way to a request's reports, on its page.
pub(in crate::studies) fn link(lang: Lang, s: &Study) -> Markup {
    let to = url(lang, &format!("/studies/{}/attachments", s.id));
    html! { p { a href=(to) { (lang.t("attachments-see")) } } }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AttachForm {
    title: String,
    /// The file's name alone, of a form that was not sent in parts: it brings no bytes.
    file: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WithdrawForm {
    attachment: Option<AttachmentId>,
    reason: String,
}

/// What was typed, and why it was refused.
#[derive(Default)]
struct Typed {
    title: String,
    withdraw: WithdrawForm,
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Response, Problem> {
    draw(&app, &caller, id, &Typed::default(), None).await
}

async fn draw(
    app: &App,
    caller: &Caller,
    id: StudyId,
    typed: &Typed,
    refused: Option<&AttachmentError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let o = service::list(app, caller, id).await?;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("attachments-title")) }
        p class="lead" {
            a href=(url(lang, &format!("/studies/{id}"))) { span class="mono" { (o.study.number) } }
            " · " (what(lang, &o.study))
        }
        (components::unreadable(lang, &o.unreadable))
        @if o.attachments.is_empty() {
            (components::none(&o.unreadable, &lang.t("attachments-none"), &lang.t("attachments-none-advice")))
        }
        @for one in &o.attachments { (attached(app, lang, &o, one, &form, typed)) }
        @if o.may { (attach_form(lang, id, &form, typed)) }
    };
    let today = studies_service::today(app, caller);
    Ok(page(caller, lang.t("attachments-title"))
        .style("form")
        .script("form")
        .width("narrow")
        .banner(banner(app, lang, &o.patient, today, None))
        .refused(refused.is_some())
        .render(&content))
}

/// How large a file is, in whole kilobytes: nobody asks for more.
fn size(lang: Lang, bytes: i64) -> String {
    lang.tr("attachments-size", &[("kilobytes", ((bytes + 1023) / 1024).into())])
}

fn attached(
    app: &App,
    lang: Lang,
    o: &Opened,
    one: &Attachment,
    form: &Drawn<'_>,
    typed: &Typed,
) -> Markup {
    let step = &one.step;
    let who = |s: &super::store::Step| {
        let name = o.names.get(&s.actor_id).map_or("", String::as_str);
        let zone = app.sites.zone(Some(s.site_id));
        html! { (name) ", " (time::time(lang, s.recorded_at, zone)) }
    };
    html! {
        article class="card" aria-labelledby=(format!("a-{}", step.seq)) {
            h2 id=(format!("a-{}", step.seq)) { (step.said) }
            p { (step.media_type.name()) " · " (size(lang, step.bytes)) " · " (who(step)) }
            @match &one.withdrawn {
                Some(taken) => {
                    p { (components::chip(Tone::Stop, &lang.t("attachments-withdrawn"))) " " (who(taken)) ": " (taken.said) }
                }
                None => {
                    p { a class="btn" href=(address(o.study.id, step.event_id)) download { (lang.t("attachments-open")) } }
                    @if o.may { (withdraw_form(lang, o.study.id, step.event_id, form, typed)) }
                }
            }
        }
    }
}

fn withdraw_form(
    lang: Lang,
    study: StudyId,
    id: AttachmentId,
    form: &Drawn<'_>,
    typed: &Typed,
) -> Markup {
    let of = typed.withdraw.attachment == Some(id);
    let key = id.to_string();
    let reason = Field {
        name: "reason",
        of: &key,
        label: lang.t("field-reason"),
        hint: Some(lang.t("attachments-withdraw-hint")),
        value: if of { &typed.withdraw.reason } else { "" },
        ..Field::default()
    };
    let none = Drawn { lang, faults: &[] };
    html! {
        details open[of] {
            summary { (lang.t("attachments-withdraw")) }
            form class="form" method="post" action=(url(lang, &format!("/studies/{study}/attachments/withdraw"))) {
                (components::hidden("attachment", &key))
                (if of { form.text(&reason) } else { none.text(&reason) })
                (components::submit(&lang.t("attachments-withdraw")))
            }
        }
    }
}

fn attach_form(lang: Lang, study: StudyId, form: &Drawn<'_>, typed: &Typed) -> Markup {
    let title = Field {
        name: "title",
        label: lang.t("attachments-what"),
        hint: Some(lang.t("attachments-what-hint")),
        value: &typed.title,
        ..Field::default()
    };
    let file = Field {
        name: "file",
        label: lang.t("attachments-file"),
        hint: Some(lang.t("attachments-file-hint")),
        ..Field::default()
    };
    let action = url(lang, &format!("/studies/{study}/attachments"));
    html! {
        section class="card" aria-labelledby="attach" {
            h2 id="attach" { (lang.t("attachments-attach")) }
            form class="form" method="post" enctype="multipart/form-data" action=(action) {
                (form.text(&title))
                (form.file(&file, ".pdf,.jpg,.jpeg,application/pdf,image/jpeg"))
                (components::submit(&lang.t("attachments-attach")))
            }
        }
    }
}

/// What follows a form: the list again, or the form with what was typed and why it was refused.
async fn answered<T>(
    app: &App,
    mut caller: Caller,
    id: StudyId,
    typed: Typed,
    done: Result<T, AttachmentError>,
) -> Result<Response, Problem> {
    let back = url(caller.lang, &format!("/studies/{id}/attachments"));
    match done {
        Ok(_) => Ok(Redirect::to(&back).into_response()),
        Err(e) if e.status() < 500 && e.status() != 404 && e.status() != 403 => {
            caller.path = back;
            draw(app, &caller, id, &typed, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

async fn attach(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
    upload: Option<Extension<Upload>>,
    Form(form): Form<AttachForm>,
) -> Result<Response, Problem> {
    let bytes = upload.map(|Extension(file)| file.0.to_vec()).unwrap_or_default();
    if bytes.is_empty() && !form.file.is_empty() {
        tracing::info!(study = %id, "a form brought a file's name and no file");
    }
    let done = service::attach(&app, &caller, id, &form.title, bytes).await;
    let typed = Typed { title: form.title, ..Typed::default() };
    answered(&app, caller, id, typed, done).await
}

async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
    Form(form): Form<WithdrawForm>,
) -> Result<Response, Problem> {
    let done = match form.attachment {
        Some(one) => service::withdraw(&app, &caller, id, one, &form.reason).await,
        None => Err(AttachmentError::field("attachment", "required")),
    };
    let typed = Typed { withdraw: form, ..Typed::default() };
    answered(&app, caller, id, typed, done).await
}
