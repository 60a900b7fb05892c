//! Rows of `demo_marks`, and the demonstration's accounts as they are now.

use diesel::prelude::*;

use super::{ACCOUNTS, Account, Mark, NotDemo};
use crate::db::{Conn, DbError, Instant};
use crate::people::{Role, UserId};
use crate::schema::{
    audit_log, demo_marks, patient_sites, patients, people, person_roles, person_sites, sites,
};

/// When each mark was made.
pub fn marks(conn: &mut Conn) -> QueryResult<Vec<(Mark, Instant)>> {
    demo_marks::table.select((demo_marks::mark, demo_marks::at)).order(demo_marks::mark).load(conn)
}

/// Leaves a mark.
pub fn leave(conn: &mut Conn, mark: Mark, now: Instant) -> QueryResult<usize> {
    diesel::insert_into(demo_marks::table)
        .values((demo_marks::mark.eq(mark), demo_marks::at.eq(now)))
        .execute(conn)
}

/// Takes the database for the demonstration, in the transaction of its first accounts: nobody may
/// have been faster, neither another demonstration nor a person.
///
/// # Errors
/// [`NotDemo::Half`], [`NotDemo::Foreign`].
pub fn claim(conn: &mut Conn, now: Instant, mend: &'static str) -> Result<(), NotDemo> {
    if !marks(conn)?.is_empty() {
        return Err(NotDemo::Half(mend));
    }
    let mut foreign = vec![];
    if people::table.select(people::id).first::<UserId>(conn).optional()?.is_some() {
        foreign.push("people".to_owned());
    }
    if audit_log::table.select(audit_log::request_id).first::<String>(conn).optional()?.is_some() {
        foreign.push("audit_log".to_owned());
    }
    if patients::table.select(patients::folio).first::<String>(conn).optional()?.is_some() {
        foreign.push("patients".to_owned());
    }
    if !foreign.is_empty() {
        return Err(NotDemo::Foreign(foreign));
    }
    match leave(conn, Mark::Begun, now).map_err(DbError::from) {
        Ok(_) => Ok(()),
        Err(e) if e.is_unique_violation() => Err(NotDemo::Half(mend)),
        Err(e) => Err(e.into()),
    }
}

/// The accounts that the demonstration made, in its order, and as they are now. What people added
/// since is none of them.
pub fn accounts(conn: &mut Conn) -> QueryResult<Vec<Account>> {
    let begun = marks(conn)?.into_iter().find(|(m, _)| *m == Mark::Begun).map(|(_, at)| at);
    let Some(begun) = begun else { return Ok(vec![]) };
    type Row = (UserId, String, String, Option<Instant>, Instant, bool);
    let rows: Vec<Row> = people::table
        .filter(people::created_at.eq(begun))
        .select((
            people::id,
            people::login,
            people::name,
            people::disabled_at,
            people::password_set_at,
            people::must_change_password,
        ))
        .load(conn)?;
    let mut found = vec![];
    for (login, ..) in ACCOUNTS {
        let Some(row) = rows.iter().find(|r| r.1 == *login) else { continue };
        let (id, _, name, disabled, set, must_change) = row;
        found.push(Account {
            login: (*login).to_owned(),
            name: name.clone(),
            roles: person_roles::table
                .filter(person_roles::person_id.eq(*id))
                .order(person_roles::role)
                .select(person_roles::role)
                .load::<Role>(conn)?,
            sites: person_sites::table
                .inner_join(sites::table)
                .filter(person_sites::person_id.eq(*id))
                .order(sites::code)
                .select(sites::code)
                .load(conn)?,
            // Every new password moves the instant it was set at.
            opens: disabled.is_none() && *set == begun && !must_change,
        });
    }
    Ok(found)
}

/// The record number and the name of every child, as it is now.
pub fn children(conn: &mut Conn) -> QueryResult<Vec<(String, String)>> {
    type Row = (Option<String>, String, String, Option<String>);
    let rows: Vec<Row> = patients::table
        .inner_join(patient_sites::table)
        .select((
            patient_sites::record_number,
            patients::given_names,
            patients::surname1,
            patients::surname2,
        ))
        .load(conn)?;
    let named = |(record, given, surname1, surname2): Row| {
        let name = [Some(given), Some(surname1), surname2];
        Some((record?, name.into_iter().flatten().collect::<Vec<_>>().join(" ")))
    };
    Ok(rows.into_iter().filter_map(named).collect())
}

/// Logins that people added to a demonstration: their passwords are theirs.
pub fn added(conn: &mut Conn) -> QueryResult<Vec<String>> {
    let own: Vec<String> = accounts(conn)?.into_iter().map(|a| a.login).collect();
    let all: Vec<String> = people::table.order(people::login).select(people::login).load(conn)?;
    Ok(all.into_iter().filter(|login| !own.contains(login)).collect())
}
