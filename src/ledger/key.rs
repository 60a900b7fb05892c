//! The log's files outside the database: the signing key, the key others verify with, and the
//! heads signed so far. Who holds only the database can neither sign nor roll back unseen.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{SigningKey, VerifyingKey};

use super::note::{Signer, verifier_key};
use crate::db::DbError;

/// Trouble with the log's key. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be read or written.
    #[error("ledger key {path}: {why}")]
    File {
        /// The key's file, as it is shown to who starts the server.
        path: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// The file is not ours.
    #[error("ledger key {0}: not a base64 Ed25519 seed of 32 bytes")]
    Form(String),
    /// The key was here once: a new one would disown every checkpoint signed so far.
    #[error("ledger key {0} is gone, though its public half ledger.vkey is here: restore the key")]
    Lost(String),
    /// The two halves are not of one key.
    #[error(
        "{0}: ledger.key and ledger.vkey are not of one key: one of them is another log's. Put \
         back the one that belongs here"
    )]
    Mixed(String),
    /// The data directory has no key, the log has one already.
    #[error(
        "{dir} has no ledger.key, and the log {name} in the database is signed with one: this is \
         a new or an empty data directory. Put back the right directory, or copy ledger.key \
         (mode 0600) and ledger.vkey from a server of this database; only if the key is lost \
         everywhere, an administrator gives the log a new one: rastro ledger rotate --lost"
    )]
    Missing {
        /// The data directory.
        dir: String,
        /// The log's name, as its checkpoints have it.
        name: String,
    },
    /// A database is brought back, and nothing has the log's key.
    #[error(
        "{dir} has no ledger.key and none was brought back, and the log {name} is signed with one. \
         Copy ledger.key (mode 0600) and ledger.vkey to {dir} from where they are kept and run this \
         again; only if the key is lost everywhere, run it again with --new-key"
    )]
    NotBroughtBack {
        /// The data directory.
        dir: String,
        /// The log's name, as its checkpoints have it.
        name: String,
    },
    /// The key in the data directory is not the log's.
    #[error(
        "{dir}/ledger.key is not the key of the log {name} in the database: it is another log's, \
         or was replaced by rastro ledger rotate on another server. Copy ledger.key (mode 0600) \
         and ledger.vkey from there, or give the right --database-url"
    )]
    Foreign {
        /// The data directory.
        dir: String,
        /// The log's name, as its checkpoints have it.
        name: String,
    },
    /// The last head outside the database is not of this log.
    #[error(
        "{0} is not a checkpoint signed by this log's key, so nothing shows that the database is \
         whole: put back the file, or the directory it belongs to"
    )]
    Checkpoint(String),
    /// Said to be lost, and is here.
    #[error("{0} has the log's key: it is not lost, leave the flag out")]
    NotLost(String),
    /// No random numbers.
    #[error("ledger key: no random numbers: {0}")]
    Random(getrandom::Error),
    /// The database could not be read or written.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The name and the key that a server signs with.
pub(super) struct Own {
    pub name: String,
    pub key: SigningKey,
}

impl Own {
    /// With a fresh key; named after it unless the log has a name.
    pub fn fresh(name: Option<String>) -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(KeyError::Random)?;
        let key = SigningKey::from_bytes(&seed);
        Ok(Self { name: name.unwrap_or_else(|| origin(&key.verifying_key())), key })
    }
    /// What others know of it.
    pub fn signer(&self) -> Signer {
        Signer { name: self.name.clone(), key: self.key.verifying_key() }
    }
    /// Keeps the secret half in `dir/name`, mode 0600, durably.
    pub fn keep_secret(&self, dir: &Path, name: &str) -> std::io::Result<()> {
        replace(dir, name, &format!("{}\n", BASE64.encode(self.key.to_bytes())))
    }
    /// Writes the public half down, if it isn't.
    pub fn publish(&self, dir: &Path) -> std::io::Result<()> {
        let vkey = format!("{}\n", verifier_key(&self.name, &self.key.verifying_key()));
        match fs::read_to_string(dir.join(PUBLIC)).is_ok_and(|there| there == vkey) {
            true => Ok(()),
            false => replace(dir, PUBLIC, &vkey),
        }
    }
}

