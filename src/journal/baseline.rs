//! Binding what was there before rows were bound: once for each table, at the start of the first server that
//! binds it. From then on a row without a state is one that was put in beside the program.

use std::collections::{BTreeMap, BTreeSet};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::check::unbound;
use super::state::{RowEventId, RowState};
use super::store::states;
use super::tables::Bound;
use super::waits::bind_waiting;
use crate::db::columns::Key;
use crate::db::{Clock, Conn, Db, DbError, Instant, Staged, Tx};
use crate::on_engine;
use crate::schema::row_states;

/// Rows of one transaction.
const CHUNK: u32 = 500;

/// The table and the key of the marks that say which tables are bound as a whole.
pub(super) const WHOLE: &str = "";

/// Where the binding stands: in which of the tables that were not bound, and after which row.
#[derive(Clone, Default)]
struct Place(usize, Option<Key>);

/// Binds the rows that have waited for it, and those of every table that is not bound as a whole yet. What a server
/// that was stopped has bound already is left as it is.
///
/// # Errors
/// [`DbError`].
pub async fn bind_all(db: &Db, clock: &Clock) -> Result<(), DbError> {
    bind_waiting(db).await?;
    let missing = db.read(|c| unbound(c)).await?;
    bind_tables(db, clock, missing).await
}

/// Binds every row that has no state, also of tables that are bound as a whole: for invented rows that
/// `rastro load` puts into a database of its own beside the program.
///
/// # Errors
/// [`DbError`].
pub async fn bind_invented(db: &Db, clock: &Clock) -> Result<(), DbError> {
    bind_tables(db, clock, Bound::all()?.into_iter().map(|b| b.table.name).collect()).await
}

async fn bind_tables(db: &Db, clock: &Clock, missing: Vec<&'static str>) -> Result<(), DbError> {
    let mut place = Some(Place::default());
    let mut is_told = false;
    while let Some(from) = place.filter(|_| !missing.is_empty()) {
        let (tables, at) = (missing.clone(), clock.now());
        place = db.write(move |tx| bind_some(tx, &tables, from.clone(), at)).await?;
        if place.is_some() && !is_told {
            is_told = true;
            tracing::info!(tables = missing.len(), "rows of before are being bound");
        }
    }
    if is_told {
        tracing::info!(tables = missing.len(), "rows of before are bound");
    }
    Ok(())
}

/// The tables that are bound as a whole.
pub(super) fn whole(conn: &mut Conn) -> Result<BTreeSet<String>, DbError> {
    let marks: Vec<String> = row_states::table
        .filter(row_states::of_table.eq(WHOLE))
        .select(row_states::state)
        .load(conn)?;
    let named = |text: &String| serde_json::from_str::<BTreeMap<String, String>>(text).ok();
    Ok(marks.iter().filter_map(named).flatten().map(|(table, _)| table).collect())
}

/// Whether all rows of a table were bound once.
pub(super) fn is_whole(conn: &mut Conn, table: &str) -> Result<bool, DbError> {
    Ok(whole(conn)?.contains(table))
}

/// Any constant will do, as long as every server uses the same one, and nothing else does.
const PG_TURN: &str = "SELECT pg_advisory_xact_lock(7203146)";

/// Servers that start at once bind one after the other: whoever waits here sees what the other one has bound.
pub(super) fn take_turns(tx: &mut Tx<'_>) -> Result<(), DbError> {
    match &mut **tx {
        // Its one writer has the whole file.
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(c) => Ok(c.batch_execute(PG_TURN)?),
    }
}

/// Binds the next rows that have no state, and says where to go on; with the last ones it marks the tables.
fn bind_some(
    tx: &mut Tx<'_>,
    tables: &[&'static str],
    mut place: Place,
    at: Instant,
) -> Result<Option<Place>, DbError> {
    take_turns(tx)?;
    let mut budget = CHUNK;
    while let Some(table) = tables.get(place.0) {
        if budget == 0 {
            return Ok(Some(place));
        }
        let of = Bound::named(table)?.table;
        let rows = of.rows_after(tx, place.1.as_ref(), budget)?;
        let keys = rows.iter().map(|cells| of.key_of(cells)).collect::<Result<Vec<_>, _>>()?;
        let texts: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let there = states(tx, table, &texts)?;
        for (key, _) in keys.iter().zip(&texts).filter(|(_, text)| !there.contains_key(*text)) {
            tx.touch(table, key.clone());
        }
        match keys.last() {
            Some(last) if rows.len() == budget as usize => {
                return Ok(Some(Place(place.0, Some(last.clone()))));
            }
            _ => place = Place(place.0 + 1, None),
        }
        budget -= u32::try_from(rows.len()).unwrap_or(budget);
    }
    mark(tx, tables, at)?;
    Ok(None)
}

fn mark(tx: &mut Tx<'_>, tables: &[&'static str], at: Instant) -> Result<(), DbError> {
    // Two servers that start at once.
    let whole = whole(tx)?;
    if tables.iter().all(|table| whole.contains(*table)) {
        return Ok(());
    }
    let marks: i64 =
        row_states::table.filter(row_states::of_table.eq(WHOLE)).count().get_result(&mut **tx)?;
    let said: BTreeMap<&str, &str> = tables.iter().map(|table| (*table, "whole")).collect();
    let row = RowState {
        of_table: WHOLE.to_owned(),
        row_key: WHOLE.to_owned(),
        n: marks + 1,
        event_id: RowEventId::new(),
        recorded_at: at,
        salt: vec![],
        state: serde_json::to_string(&said).unwrap_or_default(),
    };
    tx.stage(Staged { event: row.event_id.0, at, body: row.body().to_json() });
    on_engine!(&mut **tx, |c| diesel::insert_into(row_states::table).values(row).execute(c))?;
    Ok(())
}
