//! Rows of people, their roles, sites and sessions. No patient data, so no scope.

use std::collections::HashMap;

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::session::{ABSOLUTE_SECONDS, Session};
use super::{PeopleError, Person, Role, RoleSet, Scope, SessionId, UserId, devices};
use crate::codes::Licence;
use crate::db::{Conn, DbError, Instant, Kept, Limit, Page, Reading, Tx, Unreadable, kept};
use crate::journal;
use crate::schema::{people, person_roles, person_sites, sessions, sites};
use crate::sites::{SiteId, SiteKind};
use crate::web::Lang;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = people)]
struct Row {
    id: UserId,
    login: String,
    name: String,
    password_hash: String,
    must_change_password: bool,
    lang: String,
    disabled_at: Option<Instant>,
    created_at: Instant,
    password_set_at: Instant,
    licence: Option<Licence>,
}

impl Row {
    fn person(self, roles: RoleSet, sites: Vec<SiteId>) -> Person {
        Person {
            id: self.id,
            login: self.login,
            name: self.name,
            roles,
            sites,
            lang: Lang::from_prefix(&self.lang).unwrap_or_default(),
            must_change_password: self.must_change_password,
            disabled_at: self.disabled_at,
            created_at: self.created_at,
            licence: self.licence,
        }
    }
}

/// What signing in needs of an account.
pub struct Credentials {
    /// The account, as it is at this moment.
    pub person: Person,
    /// Argon2id hash of its password, a PHC string.
    pub password_hash: String,
}

fn roles_of(conn: &mut Conn, id: UserId) -> QueryResult<RoleSet> {
    let roles: Vec<Role> = person_roles::table
        .filter(person_roles::person_id.eq(id))
        .select(person_roles::role)
        .load(conn)?;
    Ok(roles.into_iter().collect())
}

fn sites_of(conn: &mut Conn, id: UserId) -> QueryResult<Vec<(SiteId, SiteKind)>> {
    person_sites::table
        .inner_join(sites::table)
        .filter(person_sites::person_id.eq(id))
        .order(sites::code)
        .select((sites::id, sites::kind))
        .load(conn)
}

/// Codes of the person's sites that are no longer in the network's list.
fn retired_of(conn: &mut Conn, id: UserId) -> QueryResult<Vec<String>> {
    person_sites::table
        .inner_join(sites::table)
        .filter(person_sites::person_id.eq(id))
        .filter(sites::active.eq(false))
        .order(sites::code)
        .select(sites::code)
        .load(conn)
}

fn whole(conn: &mut Conn, row: Row) -> QueryResult<Credentials> {
    let roles = roles_of(conn, row.id)?;
    let sites = sites_of(conn, row.id)?.into_iter().map(|(id, _)| id).collect();
    let password_hash = row.password_hash.clone();
    Ok(Credentials { person: row.person(roles, sites), password_hash })
}

/// The account behind `login`, with its password's hash.
pub fn by_login(conn: &mut Conn, login: &str) -> QueryResult<Option<Credentials>> {
    let row = people::table
        .filter(people::login.eq(login))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    row.map(|r| whole(conn, r)).transpose()
}

/// An account with its password's hash.
pub fn by_id(conn: &mut Conn, id: UserId) -> QueryResult<Option<Credentials>> {
    let row = people::table.find(id).select(Row::as_select()).first(conn).optional()?;
    row.map(|r| whole(conn, r)).transpose()
}

/// The account, without its password.
pub fn find(conn: &mut Conn, id: UserId) -> Result<Option<Person>, PeopleError> {
    Ok(by_id(conn, id)?.map(|c| c.person))
}

/// The account behind `login`.
pub fn find_by_login(conn: &mut Conn, login: &str) -> Result<Option<Person>, PeopleError> {
    Ok(by_login(conn, login)?.map(|c| c.person))
}

