//! Signing in, and proving again who one is. Every password is counted before it is looked at: per
//! address in this server's memory, per login (or per known browser, or per session) in the database
//! that all servers share; and it is looked at only by who has a place in a short queue.

use super::browser::Browser;
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{DbError, Instant, Reading, Tx};
use crate::people::store::{self, Credentials};
use crate::people::tries::{self, CountedFor, IN_A_SESSION, Leave, minutes};
use crate::people::{Caller, Lane, PeopleError, Person, RequestId, SessionId, Token, UserId};
use crate::people::{devices, normal_password};
use crate::web::{Fault, FieldFault};

/// A session just begun.
pub struct SignedIn {
    /// Its secret: for the client alone.
    pub token: Token,
    /// The account that signed in, without its password.
    pub person: Person,
    /// Names the browser from now on: for the client alone.
    pub device: Token,
}

/// A try at signing in.
#[derive(Clone)]
struct Try {
    login: String,
    key: CountedFor,
    lane: Lane,
    request: RequestId,
    now: Instant,
}

impl Try {
    fn entry(&self, person: Option<UserId>, outcome: Outcome, detail: Option<&str>) -> Entry {
        let done = outcome == Outcome::Done;
        Entry {
            at: self.now,
            person: person.filter(|_| done),
            action: Action::SignIn,
            outcome,
            subject_kind: "person",
            subject: person.map(|p| p.0),
            patient: None,
            site: None,
            request: self.request,
            detail: detail.map(str::to_owned),
        }
    }
    fn refused(&self, tx: &mut Tx<'_>, of: Option<UserId>, e: &PeopleError) -> Result<(), DbError> {
        audit::record(tx, &self.entry(of, Outcome::Refused, Some(e.code())))
    }
}

fn random() -> Result<Token, PeopleError> {
    Token::new().map_err(|e| DbError::Corrupt(format!("no random numbers: {e}")).into())
}

/// Signs in by login and password. Ends the session that the browser had. A refused try is audited
/// too; of those that are refused because of others before them, the first.
///
/// A browser that this person has signed in with before has a count of its own: wrong passwords of
/// strangers don't keep it out, whatever their number and wherever they come from.
///
/// # Errors
/// [`PeopleError::WrongCredentials`] and [`PeopleError::Locked`] (the same for an unknown login),
/// [`PeopleError::TooManyHere`], [`PeopleError::Busy`].
pub async fn sign_in(
    app: &App,
    login: &str,
    password: &str,
    browser: Browser,
    request: RequestId,
) -> Result<SignedIn, PeopleError> {
    let (login, now) = (login.trim().to_lowercase(), app.now());
    let (key, lane) = counted_for(app, &login, &browser, now).await?;
    let attempt = Try { login, key, lane, request, now };
    if lane == Lane::Known {
        return tried(app, attempt, password, browser).await;
    }
    let address = browser.address;
    if let Err(too_many) = app.sign_ins.ask(address, now) {
        let job = attempt.clone();
        let told = move |tx: &mut Tx<'_>| job.refused(tx, None, &PeopleError::TooManyHere);
        if too_many.first {
            app.db.write(told).await?;
        }
        return Err(PeopleError::TooManyHere);
    }
    let done = tried(app, attempt, password, browser).await;
    if matches!(done, Ok(_) | Err(PeopleError::Busy | PeopleError::Db(_))) {
        app.sign_ins.give_back(address);
    }
    done
}

async fn counted_for(
    app: &App,
    login: &str,
    browser: &Browser,
    now: Instant,
) -> Result<(CountedFor, Lane), PeopleError> {
    let stranger = (CountedFor::login(login), Lane::Stranger);
    let Some(hash) = browser.device.as_ref().map(Token::hash) else { return Ok(stranger) };
    let login = login.to_owned();
    let find = move |c: &mut Reading| Ok::<_, PeopleError>(devices::owner(c, &hash, &login, now)?);
    let owner = app.db.point(find).await?;
    Ok(owner.map_or(stranger, |person| (CountedFor::device(&hash, person), Lane::Known)))
}

