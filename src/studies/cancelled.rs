//! Requests that were cancelled: why, by whom and when. Written once, never changed.

use diesel::prelude::*;

use super::model::{Study, StudyId, StudyState};
use crate::db::{Conn, DbError, Instant, Tx};
use crate::people::{Role, UserId, store as people_store};
use crate::schema::study_cancellations;

crate::id_type! {
    /// A cancellation; made by the client.
    CancellationId
}

/// A request's cancellation.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = study_cancellations)]
#[allow(missing_docs)]
pub(crate) struct Cancellation {
    pub study_id: StudyId,
    pub id: CancellationId,
    pub at: Instant,
    pub actor_id: UserId,
    pub actor_role: Role,
    pub reason: String,
}

/// The cancellation of a request, whoever asks: the caller has found the request in reach.
pub(crate) fn of(conn: &mut Conn, study: StudyId) -> Result<Option<Cancellation>, DbError> {
    Ok(study_cancellations::table
        .find(study)
        .select(Cancellation::as_select())
        .first(conn)
        .optional()?)
}

/// Adds one. A second one of a request is a unique violation.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &Cancellation) -> Result<(), DbError> {
    diesel::insert_into(study_cancellations::table).values(new.clone()).execute(&mut **tx)?;
    tx.touch("study_cancellations", new.study_id);
    Ok(())
}

/// What people are told of a request that was cancelled.
#[derive(Debug, Clone)]
pub struct Told {
    /// When it was cancelled, by the server's clock.
    pub at: Instant,
    /// Printed name of who cancelled it.
    pub by: String,
    /// Why, in that person's words.
    pub reason: String,
}

/// What is told of a request in reach; nothing of one that was not cancelled.
pub fn told(conn: &mut Conn, study: &Study) -> Result<Option<Told>, DbError> {
    if study.state != StudyState::Cancelled {
        return Ok(None);
    }
    let Some(c) = of(conn, study.id)? else { return Ok(None) };
    let by = people_store::name_of(conn, c.actor_id)?.unwrap_or_default();
    Ok(Some(Told { at: c.at, by, reason: c.reason }))
}
