//! The administration of users.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::service::{self, NewPerson};
use crate::app::{App, page};
use crate::db::Limit;
use crate::people::rights::{Right, holds};
use crate::people::{Caller, PeopleError, Person, Role, UserId, store};
use crate::sites::SiteId;
use crate::web::components::{self, Choice, Field, Form as Drawn, Tone, choices};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, Query, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new()
        .get("/admin/users", users)
        .post("/admin/users", add_user)
        .post("/admin/users/{id}/disable", disable_user)
        .post("/admin/users/{id}/enable", enable_user)
        .post("/admin/users/{id}/reset", reset_user)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UserForm {
    login: String,
    name: String,
    roles: Vec<String>,
    sites: Vec<String>,
    lang: String,
    licence: String,
    password: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct After {
    after: String,
}

async fn users(
    State(app): State<App>,
    caller: Caller,
    Query(after): Query<After>,
) -> Result<Response, Problem> {
    users_page(&app, &caller, &after.after, &UserForm::default(), None).await
}

async fn users_page(
    app: &App,
    caller: &Caller,
    after: &str,
    typed: &UserForm,
    refused: Option<&PeopleError>,
) -> Result<Response, Problem> {
    if !holds(&caller.scope, Right::ManageUsers) {
        return Err(Problem::not_found());
    }
    let (lang, from) = (caller.lang, after.to_owned());
    let list = app.db.read(move |c| store::list(c, &from, Limit::default())).await?;
    let next = list.next.as_ref().map(|n| format!("{}?after={n}", url(lang, "/admin/users")));
    let rows: Vec<Vec<Markup>> = list.items.iter().map(|p| user_row(app, lang, p)).collect();
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("users-title")) }
        (components::unreadable(lang, &list.unreadable))
        (components::table_of(lang, "users-title", &["field-login", "field-name", "field-roles", "field-sites", "field-state", "field-actions"], &rows))
        (components::next_page(lang, next))
        form class="form group" method="post" action=(url(lang, "/admin/users")) {
            h2 { (lang.t("users-add")) }
            (form.text(&Field { name: "login", label: lang.t("field-login"), hint: Some(lang.t("hint-login")), value: &typed.login, ..Field::default() }))
            (form.text(&Field { name: "name", label: lang.t("field-name"), hint: Some(lang.t("hint-name")), value: &typed.name, ..Field::default() }))
            (form.checks(&Field { name: "roles", label: lang.t("field-roles"), ..Field::default() }, &role_choices(lang), &typed.roles))
            (form.checks(&Field { name: "sites", label: lang.t("field-sites"), ..Field::default() }, &site_choices(app), &typed.sites))
            (form.text(&Field { name: "licence", label: lang.t("field-licence"), hint: Some(lang.t("hint-account-licence")), value: &typed.licence, size: "short", ..Field::default() }))
            (form.text(&Field { name: "password", label: lang.t("field-first-password"), hint: Some(lang.t("hint-password")), kind: "password", autocomplete: "new-password", ..Field::default() }))
            (components::submit(&lang.t("users-add")))
        }
    };
    let title = lang.t("users-title");
    Ok(page(caller, title).style("form").script("form").refused(refused.is_some()).render(&content))
}

