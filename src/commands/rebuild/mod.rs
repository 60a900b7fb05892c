//! `rastro rebuild`: a database written anew from its log, after rows were changed behind the program's back.

mod rows;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use clap::Args;
use diesel::connection::SimpleConnection;

use self::rows::{Found, Work};
use super::ledger::{By, entry};
use super::restore::place;
use super::verify::{self, check, hold_log};
use super::{Common, EXIT_CODES, Failed, alone, runtime, say};
use crate::app::{Settings, Source};
use crate::audit;
use crate::custody::unlike::unlike_events;
use crate::db::{Access, Conn, Db, Guards, analyze, is_postgres, migrate, sqlite_path};
use crate::journal::{self, Differs};
use crate::ledger::{self, Change, Report, Sealer, rolled_back};

/// Write an empty database from the log of another one, of either engine, for when `rastro verify` has named rows that
/// were changed beside the program. Tubes are the fold of their events and rows are what they were last, as the log has
/// it. What it has only by a digest is taken from the database and held against that; what it does not have at all is
/// taken as it is. The database itself is only read. The servers must be stopped.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Rebuild {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    by: By,
    /// The empty database to write: sqlite://path or postgres://… [env: RASTRO_REBUILD_INTO]
    #[arg(long, env = "RASTRO_REBUILD_INTO", value_name = "URL", hide_env_values = true)]
    into: String,
    /// A database that may still have what was changed, such as that of a backup, to take from it what the log has only
    /// by a digest; repeat for several.
    #[arg(long = "also", value_name = "URL")]
    also: Vec<String>,
    /// A checkpoint kept elsewhere; repeat for several. The one in <data-dir>/checkpoints/latest is always used.
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
}

/// Lines of one kind that are said of a table; of more, how many.
const SAID: usize = 20;

pub(super) fn run(command: Rebuild) -> Result<(), Failed> {
    let settings = command.common.settings(Source::default())?;
    let target = Settings { database_url: command.into.clone(), ..settings.clone() };
    let (_source, _target) = (alone(&settings)?, alone(&target)?);
    if place::holds_data(&command.into)? {
        return Err(Failed::new(
            "the database to write holds data already: give an empty one, or a file that is not there yet",
        ));
    }
    let mut source = verify::open(&settings.database_url)?;
    let notes = notes(&command, &settings)?;
    let report = sound_log(&mut source, &notes)?;
    let change = command.by.change(&mut source)?;
    let mut also =
        command.also.iter().map(|url| verify::open(url)).collect::<Result<Vec<_>, _>>()?;
    let url = match sqlite_path(&command.into) {
        Some(path) => {
            place::remove(&place::beside(path))?;
            format!("sqlite://{}", place::beside(path).display())
        }
        None => command.into.clone(),
    };
    let made = make(&mut source, &mut also, &url, &report)
        .and_then(|found| hold(&url, &notes, &report).map(|beside| (found, beside)))
        .and_then(|made| write_down(&url, &change).map(|()| made));
    if made.is_err()
        && let Some(path) = sqlite_path(&url)
    {
        place::remove(path)?;
    }
    let (found, beside) = made?;
    if let Some(path) = sqlite_path(&command.into) {
        place::take_place(path)?;
    }
    tell(&found, &beside);
    Ok(())
}

fn notes(command: &Rebuild, settings: &Settings) -> Result<Vec<String>, Failed> {
    let latest = ledger::latest_path(&settings.data_dir);
    let files = command.checkpoints.iter().chain(latest.exists().then_some(&latest));
    let read = |path: &PathBuf| {
        fs::read_to_string(path).map_err(|e| Failed::new(format!("{}: {e}", path.display())))
    };
    files.map(read).collect()
}

/// The log must hold: it is what all is written from.
fn sound_log(source: &mut Conn, notes: &[String]) -> Result<Report, Failed> {
    let (_, report) = hold_log(source, notes)?;
    if let Some(broken) = &report.broken {
        return Err(Failed::new(format!(
            "the log itself does not hold, and nothing can be written from it: {broken}. Bring back a backup: \
             rastro restore --help"
        )));
    }
    let unbound = rolled_back(source, journal::unbound)?;
    if !unbound.is_empty() {
        let tables = unbound.join(", ");
        return Err(Failed::new(format!(
            "rows of before are not bound yet, the log does not know them: {tables}. Start the server once"
        )));
    }
    say(format!("{} entries, root {}", report.entries, BASE64.encode(report.root)));
    Ok(report)
}

