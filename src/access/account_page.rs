//! One's own account: the password, and where one is signed in.

use axum::extract::State;
use axum::response::Response;
use maud::html;
use serde::Deserialize;

use super::browser::Browser;
use super::service;
use super::sign_in_page::gone;
use crate::app::{App, page};
use crate::people::{Caller, PeopleError, store};
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{Fault, Form, Pages, Problem, time, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new().get("/account", account).post("/account/password", change_password)
}

async fn account(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    account_page(&app, &caller, None).await
}

async fn account_page(
    app: &App,
    caller: &Caller,
    refused: Option<&PeopleError>,
) -> Result<Response, Problem> {
    let (user, now, lang) = (caller.scope.user(), caller.now, caller.lang);
    let read = app.db.read(move |c| {
        let licence = store::licence_of(c, user)?;
        Ok::<_, PeopleError>((store::open_sessions(c, user, now)?, licence))
    });
    let (open, licence) = read.await?;
    let zone = app.wall(&caller.scope);
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let roles: Vec<String> = caller.scope.roles().iter().map(|r| r.label(lang)).collect();
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("account-title")) }
        p class="lead" { (caller.scope.name()) " · " (roles.join(", ")) " · " (service::licence_text(lang, licence.as_ref())) }
        form class="form group" method="post" action=(url(lang, "/account/password")) {
            h2 { (lang.t("account-password")) }
            (form.text(&Field { name: "old", label: lang.t("field-old-password"), kind: "password", autocomplete: "current-password", ..Field::default() }))
            (form.text(&Field { name: "new", label: lang.t("field-new-password"), hint: Some(lang.t("hint-password")), kind: "password", autocomplete: "new-password", ..Field::default() }))
            (components::submit(&lang.t("account-change")))
        }
        section class="card" {
            h2 { (lang.t("account-sessions")) }
            ul class="timeline" { @for s in &open { li {
                (time::time(lang, s.last_seen_at, zone.clone()))
                span { (s.user_agent) @if s.id == caller.session { " · " b { (lang.t("account-this")) } } }
            } } }
            form method="post" action=(url(lang, "/sign-out-everywhere")) {
                button class="btn stop" type="submit" { (lang.t("account-sign-out-everywhere")) }
            }
        }
    };
    let title = lang.t("account-title");
    Ok(page(caller, title)
        .style("form")
        .script("form")
        .width("narrow")
        .refused(refused.is_some())
        .render(&content))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordForm {
    old: String,
    new: String,
}

async fn change_password(
    State(app): State<App>,
    mut caller: Caller,
    browser: Browser,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Problem> {
    match service::change_password(&app, &caller, &form.old, form.new, browser.device).await {
        Ok(()) => Ok(gone(&app, caller.lang)),
        Err(e @ (PeopleError::Fields(_) | PeopleError::Locked { .. } | PeopleError::Busy)) => {
            caller.path = url(caller.lang, "/account");
            account_page(&app, &caller, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}
