//! Rows of `printers` and `print_agents`. Neither says anything of a patient.

use diesel::prelude::*;

use super::printer::{AgentId, Language, PrinterId, Reach, Status};
use crate::db::{Conn, DbError, Instant, Kept, Page, Reading, Unreadable, kept};
use crate::people::UserId;
use crate::schema::{print_agents, printers};
use crate::sites::SiteId;

/// A printer as it is set up, with what was heard of it last.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = printers, treat_none_as_default_value = false)]
#[allow(missing_docs)]
pub struct Printer {
    pub id: PrinterId,
    pub site_id: SiteId,
    pub name: String,
    pub language: Language,
    pub dpi: i32,
    /// The stock in it: `50x25`.
    pub media: String,
    /// By how much its labels are moved to the right, micrometres; negative to the left.
    pub offset_x_um: i32,
    /// Micrometres along the feed.
    pub offset_y_um: i32,
    pub reach: Reach,
    pub address: String,
    /// Who drives it; without one, any agent of the site.
    pub agent_id: Option<AgentId>,
    /// What was heard last.
    pub status: Status,
    pub status_detail: Option<String>,
    pub status_at: Option<Instant>,
    pub created_at: Instant,
    pub created_by: UserId,
    pub disabled_at: Option<Instant>,
}

/// A program at a site that drives its printers.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = print_agents, treat_none_as_default_value = false)]
#[allow(missing_docs)]
pub struct Agent {
    pub id: AgentId,
    pub site_id: SiteId,
    pub name: String,
    pub code_hash: Option<Vec<u8>>,
    pub code_expires_at: Option<Instant>,
    pub secret_hash: Option<Vec<u8>>,
    pub created_at: Instant,
    pub created_by: UserId,
    pub enrolled_at: Option<Instant>,
    pub seen_at: Option<Instant>,
    pub version: Option<String>,
    pub revoked_at: Option<Instant>,
}

/// The printers of `sites` by site and name; of all sites where it is `None`. A network has a few
/// hundred.
pub fn printers_of(
    conn: &mut Conn,
    sites: Option<&[SiteId]>,
) -> Result<(Vec<Printer>, Vec<Unreadable>), DbError> {
    let rows: Vec<Kept<_, PrinterId>> = kept::load(conn, ("printers", printers::id), || {
        let mut query = printers::table.into_boxed();
        if let Some(sites) = sites {
            query = query.filter(printers::site_id.eq_any(sites.to_vec()));
        }
        query.order((printers::site_id, printers::name, printers::id))
    })?;
    Ok(Kept::apart(rows))
}

pub fn printer(conn: &mut Conn, id: PrinterId) -> Result<Option<Printer>, DbError> {
    Ok(printers::table.find(id).select(Printer::as_select()).first(conn).optional()?)
}

/// A printer that no other transaction may change or queue for until this one ends.
pub fn locked_printer(conn: &mut Conn, id: PrinterId) -> Result<Option<Printer>, DbError> {
    if let Conn::Pg(c) = conn {
        let row = printers::table.find(id).select(printers::id);
        row.for_update().first::<PrinterId>(c).optional()?;
    }
    printer(conn, id)
}

pub fn insert_printer(conn: &mut Conn, printer: &Printer) -> Result<(), DbError> {
    diesel::insert_into(printers::table).values(printer.clone()).execute(conn)?;
    Ok(())
}