/// Fills the new database, all of it or nothing.
fn make(source: &mut Conn, also: &mut [Conn], url: &str, report: &Report) -> Result<Found, Failed> {
    let mut target = Conn::open(url, Access::Write)?;
    migrate(&mut target)?;
    target.batch_execute("BEGIN")?;
    let guards = Guards::lower(&mut target)?;
    let found = rolled_back(source, |source| Work::new(source, also, &mut target, &guards).all())?;
    if !found.lacks.is_empty() {
        target.batch_execute("ROLLBACK")?;
        return Err(lacking(&found.lacks));
    }
    let dangling = guards.raise(&mut target).map_err(|e| dangling(&[e.to_string()]))?;
    if !dangling.is_empty() {
        return Err(self::dangling(&dangling));
    }
    let (size, ..) = ledger::stand_of(source)?;
    if size != report.entries {
        return Err(Failed::new(
            "the log has grown meanwhile: stop the servers of the database first",
        ));
    }
    target.batch_execute("COMMIT")?;
    analyze(&mut target)?;
    Ok(found)
}

fn lacking(lacks: &[String]) -> Failed {
    lines("LACKS", lacks);
    let n = lacks.len();
    Failed::new(format!(
        "{n} values are in the log only by a digest, and what stands in the database is something else: nothing was \
         made. Give a database that has them (--also, such as a backup's), or put each back as it was and run this \
         again: the digest tells whether it is right"
    ))
}

fn dangling(which: &[String]) -> Failed {
    Failed::new(format!(
        "what the log says names rows that it does not know, and nothing was made: {}. Something was done in the name \
         of what was put in beside the program",
        which.join("; ")
    ))
}

/// Holds the new database against its log as `rastro verify` does. What the program met changed beside it before is in
/// the log, and is given back: only a person can say what is right there.
fn hold(url: &str, notes: &[String], report: &Report) -> Result<Vec<String>, Failed> {
    let mut conn = verify::open(url)?;
    let (_, now) = check(&mut conn, notes)?;
    if let Some(broken) = now.broken {
        return Err(Failed::new(format!("what was written is not sound: {broken}")));
    }
    if (now.entries, now.root) != (report.entries, report.root) {
        return Err(Failed::new("what was written is not the log it was written from"));
    }
    let (wrong, folded) =
        rolled_back(&mut conn, |conn| Ok((journal::differing(conn)?.wrong, unlike_events(conn)?)))?;
    let (beside, wrong): (Vec<_>, Vec<_>) =
        wrong.into_iter().partition(|w| matches!(w, Differs::Beside { .. }));
    let wrong = wrong.iter().map(ToString::to_string).chain(folded).collect::<Vec<_>>();
    if !wrong.is_empty() {
        return Err(Failed::new(format!("what was written is not sound: {}", wrong.join("; "))));
    }
    Ok(beside.iter().map(ToString::to_string).collect())
}

/// Who wrote it, and when, as an audit row: the log goes on with it.
fn write_down(url: &str, change: &Change) -> Result<(), Failed> {
    let row = entry(change.person, change, "rebuild");
    runtime()?.block_on(async {
        let db = Db::open(url, Arc::new(Sealer::default()))?;
        let done = db.write(move |tx| audit::record(tx, &row)).await;
        db.close().await;
        done
    })?;
    if !is_postgres(url) {
        place::settle(url)?;
    }
    Ok(())
}

/// Of each table the first ones, so that many of one hide none of another.
fn lines(word: &str, all: &[String]) {
    let mut tables: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in all {
        let table = line.split([' ', '.']).next().unwrap_or_default();
        tables.entry(table).or_default().push(line);
    }
    for (table, lines) in tables {
        lines.iter().take(SAID).for_each(|line| say(format!("{word}: {line}")));
        if lines.len() > SAID {
            say(format!("{word}: and {} more of {table}", lines.len() - SAID));
        }
    }
}

fn tell(found: &Found, beside: &[String]) {
    lines("AS THE LOG SAYS", &found.mended);
    lines("LEFT OUT", &found.left_out);
    lines("LOOK", beside);
    say(format!(
        "rebuilt: {} values are as the log says and were otherwise, {} rows that it does not know were left out",
        found.mended.len(),
        found.left_out.len()
    ));
    say(
        "everybody must sign in again; the database it was written from is as it was: keep it, it is evidence",
    );
    say(
        "next: point database_url of every server to the new database, keep the data directory, run rastro verify",
    );
}