/// The secret half.
pub(super) const SECRET: &str = "ledger.key";
/// The key that a rotation makes, until the database knows it.
pub(super) const NEXT: &str = "ledger.key.next";
/// The public half, with the log's name.
pub(super) const PUBLIC: &str = "ledger.vkey";

/// The key in `dir`; `None` where there is none and never was one.
pub(super) fn find(dir: &Path) -> Result<Option<Own>, KeyError> {
    let shown = || dir.join(SECRET).display().to_string();
    let public = match fs::read_to_string(dir.join(PUBLIC)) {
        Ok(text) => Some(Signer::parse(&text)),
        Err(e) if e.kind() == ErrorKind::NotFound => None,
        Err(why) => return Err(KeyError::File { path: shown(), why }),
    };
    let Some(key) = secret(dir, SECRET)? else {
        return if public.is_some() { Err(KeyError::Lost(shown())) } else { Ok(None) };
    };
    let name = match public {
        None => origin(&key.verifying_key()),
        Some(Some(signer)) if signer.key == key.verifying_key() => signer.name,
        Some(_) => return Err(KeyError::Mixed(dir.display().to_string())),
    };
    Ok(Some(Own { name, key }))
}

/// The key in one file.
pub(super) fn secret(dir: &Path, name: &str) -> Result<Option<SigningKey>, KeyError> {
    let path = dir.join(name);
    let shown = || path.display().to_string();
    match fs::read_to_string(&path) {
        Ok(text) => {
            let seed = BASE64.decode(text.trim()).ok().and_then(|b| b.try_into().ok());
            seed.map(|s| Some(SigningKey::from_bytes(&s))).ok_or_else(|| KeyError::Form(shown()))
        }
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(KeyError::File { path: shown(), why }),
    }
}

/// Makes the key of a log that begins here.
pub(super) fn make(dir: &Path) -> Result<Own, KeyError> {
    let own = Own::fresh(None)?;
    let path = || dir.join(SECRET).display().to_string();
    own.keep_secret(dir, SECRET)
        .and_then(|()| own.publish(dir))
        .map_err(|why| KeyError::File { path: path(), why })?;
    Ok(own)
}

/// A log's name, unique by its first key: no two networks share one by accident.
fn origin(key: &VerifyingKey) -> String {
    let id: String = key.as_bytes()[..4].iter().map(|b| format!("{b:02x}")).collect();
    format!("rastro/{id}/custody")
}

/// Puts `text` durably into `dir/name`, for its owner alone: after a crash it is there whole, or
/// the one before is.
pub(super) fn replace(dir: &Path, name: &str, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let fresh = dir.join(format!("{name}.new"));
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, dir.join(name))?;
    fs::File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        assert!(find(dir.path()).unwrap().is_none());
        let made = make(dir.path()).unwrap();
        let same = find(dir.path()).unwrap().unwrap();
        assert_eq!((&made.name, made.key.to_bytes()), (&same.name, same.key.to_bytes()));
        for name in [SECRET, PUBLIC] {
            let mode = fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        fs::write(dir.path().join(SECRET), "AAAA\n").unwrap();
        assert!(matches!(find(dir.path()), Err(KeyError::Form(_))));
    }

    #[test]
    fn a_lost_key_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        make(dir.path()).unwrap();
        fs::remove_file(dir.path().join(SECRET)).unwrap();
        assert!(matches!(find(dir.path()), Err(KeyError::Lost(_))));
    }

    #[test]
    fn halves_of_two_keys_are_refused() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        make(dir.path()).unwrap();
        make(other.path()).unwrap();
        fs::copy(other.path().join(SECRET), dir.path().join(SECRET)).unwrap();
        assert!(matches!(find(dir.path()), Err(KeyError::Mixed(_))));
    }
}
