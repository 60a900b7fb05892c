//! Resuming sessions and proving again who one is.

use super::session::TOUCH_SECONDS;
use super::{
    Caller, People, PeopleError, Session, SessionId, Token, UserId, lock_seconds, password, store,
};
use crate::db::Instant;
use crate::web::{Lang, Problem, url};

/// The live session behind `token`.
///
/// # Errors
/// [`PeopleError::SignedOut`] when there is none, it ended, or its person was disabled.
pub async fn resume(people: &People, token: &Token, now: Instant) -> Result<Session, PeopleError> {
    let hash = token.hash();
    let session = match people.sessions.get(&hash, now) {
        Some(session) => session,
        None => {
            let found = people.db.point(move |c| Ok::<_, PeopleError>(store::session(c, &hash)?));
            found.await?.ok_or(PeopleError::SignedOut)?
        }
    };
    if session.is_over(now) {
        people.sessions.forget(session.id);
        return Err(PeopleError::SignedOut);
    }
    let idle = now.seconds_since(session.last_seen_at);
    let session = if idle >= TOUCH_SECONDS {
        let id = session.id;
        people.db.write(move |tx| Ok::<_, PeopleError>(store::touch(tx, id, now)?)).await?;
        Session { last_seen_at: now, ..session }
    } else {
        session
    };
    people.sessions.put(hash, session.clone(), now);
    Ok(session)
}

/// Proves again, by password, that the caller is who the session says: before each signature
/// (21 CFR 11.200). Wrong passwords count towards the lock-out.
///
/// # Errors
/// [`PeopleError::WrongPassword`], [`PeopleError::Locked`].
pub async fn reauthenticate(
    people: &People,
    caller: &Caller,
    given: &str,
) -> Result<(), PeopleError> {
    match prove(people, Claim::Session(caller.scope.user()), given, caller.now).await {
        Ok(_) => Ok(()),
        Err(PeopleError::WrongCredentials) => Err(PeopleError::WrongPassword),
        Err(e) => Err(e),
    }
}

/// Who somebody says they are.
#[derive(Debug, Clone)]
pub enum Claim {
    /// Typed a login.
    Login(String),
    /// Has a session.
    Session(UserId),
}

/// Checks a password against the account, with lock-out and equal work for unknown logins.
///
/// # Errors
/// [`PeopleError::WrongCredentials`], [`PeopleError::Locked`].
pub async fn prove(
    people: &People,
    claim: Claim,
    given: &str,
    now: Instant,
) -> Result<super::Person, PeopleError> {
    let found = people
        .db
        .read(move |c| {
            Ok::<_, PeopleError>(match &claim {
                Claim::Login(login) => store::by_login(c, login)?,
                Claim::Session(id) => store::by_id(c, *id)?,
            })
        })
        .await?;
    let locked = found.as_ref().and_then(|f| f.person.locked_until).filter(|until| *until > now);
    let stored = found.as_ref().map(|f| f.password_hash.clone());
    let right = password::matches(given.to_owned(), stored).await?;
    if let Some(until) = locked {
        let minutes = (until.seconds_since(now) + 59) / 60;
        return Err(PeopleError::Locked { minutes: minutes.max(1) });
    }
    let Some(found) = found else { return Err(PeopleError::WrongCredentials) };
    let (id, before) = (found.person.id, found.failed_sign_ins);
    if right && found.person.disabled_at.is_none() {
        if before > 0 {
            let clear = move |tx: &mut crate::db::Tx<'_>| {
                Ok::<_, PeopleError>(store::count_failure(tx, id, 0, None)?)
            };
            people.db.write(clear).await?;
        }
        return Ok(found.person);
    }
    let failures = before + 1;
    let wait = lock_seconds(failures);
    let until = (wait > 0).then(|| now.plus_seconds(wait));
    people
        .db
        .write(move |tx| Ok::<_, PeopleError>(store::count_failure(tx, id, failures, until)?))
        .await?;
    Err(PeopleError::WrongCredentials)
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
