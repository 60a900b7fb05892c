//! Browsers in which somebody has signed in before. A random cookie names one; the database keeps
//! its hash for each person who used it. It opens nothing: it only keeps what strangers try at a
//! login from counting against its owner.

use diesel::prelude::*;

use super::UserId;
use crate::db::{Conn, Instant, Portable};
use crate::schema::{known_devices as rows, people};

/// A browser is known this long after its person last signed in there.
pub const KNOWN_SECONDS: i64 = 90 * 86_400;
/// Browsers of one person that are known at most.
const MOST: i64 = 20;

/// The person with this login, if they have signed in with this browser before.
pub fn owner(
    conn: &mut Conn,
    hash: &[u8; 32],
    login: &str,
    now: Instant,
) -> QueryResult<Option<UserId>> {
    rows::table
        .inner_join(people::table)
        .filter(rows::token_hash.eq(&hash[..]))
        .filter(rows::expires_at.gt(now))
        .filter(people::login.eq(login))
        .filter(people::disabled_at.is_null())
        .select(people::id)
        .first(conn)
        .optional()
}

/// Whether somebody is known there. A cookie that this server never gave is not taken over.
pub fn is_known(conn: &mut Conn, hash: &[u8; 32], now: Instant) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        rows::table.filter(rows::token_hash.eq(&hash[..])).filter(rows::expires_at.gt(now)),
    ))
    .get_result(conn)
}

/// `person` has signed in with this browser. Beyond `MOST` those are forgotten that were used
/// once only, as programs do, and then the ones not used for the longest time.
pub fn remember(conn: &mut Conn, hash: &[u8; 32], person: UserId, now: Instant) -> QueryResult<()> {
    diesel::delete(rows::table.filter(rows::person_id.eq(person)).filter(rows::expires_at.le(now)))
        .execute(conn)?;
    let until = now.plus_seconds(KNOWN_SECONDS);
    let row = diesel::insert_into(rows::table)
        .values((
            rows::token_hash.eq(&hash[..]),
            rows::person_id.eq(person),
            rows::made_at.eq(now),
            rows::used_at.eq(now),
            rows::expires_at.eq(until),
        ))
        .on_conflict((rows::token_hash, rows::person_id))
        .do_update()
        .set((rows::used_at.eq(now), rows::expires_at.eq(until)));
    Portable(row).execute(conn)?;
    let mut others: Vec<(Vec<u8>, Instant, Instant)> = rows::table
        .filter(rows::person_id.eq(person))
        .filter(rows::token_hash.ne(&hash[..]))
        .select((rows::token_hash, rows::made_at, rows::used_at))
        .load(conn)?;
    others.sort_by_key(|(_, made, used)| std::cmp::Reverse((used > made, *used)));
    for (other, ..) in others.into_iter().skip(usize::try_from(MOST - 1).unwrap_or(0)) {
        diesel::delete(rows::table.find((other, person))).execute(conn)?;
    }
    Ok(())
}

/// Forgets the browsers of `person`, but for `kept`.
pub fn forget_of(conn: &mut Conn, person: UserId, kept: Option<&[u8; 32]>) -> QueryResult<usize> {
    let kept = kept.map_or(&[][..], |hash| &hash[..]);
    diesel::delete(rows::table.filter(rows::person_id.eq(person)).filter(rows::token_hash.ne(kept)))
        .execute(conn)
}
