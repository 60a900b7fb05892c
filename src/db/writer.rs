//! The one writer of a server: a thread that drains a queue and commits the waiting closures as a
//! group. One sync to disk serves all of them; nobody is answered before it. Where a closure of a
//! group fails, the group is run again with each in a savepoint of its own, so that it takes back
//! what that one wrote and nothing else.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::AtomicU8;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::result::Error as QueryError;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::cache::Share;
use super::checkpoint::Checkpoints;
use super::columns::Key;
use super::health::{Figures, Health};
use super::job::{Job, LEFT, Typed, WAITS, turn};
use super::trouble::Trouble;
use super::watch::Seen;
use super::{Access, Conn, DbError, commit};

/// Closures committed together at most. More would only make the first one wait longer.
const GROUP: usize = 256;
/// Waiting closures at most.
const QUEUE: usize = 4096;
/// How long a caller waits for a place in the queue.
const PLACE: Duration = Duration::from_secs(1);
/// How long a closure may wait in the queue. Then it isn't run at all, and its caller is told so.
const TURN: Duration = Duration::from_secs(15);
/// How long a group may wait to become as large as the one before it: while many write at once,
/// a little patience saves most of the syncs. Who writes alone never waits.
const GATHER: Duration = Duration::from_micros(500);
/// How long a group that met an outage is tried again: a restart is over by then. While the outage
/// lasts, each further group is tried once: its callers are told at once instead of one after the
/// other.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long PostgreSQL may leave the writer's statement without an answer.
const ANSWER: Duration = Duration::from_secs(5);

/// An event handed over for sealing; see [`BeforeCommit`].
#[derive(Debug, Clone)]
pub struct Staged {
    /// The event's own id.
    pub event: Uuid,
    /// The server's clock when it was staged.
    pub at: super::Instant,
    /// The exact bytes to be sealed.
    pub body: String,
}

/// A row that a transaction has changed, and that is bound as it is once all of its group has run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touched {
    /// The table it stands in.
    pub table: &'static str,
    /// Its primary key.
    pub key: Key,
    /// Of a row that was there: the columns that were found changed beside the program when it was about to write the
    /// row. Nothing of a row that was added.
    pub beside: Option<Vec<&'static str>>,
    /// Of a row that was added while the log took nothing in: since when it waits to be bound.
    pub waited: Option<super::Instant>,
}

/// Runs in a group's transaction after its closures and before its commit.
pub trait BeforeCommit: Send + Sync {
    /// Writes whatever must be committed together with `staged` and `touched`. An error rolls the group back.
    fn seal(&self, conn: &mut Conn, staged: &[Staged], touched: &[Touched]) -> Result<(), DbError>;
    /// The group whose `seal` ran last is now durable.
    fn committed(&self) {}
}

/// One write transaction. Derefs to the connection, so store functions take it as `&mut Conn`.
pub struct Tx<'a> {
    conn: &'a mut Conn,
    staged: &'a mut Vec<Staged>,
    touched: &'a mut Vec<Touched>,
}

impl Tx<'_> {
    /// Says that a row of `table` was added: the log binds what it is at the end of this transaction. Forgotten if
    /// this transaction rolls back. A table's rows that are bound at all (`journal/tables.rs`) are bound at each
    /// change: `rastro verify` names a row of which one was left out. Of a row that is there, [`crate::journal::change`].
    pub fn touch(&mut self, table: &'static str, key: impl Into<Key>) {
        self.touched.push(Touched { table, key: key.into(), beside: None, waited: None });
    }
    /// As [`Tx::touch`], of a row of which more is known.
    pub(crate) fn touch_as(&mut self, touched: Touched) {
        self.touched.push(touched);
    }
    /// Whether this row was written already by what is bound together with this transaction.
    pub(crate) fn has_touched(&self, table: &str, key: &Key) -> bool {
        self.touched.iter().any(|t| t.table == table && t.key == *key)
    }
    /// Hands an event over for sealing; forgotten if this transaction rolls back.
    pub fn stage(&mut self, event: Staged) {
        self.staged.push(event);
    }
}
impl Deref for Tx<'_> {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        self.conn
    }
}
impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn
    }
}

enum Message {
    Run(Box<dyn Job>),
    Stop,
}

pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    health: Arc<Health>,
}

