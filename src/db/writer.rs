//! The one writer of a server: a thread that drains a queue and commits the waiting closures as a
//! group. One sync to disk serves all of them; nobody is answered before it. Where a closure of a
//! group fails, the group is run again with each in a savepoint of its own, so that it takes back
//! what that one wrote and nothing else.

use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::checkpoint::Checkpoints;
use super::{Access, Conn, DbError};

/// Closures committed together at most. More would only make the first one wait longer.
const GROUP: usize = 256;
/// Waiting closures at most; past this a caller waits for a place.
const QUEUE: usize = 4096;
/// How long a group may wait to become as large as the one before it: while many write at once,
/// a little patience saves most of the syncs. Who writes alone never waits.
const GATHER: Duration = Duration::from_micros(500);
/// Tries of a group that lost its connection or was chosen as a deadlock's victim.
const TRIES: u32 = 6;

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

/// Runs in a group's transaction after its closures and before its commit.
pub trait BeforeCommit: Send + Sync {
    /// Writes whatever must be committed together with `staged`. An error rolls the group back.
    fn seal(&self, conn: &mut Conn, staged: &[Staged]) -> Result<(), DbError>;
    /// The group whose `seal` ran last is now durable.
    fn committed(&self) {}
}

/// One write transaction. Derefs to the connection, so store functions take it as `&mut Conn`.
pub struct Tx<'a> {
    conn: &'a mut Conn,
    staged: &'a mut Vec<Staged>,
}

impl Tx<'_> {
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

trait Job: Send {
    /// Runs the closure and keeps what it returned. True: keep what it wrote.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Answers the caller: with what the closure returned, or with why that is not committed.
    fn answer(self: Box<Self>, kept_from_commit: Option<DbError>);
}

struct Typed<F, T, E> {
    f: F,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Typed<F, T, E>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        match catch_unwind(AssertUnwindSafe(|| (self.f)(tx))) {
            Ok(outcome) => {
                let keep = outcome.is_ok();
                self.outcome = Some(outcome);
                keep
            }
            Err(_) => {
                self.outcome = Some(Err(DbError::Panicked.into()));
                false
            }
        }
    }
    fn answer(self: Box<Self>, kept_from_commit: Option<DbError>) {
        let answer = match (self.outcome, kept_from_commit) {
            // What the closure itself refused stays refused, committed or not.
            (Some(Err(e)), _) => Err(e),
            (_, Some(e)) => Err(e.into()),
            (Some(Ok(v)), None) => Ok(v),
            (None, None) => Err(DbError::Stopped.into()),
        };
        // The caller may have gone (a closed socket); the write stands all the same.
        let _ = self.reply.send(answer);
    }
}

enum Message {
    Run(Box<dyn Job>),
    Stop,
}

pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(url: &str, seal: Arc<dyn BeforeCommit>) -> Result<Self, DbError> {
        let conn = Conn::open(url, Access::Write)?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        let checkpoints = Checkpoints::start(url)?;
        let mut state = Loop { url: url.to_owned(), conn, seal, staged: vec![], checkpoints };
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || state.serve(jobs))
            .map_err(|e| DbError::Corrupt(format!("no thread for the writer: {e}")))?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)) })
    }

    pub(super) async fn submit<T, E>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Message::Run(Box::new(Typed { f, outcome: None, reply }));
        self.queue.send(job).await.map_err(|_| DbError::Stopped)?;
        answer.await.map_err(|_| DbError::Stopped)?
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
    conn: Conn,
    seal: Arc<dyn BeforeCommit>,
    staged: Vec<Staged>,
    checkpoints: Checkpoints,
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
            self.checkpoints.committed();
            if last {
                break;
            }
        }
    }

    /// Commits `group`, trying again where that is safe, and answers every caller.
    fn commit(&mut self, mut group: Vec<Box<dyn Job>>) {
        let mut apart = false;
        let mut attempt = 0;
        loop {
            match self.try_commit(&mut group, apart) {
                Ok(()) => {
                    self.seal.committed();
                    return group.into_iter().for_each(|job| job.answer(None));
                }
                Err(Failure::OfOne) => apart = true,
                Err(Failure::During(e)) => {
                    tracing::error!(error = %e, writes = group.len(), "commit outcome unknown");
                    self.reconnect();
                    return group
                        .into_iter()
                        .for_each(|job| job.answer(Some(DbError::OutcomeUnknown)));
                }
                Err(Failure::Before(e)) if attempt + 1 < TRIES && is_passing(&e) => {
                    tracing::warn!(error = %e, attempt, "write group will be tried again");
                    std::thread::sleep(Duration::from_millis(50 << attempt));
                    attempt += 1;
                    self.reconnect();
                }
                Err(Failure::Before(e)) => {
                    tracing::error!(error = %e, writes = group.len(), "write group failed");
                    let text = e.to_string();
                    self.reconnect();
                    return group.into_iter().for_each(|job| {
                        job.answer(Some(DbError::Query(QueryError::QueryBuilderError(
                            text.clone().into(),
                        ))));
                    });
                }
            }
        }
    }

    /// One transaction with what `group` writes. `apart`: each in a savepoint. Those cost a
    /// statement each, and on SQLite a copy of every page touched; few writes fail, so a group
    /// is run without them first.
    fn try_commit(&mut self, group: &mut [Box<dyn Job>], apart: bool) -> Result<(), Failure> {
        let before = |e: QueryError| Failure::Before(e.into());
        self.staged.clear();
        // IMMEDIATE: a deferred transaction that reads and then writes fails as soon as another
        // process got in between, and busy_timeout does not cover that.
        let begin = match self.conn {
            Conn::Sqlite(_) => "BEGIN IMMEDIATE",
            Conn::Pg(_) => "BEGIN",
        };
        self.conn.batch_execute(begin).map_err(before)?;
        let alone = group.len() == 1;
        for (n, job) in group.iter_mut().enumerate() {
            if apart {
                // The one before is released in the same trip to the database.
                let open = ["SAVEPOINT job", "RELEASE SAVEPOINT job; SAVEPOINT job"];
                self.conn.batch_execute(open[usize::from(n > 0)]).map_err(before)?;
            }
            let mark = self.staged.len();
            let mut tx = Tx { conn: &mut self.conn, staged: &mut self.staged };
            if job.run(&mut tx) {
                continue;
            }
            self.staged.truncate(mark);
            if apart {
                self.conn.batch_execute("ROLLBACK TO SAVEPOINT job").map_err(before)?;
            } else {
                self.conn.batch_execute("ROLLBACK").map_err(before)?;
                return if alone { Ok(()) } else { Err(Failure::OfOne) };
            }
        }
        if apart {
            self.conn.batch_execute("RELEASE SAVEPOINT job").map_err(before)?;
        }
        if !self.staged.is_empty() {
            self.seal.seal(&mut self.conn, &self.staged).map_err(|e| {
                let _ = self.conn.batch_execute("ROLLBACK");
                Failure::Before(e)
            })?;
        }
        match self.conn.batch_execute("COMMIT") {
            Ok(()) => Ok(()),
            Err(e) if matches!(self.conn, Conn::Sqlite(_)) || !is_broken(&e) => {
                let _ = self.conn.batch_execute("ROLLBACK");
                Err(Failure::Before(e.into()))
            }
            Err(e) => Err(Failure::During(e.into())),
        }
    }

    /// A fresh connection where the old one may be of no use; SQLite's is a file and stays.
    fn reconnect(&mut self) {
        match self.conn {
            Conn::Sqlite(_) => {
                let _ = self.conn.batch_execute("ROLLBACK");
            }
            Conn::Pg(_) => match Conn::open(&self.url, Access::Write) {
                Ok(conn) => self.conn = conn,
                Err(e) => tracing::warn!(error = %e, "the writer could not reconnect"),
            },
        }
    }
}

fn is_broken(e: &QueryError) -> bool {
    match e {
        QueryError::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => true,
        QueryError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            // libpq reports a lost server without a SQLSTATE; diesel keeps only the message.
            let m = info.message();
            [
                "server closed the connection",
                "no connection to the server",
                "terminating connection",
                "could not receive data",
                "SSL connection has been closed",
            ]
            .iter()
            .any(|lost| m.contains(lost))
        }
        _ => false,
    }
}

/// Whether the same group may succeed on a fresh connection (57P01, 40001, 40P01, 08xxx, 53300 …).
fn is_passing(e: &DbError) -> bool {
    match e {
        DbError::Connect(_) => true,
        DbError::Query(e) => {
            is_broken(e)
                || e.to_string().contains("deadlock detected")
                || matches!(
                    e,
                    QueryError::DatabaseError(
                        DatabaseErrorKind::SerializationFailure
                            | DatabaseErrorKind::ReadOnlyTransaction,
                        _
                    )
                )
        }
        _ => false,
    }
}