/// The printed name of an account.
pub fn name_of(conn: &mut Conn, id: UserId) -> QueryResult<Option<String>> {
    people::table.find(id).select(people::name).first(conn).optional()
}

/// The professional licence of an account.
pub fn licence_of(conn: &mut Conn, id: UserId) -> QueryResult<Option<Licence>> {
    people::table.find(id).select(people::licence).first(conn)
}

/// Gives an account this professional licence, or none.
pub fn set_licence(
    tx: &mut Tx<'_>,
    id: UserId,
    licence: Option<&Licence>,
) -> Result<usize, DbError> {
    journal::change(tx, "people", id)?;
    Ok(diesel::update(people::table.find(id))
        .set(people::licence.eq(licence))
        .execute(&mut **tx)?)
}

/// Up to so many people's names are asked for one by one where that costs no way over the network.
const FEW_NAMES: usize = 16;

/// The printed names of `ids`, for lists and timelines.
pub fn names_of(conn: &mut Conn, ids: &[UserId]) -> QueryResult<HashMap<UserId, String>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let named = people::table.select((people::id, people::name));
    match conn {
        // A statement with so many keys is prepared anew each time, which took a list longer than
        // its names; that of one key stays prepared.
        Conn::Sqlite(c) if ids.len() <= FEW_NAMES => {
            let mut names = HashMap::with_capacity(ids.len());
            for id in ids {
                names.extend(named.find(id).first::<(UserId, String)>(c).optional()?);
            }
            Ok(names)
        }
        conn => Ok(named
            .filter(people::id.eq_any(ids))
            .load::<(UserId, String)>(conn)?
            .into_iter()
            .collect()),
    }
}

/// Accounts that can sign in and hold one of `roles`, by name: to choose whom a tube is offered
/// to. `at` narrows to a site; couriers and others without a site are always included.
pub fn holders(
    conn: &mut Conn,
    roles: &[Role],
    at: Option<SiteId>,
) -> Result<Vec<Person>, PeopleError> {
    let holds = person_roles::table
        .filter(person_roles::person_id.eq(people::id))
        .filter(person_roles::role.eq_any(roles));
    let mut query =
        people::table.filter(people::disabled_at.is_null()).filter(exists(holds)).into_boxed();
    if let Some(site) = at {
        let sites = || person_sites::table.filter(person_sites::person_id.eq(people::id));
        let here = exists(sites().filter(person_sites::site_id.eq(site)));
        query = query.filter(here.or(not(exists(sites()))));
    }
    let rows = query.order((people::name, people::id)).select(Row::as_select()).load(conn)?;
    Ok(all_whole(conn, rows)?.0)
}

/// Accounts with their roles and sites: as many statements for a page as for one. A role that can't
/// be read is none, and is told of.
fn all_whole(
    conn: &mut Conn,
    rows: Vec<Row>,
) -> Result<(Vec<Person>, Vec<Unreadable>), PeopleError> {
    let ids: Vec<UserId> = rows.iter().map(|r| r.id).collect();
    let mut roles: HashMap<UserId, Vec<Role>> = HashMap::new();
    let mut unreadable = vec![];
    let held: Vec<(UserId, String)> = person_roles::table
        .filter(person_roles::person_id.eq_any(ids.clone()))
        .select((person_roles::person_id, person_roles::role))
        .load(conn)?;
    for (id, role) in held {
        match role.parse() {
            Ok(role) => roles.entry(id).or_default().push(role),
            Err(_) => unreadable.push(Unreadable::new("person_roles", &id, "role")),
        }
    }
    let mut at: HashMap<UserId, Vec<SiteId>> = HashMap::new();
    let places: Vec<(UserId, SiteId)> = person_sites::table
        .inner_join(sites::table)
        .filter(person_sites::person_id.eq_any(ids))
        .order(sites::code)
        .select((person_sites::person_id, person_sites::site_id))
        .load(conn)?;
    places.into_iter().for_each(|(id, site)| at.entry(id).or_default().push(site));
    let person = |row: Row| {
        let roles = roles.remove(&row.id).unwrap_or_default();
        let sites = at.remove(&row.id).unwrap_or_default();
        row.person(roles.into_iter().collect(), sites)
    };
    Ok((rows.into_iter().map(person).collect(), unreadable))
}