impl Writer {
    pub(super) fn start(url: &str, seal: Arc<dyn BeforeCommit>) -> Result<Self, DbError> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let health = Arc::new(Health::default());
        let mut state = Loop {
            url: url.to_owned(),
            conn: None,
            seen: Seen::default(),
            seal,
            staged: vec![],
            touched: vec![],
            checkpoints: Checkpoints::start(url)?,
            health: Arc::clone(&health),
        };
        state.connect()?;
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || state.serve(jobs))
            .map_err(|e| DbError::Corrupt(format!("no thread for the writer: {e}")))?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)), health })
    }

    pub(super) fn figures(&self) -> Figures {
        self.health.figures(self.queue.max_capacity() - self.queue.capacity())
    }

    pub(super) async fn submit<T, E>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let busy = |why: &str| DbError::Unavailable { trouble: Trouble::Busy, why: why.to_owned() };
        let (reply, mut answer) = oneshot::channel();
        let state = Arc::new(AtomicU8::new(WAITS));
        let job = Typed { f, turn: Arc::clone(&state), outcome: None, reply };
        match self.queue.send_timeout(Message::Run(Box::new(job)), PLACE).await {
            Ok(()) => {}
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                return Err(busy("the writer's queue is full").into());
            }
            Err(mpsc::error::SendTimeoutError::Closed(_)) => return Err(DbError::Stopped.into()),
        }
        let Ok(answered) = tokio::time::timeout(TURN, &mut answer).await else {
            if turn(&state, LEFT) {
                return Err(busy("the write never had its turn").into());
            }
            // It is under way; each of its statements has a deadline of its own.
            return answer.await.map_err(|_| DbError::Stopped)?;
        };
        answered.map_err(|_| DbError::Stopped)?
    }

    pub(super) async fn stop(&self) {
        // Closed already is stopped already.
        let _ = self.queue.send(Message::Stop).await;
        let thread = self.thread.lock().ok().and_then(|mut t| t.take());
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

struct Loop {
    url: String,
    /// None after it was lost, until there is another.
    conn: Option<Conn>,
    /// What outage the connection's statements met.
    seen: Seen,
    seal: Arc<dyn BeforeCommit>,
    staged: Vec<Staged>,
    touched: Vec<Touched>,
    checkpoints: Checkpoints,
    health: Arc<Health>,
}

/// Why a group was not committed.
enum Failure {
    /// A closure failed and the whole group was rolled back.
    OfOne,
    /// Nothing of it can be in the database: running it again is safe.
    Before(DbError),
    /// The commit was sent and its answer never came.
    During(DbError),
}

impl Loop {
    fn serve(&mut self, mut jobs: mpsc::Receiver<Message>) {
        let mut expected = 1;
        while let Some(first) = jobs.blocking_recv() {
            let Message::Run(first) = first else { break };
            let mut group = vec![first];
            let until = Instant::now() + GATHER;
            let mut last = false;
            while group.len() < GROUP {
                match jobs.try_recv() {
                    Ok(Message::Run(job)) => group.push(job),
                    Ok(Message::Stop) => {
                        last = true;
                        break;
                    }
                    Err(_) if group.len() >= expected || Instant::now() >= until => break,
                    Err(_) => std::thread::yield_now(),
                }
            }
            expected = group.len();
            self.commit(group);
            self.checkpoints.committed(self.conn.as_mut());
            if last {
                break;
            }
        }
    }

    /// Commits `group`, trying again where that is safe, and answers every caller. Nothing that was
    /// submitted later runs before: the order of a device's scans is kept.
    fn commit(&mut self, mut group: Vec<Box<dyn Job>>) {
        group.retain(|job| job.begins());
        if group.is_empty() {
            return;
        }
        let patience = if self.health.trouble().is_some() { Duration::ZERO } else { PATIENCE };
        let until = Instant::now() + patience;
        let mut apart = false;
        for attempt in 0.. {
            let (e, writes) = match self.try_commit(&mut group, apart) {
                Ok(kept) => {
                    if kept {
                        self.seal.committed();
                        self.health.committed(group.len());
                    }
                    return group.into_iter().for_each(|job| job.answer(None));
                }
                Err(Failure::OfOne) => {
                    apart = true;
                    continue;
                }
                Err(Failure::During(e)) => {
                    tracing::error!(error = %e, writes = group.len(), "commit outcome unknown");
                    let trouble = self.trouble_of(&e).unwrap_or(Trouble::Gone);
                    self.health.unknown(trouble, group.len());
                    self.conn = None;
                    return group
                        .into_iter()
                        .for_each(|job| job.answer(Some(DbError::OutcomeUnknown)));
                }
                Err(Failure::Before(e)) => (e, group.len()),
            };
            let trouble = self.trouble_of(&e);
            self.leave(trouble);
            if trouble.is_some_and(Trouble::is_passing) && Instant::now() < until {
                tracing::warn!(error = %e, attempt, "write group will be tried again");
                self.health.retried();
                std::thread::sleep(pause(attempt));
                continue;
            }
            tracing::error!(error = %e, writes, "write group failed");
            self.health.failed(trouble, writes);
            let why = e.to_string();
            return group.into_iter().for_each(|job| {
                job.answer(Some(match (&e, trouble) {
                    (DbError::ReadOnly(stand), _) => DbError::ReadOnly(*stand),
                    (_, Some(trouble)) => DbError::Unavailable { trouble, why: why.clone() },
                    (_, None) => DbError::Corrupt(why.clone()),
                }));
            });
        }
    }

    /// The outage behind `e`: the connection's own watcher knows a frozen server from a lost one.
    fn trouble_of(&self, e: &DbError) -> Option<Trouble> {
        let seen = self.seen.take();
        e.trouble().map(|said| seen.filter(|s| *s == Trouble::Frozen).unwrap_or(said))
    }

    /// Leaves the connection as it must be after an outage or a defect: rolled back, or gone.
    fn leave(&mut self, trouble: Option<Trouble>) {
        match &mut self.conn {
            // SQLite's is a file and stays.
            Some(c @ Conn::Sqlite(_)) => {
                // Where the engine has rolled back by itself, it says so.
                let _ = c.batch_execute("ROLLBACK");
            }
            // What isn't known to be well is not used again.
            Some(Conn::Pg(_)) if trouble.is_none_or(Trouble::ends_connection) => self.conn = None,
            Some(c @ Conn::Pg(_)) => {
                let lost = c.batch_execute("ROLLBACK").is_err();
                self.conn.take_if(|_| lost);
            }
            None => {}
        }
        let _ = self.seen.take();
    }

    fn connect(&mut self) -> Result<(), DbError> {
        if self.conn.is_none() {
            self.conn = Some(Conn::limited(
                &self.url,
                Access::Write,
                ANSWER,
                &self.seen,
                Share::of_writer(),
            )?);
        }
        Ok(())
    }

    /// One transaction with what `group` writes. `apart`: each in a savepoint. Those cost a
    /// statement each, and on SQLite a copy of every page touched; few writes fail, so a group
    /// is run without them first. False: its only write took itself back, so nothing was committed.
    fn try_commit(&mut self, group: &mut [Box<dyn Job>], apart: bool) -> Result<bool, Failure> {
        let before = |e: QueryError| Failure::Before(e.into());
        self.staged.clear();
        self.touched.clear();
        self.connect().map_err(Failure::Before)?;
        let _ = self.seen.take();
        let Some(conn) = &mut self.conn else { return Err(Failure::Before(DbError::Stopped)) };
        // IMMEDIATE: a deferred transaction that reads and then writes fails as soon as another
        // process got in between, and busy_timeout does not cover that.
        let begin = match conn {
            Conn::Sqlite(_) => "BEGIN IMMEDIATE",
            Conn::Pg(_) => "BEGIN",
        };
        conn.batch_execute(begin).map_err(before)?;
        let alone = group.len() == 1;
        for (n, job) in group.iter_mut().enumerate() {
            if apart {
                // The one before is released in the same trip to the database.
                let open = ["SAVEPOINT job", "RELEASE SAVEPOINT job; SAVEPOINT job"];
                conn.batch_execute(open[usize::from(n > 0)]).map_err(before)?;
            }
            let mark = (self.staged.len(), self.touched.len());
            let (staged, touched) = (&mut self.staged, &mut self.touched);
            let mut tx = Tx { conn: &mut *conn, staged, touched };
            if job.run(&mut tx) {
                continue;
            }
            // An outage is nothing of this closure's: all of the group is tried again, in order.
            if let Some(trouble) = self.seen.take() {
                let why = "a statement of a write met it".to_owned();
                return Err(Failure::Before(DbError::Unavailable { trouble, why }));
            }
            self.staged.truncate(mark.0);
            self.touched.truncate(mark.1);
            if apart {
                conn.batch_execute("ROLLBACK TO SAVEPOINT job").map_err(before)?;
            } else {
                conn.batch_execute("ROLLBACK").map_err(before)?;
                return if alone { Ok(false) } else { Err(Failure::OfOne) };
            }
        }
        if apart {
            conn.batch_execute("RELEASE SAVEPOINT job").map_err(before)?;
        }
        if !self.staged.is_empty() || !self.touched.is_empty() {
            self.seal.seal(conn, &self.staged, &self.touched).map_err(Failure::Before)?;
        }
        commit::commit(conn).map(|()| true).map_err(|e| match e {
            commit::NotCommitted::Surely(e) => Failure::Before(e),
            commit::NotCommitted::Perhaps(e) => Failure::During(e),
        })
    }
}

/// Between 50 ms and a second, longer from try to try and never the same for two servers.
fn pause(attempt: u32) -> Duration {
    let most = 50_u64 << attempt.min(5);
    let mut random = [0; 8];
    // Without random numbers it is simply the longest.
    let part = getrandom::fill(&mut random).map_or(most, |()| u64::from_le_bytes(random) % most);
    Duration::from_millis(50 + part.min(950))
}
