//! Read-only connections: a pool behind blocking threads, and one per worker thread for look-ups.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::r2d2::{ManageConnection, Pool, R2D2Connection};

use super::{Access, Conn, DbError};

/// Reading connections in the pool. Long reads only: look-ups have their own.
const POOL: u32 = 4;

#[derive(Clone)]
pub(super) struct Readers {
    id: u64,
    url: Arc<str>,
    pool: Pool<Manager>,
}

thread_local! {
    /// This thread's own connections, by [`Readers::id`].
    static OWN: RefCell<HashMap<u64, Conn>> = RefCell::default();
}

impl Readers {
    pub(super) fn open(url: &str) -> Result<Self, DbError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let pool = Pool::builder()
            .max_size(POOL)
            .min_idle(Some(0))
            .connection_timeout(Duration::from_secs(5))
            .build(Manager(url.into()))?;
        Ok(Self { id: NEXT.fetch_add(1, Ordering::Relaxed), url: url.into(), pool })
    }

    pub(super) async fn read<T, E>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let pool = self.pool.clone();
        let job = move || f(&mut *pool.get().map_err(DbError::from)?);
        match tokio::task::spawn_blocking(job).await {
            Ok(done) => done,
            // A panic in a read is a defect like any other: let the request's own guard answer.
            Err(e) if e.is_panic() => std::panic::resume_unwind(e.into_panic()),
            Err(_) => Err(DbError::Stopped.into()),
        }
    }

    pub(super) fn inline<T, E: From<DbError>>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        OWN.with_borrow_mut(|own| {
            let conn = match own.entry(self.id) {
                std::collections::hash_map::Entry::Occupied(e) => e.into_mut(),
                std::collections::hash_map::Entry::Vacant(e) => {
                    e.insert(Conn::open(&self.url, Access::Read)?)
                }
            };
            f(conn)
        })
    }
}

struct Manager(String);

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Conn, Self::Error> {
        Conn::open(&self.0, Access::Read).map_err(|e| match e {
            DbError::Connect(e) => diesel::r2d2::Error::ConnectionError(e),
            DbError::Query(e) => diesel::r2d2::Error::QueryError(e),
            e => diesel::r2d2::Error::ConnectionError(diesel::ConnectionError::BadConnection(
                e.to_string(),
            )),
        })
    }
    fn is_valid(&self, c: &mut Conn) -> Result<(), Self::Error> {
        c.ping().map_err(diesel::r2d2::Error::QueryError)
    }
    fn has_broken(&self, c: &mut Conn) -> bool {
        c.is_broken()
    }
}