/// One page of accounts by login.
pub fn list(conn: &mut Reading, after: &str, limit: Limit) -> Result<Page<Person>, PeopleError> {
    let rows: Vec<Kept<Row, String>> = kept::load(conn, ("people", people::login), || {
        people::table
            .filter(people::login.gt(after))
            .order(people::login)
            .limit(limit.probe())
            .into_boxed()
    })?;
    let page = Page::cut(rows, limit, |r| r.login.clone());
    let (items, more) = all_whole(conn, page.items)?;
    Ok(Page { items, unreadable: [page.unreadable, more].concat(), next: page.next })
}

/// Adds an account with its roles and sites.
pub fn insert(tx: &mut Tx<'_>, person: &Person, password_hash: &str) -> Result<(), PeopleError> {
    let row = Row {
        id: person.id,
        login: person.login.clone(),
        name: person.name.clone(),
        password_hash: password_hash.to_owned(),
        must_change_password: person.must_change_password,
        lang: person.lang.prefix().to_owned(),
        disabled_at: None,
        created_at: person.created_at,
        password_set_at: person.created_at,
        licence: person.licence.clone(),
    };
    diesel::insert_into(people::table).values(row).execute(&mut **tx)?;
    tx.touch("people", person.id);
    Ok(place(tx, person.id, &person.roles, &person.sites)?)
}

fn place(tx: &mut Tx<'_>, id: UserId, roles: &RoleSet, sites: &[SiteId]) -> QueryResult<()> {
    for role in roles.iter() {
        give_role(tx, id, role)?;
    }
    for site in sites {
        give_site(tx, id, *site)?;
    }
    Ok(())
}

fn give_role(tx: &mut Tx<'_>, id: UserId, role: Role) -> QueryResult<()> {
    diesel::insert_into(person_roles::table)
        .values((person_roles::person_id.eq(id), person_roles::role.eq(role)))
        .execute(&mut **tx)?;
    tx.touch("person_roles", (id, role.as_str()));
    Ok(())
}

fn give_site(tx: &mut Tx<'_>, id: UserId, site: SiteId) -> QueryResult<()> {
    diesel::insert_into(person_sites::table)
        .values((person_sites::person_id.eq(id), person_sites::site_id.eq(site)))
        .execute(&mut **tx)?;
    tx.touch("person_sites", (id, site));
    Ok(())
}

/// Gives an account these roles and sites instead of those it has. Those that stay are left alone: one that was put
/// in beside the program must not become the program's.
pub fn set_roles(
    tx: &mut Tx<'_>,
    id: UserId,
    roles: &RoleSet,
    sites: &[SiteId],
) -> Result<(), DbError> {
    let held = person_roles::table.filter(person_roles::person_id.eq(id));
    let had: Vec<String> = held.select(person_roles::role).load(&mut **tx)?;
    for role in had.iter().filter(|had| !roles.iter().any(|r| r.as_str() == *had)) {
        journal::change(tx, "person_roles", (id, role.as_str()))?;
        diesel::delete(held.filter(person_roles::role.eq(role))).execute(&mut **tx)?;
    }
    for role in roles.iter().filter(|r| !had.iter().any(|had| had == r.as_str())) {
        give_role(tx, id, role)?;
    }
    let works = person_sites::table.filter(person_sites::person_id.eq(id));
    let worked: Vec<SiteId> = works.select(person_sites::site_id).load(&mut **tx)?;
    for site in worked.iter().filter(|site| !sites.contains(site)) {
        journal::change(tx, "person_sites", (id, *site))?;
        diesel::delete(works.filter(person_sites::site_id.eq(*site))).execute(&mut **tx)?;
    }
    for site in sites.iter().filter(|site| !worked.contains(site)) {
        give_site(tx, id, *site)?;
    }
    Ok(())
}

