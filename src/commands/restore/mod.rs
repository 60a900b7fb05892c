//! `rastro restore`: after a machine was lost. The copy is put back, and codes and numbers go on past
//! all that may have been given out since, in an event of the log.

mod evidence;
mod forward;
pub(super) mod place;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use self::evidence::{Kept, Trust};
use self::forward::{Gap, Moved, Seen, move_all};
use super::backup::manifest::Manifest;
use super::backup::{CATALOGUE, CHECKPOINT, KEY, LABELS, POSTGRES, SQLITE, VKEY, copy_dir};
use super::ledger::{By, entry};
use super::verify::check;
use super::{Common, EXIT_CODES, Failed, alone, runtime, say};
use crate::app::{Settings, Source};
use crate::audit;
use crate::db::{Access, Clock, Conn, Db, Instant, is_postgres, migrate, sqlite_path};
use crate::ledger::{self, Change, Comeback, KeyError, KeyRow, Ledger, Sealer};
use crate::people::store as people;
use crate::server::data_dir;
use crate::studies::attachment::DIRECTORY;

/// Bring a backup back into an empty database after a machine was lost, or take a database as it is
/// that was rolled back (--in-place). Codes, folios and accession numbers go on past all that may have
/// been given out since the copy was made; the log says what was lost. The server must be stopped.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Restore {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    by: By,
    /// The directory that rastro backup made.
    #[arg(required_unless_present = "in_place", conflicts_with = "in_place")]
    backup: Option<PathBuf>,
    /// Take the database as it is, because it is all there is: it is behind what was signed.
    #[arg(long)]
    in_place: bool,
    /// A checkpoint kept elsewhere, the newest there is; repeat for several. It shows how many
    /// entries were lost. The one in the data directory, if any is left, is always used.
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// There is no checkpoint newer than the backup anywhere.
    #[arg(long, conflicts_with = "checkpoints")]
    no_checkpoint: bool,
    /// A further public key of the log, if it was changed since the backup; repeat for several.
    #[arg(long = "vkey", value_name = "FILE")]
    vkeys: Vec<PathBuf>,
    /// A code, folio, request's or accession number that was read on a label, a station or a paper
    /// from after the backup; repeat for several.
    #[arg(long = "seen-code", value_name = "CODE")]
    seen_codes: Vec<String>,
    /// A file with such codes and numbers, one on each line.
    #[arg(long = "seen", value_name = "FILE")]
    seen: Vec<PathBuf>,
    /// Go on with the key that is in the data directory, or with a new one, though it is not the
    /// backup's: that one is lost.
    #[arg(long)]
    new_key: bool,
}

/// What is brought back, and from when it is.
struct Copied {
    /// Where the database is while it is worked on.
    url: String,
    /// When the copy was made.
    at: Instant,
    /// How many times it was brought back before, as far as anything shows.
    earlier: u32,
    kept: Vec<Kept>,
}

pub(super) fn run(command: Restore) -> Result<ExitCode, Failed> {
    let settings = command.common.settings(Source::default())?;
    let _alone = alone(&settings)?;
    data_dir::prepare(&settings.data_dir, &settings.database_url)?;
    let seen = seen(&command)?;
    let marker = settings.data_dir.join(data_dir::RESTORING);
    let copied = match &command.backup {
        Some(dir) => put_back(&command, &settings, dir, &marker)?,
        None => as_it_is(&command, &settings)?,
    };
    let (row, moved) = runtime()?.block_on(go_on(&command, &settings, &copied, seen))?;
    if let (Some(path), Some(_)) = (sqlite_path(&settings.database_url), &command.backup) {
        place::take_place(path)?;
    }
    ledger::came_back(&settings.data_dir, &row)?;
    if command.backup.is_some() {
        fs::remove_file(&marker)?;
    }
    runtime()?.block_on(sign(&settings))?;
    tell(&row, &moved);
    Ok(ExitCode::SUCCESS)
}

fn seen(command: &Restore) -> Result<Seen, Failed> {
    let mut seen = Seen::default();
    command.seen_codes.iter().try_for_each(|code| seen.add(code))?;
    for path in &command.seen {
        let text = fs::read_to_string(path).map_err(|e| Failed::from(e).at(path.display()))?;
        seen.add_lines(&text).map_err(|e| e.at(path.display()))?;
    }
    Ok(seen)
}

