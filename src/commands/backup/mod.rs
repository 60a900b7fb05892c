//! `rastro backup`: a copy of the database while it is in use, with what a restore needs beside it,
//! verified before it counts as made.

pub(super) mod libpq;
pub(super) mod manifest;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use clap::Args;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use self::manifest::{Log, MANIFEST, Manifest, sums};
use super::attached::{self, Attached};
use super::state;
use super::verify::check;
use super::{Common, EXIT_CODES, Failed, say};
use crate::app::{Settings, Source};
use crate::db::{
    Access, Clock, Conn, Instant, applied_migrations, is_postgres, pending_migrations,
};
use crate::ledger;
use crate::reference::take_over;
use crate::studies::attachment::DIRECTORY;

/// The copy of a SQLite database.
pub(super) const SQLITE: &str = "database.sqlite";
/// The copy of a PostgreSQL database, in the form that pg_restore reads.
pub(super) const POSTGRES: &str = "database.pgdump";
/// The last signed checkpoint that was outside the database.
pub(super) const CHECKPOINT: &str = "checkpoint";
/// The log's secret key.
pub(super) const KEY: &str = "ledger.key";
/// The files of `catalogue_dir`.
pub(super) const CATALOGUE: &str = "catalogue";
/// The templates of `labels_dir`.
pub(super) const LABELS: &str = "labels";
/// The log's public key.
pub(super) const VKEY: &str = "ledger.vkey";

/// Copy the database while the server is running, and verify the copy: SQLite by VACUUM INTO,
/// PostgreSQL by pg_dump. Beside it: the last checkpoint, the log's public key, the files of
/// `labels_dir` and `catalogue_dir` where they are set, the attached reports, a list with the SHA-256 of every file.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Backup {
    #[command(flatten)]
    common: Common,
    /// Directory that gets the backup, as a new directory named by the time. What is in it is as
    /// confidential as the database.
    into: PathBuf,
    /// Put the log's secret key into it. Then whoever has the backup can sign another history: keep
    /// it under lock. Without it, keep a copy of <data-dir>/ledger.key elsewhere.
    #[arg(long)]
    with_keys: bool,
    /// PostgreSQL: an empty database to restore the copy into, for a full verification; what was
    /// restored stays there [env: RASTRO_VERIFY_IN]
    #[arg(long, env = "RASTRO_VERIFY_IN", value_name = "URL", hide_env_values = true)]
    verify_in: Option<String>,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

pub(super) fn run(command: Backup) -> Result<(), Failed> {
    let settings = command.common.settings(Source::default())?;
    let now = Clock::system().now();
    let name = format!("rastro-{}", now.timestamp().strftime("%Y%m%dT%H%M%SZ"));
    let (done, part) = (command.into.join(&name), command.into.join(format!(".{name}.part")));
    if done.exists() {
        return Err(Failed::new(format!("{} is there already", done.display())));
    }
    private_dir(&command.into)?;
    private_dir(&part)?;
    let made = make(&settings, &part, now, command.with_keys)
        .and_then(|m| verified(&settings, &part, &m, command.verify_in.as_deref()).map(|()| m));
    let manifest = match made {
        Ok(manifest) => manifest,
        Err(e) => {
            let _ = fs::remove_dir_all(&part);
            return Err(e);
        }
    };
    fs::rename(&part, &done)?;
    fs::File::open(&command.into)?.sync_all()?;
    say(format!("backup {}", done.display()));
    say(format!("{} entries, root {}", manifest.log.size, manifest.log.root));
    if !manifest.with_keys {
        say("the log's secret key is not in it: keep a copy of ledger.key under lock elsewhere");
    }
    Ok(())
}

fn private_dir(path: &Path) -> Result<(), Failed> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|e| Failed::new(format!("{}: {e}", path.display())))
}