/// Ends every session of an account.
pub fn end_sessions(conn: &mut Conn, id: UserId, now: Instant) -> QueryResult<usize> {
    end_sessions_of(conn, id, now)
}

/// Lets the account sign in again.
pub fn enable(tx: &mut Tx<'_>, id: UserId) -> Result<usize, DbError> {
    journal::change(tx, "people", id)?;
    Ok(diesel::update(people::table.find(id))
        .set(people::disabled_at.eq(None::<Instant>))
        .execute(&mut **tx)?)
}

/// Refuses the account from now on, ends its sessions and forgets its browsers.
pub fn disable(tx: &mut Tx<'_>, id: UserId, now: Instant) -> Result<usize, DbError> {
    end_sessions_of(tx, id, now)?;
    devices::forget_of(tx, id, None)?;
    journal::change(tx, "people", id)?;
    let row = people::table.find(id);
    Ok(diesel::update(row).set(people::disabled_at.eq(Some(now))).execute(&mut **tx)?)
}

/// Sets a password and ends every session of the account.
pub fn set_password(
    tx: &mut Tx<'_>,
    id: UserId,
    hash: &str,
    must_change: bool,
    now: Instant,
) -> Result<usize, DbError> {
    end_sessions_of(tx, id, now)?;
    journal::change(tx, "people", id)?;
    Ok(diesel::update(people::table.find(id))
        .set((
            people::password_hash.eq(hash),
            people::must_change_password.eq(must_change),
            people::password_set_at.eq(now),
        ))
        .execute(&mut **tx)?)
}

/// A session of `person` from now on; `hash` is of its secret.
pub fn start_session(
    conn: &mut Conn,
    id: SessionId,
    hash: &[u8; 32],
    person: UserId,
    user_agent: &str,
    now: Instant,
) -> QueryResult<usize> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(id),
            sessions::token_hash.eq(&hash[..]),
            sessions::person_id.eq(person),
            sessions::created_at.eq(now),
            sessions::last_seen_at.eq(now),
            sessions::expires_at.eq(now.plus_seconds(ABSOLUTE_SECONDS)),
            sessions::authenticated_at.eq(now),
            sessions::ended_at.eq(None::<Instant>),
            sessions::user_agent.eq(user_agent.chars().take(200).collect::<String>()),
        ))
        .execute(conn)
}

/// The live session behind `hash`, with what its person may reach now.
pub(super) fn session(conn: &mut Conn, hash: &[u8; 32]) -> QueryResult<Option<Session>> {
    type Found = (SessionId, UserId, Instant, Instant, Instant, String, String, bool);
    let found: Option<Found> = sessions::table
        .inner_join(people::table)
        .filter(sessions::token_hash.eq(&hash[..]))
        .filter(sessions::ended_at.is_null())
        .filter(people::disabled_at.is_null())
        .select((
            sessions::id,
            sessions::person_id,
            sessions::created_at,
            sessions::last_seen_at,
            sessions::expires_at,
            people::name,
            people::lang,
            people::must_change_password,
        ))
        .first(conn)
        .optional()?;
    let Some((id, user, created_at, last_seen_at, expires_at, name, lang, must)) = found else {
        return Ok(None);
    };
    let roles = roles_of(conn, user)?;
    let held = sites_of(conn, user)?;
    let of = |kind: SiteKind| -> Vec<SiteId> {
        let works = roles.iter().any(|r| r.site_kind() == Some(kind));
        held.iter().filter(|(_, k)| works && *k == kind).map(|(id, _)| *id).collect()
    };
    let (centres, laboratories) = (of(SiteKind::Centre), of(SiteKind::Laboratory));
    let retired = retired_of(conn, user)?;
    Ok(Some(Session {
        id,
        scope: Scope::new(user, name, roles, centres, laboratories).with_retired(retired),
        lang: Lang::from_prefix(&lang).unwrap_or_default(),
        must_change_password: must,
        created_at,
        last_seen_at,
        expires_at,
    }))
}

