//! One function per use case of accounts and sessions; each is audited.

use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{DbError, Instant, Tx};
use crate::people::service::{self as people_service, Claim};
use crate::people::{
    Caller, PeopleError, Person, RequestId, Role, RoleSet, SessionId, Token, UserId, check_roles,
};
use crate::people::{check_new_password, hash_password, store};
use crate::sites::{SiteId, SiteKind};
use crate::web::{FieldFault, Lang};

/// A session just begun.
pub struct SignedIn {
    /// Its secret: for the client alone.
    pub token: Token,
    /// Its key.
    pub session: SessionId,
    /// Who.
    pub person: Person,
}

/// Signs in by login and password. A refused try is audited too.
///
/// # Errors
/// [`PeopleError::WrongCredentials`] (the same for an unknown login), [`PeopleError::Locked`].
pub async fn sign_in(
    app: &App,
    login: &str,
    password: &str,
    user_agent: String,
    request: RequestId,
) -> Result<SignedIn, PeopleError> {
    let now = app.now();
    let people = app.people();
    let claim = Claim::Login(login.trim().to_lowercase());
    let proved = people_service::prove(&people, claim, password, now).await;
    let person = match proved {
        Ok(person) => person,
        Err(e) => {
            let detail = crate::web::Fault::code(&e);
            audit_sign_in(app, None, Outcome::Refused, Some(detail), request, now).await?;
            return Err(e);
        }
    };
    let (token, session) = people_service::start(&people, person.id, user_agent, now).await?;
    audit_sign_in(app, Some(person.id), Outcome::Done, None, request, now).await?;
    Ok(SignedIn { token, session, person })
}

async fn audit_sign_in(
    app: &App,
    person: Option<UserId>,
    outcome: Outcome,
    detail: Option<&'static str>,
    request: RequestId,
    at: Instant,
) -> Result<(), DbError> {
    let entry = Entry {
        at,
        person,
        action: Action::SignIn,
        outcome,
        subject_kind: "person",
        subject: person.map(|p| p.0),
        patient: None,
        site: None,
        request,
        detail: detail.map(str::to_owned),
    };
    app.db.write(move |tx| audit::record(tx, &entry)).await
}

/// Ends this session.
pub async fn sign_out(app: &App, caller: &Caller) -> Result<(), PeopleError> {
    people_service::end(&app.people(), caller.session, caller.now).await?;
    audited(app, caller, Action::SignOut, caller.scope.user(), "here").await
}

/// Ends every session of the caller, this one too.
pub async fn sign_out_everywhere(app: &App, caller: &Caller) -> Result<(), PeopleError> {
    people_service::end_all(&app.people(), caller.scope.user(), caller.now).await?;
    audited(app, caller, Action::SignOut, caller.scope.user(), "everywhere").await
}

async fn audited(
    app: &App,
    caller: &Caller,
    action: Action,
    whom: UserId,
    detail: &'static str,
) -> Result<(), PeopleError> {
    let entry = Entry::new(caller, action, "person", Some(whom.0)).detail(detail);
    Ok(app.db.write(move |tx| audit::record(tx, &entry)).await?)
}

/// Changes the caller's own password, and ends every session but by signing in anew.
///
/// # Errors
/// [`PeopleError::Fields`] for the one that is wrong, `old` or `new`; [`PeopleError::Locked`].
pub async fn change_password(
    app: &App,
    caller: &Caller,
    old: &str,
    new: String,
) -> Result<(), PeopleError> {
    let people = app.people();
    let refused = |name: &str, fault: FieldFault| {
        PeopleError::Fields(vec![FieldFault { field: name.to_owned(), ..fault }])
    };
    people_service::reauthenticate(&people, caller, old).await.map_err(|e| match e {
        PeopleError::WrongPassword => refused("old", FieldFault::new("old", "wrong-password")),
        e => e,
    })?;
    let (user, now) = (caller.scope.user(), caller.now);
    let login = app
        .db
        .read(move |c| Ok::<_, PeopleError>(store::find(c, user)?.map(|p| p.login)))
        .await?
        .ok_or(PeopleError::UnknownPerson)?;
    check_new_password(&new, &login).map_err(|f| refused("new", f))?;
    let hash = hash_password(new).await?;
    let entry = Entry::new(caller, Action::ChangePassword, "person", Some(user.0));
    app.db
        .write(move |tx| {
            store::set_password(tx, user, &hash, false, now)?;
            Ok::<_, PeopleError>(audit::record(tx, &entry)?)
        })
        .await?;
    people_service::end_all(&people, user, now).await
}

