//! Watches each connection's statements: which outage they met, and how long PostgreSQL leaves
//! them without an answer. A frozen server keeps its TCP alive, so libpq would wait for ever: past
//! the deadline the connection's socket is shut, and the statement fails like any on a lost
//! connection. Nothing is ever cancelled: a cancel during COMMIT would report success although no
//! standby has the write (measured).

use std::collections::{HashMap, HashSet};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use nix::sys::socket::{
    AddressFamily, Shutdown, SockaddrLike, SockaddrStorage, getpeername, shutdown,
};

use super::slow;
use super::trouble::Trouble;

/// How often deadlines are looked at.
const LOOK: Duration = Duration::from_millis(100);

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is told between a connection's watcher and whoever uses the connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    trouble: Option<Trouble>,
    soon: Option<Duration>,
}

impl Seen {
    /// The outage that statements met since this was last asked.
    pub(super) fn take(&self) -> Option<Trouble> {
        locked(&self.0).trouble.take()
    }
    fn note(&self, trouble: Trouble) {
        locked(&self.0).trouble = Some(trouble);
    }
    /// The next statement has a deadline of its own.
    pub(super) fn expect_soon(&self, limit: Duration) {
        locked(&self.0).soon = Some(limit);
    }
}

/// One connection's watcher; a connection runs one statement at a time.
pub(super) struct Watcher {
    began: Option<Instant>,
    seen: Seen,
    /// The socket and how long a statement may wait for its answer.
    limit: Option<(Arc<Socket>, Duration)>,
    due: Option<Due>,
}

impl Watcher {
    /// Without a deadline.
    pub(super) fn new(seen: Seen) -> Self {
        Self { began: None, seen, limit: None, due: None }
    }
    /// With one, where the socket is known.
    pub(super) fn limited(seen: Seen, socket: Option<Socket>, limit: Duration) -> Self {
        Self { limit: socket.map(|s| (Arc::new(s), limit)), ..Self::new(seen) }
    }
}

impl Instrumentation for Watcher {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => {
                self.began = Some(Instant::now());
                self.due = self.limit.as_ref().map(|(socket, limit)| {
                    let limit = locked(&self.seen.0).soon.take().unwrap_or(*limit);
                    let shut = Arc::clone(socket);
                    Due::within(limit, Box::new(move || shut.shut()))
                });
            }
            InstrumentationEvent::FinishQuery { query, error, .. } => {
                let overdue = self.due.take().is_some_and(|due| due.is_over());
                if let Some(trouble) = error.and_then(Trouble::of) {
                    self.seen.note(if overdue { Trouble::Frozen } else { trouble });
                }
                if let Some(took) = self.began.take().map(|b| b.elapsed()) {
                    slow::finished(query, took);
                }
            }
            _ => {}
        }
    }
}

type Act = Box<dyn Fn() + Send>;

/// Something that happens unless this is dropped in time.
pub(super) struct Due {
    id: u64,
    over: Arc<AtomicBool>,
}

struct Waiting {
    at: Instant,
    act: Act,
    over: Arc<AtomicBool>,
}

/// All that is waited for, with the thread that does the waiting.
static WAITING: LazyLock<Mutex<HashMap<u64, Waiting>>> = LazyLock::new(|| {
    let started = std::thread::Builder::new().name("deadlines".into()).spawn(|| {
        loop {
            std::thread::sleep(LOOK);
            act_on_overdue();
        }
    });
    if let Err(e) = started {
        tracing::error!(error = %e, "no thread for deadlines: a frozen database holds its callers");
    }
    Mutex::default()
});

fn act_on_overdue() {
    let mut all = locked(&WAITING);
    let now = Instant::now();
    let overdue: Vec<u64> = all.iter().filter(|(_, w)| w.at <= now).map(|(id, _)| *id).collect();
    // Under the lock: whoever is done with its socket waits for it to be shut first, so that no
    // later socket of the same number is.
    for waiting in overdue.into_iter().filter_map(|id| all.remove(&id)) {
        waiting.over.store(true, Ordering::Release);
        (waiting.act)();
    }
}

impl Due {
    /// `act` happens once `limit` is over.
    pub(super) fn within(limit: Duration, act: Act) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let due = Self { id: NEXT.fetch_add(1, Ordering::Relaxed), over: Arc::default() };
        let waiting = Waiting { at: Instant::now() + limit, act, over: Arc::clone(&due.over) };
        locked(&WAITING).insert(due.id, waiting);
        due
    }
    /// Whether it happened.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

impl Drop for Due {
    fn drop(&mut self) {
        locked(&WAITING).remove(&self.id);
    }
}

/// The socket of a connection: libpq has it, diesel doesn't give it. Known by its number and by
/// the kernel's own, which no later socket gets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Socket {
    number: RawFd,
    kernel: String,
}

impl Socket {
    /// Every socket of this process.
    pub(super) fn all() -> HashSet<Self> {
        let Ok(open) = std::fs::read_dir("/proc/self/fd") else { return HashSet::new() };
        open.filter_map(|entry| {
            let entry = entry.ok()?;
            let kernel = std::fs::read_link(entry.path()).ok()?.to_str()?.to_owned();
            let number = entry.file_name().to_str()?.parse().ok()?;
            kernel.starts_with("socket:").then_some(Self { number, kernel })
        })
        .collect()
    }

    /// Whether the other end may be a PostgreSQL server at one of `ports`.
    pub(super) fn leads_to(&self, ports: &[u16]) -> bool {
        let Ok(peer) = getpeername::<SockaddrStorage>(self.number) else { return false };
        match peer.family() {
            Some(AddressFamily::Inet) => {
                peer.as_sockaddr_in().is_some_and(|a| ports.contains(&a.port()))
            }
            Some(AddressFamily::Inet6) => {
                peer.as_sockaddr_in6().is_some_and(|a| ports.contains(&a.port()))
            }
            Some(AddressFamily::Unix) => {
                let path = peer.as_unix_addr().and_then(|a| a.path());
                path.is_some_and(|p| p.to_string_lossy().contains("/.s.PGSQL."))
            }
            _ => false,
        }
    }

    /// Ends the connection: whoever waits for bytes of it is told that there are none.
    pub(super) fn shut(&self) {
        let link = std::fs::read_link(format!("/proc/self/fd/{}", self.number));
        if link.is_ok_and(|l| l.to_str() == Some(&*self.kernel)) {
            tracing::warn!("the database gave no answer in time: its connection is shut");
            // An error says that it is shut already.
            let _ = shutdown(self.number, Shutdown::Both);
        }
    }
}
