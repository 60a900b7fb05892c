//! The connection of whoever only looks.

use std::ops::{Deref, DerefMut};

use diesel::connection::SimpleConnection;
use diesel::result::QueryResult;

use super::{Access, Conn, DbError};

/// A connection that reads and can't write. Whatever draws a page or a list takes one of these and
/// not a [`Conn`]: a [write transaction](super::Tx) is none and can't be made into one, so no page
/// is ever read while every scan of the network waits behind it.
///
/// ```compile_fail
/// fn page(_: &mut rastro::db::Reading) {}
/// fn write(tx: &mut rastro::db::Tx<'_>) {
///     page(tx);
/// }
/// ```
///
/// What a rule looks up while it writes takes a `Conn`, which both are:
///
/// ```
/// fn row(_: &mut rastro::db::Conn) {}
/// fn write(tx: &mut rastro::db::Tx<'_>) {
///     row(tx);
/// }
/// fn read(c: &mut rastro::db::Reading) {
///     row(c);
/// }
/// ```
pub struct Reading(Conn);

impl Reading {
    /// Opens `url` for reading, for commands: their statements may take as long as they need.
    ///
    /// # Errors
    /// When no connection can be made.
    pub fn open(url: &str) -> Result<Self, DbError> {
        Conn::open(url, Access::Read).map(Self)
    }

    pub(super) fn over(conn: Conn) -> Self {
        Self(conn)
    }

    /// Begins to see the database as it is at one moment, until [`end`](Self::end): all that one
    /// page shows belongs together, whatever is written meanwhile.
    pub(super) fn begin(&mut self) -> QueryResult<()> {
        let begin = match self.0 {
            Conn::Sqlite(_) => "BEGIN",
            Conn::Pg(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        self.0.batch_execute(begin)
    }

    /// Sees the database as it is again. An error says that the connection is of no use any more.
    pub(super) fn end(&mut self) -> QueryResult<()> {
        self.0.batch_execute("ROLLBACK")
    }
}

impl Deref for Reading {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}
impl DerefMut for Reading {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}
