//! The engine's own check of a database: whether its pages, trees and references are whole. It says
//! nothing of who wrote what; the log does that.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{Conn, DbError};

/// Findings told at most.
const TOLD: usize = 20;

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    found: String,
}

/// What an engine's own check came to.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// What is wrong; nothing where all is well.
    pub wrong: Vec<String>,
    /// What was checked, or was not and why, in a sentence for the administrator.
    pub said: Vec<String>,
}

/// Whether SQLite can't make sense of its file at all.
pub fn is_broken_file(e: &DbError) -> bool {
    let text = e.to_string();
    ["malformed", "file is not a database", "disk I/O error"].iter().any(|w| text.contains(w))
}

fn texts(c: &mut SqliteConnection, sql: &str) -> Result<Vec<String>, DbError> {
    match diesel::sql_query(sql).load::<Found>(c) {
        Ok(rows) => Ok(rows.into_iter().map(|r| r.found).filter(|f| f != "ok").collect()),
        // A file that can't even be checked is what the check is for.
        Err(e) if is_broken_file(&DbError::Query(clone_of(&e))) => Ok(vec![e.to_string()]),
        Err(e) => Err(e.into()),
    }
}

fn clone_of(e: &diesel::result::Error) -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(e.to_string().into())
}

/// SQLite's quick check: every page of every tree. PostgreSQL checks its pages as it reads them,
/// where its checksums are on.
pub fn quick_check(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    match conn {
        Conn::Sqlite(c) => {
            let sql = format!("SELECT quick_check AS found FROM pragma_quick_check LIMIT {TOLD}");
            texts(c, &sql)
        }
        Conn::Pg(_) => Ok(vec![]),
    }
}

/// Everything the engine can check while it is running.
pub fn full_check(conn: &mut Conn) -> Result<Checked, DbError> {
    match conn {
        Conn::Sqlite(c) => {
            let whole =
                format!("SELECT integrity_check AS found FROM pragma_integrity_check LIMIT {TOLD}");
            let mut wrong = texts(c, &whole)?;
            let references = format!(
                "SELECT 'a row of ' || \"table\" || ' refers to a row of ' || parent || ' that is \
                 not there' AS found FROM pragma_foreign_key_check LIMIT {TOLD}"
            );
            if wrong.is_empty() {
                wrong.extend(texts(c, &references)?);
            }
            let said = "database file: integrity_check and foreign_key_check of SQLite";
            Ok(Checked { wrong, said: vec![said.into()] })
        }
        Conn::Pg(c) => with_amcheck(c),
    }
}

/// PostgreSQL: the indexes of this schema, by its own extension where that is installed.
fn with_amcheck(c: &mut PgConnection) -> Result<Checked, DbError> {
    let one = |c: &mut PgConnection, sql: &str| -> Result<Vec<String>, DbError> {
        Ok(diesel::sql_query(sql).load::<Found>(c)?.into_iter().map(|r| r.found).collect())
    };
    let sums = one(c, "SELECT current_setting('data_checksums') AS found")?;
    let mut said = vec![match sums.first().map(String::as_str) {
        Some("on") => {
            "page checksums of PostgreSQL are on: a broken page is found when it is read".into()
        }
        _ => "page checksums of PostgreSQL are off: initdb --data-checksums or pg_checksums \
              --enable turns them on"
            .to_owned(),
    }];
    let installed = "SELECT quote_ident(n.nspname) AS found FROM pg_extension e \
        JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'amcheck'";
    let Some(schema) = one(c, installed)?.pop() else {
        said.push("indexes were not checked: CREATE EXTENSION amcheck lets verify do it".into());
        return Ok(Checked { wrong: vec![], said });
    };
    let indexes = one(
        c,
        "SELECT c.oid::text AS found FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid \
         JOIN pg_am a ON a.oid = c.relam JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE a.amname = 'btree' AND i.indisvalid AND n.nspname = current_schema() ORDER BY 1",
    )?;
    let mut wrong = vec![];
    for index in &indexes {
        let check = format!(
            "SELECT coalesce({schema}.bt_index_check({index}::regclass)::text, '') AS found"
        );
        match diesel::sql_query(check).load::<Found>(c) {
            Ok(_) => {}
            Err(e) if e.to_string().contains("permission denied") => {
                said.push(
                    "indexes were not checked: GRANT EXECUTE ON FUNCTION bt_index_check(regclass) \
                     to this account lets verify do it"
                        .into(),
                );
                return Ok(Checked { wrong, said });
            }
            Err(e) => wrong.push(e.to_string()),
        }
    }
    said.push(format!("{} indexes checked by amcheck", indexes.len()));
    Ok(Checked { wrong, said })
}
