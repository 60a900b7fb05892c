//! The states of rows, as a log like the others.

use diesel::prelude::*;
use uuid::Uuid;

use super::verify::Source;
use crate::db::{Conn, DbError};
use crate::journal::{LOG, RowEventId, RowState};
use crate::people::Scope;
use crate::schema::row_states;

/// What rows became, for `rastro verify`.
pub struct RowSource;

impl Source for RowSource {
    fn log(&self) -> &'static str {
        LOG
    }
    /// A row may be of anybody: for auditors and quality, who are asked before this.
    fn may_see(&self, _: &mut Conn, _: &Scope, _: Uuid) -> Result<bool, DbError> {
        Ok(false)
    }
    crate::logged_rows!(row_states, RowState, RowEventId);
}
