//! The heads that are kept outside the database: `checkpoints/SIZE` and `checkpoints/latest` below
//! the data directory.

use std::fs;
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};

use super::key::replace;

fn dir(data_dir: &Path) -> PathBuf {
    data_dir.join("checkpoints")
}

/// Where the last one is.
pub fn latest_path(data_dir: &Path) -> PathBuf {
    dir(data_dir).join("latest")
}

/// Makes the directory.
pub(super) fn prepare(data_dir: &Path) -> Result<()> {
    fs::create_dir_all(dir(data_dir))
}

/// The last one; `None` where nothing was signed yet.
pub(super) fn latest(data_dir: &Path) -> Result<Option<String>> {
    match fs::read_to_string(latest_path(data_dir)) {
        Ok(note) => Ok(Some(note)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Keeps a signed head under its size, and as the last one.
pub fn keep(data_dir: &Path, size: u64, note: &str) -> Result<()> {
    prepare(data_dir)?;
    replace(&dir(data_dir), &size.to_string(), note)?;
    replace(&dir(data_dir), "latest", note)
}

/// Puts the heads over more than `size` entries aside, under `checkpoints/lost-N`: they are over
/// what a restore gave up, and others will be signed over as many entries.
pub(super) fn put_aside(data_dir: &Path, size: u64, n: i32) -> Result<()> {
    let aside = dir(data_dir).join(format!("lost-{n}"));
    for entry in fs::read_dir(dir(data_dir))? {
        let entry = entry?;
        let name = entry.file_name();
        let over = name.to_str().and_then(|t| t.parse::<u64>().ok()).is_some_and(|n| n > size);
        if over || name == "latest" {
            fs::create_dir_all(&aside)?;
            fs::rename(entry.path(), aside.join(name))?;
        }
    }
    fs::File::open(dir(data_dir))?.sync_all()
}
