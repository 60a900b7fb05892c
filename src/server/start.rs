//! From settings to a running server's parts.

use std::sync::Arc;

use crate::agent::{CredentialError, JournalError};
use crate::app::{App, Bell, Settings, Tries};
use crate::catalogue::{Catalogue, check_dir};
use crate::db::{Access, Clock, Conn, Db, DbError, is_postgres, log_slower_than, migrate};
use crate::labels::Templates;
use crate::ledger::{KeyError, Ledger, Sealer};
use crate::people::Sessions;
use crate::reference::take_over::{Brought, TakeOverError, TakenOver, take_over};
use crate::sites::Sites;

/// Why a server can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
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
    /// The data directory.
    #[error("data directory {path}: {why}")]
    DataDir {
        /// Which.
        path: String,
        /// Why.
        why: std::io::Error,
    },
}

/// Makes the data directory, migrates the database and opens it.
pub async fn open(settings: Settings, clock: Clock) -> Result<App, StartError> {
    prepare_dir(&settings)?;
    let templates = Templates::of_server(settings.labels_dir.as_deref());
    let templates = Arc::new(templates.map_err(StartError::Labels)?);
    log_slower_than(settings.slow_query_ms);
    let url = settings.database_url.clone();
    let mut conn = Conn::open(&url, Access::Write)?;
    let done = migrate(&mut conn)?;
    if done > 0 {
        tracing::info!(migrations = done, engine = conn.engine(), "database migrated");
    }
    drop(conn);
    let ledger = Ledger::open(&settings.data_dir)?;
    let db = Db::open(&url, Arc::new(Sealer))?;
    let (brought, now) = (brought(&settings, &ledger)?, clock.now());
    let taken = db.write_again(move |tx, _| take_over(tx, &brought, now)).await?;
    tell(&taken);
    Ok(App {
        db,
        catalogue: Arc::new(taken.catalogue),
        ledger,
        sites: Arc::new(Sites::new(taken.sites)),
        sessions: Sessions::default(),
        clock,
        bell: Bell::default(),
        templates,
        tries: Tries::default(),
        settings: Arc::new(settings),
    })
}

/// The catalogue that this server came with: of one's own directory, or the built-in one. All of it
/// or nothing.
fn brought(settings: &Settings, ledger: &Ledger) -> Result<Brought, StartError> {
    let server = ledger.origin().to_owned();
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
    let fail = |why| StartError::DataDir { path: settings.data_dir.display().to_string(), why };
    std::fs::create_dir_all(&settings.data_dir).map_err(fail)?;
    if is_postgres(&settings.database_url) {
        return Ok(());
    }
    let path = settings.database_url.trim_start_matches("sqlite://");
    if let Some(dir) = std::path::Path::new(path).parent().filter(|d| !d.as_os_str().is_empty()) {
        std::fs::create_dir_all(dir).map_err(fail)?;
    }
    Ok(())
}
