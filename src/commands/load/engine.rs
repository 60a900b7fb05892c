//! Databases that exist for one measurement.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;

use super::Failed;
use crate::db::{Access, Conn};

/// Where databases are made.
pub(super) enum Engine {
    /// Files in a directory.
    Sqlite(PathBuf),
    /// Schemas of a server.
    Postgres(String),
}

/// A database of its own; gone when dropped.
pub(super) struct Scratch {
    /// Data directory: keys, checkpoints and, on SQLite, the database.
    pub dir: PathBuf,
    /// Where to connect.
    pub url: String,
    schema: Option<(String, String)>,
    /// It stays when this is dropped.
    kept: bool,
}

impl Scratch {
    /// Says that nobody needs it any more.
    pub(super) fn give_up(&mut self) {
        self.kept = false;
    }
}

impl Engine {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// An empty database.
    pub(super) fn scratch(&self) -> Result<Scratch, Failed> {
        let name = format!("load{}", uuid::Uuid::now_v7().simple());
        match self {
            Self::Sqlite(base) => {
                let dir = base.join(&name);
                std::fs::create_dir_all(&dir)?;
                let url = format!("sqlite://{}", dir.join("rastro.db").display());
                Ok(Scratch { dir, url, schema: None, kept: false })
            }
            Self::Postgres(base) => {
                let dir = std::env::temp_dir().join(&name);
                std::fs::create_dir_all(&dir)?;
                Conn::open(base, Access::Write)?.batch_execute(&format!("CREATE SCHEMA {name}"))?;
                let url = within(base, &name);
                Ok(Scratch { dir, url, schema: Some((base.clone(), name)), kept: false })
            }
        }
    }

    /// The database of this name, which may be there already and stays until it is
    /// [given up](Scratch::give_up); its data directory is below `dir`.
    pub(super) fn kept(&self, dir: &Path, name: &str) -> Result<Scratch, Failed> {
        let dir = match self {
            Self::Sqlite(base) => base.join(name),
            Self::Postgres(_) => dir.join(format!("{name}-postgres")),
        };
        std::fs::create_dir_all(&dir)?;
        let (url, schema) = match self {
            Self::Sqlite(_) => (format!("sqlite://{}", dir.join("rastro.db").display()), None),
            Self::Postgres(base) => {
                let make = format!("CREATE SCHEMA IF NOT EXISTS {name}");
                Conn::open(base, Access::Write)?.batch_execute(&make)?;
                (within(base, name), Some((base.clone(), name.to_owned())))
            }
        };
        Ok(Scratch { dir, url, schema, kept: true })
    }
}

/// The URL of a schema of the database `base`.
fn within(base: &str, schema: &str) -> String {
    let join = if base.contains('?') { '&' } else { '?' };
    format!("{base}{join}options=-csearch_path%3D{schema}")
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let _ = std::fs::remove_dir_all(&self.dir);
        if let Some((base, name)) = &self.schema
            && let Ok(mut conn) = Conn::open(base, Access::Write)
        {
            let _ = conn.batch_execute(&format!("DROP SCHEMA {name} CASCADE"));
        }
    }
}
