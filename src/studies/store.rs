//! Rows of studies.

use diesel::prelude::*;

use super::StudyId;
use crate::db::{Conn, DbError};
use crate::schema::studies;

/// Whether a study still waits for its result.
pub fn is_open(conn: &mut Conn, id: StudyId) -> Result<bool, DbError> {
    let closed: Option<Option<crate::db::Instant>> =
        studies::table.find(id).select(studies::closed_at).first(conn).optional()?;
    Ok(closed.is_some_and(|c| c.is_none()))
}
