//! Another key, or another name: acts of an administrator, each written into the log and signed
//! with the keys it concerns.

use std::path::Path;

use super::key::{self, KeyError, NEXT, Own, SECRET};
use super::keys::{Chain, KeyKind, KeyRow};
use super::note::Signer;
use super::opening::finish_rotation;
use super::outside;
use super::store::{EventId, add_key, chain, head, locked_head};
use crate::db::{Conn, Db, DbError, Instant, Tx};
use crate::people::UserId;

/// Who changes it, and why.
#[derive(Debug, Clone)]
pub struct Change {
    /// The administrator who does it.
    pub person: UserId,
    /// In their words.
    pub reason: String,
    /// When it is done, by the clock of the machine that does it.
    pub now: Instant,
}

impl Change {
    fn row(&self, kind: KeyKind, known: &Chain, own: &Own) -> KeyRow {
        KeyRow {
            n: i32::try_from(known.rows().len()).unwrap_or(i32::MAX).saturating_add(1),
            event_id: Some(EventId::new()),
            kind,
            vkey: own.signer().to_string(),
            size: 0,
            root: vec![],
            recorded_at: self.now,
            person_id: Some(self.person),
            reason: Some(self.reason.clone()),
            lost_size: None,
            backup_at: None,
            moved: None,
            signature: vec![],
            old_signature: None,
        }
    }
}

