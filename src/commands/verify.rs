//! `rastro verify`: whether the log, the tree, the checkpoints and the events still agree.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use clap::Args;

use super::attached::{self, Attached};
use super::state::{self, State};
use super::{Common, Failed, say};
use crate::app::{Settings, Source};
use crate::db::{Access, Checked, Conn, DbError, full_check, is_broken_file, pending_migrations};
use crate::inspection::proofs::sources;
use crate::ledger::{self, Against, Chain, KeyKind, KeyRow, Report, Signer};

/// Rebuild the event log and hold the database and signed checkpoints against it. The server may
/// be running. First the engine's own check of the database file; last the files of attached reports.
#[derive(Debug, Args)]
#[command(after_help = CODES)]
pub(super) struct Verify {
    #[command(flatten)]
    common: Common,
    /// A checkpoint kept elsewhere; repeat for several. An older one shows what was cut off or
    /// rewritten since. The one in <data-dir>/checkpoints/latest is always used.
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// A public key of the log that you trust; later ones are followed by what the log says of them
    /// [default: <data-dir>/ledger.vkey]
    #[arg(long, value_name = "FILE")]
    vkey: Option<PathBuf>,
}

const CODES: &str = "Exit codes: 0 all agrees; 1 something is broken (the first such event is \
    named) or can't be read; 2 wrong arguments; 3 nothing is broken, but entries are out of the \
    clock's order, a key came in without the one before it, rows were written while the log took \
    nothing in, or the attached reports are not here.";

/// Threads that check entries at most: a server's database has other work too.
const MOST_HELPERS: usize = 4;

/// Exit code: sound, but a person should look at it.
const LOOK: u8 = 3;

pub(super) fn run(command: Verify) -> Result<ExitCode, Failed> {
    let settings = command.common.settings(Source::default())?;
    let (mut conn, mut beside) = (open(&settings.database_url)?, open(&settings.database_url)?);
    // The engine's check and ours look at different things, and each keeps one processor busy.
    let (checked, found) = thread::scope(|scope| {
        let checking = scope.spawn(|| check_engine(&mut beside));
        let found = check_log(&command, &settings, &mut conn);
        (checking.join().unwrap_or_else(|_| Err(DbError::Panicked.into())), found)
    });
    // In a database that is broken by itself nothing else that was found means anything.
    let checked = checked?;
    if !checked.wrong.is_empty() {
        for wrong in &checked.wrong {
            say(format!("BROKEN: the database itself: {wrong}"));
        }
        return Ok(ExitCode::FAILURE);
    }
    let Found { chain, trusted, report } = found?;
    let state = state::look(&mut conn);
    let attached = attached::look(&mut conn, &settings.data_dir)?;
    say(format!("log {}", chain.first_name().unwrap_or_default()));
    tell_keys(&chain);
    let unvouched = (trusted + 1..chain.rows().len()).find(|i| chain.is_unvouched(*i));
    let code = tell(&report, unvouched.map(|i| &chain.rows()[i]), &state, &attached);
    for said in checked.said {
        say(said);
    }
    Ok(code)
}

fn check_engine(conn: &mut Conn) -> Result<Checked, Failed> {
    match full_check(conn) {
        Err(e) if is_broken_file(&e) => Ok(Checked { wrong: vec![e.to_string()], said: vec![] }),
        checked => Ok(checked?),
    }
}

/// The log's keys, the place of the trusted one among them, and what the verification found.
struct Found {
    chain: Chain,
    trusted: usize,
    report: Report,
}

fn check_log(command: &Verify, settings: &Settings, conn: &mut Conn) -> Result<Found, Failed> {
    let chain = ledger::chain(conn)?;
    let trusted = trusted(settings, command.vkey.as_deref(), &chain)?;
    let latest = ledger::latest_path(&settings.data_dir);
    let mut saved = vec![];
    for path in command.checkpoints.iter().chain(exists(&latest)?.then_some(&latest)) {
        let opened = chain.open(&read(path)?).ok_or_else(|| {
            let name = chain.first_name().unwrap_or_default();
            Failed::new(format!("{}: not a checkpoint signed by {name}", path.display()))
        })?;
        saved.push(opened);
    }
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let helpers = (0..processors.min(MOST_HELPERS)).map(|_| open(&settings.database_url));
    let mut helpers = helpers.collect::<Result<Vec<_>, _>>()?;
    let against = Against { sources: &sources(), chain: &chain, saved: &saved };
    let report = ledger::verify(conn, &mut helpers, &against)?;
    Ok(Found { chain, trusted, report })
}

/// The whole verification for a command that goes on only with a sound database: the engine's own
/// check, then the log against itself and against checkpoints kept outside.
pub(super) fn check(conn: &mut Conn, notes: &[String]) -> Result<(Chain, Report), Failed> {
    let checked = full_check(conn)?;
    if let Some(wrong) = checked.wrong.first() {
        return Err(Failed::new(format!("the database itself is broken: {wrong}")));
    }
    hold_log(conn, notes)
}

