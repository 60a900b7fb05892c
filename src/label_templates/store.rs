//! Rows of proposed versions and of what was decided about them, and what labels are drawn by.
//! Neither changes or goes away.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use diesel::prelude::*;

use crate::approvals::Decided;
use crate::db::{Conn, DbError, Instant, Tx};
use crate::labels::{Template, Templates};
use crate::people::UserId;
use crate::schema::{label_template_decisions as decisions, label_templates as proposals};

crate::id_type! {
    /// A proposed version of a label kind.
    ProposalId
}

/// A version of a label kind that somebody wrote.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = proposals)]
#[allow(missing_docs)]
pub struct Proposal {
    pub id: ProposalId,
    pub template_id: String,
    pub version: i32,
    /// The template, TOML.
    pub source: String,
    /// Why it is wanted.
    pub reason: String,
    pub proposed_by: UserId,
    pub proposed_at: Instant,
}

crate::decision_row! { decisions, ProposalId }

/// A proposal and what became of it; nothing while it waits.
pub type Version = (Proposal, Option<Decision>);

/// Every version that was ever proposed, of one kind or of all, newest first.
pub(super) fn versions(conn: &mut Conn, kind: Option<&str>) -> Result<Vec<Version>, DbError> {
    let mut query = proposals::table
        .left_join(decisions::table)
        .order((proposals::template_id, proposals::version.desc()))
        .select((Proposal::as_select(), Option::<Decision>::as_select()))
        .into_boxed();
    if let Some(kind) = kind {
        query = query.filter(proposals::template_id.eq(kind.to_owned()));
    }
    Ok(query.load(conn)?)
}

pub(super) fn propose(tx: &mut Tx<'_>, proposal: &Proposal) -> Result<(), DbError> {
    diesel::insert_into(proposals::table).values(proposal.clone()).execute(&mut **tx)?;
    tx.touch("label_templates", proposal.id);
    Ok(())
}

pub(super) fn decide(tx: &mut Tx<'_>, decision: &Decision) -> Result<(), DbError> {
    diesel::insert_into(decisions::table).values(decision.clone()).execute(&mut **tx)?;
    tx.touch("label_template_decisions", decision.proposal_id);
    Ok(())
}

/// What labels of a kind are drawn by now: the last approved version that takes the fields which
/// this program fills, or the one the server came with. `None` for a kind there is not.
pub fn current(
    conn: &mut Conn,
    came_with: &Templates,
    kind: &str,
) -> Result<Option<Arc<Template>>, DbError> {
    let Some(base) = came_with.latest(kind) else { return Ok(None) };
    let approved: Vec<(ProposalId, String)> = proposals::table
        .inner_join(decisions::table)
        .filter(proposals::template_id.eq(kind))
        .filter(decisions::decision.eq(Decided::Approved))
        .order(proposals::version.desc())
        .select((proposals::id, proposals::source))
        .load(conn)?;
    for (id, source) in approved {
        let template = parsed(id, &source)?;
        // Approved for a program that filled other fields: its page says so.
        if template.takes_what(base) {
            return Ok(Some(template));
        }
    }
    Ok(Some(Arc::clone(base)))
}

/// Every template that labels of this version of a kind may have been drawn by: an approved one comes
/// first. A network may have approved a version before the program came with one of the same number.
pub fn versions_of(
    conn: &mut Conn,
    came_with: &Templates,
    kind: &str,
    number: i32,
) -> Result<Vec<Arc<Template>>, DbError> {
    let mut found: Vec<Arc<Template>> =
        version(conn, came_with, kind, number)?.into_iter().collect();
    let came = came_with.find(kind, number);
    found.extend(came.filter(|c| found.iter().all(|f| f.source() != c.source())).cloned());
    Ok(found)
}

/// A version of a kind, as it was when labels were drawn by it.
pub fn version(
    conn: &mut Conn,
    came_with: &Templates,
    kind: &str,
    version: i32,
) -> Result<Option<Arc<Template>>, DbError> {
    let approved: Option<(ProposalId, String)> = proposals::table
        .inner_join(decisions::table)
        .filter(proposals::template_id.eq(kind))
        .filter(proposals::version.eq(version))
        .filter(decisions::decision.eq(Decided::Approved))
        .select((proposals::id, proposals::source))
        .first(conn)
        .optional()?;
    match approved {
        Some((id, source)) => parsed(id, &source).map(Some),
        None => Ok(came_with.find(kind, version).cloned()),
    }
}

/// A proposal's template. It never changes, so it is read once.
pub(super) fn parsed(id: ProposalId, source: &str) -> Result<Arc<Template>, DbError> {
    static READ: LazyLock<Mutex<HashMap<ProposalId, Arc<Template>>>> =
        LazyLock::new(Mutex::default);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(there) = read.get(&id) {
        return Ok(Arc::clone(there));
    }
    let template = Template::parse("approved.toml", source)
        .map_err(|e| DbError::Corrupt(format!("label template {id}: {e}")))?;
    let template = Arc::new(template);
    read.insert(id, Arc::clone(&template));
    Ok(template)
}