/// Copies everything into `part` and writes the manifest.
fn make(
    settings: &Settings,
    part: &Path,
    now: Instant,
    with_keys: bool,
) -> Result<Manifest, Failed> {
    let mut conn = super::verify::open(&settings.database_url)?;
    if pending_migrations(&mut conn)? > 0 {
        return Err(Failed::new("the database is of an older version: start the server once"));
    }
    // Before the database: a checkpoint from after the copy would say that the copy lacks entries.
    let latest = ledger::latest_path(&settings.data_dir);
    if latest.exists() {
        fs::copy(latest, part.join(CHECKPOINT))?;
    }
    let Head { size, root, vkey, catalogue, sites } = match is_postgres(&settings.database_url) {
        true => dump(&settings.database_url, part)?,
        false => vacuum(&settings.database_url, part)?,
    };
    fs::write(part.join(VKEY), format!("{vkey}\n"))?;
    if with_keys {
        let from = settings.data_dir.join(KEY);
        fs::copy(&from, part.join(KEY))
            .map_err(|e| Failed::new(format!("{}: {e}", from.display())))?;
    }
    // After the database: a file is there before its row is, so none that the copy names is left out.
    let attached = settings.data_dir.join(DIRECTORY);
    if attached.is_dir() {
        copy_dir(&attached, &part.join(DIRECTORY))?;
    }
    for (dir, name) in [(&settings.labels_dir, LABELS), (&settings.catalogue_dir, CATALOGUE)] {
        if let Some(dir) = dir {
            copy_dir(dir, &part.join(name))?;
        }
    }
    let manifest = Manifest {
        form: 1,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        engine: conn.engine().to_owned(),
        made_at: now,
        schema: applied_migrations(&mut conn)?.pop().unwrap_or_default(),
        catalogue,
        sites,
        log: Log { vkey, size, root: BASE64.encode(root) },
        with_keys,
        files: sums(part)?,
    };
    let text = serde_json::to_string_pretty(&manifest)?;
    fs::write(part.join(MANIFEST), text + "\n")?;
    for file in manifest.files.iter().map(|f| f.path.as_str()).chain([MANIFEST]) {
        fs::File::open(part.join(file))?.sync_all()?;
    }
    fs::File::open(part)?.sync_all()?;
    Ok(manifest)
}

/// The files of a directory, and of those below it. A link to a file is copied as the file, which is
/// what the server reads; a link to a directory is left out, or it could lead round and round.
///
/// A file whose name begins with a point is one that is being written, or what an editor left.
pub(super) fn copy_dir(from: &Path, to: &Path) -> Result<(), Failed> {
    let failed = |path: &Path, e: std::io::Error| Failed::new(format!("{}: {e}", path.display()));
    private_dir(to)?;
    for entry in fs::read_dir(from).map_err(|e| failed(from, e))? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_dir(&path, &target)?;
        } else if fs::metadata(&path).map_err(|e| failed(&path, e))?.is_file() {
            let copied = fs::copy(&path, &target).and_then(|_| fs::File::open(&target)?.sync_all());
            copied.map_err(|e| failed(&path, e))?;
        }
    }
    Ok(())
}

/// What the copy itself says: size, root and key of its log, the catalogue in use and that of its
/// sites.
struct Head {
    size: u64,
    root: ledger::tree::Hash,
    vkey: String,
    catalogue: String,
    sites: String,
}

fn head(conn: &mut Conn) -> Result<Head, Failed> {
    let (size, root, _) = ledger::stand_of(conn)?;
    let chain = ledger::chain(conn)?;
    let Some(signer) = chain.current() else {
        return Err(Failed::new("the log has no key yet: start the server once"));
    };
    let Some((catalogue, sites)) = take_over::versions_in_use(conn)? else {
        return Err(Failed::new("no server has taken a catalogue over yet: start the server once"));
    };
    Ok(Head { size, root, vkey: signer.to_string(), catalogue, sites })
}