/// The log against itself and against checkpoints kept outside.
pub(super) fn hold_log(conn: &mut Conn, notes: &[String]) -> Result<(Chain, Report), Failed> {
    let chain = ledger::chain(conn)?;
    let saved: Vec<_> = notes.iter().filter_map(|note| chain.open(note)).collect();
    if saved.len() < notes.len() {
        return Err(Failed::new("a checkpoint is not signed by this log"));
    }
    let sources = sources();
    let against = Against { sources: &sources, chain: &chain, saved: &saved };
    let report = ledger::verify(conn, &mut [], &against)?;
    Ok((chain, report))
}

/// The place of the key that whoever asks trusts, among those of the log.
fn trusted(settings: &Settings, given: Option<&Path>, chain: &Chain) -> Result<usize, Failed> {
    let own = settings.data_dir.join("ledger.vkey");
    let path = given.unwrap_or(&own);
    let signer = Signer::parse(&read(path)?)
        .ok_or_else(|| Failed::new(format!("{}: not a verifier key", path.display())))?;
    chain.place_of(&signer).ok_or_else(|| {
        let path = path.display();
        Failed::new(format!("{path}: {} is none of the keys this log was signed with", signer.name))
    })
}

/// What became of the log's key and name, a line each.
fn tell_keys(chain: &Chain) {
    for (i, row) in chain.rows().iter().enumerate().skip(1) {
        let (n, at, size) = (row.n, row.recorded_at, row.size);
        let by = row.person_id.map(|p| p.to_string()).unwrap_or_default();
        let reason = row.reason.as_deref().unwrap_or_default();
        if row.kind == KeyKind::Restored {
            let lost = row.lost_size.unwrap_or(size);
            let what = match lost > size {
                true => format!("entries {size} to {} were lost", lost - 1),
                false => "no checkpoint shows that entries were lost".into(),
            };
            let made = row.backup_at.map(|t| t.to_string()).unwrap_or_default();
            say(format!(
                "key {n}: restored at {at} from a copy of {made} with {size} entries; {what}; by {by}: {reason}"
            ));
        } else {
            say(format!("key {n}: a new key from entry {size} on, at {at}; by {by}: {reason}"));
        }
        if chain.is_unvouched(i) {
            say(format!("key {n}: not signed with the key before it, which was lost"));
        }
    }
}

fn read(path: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(path).map_err(|e| Failed::new(format!("{}: {e}", path.display())))
}

fn exists(path: &Path) -> Result<bool, Failed> {
    match path.metadata() {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(Failed::new(format!("{}: {e}", path.display()))),
    }
}

/// Opens what is there; unlike the server, makes nothing.
pub(super) fn open(url: &str) -> Result<Conn, Failed> {
    if let Some(path) = url.strip_prefix("sqlite://")
        && !exists(Path::new(path))?
    {
        return Err(Failed::new(format!("{path}: no such database")));
    }
    let mut conn = match Conn::open(url, Access::Read) {
        Err(e) if is_broken_file(&e) => {
            say(format!("BROKEN: the database itself: {e}"));
            return Err(Failed::new("the database can't be read"));
        }
        opened => opened?,
    };
    if pending_migrations(&mut conn)? > 0 {
        return Err(Failed::new("the database is of an older version: start the server once"));
    }
    Ok(conn)
}

fn tell(
    report: &Report,
    unvouched: Option<&KeyRow>,
    state: &State,
    attached: &Attached,
) -> ExitCode {
    say(format!("{} entries, root {}", report.entries, BASE64.encode(report.root)));
    say(format!("{} signed checkpoints hold", report.checkpoints));
    if report.lost > 0 {
        say(format!("{} kept checkpoints are over entries that a restore gave up", report.lost));
    }
    if let Some(broken) = &report.broken {
        say(format!("BROKEN: {broken}"));
        return ExitCode::FAILURE;
    }
    state.tell();
    attached.tell();
    if state.is_broken() || attached.is_broken() {
        return ExitCode::FAILURE;
    }
    let mut look = attached.is_elsewhere() || state.is_open();
    if let Some(b) = &report.backwards {
        say(format!(
            "LOOK: {} entries are older than one before them; the first is entry {} (event {}), \
             by {} s: back-dated, or the server's clock was set back",
            b.count,
            b.index,
            b.event,
            b.by_ms / 1000
        ));
        look = true;
    }
    if let Some(row) = unvouched {
        say(format!(
            "LOOK: key {} is not signed with a key you trust: ask the administrator, and verify \
             with --vkey and the new ledger.vkey",
            row.n
        ));
        look = true;
    }
    if look {
        return ExitCode::from(LOOK);
    }
    say("sound");
    ExitCode::SUCCESS
}