/// A new account as an administrator describes it.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// 3 to 40 of a-z, 0-9, dot and hyphen.
    pub login: String,
    /// Printed name.
    pub name: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// Sites by code.
    pub sites: Vec<String>,
    /// Language.
    pub lang: Lang,
    /// First password; must be changed at the first sign-in unless `keep_password`.
    pub password: String,
    /// For accounts of programs and demonstrations.
    pub keep_password: bool,
}

/// Checks `new` against every rule; all broken ones are named at once.
fn check(app: &App, new: &NewPerson) -> Result<(RoleSet, Vec<SiteId>), Vec<FieldFault>> {
    let mut faults = vec![];
    let login_ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    if !(3..=40).contains(&new.login.len()) || !new.login.chars().all(login_ok) {
        faults.push(FieldFault::new("login", "login-form"));
    }
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        faults.push(FieldFault::new("name", "person-name"));
    }
    let (roles, sites) = check_places(app, &new.roles, &new.sites, &mut faults);
    faults.extend(check_new_password(&new.password, &new.login).err());
    if faults.is_empty() { Ok((roles, sites)) } else { Err(faults) }
}

/// Checks roles and the codes of sites together; what breaks a rule goes to `faults`.
fn check_places(
    app: &App,
    roles: &[Role],
    codes: &[String],
    faults: &mut Vec<FieldFault>,
) -> (RoleSet, Vec<SiteId>) {
    let mut sites: Vec<SiteId> = vec![];
    let mut kinds: Vec<SiteKind> = vec![];
    for code in codes {
        match app.sites.choose("sites", code) {
            Ok(site) => {
                sites.push(site.id);
                kinds.push(site.kind);
            }
            Err(fault) => faults.push(fault),
        }
    }
    let roles: RoleSet = roles.iter().copied().collect();
    faults.extend(check_roles(&roles, &kinds).err());
    sites.sort();
    sites.dedup();
    (roles, sites)
}

/// An account that holds every rule, with its password hashed.
pub struct Prepared {
    person: Person,
    hash: String,
}

/// Checks a new account; made at `now`.
///
/// # Errors
/// [`PeopleError::Fields`].
pub async fn prepare(app: &App, new: NewPerson, now: Instant) -> Result<Prepared, PeopleError> {
    let (roles, sites) = check(app, &new).map_err(PeopleError::Fields)?;
    let hash = hash_password(new.password).await?;
    let person = Person {
        id: UserId::new(),
        login: new.login,
        name: new.name.trim().to_owned(),
        roles,
        sites,
        lang: new.lang,
        must_change_password: !new.keep_password,
        locked_until: None,
        disabled_at: None,
        created_at: now,
    };
    Ok(Prepared { person, hash })
}

/// Writes an account, with its row in the audit log.
pub fn insert(tx: &mut Tx<'_>, by: Option<&Caller>, new: &Prepared) -> Result<(), PeopleError> {
    store::insert(tx, &new.person, &new.hash)?;
    Ok(audit::record(tx, &management(by, new.person.id, "add", new.person.created_at))?)
}

/// Adds an account. `by` is nobody when the command line does it.
///
/// # Errors
/// [`PeopleError::Fields`], also for a login that is taken.
pub async fn add_person(
    app: &App,
    by: Option<&Caller>,
    new: NewPerson,
) -> Result<UserId, PeopleError> {
    require_admin(by)?;
    let new = prepare(app, new, app.now()).await?;
    let (id, by) = (new.person.id, by.cloned());
    match app.db.write(move |tx| insert(tx, by.as_ref(), &new)).await {
        Err(PeopleError::Db(e)) if e.is_unique_violation() => {
            Err(PeopleError::Fields(vec![FieldFault::new("login", "login-taken")]))
        }
        other => other.map(|()| id),
    }
}

