//! Read-only connections: a pool behind blocking threads, and one per worker thread for look-ups.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::trouble::Trouble;
use super::watch::{Seen, locked};
use super::{Access, Conn, DbError, Reading};

/// Reading connections in the pool. Long reads only: look-ups have their own.
const POOL: usize = 4;
/// How long a read waits for one.
const WAIT: Duration = Duration::from_secs(5);
/// How long PostgreSQL may leave a reading statement without an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// The same for finding out whether an idle connection is still one.
const PING: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub(super) struct Readers {
    id: u64,
    pool: Arc<Pool>,
}

struct Pool {
    url: String,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Reader>>,
}

/// A connection of the pool.
struct Reader {
    conn: Reading,
    seen: Seen,
}

impl Reader {
    /// Begins to read. On PostgreSQL this is also how it shows that its server is still there: an
    /// idle connection that can't begin is one whose server has left it.
    fn begins(&mut self) -> bool {
        if matches!(*self.conn, Conn::Pg(_)) {
            self.seen.expect_soon(PING);
        }
        self.conn.begin().is_ok()
    }
}

impl Pool {
    /// A connection that has begun to read: an idle one, unless its server has left it meanwhile.
    fn get(&self) -> Result<Reader, DbError> {
        let idle = locked(&self.idle).pop();
        if let Some(mut reader) = idle {
            if reader.begins() {
                return Ok(reader);
            }
            // The others were made for the same server.
            locked(&self.idle).clear();
        }
        let seen = Seen::default();
        let conn = Conn::limited(&self.url, Access::Read, ANSWER, &seen)?;
        let mut reader = Reader { conn: Reading::over(conn), seen };
        reader.conn.begin()?;
        Ok(reader)
    }

    /// Ends a read, and keeps its connection for the next one if it is of use.
    fn put_back(&self, mut reader: Reader) {
        let ended = reader.conn.end().is_ok();
        if ended && !reader.seen.take().is_some_and(Trouble::ends_connection) {
            locked(&self.idle).push(reader);
        }
    }
}

thread_local! {
    /// This thread's own connections, by [`Readers::id`].
    static OWN: RefCell<HashMap<u64, Reading>> = RefCell::default();
}

impl Readers {
    pub(super) fn open(url: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let pool = Pool {
            url: url.to_owned(),
            places: Arc::new(Semaphore::new(POOL)),
            idle: Mutex::default(),
        };
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), pool: Arc::new(pool) }
    }

    pub(super) async fn read<T, E>(
        &self,
        f: impl FnOnce(&mut Reading) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let places = Arc::clone(&self.pool.places);
        let place = match tokio::time::timeout(WAIT, places.acquire_owned()).await {
            Ok(Ok(place)) => place,
            Ok(Err(_)) => return Err(DbError::Stopped.into()),
            Err(_) => {
                let why = "no reading connection was free".to_owned();
                return Err(DbError::Unavailable { trouble: Trouble::Busy, why }.into());
            }
        };
        let pool = Arc::clone(&self.pool);
        let job = move || {
            let mut reader = pool.get()?;
            let done = f(&mut reader.conn);
            pool.put_back(reader);
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

    pub(super) fn inline<T, E: From<DbError>>(
        &self,
        f: impl FnOnce(&mut Reading) -> Result<T, E>,
    ) -> Result<T, E> {
        OWN.with_borrow_mut(|own| {
            let conn = match own.entry(self.id) {
                std::collections::hash_map::Entry::Occupied(e) => e.into_mut(),
                std::collections::hash_map::Entry::Vacant(e) => {
                    e.insert(Reading::open(&self.pool.url)?)
                }
            };
            f(conn)
        })
    }
}
