//! The log's key and its signed heads. The key and the last signed head live outside the
//! database: who holds only the database can neither sign nor roll back unseen.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{SigningKey, VerifyingKey};

use super::note::{Checkpoint, verifier_key};
use super::store::{Stored, head, keep_checkpoint, last_checkpoint};
use super::tree::root_at;
use crate::db::{Conn, DbError, Instant};

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
    /// No random numbers.
    #[error("ledger key: no random numbers: {0}")]
    Random(getrandom::Error),
}

/// Why no checkpoint was signed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The files outside the database.
    #[error("checkpoint file: {0}")]
    File(#[from] std::io::Error),
    /// The log contradicts what was signed before. Nothing is signed until a person has looked:
    /// somebody changed the database behind the program's back, or an old copy was restored.
    #[error("the log of {now} entries contradicts the checkpoint signed over {signed}")]
    Inconsistent {
        /// Entries now.
        now: u64,
        /// Entries of the last signed head.
        signed: u64,
    },
}

/// The log's identity and where its heads are kept. Cheap to clone.
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

struct Inner {
    origin: String,
    key: SigningKey,
    dir: PathBuf,
}

impl Ledger {
    /// Reads the key in `data_dir`, or makes one at the first start: `ledger.key` (mode 0600),
    /// `ledger.vkey` for everybody who wants to verify.
    pub fn open(data_dir: &Path) -> Result<Self, KeyError> {
        let path = data_dir.join("ledger.key");
        let file = |why| KeyError::File { path: path.display().to_string(), why };
        let key = match std::fs::read_to_string(&path) {
            Ok(text) => {
                let seed = BASE64.decode(text.trim()).ok().and_then(|b| b.try_into().ok());
                let seed = seed.ok_or_else(|| KeyError::Form(path.display().to_string()))?;
                SigningKey::from_bytes(&seed)
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let mut seed = [0; 32];
                getrandom::fill(&mut seed).map_err(KeyError::Random)?;
                write_secret(&path, &format!("{}\n", BASE64.encode(seed))).map_err(file)?;
                SigningKey::from_bytes(&seed)
            }
            Err(e) => return Err(file(e)),
        };
        let origin = origin(&key.verifying_key());
        let dir = data_dir.join("checkpoints");
        std::fs::create_dir_all(&dir).map_err(file)?;
        let vkey = format!("{}\n", verifier_key(&origin, &key.verifying_key()));
        std::fs::write(data_dir.join("ledger.vkey"), vkey).map_err(file)?;
        Ok(Self(Arc::new(Inner { origin, key, dir })))
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }
    /// The key others verify with.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.0.key.verifying_key()
    }
    /// The key others verify with, as one line.
    pub fn verifier_key(&self) -> String {
        verifier_key(self.origin(), &self.verifying_key())
    }

    /// The last head this server signed, kept outside the database.
    pub fn last_signed(&self) -> std::io::Result<Option<Checkpoint>> {
        match std::fs::read_to_string(self.0.dir.join("latest")) {
            Ok(note) => Ok(Checkpoint::verified(&note, self.origin(), &self.verifying_key())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Signs the log's head if it grew, after checking that it begins with the head signed last;
    /// gives the newest note, if there is any. `conn` must be able to write.
    ///
    /// # Errors
    /// [`LedgerError::Inconsistent`]: then nothing is signed.
    pub fn sign(&self, conn: &mut Conn, now: Instant) -> Result<Option<String>, LedgerError> {
        let head = head(conn)?;
        let last = self.last_signed()?;
        if let Some(last) = &last {
            let same =
                last.size <= head.size() && root_at(&mut Stored(conn), last.size)? == last.root;
            if !same {
                return Err(LedgerError::Inconsistent { now: head.size(), signed: last.size });
            }
        }
        if head.size() == 0 || last.as_ref().is_some_and(|l| l.size == head.size()) {
            return Ok(last_checkpoint(conn).map_err(DbError::from)?);
        }
        let checkpoint =
            Checkpoint { origin: self.origin().to_owned(), size: head.size(), root: head.root() };
        let note = checkpoint.sign(&self.0.key);
        self.keep(&checkpoint, &note)?;
        match keep_checkpoint(conn, &checkpoint, &note, now) {
            Err(e) if e.is_unique_violation() => Ok(Some(note)),
            Err(e) => Err(e.into()),
            Ok(()) => Ok(Some(note)),
        }
    }

    /// Keeps a note outside the database: under its size, and as the latest. The rename makes the
    /// latest one whole or the one before.
    fn keep(&self, checkpoint: &Checkpoint, note: &str) -> std::io::Result<()> {
        let numbered = self.0.dir.join(checkpoint.size.to_string());
        let mut file = std::fs::File::create(&numbered)?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        let fresh = self.0.dir.join("latest.new");
        std::fs::copy(&numbered, &fresh)?;
        std::fs::File::open(&fresh)?.sync_all()?;
        std::fs::rename(&fresh, self.0.dir.join("latest"))?;
        std::fs::File::open(&self.0.dir)?.sync_all()
    }
}

/// A log's name, unique by its key: no two networks share one by accident.
fn origin(key: &VerifyingKey) -> String {
    let id: String = key.as_bytes()[..4].iter().map(|b| format!("{b:02x}")).collect();
    format!("rastro/{id}/custody")
}

fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
