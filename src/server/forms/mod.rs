//! The one door of everything that a page sends. A form is taken only in a session of the person it
//! was drawn for, and a script's request only if it says whose it is: on a shared computer another
//! person may have signed in since. What was typed is kept for who typed it.
//!
//! [`draw`] marks every form of every page on its way out, [`check`] reads the mark on its way in: a
//! page can't forget it, and a form without it is refused.

mod draw;
mod refused;

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::{body, page_routes};
use crate::access::kept::{self, Kept, KeptId};
use crate::app::App;
use crate::db::DbError;
use crate::people::{CookieNames, Credential, PeopleError, Session, UserId, service as people};
use crate::studies::attachment;
use crate::web::drawn::{Mark, Sent};
use crate::web::{Lang, Problem, Upload, multipart, paths, url};

pub(super) use draw::draw;

/// For whom a page's script sends: the key of the person the page was drawn for.
const PERSON: &str = "x-rastro-person";

/// What [`draw`] must know of a form that was sent.
#[derive(Debug, Clone, Default)]
struct Answered(Arc<Mutex<Option<Again>>>);

/// The form that the answer draws again, refused.
#[derive(Debug, Clone)]
struct Again {
    /// The page it stood on first.
    page: String,
    /// Where it is sent.
    action: String,
    /// What was kept of it.
    kept: Option<uuid::Uuid>,
}

impl Answered {
    fn set(&self, again: Again) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(again);
    }
    fn take(&self) -> Option<Again> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Lets through what the person at the computer sends themselves.
pub(super) async fn check(State(app): State<App>, req: Request, next: Next) -> Response {
    let route = req.extensions().get::<MatchedPath>().map(|m| m.as_str().to_owned());
    let is_form =
        req.method() == Method::POST && route.is_some_and(|r| forms_of_somebody().contains(&r));
    if is_form {
        return form(&app, req, next).await;
    }
    let (parts, body) = req.into_parts();
    match script(&app, &parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => problem.into_response(),
    }
}

/// The patterns of the addresses that take a form of somebody signed in: all but the sign-in's own.
fn forms_of_somebody() -> &'static HashSet<String> {
    static ALL: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let taken = page_routes()
            .into_iter()
            .filter(|(method, path)| method == Method::POST && path != "/sign-in");
        taken.flat_map(|(_, path)| Lang::ALL.map(|lang| url(lang, &path))).collect()
    });
    &ALL
}

/// A cookie's session is whoever signed in last, so what a script sends with it must say whose it is.
async fn script(app: &App, req: &Parts) -> Result<(), Problem> {
    let headers = &req.headers;
    let path = req.uri.path();
    let signs_in = req.method == Method::POST && path == "/api/v1/session";
    let is_program = credential(app, headers).is_of_a_program();
    if req.method.is_safe() || is_program || signs_in || !path.starts_with("/api/v1/") {
        return Ok(());
    }
    // Without a session it is the handler's to refuse.
    let Some(session) = session(app, headers).await? else { return Ok(()) };
    match headers.get(PERSON).map(|v| v.to_str().unwrap_or_default().parse::<UserId>()) {
        // A station that was opened before an upgrade says it in its batch, and would drop a reading
        // that is refused.
        None if path == "/api/v1/scans" => Ok(()),
        None => Err(Problem::new(StatusCode::BAD_REQUEST, "person-unsaid")),
        Some(Ok(person)) if person == session.scope.user() => Ok(()),
        Some(_) => Err(Problem::new(StatusCode::CONFLICT, "another-person")),
    }
}

fn credential(app: &App, headers: &HeaderMap) -> Credential {
    Credential::of(headers, CookieNames::of(app.settings.secure_cookies()))
}

