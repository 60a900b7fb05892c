//! Signing the log's head: only one that begins with the head signed last, which is also kept
//! outside the database, and only with the key that the log is signed with.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use uuid::Uuid;

use super::key::{self, KeyError, Own};
use super::keys::Chain;
use super::note::{Checkpoint, Signer, proof_file};
use super::outside;
use super::store::{
    Stored, chain, checkpoint_at, head, inclusion_proof, index_of, keep_checkpoint, last_checkpoint,
};
use super::tree::{Frontier, check_consistency, prove_consistency};
use crate::db::{Clock, Conn, Db, DbError, Instant, Stand, Standing};
use crate::web::Fault;

/// How often a log that grew is signed.
const EVERY: Duration = Duration::from_secs(60);

/// Why no checkpoint was signed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database could not be read or written.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The files outside the database.
    #[error("checkpoint file: {0}")]
    File(#[from] std::io::Error),
    /// The key's files.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The checkpoint kept outside the database is not one of ours, so nothing can be held
    /// against it.
    #[error("{0} is not a checkpoint signed by this log's key")]
    NotOurs(String),
    /// The log is signed with another key than this server has.
    #[error(
        "the log {0} is signed with another key by now: copy ledger.key and ledger.vkey from the \
         server where it was rotated; until then this server signs nothing"
    )]
    ForeignKey(String),
    /// The log contradicts what was signed before. Nothing is signed until a person has looked:
    /// somebody changed the database behind the program's back, or an old copy was restored.
    #[error("the log of {now} entries contradicts the checkpoint signed over {signed}")]
    Inconsistent {
        /// How many entries the log has now.
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
            Self::File(_) | Self::Key(_) => "internal",
            Self::ForeignKey(_) => "foreign-key",
            Self::NotOurs(_) | Self::Inconsistent { .. } => "ledger-inconsistent",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::Db(e) => e.status(),
            Self::ForeignKey(_) => 503,
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
    /// What this server signs with; none only where the database may not be written to anyway.
    own: RwLock<Option<Own>>,
    data_dir: PathBuf,
    standing: Standing,
    /// One signature at a time: each is held against the one before.
    signing: Mutex<()>,
}

/// A head that was signed, and its note.
type Signed = (Checkpoint, String);

impl Ledger {
    pub(super) fn of(data_dir: PathBuf, own: Option<Own>, standing: Standing) -> Self {
        let own = RwLock::new(own);
        Self(Arc::new(Inner { own, data_dir, standing, signing: Mutex::new(()) }))
    }

    /// How this server stands with its database.
    pub fn standing(&self) -> &Standing {
        &self.0.standing
    }
    /// The name and the key others verify with.
    pub fn signer(&self) -> Option<Signer> {
        let own = self.0.own.read().unwrap_or_else(PoisonError::into_inner);
        own.as_ref().map(Own::signer)
    }
    /// Does `f` with the secret half.
    pub(super) fn with_own<T>(&self, f: impl FnOnce(&Own) -> T) -> Option<T> {
        let own = self.0.own.read().unwrap_or_else(PoisonError::into_inner);
        own.as_ref().map(f)
    }

    /// Signs the log's head if it grew since the last time, and gives the newest note; `None`
    /// while the log is empty. Heads that other servers of this database have signed count.
    ///
    /// # Errors
    /// [`LedgerError::Inconsistent`] when the log no longer begins with the head signed last:
    /// then nothing is signed, and from then on nothing is written ([`Stand::RolledBack`]).
    /// [`LedgerError::ForeignKey`] when the log's key is another one.
    pub async fn sign(&self, db: &Db, now: Instant) -> Result<Option<String>, LedgerError> {
        let _one_at_a_time = self.0.signing.lock().await;
        let signed = self.sign_now(db, now).await;
        match &signed {
            Err(LedgerError::Inconsistent { .. }) => self.0.standing.set(Stand::RolledBack),
            Err(LedgerError::ForeignKey(_)) => self.0.standing.set(Stand::ForeignKey),
            Ok(_) => self.0.standing.set(Stand::Sound),
            Err(_) => {}
        }
        signed
    }

    async fn sign_now(&self, db: &Db, now: Instant) -> Result<Option<String>, LedgerError> {
        let known = db.read(|c| chain(c)).await?;
        let last = self.last_signed(&known)?;
        let signed = last.as_ref().map(|(checkpoint, _)| checkpoint.clone());
        let keys = known.clone();
        let head = db.read(move |c| consistent_with_all(c, &keys, signed.as_ref())).await?;
        self.take_current(&known)?;
        if head.size() == 0 {
            return Ok(None);
        }
        let (checkpoint, note) = match last {
            Some(last) if last.0.size == head.size() => last,
            _ => self.sign_head(&head).await?,
        };
        let (size, text) = (checkpoint.size, note.clone());
        // After a crash between the two, the file is ahead of the table; another server may have
        // put the same head there.
        if db.read(move |c| checkpoint_at(c, size)).await?.is_none() {
            let kept = db.write(move |tx| keep_checkpoint(tx, size, &text, now)).await;
            if let Err(e) = kept
                && !(e.is_unique_violation()
                    || db.read(move |c| checkpoint_at(c, size)).await?.is_some())
            {
                return Err(e.into());
            }
        }
        Ok(Some(note))
    }