/// SQLite: one statement makes a whole copy at one moment, while others write.
fn vacuum(url: &str, part: &Path) -> Result<Head, Failed> {
    let copy = part.join(SQLITE);
    let path = copy.display().to_string().replace('\'', "''");
    Conn::open(url, Access::Write)?.batch_execute(&format!("VACUUM INTO '{path}'"))?;
    // Its connection ends before the file is summed: what SQLite keeps beside it goes with it.
    head(&mut Conn::open(&format!("sqlite://{}", copy.display()), Access::Read)?)
}

/// PostgreSQL: pg_dump sees what this snapshot sees, so that the log's head is the copy's own.
fn dump(url: &str, part: &Path) -> Result<Head, Failed> {
    let mut conn = Conn::open(url, Access::Read)?;
    conn.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
    let word = |conn: &mut Conn, sql: &str| -> Result<String, Failed> {
        Ok(diesel::sql_query(sql).get_result::<Word>(conn)?.word)
    };
    let snapshot = word(&mut conn, "SELECT pg_export_snapshot() AS word")?;
    let schema = word(&mut conn, "SELECT quote_ident(current_schema()) AS word")?;
    let head = head(&mut conn)?;
    let mut command = libpq::command("pg_dump", url)?;
    command.args(["--format=custom", "--no-password"]);
    command.arg(format!("--schema={schema}")).arg(format!("--snapshot={snapshot}"));
    command.arg("--file").arg(part.join(POSTGRES));
    libpq::run(command)?;
    conn.batch_execute("ROLLBACK")?;
    Ok(head)
}

/// What the copy has of attached reports. One that is lost here is no reason to have no backup at all.
fn tell_attached(found: &Attached) {
    let lost = found.missing.len() + found.damaged.len();
    if found.named > 0 {
        let whole = found.named - lost;
        say(format!("{whole} of {} attached reports are in it", found.named));
    }
    if lost > 0 {
        say(
            "LOOK: the others are not below this data directory, or were changed: another server's, or \
            an older backup, may have them",
        );
    }
}

/// A copy that was not read again is no backup.
fn verified(
    settings: &Settings,
    part: &Path,
    manifest: &Manifest,
    verify_in: Option<&str>,
) -> Result<(), Failed> {
    Manifest::verified(part)?;
    let url = match (is_postgres(&settings.database_url), verify_in) {
        (false, _) => Some(format!("sqlite://{}", part.join(SQLITE).display())),
        (true, Some(url)) => {
            super::restore::place::load(url, &part.join(POSTGRES))?;
            Some(url.to_owned())
        }
        (true, None) => {
            let mut list = std::process::Command::new("pg_restore");
            list.arg("--list").arg(part.join(POSTGRES));
            let list = String::from_utf8_lossy(&libpq::run(list)?).into_owned();
            if !list.contains(" TABLE DATA ") || !list.contains("ledger_entries") {
                return Err(Failed::new("pg_restore finds no log in the copy"));
            }
            say("the copy can be listed; --verify-in an empty database verifies all of it");
            None
        }
    };
    let Some(url) = url else { return Ok(()) };
    let note = part.join(CHECKPOINT);
    let notes = if note.exists() { vec![fs::read_to_string(note)?] } else { vec![] };
    let mut conn = super::verify::open(&url)?;
    let (_, report) = check(&mut conn, &notes)?;
    if let Some(broken) = report.broken {
        return Err(Failed::new(format!("the copy is not sound: {broken}")));
    }
    if (report.entries, BASE64.encode(report.root))
        != (manifest.log.size, manifest.log.root.clone())
    {
        return Err(Failed::new("the copy is not the log that was copied"));
    }
    tell_attached(&attached::look(&mut conn, part)?);
    let state = state::look(&mut conn);
    state.tell();
    if state.is_broken() {
        // All the more reason to have a copy of what there is.
        say(
            "LOOK: the copy is whole, and has rows that are not what was written: see rastro verify",
        );
    }
    drop(conn);
    // SQLite may have left its log beside the file it was asked to read.
    Manifest::verified(part)?;
    say("the copy was read again and verified");
    Ok(())
}