/// The person of a session, also of one that ended, and their printed name.
pub fn person_of_session(conn: &mut Conn, id: SessionId) -> QueryResult<Option<(UserId, String)>> {
    sessions::table
        .inner_join(people::table)
        .filter(sessions::id.eq(id))
        .select((people::id, people::name))
        .first(conn)
        .optional()
}

pub(super) fn touch(conn: &mut Conn, id: SessionId, now: Instant) -> QueryResult<usize> {
    diesel::update(sessions::table.find(id)).set(sessions::last_seen_at.eq(now)).execute(conn)
}

/// Ends one session.
pub fn end_session(conn: &mut Conn, id: SessionId, now: Instant) -> QueryResult<usize> {
    diesel::update(sessions::table.find(id)).set(sessions::ended_at.eq(Some(now))).execute(conn)
}

/// Ends the live session behind `hash`; gives its key and whose it was.
pub fn end_session_behind(
    conn: &mut Conn,
    hash: &[u8; 32],
    now: Instant,
) -> QueryResult<Option<(SessionId, UserId)>> {
    let found: Option<(SessionId, UserId)> = sessions::table
        .filter(sessions::token_hash.eq(&hash[..]))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .select((sessions::id, sessions::person_id))
        .first(conn)
        .optional()?;
    if let Some((id, _)) = found {
        end_session(conn, id, now)?;
    }
    Ok(found)
}

/// Whether nobody has ended this session, nor disabled its person.
pub fn is_live(conn: &mut Conn, id: SessionId) -> QueryResult<bool> {
    diesel::select(exists(
        sessions::table
            .inner_join(people::table)
            .filter(sessions::id.eq(id))
            .filter(sessions::ended_at.is_null())
            .filter(people::disabled_at.is_null()),
    ))
    .get_result(conn)
}

pub(super) fn end_sessions_of(conn: &mut Conn, person: UserId, now: Instant) -> QueryResult<usize> {
    diesel::update(
        sessions::table.filter(sessions::person_id.eq(person)).filter(sessions::ended_at.is_null()),
    )
    .set(sessions::ended_at.eq(Some(now)))
    .execute(conn)
}

/// Ends every session there is: a database that was brought back knows nothing of those that ended,
/// and of the accounts that were closed, since the copy was made.
pub fn end_all_sessions(conn: &mut Conn, now: Instant) -> QueryResult<usize> {
    let open = sessions::table.filter(sessions::ended_at.is_null());
    diesel::update(open).set(sessions::ended_at.eq(Some(now))).execute(conn)
}

/// A session as its person sees it in the list of their own.
pub struct OpenSession {
    /// Names the session in the form that ends it; not its secret.
    pub id: SessionId,
    /// When it began.
    pub created_at: Instant,
    /// Its last request.
    pub last_seen_at: Instant,
    /// What the browser calls itself.
    pub user_agent: String,
}

/// The person's own live sessions, newest first.
pub fn open_sessions(
    conn: &mut Conn,
    person: UserId,
    now: Instant,
) -> Result<Vec<OpenSession>, PeopleError> {
    let rows: Vec<(SessionId, Instant, Instant, String)> = sessions::table
        .filter(sessions::person_id.eq(person))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .order(sessions::id.desc())
        .limit(50)
        .select((sessions::id, sessions::created_at, sessions::last_seen_at, sessions::user_agent))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, created_at, last_seen_at, user_agent)| OpenSession {
            id,
            created_at,
            last_seen_at,
            user_agent,
        })
        .collect())
}
