//! One connection type over both engines, opened by URL scheme.

// The derive writes public items without documentation.
#![allow(missing_docs)]

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;

use super::cache::Share;
use super::watch::{Seen, Watcher};
use super::{DbError, postgres};

/// What PostgreSQL itself ends: a wait for another's lock before the client's own deadline, a
/// transaction whose server has frozen or is cut off, a statement whose client is gone.
const SERVER_LIMITS: &str = "SET lock_timeout = '4s'; \
    SET idle_in_transaction_session_timeout = '20s'; SET client_connection_check_interval = '5s'";

/// A live connection to SQLite or PostgreSQL; every query of the product is written once for it.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// PostgreSQL 15 or later.
    Pg(PgConnection),
    /// SQLite, built in.
    Sqlite(SqliteConnection),
}

/// Runs a query, written once, straight on the engine's own connection:
/// `on_engine!(conn, |c| containers::table.find(id).first(c))`. Through [`Conn`] diesel writes a
/// statement's text three times for each execution; in what runs at every scan that took a third
/// of the writer's time.
#[macro_export]
macro_rules! on_engine {
    ($conn:expr, |$c:ident| $query:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite($c) => $query,
            $crate::db::Conn::Pg($c) => $query,
        }
    };
}

/// What a connection will be used for; a reader can't write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only reading: the engine refuses a write.
    Read,
    /// Reading and writing.
    Write,
}

impl Conn {
    /// Opens `url` by its scheme: `sqlite://path`, `postgres://…` or `postgresql://…`.
    /// diesel's own `establish` would try each engine in turn, and SQLite takes any string for a
    /// file name, so a mistyped `postgres://` would leave a stray empty database.
    ///
    /// Its statements may take as long as they need: for migrations and commands.
    pub fn open(url: &str, access: Access) -> Result<Self, DbError> {
        Self::make(url, access, None, Seen::default(), Share::COMMAND)
    }

    /// As [`open`](Self::open), but a statement that PostgreSQL leaves without an answer for
    /// `limit` loses the connection, what outage statements meet is `seen`, and SQLite's page cache
    /// is as large as `share`.
    pub(super) fn limited(
        url: &str,
        access: Access,
        limit: Duration,
        seen: &Seen,
        share: Share,
    ) -> Result<Self, DbError> {
        Self::make(url, access, Some(limit), seen.clone(), share)
    }

    fn make(
        url: &str,
        access: Access,
        limit: Option<Duration>,
        seen: Seen,
        share: Share,
    ) -> Result<Self, DbError> {
        if is_postgres(url) {
            let (mut c, socket) = postgres::connect(url)?;
            c.set_instrumentation(match limit {
                Some(limit) => Watcher::limited(seen, socket, limit),
                None => Watcher::new(seen),
            });
            // UTC so that nothing depends on the server's zone; a reader is told so. PostgreSQL
            // compiles a statement that looks costly, 0.2 s for lists that stop after 50 rows.
            c.batch_execute("SET TIME ZONE 'UTC'; SET jit = off")?;
            if access == Access::Read {
                c.batch_execute("SET default_transaction_read_only = on")?;
            }
            if limit.is_some() {
                c.batch_execute(SERVER_LIMITS)?;
            }
            return Ok(Self::Pg(c));
        }
        let Some(path) = url.strip_prefix("sqlite://") else {
            return Err(DbError::UnknownScheme);
        };
        let mut c = SqliteConnection::establish(path)?;
        c.set_instrumentation(Watcher::new(seen));
        // FULL: measured, NORMAL loses acknowledged transactions at a power cut. The log goes back
        // into the file as `checkpoint.rs` says; the automatic checkpoint is only a bound, for a
        // reader that keeps the log from beginning anew, after which the log is cut to 128 MB.
        c.batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 64000; \
             PRAGMA journal_size_limit = 134217728;",
        )?;
        c.batch_execute(&format!("PRAGMA cache_size = -{}", share.kib))?;
        // What a query sorts is a page's rows, since each list walks an index. A file for it would
        // put names outside of the data directory, on a disk that may not be encrypted.
        c.batch_execute("PRAGMA temp_store = MEMORY")?;
        if access == Access::Read {
            c.batch_execute("PRAGMA query_only = ON")?;
        }
        Ok(Self::Sqlite(c))
    }

    /// Which engine this is, for logs and `/healthz`.
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Pg(_) => "postgresql",
            Self::Sqlite(_) => "sqlite",
        }
    }

    /// Asks the engine for nothing (`SELECT 1`), to know whether it answers.
    pub fn ping_database(&mut self) -> QueryResult<()> {
        R2D2Connection::ping(self)
    }
}

/// Whether `url` names a PostgreSQL database.
pub fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

#[derive(QueryableByName)]
struct Header {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    user_version: i32,
}

/// Does what fails where nothing can be written, and changes nothing.
pub(super) fn try_writing(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        // A page of the file is written with what stands there already.
        Conn::Sqlite(c) => {
            let Header { user_version } = diesel::sql_query("PRAGMA user_version").get_result(c)?;
            c.batch_execute(&format!("PRAGMA user_version = {user_version}"))
        }
        // The commit writes by itself, but would also where rows may not be touched.
        Conn::Pg(c) => {
            c.batch_execute("SELECT 1 FROM __diesel_schema_migrations LIMIT 1 FOR UPDATE")
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::Integer;

    use super::*;

    #[test]
    fn sqlite_is_compiled_as_the_configuration_says() {
        let mut c = SqliteConnection::establish(":memory:").unwrap();
        for option in ["THREADSAFE=2", "ENABLE_QPSG", "ENABLE_STMTVTAB", "DEFAULT_MEMSTATUS=0"] {
            let asked = format!("sqlite_compileoption_used('{option}')");
            let used =
                diesel::select(diesel::dsl::sql::<Integer>(&asked)).get_result::<i32>(&mut c);
            assert_eq!(used, Ok(1), "{option}: .cargo/config.toml does not reach the build");
        }
    }

    #[test]
    fn a_connection_is_one_threads_at_a_time() {
        // SQLite takes no lock of its own for a connection: the type must keep two threads apart.
        fn is_send<T: Send>() {}
        is_send::<Conn>();
        is_not_sync();
    }

    /// Compiles only while `Conn` is not `Sync`: were it, both implementations would fit.
    fn is_not_sync() {
        trait Ambiguous<A> {
            fn fits() {}
        }
        struct Shared;
        impl<T: ?Sized> Ambiguous<()> for T {}
        impl<T: ?Sized + Sync> Ambiguous<Shared> for T {}
        <Conn as Ambiguous<_>>::fits();
    }
}
