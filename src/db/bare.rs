//! Filling a database with rows as texts, in any order: what would refuse them is taken away for that, and put back
//! before the commit.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::columns::{Cells, Kind, Table};
use super::{Conn, DbError};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(conn: &mut Conn, sql: &str) -> Result<Vec<String>, DbError> {
    let rows: Vec<Line> = crate::on_engine!(conn, |c| diesel::sql_query(sql).load(c))?;
    Ok(rows.into_iter().map(|row| row.line).collect())
}

/// What of this schema refuses a row, or writes another one for it: triggers and foreign keys. Two statements each, of
/// which the first takes it away and the second puts it back.
const SQLITE: &str = "SELECT json_array('DROP TRIGGER \"' || name || '\"', sql) AS line FROM sqlite_schema \
    WHERE type = 'trigger' ORDER BY name";
const POSTGRES: &str = "SELECT json_build_array(format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname), \
    format('ALTER TABLE %s ENABLE TRIGGER %I', tgrelid::regclass, tgname))::text AS line FROM pg_trigger \
    JOIN pg_class c ON c.oid = tgrelid WHERE c.relnamespace = current_schema()::regnamespace AND NOT tgisinternal \
    UNION ALL SELECT json_build_array(format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname), \
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)))::text \
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace";

/// Columns that the database makes of others, as `table.column`.
const MADE_SQLITE: &str = "SELECT m.name || '.' || x.name AS line FROM sqlite_schema m, pragma_table_xinfo(m.name) x \
    WHERE m.type = 'table' AND x.hidden IN (2, 3)";
const MADE_POSTGRES: &str = "SELECT table_name || '.' || column_name AS line FROM information_schema.columns \
    WHERE table_schema = current_schema() AND is_generated = 'ALWAYS'";

/// What was taken away from a database that is being filled, in the transaction that fills it.
#[derive(Debug)]
pub struct Guards {
    back: Vec<String>,
    made: BTreeSet<String>,
}

impl Guards {
    /// Takes them away. A transaction must be open.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn lower(conn: &mut Conn) -> Result<Self, DbError> {
        let (pairs, made) = match conn {
            Conn::Sqlite(c) => {
                c.batch_execute("PRAGMA defer_foreign_keys = ON")?;
                (lines(conn, SQLITE)?, lines(conn, MADE_SQLITE)?)
            }
            Conn::Pg(_) => (lines(conn, POSTGRES)?, lines(conn, MADE_POSTGRES)?),
        };
        let mut back = vec![];
        for pair in pairs {
            let [away, again]: [String; 2] = serde_json::from_str(&pair)
                .map_err(|e| DbError::Corrupt(format!("a trigger that is no text: {e}")))?;
            conn.batch_execute(&away)?;
            back.push(again);
        }
        Ok(Self { back, made: made.into_iter().collect() })
    }

    /// Puts rows into a table.
    ///
    /// # Errors
    /// [`DbError`], also for a text that is not what its column holds.
    pub fn insert(&self, conn: &mut Conn, table: &Table, rows: &[Cells]) -> Result<(), DbError> {
        if rows.is_empty() {
            return Ok(());
        }
        let is_postgres = matches!(conn, Conn::Pg(_));
        let columns = table.columns.iter().enumerate();
        let columns =
            columns.filter(|(_, c)| !self.made.contains(&format!("{}.{}", table.name, c.name)));
        let (names, values): (Vec<_>, Vec<_>) = columns
            .map(|(n, c)| (format!("\"{}\"", c.name), c.kind.sql_value(n, is_postgres)))
            .unzip();
        let from =
            if is_postgres { "json_array_elements($1::json) AS r(value)" } else { "json_each(?1)" };
        let (name, names, values) = (table.name, names.join(", "), values.join(", "));
        let sql = format!("INSERT INTO \"{name}\" ({names}) SELECT {values} FROM {from}");
        let texts = serde_json::to_string(rows).unwrap_or_default();
        crate::on_engine!(conn, |c| diesel::sql_query(sql).bind::<Text, _>(texts).execute(c))?;
        Ok(())
    }

    /// Takes every row of a table away.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn empty(&self, conn: &mut Conn, table: &Table) -> Result<(), DbError> {
        Ok(conn.batch_execute(&format!("DELETE FROM \"{}\"", table.name))?)
    }

    /// Puts them back, and holds every row against the foreign keys.
    ///
    /// # Errors
    /// [`DbError`]; of PostgreSQL, where a row names nothing. Of SQLite such rows are told.
    pub fn raise(self, conn: &mut Conn) -> Result<Vec<String>, DbError> {
        self.back.iter().try_for_each(|again| conn.batch_execute(again))?;
        match conn {
            Conn::Sqlite(_) => lines(
                conn,
                "SELECT DISTINCT \"table\" || ' names nothing of ' || parent AS line FROM pragma_foreign_key_check",
            ),
            Conn::Pg(_) => Ok(vec![]),
        }
    }
}

impl Kind {
    /// The statement's words for the value whose text is element `n` of a JSON array `value`: the other way round than
    /// [`Table::rows_after`] gives it.
    fn sql_value(self, n: usize, is_postgres: bool) -> String {
        let text = format!("(value ->> {n})");
        match (self, is_postgres) {
            (Self::Text, _) | (Self::Day, false) => text,
            (Self::Uid | Self::Binary, false) => format!("unhex{text}"),
            (_, false) => format!("CAST({text} AS INTEGER)"),
            (Self::BigInt | Self::Integer, true) => format!("{text}::bigint"),
            (Self::Bool, true) => format!("{text}::int::boolean"),
            (Self::Day, true) => format!("{text}::date"),
            (Self::Instant, true) => {
                format!("timestamptz 'epoch' + {text}::bigint * interval '1 microsecond'")
            }
            (Self::Uid, true) => format!("{text}::uuid"),
            (Self::Binary, true) => format!("decode({text}, 'hex')"),
        }
    }
}
