//! Passwords: argon2id, 19 MiB, two passes, one lane (OWASP; 102 ms measured), two at a time so
//! that a burst of sign-ins can't take the machine's memory. Who waits for that stands in one of
//! two short queues: whoever comes from a browser that nobody knows is kept from the places of
//! those who are known.

use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use prometheus_client::metrics::counter::Counter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;

use super::{PeopleError, weak};
use crate::db::DbError;
use crate::web::FieldFault;

/// Hashed at once, of whomever.
const AT_ONCE: usize = 2;
/// Of these at most so many for strangers: one is always soon free for who is known.
const STRANGERS_AT_ONCE: usize = 1;
/// Strangers that wait or are served; each further one is told to come again.
const STRANGERS_QUEUE: usize = 16;
/// The same for those who are known.
const KNOWN_QUEUE: usize = 64;

/// Passwords held against a hash, by every server of this process.
pub static CHECKS: LazyLock<Counter> = LazyLock::new(Counter::default);

/// What is hashed for a login that no account has: the same work.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$cmFzdHJvLW5vYm9keS0wMA$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn hasher() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("constant parameters are valid");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// As it is hashed: composed, with one kind of blank, as RFC 8265 (OpaqueString) has it. What looks
/// the same is typed as different bytes by different keyboards.
pub fn normal(password: &str) -> String {
    let blank = |c: char| if c.is_whitespace() && !c.is_control() { ' ' } else { c };
    password.nfc().map(blank).collect()
}

/// As it may have been hashed: normal, or as typed by an earlier version, on either kind of keyboard.
fn spellings(password: &str) -> Vec<String> {
    let mut all = vec![normal(password)];
    for other in [password.to_owned(), password.nfd().collect()] {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// The rules for a new password: 10 to 128 characters, not the login or a part of the name, none
/// that many people use. No composition rules (NIST SP 800-63B 3.1.1.2): length is what helps.
pub fn check_new(password: &str, login: &str, name: &str) -> Result<(), FieldFault> {
    let password = normal(password);
    let n = password.chars().count();
    let code = if !(10..=128).contains(&n) {
        Some("password-length")
    } else {
        let common = || weak::is_common(&password).then_some("password-common");
        weak::holds(&password, login, name).or_else(common)
    };
    code.map_or(Ok(()), |code| Err(FieldFault::new("password", code)))
}

/// The PHC string of `password` under a fresh salt, on this thread; for commands.
pub fn hash_now(password: &str) -> Result<String, PeopleError> {
    let hash = hasher()
        .hash_password(normal(password).as_bytes())
        .map_err(|e| DbError::Corrupt(format!("password hash: {e}")))?;
    Ok(hash.to_string())
}

fn matches_now(password: &str, stored: Option<&str>) -> Result<bool, PeopleError> {
    let parsed = PasswordHash::new(stored.unwrap_or(NOBODY))
        .map_err(|e| DbError::Corrupt(format!("stored password hash: {e}")))?;
    // Every spelling is tried, whichever was right: time tells nothing.
    let is = |p: &String| hasher().verify_password(p.as_bytes(), &parsed).is_ok();
    let right = spellings(password).iter().filter(|p| is(p)).count() > 0;
    Ok(right && stored.is_some())
}

/// Who wants a password hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Somebody at the sign-in, from a browser that is not known.
    Stranger,
    /// Somebody with a session, or from a browser they have signed in with before.
    Known,
}

/// A server's work on passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    at_once: Arc<Semaphore>,
    strangers_at_once: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    known: Arc<Semaphore>,
    checks: AtomicU64,
}

impl Default for Passwords {
    fn default() -> Self {
        let of = |n| Arc::new(Semaphore::new(n));
        Self(Arc::new(Inner {
            at_once: of(AT_ONCE),
            strangers_at_once: of(STRANGERS_AT_ONCE),
            strangers: of(STRANGERS_QUEUE),
            known: of(KNOWN_QUEUE),
            checks: AtomicU64::new(0),
        }))
    }
}

impl Passwords {
    /// A place in the queue.
    ///
    /// # Errors
    /// [`PeopleError::Busy`]: it is full, nothing waits longer than a full queue takes.
    pub fn place(&self, lane: Lane) -> Result<Place, PeopleError> {
        let queue = match lane {
            Lane::Stranger => &self.0.strangers,
            Lane::Known => &self.0.known,
        };
        let place = Arc::clone(queue).try_acquire_owned().map_err(|_| PeopleError::Busy)?;
        Ok(Place { lane, of: self.clone(), place })
    }
    /// Passwords that this server has held against a hash.
    pub fn checks(&self) -> u64 {
        self.0.checks.load(Ordering::Relaxed)
    }
    /// The PHC string of a new password.
    pub async fn hash(&self, password: String) -> Result<String, PeopleError> {
        self.place(Lane::Known)?.work(move || hash_now(&password)).await
    }
}

