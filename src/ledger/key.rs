//! The log's files outside the database: the signing key, the key others verify with, and the
//! heads signed so far. Who holds only the database can neither sign nor roll back unseen.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{SigningKey, VerifyingKey};

use super::note::verifier_key;

/// Trouble with the key's file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be read or written.
    #[error("ledger key {path}: {why}")]
    File {
        /// Which.
        path: String,
        /// Why.
        why: std::io::Error,
    },
    /// The file is not ours.
    #[error("ledger key {0}: not a base64 Ed25519 seed of 32 bytes")]
    Form(String),
    /// The key was here once: a new one would disown every checkpoint signed so far.
    #[error("ledger key {0} is gone, though its public half ledger.vkey is here: restore the key")]
    Lost(String),
    /// No random numbers.
    #[error("ledger key: no random numbers: {0}")]
    Random(getrandom::Error),
}

/// Reads the key in `dir`, or makes one at the first start: `ledger.key` (mode 0600), and
/// `ledger.vkey` for everybody who wants to verify. Gives the log's name and its key.
pub(super) fn open(dir: &Path) -> Result<(String, SigningKey), KeyError> {
    let path = dir.join("ledger.key");
    let shown = || path.display().to_string();
    let file = |why| KeyError::File { path: shown(), why };
    let public = dir.join("ledger.vkey");
    let key = match fs::read_to_string(&path) {
        Ok(text) => {
            let seed = BASE64.decode(text.trim()).ok().and_then(|b| b.try_into().ok());
            SigningKey::from_bytes(&seed.ok_or_else(|| KeyError::Form(shown()))?)
        }
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(file(e)),
        Err(_) if public.exists() => return Err(KeyError::Lost(shown())),
        Err(_) => {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).map_err(KeyError::Random)?;
            write_secret(&path, &format!("{}\n", BASE64.encode(seed))).map_err(file)?;
            SigningKey::from_bytes(&seed)
        }
    };
    let name = origin(&key.verifying_key());
    let vkey = format!("{}\n", verifier_key(&name, &key.verifying_key()));
    if fs::read_to_string(&public).ok().as_ref() != Some(&vkey) {
        replace(dir, "ledger.vkey", &vkey).map_err(file)?;
    }
    Ok((name, key))
}

/// A log's name, unique by its key: no two networks share one by accident.
fn origin(key: &VerifyingKey) -> String {
    let id: String = key.as_bytes()[..4].iter().map(|b| format!("{b:02x}")).collect();
    format!("rastro/{id}/custody")
}

fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Puts `text` durably into `dir/name`: after a crash it is there whole, or the one before is.
pub(super) fn replace(dir: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let fresh = dir.join(format!("{name}.new"));
    let mut file = fs::File::create(&fresh)?;
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
        let (name, key) = open(dir.path()).unwrap();
        let (again, same) = open(dir.path()).unwrap();
        assert_eq!((&name, key.to_bytes()), (&again, same.to_bytes()));
        let file = dir.path().join("ledger.key");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&file, "AAAA\n").unwrap();
        assert!(matches!(open(dir.path()), Err(KeyError::Form(_))));
    }

    #[test]
    fn a_lost_key_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).unwrap();
        fs::remove_file(dir.path().join("ledger.key")).unwrap();
        assert!(matches!(open(dir.path()), Err(KeyError::Lost(_))));
    }
}
