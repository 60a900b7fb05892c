//! Passwords: argon2id, 19 MiB, two passes, one lane (OWASP; 102 ms measured), two at a time so
//! that a burst of sign-ins can't take the machine's memory.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::PeopleError;
use crate::db::DbError;
use crate::web::FieldFault;

static AT_ONCE: Semaphore = Semaphore::const_new(2);

fn hasher() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("constant parameters are valid");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The rules for a new password: 10 to 128 characters, not the login. No composition rules
/// (NIST SP 800-63B 3.1.1.2): length is what helps.
pub fn check_new(password: &str, login: &str) -> Result<(), FieldFault> {
    let n = password.chars().count();
    if !(10..=128).contains(&n) {
        return Err(FieldFault::new("password", "password-length"));
    }
    if password.to_lowercase().contains(login) {
        return Err(FieldFault::new("password", "password-holds-login"));
    }
    Ok(())
}

/// The PHC string of `password` under a fresh salt.
pub async fn hash(password: String) -> Result<String, PeopleError> {
    off_thread(move || hash_now(&password)).await
}

/// As [`hash`], on this thread; for commands.
pub fn hash_now(password: &str) -> Result<String, PeopleError> {
    let hash = hasher()
        .hash_password(password.as_bytes())
        .map_err(|e| DbError::Corrupt(format!("password hash: {e}")))?;
    Ok(hash.to_string())
}

/// Whether `password` is the one behind `stored`. Without a `stored` (an unknown login) the same
/// work is done for nothing, so that time does not tell which logins exist.
pub async fn matches(password: String, stored: Option<String>) -> Result<bool, PeopleError> {
    off_thread(move || {
        let Some(stored) = stored else {
            hash_now(&password)?;
            return Ok(false);
        };
        let parsed = PasswordHash::new(&stored)
            .map_err(|e| DbError::Corrupt(format!("stored password hash: {e}")))?;
        Ok(hasher().verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PeopleError> + Send + 'static,
) -> Result<T, PeopleError> {
    let _permit = AT_ONCE.acquire().await.map_err(|_| DbError::Stopped)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| DbError::Panicked)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_only_kept_as_argon2id() {
        let kept = hash("correct horse battery".into()).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(matches("correct horse battery".into(), Some(kept.clone())).await.unwrap());
        assert!(!matches("correct horse batterz".into(), Some(kept)).await.unwrap());
        assert!(!matches("correct horse battery".into(), None).await.unwrap());
    }

    #[test]
    fn length_is_the_rule() {
        assert!(check_new("corta", "ana").is_err());
        assert!(check_new(&"x".repeat(129), "ana").is_err());
        assert!(check_new("ANA-de-la-noche", "ana").is_err());
        assert!(check_new("siete jacarandas", "ana").is_ok());
    }
}
