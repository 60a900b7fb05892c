//! What a backup says of itself: where and when it was made, over what, and the SHA-256 of each of
//! its files.

use std::fs;
use std::io::Read;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::Failed;
use crate::db::Instant;

/// The manifest's name in a backup's directory.
pub const MANIFEST: &str = "manifest.json";

/// The log at the moment of the copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Log {
    /// The verifier key in force: name and key.
    pub vkey: String,
    /// How many entries the log had.
    pub size: u64,
    /// Root of the Merkle tree over them, base64.
    pub root: String,
}

/// A file of the backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileSum {
    /// Below the backup's directory.
    pub path: String,
    /// Its length, bytes.
    pub bytes: u64,
    /// Of its bytes, lower-case hex.
    pub sha256: String,
}

/// What a backup says of itself: its file [`MANIFEST`], which a restore holds every other one against.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this file: 1.
    pub form: u32,
    /// Version of the program that made it.
    pub program: String,
    /// `sqlite` or `postgresql`.
    pub engine: String,
    /// When the copy of the database was begun.
    pub made_at: Instant,
    /// The newest migration of the database.
    pub schema: String,
    /// Version of the reference data that the servers of the database used.
    pub catalogue: String,
    /// Version of the reference data that their sites are of, which needs no approval; empty in a
    /// backup from before it was kept.
    #[serde(default)]
    pub sites: String,
    /// The log of the copy, which a restore must find again.
    pub log: Log,
    /// Whether the log's secret key is in it.
    pub with_keys: bool,
    /// Every other file.
    pub files: Vec<FileSum>,
}

/// Bytes and SHA-256 of a file.
pub fn sum(path: &Path) -> std::io::Result<(u64, String)> {
    let (mut file, mut hash) = (fs::File::open(path)?, Sha256::new());
    let (mut bytes, mut buffer) = (0, vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => {
                bytes += n as u64;
                hash.update(&buffer[..n]);
            }
        }
    }
    Ok((bytes, hash.finalize().iter().map(|b| format!("{b:02x}")).collect()))
}

/// Every file below `dir` with its sum, by path.
pub fn sums(dir: &Path) -> std::io::Result<Vec<FileSum>> {
    let (mut open, mut found) = (vec![dir.to_owned()], vec![]);
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(dir).unwrap_or(&path).display().to_string();
            if name != MANIFEST {
                let (bytes, sha256) = sum(&path)?;
                found.push(FileSum { path: name, bytes, sha256 });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

impl Manifest {
    /// Reads a backup's, and holds every file against it.
    pub fn verified(dir: &Path) -> Result<Self, Failed> {
        let path = dir.join(MANIFEST);
        let wrong = |why: String| Failed::new(format!("{}: {why}", path.display()));
        let text = fs::read_to_string(&path).map_err(|e| wrong(e.to_string()))?;
        let manifest: Self = serde_json::from_str(&text)
            .map_err(|e| wrong(format!("not the manifest of a backup: {e}")))?;
        if manifest.form != 1 {
            return Err(wrong(format!("form {} is of a newer program", manifest.form)));
        }
        for file in &manifest.files {
            let plain =
                Path::new(&file.path).components().all(|c| matches!(c, Component::Normal(_)));
            if !plain {
                return Err(wrong(format!("{}: not a file of a backup", file.path)));
            }
            let found =
                sum(&dir.join(&file.path)).map_err(|e| wrong(format!("{}: {e}", file.path)))?;
            if found != (file.bytes, file.sha256.clone()) {
                return Err(wrong(format!("{}: not the file that was saved", file.path)));
            }
        }
        Ok(manifest)
    }

    /// Whether a file is among those it vouches for.
    pub fn has(&self, name: &str) -> bool {
        self.files.iter().any(|f| f.path == name)
    }
}
