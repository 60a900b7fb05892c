//! Databases that exist for one measurement.

use std::path::PathBuf;

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
                Ok(Scratch { dir, url, schema: None })
            }
            Self::Postgres(base) => {
                let dir = std::env::temp_dir().join(&name);
                std::fs::create_dir_all(&dir)?;
                Conn::open(base, Access::Write)?.batch_execute(&format!("CREATE SCHEMA {name}"))?;
                let join = if base.contains('?') { '&' } else { '?' };
                let url = format!("{base}{join}options=-csearch_path%3D{name}");
                Ok(Scratch { dir, url, schema: Some((base.clone(), name)) })
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
        if let Some((base, name)) = &self.schema
            && let Ok(mut conn) = Conn::open(base, Access::Write)
        {
            let _ = conn.batch_execute(&format!("DROP SCHEMA {name} CASCADE"));
        }
    }
}
