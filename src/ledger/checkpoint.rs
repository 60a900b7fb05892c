//! Signing the log's head: only one that begins with the head signed last, which is also kept
//! outside the database.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::{SigningKey, VerifyingKey};
use tokio::sync::Mutex;

use super::key::{self, KeyError};
use super::note::{Checkpoint, verifier_key};
use super::store::{Stored, checkpoint_at, head, keep_checkpoint, last_checkpoint};
use super::tree::{Frontier, check_consistency, prove_consistency};
use crate::db::{Clock, Conn, Db, DbError, Instant};
use crate::web::Fault;

/// How often a log that grew is signed.
const EVERY: Duration = Duration::from_secs(60);

/// Why no checkpoint was signed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The files outside the database.
    #[error("checkpoint file: {0}")]
    File(#[from] std::io::Error),
    /// The checkpoint kept outside the database is not one of ours, so nothing can be held
    /// against it.
    #[error("{0} is not a checkpoint signed by this log's key")]
    NotOurs(String),
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

impl Fault for LedgerError {
    fn code(&self) -> &'static str {
        match self {
            Self::Db(e) => e.code(),
            Self::File(e) if is_full(e) => "disk-full",
            Self::File(_) => "internal",
            Self::NotOurs(_) | Self::Inconsistent { .. } => "ledger-inconsistent",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::Db(e) => e.status(),
            Self::File(e) if is_full(e) => 507,
            _ => 500,
        }
    }
}

fn is_full(e: &std::io::Error) -> bool {
    matches!(e.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// The log's identity and where its heads are kept. Cheap to clone.
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

struct Inner {
    origin: String,
    key: SigningKey,
    dir: PathBuf,
    /// One signature at a time: each is held against the one before.
    signing: Mutex<()>,
}

/// A head that was signed, and its note.
type Signed = (Checkpoint, String);

impl Ledger {
    /// Opens the log's key in `data_dir`, or makes one at the first start.
    ///
    /// # Errors
    /// When the key can't be read, or was there once and is gone.
    pub fn open(data_dir: &Path) -> Result<Self, KeyError> {
        let (origin, key) = key::open(data_dir)?;
        let dir = data_dir.join("checkpoints");
        std::fs::create_dir_all(&dir)
            .map_err(|why| KeyError::File { path: dir.display().to_string(), why })?;
        Ok(Self(Arc::new(Inner { origin, key, dir, signing: Mutex::new(()) })))
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

    /// The last head this server signed, from the file outside the database.
    fn last_signed(&self) -> Result<Option<Signed>, LedgerError> {
        let path = self.0.dir.join("latest");
        let note = match std::fs::read_to_string(&path) {
            Ok(note) => note,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        let ours = self.ours(note);
        ours.map(Some).ok_or_else(|| LedgerError::NotOurs(path.display().to_string()))
    }

    /// Signs the log's head if it grew since the last time, and gives the newest note; `None`
    /// while the log is empty.
    ///
    /// # Errors
    /// [`LedgerError::Inconsistent`] when the log no longer begins with the head signed last:
    /// then nothing is signed.
    pub async fn sign(&self, db: &Db, now: Instant) -> Result<Option<String>, LedgerError> {
        let _one_at_a_time = self.0.signing.lock().await;
        let last = self.last_signed()?;
        let signed = last.as_ref().map(|(checkpoint, _)| checkpoint.clone());
        let head = db.read(move |c| consistent_head(c, signed.as_ref())).await?;
        if head.size() == 0 {
            return Ok(None);
        }
        let (checkpoint, note) = match last {
            Some(last) if last.0.size == head.size() => last,
            _ => self.sign_head(&head).await?,
        };
        let (size, text) = (checkpoint.size, note.clone());
        // After a crash between the two, the file is ahead of the table.
        if db.read(move |c| checkpoint_at(c, size)).await?.is_none() {
            db.write(move |tx| keep_checkpoint(tx, size, &text, now)).await?;
        }
        Ok(Some(note))
    }

    /// A signed head over entry `index` and all before it: the newest there is, or a fresh one.
    pub(super) async fn note_over(
        &self,
        db: &Db,
        index: u64,
        now: Instant,
    ) -> Result<Signed, LedgerError> {
        let newest = db.read(|c| Ok::<_, DbError>(last_checkpoint(c)?)).await?;
        if let Some(signed) = newest.and_then(|note| self.ours(note))
            && signed.0.size > index
        {
            return Ok(signed);
        }
        let fresh = self.sign(db, now).await?.and_then(|note| self.ours(note));
        let signed = fresh.filter(|signed| signed.0.size > index);
        signed.ok_or_else(|| LedgerError::NotOurs("the newest stored checkpoint".into()))
    }

    fn ours(&self, note: String) -> Option<Signed> {
        let found = Checkpoint::verified(&note, self.origin(), &self.verifying_key())?;
        Some((found, note))
    }

    /// Signs `head` and keeps the note outside the database: under its size, and as the latest.
    async fn sign_head(&self, head: &Frontier) -> Result<Signed, LedgerError> {
        let (origin, size, root) = (self.origin().to_owned(), head.size(), head.root());
        let checkpoint = Checkpoint { origin, size, root };
        let note = checkpoint.sign(&self.0.key);
        let (text, dir) = (note.clone(), self.0.dir.clone());
        let keep = move || {
            key::replace(&dir, &size.to_string(), &text)?;
            key::replace(&dir, "latest", &text)
        };
        match tokio::task::spawn_blocking(keep).await {
            Ok(kept) => kept?,
            Err(_) => return Err(DbError::Stopped.into()),
        }
        Ok((checkpoint, note))
    }

    /// Signs once a minute for as long as it is polled.
    pub async fn sign_every_minute(self, db: Db, clock: Clock) {
        let mut tick = tokio::time::interval(EVERY);
        loop {
            tick.tick().await;
            if let Err(e) = self.sign(&db, clock.now()).await {
                tracing::error!(error = %e, "no checkpoint was signed");
            }
        }
    }
}

/// The log's head, if the log still begins with `last`.
fn consistent_head(conn: &mut Conn, last: Option<&Checkpoint>) -> Result<Frontier, LedgerError> {
    let head = head(conn)?;
    let Some(last) = last else { return Ok(head) };
    let (old, new) = (last.size, head.size());
    let inconsistent = LedgerError::Inconsistent { now: new, signed: old };
    if old > new {
        return Err(inconsistent);
    }
    let proof = prove_consistency(&mut Stored(conn), old, new)?;
    if check_consistency(old, new, &last.root, &head.root(), &proof) {
        Ok(head)
    } else {
        Err(inconsistent)
    }
}