/// Every checkpoint there is, and refuses to go on without any unless told that there is none.
fn evidence(
    command: &Restore,
    settings: &Settings,
    vkey: &str,
    size: u64,
) -> Result<Vec<Kept>, Failed> {
    let trust = Trust::new(vkey, &command.vkeys)?;
    let latest = ledger::latest_path(&settings.data_dir);
    let mut files = command.checkpoints.clone();
    files.extend(latest.exists().then_some(latest));
    let kept = evidence::read(&trust, &files)?;
    if kept.is_empty() && !command.no_checkpoint {
        return Err(Failed::new(
            "give the newest checkpoint that was kept elsewhere (--checkpoint FILE): it shows how \
             much was lost. If there is none anywhere, say so with --no-checkpoint",
        ));
    }
    let newest = kept.iter().map(|k| k.checkpoint.size).max().unwrap_or(0);
    say(match newest > size {
        true => format!("entries {size} to {} are lost, as a checkpoint shows", newest - 1),
        false => "no checkpoint shows that entries were lost".to_owned(),
    });
    Ok(kept)
}

/// Checks the backup and puts its database where it can be worked on.
fn put_back(
    command: &Restore,
    settings: &Settings,
    dir: &Path,
    marker: &Path,
) -> Result<Copied, Failed> {
    let manifest = Manifest::verified(dir)?;
    let postgres = is_postgres(&settings.database_url);
    if postgres != (manifest.engine == "postgresql") {
        let text = format!("the backup is of {}, the database is not", manifest.engine);
        return Err(Failed::new(text));
    }
    // What an earlier try has loaded, before it was refused for something else, is no data to lose.
    let begun = postgres && marker.exists() && place::holds(&settings.database_url, &manifest.log)?;
    if !begun {
        place::refuse_data(&settings.database_url)?;
    }
    let key = settings.data_dir.join(KEY);
    let brings_key = manifest.has(KEY) && !key.exists();
    let of = &manifest.log.vkey;
    ledger::may_come_back(&settings.data_dir, of, brings_key, command.new_key)?;
    let vkey = fs::read_to_string(dir.join(VKEY))?;
    let kept = evidence(command, settings, &vkey, manifest.log.size)?;
    say(format!("backup of {} with {} entries", manifest.made_at, manifest.log.size));
    tell_files(dir, &manifest);
    let earlier = earlier_restores(dir)?.max(others(&kept, &vkey));
    // From here on no server starts in this directory until all is done.
    fs::write(marker, "rastro restore\n")?;
    fs::File::open(marker)?.sync_all()?;
    if brings_key {
        fs::copy(dir.join(KEY), &key)?;
        fs::copy(dir.join(VKEY), settings.data_dir.join(VKEY))?;
    }
    if dir.join(DIRECTORY).is_dir() {
        copy_dir(&dir.join(DIRECTORY), &settings.data_dir.join(DIRECTORY))?;
    }
    let url = match sqlite_path(&settings.database_url) {
        Some(path) => place::copy(&dir.join(SQLITE), path)?,
        None => {
            if !begun {
                place::load(&settings.database_url, &dir.join(POSTGRES))?;
            }
            settings.database_url.clone()
        }
    };
    let mut kept = kept;
    if manifest.has(CHECKPOINT) {
        kept.extend(evidence::read(&Trust::new(&vkey, &[])?, &[dir.join(CHECKPOINT)])?);
    }
    Ok(Copied { url, at: manifest.made_at, earlier, kept })
}

/// What of the backup a person has to put in its place: where the servers read it is their settings'.
fn tell_files(dir: &Path, manifest: &Manifest) {
    let of_sites = match manifest.sites.is_empty() || manifest.sites == manifest.catalogue {
        true => String::new(),
        false => format!(", with the sites of {}", manifest.sites),
    };
    say(format!("its servers used the catalogue {}{of_sites}", manifest.catalogue));
    for (name, setting) in [(CATALOGUE, "catalogue_dir"), (LABELS, "labels_dir")] {
        if manifest.files.iter().any(|f| Path::new(&f.path).starts_with(name)) {
            let from = dir.join(name);
            say(format!("before any server starts, copy {} to its {setting}", from.display()));
        }
    }
}

/// How many names the log has had that the copy does not know: each is an earlier restore.
fn others(kept: &[Kept], vkey: &str) -> u32 {
    let own = vkey.split('+').next().unwrap_or_default();
    let mut names: Vec<&str> = kept.iter().map(|k| k.checkpoint.origin.as_str()).collect();
    names.retain(|name| *name != own && name.len() >= own.len());
    names.sort_unstable();
    names.dedup();
    u32::try_from(names.len()).unwrap_or(u32::MAX)
}