/// A place in the queue; given back when the work is done, or by whoever leaves before it began.
pub struct Place {
    lane: Lane,
    of: Passwords,
    place: OwnedSemaphorePermit,
}

impl Place {
    /// Whether `password` is the one behind `stored`. Without a `stored` (an unknown login) the same
    /// work is done for nothing, so that time does not tell which logins exist.
    pub async fn matches(
        self,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, PeopleError> {
        let counted = self.of.clone();
        self.work(move || {
            counted.0.checks.fetch_add(1, Ordering::Relaxed);
            CHECKS.inc();
            matches_now(&password, stored.as_deref())
        })
        .await
    }

    async fn work<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T, PeopleError> + Send + 'static,
    ) -> Result<T, PeopleError> {
        let inner = &self.of.0;
        let stranger = match self.lane {
            Lane::Stranger => Some(taken(&inner.strangers_at_once).await?),
            Lane::Known => None,
        };
        let one = taken(&inner.at_once).await?;
        let place = self.place;
        // The permits go with the work: a client that leaves must not make room for more of it.
        let job = move || {
            let done = work();
            drop((one, stranger, place));
            done
        };
        tokio::task::spawn_blocking(job).await.map_err(|_| DbError::Panicked)?
    }
}

async fn taken(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, DbError> {
    Arc::clone(places).acquire_owned().await.map_err(|_| DbError::Stopped)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is(given: &str, kept: Option<String>) -> bool {
        let place = Passwords::default().place(Lane::Known).unwrap();
        place.matches(given.into(), kept).await.unwrap()
    }

    #[tokio::test]
    async fn a_password_is_only_kept_as_argon2id() {
        let kept = Passwords::default().hash("correct horse battery".into()).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(is("correct horse battery", Some(kept.clone())).await);
        assert!(!is("correct horse batterz", Some(kept)).await);
        assert!(!is("correct horse battery", None).await);
    }

    #[tokio::test]
    async fn a_password_is_the_same_however_a_keyboard_writes_it() {
        let (composed, apart) = ("p\u{e1}jaro ni\u{f1}o", "pa\u{301}jaro nin\u{303}o");
        let kept = hash_now(apart).unwrap();
        for same in [composed, apart, "p\u{e1}jaro\u{a0}ni\u{f1}o"] {
            assert!(is(same, Some(kept.clone())).await, "{same:?}");
        }
        assert!(!is("pajaro nino", Some(kept)).await);
        // Hashed before passwords were composed.
        let old = hasher().hash_password(apart.as_bytes()).unwrap().to_string();
        assert!(is(apart, Some(old.clone())).await && is(composed, Some(old)).await);
    }

    #[tokio::test]
    async fn signs_of_a_phones_keyboard_count_as_they_are() {
        for typed in [
            "#Almohadilla#9",
            "\u{201c}comillas\u{201d} \u{2019}…",
            "€£¥•—¿¡&%+=",
            "🐢🌵🐢🌵 y mas",
        ] {
            let kept = hash_now(typed).unwrap();
            assert!(is(typed, Some(kept.clone())).await, "{typed}");
            assert!(!is(&format!("{typed} "), Some(kept)).await, "{typed}");
        }
    }

    #[test]
    fn a_full_queue_of_strangers_leaves_places_for_who_is_known() {
        let passwords = Passwords::default();
        let held: Vec<Place> =
            (0..STRANGERS_QUEUE).map(|_| passwords.place(Lane::Stranger).unwrap()).collect();
        assert!(matches!(passwords.place(Lane::Stranger), Err(PeopleError::Busy)));
        assert!(passwords.place(Lane::Known).is_ok());
        drop(held);
        assert!(passwords.place(Lane::Stranger).is_ok());
    }

    #[test]
    fn a_new_password_is_long_and_not_a_known_one() {
        let code = |p: &str| check_new(p, "ana", "Ana Robles").err().map(|f| f.code);
        assert_eq!(code("corta"), Some("password-length"));
        assert_eq!(code(&"x".repeat(129)), Some("password-length"));
        assert_eq!(code("ANA-de-la-noche"), Some("password-holds-login"));
        assert_eq!(code("los robles verdes"), Some("password-holds-name"));
        assert_eq!(code("contraseña123"), Some("password-common"));
        assert_eq!(code("siete jacar\u{e1}ndas #1"), None);
    }
}
