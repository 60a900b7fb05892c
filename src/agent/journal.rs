//! What the agent may have sent and has not yet told: a file of lines, each with a checksum,
//! only ever appended to and on the disk before the next step.
//!
//! ```text
//! 3f0c… {"is":"intent","token":"…","job":"…","printer":"…"}      before the first byte is sent
//! 81d2… {"is":"outcome","token":"…","outcome":"printed","evidence":"…"}   before it is told
//! 77ab… {"is":"told","token":"…"}                                 the server knows
//! ```
//!
//! A line that was torn by a power cut is dropped when the file is opened: what it would have
//! said was not done yet. When most lines are of the past, the file is written anew.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::label::Verdict;
use crate::printing::PrinterId;
use crate::printing::job::{JobId, LeaseToken, Outcome};

/// Lines of the past that are kept before the file is written anew.
const DEAD_LINES: usize = 200;
/// Characters of a line's checksum.
const SUM: usize = 16;

/// The journal can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("journal {path}: {why}")]
pub struct JournalError {
    path: String,
    why: io::Error,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
enum Line {
    Intent { token: LeaseToken, job: JobId, printer: PrinterId },
    Outcome { token: LeaseToken, outcome: Outcome, evidence: String },
    Told { token: LeaseToken },
}

/// A label that the server does not know the end of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Open {
    intent: Option<(JobId, PrinterId)>,
    verdict: Option<Verdict>,
}

/// What lines say, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    open: BTreeMap<LeaseToken, Open>,
    lines: usize,
}

impl State {
    fn take(&mut self, line: Line) {
        self.lines += 1;
        match line {
            Line::Intent { token, job, printer } => {
                self.open.entry(token).or_default().intent = Some((job, printer));
            }
            Line::Outcome { token, outcome, evidence } => {
                self.open.entry(token).or_default().verdict = Some(Verdict { outcome, evidence });
            }
            Line::Told { token } => {
                self.open.remove(&token);
            }
        }
    }

    /// The fewest lines that say the same.
    fn written(&self) -> (Vec<u8>, usize) {
        let mut bytes = vec![];
        let mut lines = 0;
        for (token, open) in &self.open {
            if let Some((job, printer)) = open.intent {
                bytes.extend(sealed(&Line::Intent { token: *token, job, printer }));
                lines += 1;
            }
            if let Some(Verdict { outcome, evidence }) = open.verdict.clone() {
                bytes.extend(sealed(&Line::Outcome { token: *token, outcome, evidence }));
                lines += 1;
            }
        }
        (bytes, lines)
    }
}

fn sum(json: &[u8]) -> String {
    Sha256::digest(json).iter().take(SUM / 2).map(|b| format!("{b:02x}")).collect()
}

/// A line as it stands in the file.
fn sealed(line: &Line) -> Vec<u8> {
    // A line has string keys and plain values: it always becomes JSON.
    let json = serde_json::to_vec(line).unwrap_or_default();
    let mut bytes = sum(&json).into_bytes();
    bytes.push(b' ');
    bytes.extend(json);
    bytes.push(b'\n');
    bytes
}

/// A line of the file without its end, if it is whole.
fn opened(line: &[u8]) -> Option<Line> {
    let (given, rest) = line.split_at_checked(SUM)?;
    let json = rest.strip_prefix(b" ")?;
    (sum(json).as_bytes() == given).then(|| serde_json::from_slice(json).ok())?
}

/// What a file says, and how many of its lines are damaged. Whole lines count wherever they
/// stand; each of them is safe to know without the others.
fn read(bytes: &[u8]) -> (State, usize) {
    let mut state = State::default();
    let mut damaged = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        match line.strip_suffix(b"\n").and_then(opened) {
            Some(line) => state.take(line),
            None => damaged += 1,
        }
    }
    (state, damaged)
}

/// The open journal of one data directory.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of `file` that are known to be whole.
    good: u64,
    /// Half a line may stand after them.
    torn: bool,
    state: State,
}