async fn session(app: &App, headers: &HeaderMap) -> Result<Option<Session>, Problem> {
    let credential = credential(app, headers);
    let Some(token) = credential.token() else { return Ok(None) };
    match people::resume(&app.people(), token, app.now()).await {
        Ok(session) => Ok(Some(session)),
        Err(PeopleError::SignedOut) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// The person of a mark.
struct Whose {
    id: UserId,
    name: String,
}

async fn form(app: &App, req: Request, next: Next) -> Response {
    let (mut parts, body) = req.into_parts();
    let largest = match largest(app, &parts).await {
        Ok(bytes) => bytes,
        Err(problem) => return problem.into_response(),
    };
    let sent = match read(body, largest).await.and_then(|bytes| without_file(&mut parts, bytes)) {
        Ok(bytes) => Sent::of(&bytes),
        Err(problem) => return problem.into_response(),
    };
    match decide(app, &parts, &sent).await {
        Ok(Way::Through) => through(app, parts, sent, next).await,
        Ok(Way::Handler) => next.run(Request::from_parts(parts, Body::from(sent.rest))).await,
        Ok(Way::Answer(response)) => response,
        Err(problem) => problem.into_response(),
    }
}

/// The largest form at an address. Nobody who isn't signed in has a file read for them.
async fn largest(app: &App, parts: &Parts) -> Result<usize, Problem> {
    let usual = app.settings.max_body_bytes;
    Ok(match takes_report(parts) && session(app, &parts.headers).await?.is_some() {
        true => usual.max(attachment::BODY_BYTES),
        false => usual,
    })
}

fn takes_report(parts: &Parts) -> bool {
    parts.extensions.get::<MatchedPath>().is_some_and(|m| body::takes_report(m.as_str()))
}

/// The texts of a form that brings a file, as any other form has them; the file goes to the handler beside it.
/// It is never kept: who sent it has it.
fn without_file(parts: &mut Parts, body: Bytes) -> Result<Bytes, Problem> {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let Some(boundary) = kind.and_then(multipart::boundary).filter(|_| takes_report(parts)) else {
        return Ok(body);
    };
    let unreadable = || Problem::new(StatusCode::BAD_REQUEST, "body-unreadable");
    let found = multipart::parted(&body, boundary).ok_or_else(unreadable)?;
    let texts = serde_html_form::to_string(&found.texts).map_err(|_| unreadable())?;
    let plain = HeaderValue::from_static("application/x-www-form-urlencoded");
    parts.headers.insert(header::CONTENT_TYPE, plain);
    if let Some(file) = found.file {
        parts.extensions.insert(Upload(file));
    }
    Ok(texts.into())
}

async fn read(body: Body, max: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, max).collect().await {
        Ok(all) => Ok(all.to_bytes()),
        Err(e) if e.is::<LengthLimitError>() => {
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large"))
        }
        Err(_) => Err(Problem::new(StatusCode::BAD_REQUEST, "body-unreadable")),
    }
}

/// Where a form goes.
enum Way {
    /// To its handler: it is of who is signed in.
    Through,
    /// To its handler, which refuses it: nobody is signed in.
    Handler,
    /// Nowhere; this is said.
    Answer(Response),
}

async fn decide(app: &App, parts: &Parts, sent: &Sent) -> Result<Way, Problem> {
    let (session, whose) = (session(app, &parts.headers).await?, whose(app, sent).await?);
    match (session, whose) {
        (None, whose) => ended(app, parts, sent, whose).await,
        (Some(_), _) if !is_form(&parts.headers) => {
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-a-form"))
        }
        (Some(_), None) => Err(Problem::new(StatusCode::BAD_REQUEST, "form-unmarked")),
        (Some(session), Some(whose)) if whose.id == session.scope.user() => Ok(Way::Through),
        (Some(session), Some(whose)) => another(app, parts, sent, session, whose).await,
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim() == "application/x-www-form-urlencoded"
}

async fn whose(app: &App, sent: &Sent) -> Result<Option<Whose>, DbError> {
    let Some(mark) = &sent.mark else { return Ok(None) };
    let found = kept::person_of(app, mark.session).await?;
    Ok(found.map(|(id, name)| Whose { id, name }))
}

/// Whether a script sent it, which keeps what was typed itself and sends it again.
fn by_script(parts: &Parts) -> bool {
    parts.headers.contains_key(PERSON)
}

async fn keep(
    app: &App,
    parts: &Parts,
    sent: &Sent,
    person: UserId,
) -> Result<Option<Kept>, DbError> {
    kept::keep(app, &parts.headers, person, parts.uri.path(), sent).await
}

/// The session ended while the form was filled in: to the sign-in page, which leads back to it.
async fn ended(
    app: &App,
    parts: &Parts,
    sent: &Sent,
    whose: Option<Whose>,
) -> Result<Way, Problem> {
    let Some(whose) = whose.filter(|_| !by_script(parts)) else { return Ok(Way::Handler) };
    let Some(kept) = keep(app, parts, sent, whose.id).await? else { return Ok(Way::Handler) };
    tracing::info!(kept = %kept.id, "form kept: its session was over");
    let lang = paths::lang_of(parts.uri.path());
    let to = Redirect::to(&sign_in(lang, &kept.again));
    Ok(Way::Answer(([(header::SET_COOKIE, kept.cookie)], to).into_response()))
}

/// The sign-in page on the way to what was kept.
fn sign_in(lang: Lang, again: &str) -> String {
    let query = serde_html_form::to_string([("next", again), ("ended", "kept")]);
    format!("{}?{}", url(lang, "/sign-in"), query.unwrap_or_default())
}

/// Another person is signed in than the one who was shown the form.
async fn another(
    app: &App,
    parts: &Parts,
    sent: &Sent,
    session: Session,
    whose: Whose,
) -> Result<Way, Problem> {
    if by_script(parts) {
        return Err(Problem::new(StatusCode::CONFLICT, "another-person"));
    }
    let kept = keep(app, parts, sent, whose.id).await?;
    tracing::info!(code = "another-person", kept = kept.is_some(), "refused");
    let page = sent.mark.as_ref().map_or("", |m| m.page.as_str());
    let said = refused::Another { whose: &whose.name, page, kept: kept.as_ref() };
    let mut response = refused::page(app, parts, session, &said);
    if let Some(kept) = kept {
        response.headers_mut().insert(header::SET_COOKIE, kept.cookie);
    }
    Ok(Way::Answer(response))
}

/// Gives the form to its handler. What was kept of it is forgotten once it is taken.
async fn through(app: &App, mut parts: Parts, sent: Sent, next: Next) -> Response {
    let Some(Mark { session: of, page, kept, .. }) = sent.mark else {
        return Problem::new(StatusCode::BAD_REQUEST, "form-unmarked").into_response();
    };
    let action = parts.uri.path().to_owned();
    let answered = parts.extensions.get::<Answered>().cloned().unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    let response = next.run(Request::from_parts(parts, Body::from(sent.rest))).await;
    let status = response.status();
    match kept {
        Some(id) if status.is_success() || status.is_redirection() => {
            forget(app, of, KeptId(id)).await;
            answered.set(Again { page, action, kept: None });
        }
        kept => answered.set(Again { page, action, kept }),
    }
    response
}

async fn forget(app: &App, session: uuid::Uuid, id: KeptId) {
    let done = match kept::person_of(app, session).await {
        Ok(Some((person, _))) => kept::saved(app, person, id).await,
        Ok(None) => Ok(()),
        Err(e) => Err(e),
    };
    if let Err(e) = done {
        // It is over within the hour by itself; until then saving it again finds it saved.
        tracing::warn!(kept = %id, error = %e, "a saved form stays kept");
    }
}
