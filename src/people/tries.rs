//! Tries at a password. Each is counted in the database before the password is looked at, so that
//! however many come at once, to however many servers, five are looked at before the first wait.
//! What a try is counted for is kept as a hash: a login that no account has counts like any other,
//! and is forgotten like any other.

use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::{SessionId, UserId, lock_seconds};
use crate::db::{Conn, Instant, Portable};
use crate::schema::password_tries as rows;

/// Tries are forgotten this long after the last one.
const KEPT_SECONDS: i64 = 3600;
/// No wait is longer. One that seems so was made before the clock was set back.
const LONGEST_WAIT: i64 = 900;
/// Wrong passwords in a row that end a session in which they are given again.
pub const IN_A_SESSION: i32 = 5;

/// What tries are counted for.
#[derive(Clone)]
pub struct CountedFor([u8; 32]);

impl CountedFor {
    fn of(kind: &str, parts: [&[u8]; 2]) -> Self {
        let mut hash = Sha256::new();
        hash.update(kind);
        parts.into_iter().for_each(|part| hash.update(part));
        Self(hash.finalize().into())
    }
    /// Whoever types this login on a browser that nobody of this name has signed in with.
    pub fn login(login: &str) -> Self {
        Self::of("login:", [login.as_bytes(), &[]])
    }
    /// A person on a browser that they have signed in with before: what strangers try at the same
    /// login does not count for it.
    pub fn device(hash: &[u8; 32], person: UserId) -> Self {
        Self::of("device:", [hash, person.0.as_bytes()])
    }
    /// A session in which the password is given again.
    pub fn session(id: SessionId) -> Self {
        Self::of("session:", [id.0.as_bytes(), &[]])
    }
}

/// What somebody who wants to try a password is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// It counts; it may be looked at.
    Given,
    /// None is looked at now.
    Wait {
        /// The next one is looked at from then on.
        until: Instant,
        /// Nobody was told so since the wait began: worth a row of the audit log.
        first: bool,
    },
}

/// Whole minutes from `now` to `until`, at least 1.
pub fn minutes(until: Instant, now: Instant) -> i64 {
    ((until.seconds_since(now) + 59) / 60).max(1)
}

/// Counts a try, or says until when none is allowed. Other transactions that ask for the same wait
/// for the end of this one.
pub fn ask(conn: &mut Conn, what: &CountedFor, now: Instant) -> QueryResult<Leave> {
    let key = &what.0[..];
    diesel::delete(rows::table.filter(rows::tried_at.lt(now.plus_seconds(-KEPT_SECONDS))))
        .execute(conn)?;
    // Locks the row in PostgreSQL; SQLite's BEGIN IMMEDIATE has locked the file already.
    let seen = diesel::insert_into(rows::table)
        .values((
            rows::counted_for.eq(key),
            rows::tries.eq(0),
            rows::waits_until.eq(None::<Instant>),
            rows::told.eq(false),
            rows::tried_at.eq(now),
        ))
        .on_conflict(rows::counted_for)
        .do_update()
        .set(rows::tried_at.eq(now));
    Portable(seen).execute(conn)?;
    let row = rows::table.find(key);
    let (tries, until, told): (i32, Option<Instant>, bool) =
        row.select((rows::tries, rows::waits_until, rows::told)).first(conn)?;
    let waits = |u: &Instant| *u > now && u.seconds_since(now) <= LONGEST_WAIT;
    if let Some(until) = until.filter(waits) {
        if !told {
            diesel::update(row).set(rows::told.eq(true)).execute(conn)?;
        }
        return Ok(Leave::Wait { until, first: !told });
    }
    let tries = tries.saturating_add(1);
    let wait = lock_seconds(tries);
    let until = (wait > 0).then(|| now.plus_seconds(wait));
    diesel::update(row)
        .set((rows::tries.eq(tries), rows::waits_until.eq(until), rows::told.eq(false)))
        .execute(conn)?;
    Ok(Leave::Given)
}

/// Tries that count now.
pub fn counted(conn: &mut Conn, what: &CountedFor) -> QueryResult<i32> {
    let found = rows::table.find(&what.0[..]).select(rows::tries).first(conn).optional()?;
    Ok(found.unwrap_or(0))
}

/// A right password gives the tries back; so does an administrator.
pub fn forget(conn: &mut Conn, what: &CountedFor) -> QueryResult<usize> {
    diesel::delete(rows::table.find(&what.0[..])).execute(conn)
}
