//! Migrations, embedded: a folder of the same name per engine.

use diesel::connection::SimpleConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, DbError};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any constant will do, as long as every server uses the same one.
const PG_LOCK: &str = "SELECT pg_advisory_lock(7203145)";
const PG_UNLOCK: &str = "SELECT pg_advisory_unlock(7203145)";

/// Runs the migrations that this database lacks, each in a transaction of its own. Servers that
/// start together take turns.
///
/// # Errors
/// [`DbError::Migration`], also when the database knows a migration this program does not: then
/// an older program was started on a newer database.
pub fn migrate(conn: &mut Conn) -> Result<usize, DbError> {
    let failed = |e: Box<dyn std::error::Error + Send + Sync>| DbError::Migration(e.to_string());
    match conn {
        Conn::Sqlite(c) => {
            refuse_newer(c, SQLITE)?;
            Ok(c.run_pending_migrations(SQLITE).map_err(failed)?.len())
        }
        Conn::Pg(c) => {
            c.batch_execute(PG_LOCK)?;
            let done = refuse_newer(c, POSTGRES)
                .and_then(|()| Ok(c.run_pending_migrations(POSTGRES).map_err(failed)?.len()));
            c.batch_execute(PG_UNLOCK)?;
            done
        }
    }
}

/// The migrations this database has, oldest first.
pub fn applied_migrations(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    use diesel::prelude::*;
    diesel::table! {
        __diesel_schema_migrations (version) {
            version -> Text,
        }
    }
    Ok(__diesel_schema_migrations::table
        .order(__diesel_schema_migrations::version)
        .select(__diesel_schema_migrations::version)
        .load(conn)?)
}

/// How many migrations this database lacks. Only reads, unlike diesel's own harness, which makes
/// sure of its table first.
pub fn pending_migrations(conn: &mut Conn) -> Result<usize, DbError> {
    let applied = applied_migrations(conn)?;
    let known = match conn {
        Conn::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE)?,
        Conn::Pg(_) => versions::<diesel::pg::Pg>(&POSTGRES)?,
    };
    Ok(known.iter().filter(|v| !applied.contains(v)).count())
}

fn versions<B: diesel::backend::Backend>(known: &EmbeddedMigrations) -> Result<Vec<String>, DbError>
where
    EmbeddedMigrations: diesel::migration::MigrationSource<B>,
{
    use diesel::migration::MigrationSource;
    let list =
        MigrationSource::<B>::migrations(known).map_err(|e| DbError::Migration(e.to_string()))?;
    Ok(list.iter().map(|m| m.name().version().to_string()).collect())
}

fn refuse_newer<B, C>(conn: &mut C, known: EmbeddedMigrations) -> Result<(), DbError>
where
    B: diesel::backend::Backend,
    C: MigrationHarness<B>,
    EmbeddedMigrations: diesel::migration::MigrationSource<B>,
{
    let failed = |e: Box<dyn std::error::Error + Send + Sync>| DbError::Migration(e.to_string());
    let known = versions::<B>(&known)?;
    let applied = conn.applied_migrations().map_err(failed)?;
    match applied.iter().map(ToString::to_string).find(|v| !known.contains(v)) {
        None => Ok(()),
        Some(newer) => Err(DbError::Migration(format!(
            "the database was upgraded by a newer program (migration {newer}); start that one"
        ))),
    }
}
