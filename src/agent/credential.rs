//! What an agent is known by, and the folder it keeps it in.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::journal::sync_folder;
use super::start::Start;
use crate::printing::AgentId;

/// How an agent speaks to its server. The file is readable by its owner only.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The server's address, `https://host[:port]`, without a path.
    pub server: String,
    /// Whether `http://` to another machine was allowed.
    pub allow_http: bool,
    /// The agent's key.
    pub agent: AgentId,
    /// The agent's name, as people see it among the agents of its centre.
    pub name: String,
    /// Its secret, 43 characters.
    pub secret: String,
}

/// Something is wrong with the data directory.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The disk refuses.
    #[error("{path}: {why}")]
    Disk {
        /// The file or directory, as it is shown to who runs the agent.
        path: String,
        /// What the system says.
        why: io::Error,
    },
    /// Another agent runs on it.
    #[error("{0}: another process prints from this directory")]
    InUse(String),
    /// There is a credential already.
    #[error("{0}: this computer is enrolled already; give --replace to enrol it anew")]
    Enrolled(String),
    /// There is none yet.
    #[error("{0}: this computer is not enrolled; run `rastro agent enrol` first")]
    NotEnrolled(String),
    /// It can't be read.
    #[error("{path}: not a credential of an agent: {why}")]
    Broken {
        /// The credential's file, as it is shown to who runs the agent.
        path: String,
        /// Why, without its contents.
        why: String,
    },
}

/// A data directory that this process alone uses until it ends.
pub struct DataDir {
    path: PathBuf,
    lock: File,
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn disk(path: &Path) -> impl Fn(io::Error) -> CredentialError + '_ {
    |why| CredentialError::Disk { path: shown(path), why }
}

impl DataDir {
    /// Makes the directory if need be and locks it.
    ///
    /// # Errors
    /// [`CredentialError`] when another process has it or the disk refuses.
    pub fn open(path: &Path) -> Result<Self, CredentialError> {
        fs::create_dir_all(path).map_err(disk(path))?;
        let file = path.join("lock");
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&file)
            .map_err(disk(&file))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(CredentialError::InUse(shown(path))),
            Err(TryLockError::Error(why)) => Err(disk(&file)(why)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes that a program begins to print from it, and which starts before it are over.
    ///
    /// # Errors
    /// [`CredentialError`] when the disk refuses.
    pub fn start(&self) -> Result<Start, CredentialError> {
        let fail = disk(&self.path);
        let lock = self.lock.metadata().map_err(&fail)?;
        Start::begin(&self.path, (lock.dev(), lock.ino())).map_err(&fail)
    }

    /// The certificates this agent trusts beside the operating system's.
    pub fn extra_certificates(&self) -> PathBuf {
        self.path.join("ca.pem")
    }

    fn file(&self) -> PathBuf {
        self.path.join("credential.json")
    }

    /// Whether an enrolment's outcome can be kept here: asked before the one-time code is spent.
    ///
    /// # Errors
    /// [`CredentialError`] when there is a credential already, or the directory can't be written.
    pub fn ready_to_enrol(&self, replace: bool) -> Result<(), CredentialError> {
        if !replace && self.file().exists() {
            return Err(CredentialError::Enrolled(shown(&self.file())));
        }
        self.write("credential.new", b"")
    }

    /// Keeps the credential, on the disk before this returns.
    ///
    /// # Errors
    /// [`CredentialError`] when the disk refuses.
    pub fn keep(&self, credential: &Credential) -> Result<(), CredentialError> {
        let broken = |e: serde_json::Error| CredentialError::Broken {
            path: shown(&self.file()),
            why: e.to_string(),
        };
        let json = serde_json::to_vec_pretty(credential).map_err(broken)?;
        self.write("credential.new", &json)?;
        let file = self.file();
        fs::rename(self.path.join("credential.new"), &file).map_err(disk(&file))?;
        sync_folder(&file).map_err(disk(&file))
    }

    /// Keeps certificates for later runs.
    ///
    /// # Errors
    /// [`CredentialError`] when the disk refuses.
    pub fn keep_certificates(&self, pem: &[u8]) -> Result<(), CredentialError> {
        self.write("ca.pem", pem)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), CredentialError> {
        let path = self.path.join(name);
        let write = || {
            let mut options = OpenOptions::new();
            let options = options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&path)?;
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(disk(&path))
    }

    /// Reads the credential.
    ///
    /// # Errors
    /// [`CredentialError`] when there is none or it is damaged.
    pub fn credential(&self) -> Result<Credential, CredentialError> {
        let file = self.file();
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(CredentialError::NotEnrolled(shown(&self.path)));
            }
            Err(why) => return Err(disk(&file)(why)),
        };
        let mode = fs::metadata(&file).map_err(disk(&file))?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(file = %file.display(), "others can read the credential: chmod 600");
        }
        serde_json::from_slice(&bytes).map_err(|e| CredentialError::Broken {
            path: shown(&file),
            // serde's sentence names line and column, never a value of a string field.
            why: format!("line {}, column {}", e.line(), e.column()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential() -> Credential {
        Credential {
            server: "https://rastro.example".into(),
            allow_http: false,
            agent: AgentId::new(),
            name: "Farmacia".into(),
            secret: "s".repeat(43),
        }
    }

    #[test]
    fn only_the_owner_can_read_the_credential() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(dir.path()).unwrap();
        assert!(matches!(data.credential(), Err(CredentialError::NotEnrolled(_))));
        data.ready_to_enrol(false).unwrap();
        data.keep(&credential()).unwrap();
        let mode = fs::metadata(data.file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(data.credential().unwrap().secret, "s".repeat(43));
        assert!(matches!(data.ready_to_enrol(false), Err(CredentialError::Enrolled(_))));
        data.ready_to_enrol(true).unwrap();
        assert_eq!(data.credential().unwrap().name, "Farmacia", "asking changes nothing");
    }

    #[test]
    fn a_directory_serves_one_agent() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataDir::open(dir.path()).unwrap();
        assert!(matches!(DataDir::open(dir.path()), Err(CredentialError::InUse(_))));
        drop(first);
        DataDir::open(dir.path()).unwrap();
    }

    #[test]
    fn a_damaged_credential_is_named_without_its_secret() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(dir.path()).unwrap();
        fs::write(data.file(), r#"{"secret": "xyzzy", "server": 1}"#).unwrap();
        let error = data.credential().err().unwrap().to_string();
        assert!(error.contains("credential.json") && !error.contains("xyzzy"), "{error}");
    }
}
