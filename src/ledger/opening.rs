//! What a server does about the log's key before it serves: the one in the data directory must be
//! the one the log is signed with, and the log must begin with what was signed last.

use std::path::Path;

use super::checkpoint::{Ledger, LedgerError, consistent_with_all};
use super::key::{self, KeyError, NEXT, Own, SECRET};
use super::keys::{Chain, KeyKind, KeyRow};
use super::note::Checkpoint;
use super::outside;
use super::store::{EventId, add_key, chain, last_checkpoint, locked_head};
use crate::db::{Conn, Db, DbError, Instant, Stand, Standing};

impl Ledger {
    /// Opens the log's key in `data_dir`, or makes one where a log begins. A database that is
    /// behind what was signed stands as [`Stand::RolledBack`] from here on.
    ///
    /// # Errors
    /// [`KeyError`]: the key can't be read, is gone, or is not the log's.
    pub fn open(data_dir: &Path, conn: &mut Conn) -> Result<Self, KeyError> {
        let dir = || data_dir.display().to_string();
        let file = |why| KeyError::File { path: dir(), why };
        outside::prepare(data_dir).map_err(file)?;
        finish_rotation(data_dir, conn)?;
        let (known, found) = (chain(conn)?, key::find(data_dir)?);
        let last = last_outside(data_dir, &known, found.as_ref())?;
        let standing = Standing::default();
        match consistent_with_all(conn, &known, last.as_ref()) {
            Ok(_) => {}
            Err(LedgerError::Db(e)) => return Err(e.into()),
            Err(e) => {
                tracing::error!(error = %e, "the database is behind: nothing will be written");
                standing.set(Stand::RolledBack);
                return Ok(Self::of(data_dir.to_owned(), found, standing));
            }
        }
        let own = match known.current() {
            None => unwritten(data_dir, conn, found)?,
            Some(current) => match found {
                None => return Err(KeyError::Missing { dir: dir(), name: current.name.clone() }),
                Some(own) if own.key.verifying_key() == current.key => {
                    Own { name: current.name.clone(), ..own }
                }
                Some(_) => {
                    return Err(KeyError::Foreign { dir: dir(), name: current.name.clone() });
                }
            },
        };
        own.publish(data_dir).map_err(file)?;
        Ok(Self::of(data_dir.to_owned(), Some(own), standing))
    }

    /// Writes the key of a log down that has none in the database yet.
    ///
    /// # Errors
    /// [`KeyError::Foreign`] when another server was first.
    pub async fn write_down_key(&self, db: &Db, now: Instant) -> Result<(), KeyError> {
        let Some(own) = self.signer() else { return Ok(()) };
        if self.standing().get().refuses_writes() {
            return Ok(());
        }
        let ledger = self.clone();
        let adopted = db.write(move |tx| {
            if let Some(current) = chain(tx)?.current() {
                return Ok::<_, DbError>(current.clone());
            }
            let head = locked_head(tx)?;
            let begins = head.size() == 0;
            let row = KeyRow {
                n: 1,
                event_id: (!begins).then(EventId::new),
                kind: if begins { KeyKind::First } else { KeyKind::Adopted },
                vkey: own.to_string(),
                size: i64::try_from(head.size()).unwrap_or(i64::MAX),
                root: head.root().to_vec(),
                recorded_at: now,
                person_id: None,
                reason: None,
                lost_size: None,
                backup_at: None,
                moved: None,
                signature: vec![],
                old_signature: None,
            };
            let Some(row) = ledger.with_own(|o| row.signed(None, &o.key, None)) else {
                return Ok(own.clone());
            };
            add_key(tx, &row)?;
            Ok(own.clone())
        });
        let current = match adopted.await {
            // Another server wrote its own at the same moment.
            Err(e) if e.is_clash() => db.read(|c| chain(c)).await?.current().cloned(),
            done => Some(done?),
        };
        match (current, self.signer()) {
            (Some(current), Some(own)) if current.key != own.key => {
                Err(KeyError::Foreign { dir: "the data directory".into(), name: current.name })
            }
            _ => Ok(()),
        }
    }
}

/// The key of a log whose keys are not in the database yet: a fresh log, or one of a version that
/// kept them in files only. Then it must be the one that signed last.
fn unwritten(data_dir: &Path, conn: &mut Conn, found: Option<Own>) -> Result<Own, KeyError> {
    let dir = || data_dir.display().to_string();
    let signed = last_checkpoint(conn).map_err(DbError::from)?;
    match (found, signed) {
        (None, None) => key::make(data_dir),
        (None, Some(note)) => {
            let name = note.lines().next().unwrap_or_default().to_owned();
            Err(KeyError::Missing { dir: dir(), name })
        }
        (Some(own), None) => Ok(own),
        (Some(own), Some(note)) => match own.signer().open(&note) {
            Some(_) => Ok(own),
            None => {
                let name = note.lines().next().unwrap_or_default().to_owned();
                Err(KeyError::Foreign { dir: dir(), name })
            }
        },
    }
}

/// The head signed last here, by the key that is here or one the database knows.
fn last_outside(
    data_dir: &Path,
    known: &Chain,
    own: Option<&Own>,
) -> Result<Option<Checkpoint>, KeyError> {
    let path = outside::latest_path(data_dir).display().to_string();
    let read = outside::latest(data_dir);
    let note = read.map_err(|why| KeyError::File { path: path.clone(), why })?;
    let Some(note) = note else { return Ok(None) };
    let opened = own.and_then(|o| o.signer().open(&note));
    let opened = opened.or_else(|| known.open(&note).map(|(_, c)| c));
    opened.map(Some).ok_or(KeyError::Checkpoint(path))
}

/// A rotation that was cut off after its commit: the database knows the new key, the file has it
/// under another name still.
pub(super) fn finish_rotation(data_dir: &Path, conn: &mut Conn) -> Result<(), KeyError> {
    let Some(next) = key::secret(data_dir, NEXT)? else { return Ok(()) };
    let known = chain(conn)?;
    let current = known.current().filter(|c| c.key == next.verifying_key());
    let path = data_dir.join(NEXT);
    let file = |why| KeyError::File { path: path.display().to_string(), why };
    // Not committed (yet): whoever rotates goes on from there, or overwrites it.
    let Some(current) = current else { return Ok(()) };
    let own = Own { name: current.name.clone(), key: next };
    let retired = data_dir.join(format!("{SECRET}.retired-{}", known.rows().len() - 1));
    if data_dir.join(SECRET).exists() && !retired.exists() {
        std::fs::copy(data_dir.join(SECRET), retired).map_err(file)?;
    }
    // In this order: until the last step a crash leaves what brings this function here again.
    own.publish(data_dir).map_err(file)?;
    std::fs::rename(&path, data_dir.join(SECRET)).map_err(file)
}