/// Writes what an administrator may change.
pub fn update_printer(conn: &mut Conn, p: &Printer) -> Result<(), DbError> {
    diesel::update(printers::table.find(p.id))
        .set((
            printers::name.eq(&p.name),
            printers::language.eq(p.language),
            printers::dpi.eq(p.dpi),
            printers::media.eq(&p.media),
            printers::offset_x_um.eq(p.offset_x_um),
            printers::offset_y_um.eq(p.offset_y_um),
            printers::reach.eq(p.reach),
            printers::address.eq(&p.address),
            printers::agent_id.eq(p.agent_id),
            printers::disabled_at.eq(p.disabled_at),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn set_status(
    conn: &mut Conn,
    id: PrinterId,
    status: Status,
    detail: Option<&str>,
    now: Instant,
) -> Result<(), DbError> {
    diesel::update(printers::table.find(id))
        .set((
            printers::status.eq(status),
            printers::status_detail.eq(detail),
            printers::status_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// The agents of every site, by site and name.
pub fn agents(conn: &mut Reading) -> Result<Page<Agent>, DbError> {
    let rows: Vec<Kept<_, AgentId>> = kept::load(conn, ("print_agents", print_agents::id), || {
        let in_order = (print_agents::site_id, print_agents::name, print_agents::id);
        print_agents::table.order(in_order)
    })?;
    Ok(Page::whole(rows))
}

pub fn agent(conn: &mut Conn, id: AgentId) -> Result<Option<Agent>, DbError> {
    Ok(print_agents::table.find(id).select(Agent::as_select()).first(conn).optional()?)
}

pub fn insert_agent(conn: &mut Conn, agent: &Agent) -> Result<(), DbError> {
    diesel::insert_into(print_agents::table).values(agent.clone()).execute(conn)?;
    Ok(())
}

/// The agent with this secret, unless it was revoked.
pub fn agent_by_secret(conn: &mut Conn, hash: &[u8]) -> Result<Option<Agent>, DbError> {
    Ok(print_agents::table
        .filter(print_agents::secret_hash.eq(hash.to_vec()))
        .filter(print_agents::revoked_at.is_null())
        .select(Agent::as_select())
        .first(conn)
        .optional()?)
}

/// The agent that may enrol with this code now.
pub fn agent_by_code(conn: &mut Conn, hash: &[u8], now: Instant) -> Result<Option<Agent>, DbError> {
    Ok(print_agents::table
        .filter(print_agents::code_hash.eq(hash.to_vec()))
        .filter(print_agents::code_expires_at.gt(now))
        .filter(print_agents::revoked_at.is_null())
        .select(Agent::as_select())
        .first(conn)
        .optional()?)
}

/// Uses an agent's code up and gives it a secret. False: somebody else used it at the same moment.
pub fn enrol(
    conn: &mut Conn,
    agent: &Agent,
    secret_hash: &[u8],
    version: &str,
    now: Instant,
) -> Result<bool, DbError> {
    let same = print_agents::table
        .find(agent.id)
        .filter(print_agents::code_hash.eq(agent.code_hash.clone()));
    let n = diesel::update(same)
        .set((
            print_agents::secret_hash.eq(secret_hash.to_vec()),
            print_agents::code_hash.eq(None::<Vec<u8>>),
            print_agents::code_expires_at.eq(None::<Instant>),
            print_agents::enrolled_at.eq(now),
            print_agents::seen_at.eq(now),
            print_agents::version.eq(version),
        ))
        .execute(conn)?;
    Ok(n == 1)
}

/// Gives an agent a new code to enrol with; its secret works on until that is used.
pub fn set_code(
    conn: &mut Conn,
    id: AgentId,
    hash: &[u8],
    expires: Instant,
) -> Result<(), DbError> {
    diesel::update(print_agents::table.find(id))
        .set((print_agents::code_hash.eq(hash.to_vec()), print_agents::code_expires_at.eq(expires)))
        .execute(conn)?;
    Ok(())
}

/// Revokes an agent: its secret is forgotten.
pub fn revoke(conn: &mut Conn, id: AgentId, now: Instant) -> Result<(), DbError> {
    diesel::update(print_agents::table.find(id))
        .set((
            print_agents::revoked_at.eq(now),
            print_agents::secret_hash.eq(None::<Vec<u8>>),
            print_agents::code_hash.eq(None::<Vec<u8>>),
            print_agents::code_expires_at.eq(None::<Instant>),
        ))
        .execute(conn)?;
    Ok(())
}

/// The printers as they may be shown: one whose agents are all silent, revoked or none is not `ready`
/// because it once said so. Those that the server drives itself are its own to know.
pub fn as_heard(
    conn: &mut Conn,
    mut printers: Vec<Printer>,
    now: Instant,
) -> Result<Vec<Printer>, DbError> {
    let lately = now.plus_seconds(-SILENT_SECONDS);
    let heard: Vec<(AgentId, SiteId)> = print_agents::table
        .filter(print_agents::secret_hash.is_not_null())
        .filter(print_agents::revoked_at.is_null())
        .filter(print_agents::seen_at.ge(lately))
        .select((print_agents::id, print_agents::site_id))
        .load(conn)?;
    for p in printers.iter_mut().filter(|p| p.reach.by_agent()) {
        let drives = |(agent, site): &(AgentId, SiteId)| match p.agent_id {
            Some(own) => own == *agent,
            None => p.site_id == *site,
        };
        if !heard.iter().any(drives) {
            p.status = Status::Silent;
        }
    }
    Ok(printers)
}

/// Seconds after which an agent that is not heard counts as silent: it asks at least every half
/// minute.
pub const SILENT_SECONDS: i64 = 120;

/// How many enrolled agents are silent.
pub fn silent_agents(conn: &mut Conn, now: Instant) -> Result<i64, DbError> {
    let long_ago = now.plus_seconds(-SILENT_SECONDS);
    Ok(print_agents::table
        .filter(print_agents::secret_hash.is_not_null())
        .filter(print_agents::revoked_at.is_null())
        .filter(
            print_agents::seen_at
                .is_null()
                .or(print_agents::seen_at.lt(long_ago).assume_not_null()),
        )
        .count()
        .get_result(conn)?)
}

/// The agent was heard.
pub fn seen(
    conn: &mut Conn,
    id: AgentId,
    version: Option<&str>,
    now: Instant,
) -> Result<(), DbError> {
    diesel::update(print_agents::table.find(id))
        .set((print_agents::seen_at.eq(now), print_agents::version.eq(version)))
        .execute(conn)?;
    Ok(())
}
