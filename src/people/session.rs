//! Server-side sessions: a 256-bit secret in a cookie or a bearer header, of which the database
//! keeps only the SHA-256. A small cache spares the look-up for each scan; ending a session
//! clears it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

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
    /// Its last request, within [`TOUCH_SECONDS`].
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

type Cached = HashMap<[u8; 32], (Session, Instant)>;

/// The sessions this server saw in the last seconds.
#[derive(Clone, Default)]
pub struct Sessions(Arc<Mutex<Cached>>);

impl Sessions {
    fn lock(&self) -> std::sync::MutexGuard<'_, Cached> {
        // A poisoned cache holds whole entries all the same: each insert is one assignment.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
    /// The session behind `hash`, if seen within [`CACHE_SECONDS`].
    pub fn get(&self, hash: &[u8; 32], now: Instant) -> Option<Session> {
        let cache = self.lock();
        let (session, at) = cache.get(hash)?;
        (now.seconds_since(*at) < CACHE_SECONDS).then(|| session.clone())
    }
    /// Remembers `session`, and forgets what is stale.
    pub fn put(&self, hash: [u8; 32], session: Session, now: Instant) {
        let mut cache = self.lock();
        if cache.len() > 4096 {
            cache.retain(|_, (_, at)| now.seconds_since(*at) < CACHE_SECONDS);
        }
        cache.insert(hash, (session, now));
    }
    /// Forgets one session.
    pub fn forget(&self, id: SessionId) {
        self.lock().retain(|_, (s, _)| s.id != id);
    }
    /// Forgets every session of a person.
    pub fn forget_person(&self, user: UserId) {
        self.lock().retain(|_, (s, _)| s.scope.user() != user);
    }
}
