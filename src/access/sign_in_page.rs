//! Signing in and out.

use axum::Extension;
use axum::extract::{OriginalUri, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use maud::html;
use serde::{Deserialize, Serialize};

use super::browser::{Browser, clear_cookie, set_cookies};
use super::{kept, service};
use crate::app::App;
use crate::demo::{self, PASSWORD};
use crate::people::{Caller, PeopleError, RequestId, UserId};
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{Fault, Form, HtmlPage, Lang, Pages, Problem, Query, paths, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new()
        .get("/sign-in", sign_in_form)
        .post("/sign-in", sign_in)
        .post("/sign-out", sign_out)
        .post("/sign-out-everywhere", sign_out_everywhere)
}

/// Where signing in leads, and what the page says meanwhile. The link to the other language carries
/// the same.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Next {
    next: String,
    /// `page` or `form`: the session ended while that was asked for or sent; `kept`: what was typed in
    /// the form is kept for who typed it; `wrong`: by wrong passwords.
    ended: String,
    /// `wrong-credentials`: what was refused in the other language.
    refused: String,
}

async fn sign_in_form(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Query(said): Query<Next>,
) -> Result<Response, Problem> {
    let wrong = PeopleError::WrongCredentials;
    let refused = Some(&wrong).filter(|e| e.code() == said.refused);
    let e = Entering { next: &said.next, ended: &said.ended, refused, ..Entering::default() };
    sign_in_page(&app, uri.path(), &e).await
}

/// What the sign-in page is drawn from.
#[derive(Default)]
struct Entering<'a> {
    next: &'a str,
    login: &'a str,
    /// Why the person is asked to sign in again: a word of [`Next::ended`], or empty.
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
            "kept" => Some("sign-in-ended-kept"),
            "page" => Some("sign-in-ended"),
            "wrong" => Some("sign-in-ended-wrong"),
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

async fn sign_in_page(app: &App, path: &str, e: &Entering<'_>) -> Result<Response, Problem> {
    let (lang, refused) = (paths::lang_of(path), e.refused);
    let accounts = match app.settings.demo {
        true => demo_accounts(app).await?,
        false => vec![],
    };
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
        @if !accounts.is_empty() {
            section class="card" {
                h2 { (lang.t("demo-accounts")) }
                p class="hint" { (lang.t("demo-password")) " " b class="mono" { (PASSWORD) } }
                ul class="accounts" {
                    @for a in &accounts { li { b class="mono" { (a.login) } " · " (roles(lang, a)) } }
                }
            }
        }
    };
    let page = HtmlPage::new(lang, path, lang.t("sign-in-title")).twin(e.twin(path));
    let page = page.style("form").script("form").width("narrow").refused(refused.is_some());
    Ok(page.status(e.status).render(&content))
}

fn roles(lang: Lang, account: &demo::Account) -> String {
    account.roles.iter().map(|r| r.label(lang)).collect::<Vec<_>>().join(", ")
}

/// The accounts of the demonstration that can sign in now.
async fn demo_accounts(app: &App) -> Result<Vec<demo::Account>, PeopleError> {
    let all = app.db.read(|c| Ok::<_, PeopleError>(demo::store::accounts(c)?)).await?;
    Ok(all.into_iter().filter(|a| a.opens).collect())
}

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
    browser: Browser,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Result<Response, Problem> {
    match service::sign_in(&app, &form.login, &form.password, browser, request).await {
        Ok(done) => {
            let lang = paths::lang_of(uri.path());
            let to = if done.person.must_change_password {
                url(lang, "/account")
            } else {
                leads_to(&app, &headers, lang, &form.next, done.person.id).await?
            };
            Ok((AppendHeaders(set_cookies(&app, &done)), Redirect::to(&to)).into_response())
        }
        Err(
            e @ (PeopleError::WrongCredentials
            | PeopleError::Locked { .. }
            | PeopleError::TooManyHere
            | PeopleError::Busy),
        ) => {
            let (next, login) = (form.next.as_str(), form.login.as_str());
            let status = StatusCode::from_u16(e.status()).unwrap_or(StatusCode::UNAUTHORIZED);
            let again = Entering { next, login, refused: Some(&e), ended: "", status };
            let mut page = sign_in_page(&app, uri.path(), &again).await?;
            if let Some(seconds) = come_again(&e) {
                page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
            }
            Ok(page)
        }
        Err(e) => Err(e.into()),
    }
}

/// Where signing in leads: to the form that this person left unsaved here, to the page that was asked
/// for, or to the start.
async fn leads_to(
    app: &App,
    headers: &HeaderMap,
    lang: Lang,
    next: &str,
    person: UserId,
) -> Result<String, Problem> {
    let next = own_page(lang, next);
    if let Some(next) = next.filter(|n| n.contains(&format!("{}=", kept::QUERY))) {
        return Ok(next.to_owned());
    }
    let left = kept::newest(app, headers, person).await?;
    Ok(left.or_else(|| next.map(str::to_owned)).unwrap_or_else(|| url(lang, "/")))
}

/// Seconds after which it is worth trying again, as the API says too.
fn come_again(e: &PeopleError) -> Option<&'static str> {
    matches!(e.status(), 429 | 503).then_some("5")
}

async fn sign_out(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    service::sign_out(&app, &caller).await?;
    Ok(gone(&app, caller.lang))
}

async fn sign_out_everywhere(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    service::sign_out_everywhere(&app, &caller).await?;
    Ok(gone(&app, caller.lang))
}

/// Signed out: to the sign-in page, without a session.
pub(super) fn gone(app: &App, lang: Lang) -> Response {
    let to = Redirect::to(&url(lang, "/sign-in"));
    (clear_cookie(app), to).into_response()
}
