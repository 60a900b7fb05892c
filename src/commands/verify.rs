//! `rastro verify`: whether the log, the tree, the checkpoints and the events still agree.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use clap::Args;

use super::{Common, Failed, say};
use crate::app::Source;
use crate::custody::store::CustodySource;
use crate::db::{Access, Conn, pending_migrations};
use crate::ledger::note::parse_verifier_key;
use crate::ledger::{self, Against, Checkpoint, Report};
use crate::patients::relation::CareSource;
use crate::patients::store::IdentitySource;
use crate::results::ResultSource;

/// Rebuild the event log and hold the database and signed checkpoints against it. The server may
/// be running. Ends with 0 when all agrees, 1 when something is broken (the first such event is
/// named), 3 when nothing is broken but entries are out of the clock's order.
#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    common: Common,
    /// A checkpoint kept elsewhere; repeat for several. An older one shows what was cut off or
    /// rewritten since. The one in <data-dir>/checkpoints/latest is always used.
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// The log's public key [default: <data-dir>/ledger.vkey]
    #[arg(long, value_name = "FILE")]
    vkey: Option<PathBuf>,
}

/// Exit code: sound, but a person should look at it.
const LOOK: u8 = 3;

/// Every capability whose events are in the log.
fn sources() -> Vec<Box<dyn ledger::Source>> {
    vec![
        Box::new(IdentitySource),
        Box::new(CareSource),
        Box::new(CustodySource),
        Box::new(ResultSource),
    ]
}

pub(super) fn run(command: Verify) -> Result<ExitCode, Failed> {
    let settings = command.common.settings(Source::default())?;
    let vkey = command.vkey.unwrap_or_else(|| settings.data_dir.join("ledger.vkey"));
    let (name, key) = parse_verifier_key(&read(&vkey)?)
        .ok_or_else(|| Failed::new(format!("{}: not a verifier key", vkey.display())))?;
    let latest = settings.data_dir.join("checkpoints/latest");
    let mut saved = vec![];
    for path in command.checkpoints.iter().chain(exists(&latest)?.then_some(&latest)) {
        let checkpoint = Checkpoint::verified(&read(path)?, &name, &key).ok_or_else(|| {
            Failed::new(format!("{}: not a checkpoint signed by {name}", path.display()))
        })?;
        saved.push(checkpoint);
    }
    let mut conn = open(&settings.database_url)?;
    let sources = sources();
    let against = Against { sources: &sources, name: &name, key: &key, saved: &saved };
    let report = ledger::verify(&mut conn, &against)?;
    say(format!("log {name}"));
    Ok(tell(&report))
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
fn open(url: &str) -> Result<Conn, Failed> {
    if let Some(path) = url.strip_prefix("sqlite://")
        && !exists(Path::new(path))?
    {
        return Err(Failed::new(format!("{path}: no such database")));
    }
    let mut conn = Conn::open(url, Access::Read)?;
    if pending_migrations(&mut conn)? > 0 {
        return Err(Failed::new("the database is of an older version: start the server once"));
    }
    Ok(conn)
}

fn tell(report: &Report) -> ExitCode {
    say(format!("{} entries, root {}", report.entries, BASE64.encode(report.root)));
    say(format!("{} signed checkpoints hold", report.checkpoints));
    if let Some(broken) = &report.broken {
        say(format!("BROKEN: {broken}"));
        return ExitCode::FAILURE;
    }
    if let Some(b) = &report.backwards {
        say(format!(
            "LOOK: {} entries are older than one before them; the first is entry {} (event {}), \
             by {} s: back-dated, or the server's clock was set back",
            b.count,
            b.index,
            b.event,
            b.by_ms / 1000
        ));
        return ExitCode::from(LOOK);
    }
    say("sound");
    ExitCode::SUCCESS
}
