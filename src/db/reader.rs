//! Reading connections: one stack for reads on blocking threads and for look-ups on the worker
//! threads themselves. The one that was given back last is taken first, so a quiet server works
//! with one or two; those that nobody took for a minute are closed, and give their memory back.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::cache::Share;
use super::trouble::Trouble;
use super::watch::{Seen, locked};
use super::{Access, Conn, DbError, Reading, is_postgres};

/// Reads at once on blocking threads. Look-ups are further ones: one at a time on each worker.
const AT_ONCE: usize = 4;
/// How long a read waits for its place among them.
const WAIT: Duration = Duration::from_secs(5);
/// How long PostgreSQL may leave a reading statement without an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// The same for finding out whether an idle connection is still one.
const PING: Duration = Duration::from_secs(2);
/// How long a connection that nobody takes is kept, unless it is the only one.
const IDLE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub(super) struct Readers {
    places: Arc<Semaphore>,
    idle: Arc<Idle>,
}

/// Connections that nobody uses now; the one used last is the last.
struct Idle {
    url: String,
    share: Share,
    stack: Mutex<Vec<Reader>>,
}

struct Reader {
    conn: Reading,
    seen: Seen,
    /// When it was last given back.
    left: Instant,
}

/// What a reader is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// A page: all that is read is of one moment.
    Page,
    /// One look-up by key.
    LookUp,
}

impl Reader {
    /// Gets ready to read. On PostgreSQL its first statement also shows whether its server is still
    /// there. SQLite's is a file.
    fn begins(&mut self, what: For) -> bool {
        if matches!(*self.conn, Conn::Pg(_)) {
            self.seen.expect_soon(PING);
        }
        match (&*self.conn, what) {
            (_, For::Page) => self.conn.begin().is_ok(),
            (Conn::Pg(_), For::LookUp) => self.conn.ping_database().is_ok(),
            (Conn::Sqlite(_), For::LookUp) => true,
        }
    }
    /// Ends what it has begun; whether it is of use for another read. One that is lost is asked
    /// nothing more.
    fn ends(&mut self, what: For) -> bool {
        let lost = self.seen.take().is_some_and(Trouble::ends_connection);
        !lost && (what == For::LookUp || self.conn.end().is_ok())
    }
}

impl Idle {
    /// A connection that has begun to read: an idle one, unless its server has left it meanwhile.
    fn take(&self, what: For) -> Result<Reader, DbError> {
        let idle = locked(&self.stack).pop();
        if let Some(mut reader) = idle {
            if reader.begins(what) {
                return Ok(reader);
            }
            // The others were made for the same server.
            locked(&self.stack).clear();
        }
        let seen = Seen::default();
        let conn = Conn::limited(&self.url, Access::Read, ANSWER, &seen, self.share)?;
        let mut reader = Reader { conn: Reading::over(conn), seen, left: Instant::now() };
        if what == For::Page {
            reader.conn.begin()?;
        }
        Ok(reader)
    }

    /// Keeps a connection for the next read, if it is of use, and closes those that lie idle. A
    /// server reads every few seconds also when nobody asks it anything, so this is often enough.
    fn give_back(&self, mut reader: Reader, what: For) {
        if !reader.ends(what) {
            return;
        }
        reader.left = Instant::now();
        let mut stack = locked(&self.stack);
        let kept_until = |r: &Reader| r.left + IDLE;
        let old = stack.iter().take_while(|r| kept_until(r) <= reader.left).count();
        let closed: Vec<Reader> = stack.drain(..old).collect();
        stack.push(reader);
        // Nobody waits for the stack while they are closed.
        drop(stack);
        drop(closed);
    }

    fn run<T, E: From<DbError>>(
        &self,
        what: For,
        f: impl FnOnce(&mut Reading) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut reader = self.take(what)?;
        let done = f(&mut reader.conn);
        self.give_back(reader, what);
        done
    }
}

impl Readers {
    pub(super) fn open(url: &str) -> Self {
        // Outside of a runtime there is one thread to look things up on.
        let workers = Handle::try_current().map_or(1, |h| h.metrics().num_workers());
        let idle = Idle {
            url: url.to_owned(),
            // One more for the thread that started the runtime.
            share: Share::of_readers(AT_ONCE + workers + 1),
            stack: Mutex::default(),
        };
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), idle: Arc::new(idle) }
    }

    pub(super) async fn read<T, E>(
        &self,
        f: impl FnOnce(&mut Reading) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.elsewhere(For::Page, f).await
    }

    /// For PostgreSQL, where a look-up waits for the network: a transaction for it would be two
    /// trips more.
    pub(super) async fn look_up<T, E>(
        &self,
        f: impl FnOnce(&mut Reading) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.elsewhere(For::LookUp, f).await
    }

    /// On a blocking thread.
    async fn elsewhere<T, E>(
        &self,
        what: For,
        f: impl FnOnce(&mut Reading) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let places = Arc::clone(&self.places);
        let place = match tokio::time::timeout(WAIT, places.acquire_owned()).await {
            Ok(Ok(place)) => place,
            Ok(Err(_)) => return Err(DbError::Stopped.into()),
            Err(_) => {
                let why = "no reading connection was free".to_owned();
                return Err(DbError::Unavailable { trouble: Trouble::Busy, why }.into());
            }
        };
        let idle = Arc::clone(&self.idle);
        let job = move || {
            let done = idle.run(what, f);
            drop(place);
            done
        };
        match tokio::task::spawn_blocking(job).await {
            Ok(done) => done,
            // A panic in a read is a defect like any other: let the request's own guard answer.
            Err(e) if e.is_panic() => std::panic::resume_unwind(e.into_panic()),
            Err(_) => Err(DbError::Stopped.into()),
        }
    }

    /// On this thread: only for SQLite, which answers look-ups in microseconds.
    pub(super) fn inline<T, E: From<DbError>>(
        &self,
        f: impl FnOnce(&mut Reading) -> Result<T, E>,
    ) -> Result<T, E> {
        debug_assert!(!is_postgres(&self.idle.url));
        self.idle.run(For::LookUp, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle(dir: &tempfile::TempDir) -> Idle {
        let url = format!("sqlite://{}", dir.path().join("t.db").display());
        Idle { url, share: Share::of_readers(6), stack: Mutex::default() }
    }

    #[test]
    fn one_connection_serves_all_that_read_one_after_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let idle = idle(&dir);
        for _ in 0..3 {
            idle.run(For::Page, |conn| Ok::<_, DbError>(conn.ping_database()?)).unwrap();
        }
        assert_eq!(locked(&idle.stack).len(), 1);
    }

    #[test]
    fn connections_that_nobody_took_for_a_minute_are_closed() {
        let dir = tempfile::tempdir().unwrap();
        let idle = idle(&dir);
        let all: Vec<Reader> = (0..3).map(|_| idle.take(For::Page).unwrap()).collect();
        all.into_iter().for_each(|reader| idle.give_back(reader, For::Page));
        assert_eq!(locked(&idle.stack).len(), 3);
        let long_ago = Instant::now().checked_sub(IDLE).unwrap();
        locked(&idle.stack)[..2].iter_mut().for_each(|reader| reader.left = long_ago);
        idle.run(For::LookUp, |_| Ok::<_, DbError>(())).unwrap();
        assert_eq!(locked(&idle.stack).len(), 1);
    }
}
