//! What the engine knows of how many rows there are of what: from it it chooses the index of a
//! query.

use diesel::connection::SimpleConnection;

use super::{Conn, DbError};

/// Rows of each index that SQLite looks at. A thousand tell a key from a flag, and take
/// milliseconds at any size.
const SQLITE: &str = "PRAGMA analysis_limit = 1000; ANALYZE";

/// Lets the engine look at its tables anew. SQLite never does so by itself; PostgreSQL does, but
/// not before a minute has passed, and a restored database has none of it.
///
/// # Errors
/// When a statement is refused.
pub fn analyze(conn: &mut Conn) -> Result<(), DbError> {
    match conn {
        Conn::Sqlite(c) => c.batch_execute(SQLITE)?,
        Conn::Pg(c) => c.batch_execute("ANALYZE")?,
    }
    Ok(())
}
