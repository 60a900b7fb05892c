//! Rows of `print_runs`: each start of a program that drives printers.

use diesel::prelude::*;

use crate::db::{Conn, DbError, Instant, Portable};
use crate::printing::jobs::job::{JobId, RunId};
use crate::printing::machines::printer::AgentId;
use crate::schema::{print_jobs, print_runs};

/// Seconds after which a run that is not heard has nothing in hand for anybody else who asks for the
/// same printer. One that lives asks at least every half minute, also while it prints.
pub const SILENT_SECONDS: i64 = 60;

/// A start of an agent or, without one, of a server that prints itself.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = print_runs, treat_none_as_default_value = false)]
pub struct Run {
    pub id: RunId,
    pub agent_id: Option<AgentId>,
    pub(super) began_at: Instant,
    pub(super) heard_at: Instant,
    /// A later start of the same directory has said that it is over, or its credential is.
    pub(super) over_at: Option<Instant>,
}

/// A driver's run; another driver's is nobody's.
pub fn of(conn: &mut Conn, id: RunId, agent: Option<AgentId>) -> Result<Option<Run>, DbError> {
    let found: Option<Run> =
        print_runs::table.find(id).select(Run::as_select()).first(conn).optional()?;
    Ok(found.filter(|r| r.agent_id == agent))
}

/// A run was heard, the first time or again. One of another driver stays as it is.
pub(super) fn hear(
    conn: &mut Conn,
    id: RunId,
    agent: Option<AgentId>,
    now: Instant,
) -> Result<(), DbError> {
    let taken = print_runs::table.find(id).select(print_runs::agent_id);
    let owner: Option<Option<AgentId>> = taken.first(conn).optional()?;
    if owner.is_some_and(|owner| owner != agent) {
        return Ok(());
    }
    let run = Run { id, agent_id: agent, began_at: now, heard_at: now, over_at: None };
    let row = diesel::insert_into(print_runs::table)
        .values(run)
        .on_conflict(print_runs::id)
        .do_update()
        .set(print_runs::heard_at.eq(now));
    Portable(row).execute(conn)?;
    Ok(())
}

/// These runs of a driver are over.
pub fn end(
    conn: &mut Conn,
    agent: Option<AgentId>,
    runs: &[RunId],
    now: Instant,
) -> Result<(), DbError> {
    for id in runs {
        if of(conn, *id, agent)?.is_some_and(|r| r.over_at.is_none()) {
            let over = print_runs::over_at.eq(now);
            diesel::update(print_runs::table.find(*id)).set(over).execute(conn)?;
        }
    }
    Ok(())
}

/// All runs of an agent are over.
pub(super) fn end_all(conn: &mut Conn, agent: AgentId, now: Instant) -> Result<(), DbError> {
    let open = print_runs::table
        .filter(print_runs::agent_id.eq(agent))
        .filter(print_runs::over_at.is_null());
    diesel::update(open).set(print_runs::over_at.eq(now)).execute(conn)?;
    Ok(())
}

/// A later run of the same driver has a job in its journal.
pub(super) fn hand_over(conn: &mut Conn, job: JobId, to: RunId) -> Result<(), DbError> {
    let to = print_jobs::run_id.eq(to);
    diesel::update(print_jobs::table.find(job)).set(to).execute(conn)?;
    Ok(())
}

/// Agents of which two runs are there at once: two programs print with one credential. An earlier
/// run that was heard after a later one began has not been its predecessor.
pub fn twins(conn: &mut Conn, now: Instant) -> Result<Vec<AgentId>, DbError> {
    let lately: Vec<Run> = print_runs::table
        .filter(print_runs::heard_at.ge(now.plus_seconds(-SILENT_SECONDS)))
        .filter(print_runs::agent_id.is_not_null())
        .filter(print_runs::over_at.is_null())
        .select(Run::as_select())
        .load(conn)?;
    let is_beside = |a: &Run, b: &Run| {
        a.agent_id == b.agent_id && a.began_at < b.began_at && a.heard_at > b.began_at
    };
    let beside = lately.iter().filter(|a| lately.iter().any(|b| is_beside(a, b)));
    Ok(beside.filter_map(|a| a.agent_id).collect())
}