/// Counts the try, looks at the password, and decides.
async fn tried(
    app: &App,
    attempt: Try,
    password: &str,
    browser: Browser,
) -> Result<SignedIn, PeopleError> {
    let place = app.passwords.place(attempt.lane)?;
    let job = attempt.clone();
    let found = app.db.write(move |tx| leave(tx, &job)).await??;
    let stored = found.as_ref().map(|f| f.password_hash.clone());
    let right = place.matches(password.to_owned(), stored).await?;
    match found.filter(|f| right && f.person.disabled_at.is_none()) {
        Some(found) => begin(app, attempt, found, browser).await,
        None => {
            let wrong = PeopleError::WrongCredentials;
            let job = move |tx: &mut Tx<'_>| {
                let of = store::find_by_login(tx, &attempt.login)?.map(|p| p.id);
                Ok::<_, PeopleError>(attempt.refused(tx, of, &wrong)?)
            };
            app.db.write(job).await?;
            Err(PeopleError::WrongCredentials)
        }
    }
}

/// Who the login is of, once the try is counted. `Ok(Err(_))` is a refusal that may leave its row in
/// the audit log; it is made before the account is looked for: time does not tell whether there is one.
fn leave(
    tx: &mut Tx<'_>,
    attempt: &Try,
) -> Result<Result<Option<Credentials>, PeopleError>, PeopleError> {
    match tries::ask(tx, &attempt.key, attempt.now)? {
        Leave::Given => Ok(Ok(store::by_login(tx, &attempt.login)?)),
        Leave::Wait { until, first } => {
            let locked = PeopleError::Locked { minutes: minutes(until, attempt.now) };
            if first {
                attempt.refused(tx, None, &locked)?;
            }
            Ok(Err(locked))
        }
    }
}

/// Begins the session of who has just proved who they are.
async fn begin(
    app: &App,
    attempt: Try,
    found: Credentials,
    browser: Browser,
) -> Result<SignedIn, PeopleError> {
    let (token, session) = (random()?, SessionId::new());
    let device = match known(app, browser.device, attempt.now).await? {
        Some(device) => device,
        None => random()?,
    };
    let (hash, device_hash) = (token.hash(), device.hash());
    let had = browser.session.map(|t| t.hash());
    let (user, person) = (found.person.id, found.person);
    let (password_hash, agent, now) = (found.password_hash, browser.user_agent, attempt.now);
    let job = move |tx: &mut Tx<'_>| {
        // A password that was reset, or an account disabled, while this one was looked at.
        let same = store::by_id(tx, user)?
            .is_some_and(|c| c.password_hash == password_hash && c.person.disabled_at.is_none());
        if !same {
            attempt.refused(tx, Some(user), &PeopleError::WrongCredentials)?;
            return Ok(Err(PeopleError::WrongCredentials));
        }
        tries::forget(tx, &attempt.key)?;
        let ended = match &had {
            Some(had) => store::end_session_behind(tx, had, now)?,
            None => None,
        };
        if let Some((_, of)) = ended {
            let replaced = attempt.entry(Some(of), Outcome::Done, Some("replaced"));
            audit::record(tx, &Entry { action: Action::SignOut, ..replaced })?;
        }
        store::start_session(tx, session, &hash, user, &agent, now)?;
        devices::remember(tx, &device_hash, user, now)?;
        audit::record(tx, &attempt.entry(Some(user), Outcome::Done, None))?;
        Ok::<_, PeopleError>(Ok(ended))
    };
    if let Some((old, _)) = app.db.write(job).await?? {
        app.sessions.forget(old);
    }
    Ok(SignedIn { token, person, device })
}

