//! Containers that are not what their events say, for `rastro verify`.

use std::collections::HashMap;

use diesel::prelude::*;

use super::event::CustodyEvent;
use super::fold::{State, apply, fold};
use crate::containers::ContainerId;
use crate::db::columns::{Key, Part, Table};
use crate::db::{Conn, DbError};
use crate::journal;
use crate::schema::{containers, custody_events};

/// Containers at a time.
const CHUNK: u32 = 200;

/// What their events don't say: how many labels there are is counted, and each label is bound by itself.
pub const LEFT_OUT: [&str; 1] = ["copies"];

/// The first container whose row is not what its events say, or that is not there, a line each.
///
/// # Errors
/// [`DbError`].
pub fn unlike_events(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let table = Table::named("containers")?;
    let mut after: Option<Key> = None;
    loop {
        let rows = table.rows_after(conn, after.as_ref(), CHUNK)?;
        let Some(last) = rows.last() else { break };
        after = Some(table.key_of(last)?);
        let keys = rows.iter().map(|cells| table.key_of(cells)).collect::<Result<Vec<_>, _>>()?;
        let opening = journal::opening(conn, table.name, &keys)?;
        let mut told = events_of(conn, &keys)?;
        for (cells, key) in rows.into_iter().zip(keys) {
            let events = told.remove(&key).unwrap_or_default();
            let names = table.columns.iter().map(|c| c.name.to_owned());
            let now: State = names.zip(cells).collect();
            let said = said(&events, opening.get(&key));
            let Some(said) = said else {
                return Ok(vec![format!("containers {key} was not written by the program")]);
            };
            let differs = now.iter().find(|(name, text)| {
                !LEFT_OUT.contains(&name.as_str())
                    && said.get(*name).is_some_and(|was| was != *text)
            });
            if let Some((column, _)) = differs {
                return Ok(vec![format!(
                    "containers.{column} of {key} is not what its events say"
                )]);
            }
        }
    }
    gone(conn)
}

/// What containers are by their events, at most `limit` of those after one, by their ids; nothing of one whose events
/// do not say it.
///
/// # Errors
/// [`DbError`].
pub fn folded(
    conn: &mut Conn,
    after: Option<ContainerId>,
    limit: i64,
) -> Result<Vec<(ContainerId, Option<State>)>, DbError> {
    let mut first = custody_events::table
        .filter(custody_events::seq.eq(1))
        .order(custody_events::container_id)
        .limit(limit)
        .select(custody_events::container_id)
        .into_boxed();
    if let Some(after) = after {
        first = first.filter(custody_events::container_id.gt(after));
    }
    let ids: Vec<ContainerId> = first.load(conn)?;
    let keys: Vec<Key> = ids.iter().map(|id| Key::from(*id)).collect();
    let opening = journal::opening(conn, "containers", &keys)?;
    let told = events_of(conn, &keys)?;
    let state = |key| said(told.get(key).map_or(&[][..], Vec::as_slice), opening.get(key));
    Ok(ids.into_iter().zip(&keys).map(|(id, key)| (id, state(key))).collect())
}

/// What a container is by its events, or by what it was when the program began to say the whole change, and the
/// events since.
fn said(events: &[CustodyEvent], opening: Option<&State>) -> Option<State> {
    fold(events).or_else(|| {
        let opening = opening?;
        let from: i64 = opening.get("event_count")?.as_ref()?.parse().ok()?;
        let since = events.iter().filter(|e| e.seq > from);
        Some(since.fold(opening.clone(), apply))
    })
}

fn events_of(conn: &mut Conn, keys: &[Key]) -> Result<HashMap<Key, Vec<CustodyEvent>>, DbError> {
    let ids = keys.iter().flat_map(|key| &key.0).filter_map(|part| match part {
        Part::Uid(id) => Some(ContainerId(*id)),
        _ => None,
    });
    let events: Vec<CustodyEvent> = custody_events::table
        .filter(custody_events::container_id.eq_any(ids))
        .order((custody_events::container_id, custody_events::seq))
        .select(CustodyEvent::as_select())
        .load(conn)?;
    let mut told: HashMap<Key, Vec<CustodyEvent>> = HashMap::new();
    for event in events {
        told.entry(Key::from(event.container_id)).or_default().push(event);
    }
    Ok(told)
}

/// Events of a container that is not there.
fn gone(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let there = containers::table
        .filter(containers::id.eq(custody_events::container_id))
        .select(containers::id);
    let found: Option<ContainerId> = custody_events::table
        .filter(custody_events::seq.eq(1))
        .filter(diesel::dsl::not(diesel::dsl::exists(there)))
        .select(custody_events::container_id)
        .first(conn)
        .optional()?;
    Ok(found.map(|id| format!("containers {} is missing", id.0.simple())).into_iter().collect())
}
