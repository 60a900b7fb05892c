//! SQLite's write-ahead log goes back into the database file on a thread of its own, so that the
//! writer, which every scan waits for, seldom has to. PostgreSQL does this by itself.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use diesel::connection::SimpleConnection;

use super::{Access, Conn, DbError, is_postgres};

/// Groups committed between two checkpoints. The writer's own (`wal_autocheckpoint`) stays as a
/// bound: it finds little left to do, and then begins the log anew.
const EVERY: u32 = 40;

/// Asks for a checkpoint every [`EVERY`] groups. Dropped, it waits for the last one.
pub(super) struct Checkpoints {
    since: u32,
    worker: Option<(SyncSender<()>, JoinHandle<()>)>,
}

impl Checkpoints {
    /// Starts the thread, where the engine needs one.
    pub(super) fn start(url: &str) -> Result<Self, DbError> {
        if is_postgres(url) {
            return Ok(Self { since: 0, worker: None });
        }
        let conn = Conn::open(url, Access::Write)?;
        let (ask, asked) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(move || work(conn, &asked))
            .map_err(|e| DbError::Corrupt(format!("no thread for checkpoints: {e}")))?;
        Ok(Self { since: 0, worker: Some((ask, thread)) })
    }

    /// A group is committed.
    pub(super) fn committed(&mut self) {
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

fn work(mut conn: Conn, asked: &Receiver<()>) {
    while asked.recv().is_ok() {
        // PASSIVE never makes the writer wait for its lock.
        if let Err(e) = conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)") {
            tracing::warn!(error = %e, "no checkpoint of the write-ahead log");
        }
    }
}