/// The browser's name, if this server gave it one.
async fn known(
    app: &App,
    device: Option<Token>,
    now: Instant,
) -> Result<Option<Token>, PeopleError> {
    let Some(device) = device else { return Ok(None) };
    let hash = device.hash();
    let is_known = move |c: &mut Reading| Ok::<_, PeopleError>(devices::is_known(c, &hash, now)?);
    Ok(app.db.point(is_known).await?.then_some(device))
}

/// A right password, given again for one act. Its transaction asks whether it still holds: between
/// the two the session may have been ended, the account disabled or its roles taken away.
#[derive(Debug, Clone, Copy)]
#[must_use = "the act's own transaction asks whether it still holds"]
pub struct Proved {
    session: SessionId,
}

impl Proved {
    /// In the transaction of what is signed.
    ///
    /// # Errors
    /// [`PeopleError::SignedOut`]: nothing is signed.
    pub fn holds(self, tx: &mut Tx<'_>) -> Result<(), PeopleError> {
        if store::is_live(tx, self.session)? { Ok(()) } else { Err(PeopleError::SignedOut) }
    }
}

/// Proves again, by password, that the caller is who the session says: before each signature
/// (21 CFR 11.200). Wrong passwords count for this session alone, so that nobody else can keep its
/// owner from signing. The fifth in a row ends it: who can't prove it is not left at an open session,
/// and its owner needs the right password to go on anyway.
///
/// # Errors
/// [`PeopleError::WrongPassword`]; [`PeopleError::SessionEnded`]; [`PeopleError::Locked`] while five
/// given at once are looked at; [`PeopleError::Busy`]; [`PeopleError::Fields`] for none at all, which
/// is a field left empty and no guess: it doesn't count.
pub async fn reauthenticate(
    app: &App,
    caller: &Caller,
    password: &str,
) -> Result<Proved, PeopleError> {
    if password.is_empty() {
        return Err(PeopleError::Fields(vec![FieldFault::new("password", "password-missing")]));
    }
    let (key, user, now) = (CountedFor::session(caller.session), caller.scope.user(), caller.now);
    let place = app.passwords.place(Lane::Known)?;
    let asked = key.clone();
    let found = app
        .db
        .write(move |tx| {
            Ok::<_, PeopleError>(match tries::ask(tx, &asked, now)? {
                Leave::Given => Ok(store::by_id(tx, user)?),
                Leave::Wait { until, .. } => {
                    Err(PeopleError::Locked { minutes: minutes(until, now) })
                }
            })
        })
        .await??;
    let stored = found.map(|f| f.password_hash);
    let right = place.matches(password.to_owned(), stored.clone()).await?;
    let job = caller.clone();
    let decided = app
        .db
        .write(move |tx| {
            let held = store::by_id(tx, user)?.map(|c| c.password_hash);
            if !store::is_live(tx, job.session)? || held != stored {
                return Ok(Err(PeopleError::SignedOut));
            }
            if right {
                tries::forget(tx, &key)?;
                return Ok::<_, PeopleError>(Ok(()));
            }
            Ok(Err(wrong_again(tx, &job, &key)?))
        })
        .await?;
    if matches!(decided, Err(PeopleError::SessionEnded | PeopleError::SignedOut)) {
        app.sessions.forget(caller.session);
    }
    decided.map(|()| Proved { session: caller.session })
}

/// A wrong password in a session: what it leads to.
fn wrong_again(
    tx: &mut Tx<'_>,
    caller: &Caller,
    key: &CountedFor,
) -> Result<PeopleError, PeopleError> {
    let entry = Entry::new(caller, Action::SignIn, "person", Some(caller.scope.user().0));
    let entry = entry.outcome(Outcome::Refused);
    if tries::counted(tx, key)? < IN_A_SESSION {
        audit::record(tx, &entry.detail("wrong-password"))?;
        return Ok(PeopleError::WrongPassword);
    }
    store::end_session(tx, caller.session, caller.now)?;
    audit::record(tx, &entry.detail("session-ended"))?;
    Ok(PeopleError::SessionEnded)
}

/// Whether two passwords are the same once they are typed.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    normal_password(one) == normal_password(other)
}
