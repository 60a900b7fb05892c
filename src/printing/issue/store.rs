//! Rows of `label_prints`: append-only.

use diesel::prelude::*;

use crate::containers::{Container, ContainerId, store::in_reach};

use crate::db::{Conn, DbError, Instant, Tx};
use crate::labels::Format;
use crate::people::{Scope, UserId};
use crate::schema::label_prints;

crate::id_type! {
    /// A label that was issued.
    PrintId
}

/// A label that was issued.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = label_prints)]
#[allow(missing_docs)]
pub struct Print {
    pub id: PrintId,
    pub container_id: ContainerId,
    /// Counts the labels recorded of its container, from 1.
    pub copy: i32,
    pub recorded_at: Instant,
    pub actor_id: UserId,
    pub reason: Option<String>,
    pub template_id: String,
    pub template_version: i32,
    /// The exact values, a JSON object.
    pub fields: String,
    pub format: Format,
    pub dpi: i32,
    pub sha256: Vec<u8>,
    /// Of its layout; nothing for those recorded before it was kept.
    pub layout_sha256: Option<Vec<u8>>,
    /// Which label of its container it says it is; none in old rows: see [`Print::number`].
    pub number: Option<i32>,
}

impl Print {
    /// Which label of its container it says it is; 2 and up are reprints. Not the copy where labels
    /// before it were taken back or failed before they were printed.
    pub fn number(&self) -> i32 {
        self.number.unwrap_or(self.copy)
    }
}

pub(in crate::printing) fn insert(tx: &mut Tx<'_>, print: &Print) -> Result<(), DbError> {
    diesel::insert_into(label_prints::table).values(print.clone()).execute(&mut **tx)?;
    tx.touch("label_prints", print.id);
    Ok(())
}

/// Every label of a container in reach, first copy first.
pub fn of(conn: &mut Conn, scope: &Scope, container: &Container) -> Result<Vec<Print>, DbError> {
    if !in_reach(conn, scope, container)? {
        return Ok(vec![]);
    }
    Ok(label_prints::table
        .filter(label_prints::container_id.eq(container.id))
        .order(label_prints::copy)
        .select(Print::as_select())
        .load(conn)?)
}

/// Whether another label of this container says that it has this number.
pub(in crate::printing) fn has_another(
    conn: &mut Conn,
    container: ContainerId,
    number: i32,
    than: PrintId,
) -> Result<bool, DbError> {
    let all: Vec<Print> = label_prints::table
        .filter(label_prints::container_id.eq(container))
        .filter(label_prints::id.ne(than))
        .select(Print::as_select())
        .load(conn)?;
    Ok(all.iter().any(|p| p.number() == number))
}

/// A recorded label by its key: for the agent of the printer that it was sent to, which has no
/// scope. Nobody else may be shown it.
pub(in crate::printing) fn by_id(conn: &mut Conn, id: PrintId) -> Result<Option<Print>, DbError> {
    Ok(label_prints::table.find(id).select(Print::as_select()).first(conn).optional()?)
}
