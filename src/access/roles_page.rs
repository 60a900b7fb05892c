//! The roles and sites of one account.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;

use super::service;
use super::users_page::{role_choices, roles_of, site_choices};
use crate::app::{App, page};
use crate::people::rights::{Right, holds};
use crate::people::{Caller, PeopleError, Person, UserId, store};
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{Fault, Form, Key, Pages, Problem, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new().get("/admin/users/{id}/roles", show).post("/admin/users/{id}/roles", change)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RolesForm {
    roles: Vec<String>,
    sites: Vec<String>,
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<UserId>,
) -> Result<Response, Problem> {
    let person = find(&app, &caller, id).await?;
    let held = RolesForm {
        roles: person.roles.iter().map(|r| r.as_str().to_owned()).collect(),
        sites: person.sites.iter().map(|s| app.sites.code(*s).to_owned()).collect(),
    };
    Ok(roles_page(&app, &caller, &person, &held, None))
}

/// The account, for an administrator.
pub(super) async fn find(app: &App, caller: &Caller, id: UserId) -> Result<Person, Problem> {
    if !holds(&caller.scope, Right::ManageUsers) {
        return Err(Problem::not_found());
    }
    let found = app.db.read(move |c| store::find(c, id)).await?;
    found.ok_or_else(Problem::not_found)
}

fn roles_page(
    app: &App,
    caller: &Caller,
    person: &Person,
    typed: &RolesForm,
    refused: Option<&PeopleError>,
) -> Response {
    let lang = caller.lang;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("users-roles")) }
        p class="lead" { (person.name) " · " (components::code(&person.login)) }
        @if person.id == caller.scope.user() {
            (components::warning(&html! { p { (lang.t("users-own-roles")) } }))
        } @else {
            form class="form group" method="post" action=(url(lang, &format!("/admin/users/{}/roles", person.id))) {
                p class="hint" { (lang.t("users-roles-text")) }
                (form.checks(&Field { name: "roles", label: lang.t("field-roles"), ..Field::default() }, &role_choices(lang), &typed.roles))
                (form.checks(&Field { name: "sites", label: lang.t("field-sites"), ..Field::default() }, &site_choices(app), &typed.sites))
                (components::submit(&lang.t("users-roles-save")))
            }
        }
        p { a href=(url(lang, "/admin/users")) { (lang.t("users-title")) } }
    };
    let shell = page(caller, lang.t("users-roles")).style("form").script("form");
    shell.refused(refused.is_some()).render(&content)
}

async fn change(
    State(app): State<App>,
    mut caller: Caller,
    Key(id): Key<UserId>,
    Form(form): Form<RolesForm>,
) -> Result<Response, Problem> {
    let person = find(&app, &caller, id).await?;
    let mut faults = vec![];
    let roles = roles_of(&form.roles, &mut faults);
    let done = match faults.is_empty() {
        true => service::set_roles(&app, Some(&caller), id, &roles, &form.sites).await,
        false => Err(PeopleError::Fields(faults)),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&url(caller.lang, "/admin/users")).into_response()),
        Err(e @ PeopleError::Fields(_)) => {
            caller.path = url(caller.lang, &format!("/admin/users/{id}/roles"));
            Ok(roles_page(&app, &caller, &person, &form, Some(&e)))
        }
        Err(e) => Err(e.into()),
    }
}
