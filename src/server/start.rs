//! From settings to a running server's parts.

use std::sync::Arc;

use crate::app::{App, Settings};
use crate::db::{Access, Clock, Conn, Db, DbError, is_postgres, migrate};
use crate::people::Sessions;
use crate::sites::{self, Sites};

/// Why a server can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("{0}")]
    Db(#[from] DbError),
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
    let url = settings.database_url.clone();
    let mut conn = Conn::open(&url, Access::Write)?;
    let done = migrate(&mut conn)?;
    if done > 0 {
        tracing::info!(migrations = done, engine = conn.engine(), "database migrated");
    }
    let sites = Sites::new(sites::store::all(&mut conn)?);
    drop(conn);
    let db = Db::open(&url, Arc::new(Unsealed))?;
    Ok(App {
        db,
        sites: Arc::new(sites),
        sessions: Sessions::default(),
        clock,
        settings: Arc::new(settings),
    })
}

struct Unsealed;
impl crate::db::BeforeCommit for Unsealed {
    fn seal(&self, _: &mut Conn, _: &[crate::db::Staged]) -> Result<(), DbError> {
        Ok(())
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
