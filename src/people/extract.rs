//! The signed-in person of a request.

use axum::extract::{FromRef, FromRequestParts};
use http::header;
use http::request::Parts;

use super::{CookieNames, Credential, PeopleError, Scope, SessionId, Sessions, service};
use crate::db::{Clock, Db, Instant, Stand, Standing};
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
    /// Where accounts and sessions are.
    pub db: Db,
    /// Sessions seen lately.
    pub sessions: Sessions,
    /// The server's clock.
    pub clock: Clock,
    /// The cookies that count.
    pub cookies: CookieNames,
    /// How the server stands with its database.
    pub standing: Standing,
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
    /// The session that the request proved, without its secret.
    pub session: SessionId,
    /// The address asked for, without its query.
    pub path: String,
    /// How the server stood with its database when the request came.
    pub stand: Stand,
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
        let credential = Credential::of(&parts.headers, people.cookies);
        let token = credential.token().ok_or(PeopleError::SignedOut)?;
        let session = service::resume(&people, token, now).await?;
        let is_page = paths::has_lang(&path);
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
        let (stand, scope) = (people.standing.get(), session.scope);
        Ok(Self { scope, now, lang, request, session: session.id, path, stand })
    }
}
