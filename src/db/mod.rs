//! The database: one connection type over SQLite and PostgreSQL, one writer that groups commits,
//! readers, migrations, column types and paging. Knows no capability.
//!
//! Only three doors lead from async code to a database: [`Db::write`] (one closure, one
//! transaction, answered after the commit is durable), [`Db::read`] (a blocking thread) and
//! [`Db::point`] (inline, for look-ups by key of a few microseconds).

mod analyze;
mod bare;
mod cache;
mod checkpoint;
mod clock;
pub mod column;
pub mod columns;
mod commit;
mod conn;
mod health;
mod integrity;
mod job;
pub mod kept;
mod lock;
mod migrate;
mod page;
mod portable;
mod postgres;
mod reader;
mod reading;
mod slow;
mod standing;
mod trouble;
mod update;
mod watch;
mod writer;

use std::sync::Arc;

pub use analyze::analyze;
pub use bare::Guards;
pub use cache::limit_sqlite_cache;
pub use clock::Clock;
pub use column::{ClientId, Day, Instant, UnknownWord, sql, uuid_from_sqlite};
pub use conn::{Access, Conn, MultiBackend, is_postgres};
pub use health::Figures;
pub use integrity::{Checked, full_check, is_broken_file, quick_check};
pub use kept::{Kept, Unreadable};
pub use lock::{DataLock, sqlite_path};
pub use migrate::{applied_migrations, migrate, pending_migrations};
pub use page::{Cursor, Limit, Page};
pub use portable::Portable;
pub use reading::Reading;
pub use slow::log_slower_than;
pub use standing::{Stand, Standing};
pub use trouble::Trouble;
pub use update::update_all_of;
pub use writer::{BeforeCommit, Staged, Touched, Tx};

use reader::Readers;
use writer::Writer;

/// What can go wrong below the rules of any capability. Its texts are for the log: a person is
/// shown "try again" with the request id.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A statement failed.
    #[error("the database refused a statement: {0}")]
    Query(#[from] diesel::result::Error),
    /// No connection could be made.
    #[error("no connection to the database: {0}")]
    Connect(#[from] diesel::ConnectionError),
    /// An outage kept this from being done: nothing of it is in the database.
    #[error("{trouble}: {why}")]
    Unavailable {
        /// The outage, which decides what is answered.
        trouble: Trouble,
        /// For the log.
        why: String,
    },
    /// `DATABASE_URL` is neither SQLite nor PostgreSQL.
    #[error("DATABASE_URL must begin with sqlite:// or postgres://")]
    UnknownScheme,
    /// A migration failed.
    #[error("migration failed: {0}")]
    Migration(String),
    /// The connection broke while the commit was under way: the write may or may not be there.
    /// Sending the same request (with the same client id) again is safe and tells.
    #[error("the connection broke during commit; the outcome is unknown")]
    OutcomeUnknown,
    /// The server is stopping.
    #[error("the writer has stopped")]
    Stopped,
    /// The closure panicked; its transaction was rolled back.
    #[error("a write panicked and was rolled back")]
    Panicked,
    /// The database may only be read, and why: see [`Standing`].
    #[error("the database is {0}: nothing is written to it")]
    ReadOnly(Stand),
    /// A stored value breaks an invariant of the program.
    #[error("stored data is not what it must be: {0}")]
    Corrupt(String),
}

impl DbError {
    /// Whether a row holds what its type can't be: it was restored, or put in by hand.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Query(e) if kept::column(e).is_some())
            || matches!(self, Self::Corrupt(_))
    }

    /// Whether a unique constraint refused the row.
    pub fn is_unique_violation(&self) -> bool {
        use diesel::result::{DatabaseErrorKind::UniqueViolation, Error::DatabaseError};
        matches!(self, Self::Query(DatabaseError(UniqueViolation, _)))
    }

    /// Whether another server's write at the same moment refused this one: it took the same number,
    /// id or code. Looked at again, what the other one wrote is there to be seen. (A deadlock with
    /// it is an outage of a moment: the writer tries again by itself.)
    pub fn is_clash(&self) -> bool {
        self.is_unique_violation()
    }
}

/// An error of a capability that may have come from the database.
pub trait Below {
    /// What went wrong below the rules, if that is what it says.
    fn below(&self) -> Option<&DbError>;
}

/// Tries of a write that another server on the same database got in the way of.
const TRIES: u32 = 8;

/// The database of a running server. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    url: Arc<str>,
    writer: Arc<Writer>,
    readers: Readers,
}

impl Db {
    /// Opens `url` and starts the writer; does not migrate (see [`migrate`]).
    /// `seal` runs in each group's transaction just before its commit, over what the group's
    /// closures [staged](Tx::stage).
    pub fn open(url: &str, seal: Arc<dyn BeforeCommit>) -> Result<Self, DbError> {
        Ok(Self {
            url: url.into(),
            writer: Arc::new(Writer::start(url, seal)?),
            readers: Readers::open(url),
        })
    }

    /// The URL it was opened with. May hold a password: never log it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs `f` in one transaction. `Err` rolls back all `f` wrote and nothing else; `Ok` is
    /// returned only once the commit is durable, also where `f` only looked: what it saw of another
    /// transaction may be on no standby yet. `f` may run again after a lost connection, a deadlock
    /// or a serialization failure, always in a fresh transaction and before any write that was
    /// submitted later.
    ///
    /// # Errors
    /// What `f` returned, or the [`DbError`] that kept it from being committed.
    pub async fn write<T, E>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.writer.submit(f).await
    }

    /// Runs `f` as one [`write`](Self::write), and again in a fresh transaction when another server
    /// [got in the way](DbError::is_clash). `f` is told which try it is, from 0.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn write_again<T, E>(
        &self,
        f: impl Fn(&mut Tx<'_>, u32) -> Result<T, E> + Clone + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Below + Send + 'static,
    {
        for attempt in 0.. {
            let job = f.clone();
            match self.write(move |tx| job(tx, attempt)).await {
                Err(e) if attempt + 1 < TRIES && e.below().is_some_and(DbError::is_clash) => {}
                done => return done,
            }
        }
        Err(DbError::Stopped.into())
    }

    /// Runs `f` on a blocking thread with a connection from the pool that can't write. All that `f`
    /// reads is of one moment.
    pub async fn read<T, E>(
        &self,
        f: impl FnOnce(&mut Reading) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.readers.read(f).await
    }

    /// Runs `f` at once, on this thread's own read-only connection. Only for look-ups by key:
    /// they take microseconds, less than a hop to another thread (20k/s against 8.6k/s measured).
    /// On PostgreSQL, where a look-up waits for the network, it goes to a blocking thread.
    pub async fn point<T, E>(
        &self,
        f: impl FnOnce(&mut Reading) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        if is_postgres(&self.url) {
            return self.readers.look_up(f).await;
        }
        self.readers.inline(f)
    }

    /// What the writer has been doing.
    pub fn figures(&self) -> Figures {
        self.writer.figures()
    }

    /// Commits something that changes nothing, to see whether writes succeed.
    pub async fn probe(&self) -> Result<(), DbError> {
        self.write(|tx| {
            conn::try_writing(tx)?;
            Ok(())
        })
        .await
    }

    /// Waits until everything submitted so far is committed, then stops the writer.
    pub async fn close(&self) {
        self.writer.stop().await;
    }
}
