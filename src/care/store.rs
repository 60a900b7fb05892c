//! Which questions and transfers a caller sees, and from which side.

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::{Conn, DbError, Limit, Page, Reading, kept};
use crate::patients::reach;
use crate::patients::relation::{CareRequest, CareRequestId, CareState, Sees};
use crate::people::{Role, Scope};
use crate::schema::{care_requests, patient_sites};

/// From where a caller looks at a question. A person of the centre that asks is on its side
/// whatever else they are: a centre never answers itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The centre that asks; of a transfer, the one that receives.
    Asker,
    /// A centre that treats the child.
    Treating,
    /// Coordination and quality: without identities.
    Network,
}

fn follows_network(scope: &Scope) -> bool {
    scope.has_any(&[Role::Coordinator, Role::Quality])
}

/// From which side this caller sees a question; `None` if not at all.
pub fn side(conn: &mut Conn, scope: &Scope, r: &CareRequest) -> Result<Option<Side>, DbError> {
    if scope.centres().contains(&r.site_id) || scope.laboratories().contains(&r.site_id) {
        return Ok(Some(Side::Asker));
    }
    if let Some(patient) = r.patient_id
        && reach::treats(conn, scope, patient)?
    {
        return Ok(Some(Side::Treating));
    }
    Ok(follows_network(scope).then_some(Side::Network))
}

/// One question in reach, with the side it is seen from.
pub fn find(
    conn: &mut Conn,
    scope: &Scope,
    id: CareRequestId,
) -> Result<Option<(CareRequest, Side)>, DbError> {
    let found: Option<CareRequest> =
        care_requests::table.find(id).select(CareRequest::as_select()).first(conn).optional()?;
    let Some(r) = found else { return Ok(None) };
    Ok(side(conn, scope, &r)?.map(|s| (r, s)))
}

/// Whether a question exists at all, for the audit of an attempt.
pub(super) fn is_there(conn: &mut Conn, id: CareRequestId) -> Result<bool, DbError> {
    let found = care_requests::table.filter(care_requests::id.eq(id));
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(conn)?)
}

/// One page of the questions in reach, newest first; only those that wait, if `open`.
pub fn list(
    conn: &mut Reading,
    scope: &Scope,
    open: bool,
    before: Option<CareRequestId>,
    limit: Limit,
) -> Result<Page<CareRequest>, DbError> {
    let rows = kept::load(conn, ("care_requests", care_requests::id), || {
        let mut query = care_requests::table.into_boxed();
        if !follows_network(scope) {
            let own = [scope.centres(), scope.laboratories()].concat();
            // For each question by key: they are few, the children of a centre are many.
            let treated = patient_sites::table
                .filter(patient_sites::patient_id.nullable().eq(care_requests::patient_id))
                .filter(patient_sites::site_id.eq_any(scope.centres().to_vec()))
                .filter(patient_sites::sees.eq(Sees::Course));
            query = query.filter(care_requests::site_id.eq_any(own).or(exists(treated)));
        }
        if open {
            query = query.filter(care_requests::state.eq(CareState::Open));
        }
        if let Some(before) = before {
            query = query.filter(care_requests::id.lt(before));
        }
        query.order(care_requests::id.desc()).limit(limit.probe())
    })?;
    Ok(Page::cut(rows, limit, |r: &CareRequest| r.id))
}
