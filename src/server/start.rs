//! From settings to a running server's parts.

use std::sync::Arc;

use super::{data_dir, server_clock};
use crate::agent::{CredentialError, JournalError};
use crate::app::{App, Bell, ClockWatch, Parts, Settings, SignIns, Tries};
use crate::catalogue::{Catalogue, check_dir};
use crate::db::{
    Access, Clock, Conn, Db, DbError, Stand, Standing, is_broken_file, limit_sqlite_cache,
    log_slower_than, migrate, quick_check, sqlite_path,
};
use crate::journal;
use crate::labels::Templates;
use crate::ledger::{KeyError, Ledger, Sealer};
use crate::people::{Passwords, Sessions};
use crate::reference::take_over::{Brought, TakeOverError, TakenOver, as_found, take_over};
use crate::sites::Sites;

/// Why a server can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database could not be opened, migrated or read.
    #[error("{0}")]
    Db(#[from] DbError),
    /// The log's key.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// The label templates of `labels_dir`.
    #[error("setting `labels_dir`: {0}")]
    Labels(String),
    /// The catalogue of `catalogue_dir`: each mistake with file, line and rule.
    #[error("setting `catalogue_dir`: {0}")]
    Catalogue(String),
    /// The catalogue does not fit what the database's servers use.
    #[error("{0}")]
    TakeOver(#[from] TakeOverError),
    /// The directory of what this server prints itself.
    #[error("{0}")]
    Printing(#[from] CredentialError),
    /// The journal of it.
    #[error("{0}")]
    Journal(#[from] JournalError),
    /// The engine itself finds the database broken.
    #[error(
        "the database is damaged: {0}. Nothing is served from it, and nothing was changed. Keep \
         the file, and bring back the last backup: rastro restore --help"
    )]
    Damaged(String),
    /// A restore was cut off.
    #[error(
        "data directory {0}: a restore was cut off here. Empty the database it was to fill (the \
         file, or DROP and CREATE DATABASE) and run rastro restore again"
    )]
    Unfinished(String),
    /// The data directory.
    #[error("data directory {path}: {why}")]
    DataDir {
        /// The data directory, as the setting has it.
        path: String,
        /// What the system says.
        why: std::io::Error,
    },
}

/// Up to this size a SQLite file is checked before anything is served from it; a larger one while
/// it is served already, by a thread of its own (`docs/backup-restore.md` has the times).
const CHECKED_FIRST: u64 = 256 << 20;

/// Makes the data directory, checks and migrates the database and opens it. One that is behind
/// what was signed is opened all the same, to be read.
pub async fn open(settings: Settings, clock: Clock) -> Result<App, StartError> {
    prepare_dir(&settings)?;
    let templates = Templates::of_server(settings.labels_dir.as_deref());
    let templates = Arc::new(templates.map_err(StartError::Labels)?);
    log_slower_than(settings.slow_query_ms);
    limit_sqlite_cache(settings.sqlite_cache_mb);
    let url = settings.database_url.clone();
    let mut conn = Conn::open(&url, Access::Write).map_err(damaged)?;
    let checked = check_first(&mut conn, &url)?;
    let done = migrate(&mut conn).map_err(damaged)?;
    if done > 0 {
        tracing::info!(migrations = done, engine = conn.engine(), "database migrated");
    }
    let ledger = Ledger::open(&settings.data_dir, &mut conn)?;
    drop(conn);
    let standing = ledger.standing().clone();
    if !checked {
        check_meanwhile(url.clone(), standing.clone());
    }
    let sealer = Sealer { standing: standing.clone(), clock: clock.clone() };
    let db = Db::open(&url, Arc::new(sealer))?;
    let (brought, now) = (brought(&settings, &ledger)?, clock.now());
    let taken = if standing.get().refuses_writes() {
        db.read(move |c| as_found(c, &brought)).await?
    } else {
        ledger.write_down_key(&db, now).await?;
        let taken = db.write_again(move |tx, _| take_over(tx, &brought, now)).await?;
        journal::bind_all(&db, &clock).await?;
        taken
    };
    tell(&taken);
    let app = App::new(Parts {
        db,
        catalogue: Arc::new(taken.catalogue),
        ledger,
        sites: Arc::new(Sites::new(taken.sites)),
        sessions: Sessions::default(),
        clock,
        clock_watch: ClockWatch::default(),
        bell: Bell::default(),
        templates,
        tries: Tries::default(),
        sign_ins: SignIns::default(),
        passwords: Passwords::default(),
        settings: Arc::new(settings),
    });
    server_clock::look(&app).await?;
    Ok(app)
}

