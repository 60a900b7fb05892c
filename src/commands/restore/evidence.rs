//! What is left of the entries that a copy lacks: checkpoints that were kept elsewhere.

use std::fs;
use std::path::{Path, PathBuf};

use ed25519_dalek::VerifyingKey;

use super::super::Failed;
use crate::ledger::{Checkpoint, Signer};

/// Whose signatures count: the log's name, and its keys as far as they are known.
pub struct Trust {
    base: String,
    keys: Vec<VerifyingKey>,
}

impl Trust {
    /// That of the copy, and of further public keys the administrator has.
    pub fn new(vkey: &str, more: &[PathBuf]) -> Result<Self, Failed> {
        let parse = |text: &str, from: &str| {
            Signer::parse(text).ok_or_else(|| Failed::new(format!("{from}: not a verifier key")))
        };
        let signer = parse(vkey, "the backup")?;
        let mut keys = vec![signer.key];
        for path in more {
            let shown = path.display().to_string();
            let text =
                fs::read_to_string(path).map_err(|e| Failed::new(format!("{shown}: {e}")))?;
            keys.push(parse(&text, &shown)?.key);
        }
        Ok(Self { base: base(&signer.name), keys })
    }

    /// A checkpoint of this log, under any of the names it had since it began.
    fn open(&self, note: &str) -> Option<Checkpoint> {
        let name = note.lines().next()?;
        if base(name) != self.base {
            return None;
        }
        self.keys.iter().find_map(|key| Checkpoint::verified(note, name, key))
    }
}

/// A log's name without what restores have added.
fn base(name: &str) -> String {
    name.split('/').take(3).collect::<Vec<_>>().join("/")
}

/// A checkpoint and its note.
pub struct Kept {
    pub checkpoint: Checkpoint,
    pub note: String,
}

/// Reads the files; each must be a checkpoint of this log.
pub fn read(trust: &Trust, files: &[PathBuf]) -> Result<Vec<Kept>, Failed> {
    files.iter().map(|path| one(trust, path)).collect()
}

fn one(trust: &Trust, path: &Path) -> Result<Kept, Failed> {
    let shown = path.display();
    let note = fs::read_to_string(path).map_err(|e| Failed::new(format!("{shown}: {e}")))?;
    let checkpoint = trust.open(&note).ok_or_else(|| {
        Failed::new(format!(
            "{shown}: not a checkpoint that this log has signed; if its key was changed since the \
             backup, give the public key with --vkey"
        ))
    })?;
    Ok(Kept { checkpoint, note })
}
