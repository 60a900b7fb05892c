//! Files below the data directory, each under its own SHA-256: the same report attached twice is one file, and
//! one that was changed is found out whenever it is read.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::model::Sha256Hex;

/// Their directory below the data directory.
pub const DIRECTORY: &str = "attachments";

/// Why there are no bytes.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// No such file.
    #[error("not there")]
    Missing,
    /// Other bytes than those that were attached.
    #[error("not the bytes that were attached")]
    Damaged,
    /// The file could not be read or written.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// The directory of attached files.
#[derive(Debug, Clone)]
pub struct Files(PathBuf);

impl Files {
    /// That of a server's data directory.
    pub fn of(data_dir: &Path) -> Self {
        Self(data_dir.join(DIRECTORY))
    }

    /// Whether anything was ever attached here.
    pub fn are_here(&self) -> bool {
        self.0.is_dir()
    }

    fn path(&self, digest: &Sha256Hex) -> PathBuf {
        self.0.join(&digest.as_str()[..2]).join(digest.as_str())
    }

    /// Keeps bytes, durably: once this returns they outlive a power cut.
    pub fn put(&self, bytes: &[u8]) -> io::Result<Sha256Hex> {
        let digest = Sha256Hex::of(bytes);
        let path = self.path(&digest);
        // A file that was changed since is put right by whoever attaches it again.
        if self.get(&digest).is_ok() {
            return Ok(digest);
        }
        let dir = path.parent().unwrap_or(&self.0);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let part = dir.join(format!(".{}.part", uuid::Uuid::now_v7().simple()));
        let written = write(&part, bytes).and_then(|()| fs::rename(&part, &path));
        if let Err(e) = written {
            let _ = fs::remove_file(&part);
            return Err(e);
        }
        for made in [dir, &self.0] {
            fs::File::open(made)?.sync_all()?;
        }
        Ok(digest)
    }

    /// The bytes of a digest, only if they are.
    pub fn get(&self, digest: &Sha256Hex) -> Result<Vec<u8>, Lost> {
        let bytes = fs::read(self.path(digest)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => Lost::Missing,
            _ => Lost::Disk(e),
        })?;
        if Sha256Hex::of(&bytes) == *digest { Ok(bytes) } else { Err(Lost::Damaged) }
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_kept_once_and_a_changed_one_is_found_out() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::of(dir.path());
        assert!(!files.are_here());
        let digest = files.put(b"%PDF-1.4 report %%EOF").unwrap();
        assert_eq!(files.put(b"%PDF-1.4 report %%EOF").unwrap(), digest);
        assert_eq!(files.get(&digest).unwrap(), b"%PDF-1.4 report %%EOF");
        let of = files.path(&digest).parent().unwrap().to_owned();
        assert_eq!(fs::read_dir(of).unwrap().count(), 1, "nothing else is left");
        fs::write(files.path(&digest), b"%PDF-1.4 another %%EOF").unwrap();
        assert!(matches!(files.get(&digest), Err(Lost::Damaged)));
        files.put(b"%PDF-1.4 report %%EOF").unwrap();
        assert!(files.get(&digest).is_ok(), "attached again, it is put right");
        assert!(matches!(files.get(&Sha256Hex::of(b"x")), Err(Lost::Missing)));
    }
}
