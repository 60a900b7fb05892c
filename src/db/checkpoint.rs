//! SQLite's write-ahead log goes back into the database file on a thread of its own, so that the
//! writer, which every scan waits for, never waits for that. PostgreSQL does this by itself.
//!
//! While scans come without a pause the log would grow for ever: it begins anew only at a moment
//! when all of it is in the database file, and while the thread copies, the writer goes on writing.
//! So when the thread has nearly caught up with a long log, it asks the writer to copy the few
//! pages that are left, between two groups, which takes a few milliseconds. Left to
//! `wal_autocheckpoint`, the writer copied and synced all that the thread had not yet, which took
//! up to 200 ms, several times a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use diesel::prelude::*;

use super::{Access, Conn, DbError, is_postgres};

/// Groups committed between two checkpoints.
const EVERY: u32 = 40;
/// Pages (of 4 KiB) in the log from which on it should begin anew: 64 MB.
const LONG: i64 = 16_000;
/// The thread has caught up when so few pages were written while it copied.
const FEW: i64 = 500;
/// How often the thread copies again to get there. On a disk that is slower than the writer it
/// never would, and more is left to the writer.
const ROUNDS: u32 = 4;

/// Asks for a checkpoint every [`EVERY`] groups. Dropped, it waits for the last one.
pub(super) struct Checkpoints {
    since: u32,
    /// The thread has nearly caught up: the rest is the writer's.
    caught_up: Arc<AtomicBool>,
    worker: Option<(SyncSender<()>, JoinHandle<()>)>,
}

impl Checkpoints {
    /// Starts the thread, where the engine needs one.
    pub(super) fn start(url: &str) -> Result<Self, DbError> {
        let caught_up = Arc::new(AtomicBool::new(false));
        if is_postgres(url) {
            return Ok(Self { since: 0, caught_up, worker: None });
        }
        let conn = Conn::open(url, Access::Write)?;
        let (ask, asked) = sync_channel(1);
        let shared = Arc::clone(&caught_up);
        let thread = std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(move || work(conn, &asked, &shared))
            .map_err(|e| DbError::Corrupt(format!("no thread for checkpoints: {e}")))?;
        Ok(Self { since: 0, caught_up, worker: Some((ask, thread)) })
    }

    /// A group is committed on `conn`, and its callers are answered.
    pub(super) fn committed(&mut self, conn: Option<&mut Conn>) {
        if let Some(conn) = conn
            && self.caught_up.swap(false, Ordering::Relaxed)
        {
            // The next write finds all of the log copied, and begins it anew.
            tell(checkpoint(conn));
        }
        self.since += 1;
        if self.since < EVERY {
            return;
        }
        self.since = 0;
        if let Some((ask, _)) = &self.worker {
            // Full: one is asked for already.
            let _ = ask.try_send(());
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        if let Some((ask, thread)) = self.worker.take() {
            drop(ask);
            let _ = thread.join();
        }
    }
}

fn work(mut conn: Conn, asked: &Receiver<()>, caught_up: &AtomicBool) {
    while asked.recv().is_ok() {
        if let Some(true) = tell(catch_up(&mut conn)) {
            caught_up.store(true, Ordering::Relaxed);
        }
    }
}

fn tell<T>(done: QueryResult<T>) -> Option<T> {
    done.inspect_err(|e| tracing::warn!(error = %e, "no checkpoint of the write-ahead log")).ok()
}

/// Copies what is in the log, and what was written meanwhile, until little is left. Whether the log
/// is long and the writer should copy the rest.
fn catch_up(conn: &mut Conn) -> QueryResult<bool> {
    let mut before = 0;
    for _ in 0..ROUNDS {
        let Copied { log, checkpointed, .. } = checkpoint(conn)?;
        // Pages that a reader still needs to be as they were are not copied: later.
        if log < LONG || checkpointed < log {
            return Ok(false);
        }
        if log - before < FEW {
            break;
        }
        before = log;
    }
    Ok(true)
}

/// What a checkpoint did, in pages since the log began.
#[derive(QueryableByName)]
struct Copied {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    log: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    checkpointed: i64,
}

/// Copies what nobody has to wait for (PASSIVE), and syncs it.
fn checkpoint(conn: &mut Conn) -> QueryResult<Copied> {
    diesel::sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(conn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::connection::SimpleConnection;

    /// More than [`LONG`] pages in one transaction.
    const FILL: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 70) \
        INSERT INTO t SELECT zeroblob(1000000) FROM n";

    #[test]
    fn a_long_log_begins_anew_once_all_of_it_is_copied_and_no_reader_needs_it() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("t.db").display());
        let mut writer = Conn::open(&url, Access::Write).unwrap();
        let mut thread = Conn::open(&url, Access::Write).unwrap();
        let mut reader = Conn::open(&url, Access::Read).unwrap();
        writer.batch_execute("CREATE TABLE t (b BLOB); INSERT INTO t VALUES ('x')").unwrap();
        assert!(!catch_up(&mut thread).unwrap(), "a short log is left as it is");

        reader.batch_execute("BEGIN; SELECT count(*) FROM t").unwrap();
        writer.batch_execute(FILL).unwrap();
        assert!(!catch_up(&mut thread).unwrap(), "a reader still needs what was there before");
        reader.batch_execute("COMMIT").unwrap();

        assert!(catch_up(&mut thread).unwrap());
        writer.batch_execute("INSERT INTO t VALUES ('y')").unwrap();
        assert!(checkpoint(&mut writer).unwrap().log < FEW, "the log has not begun anew");
    }
}