    /// Makes sure that this server's key is the log's. One that was brought here since, by a
    /// rotation or by hand, is taken up.
    fn take_current(&self, known: &Chain) -> Result<(), LedgerError> {
        let Some(current) = known.current() else {
            return Err(LedgerError::ForeignKey("without a key".into()));
        };
        if self.signer().as_ref() == Some(current) {
            return Ok(());
        }
        let found = key::find(&self.0.data_dir).ok().flatten();
        let Some(found) = found.filter(|own| own.signer() == *current) else {
            return Err(LedgerError::ForeignKey(current.name.clone()));
        };
        *self.0.own.write().unwrap_or_else(PoisonError::into_inner) = Some(found);
        Ok(())
    }

    /// The last head that was signed here, from the file outside the database.
    fn last_signed(&self, known: &Chain) -> Result<Option<Signed>, LedgerError> {
        let Some(note) = outside::latest(&self.0.data_dir)? else { return Ok(None) };
        let ours = self.opened(known, &note).map(|checkpoint| Some((checkpoint, note)));
        let path = || outside::latest_path(&self.0.data_dir).display().to_string();
        ours.ok_or_else(|| LedgerError::NotOurs(path()))
    }

    fn opened(&self, known: &Chain, note: &str) -> Option<Checkpoint> {
        let own = self.signer().and_then(|s| s.open(note));
        own.or_else(|| known.open(note).map(|(_, checkpoint)| checkpoint))
    }

    /// The proof that an event is in the log (C2SP tlog-proof@v1), against the newest checkpoint;
    /// an event newer than that has one signed. `None` where the log has no such event.
    ///
    /// # Errors
    /// As [`Ledger::sign`].
    pub async fn proof(
        &self,
        db: &Db,
        event: Uuid,
        now: Instant,
    ) -> Result<Option<String>, LedgerError> {
        let Some(index) = db.read(move |c| index_of(c, event)).await? else { return Ok(None) };
        let note = self.note_over(db, index, now).await?;
        db.read(move |c| {
            let (entry, path) = inclusion_proof(c, index, note.0.size)?;
            Ok(Some(proof_file(index, &path, &note.1, &entry)))
        })
        .await
    }

    /// A signed head over entry `index` and all before it: the newest there is, or a fresh one.
    async fn note_over(&self, db: &Db, index: u64, now: Instant) -> Result<Signed, LedgerError> {
        let read = |c: &mut crate::db::Reading| Ok::<_, DbError>((last_checkpoint(c)?, chain(c)?));
        let (newest, known) = db.read(read).await?;
        let over = |note: String| {
            let checkpoint = self.opened(&known, &note)?;
            (checkpoint.size > index).then_some((checkpoint, note))
        };
        if let Some(signed) = newest.and_then(over) {
            return Ok(signed);
        }
        let fresh = self.sign(db, now).await?.and_then(over);
        fresh.ok_or_else(|| LedgerError::NotOurs("the newest stored checkpoint".into()))
    }

    /// Signs `head` and keeps the note outside the database: under its size, and as the latest.
    async fn sign_head(&self, head: &Frontier) -> Result<Signed, LedgerError> {
        let (size, root) = (head.size(), head.root());
        let signed = self.with_own(|own| {
            let checkpoint = Checkpoint { origin: own.name.clone(), size, root };
            let note = checkpoint.sign(&own.key);
            (checkpoint, note)
        });
        let (checkpoint, note) = signed.ok_or(LedgerError::ForeignKey("unknown".into()))?;
        let (text, dir) = (note.clone(), self.0.data_dir.clone());
        match tokio::task::spawn_blocking(move || outside::keep(&dir, size, &text)).await {
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

/// The log's head, if the log still begins with `last` and with what the database itself says was
/// signed last.
pub(super) fn consistent_with_all(
    conn: &mut Conn,
    known: &Chain,
    last: Option<&Checkpoint>,
) -> Result<Frontier, LedgerError> {
    let stored = last_checkpoint(conn).map_err(DbError::from)?;
    if let Some((_, stored)) = stored.and_then(|note| known.open(&note)) {
        consistent_head(conn, Some(&stored))?;
    }
    consistent_head(conn, last)
}

/// The log's head, if the log still begins with `last`.
fn consistent_head(conn: &mut Conn, last: Option<&Checkpoint>) -> Result<Frontier, LedgerError> {
    let head = head(conn)?;
    let Some(last) = last.filter(|l| l.size > 0) else { return Ok(head) };
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
