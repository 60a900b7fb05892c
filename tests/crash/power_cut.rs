//! The power fails at any moment. Killing a program loses nothing that it wrote, synced or not; a
//! power cut does. So the server's writes and syncs are recorded while it works, with the answers
//! it gives, and from the record what a disk may hold after a cut is made and opened.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rastro::db::{Access, Conn, quick_check};

use super::disk::{Disk, Head, Random, Record, only_in_full};
use super::{Scanner, Server, accounts, events, tubes};

/// Cuts that are tried.
const CUTS: usize = 60;
/// Bytes of the record: enough for the log to begin anew several times.
const RECORDED: u64 = 320 << 20;
/// Tries to get there, 50 ms apart: whatever was recorded by then is used.
const TRIES: u32 = 1200;
/// Repeats a run's cuts.
const SEED: u64 = 36;

/// Compiles what records a server's writes.
fn recorder(dir: &Path) -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/independent/record_writes.c");
    let library = dir.join("record_writes.so");
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(source);
    assert!(cc.status().unwrap().success());
    library
}

/// What a server did while clients scanned.
struct Recorded {
    /// The disk before it.
    before: tempfile::TempDir,
    record: PathBuf,
    heads: Vec<Head>,
    /// The scans acknowledged, and where in the record.
    acknowledged: Vec<(usize, String)>,
}

async fn recorded(dir: &Path) -> Recorded {
    let data = dir.join("data");
    let people = accounts(&data).await;
    let before = tempfile::tempdir().unwrap();
    for file in ["rastro.db", "rastro.db-wal"] {
        if data.join(file).exists() {
            std::fs::copy(data.join(file), before.path().join(file)).unwrap();
        }
    }
    let record = dir.join("record");
    let mut server = Server::recorded(&data, &recorder(dir), &record);
    let scanners = tubes(&server, people).await;
    let bench = server.sign_in("recepcion", people[2]).await;
    let working: Vec<_> =
        scanners.into_iter().map(|s| tokio::spawn(s.work(bench.clone()))).collect();
    for _ in 0..TRIES {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if record.metadata().unwrap().len() > RECORDED {
            break;
        }
    }
    server.kill();
    let mut sent = HashSet::new();
    for scanner in working {
        let scanner: Scanner = scanner.await.unwrap();
        sent.extend(scanner.acknowledged);
    }
    let (heads, acknowledged) = read(&record, &sent);
    Recorded { before, record, heads, acknowledged }
}

/// What was done, and which of the scans in `sent` was acknowledged where.
fn read(record: &Path, sent: &HashSet<String>) -> (Vec<Head>, Vec<(usize, String)>) {
    let (mut heads, mut acknowledged) = (vec![], vec![]);
    for (n, (head, data)) in Record::open(record).enumerate() {
        heads.push(head);
        if head.is_answer()
            && let Some(id) = scan_of(&String::from_utf8_lossy(&data))
            && sent.contains(&id)
        {
            acknowledged.push((n, id));
        }
    }
    (heads, acknowledged)
}

/// The scan that an answer accepts.
fn scan_of(answer: &str) -> Option<String> {
    let json = &answer[answer.find('{')?..];
    let json: serde_json::Value = serde_json::from_str(json).ok()?;
    let result = json["results"].get(0)?;
    let accepted = result["outcome"].as_str()?.starts_with("accepted");
    accepted.then(|| result["id"].as_str().map(str::to_owned))?
}

/// What [`CUTS`] power cuts came to.
#[derive(Debug, Default)]
struct Outcome {
    acknowledged: usize,
    lost: usize,
    damaged: usize,
}

/// Cuts the power at many moments of `run`, as if the syncs in `left_out` had not been made.
fn cut(run: &Recorded, left_out: &HashSet<usize>, random: &mut Random) -> Outcome {
    let mut moments: Vec<usize> = (0..CUTS).map(|_| random.below(run.heads.len())).collect();
    moments.sort_unstable();
    let mut moments = moments.into_iter().peekable();
    let mut disk = Disk::before(run.before.path());
    let mut found = Outcome::default();
    for (n, (head, data)) in Record::open(&run.record).enumerate() {
        while moments.next_if_eq(&n).is_some() {
            let dir = tempfile::tempdir().unwrap();
            disk.cut(dir.path(), random);
            look(dir.path(), n, run, &mut found);
        }
        if !left_out.contains(&n) {
            disk.then(n, head, data);
        }
    }
    found
}

/// What is there after a cut just before `n` of the record.
fn look(dir: &Path, n: usize, run: &Recorded, found: &mut Outcome) {
    let url = format!("sqlite://{}", dir.join("rastro.db").display());
    let whole = Conn::open(&url, Access::Read).and_then(|mut c| quick_check(&mut c));
    if whole.is_ok_and(|problems| problems.is_empty()) {
        let there: HashSet<String> = events(dir).iter().map(|e| e.caused_by.to_string()).collect();
        let due = run.acknowledged.iter().take_while(|(at, _)| *at < n);
        let due: Vec<&String> = due.map(|(_, id)| id).collect();
        found.acknowledged += due.len();
        found.lost += due.iter().filter(|id| !there.contains(**id)).count();
    } else {
        found.damaged += 1;
    }
}

#[test]
fn br_36_no_acknowledged_scan_is_lost_when_the_power_fails() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let run = runtime.block_on(recorded(dir.path()));
    let at_work = run.acknowledged.first().map_or(0, |(n, _)| *n);
    let restarts = run.heads[at_work..].iter().filter(|h| h.restarts_log()).count();
    let (mut random, none) = (Random(SEED), HashSet::new());
    let full = cut(&run, &none, &mut random);
    // The control: the same server, had it run with synchronous=NORMAL. A test that could not see
    // a loss would find none here either.
    let normal = cut(&run, &only_in_full(&run.heads), &mut random);
    println!(
        "{} scans acknowledged while the log began anew {restarts} times; {CUTS} power cuts: \
         {full:?}; had it synced as NORMAL does: {normal:?}",
        run.acknowledged.len()
    );
    assert!(restarts >= 2, "too little was recorded to see a checkpoint");
    assert!(full.acknowledged > 0 && normal.lost > 0, "{normal:?}");
    assert_eq!((full.lost, full.damaged, normal.damaged), (0, 0, 0));
}