/// A file that SQLite can't make sense of is damaged, whatever it was asked.
fn damaged(e: DbError) -> StartError {
    if is_broken_file(&e) { StartError::Damaged(e.to_string()) } else { e.into() }
}

/// Has the engine check the database, unless it is large; whether it was checked.
fn check_first(conn: &mut Conn, url: &str) -> Result<bool, StartError> {
    let size = sqlite_path(url).and_then(|p| p.metadata().ok()).map_or(0, |m| m.len());
    if size > CHECKED_FIRST {
        return Ok(false);
    }
    match quick_check(conn).map_err(damaged)?.first() {
        None => Ok(true),
        Some(found) => Err(StartError::Damaged(found.clone())),
    }
}

/// Checks a large database while it is served. What it finds makes the server read-only.
fn check_meanwhile(url: String, standing: Standing) {
    let work = move || {
        let found = Conn::open(&url, Access::Read).and_then(|mut c| quick_check(&mut c));
        match found {
            Ok(found) if found.is_empty() => tracing::info!("the database file is whole"),
            Ok(found) => {
                tracing::error!(found = found[0], "the database is damaged: nothing is written");
                standing.set(Stand::Damaged);
            }
            Err(e) if is_broken_file(&e) => {
                tracing::error!(error = %e, "the database is damaged: nothing is written");
                standing.set(Stand::Damaged);
            }
            Err(e) => tracing::error!(error = %e, "the database file could not be checked"),
        }
    };
    if let Err(e) = std::thread::Builder::new().name("quick-check".into()).spawn(work) {
        tracing::error!(error = %e, "no thread to check the database file");
    }
}

/// The catalogue that this server came with: of one's own directory, or the built-in one. All of it
/// or nothing.
fn brought(settings: &Settings, ledger: &Ledger) -> Result<Brought, StartError> {
    let server = ledger.signer().map_or_else(String::new, |signer| signer.name);
    let Some(dir) = settings.catalogue_dir.clone() else {
        let catalogue = (*Catalogue::embedded()).clone();
        return Ok(Brought { catalogue, dir: None, server });
    };
    let at = || dir.display().to_string();
    let (catalogue, findings) =
        check_dir(&dir).map_err(|e| StartError::Catalogue(format!("{}: {e}", at())))?;
    if !findings.is_empty() {
        let lines: Vec<String> = findings.iter().map(|f| format!("\n  {f}")).collect();
        return Err(StartError::Catalogue(format!("{}:{}", at(), lines.concat())));
    }
    Ok(Brought { catalogue, dir: Some(dir), server })
}

/// Says at the start what this server works with, where that is not what it came with.
fn tell(taken: &TakenOver) {
    let used = &taken.catalogue.version;
    if let Some(waiting) = &taken.waiting {
        tracing::warn!(
            in_use = %used,
            waiting = %waiting,
            "a catalogue waits for two approvals: samples are decided by the one in use until then"
        );
    }
    if let Some(newer) = &taken.newer {
        tracing::warn!(newer = %newer, "another server of this database has a newer catalogue: its sites hold");
    }
}

fn prepare_dir(settings: &Settings) -> Result<(), StartError> {
    let path = || settings.data_dir.display().to_string();
    data_dir::prepare(&settings.data_dir, &settings.database_url)
        .map_err(|why| StartError::DataDir { path: path(), why })?;
    match settings.data_dir.join(data_dir::RESTORING).exists() {
        true => Err(StartError::Unfinished(path())),
        false => Ok(()),
    }
}
