//! Rows of the catalogue's versions, of what became of sites, and of proposals and decisions. None
//! changes or goes away.

use diesel::prelude::*;

use super::{SiteEventKind, What};
use crate::approvals::Decided;
use crate::db::{Conn, DbError, Instant, Tx};
use crate::people::UserId;
use crate::schema::{
    catalogue_versions, reference_decisions as decisions, reference_proposals as proposals,
    site_events,
};
use crate::sites::SiteId;

crate::id_type! {
    /// A proposal about the reference data.
    ProposalId
}
crate::id_type! {
    /// Something that became of a site.
    SiteEventId
}

/// A version of the catalogue that a server of this database has taken over.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = catalogue_versions)]
#[allow(missing_docs)]
pub struct Version {
    pub version: String,
    pub digest: String,
    pub clinical_digest: String,
    /// The files by name, as JSON.
    pub files: String,
    /// In use before anybody decided.
    pub base: bool,
    pub taken_at: Instant,
    /// The log that the server signs.
    pub server: String,
}

/// Every version, as they were taken over.
pub fn versions(conn: &mut Conn) -> Result<Vec<Version>, DbError> {
    Ok(catalogue_versions::table
        .order((catalogue_versions::taken_at, catalogue_versions::version))
        .select(Version::as_select())
        .load(conn)?)
}

pub(super) fn insert_version(tx: &mut Tx<'_>, version: &Version) -> Result<(), DbError> {
    diesel::insert_into(catalogue_versions::table).values(version.clone()).execute(&mut **tx)?;
    tx.touch("catalogue_versions", &*version.version);
    Ok(())
}

/// Something that became of a site.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = site_events)]
#[allow(missing_docs)]
pub struct SiteEvent {
    pub id: SiteEventId,
    pub site_id: SiteId,
    pub at: Instant,
    pub kind: SiteEventKind,
    /// What it is called since.
    pub detail: String,
    pub catalogue_version: Option<String>,
    pub person_id: Option<UserId>,
}

/// What became of a site, oldest first.
pub fn site_events(conn: &mut Conn, site: SiteId) -> Result<Vec<SiteEvent>, DbError> {
    Ok(site_events::table
        .filter(site_events::site_id.eq(site))
        .order(site_events::id)
        .select(SiteEvent::as_select())
        .load(conn)?)
}

pub(super) fn insert_site_event(tx: &mut Tx<'_>, event: &SiteEvent) -> Result<(), DbError> {
    diesel::insert_into(site_events::table).values(event.clone()).execute(&mut **tx)?;
    tx.touch("site_events", event.id);
    Ok(())
}

/// Somebody proposed something.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = proposals)]
#[allow(missing_docs)]
pub struct Proposal {
    pub id: ProposalId,
    pub kind: What,
    /// A version of the catalogue, or a centre's code.
    pub subject: String,
    /// Which proposal about it, from 1: of two at once one is refused.
    pub n: i32,
    /// The digest of what would be used, or a [`super::CentreChange`] as JSON.
    pub content: String,
    pub reason: String,
    pub proposed_by: UserId,
    pub proposed_at: Instant,
}

crate::decision_row! { decisions, ProposalId }

/// A proposal and what became of it; nothing while it waits.
pub type Proposed = (Proposal, Option<Decision>);

/// Every proposal of a kind, about one thing or all, newest first.
pub fn proposals(
    conn: &mut Conn,
    what: What,
    subject: Option<&str>,
) -> Result<Vec<Proposed>, DbError> {
    let mut query = proposals::table
        .left_join(decisions::table)
        .filter(proposals::kind.eq(what))
        .order(proposals::id.desc())
        .select((Proposal::as_select(), Option::<Decision>::as_select()))
        .into_boxed();
    if let Some(subject) = subject {
        query = query.filter(proposals::subject.eq(subject.to_owned()));
    }
    Ok(query.load(conn)?)
}

pub(super) fn propose(tx: &mut Tx<'_>, proposal: &Proposal) -> Result<(), DbError> {
    diesel::insert_into(proposals::table).values(proposal.clone()).execute(&mut **tx)?;
    tx.touch("reference_proposals", proposal.id);
    Ok(())
}

pub(super) fn decide(tx: &mut Tx<'_>, decision: &Decision) -> Result<(), DbError> {
    diesel::insert_into(decisions::table).values(decision.clone()).execute(&mut **tx)?;
    tx.touch("reference_decisions", decision.proposal_id);
    Ok(())
}

/// The approved proposals of a kind, the one that was decided last first.
pub fn approved(conn: &mut Conn, what: What) -> Result<Vec<(Proposal, Decision)>, DbError> {
    Ok(proposals::table
        .inner_join(decisions::table)
        .filter(proposals::kind.eq(what))
        .filter(decisions::decision.eq(Decided::Approved))
        .order((decisions::decided_at.desc(), proposals::id.desc()))
        .select((Proposal::as_select(), Decision::as_select()))
        .load(conn)?)
}
