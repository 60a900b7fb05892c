//! Server-side sessions: a 256-bit secret in a cookie or a bearer header, of which the database
//! keeps only the SHA-256. A small cache spares the look-up for each scan; ending a session
//! clears it. What stands in it was read from the database within the last ten seconds, however often
//! it was asked for since.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant as Moment};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{Scope, SessionId, UserId};
use crate::db::Instant;
use crate::web::Lang;

/// Without a request for this long a session ends: a shift's pause on a shared PC.
pub const IDLE_SECONDS: i64 = 30 * 60;
/// A session ends after a shift whatever happens.
pub const ABSOLUTE_SECONDS: i64 = 12 * 3600;
/// How old a cached session may be: another server's sign-out takes effect within this.
const CACHE_SECONDS: i64 = 10;
/// `last_seen_at` is written at most this often.
pub const TOUCH_SECONDS: i64 = 60;

/// The secret of a session. Never logged, never stored.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// A fresh one from the system's generator.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }
    /// As sent to the client: 43 characters.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
    /// From a client.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }
    /// What the database keeps.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

/// A signed-in person at work.
#[derive(Debug, Clone)]
pub struct Session {
    /// Key; names the session without being its secret.
    pub id: SessionId,
    /// What it may reach.
    pub scope: Scope,
    /// The person's language.
    pub lang: Lang,
    /// An administrator chose the password: only changing it is allowed.
    pub must_change_password: bool,
    /// When it began.
    pub created_at: Instant,
    /// Its last request, within `TOUCH_SECONDS`.
    pub last_seen_at: Instant,
    /// When it ends whatever happens.
    pub expires_at: Instant,
}

impl Session {
    /// Whether it is over at `now`.
    pub fn is_over(&self, now: Instant) -> bool {
        now >= self.expires_at || now.seconds_since(self.last_seen_at) >= IDLE_SECONDS
    }
}

/// When a session was read from the database: its age counts from then.
#[derive(Debug, Clone, Copy)]
pub struct ReadAt {
    moment: Moment,
    clock: Instant,
    forgotten: u64,
}

impl ReadAt {
    /// By both clocks: the machine's running time, which nobody sets, and the server's, which runs
    /// on while a machine sleeps. One that was set back makes an age negative: too old.
    fn is_fresh(&self, moment: Moment, clock: Instant) -> bool {
        let most = Duration::from_secs(CACHE_SECONDS.unsigned_abs());
        (0..CACHE_SECONDS).contains(&clock.seconds_since(self.clock))
            && moment.saturating_duration_since(self.moment) < most
    }
}

#[derive(Default)]
struct Cached {
    sessions: HashMap<[u8; 32], (Session, ReadAt)>,
    forgotten: u64,
}

/// The sessions this server saw in the last seconds.
#[derive(Clone, Default)]
pub struct Sessions(Arc<Mutex<Cached>>);

impl Sessions {
    fn lock(&self) -> std::sync::MutexGuard<'_, Cached> {
        // A poisoned cache holds whole entries all the same: each insert is one assignment.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
    /// To be taken before a session is read from the database.
    pub fn reading(&self, now: Instant) -> ReadAt {
        ReadAt { moment: Moment::now(), clock: now, forgotten: self.lock().forgotten }
    }
    /// The session behind `hash`, if it was read within `CACHE_SECONDS`, and when.
    pub fn get(&self, hash: &[u8; 32], now: Instant) -> Option<(Session, ReadAt)> {
        let cache = self.lock();
        let (session, read) = cache.sessions.get(hash)?;
        read.is_fresh(Moment::now(), now).then(|| (session.clone(), *read))
    }
    /// Remembers `session` as it was `read`, and forgets what is stale. One that was read before
    /// another was forgotten may be that one: it is not kept.
    pub fn put(&self, hash: [u8; 32], session: Session, read: ReadAt) {
        let mut cache = self.lock();
        if cache.forgotten != read.forgotten {
            return;
        }
        if cache.sessions.len() > 4096 {
            let moment = Moment::now();
            cache.sessions.retain(|_, (_, at)| at.is_fresh(moment, read.clock));
        }
        cache.sessions.insert(hash, (session, read));
    }
    fn drop_all(&self, gone: impl Fn(&Session) -> bool) {
        let mut cache = self.lock();
        cache.forgotten = cache.forgotten.wrapping_add(1);
        cache.sessions.retain(|_, (s, _)| !gone(s));
    }
    /// Forgets one session.
    pub fn forget(&self, id: SessionId) {
        self.drop_all(|s| s.id == id);
    }
    /// Forgets every session of a person.
    pub fn forget_person(&self, user: UserId) {
        self.drop_all(|s| s.scope.user() == user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_us(1_780_000_000_000_000).unwrap().plus_seconds(seconds)
    }
    fn session() -> Session {
        let scope = Scope::new(UserId::new(), "Ana".into(), Default::default(), vec![], vec![]);
        Session {
            id: SessionId::new(),
            scope,
            lang: Lang::Es,
            must_change_password: false,
            created_at: at(0),
            last_seen_at: at(0),
            expires_at: at(ABSOLUTE_SECONDS),
        }
    }

    #[test]
    fn a_cached_session_ages_from_its_reading_by_both_clocks() {
        let read = Sessions::default().reading(at(0));
        let later = |s: u64| read.moment + Duration::from_secs(s);
        assert!(read.is_fresh(later(9), at(9)));
        assert!(!read.is_fresh(later(1), at(10)), "the server's clock ran on");
        assert!(!read.is_fresh(later(10), at(1)), "the server's clock stood still");
        assert!(!read.is_fresh(later(1), at(-7200)), "the server's clock was set back");
    }

    #[test]
    fn asking_for_a_cached_session_does_not_keep_it() {
        let (cache, hash) = (Sessions::default(), [7; 32]);
        cache.put(hash, session(), cache.reading(at(0)));
        for second in 0..10 {
            let (found, read) = cache.get(&hash, at(second)).unwrap();
            cache.put(hash, found, read);
        }
        assert!(cache.get(&hash, at(10)).is_none());
    }

    #[test]
    fn a_session_read_before_one_was_ended_is_not_kept() {
        let (cache, hash, one) = (Sessions::default(), [7; 32], session());
        let read = cache.reading(at(0));
        cache.forget_person(one.scope.user());
        cache.put(hash, one, read);
        assert!(cache.get(&hash, at(0)).is_none());
    }
}