/// What else is written in the transaction of a change: its audit row.
pub type Besides = fn(&mut Tx<'_>, &Change) -> Result<(), DbError>;

/// Gives the log a new key, signed with the old one and with itself over the head it takes over.
/// `lost`: the old one is nowhere any more; then only the new one signs, and whoever verifies with
/// the old public key is told so.
///
/// # Errors
/// [`KeyError`]: the old key is not here (without `lost`), or it is (with it).
pub async fn rotate(
    db: &Db,
    data_dir: &Path,
    lost: bool,
    change: Change,
    besides: Besides,
) -> Result<KeyRow, KeyError> {
    let known = db.read(|c| chain(c)).await?;
    let dir = || data_dir.display().to_string();
    let Some(current) = known.current().cloned() else {
        return Err(KeyError::Missing { dir: dir(), name: "not signed yet".into() });
    };
    let found = if lost { key::find(data_dir).ok().flatten() } else { key::find(data_dir)? };
    let old = found.map(|own| own.key).filter(|k| k.verifying_key() == current.key);
    match (&old, lost) {
        (None, false) => return Err(KeyError::Foreign { dir: dir(), name: current.name }),
        (Some(_), true) => return Err(KeyError::NotLost(dir())),
        _ => {}
    }
    let file = |why| KeyError::File { path: dir(), why };
    let own = Own::fresh(Some(current.name.clone()))?;
    own.keep_secret(data_dir, NEXT).map_err(file)?;
    let row = db
        .write(move |tx| {
            let known = chain(tx)?;
            if known.current() != Some(&current) {
                return Err(DbError::Corrupt("the key was changed at the same moment".into()));
            }
            let head = locked_head(tx)?;
            let row = KeyRow {
                size: i64::try_from(head.size()).unwrap_or(i64::MAX),
                root: head.root().to_vec(),
                ..change.row(KeyKind::Rotated, &known, &own)
            };
            let row = row.signed(Some(&current.to_string()), &own.key, old.as_ref());
            add_key(tx, &row)?;
            besides(tx, &change)?;
            Ok(row)
        })
        .await?;
    let dir = data_dir.to_owned();
    db.read(move |c| finish_rotation(&dir, c)).await?;
    Ok(row)
}

/// What a restore knows of what it could not bring back.
#[derive(Debug, Clone)]
pub struct Comeback {
    /// How many entries the log had as far as is known.
    pub lost_size: u64,
    /// When the copy was made.
    pub backup_at: Instant,
    /// What was moved forward, as JSON.
    pub moved: String,
}

/// Whether the data directory has a key that a log which is brought back can go on with: its own, or
/// with `new_key` another one. `false`: none is there, and one may be made.
fn has_key(data_dir: &Path, of: Option<&Signer>, new_key: bool) -> Result<bool, KeyError> {
    let dir = || data_dir.display().to_string();
    let name = || of.map(|signer| signer.name.clone()).unwrap_or_default();
    let own = match key::find(data_dir) {
        Ok(None) | Err(KeyError::Lost(_)) if new_key => return Ok(false),
        Ok(None) => return Err(KeyError::NotBroughtBack { dir: dir(), name: name() }),
        found => found?.map(|own| own.key.verifying_key()),
    };
    match (of.is_none_or(|signer| Some(signer.key) == own), new_key) {
        (true, true) if of.is_some() => Err(KeyError::NotLost(dir())),
        (false, false) => Err(KeyError::Foreign { dir: dir(), name: name() }),
        _ => Ok(true),
    }
}

/// Makes sure before anything is put back that [`prepare_come_back`] will find a key. `vkey` is the
/// backup's public key; `brought`: its secret one comes along.
///
/// # Errors
/// [`KeyError`]: there will be none, or it is another log's; with `new_key`, it is not lost.
pub fn may_come_back(
    data_dir: &Path,
    vkey: &str,
    brought: bool,
    new_key: bool,
) -> Result<(), KeyError> {
    match (brought, new_key) {
        (true, true) => Err(KeyError::NotLost("the backup".into())),
        (true, false) => Ok(()),
        (false, _) => has_key(data_dir, Signer::parse(vkey).as_ref(), new_key).map(|_| ()),
    }
}

/// Makes sure before anything is restored that the data directory has a key that can go on with
/// the log: its own, or with `new_key` another one, a fresh one where there is none.
///
/// # Errors
/// [`KeyError`]: none is here, or it is another log's.
pub fn prepare_come_back(data_dir: &Path, conn: &mut Conn, new_key: bool) -> Result<(), KeyError> {
    let known = chain(conn)?;
    let file = |why| KeyError::File { path: data_dir.display().to_string(), why };
    outside::prepare(data_dir).map_err(file)?;
    if has_key(data_dir, known.current(), new_key)? {
        return Ok(());
    }
    let own = Own::fresh(Some(known.current().map(|c| c.name.clone()).unwrap_or_default()))?;
    own.keep_secret(data_dir, SECRET).and_then(|()| own.publish(data_dir)).map_err(file)
}

/// Writes down, in the transaction that moves codes and numbers forward, that the database was
/// brought back from a copy: from here on the log has another name, so that no head signed before
/// the loss can be taken for one signed after it.
///
/// # Errors
/// [`KeyError`], as [`prepare_come_back`].
pub fn come_back(
    tx: &mut Tx<'_>,
    data_dir: &Path,
    change: &Change,
    comeback: &Comeback,
) -> Result<KeyRow, KeyError> {
    let known = chain(tx)?;
    let missing = || KeyError::Missing { dir: data_dir.display().to_string(), name: String::new() };
    let found = key::find(data_dir)?.ok_or_else(missing)?;
    let base = known.first_name().unwrap_or_else(|| found.name.clone());
    let stamp = change.now.timestamp().strftime("%Y%m%dT%H%M%SZ");
    let own = Own { name: format!("{base}/{stamp}"), key: found.key };
    let head = head(tx)?;
    let size = i64::try_from(head.size()).unwrap_or(i64::MAX);
    let row = KeyRow {
        size,
        root: head.root().to_vec(),
        lost_size: Some(i64::try_from(comeback.lost_size).unwrap_or(i64::MAX).max(size)),
        backup_at: Some(comeback.backup_at),
        moved: Some(comeback.moved.clone()),
        ..change.row(KeyKind::Restored, &known, &own)
    };
    let before = known.current().map(ToString::to_string);
    let row = row.signed(before.as_deref(), &own.key, None);
    add_key(tx, &row)?;
    Ok(row)
}

/// Puts the heads aside that are over what was given up, and names the key anew.
///
/// # Errors
/// When the files can't be written.
pub fn came_back(data_dir: &Path, row: &KeyRow) -> Result<(), KeyError> {
    let file = |why| KeyError::File { path: data_dir.display().to_string(), why };
    let size = u64::try_from(row.size).unwrap_or_default();
    outside::put_aside(data_dir, size, row.n).map_err(file)?;
    let name = super::Signer::parse(&row.vkey).map(|s| s.name);
    if let (Some(name), Some(key)) = (name, key::secret(data_dir, SECRET)?) {
        Own { name, key }.publish(data_dir).map_err(file)?;
    }
    Ok(())
}
