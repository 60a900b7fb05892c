//! Puts a copy of a database where it is to be served from; only where nothing is.

use std::fs;
use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::super::Failed;
use super::super::backup::libpq;
use super::super::backup::manifest::Log;
use crate::db::{Access, Conn, DbError, sqlite_path};
use crate::ledger;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What is in a database already.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// Tables without a person or an event: what a server makes at its start.
    Tables,
    Data,
}

fn count(conn: &mut Conn, sql: &str) -> Result<i64, DbError> {
    Ok(diesel::sql_query(sql).get_result::<Count>(conn)?.n)
}

fn found(conn: &mut Conn) -> Result<Found, DbError> {
    let tables = match conn {
        Conn::Sqlite(_) => "SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table'",
        Conn::Pg(_) => "SELECT count(*) AS n FROM pg_tables WHERE schemaname = current_schema()",
    };
    if count(conn, tables)? == 0 {
        return Ok(Found::Nothing);
    }
    for table in ["people", "patients", "containers", "ledger_entries"] {
        // Tables that are not ours are data too.
        match count(conn, &format!("SELECT count(*) AS n FROM {table}")) {
            Ok(0) => {}
            _ => return Ok(Found::Data),
        }
    }
    Ok(Found::Tables)
}

/// Whether a database is exactly the copy whose log this is: its entries, and none since.
pub fn holds(url: &str, log: &Log) -> Result<bool, Failed> {
    let mut conn = Conn::open(url, Access::Read)?;
    if found(&mut conn)? != Found::Data {
        return Ok(false);
    }
    let (size, root, _) = ledger::stand_of(&mut conn)?;
    Ok(size == log.size && BASE64.encode(root) == log.root)
}

/// Whether a database holds anything.
pub fn holds_data(url: &str) -> Result<bool, Failed> {
    match sqlite_path(url) {
        Some(path) if !path.exists() => Ok(false),
        _ => Ok(found(&mut Conn::open(url, Access::Read)?)? == Found::Data),
    }
}

/// Refuses a database that holds anything.
pub fn refuse_data(url: &str) -> Result<(), Failed> {
    match holds_data(url)? {
        true => Err(Failed::new(
            "the database holds data already: a restore fills an empty one only. Move the file \
             away, or create an empty database; --in-place takes the database as it is",
        )),
        false => Ok(()),
    }
}

/// A file beside the database that becomes it once all is done.
pub fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".restoring");
    PathBuf::from(name)
}

/// Removes a SQLite file and what SQLite keeps beside it.
pub fn remove(path: &Path) -> std::io::Result<()> {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match fs::remove_file(PathBuf::from(name)) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            done => done?,
        }
    }
    Ok(())
}

/// SQLite: the copy, durably, in a file beside the one that it will become.
pub fn copy(from: &Path, path: &Path) -> Result<String, Failed> {
    let fresh = beside(path);
    remove(&fresh)?;
    fs::copy(from, &fresh)?;
    fs::File::open(&fresh)?.sync_all()?;
    Ok(format!("sqlite://{}", fresh.display()))
}

/// SQLite: all of it in the file itself, which is about to be renamed.
pub fn settle(url: &str) -> Result<(), Failed> {
    Ok(Conn::open(url, Access::Write)?.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?)
}

/// SQLite: the finished file takes its place.
pub fn take_place(path: &Path) -> Result<(), Failed> {
    remove(path)?;
    fs::rename(beside(path), path)?;
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(dir)?.sync_all()?;
    Ok(())
}

/// PostgreSQL: loads a dump into an empty database, all of it or nothing.
pub fn load(url: &str, dump: &Path) -> Result<(), Failed> {
    let there = found(&mut Conn::open(url, Access::Read)?)?;
    if there == Found::Data {
        return Err(Failed::new("the database to restore into holds data already"));
    }
    let mut list = std::process::Command::new("pg_restore");
    list.arg("--list").arg(dump);
    let list = String::from_utf8_lossy(&libpq::run(list)?).into_owned();
    // The database's owner has made its extensions and the schema `public`; others can't.
    let wanted = |l: &&str| !l.contains(" EXTENSION ") && !l.contains(" SCHEMA - public ");
    let list: Vec<&str> = list.lines().filter(wanted).collect();
    let chosen = tempfile_beside(dump, &list.join("\n"))?;
    let name = libpq::environment(url)?.into_iter().find(|(k, _)| *k == "PGDATABASE");
    let mut command = libpq::command("pg_restore", url)?;
    command.args(["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]);
    command.arg("--no-password");
    if there == Found::Tables {
        command.args(["--clean", "--if-exists"]);
    }
    command.arg("--use-list").arg(&chosen);
    command.arg("--dbname").arg(name.map(|(_, n)| n).unwrap_or_default()).arg(dump);
    let done = libpq::run(command);
    fs::remove_file(chosen)?;
    done.map(|_| ())
}

/// A list for pg_restore, where the process may write for itself alone.
fn tempfile_beside(dump: &Path, text: &str) -> Result<PathBuf, Failed> {
    let id = uuid::Uuid::now_v7().simple();
    let path = std::env::temp_dir().join(format!("rastro-{id}.list"));
    fs::write(&path, text)
        .map_err(|e| Failed::new(format!("{}: {e} (for {})", path.display(), dump.display())))?;
    Ok(path)
}
