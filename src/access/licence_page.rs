//! The professional licence of one account.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;

use super::roles_page::find;
use super::service;
use crate::app::{App, page};
use crate::people::{Caller, PeopleError, Person, UserId};
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{Fault, Form, Key, Pages, Problem, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new().get("/admin/users/{id}/licence", show).post("/admin/users/{id}/licence", change)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LicenceForm {
    licence: String,
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<UserId>,
) -> Result<Response, Problem> {
    let person = find(&app, &caller, id).await?;
    let held = person.licence.as_ref().map_or("", |l| l.as_str());
    Ok(licence_page(&caller, &person, held, None))
}

fn licence_page(
    caller: &Caller,
    person: &Person,
    typed: &str,
    refused: Option<&PeopleError>,
) -> Response {
    let lang = caller.lang;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let action = url(lang, &format!("/admin/users/{}/licence", person.id));
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("field-licence")) }
        p class="lead" { (person.name) " · " (components::code(&person.login)) }
        form class="form group" method="post" action=(action) {
            p class="hint" { (lang.t("users-licence-text")) }
            (form.text(&Field { name: "licence", label: lang.t("field-licence"), hint: Some(lang.t("hint-account-licence")), value: typed, size: "short", ..Field::default() }))
            (components::submit(&lang.t("users-licence-save")))
        }
        p { a href=(url(lang, "/admin/users")) { (lang.t("users-title")) } }
    };
    let shell = page(caller, lang.t("field-licence")).style("form").script("form");
    shell.refused(refused.is_some()).render(&content)
}

async fn change(
    State(app): State<App>,
    mut caller: Caller,
    Key(id): Key<UserId>,
    Form(form): Form<LicenceForm>,
) -> Result<Response, Problem> {
    let person = find(&app, &caller, id).await?;
    match service::set_licence(&app, Some(&caller), id, &form.licence).await {
        Ok(()) => Ok(Redirect::to(&url(caller.lang, "/admin/users")).into_response()),
        Err(e @ PeopleError::Fields(_)) => {
            caller.path = url(caller.lang, &format!("/admin/users/{id}/licence"));
            Ok(licence_page(&caller, &person, &form.licence, Some(&e)))
        }
        Err(e) => Err(e.into()),
    }
}
