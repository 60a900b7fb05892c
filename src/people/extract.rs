//! The signed-in person of a request.

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use http::{HeaderMap, header};

use super::{PeopleError, Scope, SessionId, Sessions, Token, service};
use crate::db::{Clock, Db, Instant};
use crate::web::{Lang, Problem, paths};

/// A request's number: shown to the person, written to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(pub uuid::Uuid);

impl RequestId {
    /// A new one.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(uuid::Uuid::now_v7())
    }
}
impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// What the people capability needs of a running server.
#[derive(Clone)]
pub struct People {
    /// The database.
    pub db: Db,
    /// Sessions seen lately.
    pub sessions: Sessions,
    /// The server's clock.
    pub clock: Clock,
}

/// A signed-in person making a request. The only way to a [`Scope`].
#[derive(Debug, Clone)]
pub struct Caller {
    /// What they may reach.
    pub scope: Scope,
    /// The server's clock when the request came.
    pub now: Instant,
    /// The page's language, or the one the client prefers.
    pub lang: Lang,
    /// The request's number.
    pub request: RequestId,
    /// Their session.
    pub session: SessionId,
    /// The address asked for, without its query.
    pub path: String,
}

/// Cookie of a server reached by https or on this machine.
pub const COOKIE: &str = "__Host-rastro";
/// Cookie where neither holds (plain http in a closed network, a deliberate setting).
pub const PLAIN_COOKIE: &str = "rastro";

/// The session's secret in `headers`: `Authorization: Bearer …` of programs, or the cookie.
pub fn token_in(headers: &HeaderMap) -> Option<Token> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("Bearer "));
    if let Some(text) = bearer {
        return Token::decode(text);
    }
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE || *name == PLAIN_COOKIE)
        .and_then(|(_, value)| Token::decode(value))
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    People: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let people = People::from_ref(state);
        let now = people.clock.now();
        let path = parts
            .extensions
            .get::<axum::extract::OriginalUri>()
            .map_or_else(|| parts.uri.path().to_owned(), |u| u.0.path().to_owned());
        let token = token_in(&parts.headers).ok_or(PeopleError::SignedOut)?;
        let session = service::resume(&people, &token, now).await?;
        let is_page = path.starts_with("/es") || path.starts_with("/en");
        if session.must_change_password && !service::may_before_change(&path) {
            return Err(service::password_change_first(is_page));
        }
        let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        let lang = match (is_page, accepted) {
            (true, _) => paths::lang_of(&path),
            (false, Some(header)) => Lang::accepted(Some(header)),
            (false, None) => session.lang,
        };
        let request = parts.extensions.get::<RequestId>().copied().unwrap_or_else(RequestId::new);
        Ok(Self { scope: session.scope, now, lang, request, session: session.id, path })
    }
}
