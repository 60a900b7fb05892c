//! What a disk may hold after a power cut, made from a record of what a server wrote and synced
//! (`tests/independent/record_writes.c`). What was synced is there. Of what was not, each sector of
//! 512 bytes is there, or isn't, or holds anything, in any mixture: that is all a disk promises.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

const SECTOR: usize = 512;
/// The header of the write-ahead log: written when the log begins anew.
const LOG_HEADER: u64 = 32;

/// One thing the server did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// w(rote), b(egins to sync), e(nded syncing), t(runcated), a(nswered).
    did: u8,
    /// d(atabase), l(og), s(ocket).
    file: u8,
    thread: u32,
    /// Where it was written, or the length truncated to.
    offset: u64,
    length: u64,
}

impl Head {
    pub fn is_answer(&self) -> bool {
        self.did == b'a'
    }
    /// The log begins anew: everything in it is in the database file, and synced there.
    pub fn restarts_log(&self) -> bool {
        (self.did, self.file, self.offset, self.length) == (b'w', b'l', 0, LOG_HEADER)
    }
    fn is(&self, did: u8, file: u8) -> bool {
        (self.did, self.file) == (did, file)
    }
}

/// A record, read from its begin.
pub struct Record(BufReader<File>);

impl Record {
    pub fn open(path: &Path) -> Self {
        Self(BufReader::with_capacity(1 << 20, File::open(path).unwrap()))
    }
}

impl Iterator for Record {
    type Item = (Head, Vec<u8>);

    /// Nothing where the record ends, or was cut off when the server was killed.
    fn next(&mut self) -> Option<Self::Item> {
        let mut head = [0_u8; 24];
        self.0.read_exact(&mut head).ok()?;
        let eight = |at: usize| u64::from_ne_bytes(head[at..at + 8].try_into().unwrap());
        let thread = u32::from_ne_bytes(head[4..8].try_into().unwrap());
        let (did, file) = (head[0], head[1]);
        let head = Head { did, file, thread, offset: eight(8), length: eight(16) };
        let mut data = vec![0; usize::try_from(head.length).unwrap()];
        self.0.read_exact(&mut data).ok()?;
        Some((head, data))
    }
}

/// The syncs that `synchronous=NORMAL` would leave out: of the log, unless it has just begun anew
/// or its pages are about to be written to the database file.
pub fn only_in_full(heads: &[Head]) -> HashSet<usize> {
    let mut by_thread: HashMap<u32, Vec<usize>> = HashMap::new();
    for (n, head) in heads.iter().enumerate().filter(|(_, h)| !h.is_answer()) {
        by_thread.entry(head.thread).or_default().push(n);
    }
    let mut left_out = HashSet::new();
    for own in by_thread.values() {
        for at in (0..own.len()).filter(|at| heads[own[*at]].is(b'b', b'l')) {
            let before = at.checked_sub(1).map(|at| heads[own[at]]);
            let after = own.get(at + 2).map(|n| heads[*n]);
            let needed =
                before.is_some_and(|h| h.restarts_log()) || after.is_none_or(|h| h.is(b'w', b'd'));
            if !needed {
                // Its end too, if the server lived to see it.
                left_out.extend(own[at..].iter().take(2));
            }
        }
    }
    left_out
}

/// Steele, Lea and Flood's SplitMix64: a failure repeats with its seed.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 1).unwrap() % end
    }
}

/// One file: what is surely on the disk, and what was done to it since, with its place in the record.
struct OneFile {
    synced: Vec<u8>,
    since: Vec<(usize, Head, Vec<u8>)>,
}

fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[at..end].copy_from_slice(bytes);
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

impl OneFile {
    fn read(path: &Path) -> Self {
        Self { synced: std::fs::read(path).unwrap_or_default(), since: vec![] }
    }

    /// A sync that began at `begin` has ended.
    fn sync(&mut self, begin: usize) {
        let still = self.since.iter().position(|(n, ..)| *n > begin).unwrap_or(self.since.len());
        for (_, head, data) in self.since.drain(..still) {
            match head.did {
                b't' => self.synced.resize(place(head.offset), 0),
                _ => put(&mut self.synced, place(head.offset), &data),
            }
        }
    }

    /// What the disk may hold now.
    fn after_cut(&self, random: &mut Random) -> Vec<u8> {
        let mut content = self.synced.clone();
        // In some cuts next to all was written in time, in others next to nothing.
        let kept = random.below(101);
        for (_, head, data) in &self.since {
            if head.did == b't' {
                if random.below(100) < kept {
                    content.resize(place(head.offset), 0);
                }
                continue;
            }
            for (n, sector) in data.chunks(SECTOR).enumerate() {
                let at = place(head.offset) + n * SECTOR;
                match random.below(100) {
                    0 => put(&mut content, at, &vec![0xa5; sector.len()]),
                    n if n < kept => put(&mut content, at, sector),
                    _ => {}
                }
            }
        }
        content
    }
}

/// The disk while the server works.
pub struct Disk {
    database: OneFile,
    log: OneFile,
    /// Of each thread, when the sync it waits for began.
    begun: HashMap<(u32, u8), usize>,
}

impl Disk {
    /// As it is in `dir` before the server starts.
    pub fn before(dir: &Path) -> Self {
        let database = OneFile::read(&dir.join("rastro.db"));
        Self { database, log: OneFile::read(&dir.join("rastro.db-wal")), begun: HashMap::new() }
    }

    /// The server did `n` of the record.
    pub fn then(&mut self, n: usize, head: Head, data: Vec<u8>) {
        let file = match head.file {
            b'd' => &mut self.database,
            b'l' => &mut self.log,
            _ => return,
        };
        let key = (head.thread, head.file);
        match head.did {
            b'b' => _ = self.begun.insert(key, n),
            b'e' => file.sync(self.begun.remove(&key).unwrap()),
            _ => file.since.push((n, head, data)),
        }
    }

    /// Writes into `dir` what the disk may hold if the power fails now.
    pub fn cut(&self, dir: &Path, random: &mut Random) {
        let mut write = |name: &str, file: &OneFile| {
            std::fs::write(dir.join(name), file.after_cut(random)).unwrap();
        };
        write("rastro.db", &self.database);
        write("rastro.db-wal", &self.log);
    }
}