impl Journal {
    /// Opens, or begins, the journal in `dir`. The caller holds the directory's lock.
    ///
    /// # Errors
    /// [`JournalError`] when the disk refuses.
    pub fn open(dir: &Path) -> Result<Self, JournalError> {
        let path = dir.join("journal");
        Self::open_at(&path).map_err(|why| JournalError { path: path.display().to_string(), why })
    }

    fn open_at(path: &Path) -> io::Result<Self> {
        let mut bytes = vec![];
        match File::open(path) {
            Ok(mut file) => drop(file.read_to_end(&mut bytes)?),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
        let (state, damaged) = read(&bytes);
        if damaged > 0 {
            tracing::warn!(damaged, "lines of the journal were torn or damaged");
            // More than the torn last line is a disk's fault: kept for whoever looks into it.
            if damaged > 1 {
                fs::write(path.with_extension("damaged"), &bytes)?;
            }
        }
        let (file, good, lines) = rewrite(path, &state)?;
        let state = State { lines, ..state };
        Ok(Self { path: path.to_owned(), file, good, torn: false, state })
    }

    /// A label may be sent from now on.
    pub(super) fn intent(
        &mut self,
        token: LeaseToken,
        job: JobId,
        printer: PrinterId,
    ) -> Result<(), JournalError> {
        self.append(Line::Intent { token, job, printer }, true)
    }

    /// What became of it.
    pub(super) fn outcome(&mut self, token: LeaseToken, v: &Verdict) -> Result<(), JournalError> {
        let Verdict { outcome, evidence } = v.clone();
        self.append(Line::Outcome { token, outcome, evidence }, true)
    }

    /// The server knows. Losing this line costs a report too many, which changes nothing: it may
    /// reach the disk later.
    pub(super) fn told(&mut self, token: LeaseToken) -> Result<(), JournalError> {
        self.append(Line::Told { token }, false)?;
        let live: usize = self.state.open.len() * 2;
        if self.state.lines > live + DEAD_LINES {
            let renewed = rewrite(&self.path, &self.state);
            let (file, good, lines) = renewed.map_err(|why| self.error(why))?;
            (self.file, self.good, self.state.lines) = (file, good, lines);
        }
        Ok(())
    }

    /// Whether a lease is in the journal: its label may have been sent.
    pub(super) fn knows(&self, token: LeaseToken) -> bool {
        self.state.open.contains_key(&token)
    }

    /// Leases that the server does not know the end of.
    pub(super) fn held(&self) -> Vec<LeaseToken> {
        self.state.open.keys().copied().collect()
    }

    /// Labels that may have been sent and of whose end nothing is written.
    pub(super) fn unfinished(&self) -> Vec<LeaseToken> {
        let open = self.state.open.iter();
        open.filter(|(_, o)| o.verdict.is_none()).map(|(token, _)| *token).collect()
    }

    /// Ends that the server has not been told.
    pub(super) fn untold(&self) -> Vec<(LeaseToken, Verdict)> {
        let open = self.state.open.iter();
        open.filter_map(|(token, o)| Some((*token, o.verdict.clone()?))).collect()
    }

    fn error(&self, why: io::Error) -> JournalError {
        JournalError { path: self.path.display().to_string(), why }
    }

    fn append(&mut self, line: Line, on_disk: bool) -> Result<(), JournalError> {
        let mut bytes = if self.torn { vec![b'\n'] } else { vec![] };
        bytes.extend(sealed(&line));
        if let Err(why) = self.write(&bytes, on_disk) {
            // What was half written must not spoil the next line.
            self.torn = self.file.set_len(self.good).is_err();
            return Err(self.error(why));
        }
        self.torn = false;
        self.good += bytes.len() as u64;
        self.state.take(line);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8], on_disk: bool) -> io::Result<()> {
        self.file.write_all(bytes)?;
        if on_disk { self.file.sync_data() } else { Ok(()) }
    }
}

/// Puts a file with just what is open in the journal's place, whole or not at all.
fn rewrite(path: &Path, state: &State) -> io::Result<(File, u64, usize)> {
    let (bytes, lines) = state.written();
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    sync_folder(path)?;
    let file = OpenOptions::new().append(true).open(path)?;
    Ok((file, bytes.len() as u64, lines))
}

/// The entry of `path` in its folder is on the disk.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
