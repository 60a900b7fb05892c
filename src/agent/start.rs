//! One start of this program, and those before it that are known to be over.
//!
//! The directory's lock is given to one process of one machine at a time, and the system takes it back
//! when that process ends. So whoever has it knows that the start that had it before is over: as long
//! as it is the same lock, and as long as it is the same machine that was not switched off since. A
//! copied directory has another lock and a copied disk runs on another machine: what they say of
//! themselves settles nothing of the one that they are copies of.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::printing::job::RunId;

/// Starts before this one that are kept to be told: a program that can't reach its server is
/// started again and again.
const KEPT: usize = 500;
/// A name for the time since the machine was switched on.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// What the directory says of the last start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Last {
    run: RunId,
    /// Those before it of which the server was not told that they are over.
    earlier: Vec<RunId>,
    /// On which machine, since it was switched on; empty where nobody can say.
    boot: String,
    /// Which file was locked.
    lock: (u64, u64),
}

/// This start of the program, as it is told to the server with each question.
#[derive(Debug)]
pub struct Start {
    /// Made anew each time.
    pub run: RunId,
    path: PathBuf,
    last: Mutex<Last>,
}

impl Start {
    /// Notes in `dir`, whose lock file is `lock` and held, that it begins.
    pub(super) fn begin(dir: &Path, lock: (u64, u64)) -> io::Result<Self> {
        let path = dir.join("run.json");
        let boot = fs::read_to_string(BOOT).unwrap_or_default().trim().to_owned();
        let run = RunId::new();
        let earlier = before(read(&path)?, &boot, lock);
        let last = Last { run, earlier, boot, lock };
        write(&path, &last)?;
        Ok(Self { run, path, last: Mutex::new(last) })
    }

    /// Starts before this one that are over and of which the server may not know it.
    pub(super) fn earlier(&self) -> Vec<RunId> {
        self.last.lock().map(|l| l.earlier.clone()).unwrap_or_default()
    }

    /// The server knows of them.
    pub(super) fn told(&self) -> io::Result<()> {
        let Ok(mut last) = self.last.lock() else { return Ok(()) };
        last.earlier.clear();
        write(&self.path, &last)
    }
}

/// The starts that are over because this one has the lock.
fn before(last: Option<Last>, boot: &str, lock: (u64, u64)) -> Vec<RunId> {
    let Some(last) = last else { return vec![] };
    if boot.is_empty() || last.boot != boot || last.lock != lock {
        return vec![];
    }
    let mut over = last.earlier;
    over.push(last.run);
    let too_many = over.len().saturating_sub(KEPT);
    over.split_off(too_many)
}

/// What was noted last; nothing where it is damaged, which only means to wait.
fn read(path: &Path) -> io::Result<Option<Last>> {
    match fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)
            .inspect_err(|e| tracing::warn!(error = %e, "the last start can't be read"))
            .ok()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn write(path: &Path, last: &Last) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, serde_json::to_vec(last)?)?;
    fs::File::open(&new)?.sync_all()?;
    fs::rename(&new, path)?;
    super::journal::sync_folder(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(boot: &str, lock: (u64, u64)) -> Last {
        Last { run: RunId::new(), earlier: vec![RunId::new()], boot: boot.into(), lock }
    }

    #[test]
    fn only_the_same_lock_of_the_same_machine_proves_that_a_start_is_over() {
        let known = last("b1", (1, 2));
        let both = [known.earlier[0], known.run];
        assert_eq!(before(Some(known.clone()), "b1", (1, 2)), both);
        assert!(before(Some(known.clone()), "b2", (1, 2)).is_empty(), "switched off, or a copy");
        assert!(before(Some(known), "b1", (1, 3)).is_empty(), "a copied directory");
        assert!(before(Some(last("", (1, 2))), "", (1, 2)).is_empty(), "nobody can say");
        assert!(before(None, "b1", (1, 2)).is_empty());
    }

    #[test]
    fn what_the_server_was_not_told_is_said_again() {
        let dir = tempfile::tempdir().unwrap();
        let first = Start::begin(dir.path(), (1, 2)).unwrap();
        assert!(first.earlier().is_empty());
        let second = Start::begin(dir.path(), (1, 2)).unwrap();
        assert_eq!(second.earlier(), [first.run]);
        let third = Start::begin(dir.path(), (1, 2)).unwrap();
        assert_eq!(third.earlier(), [first.run, second.run]);
        third.told().unwrap();
        assert_eq!(Start::begin(dir.path(), (1, 2)).unwrap().earlier(), [third.run]);
        fs::write(dir.path().join("run.json"), "{").unwrap();
        assert!(Start::begin(dir.path(), (1, 2)).unwrap().earlier().is_empty());
    }

    #[test]
    fn as_many_are_kept_as_the_server_takes() {
        let mut many = last("b", (1, 2));
        many.earlier = (0..2 * KEPT).map(|_| RunId::new()).collect();
        let newest = many.run;
        let over = before(Some(many), "b", (1, 2));
        assert_eq!((over.len(), over.last()), (KEPT, Some(&newest)));
    }
}
