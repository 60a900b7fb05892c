//! Signing in and out, one's own account, the administration of users, the start page.

use axum::Extension;
use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::api::{clear_cookie, set_cookie, user_agent};
use super::service::{self, NewPerson};
use crate::app::{App, page};
use crate::db::Limit;
use crate::people::{Caller, PeopleError, Person, RequestId, Role, UserId, store};
use crate::sites::SiteId;
use crate::web::components::{self, Choice, Field, Form as Drawn, Tone, choices};
use crate::web::{
    Fault, FieldFault, Form, HtmlPage, Key, Lang, Pages, Problem, Query, paths, time, url,
};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/", start)
        .get("/sign-in", sign_in_form)
        .post("/sign-in", sign_in)
        .post("/sign-out", sign_out)
        .post("/sign-out-everywhere", sign_out_everywhere)
        .get("/account", account)
        .post("/account/password", change_password)
        .get("/admin/users", users)
        .post("/admin/users", add_user)
        .post("/admin/users/{id}/disable", disable_user)
        .post("/admin/users/{id}/reset", reset_user)
        .get("/help", help)
}

/// Everybody starts where their work is.
async fn start(caller: Caller) -> Redirect {
    let scope = &caller.scope;
    let path = if scope.has(Role::Admin) {
        "/admin/users"
    } else if scope.has_any(&[Role::Courier, Role::Reception, Role::Bench]) {
        "/station"
    } else if scope.has_any(&[Role::Analyst, Role::Validator, Role::LabHead]) {
        "/results"
    } else if scope.sees_identity() {
        "/patients"
    } else if scope.has(Role::Auditor) {
        "/audit"
    } else {
        "/samples"
    };
    Redirect::to(&url(caller.lang, path))
}

/// Where signing in leads, and what the page says meanwhile. The link to the other language carries
/// the same.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Next {
    next: String,
    /// `page` or `form`: the session ended while that was asked for or sent.
    ended: String,
    /// `wrong-credentials`: what was refused in the other language.
    refused: String,
}

async fn sign_in_form(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Query(said): Query<Next>,
) -> Response {
    let wrong = PeopleError::WrongCredentials;
    let refused = Some(&wrong).filter(|e| e.code() == said.refused);
    let e = Entering { next: &said.next, ended: &said.ended, refused, ..Entering::default() };
    sign_in_page(&app, uri.path(), &e)
}

/// What the sign-in page is drawn from.
#[derive(Default)]
struct Entering<'a> {
    next: &'a str,
    login: &'a str,
    /// As [`Next::ended`].
    ended: &'a str,
    refused: Option<&'a PeopleError>,
    /// What it is answered with; 200 if not said.
    status: StatusCode,
}

impl Entering<'_> {
    /// The same page in the other language.
    fn twin(&self, path: &str) -> String {
        let next = own_page(paths::lang_of(path), self.next).unwrap_or_default();
        let (there, query) = next.split_once('?').map_or((next, ""), |(p, q)| (p, q));
        let mut next = if there.is_empty() { String::new() } else { paths::twin(there) };
        if !query.is_empty() {
            next = format!("{next}?{query}");
        }
        let refused = self.refused.filter(|e| matches!(e, PeopleError::WrongCredentials));
        let said = Next {
            next,
            ended: self.ended_key().map_or("", |_| self.ended).to_owned(),
            refused: refused.map_or("", |e| e.code()).to_owned(),
        };
        let query = serde_html_form::to_string(&said).unwrap_or_default();
        format!("{}?{query}", paths::twin(path))
    }
    fn ended_key(&self) -> Option<&'static str> {
        match self.ended {
            "form" => Some("sign-in-ended-form"),
            "page" => Some("sign-in-ended"),
            _ => None,
        }
    }
}

/// `next`, if it is a page of ours in `lang`: an address that another page could have put there leads
/// nowhere.
fn own_page(lang: Lang, next: &str) -> Option<&str> {
    let own = next.starts_with(&format!("/{}/", lang.prefix()))
        && !next.contains("//")
        && !next.contains('\\')
        && next.bytes().all(|b| b.is_ascii_graphic());
    own.then_some(next)
}

fn sign_in_page(app: &App, path: &str, e: &Entering<'_>) -> Response {
    let (lang, refused) = (paths::lang_of(path), e.refused);
    let form = Drawn { lang, faults: &[] };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &[])) }
        h1 { (lang.t("sign-in-title")) }
        @if let Some(ended) = e.ended_key() { (components::warning(&html! { p { (lang.t(ended)) } })) }
        form class="form group" method="post" action=(url(lang, "/sign-in")) {
            (components::hidden("next", own_page(lang, e.next).unwrap_or_default()))
            (form.text(&Field { name: "login", label: lang.t("field-login"), value: e.login, autocomplete: "username", ..Field::default() }))
            (form.text(&Field { name: "password", label: lang.t("field-password"), kind: "password", autocomplete: "current-password", ..Field::default() }))
            (components::submit(&lang.t("sign-in")))
        }
        @if app.settings.demo {
            section class="card" {
                h2 { (lang.t("demo-accounts")) }
                p class="hint" { (lang.t("demo-password")) " " b class="mono" { "jacarandas en flor" } }
                ul class="accounts" {
                    @for (login, what) in DEMO { li { b class="mono" { (login) } " · " (lang.t(&format!("role-{what}"))) } }
                }
            }
        }
    };
    HtmlPage::new(lang, path, lang.t("sign-in-title"))
        .twin(e.twin(path))
        .style("form")
        .script("form")
        .width("narrow")
        .refused(refused.is_some())
        .status(e.status)
        .render(&content)
}

