//! Resuming and ending sessions.

use super::session::TOUCH_SECONDS;
use super::{People, PeopleError, Session, SessionId, Token, UserId, store};
use crate::db::Instant;
use crate::web::{Lang, Problem, url};

/// The live session behind `token`. What was changed or ended elsewhere counts within ten seconds: a
/// session is read again when it was last read longer ago, however busy it is. A request that was let
/// in before is answered to its end, which comes within `request_timeout_seconds`; whatever is signed
/// or changed with a password looks at the account again as it is written.
///
/// # Errors
/// [`PeopleError::SignedOut`] when there is none, it ended, or its person was disabled.
pub async fn resume(people: &People, token: &Token, now: Instant) -> Result<Session, PeopleError> {
    let hash = token.hash();
    let cached = people.sessions.get(&hash, now);
    let is_cached = cached.is_some();
    let (mut session, read) = match cached {
        Some(found) => found,
        None => {
            let read = people.sessions.reading(now);
            let found = people.db.point(move |c| Ok::<_, PeopleError>(store::session(c, &hash)?));
            (found.await?.ok_or(PeopleError::SignedOut)?, read)
        }
    };
    if session.is_over(now) {
        people.sessions.forget(session.id);
        return Err(PeopleError::SignedOut);
    }
    let is_seen = now.seconds_since(session.last_seen_at) < TOUCH_SECONDS;
    if !is_seen {
        let id = session.id;
        people.db.write(move |tx| Ok::<_, PeopleError>(store::touch(tx, id, now)?)).await?;
        session.last_seen_at = now;
    }
    if !is_cached || !is_seen {
        people.sessions.put(hash, session.clone(), read);
    }
    Ok(session)
}

/// Starts a session for `person`, who has just proved who they are.
pub async fn start(
    people: &People,
    person: UserId,
    user_agent: String,
    now: Instant,
) -> Result<(Token, SessionId), PeopleError> {
    let token =
        Token::new().map_err(|e| crate::db::DbError::Corrupt(format!("no random numbers: {e}")))?;
    let (hash, id) = (token.hash(), SessionId::new());
    people
        .db
        .write(move |tx| {
            Ok::<_, PeopleError>(store::start_session(tx, id, &hash, person, &user_agent, now)?)
        })
        .await?;
    Ok((token, id))
}

/// Ends one session.
pub async fn end(people: &People, id: SessionId, now: Instant) -> Result<(), PeopleError> {
    people.db.write(move |tx| Ok::<_, PeopleError>(store::end_session(tx, id, now)?)).await?;
    people.sessions.forget(id);
    Ok(())
}

/// Ends every session of a person.
pub async fn end_all(people: &People, person: UserId, now: Instant) -> Result<(), PeopleError> {
    people
        .db
        .write(move |tx| Ok::<_, PeopleError>(store::end_sessions_of(tx, person, now)?))
        .await?;
    people.sessions.forget_person(person);
    Ok(())
}

/// Whether an address may be used before a password chosen by an administrator is changed.
pub(super) fn may_before_change(path: &str) -> bool {
    path == "/api/v1/session"
        || path == "/api/v1/account/password"
        || Lang::ALL.iter().any(|l| {
            path == url(*l, "/account")
                || path == url(*l, "/sign-out")
                || path == url(*l, "/account/password")
        })
}

pub(super) fn password_change_first(is_page: bool) -> Problem {
    let mut problem = Problem::new(http::StatusCode::FORBIDDEN, "change-password-first");
    if is_page {
        problem.go_to = Some("/account".into());
    }
    problem
}
