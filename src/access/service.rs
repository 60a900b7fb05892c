//! One function per use case of accounts and sessions; each is audited.

use super::sign_in::is_same;
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::codes::Licence;
use crate::db::{Instant, Tx};
use crate::people::rights::{Right, holds};
use crate::people::tries::{self, CountedFor};
use crate::people::{
    Caller, PeopleError, Person, RequestId, Role, RoleSet, Token, UserId, check_roles,
};
use crate::people::{check_new_password, devices, service as people_service, store};
use crate::sites::{SiteId, SiteKind};
use crate::web::{Fault, FieldFault, Lang};

pub use super::browser::Browser;
pub use super::sign_in::{Proved, SignedIn, reauthenticate, sign_in};

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
    Ok(audit::write_down(&app.db, entry).await?)
}

/// Changes the caller's own password, unlocks the login, and ends every session but by signing in
/// anew. `device` is the browser it is done in; every other one is no longer known.
///
/// # Errors
/// [`PeopleError::Fields`] for the one that is wrong, `old` or `new`; those of [`reauthenticate`].
pub async fn change_password(
    app: &App,
    caller: &Caller,
    old: &str,
    new: String,
    device: Option<Token>,
) -> Result<(), PeopleError> {
    let refused = |name: &str, fault: FieldFault| {
        PeopleError::Fields(vec![FieldFault { field: name.to_owned(), ..fault }])
    };
    let proved = reauthenticate(app, caller, old).await.map_err(|e| match e {
        e @ (PeopleError::WrongPassword | PeopleError::Fields(_)) => {
            let of = e.fields().into_iter();
            PeopleError::Fields(of.map(|f| FieldFault { field: "old".to_owned(), ..f }).collect())
        }
        e => e,
    })?;
    let (user, now) = (caller.scope.user(), caller.now);
    let person = account(app, user).await?;
    check_new_password(&new, &person.login, &person.name).map_err(|f| refused("new", f))?;
    if is_same(old, &new) {
        return Err(refused("new", FieldFault::new("new", "password-same")));
    }
    let (hash, kept) = (app.passwords.hash(new).await?, device.map(|d| d.hash()));
    let entry = Entry::new(caller, Action::ChangePassword, "person", Some(user.0));
    app.db
        .write(move |tx| {
            // An administrator who has reset it meanwhile has ended this session.
            proved.holds(tx)?;
            set_password(tx, &person, (&hash, false), kept.as_ref(), now)?;
            Ok::<_, PeopleError>(audit::record(tx, &entry)?)
        })
        .await?;
    app.sessions.forget_person(user);
    Ok(())
}

/// Sets a password (its hash, and whether it must be changed), ends every session, unlocks the login,
/// and forgets the person's browsers but for `kept`.
fn set_password(
    tx: &mut Tx<'_>,
    person: &Person,
    (hash, must_change): (&str, bool),
    kept: Option<&[u8; 32]>,
    now: Instant,
) -> Result<(), PeopleError> {
    store::set_password(tx, person.id, hash, must_change, now)?;
    tries::forget(tx, &CountedFor::login(&person.login))?;
    if let Some(kept) = kept {
        tries::forget(tx, &CountedFor::device(kept, person.id))?;
    }
    devices::forget_of(tx, person.id, kept)?;
    Ok(())
}

async fn account(app: &App, id: UserId) -> Result<Person, PeopleError> {
    let found = app.db.read(move |c| store::find(c, id)).await?;
    found.ok_or(PeopleError::UnknownPerson)
}

/// A new account as an administrator describes it.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// 3 to 40 of a-z, 0-9, dot and hyphen.
    pub login: String,
    /// As it will be printed beside signatures; 1 to 120 characters.
    pub name: String,
    /// What the person may do. Of some roles one needs a site of the right kind.
    pub roles: Vec<Role>,
    /// Sites by code.
    pub sites: Vec<String>,
    /// Of the person's pages until they choose another.
    pub lang: Lang,
    /// Professional licence; empty for none.
    pub licence: String,
    /// First password; must be changed at the first sign-in unless `keep_password`.
    pub password: String,
    /// For accounts of programs and demonstrations.
    pub keep_password: bool,
}

type Checked = (RoleSet, Vec<SiteId>, Option<Licence>);

/// Checks `new` against every rule; all broken ones are named at once.
fn check(app: &App, new: &NewPerson) -> Result<Checked, Vec<FieldFault>> {
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
    faults.extend(check_new_password(&new.password, &new.login, &new.name).err());
    let licence = licence(&new.licence).map_err(|fault| faults.push(fault)).unwrap_or_default();
    if faults.is_empty() { Ok((roles, sites, licence)) } else { Err(faults) }
}

fn licence(typed: &str) -> Result<Option<Licence>, FieldFault> {
    Licence::typed(typed).map_err(|_| FieldFault::new("licence", "licence"))
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
    let (roles, sites, licence) = check(app, &new).map_err(PeopleError::Fields)?;
    let hash = app.passwords.hash(new.password).await?;
    let person = Person {
        id: UserId::new(),
        login: new.login,
        name: new.name.trim().to_owned(),
        roles,
        sites,
        lang: new.lang,
        must_change_password: !new.keep_password,
        disabled_at: None,
        created_at: now,
        licence,
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

/// What stands beside a name: the licence, or quietly that there is none (NOM-007).
pub fn licence_text(lang: Lang, licence: Option<&Licence>) -> String {
    match licence {
        Some(licence) => lang.tr("licence-of", &[("number", licence.as_str().into())]),
        None => lang.t("licence-none"),
    }
}

/// Gives an account this professional licence, or none if it is empty. What it has signed keeps the one it was
/// signed with.
///
/// # Errors
/// [`PeopleError::Fields`], [`PeopleError::UnknownPerson`].
pub async fn set_licence(
    app: &App,
    by: Option<&Caller>,
    id: UserId,
    typed: &str,
) -> Result<(), PeopleError> {
    require_admin(by)?;
    let licence = licence(typed).map_err(|f| PeopleError::Fields(vec![f]))?;
    let entry = management(by, id, "set-licence", app.now());
    app.db
        .write(move |tx| {
            if store::set_licence(tx, id, licence.as_ref())? == 0 {
                return Err(PeopleError::UnknownPerson);
            }
            Ok(audit::record(tx, &entry)?)
        })
        .await
}

/// Gives an account a new first password, unlocks it, ends its sessions and forgets its browsers.
pub async fn reset_password(
    app: &App,
    by: Option<&Caller>,
    id: UserId,
    password: String,
) -> Result<(), PeopleError> {
    require_admin(by)?;
    let person = account(app, id).await?;
    check_new_password(&password, &person.login, &person.name)
        .map_err(|f| PeopleError::Fields(vec![f]))?;
    let (hash, now) = (app.passwords.hash(password).await?, app.now());
    let entry = management(by, id, "reset", now);
    app.db
        .write(move |tx| {
            set_password(tx, &person, (&hash, true), None, now)?;
            Ok::<_, PeopleError>(audit::record(tx, &entry)?)
        })
        .await?;
    app.sessions.forget_person(id);
    Ok(())
}

fn require_admin(by: Option<&Caller>) -> Result<(), PeopleError> {
    match by {
        Some(caller) if !holds(&caller.scope, Right::ManageUsers) => Err(PeopleError::NotAllowed),
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
