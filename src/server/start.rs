//! From settings to a running server's parts.

use std::sync::Arc;

use super::server_clock;
use crate::agent::{CredentialError, JournalError};
use crate::app::{App, Bell, ClockWatch, Settings, Tries};
use crate::catalogue::{Catalogue, SiteEntry};
use crate::containers;
use crate::db::{
    Access, Clock, Conn, Db, DbError, Instant, Tx, is_postgres, log_slower_than, migrate,
};
use crate::labels::Templates;
use crate::ledger::{KeyError, Ledger, Sealer};
use crate::people::Sessions;
use crate::sites::{self, Site, SiteId, SiteKind, Sites};

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
    let (catalogue, now) = (Catalogue::embedded(), clock.now());
    let source = Arc::clone(&catalogue);
    let sites = db.write(move |tx| take_over_sites(tx, &source, now)).await?;
    let app = App {
        db,
        catalogue,
        ledger,
        sites: Arc::new(Sites::new(sites)),
        sessions: Sessions::default(),
        clock,
        clock_watch: ClockWatch::default(),
        bell: Bell::default(),
        templates,
        tries: Tries::default(),
        settings: Arc::new(settings),
    };
    server_clock::look(&app).await?;
    Ok(app)
}

/// Brings the sites up to what the catalogue says; new ones get their allocator of codes.
fn take_over_sites(
    tx: &mut Tx<'_>,
    catalogue: &Catalogue,
    now: Instant,
) -> Result<Vec<Site>, DbError> {
    let known = sites::store::all(tx)?;
    let centres = catalogue.centres.iter().map(|e| (e, SiteKind::Centre));
    let laboratories = catalogue.laboratories.iter().map(|e| (e, SiteKind::Laboratory));
    for (entry, kind) in centres.chain(laboratories) {
        let there = known.iter().find(|s| s.code == entry.code);
        let site = site(entry, kind, there.map(|s| s.id));
        if there.is_some() {
            sites::store::update(tx, &site)?;
        } else {
            sites::store::insert(tx, &site, now)?;
        }
        containers::store::ensure_allocator(tx, entry.allocator, site.id, &site.code, now)?;
    }
    sites::store::all(tx)
}

fn site(entry: &SiteEntry, kind: SiteKind, id: Option<SiteId>) -> Site {
    Site {
        id: id.unwrap_or_else(SiteId::new),
        code: entry.code.clone(),
        name: entry.name.clone(),
        kind,
        city: entry.city.clone(),
        state: entry.state.clone(),
        clues: Some(entry.clues.clone()).filter(|c| !c.is_empty()),
        zone: entry.zone.clone(),
        active: true,
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
