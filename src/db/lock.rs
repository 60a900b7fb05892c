//! One server to one SQLite file: a lock that the system gives back when its holder ends, however
//! it ends. On PostgreSQL several servers are as they should be.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Result;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where the file of a SQLite database is.
pub fn sqlite_path(url: &str) -> Option<&Path> {
    url.strip_prefix("sqlite://").map(Path::new)
}

/// Held by whoever serves a SQLite database, or replaces it.
#[derive(Debug)]
pub struct DataLock {
    _file: Option<File>,
}

impl DataLock {
    /// Takes it; `None` when another process has it.
    ///
    /// # Errors
    /// When the lock's file can't be made.
    pub fn take(url: &str) -> Result<Option<Self>> {
        let Some(path) = sqlite_path(url) else { return Ok(Some(Self { _file: None })) };
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        if let Some(dir) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
            std::fs::create_dir_all(dir)?;
        }
        let options =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).to_owned();
        let file = options.open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: Some(file) })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cannot_hold_one_file_and_postgres_needs_none() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("rastro.db").display());
        let held = DataLock::take(&url).unwrap().unwrap();
        assert!(DataLock::take(&url).unwrap().is_none());
        drop(held);
        assert!(DataLock::take(&url).unwrap().is_some());
        let pg = "postgres://h/d";
        let (_one, two) = (DataLock::take(pg).unwrap().unwrap(), DataLock::take(pg).unwrap());
        assert!(two.is_some());
    }
}
