//! Whether the files of attached reports are those that the log speaks of.

use std::path::Path;

use super::{Failed, say};
use crate::db::Conn;
use crate::studies::attachment::{DIRECTORY, Files, Lost, Sha256Hex, digests};

/// What is said by name at most; the rest is counted.
const NAMED: usize = 20;

/// How the files below a directory stand.
#[derive(Debug, Default)]
pub(super) struct Attached {
    /// Files that the database names.
    pub named: usize,
    /// Whether the directory is there at all.
    pub here: bool,
    /// Those that are not there.
    pub missing: Vec<Sha256Hex>,
    /// Those that are others.
    pub damaged: Vec<Sha256Hex>,
}

/// Reads every file that the database names.
pub(super) fn look(conn: &mut Conn, dir: &Path) -> Result<Attached, Failed> {
    let files = Files::of(dir);
    let mut found = Attached { here: files.are_here(), ..Attached::default() };
    let mut after = None;
    loop {
        let page = digests(conn, after.as_ref())?;
        for digest in &page {
            found.named += 1;
            match files.get(digest) {
                Ok(_) => {}
                Err(Lost::Missing) => found.missing.push(digest.clone()),
                Err(Lost::Damaged) => found.damaged.push(digest.clone()),
                Err(Lost::Disk(e)) => {
                    return Err(Failed::new(format!("{DIRECTORY}/{digest}: {e}")));
                }
            }
        }
        match page.last() {
            Some(last) => after = Some(last.clone()),
            None => return Ok(found),
        }
    }
}

impl Attached {
    /// Whether one of them is lost or another one.
    pub(super) fn is_broken(&self) -> bool {
        self.here && !(self.missing.is_empty() && self.damaged.is_empty())
    }
    /// Whether nobody could look at them here.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.named > 0 && !self.here
    }
    /// What there is to say of them, a line each.
    pub(super) fn tell(&self) {
        if self.named == 0 {
            return;
        }
        if self.is_elsewhere() {
            say(format!(
                "LOOK: {} attached reports are not below this data directory ({DIRECTORY}/): they \
                 were not looked at",
                self.named
            ));
            return;
        }
        for (what, digests) in [("is not there", &self.missing), ("was changed", &self.damaged)] {
            for digest in digests.iter().take(NAMED) {
                say(format!("BROKEN: the attached report {DIRECTORY}/{digest} {what}"));
            }
            if digests.len() > NAMED {
                say(format!("BROKEN: and {} more", digests.len() - NAMED));
            }
        }
        let good = self.named - self.missing.len() - self.damaged.len();
        say(format!("{good} of {} attached reports are as they were attached", self.named));
    }
}
