//! The one statement whose failure leaves a question: was it done?

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::trouble::Trouble;
use super::{Conn, DbError};

/// Why a commit can't be acknowledged.
pub(super) enum NotCommitted {
    /// Nothing of the transaction is there.
    Surely(DbError),
    /// It was sent; whether it was done, and where it would survive, is not known.
    Perhaps(DbError),
}

/// Writes a record of its own to the write-ahead log. A transaction that only looked (a repeated
/// scan, say, which finds its first event) commits without waiting for anybody, so it could
/// acknowledge what no standby has (measured); with this its commit waits like any other, and that
/// of what it saw comes before it. Needs no table, no lock and no right.
const MARK: &str = "SELECT pg_logical_emit_message(true, 'rastro', '')";

/// A commit that took longer may have waited for a standby.
const WAITED: Duration = Duration::from_millis(250);

/// How often a commit that waited is followed by another.
const AGAIN: u32 = 3;

pub(super) fn commit(conn: &mut Conn) -> Result<(), NotCommitted> {
    let c = match conn {
        Conn::Sqlite(c) => {
            return c.batch_execute("COMMIT").map_err(|e| NotCommitted::Surely(e.into()));
        }
        Conn::Pg(c) => c,
    };
    let began = Instant::now();
    c.batch_execute(&format!("{MARK}; COMMIT")).map_err(|e| match Trouble::of(&e) {
        Some(t) if t.ends_connection() => NotCommitted::Perhaps(e.into()),
        _ => NotCommitted::Surely(e.into()),
    })?;
    if began.elapsed() < WAITED {
        return Ok(());
    }
    surely_there(c).map_err(NotCommitted::Perhaps)
}

/// Whether standbys have what was committed. When somebody cancels a commit that waits for them,
/// PostgreSQL reports success with a mere warning, and diesel drops warnings. A later commit that
/// did not have to wait says it: standbys take the log in order.
fn surely_there(c: &mut PgConnection) -> Result<(), DbError> {
    let standbys =
        diesel::select(diesel::dsl::sql::<Text>("current_setting('synchronous_standby_names')"));
    if standbys.get_result::<String>(c)?.is_empty() {
        return Ok(());
    }
    for _ in 0..AGAIN {
        let began = Instant::now();
        c.batch_execute(MARK)?;
        if began.elapsed() < WAITED {
            return Ok(());
        }
    }
    Err(DbError::Unavailable {
        trouble: Trouble::Busy,
        why: "every commit waits for standbys, and may not have them".into(),
    })
}
