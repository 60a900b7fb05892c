//! Rows of proposals and approvals. Neither changes or goes away.

use diesel::prelude::*;

use crate::catalogue::{Catalogue, Protocol};
use crate::db::{Conn, DbError, Instant, Tx};
use crate::people::UserId;
use crate::schema::{protocol_approvals, protocol_proposals};

crate::id_type! {
    /// A proposal that the network use a protocol.
    ProposalId
}

/// Somebody proposed to use a protocol.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = protocol_proposals)]
#[allow(missing_docs)]
pub struct Proposal {
    pub id: ProposalId,
    pub protocol_id: String,
    pub catalogue_version: String,
    pub proposed_by: UserId,
    pub proposed_at: Instant,
    pub reason: String,
}

/// Two people have decided to use a protocol.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = protocol_approvals)]
#[allow(missing_docs)]
pub struct Approval {
    pub protocol_id: String,
    pub catalogue_version: String,
    pub approved_at: Instant,
    pub proposed_by: UserId,
    pub approved_by: UserId,
    /// The figures they approved; none where it was before figures were kept.
    pub definition: Option<String>,
}

/// The protocols in use under this version of the catalogue.
pub fn approved(conn: &mut Conn, version: &str) -> Result<Vec<String>, DbError> {
    Ok(protocol_approvals::table
        .filter(protocol_approvals::catalogue_version.eq(version))
        .select(protocol_approvals::protocol_id)
        .order(protocol_approvals::protocol_id)
        .load(conn)?)
}

/// A protocol with the figures that two people approved under `version` of the catalogue: what was
/// requested under that version is answered by them (BR-33). Nothing where nobody approved any. An
/// approval from before figures were kept means those of its version, if `catalogue` is that one.
pub fn as_approved(
    conn: &mut Conn,
    catalogue: &Catalogue,
    protocol: &str,
    version: &str,
) -> Result<Option<Protocol>, DbError> {
    let found: Option<Option<String>> = protocol_approvals::table
        .find((protocol, version))
        .select(protocol_approvals::definition)
        .first(conn)
        .optional()?;
    match found {
        None => Ok(None),
        Some(Some(kept)) => serde_json::from_str(&kept)
            .map(Some)
            .map_err(|e| DbError::Corrupt(format!("protocol {protocol} of {version}: {e}"))),
        Some(None) if catalogue.version == version => Ok(catalogue.protocol(protocol).cloned()),
        Some(None) => Ok(None),
    }
}

/// Every approval of one protocol or of all, of this version of the catalogue and of those before.
pub(super) fn approvals(conn: &mut Conn, only: Option<&str>) -> Result<Vec<Approval>, DbError> {
    let mut query = protocol_approvals::table
        .order((protocol_approvals::protocol_id, protocol_approvals::approved_at))
        .select(Approval::as_select())
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(protocol_approvals::protocol_id.eq(id.to_owned()));
    }
    Ok(query.load(conn)?)
}

/// Every proposal of one protocol or of all, of this version of the catalogue and of those before.
pub(super) fn proposals(conn: &mut Conn, only: Option<&str>) -> Result<Vec<Proposal>, DbError> {
    let mut query = protocol_proposals::table
        .order(protocol_proposals::id)
        .select(Proposal::as_select())
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(protocol_proposals::protocol_id.eq(id.to_owned()));
    }
    Ok(query.load(conn)?)
}

pub(super) fn proposal(
    conn: &mut Conn,
    protocol: &str,
    version: &str,
) -> Result<Option<Proposal>, DbError> {
    Ok(protocol_proposals::table
        .filter(protocol_proposals::protocol_id.eq(protocol))
        .filter(protocol_proposals::catalogue_version.eq(version))
        .select(Proposal::as_select())
        .first(conn)
        .optional()?)
}

pub(super) fn insert_proposal(tx: &mut Tx<'_>, proposal: &Proposal) -> Result<(), DbError> {
    diesel::insert_into(protocol_proposals::table).values(proposal.clone()).execute(&mut **tx)?;
    tx.touch("protocol_proposals", proposal.id);
    Ok(())
}

/// Approves a protocol of this catalogue version, by two people: who proposed it, who approved it.
/// Its figures are kept with their decision.
pub fn approve(
    tx: &mut Tx<'_>,
    protocol: &Protocol,
    version: &str,
    people: (UserId, UserId),
    now: Instant,
) -> Result<(), DbError> {
    let definition =
        serde_json::to_string(protocol).map_err(|e| DbError::Corrupt(e.to_string()))?;
    let approval = Approval {
        protocol_id: protocol.id.clone(),
        catalogue_version: version.to_owned(),
        approved_at: now,
        proposed_by: people.0,
        approved_by: people.1,
        definition: Some(definition),
    };
    diesel::insert_into(protocol_approvals::table).values(approval).execute(&mut **tx)?;
    tx.touch("protocol_approvals", (&*protocol.id, version));
    Ok(())
}
