//! Looks at a database before anything is done to it: no file is made, no migration run.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{Mark, NotDemo, store};
use crate::db::{Access, Conn, DbError, is_postgres};

/// What a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing, or only what a server's start writes.
    Empty,
    /// A whole demonstration.
    Whole,
}

/// Tables with rows that nobody has put there: a server's start fills them.
const BY_START: &[&str] = &[
    "__diesel_schema_migrations",
    "sites",
    "site_events",
    "allocators",
    "code_blocks",
    "catalogue_versions",
    "ledger_head",
    // What a start binds; an event of anything else has a row in a table of its own.
    "ledger_entries",
    "ledger_nodes",
    "row_states",
    "ledger_keys",
    "ledger_checkpoints",
    "demo_marks",
];

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What stands in the database behind `url`, and whether the data directory is free for it.
///
/// # Errors
/// [`NotDemo::Foreign`], [`NotDemo::OthersKey`], [`NotDemo::Half`].
pub fn look(url: &str, data_dir: &Path) -> Result<Found, NotDemo> {
    let Some(mut conn) = open(url)? else { return unused(data_dir, false) };
    let tables = tables(&mut conn)?;
    if tables.iter().any(|t| t == "demo_marks") {
        let marks: Vec<Mark> = store::marks(&mut conn)?.into_iter().map(|(m, _)| m).collect();
        if marks.contains(&Mark::Whole) {
            return Ok(Found::Whole);
        }
        if marks.contains(&Mark::Begun) {
            return Err(NotDemo::Half(mend(url)));
        }
    }
    let mut foreign = vec![];
    for table in tables.iter().filter(|t| !BY_START.contains(&t.as_str())) {
        if has_rows(&mut conn, table)? {
            foreign.push(table.clone());
        }
    }
    if !foreign.is_empty() {
        return Err(NotDemo::Foreign(foreign));
    }
    unused(data_dir, tables.iter().any(|t| t == "people"))
}

/// What to do about a demonstration that was never finished.
pub fn mend(url: &str) -> &'static str {
    match is_postgres(url) {
        true => "make a new, empty database (or drop this one's tables), empty the data directory",
        false => "remove the data directory",
    }
}

/// An empty database. A key that has signed something, or that is here before its database, is
/// another database's.
fn unused(data_dir: &Path, migrated: bool) -> Result<Found, NotDemo> {
    for (name, counts) in [("checkpoints/latest", true), ("ledger.key", !migrated)] {
        let path = data_dir.join(name);
        if counts && path.exists() {
            return Err(NotDemo::OthersKey(path.display().to_string()));
        }
    }
    Ok(Found::Empty)
}

/// Opens what is there, to read; nothing for a file that is not there yet.
fn open(url: &str) -> Result<Option<Conn>, DbError> {
    let Some(path) = url.strip_prefix("sqlite://") else {
        return Conn::open(url, Access::Read).map(Some);
    };
    if !Path::new(path).exists() {
        return Ok(None);
    }
    // Not as a server opens it: that would turn somebody else's file into a WAL database.
    let escaped = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let conn = SqliteConnection::establish(&format!("file:{escaped}?mode=ro"))?;
    Ok(Some(Conn::Sqlite(conn)))
}

fn tables(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let names: Vec<Name> = match conn {
        Conn::Sqlite(c) => diesel::sql_query(
            "SELECT name FROM sqlite_schema WHERE type = 'table' \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        )
        .load(c)?,
        Conn::Pg(c) => diesel::sql_query(
            "SELECT table_name::text AS name FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1",
        )
        .load(c)?,
    };
    Ok(names.into_iter().map(|n| n.name).collect())
}

fn has_rows(conn: &mut Conn, table: &str) -> Result<bool, DbError> {
    let table = table.replace('"', "\"\"");
    let sql = format!("SELECT count(*) AS n FROM (SELECT 1 FROM \"{table}\" LIMIT 1) AS one");
    let counted: Count = match conn {
        Conn::Sqlite(c) => diesel::sql_query(sql).get_result(c)?,
        Conn::Pg(c) => diesel::sql_query(sql).get_result(c)?,
    };
    Ok(counted.n > 0)
}