/// Writes down in the backup that it is being brought back, and gives how many times it was before:
/// servers that did so have given out codes and numbers which the backup does not know.
fn earlier_restores(dir: &Path) -> Result<u32, Failed> {
    use std::io::Write;
    let path = dir.join("restores");
    let before = fs::read_to_string(&path).map(|t| t.lines().count()).unwrap_or(0);
    let open = fs::OpenOptions::new().append(true).create(true).open(&path);
    let written = open.and_then(|mut file| {
        writeln!(file, "{}", Clock::system().now())?;
        file.sync_all()
    });
    if let Err(e) = written {
        return Err(Failed::new(format!(
            "{}: {e}: a backup must be writable, so that it says it was restored; copy it to a disk \
             first",
            path.display()
        )));
    }
    Ok(u32::try_from(before).unwrap_or(u32::MAX))
}

/// The database that is there. It can't be younger than its last entry.
fn as_it_is(command: &Restore, settings: &Settings) -> Result<Copied, Failed> {
    let mut conn = super::verify::open(&settings.database_url)?;
    let (size, _, last) = ledger::stand_of(&mut conn)?;
    let chain = ledger::chain(&mut conn)?;
    let (Some(signer), Some(at)) = (chain.current(), last) else {
        return Err(Failed::new("the database is empty: restore a backup into it"));
    };
    let kept = evidence(command, settings, &signer.to_string(), size)?;
    Ok(Copied { url: settings.database_url.clone(), at, earlier: 0, kept })
}

/// Verifies the copy, moves codes and numbers, and writes down what happened.
async fn go_on(
    command: &Restore,
    settings: &Settings,
    copied: &Copied,
    seen: Seen,
) -> Result<(KeyRow, Moved), Failed> {
    let mut conn = Conn::open(&copied.url, Access::Write)?;
    migrate(&mut conn)?;
    let (size, _, _) = ledger::stand_of(&mut conn)?;
    let chain = ledger::chain(&mut conn)?;
    let within = copied.kept.iter().filter(|k| k.checkpoint.size <= size);
    let notes: Vec<String> =
        (within.map(|k| k.note.clone())).filter(|note| chain.open(note).is_some()).collect();
    let (_, report) = check(&mut conn, &notes)?;
    if let Some(broken) = report.broken {
        return Err(Failed::new(format!("what was copied is not sound: {broken}")));
    }
    // Before a key is made: a name that is mistyped must not cost one.
    let change = command.by.change(&mut conn)?;
    ledger::prepare_come_back(&settings.data_dir, &mut conn, command.new_key)?;
    drop(conn);
    let newest = copied.kept.iter().map(|k| k.checkpoint.size).max().unwrap_or(0).max(size);
    let (lost, earlier, now) = (newest - size, copied.earlier, change.now);
    let gap = Gap { copied_at: copied.at, lost, earlier, now };
    let db = Db::open(&copied.url, Arc::new(Sealer::default()))?;
    let dir = settings.data_dir.clone();
    let done = db
        .write(move |tx| {
            let moved = move_all(tx, gap, &seen, change.person)?;
            let text = serde_json::to_string(&moved).unwrap_or_default();
            let comeback = Comeback { lost_size: newest, backup_at: gap.copied_at, moved: text };
            let row = ledger::come_back(tx, &dir, &change, &comeback)?;
            besides(tx, &change)?;
            Ok::<_, KeyError>((row, moved))
        })
        .await;
    db.close().await;
    if copied.url.starts_with("sqlite://") {
        place::settle(&copied.url)?;
    }
    Ok(done?)
}

/// Its audit row; and nobody stays signed in from before.
fn besides(tx: &mut crate::db::Tx<'_>, change: &Change) -> Result<(), crate::db::DbError> {
    people::end_all_sessions(tx, change.now)?;
    audit::record(tx, &entry(change.person, change, "restore"))
}

/// The log goes on: its head is signed under the name it has from now on.
async fn sign(settings: &Settings) -> Result<(), Failed> {
    let mut conn = Conn::open(&settings.database_url, Access::Write)?;
    let ledger = Ledger::open(&settings.data_dir, &mut conn)?;
    drop(conn);
    let sealer = Sealer { standing: ledger.standing().clone(), ..Sealer::default() };
    let db = Db::open(&settings.database_url, Arc::new(sealer))?;
    let signed = ledger.sign(&db, Clock::system().now()).await;
    db.close().await;
    signed?;
    Ok(())
}

fn tell(row: &KeyRow, moved: &Moved) {
    let lost = row.lost_size.unwrap_or(row.size) - row.size;
    say(format!("restored: {} entries; {lost} are known to be lost", row.size));
    say(moved.told());
    say(format!("the log goes on as {}", row.vkey));
    say("everybody must sign in again; accounts closed since the backup are open: close them");
    say("next: start the server, run rastro verify, and enter again what paper and labels show");
}