/// Refuses an account from now on and ends its sessions. Nobody disables themselves.
pub async fn disable_person(app: &App, by: Option<&Caller>, id: UserId) -> Result<(), PeopleError> {
    require_admin(by)?;
    if by.is_some_and(|c| c.scope.user() == id) {
        return Err(PeopleError::NotAllowed);
    }
    let now = app.now();
    let entry = management(by, id, "disable", now);
    app.db
        .write(move |tx| {
            if store::disable(tx, id, now)? == 0 {
                return Err(PeopleError::UnknownPerson);
            }
            Ok(audit::record(tx, &entry)?)
        })
        .await?;
    app.sessions.forget_person(id);
    Ok(())
}

/// Lets a disabled account sign in again, with the password it had.
pub async fn enable_person(app: &App, by: Option<&Caller>, id: UserId) -> Result<(), PeopleError> {
    require_admin(by)?;
    let entry = management(by, id, "enable", app.now());
    app.db
        .write(move |tx| {
            if store::enable(tx, id)? == 0 {
                return Err(PeopleError::UnknownPerson);
            }
            Ok(audit::record(tx, &entry)?)
        })
        .await
}

/// Gives an account these roles and sites instead of those it has, and ends its sessions: what it
/// may do next is decided by the new ones. Nobody changes their own.
///
/// # Errors
/// [`PeopleError::Fields`], [`PeopleError::NotAllowed`], [`PeopleError::UnknownPerson`].
pub async fn set_roles(
    app: &App,
    by: Option<&Caller>,
    id: UserId,
    roles: &[Role],
    sites: &[String],
) -> Result<(), PeopleError> {
    require_admin(by)?;
    if by.is_some_and(|c| c.scope.user() == id) {
        return Err(PeopleError::NotAllowed);
    }
    let mut faults = vec![];
    let (roles, sites) = check_places(app, roles, sites, &mut faults);
    if !faults.is_empty() {
        return Err(PeopleError::Fields(faults));
    }
    let now = app.now();
    let words: Vec<&str> = roles.iter().map(|r| r.as_str()).collect();
    let codes: Vec<&str> = sites.iter().map(|s| app.sites.code(*s)).collect();
    let detail = format!("set-roles {} {}", words.join(","), codes.join(","));
    let entry = management(by, id, detail.trim_end(), now);
    app.db
        .write(move |tx| {
            if store::find(tx, id)?.is_none() {
                return Err(PeopleError::UnknownPerson);
            }
            store::set_roles(tx, id, &roles, &sites)?;
            store::end_sessions(tx, id, now)?;
            Ok(audit::record(tx, &entry)?)
        })
        .await?;
    app.sessions.forget_person(id);
    Ok(())
}

/// Gives an account a new first password, unlocks it and ends its sessions.
pub async fn reset_password(
    app: &App,
    by: Option<&Caller>,
    id: UserId,
    password: String,
) -> Result<(), PeopleError> {
    require_admin(by)?;
    let login = app
        .db
        .read(move |c| Ok::<_, PeopleError>(store::find(c, id)?.map(|p| p.login)))
        .await?
        .ok_or(PeopleError::UnknownPerson)?;
    check_new_password(&password, &login).map_err(|f| PeopleError::Fields(vec![f]))?;
    let (hash, now) = (hash_password(password).await?, app.now());
    let entry = management(by, id, "reset", now);
    app.db
        .write(move |tx| {
            store::set_password(tx, id, &hash, true, now)?;
            Ok::<_, PeopleError>(audit::record(tx, &entry)?)
        })
        .await?;
    people_service::end_all(&app.people(), id, now).await
}

fn require_admin(by: Option<&Caller>) -> Result<(), PeopleError> {
    match by {
        Some(caller) if !caller.scope.has(Role::Admin) => Err(PeopleError::NotAllowed),
        _ => Ok(()),
    }
}

fn management(by: Option<&Caller>, whom: UserId, what: &str, now: Instant) -> Entry {
    Entry {
        at: now,
        person: by.map(|c| c.scope.user()),
        action: Action::ManageUsers,
        outcome: Outcome::Done,
        subject_kind: "person",
        subject: Some(whom.0),
        patient: None,
        site: None,
        request: by.map_or_else(RequestId::new, |c| c.request),
        detail: Some(what.to_owned()),
    }
}
