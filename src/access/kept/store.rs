//! Rows of kept forms. What they hold is sealed: only their person's browser has the key.

use diesel::prelude::*;

use super::KeptId;
use crate::db::{Conn, Instant};
use crate::people::UserId;
use crate::schema::kept_forms;

/// A sealed form.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = kept_forms)]
pub(super) struct Row {
    pub id: KeptId,
    pub person_id: UserId,
    pub browser: Vec<u8>,
    pub sealed: Vec<u8>,
    pub kept_at: Instant,
    pub expires_at: Instant,
}

pub(super) fn find(conn: &mut Conn, id: KeptId) -> QueryResult<Option<Row>> {
    kept_forms::table.find(id).select(Row::as_select()).first(conn).optional()
}

/// The newest of a person in a browser.
pub(super) fn newest(
    conn: &mut Conn,
    person: UserId,
    browser: &[u8; 32],
    now: Instant,
) -> QueryResult<Option<Row>> {
    kept_forms::table
        .filter(kept_forms::person_id.eq(person))
        .filter(kept_forms::browser.eq(&browser[..]))
        .filter(kept_forms::expires_at.gt(now))
        .order(kept_forms::id.desc())
        .select(Row::as_select())
        .first(conn)
        .optional()
}

/// Adds one; of the same person only the `most` newest stay.
pub(super) fn insert(conn: &mut Conn, row: &Row, most: i64) -> QueryResult<()> {
    diesel::insert_into(kept_forms::table).values(row.clone()).execute(conn)?;
    let old: Vec<KeptId> = kept_forms::table
        .filter(kept_forms::person_id.eq(row.person_id))
        .order(kept_forms::id.desc())
        .offset(most)
        .limit(100)
        .select(kept_forms::id)
        .load(conn)?;
    diesel::delete(kept_forms::table.filter(kept_forms::id.eq_any(old))).execute(conn)?;
    Ok(())
}

pub(super) fn delete(conn: &mut Conn, id: KeptId) -> QueryResult<usize> {
    diesel::delete(kept_forms::table.find(id)).execute(conn)
}

/// Deletes what is over at `now`.
pub(super) fn purge(conn: &mut Conn, now: Instant) -> QueryResult<usize> {
    diesel::delete(kept_forms::table.filter(kept_forms::expires_at.le(now))).execute(conn)
}