/// Accounts of `rastro demo`, as shown on its sign-in page.
const DEMO: &[(&str, &str)] = &[
    ("enfermera", "collector"),
    ("mensajero", "courier"),
    ("recepcion", "reception"),
    ("analista", "analyst"),
    ("validador", "validator"),
    ("oncologa", "oncologist"),
    ("jefa", "lab-head"),
    ("coordinadora", "coordinator"),
    ("calidad", "quality"),
    ("auditora", "auditor"),
    ("admin", "admin"),
    ("enfermero-tij", "collector"),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    #[serde(default)]
    next: String,
    login: String,
    password: String,
}

async fn sign_in(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Result<Response, Problem> {
    let agent = user_agent(&headers);
    match service::sign_in(&app, &form.login, &form.password, agent, request).await {
        Ok(done) => {
            let lang = paths::lang_of(uri.path());
            let to = if done.person.must_change_password {
                url(lang, "/account")
            } else {
                own_page(lang, &form.next).map_or_else(|| url(lang, "/"), str::to_owned)
            };
            let cookie = set_cookie(&app, &done.token);
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&to)).into_response())
        }
        Err(e @ (PeopleError::WrongCredentials | PeopleError::Locked { .. })) => {
            let (next, login) = (form.next.as_str(), form.login.as_str());
            let status = StatusCode::from_u16(e.status()).unwrap_or(StatusCode::UNAUTHORIZED);
            let again = Entering { next, login, refused: Some(&e), ended: "", status };
            Ok(sign_in_page(&app, uri.path(), &again))
        }
        Err(e) => Err(e.into()),
    }
}

async fn sign_out(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    service::sign_out(&app, &caller).await?;
    Ok(gone(&app, caller.lang))
}

async fn sign_out_everywhere(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    service::sign_out_everywhere(&app, &caller).await?;
    Ok(gone(&app, caller.lang))
}

fn gone(app: &App, lang: Lang) -> Response {
    let to = Redirect::to(&url(lang, "/sign-in"));
    ([(header::SET_COOKIE, clear_cookie(app))], to).into_response()
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
    let open = app.db.read(move |c| store::open_sessions(c, user, now)).await?;
    let zone = app.sites.zone(caller.scope.home());
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let roles: Vec<String> = caller.scope.roles().iter().map(|r| r.label(lang)).collect();
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("account-title")) }
        p class="lead" { (caller.scope.name()) " · " (roles.join(", ")) }
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
    Form(form): Form<PasswordForm>,
) -> Result<Response, Problem> {
    match service::change_password(&app, &caller, &form.old, form.new).await {
        Ok(()) => Ok(gone(&app, caller.lang)),
        Err(e @ (PeopleError::Fields(_) | PeopleError::Locked { .. })) => {
            caller.path = url(caller.lang, "/account");
            account_page(&app, &caller, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UserForm {
    login: String,
    name: String,
    roles: Vec<String>,
    sites: Vec<String>,
    lang: String,
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
    if !caller.scope.has(Role::Admin) {
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
        (components::table(&lang.t("users-title"), &[
            (&lang.t("field-login"), ""), (&lang.t("field-name"), ""), (&lang.t("field-roles"), ""),
            (&lang.t("field-sites"), ""), (&lang.t("field-state"), ""), (&lang.t("field-actions"), ""),
        ], &rows))
        (components::next_page(lang, next))
        form class="form group" method="post" action=(url(lang, "/admin/users")) {
            h2 { (lang.t("users-add")) }
            (form.text(&Field { name: "login", label: lang.t("field-login"), hint: Some(lang.t("hint-login")), value: &typed.login, ..Field::default() }))
            (form.text(&Field { name: "name", label: lang.t("field-name"), hint: Some(lang.t("hint-name")), value: &typed.name, ..Field::default() }))
            (form.checks(&Field { name: "roles", label: lang.t("field-roles"), ..Field::default() }, &role_choices(lang), &typed.roles))
            (form.checks(&Field { name: "sites", label: lang.t("field-sites"), ..Field::default() }, &site_choices(app), &typed.sites))
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
        @if p.disabled_at.is_none() {
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
        html! { (p.name) },
        html! { (roles.join(", ")) },
        html! { (sites.join(" ")) },
        state,
        actions,
    ]
}

fn role_choices(lang: Lang) -> Vec<Choice> {
    choices(Role::ALL.iter().map(|r| (r.as_str(), r.label(lang))))
}

fn site_choices(app: &App) -> Vec<Choice> {
    choices(app.sites.all().iter().map(|s| (s.code.clone(), format!("{} · {}", s.code, s.city))))
}

async fn add_user(
    State(app): State<App>,
    caller: Caller,
    Form(form): Form<UserForm>,
) -> Result<Response, Problem> {
    let mut faults = vec![];
    let mut roles = vec![];
    for word in &form.roles {
        match word.parse() {
            Ok(role) => roles.push(role),
            Err(_) => faults.push(FieldFault::new("roles", "role-required")),
        }
    }
    let new = NewPerson {
        login: form.login.trim().to_owned(),
        name: form.name.clone(),
        roles,
        sites: form.sites.clone(),
        lang: Lang::from_prefix(&form.lang).unwrap_or_default(),
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

/// One page that says, for each role, what to do and in which order.
async fn help(caller: Caller) -> Response {
    let lang = caller.lang;
    let topics = ["register", "collect", "hand-over", "receive", "result", "course", "problem"];
    let content = html! {
        h1 { (lang.t("help-title")) }
        @for topic in topics {
            section class="card" {
                h2 { (lang.t(&format!("help-{topic}"))) }
                p { (lang.t(&format!("help-{topic}-text"))) }
            }
        }
    };
    page(&caller, lang.t("help-title")).render(&content)
}