fn user_row(app: &App, lang: Lang, p: &Person) -> Vec<Markup> {
    let roles: Vec<String> = p.roles.iter().map(|r| r.label(lang)).collect();
    let sites: Vec<&str> = p.sites.iter().map(|s: &SiteId| app.sites.code(*s)).collect();
    let state = match p.disabled_at {
        Some(_) => components::chip(Tone::Neutral, &lang.t("users-disabled")),
        None => components::chip(Tone::Ok, &lang.t("users-active")),
    };
    let to = |what: &str| url(lang, &format!("/admin/users/{}/{what}", p.id));
    let actions = html! {
        @if p.disabled_at.is_some() {
            form method="post" action=(to("enable")) {
                button class="btn small" type="submit" { (lang.t("users-enable")) }
            }
        } @else {
            a class="btn small" href=(to("roles")) { (lang.t("users-roles")) span class="vh" { " " (p.login) } }
            a class="btn small" href=(to("licence")) { (lang.t("field-licence")) span class="vh" { " " (p.login) } }
            details { summary { (lang.t("users-change")) }
                form class="form" method="post" action=(to("reset")) {
                    label for=(format!("reset-{}", p.id)) { (lang.t("field-first-password")) }
                    input id=(format!("reset-{}", p.id)) type="password" name="password" autocomplete="new-password";
                    button class="btn small" type="submit" { (lang.t("users-reset")) }
                }
                form method="post" action=(to("disable")) {
                    button class="btn small stop" type="submit" { (lang.t("users-disable")) }
                }
            }
        }
    };
    vec![
        components::code(&p.login),
        html! { (p.name) @if let Some(l) = &p.licence { br; span class="hint" { (lang.tr("licence-of", &[("number", l.as_str().into())])) } } },
        html! { (roles.join(", ")) },
        html! { (sites.join(" ")) },
        state,
        actions,
    ]
}

pub(super) fn role_choices(lang: Lang) -> Vec<Choice> {
    choices(Role::ALL.iter().map(|r| (r.as_str(), r.label(lang))))
}

pub(super) fn site_choices(app: &App) -> Vec<Choice> {
    choices(app.sites.open().map(|s| (s.code.clone(), format!("{} · {}", s.code, s.city))))
}

/// The roles that were ticked.
pub(super) fn roles_of(words: &[String], faults: &mut Vec<FieldFault>) -> Vec<Role> {
    let mut roles = vec![];
    for word in words {
        match word.parse() {
            Ok(role) => roles.push(role),
            Err(_) => faults.push(FieldFault::new("roles", "role-required")),
        }
    }
    roles
}

async fn add_user(
    State(app): State<App>,
    caller: Caller,
    Form(form): Form<UserForm>,
) -> Result<Response, Problem> {
    let mut faults = vec![];
    let roles = roles_of(&form.roles, &mut faults);
    let new = NewPerson {
        login: form.login.trim().to_owned(),
        name: form.name.clone(),
        roles,
        sites: form.sites.clone(),
        lang: Lang::from_prefix(&form.lang).unwrap_or_default(),
        licence: form.licence.clone(),
        password: form.password.clone(),
        keep_password: false,
    };
    let done = match faults.is_empty() {
        true => service::add_person(&app, Some(&caller), new).await.map(|_| ()),
        false => Err(PeopleError::Fields(faults)),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&url(caller.lang, "/admin/users")).into_response()),
        Err(e @ PeopleError::Fields(_)) => users_page(&app, &caller, "", &form, Some(&e)).await,
        Err(e) => Err(e.into()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoFields {}

async fn disable_user(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<UserId>,
    Form(NoFields {}): Form<NoFields>,
) -> Result<Redirect, Problem> {
    service::disable_person(&app, Some(&caller), id).await?;
    Ok(Redirect::to(&url(caller.lang, "/admin/users")))
}

async fn enable_user(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<UserId>,
    Form(NoFields {}): Form<NoFields>,
) -> Result<Redirect, Problem> {
    service::enable_person(&app, Some(&caller), id).await?;
    Ok(Redirect::to(&url(caller.lang, "/admin/users")))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResetForm {
    password: String,
}

async fn reset_user(
    State(app): State<App>,
    mut caller: Caller,
    Key(id): Key<UserId>,
    Form(form): Form<ResetForm>,
) -> Result<Response, Problem> {
    match service::reset_password(&app, Some(&caller), id, form.password).await {
        Ok(()) => Ok(Redirect::to(&url(caller.lang, "/admin/users")).into_response()),
        Err(e @ PeopleError::Fields(_)) => {
            caller.path = url(caller.lang, "/admin/users");
            users_page(&app, &caller, "", &UserForm::default(), Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}
