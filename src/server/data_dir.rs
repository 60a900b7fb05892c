//! The data directory: there, writable, and its owner's alone (0700, files 0600). Who reads the
//! database file reads every child's record, and who reads the key can sign another history.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::db::sqlite_path;

/// A file that says that a restore is under way, or was cut off.
pub const RESTORING: &str = "restoring";

/// Makes the directory of the data and that of the database file, and takes away what others may.
///
/// # Errors
/// When it can't be made or written to.
pub fn prepare(data_dir: &Path, url: &str) -> io::Result<()> {
    fs::create_dir_all(data_dir)?;
    tighten(data_dir, 0o700)?;
    let probe = data_dir.join(".writable");
    fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe)).map_err(|e| {
        io::Error::new(e.kind(), format!("it can't be written to by this account: {e}"))
    })?;
    below(data_dir)?;
    let Some(path) = sqlite_path(url) else { return Ok(()) };
    if let Some(dir) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        fs::create_dir_all(dir)?;
    }
    for end in ["", "-wal", "-shm", ".lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match tighten(Path::new(&name), 0o600) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            done => done?,
        }
    }
    Ok(())
}

/// Everything in a directory and below it; links are left alone.
fn below(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, entry.path());
        let done = match (kind.is_dir(), kind.is_file()) {
            (true, _) => tighten(&path, 0o700).and_then(|()| below(&path)),
            (_, true) => tighten(&path, 0o600),
            _ => Ok(()),
        };
        match done {
            // Gone since it was listed: a journal or a write-ahead log comes and goes.
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            done => done?,
        }
    }
    Ok(())
}

fn tighten(path: &Path, most: u32) -> io::Result<()> {
    let meta = fs::symlink_metadata(path)?;
    if meta.file_type().is_symlink() || meta.mode() & 0o777 & !most == 0 {
        return Ok(());
    }
    let mode = meta.mode() & most;
    match fs::set_permissions(path, fs::Permissions::from_mode(mode)) {
        // A volume that belongs to somebody else, as in some containers: its owner must do it.
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            let path = path.display();
            tracing::warn!(%path, "others may read this, and it is not this account's to change");
            Ok(())
        }
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_already_is_made_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        fs::create_dir_all(data.join("checkpoints")).unwrap();
        for name in ["rastro.db", "rastro.db-wal", "ledger.key", "checkpoints/latest"] {
            fs::write(data.join(name), "x").unwrap();
            fs::set_permissions(data.join(name), fs::Permissions::from_mode(0o664)).unwrap();
        }
        fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
        let elsewhere = dir.path().join("other.db");
        fs::write(&elsewhere, "x").unwrap();
        prepare(&data, &format!("sqlite://{}", elsewhere.display())).unwrap();
        let mode = |p: &Path| fs::metadata(p).unwrap().mode() & 0o777;
        assert_eq!((mode(&data), mode(&data.join("checkpoints"))), (0o700, 0o700));
        for name in ["rastro.db", "rastro.db-wal", "ledger.key", "checkpoints/latest"] {
            assert_eq!(mode(&data.join(name)), 0o600, "{name}");
        }
        assert_eq!(mode(&elsewhere), 0o600);
    }
}
