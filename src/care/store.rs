//! Which questions and transfers a caller sees, and from which side.

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::{Conn, DbError, Kept, Limit, MultiBackend, Page, Reading, kept};
use crate::patients::relation::{CareRequest, CareRequestId, CareState, Sees};
use crate::patients::{PatientId, reach};
use crate::people::Scope;
use crate::people::rights::{Place, Right, may};
use crate::schema::{care_requests, patient_sites};
use crate::sites::SiteId;

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
    may(scope, Right::FollowCare, Place::NETWORK).is_some()
}

/// From which side this caller sees a question; `None` if not at all.
pub fn side(conn: &mut Conn, scope: &Scope, r: &CareRequest) -> Result<Option<Side>, DbError> {
    let treated = reach::treated(conn, scope, r.patient_id.as_slice())?;
    Ok(seen_from(scope, r, &treated))
}

/// Those that this caller sees, each with its side.
pub(super) fn sides(
    conn: &mut Conn,
    scope: &Scope,
    requests: Vec<CareRequest>,
) -> Result<Vec<(CareRequest, Side)>, DbError> {
    let about: Vec<PatientId> = requests.iter().filter_map(|r| r.patient_id).collect();
    let treated = reach::treated(conn, scope, &about)?;
    let seen = requests.into_iter().filter_map(|r| {
        let side = seen_from(scope, &r, &treated)?;
        Some((r, side))
    });
    Ok(seen.collect())
}

/// By the children that the caller's centres treat.
fn seen_from(scope: &Scope, r: &CareRequest, treated: &[PatientId]) -> Option<Side> {
    if scope.centres().contains(&r.site_id) || scope.laboratories().contains(&r.site_id) {
        return Some(Side::Asker);
    }
    if r.patient_id.is_some_and(|patient| treated.contains(&patient)) {
        return Some(Side::Treating);
    }
    follows_network(scope).then_some(Side::Network)
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
    let mut rows = vec![];
    for way in ways(scope) {
        let more = kept::load(conn, ("care_requests", care_requests::id), || {
            let mut query = way.rows();
            if open {
                query = query.filter(care_requests::state.eq(CareState::Open));
            }
            if let Some(before) = before {
                query = query.filter(care_requests::id.lt(before));
            }
            if let Some(floor) = Kept::floor(&rows, limit, |r: &CareRequest| r.id) {
                query = query.filter(care_requests::id.gt(floor));
            }
            query.order(care_requests::id.desc()).limit(limit.probe())
        })?;
        Kept::mix(&mut rows, more, |r: &CareRequest| r.id);
    }
    Ok(Page::cut(rows, limit, |r: &CareRequest| r.id))
}

/// One way in which questions are in reach.
enum Way {
    Any,
    /// What this site asks.
    Own(SiteId),
    /// What is asked about children of these centres.
    Treated(Vec<SiteId>),
}

/// Each by itself: with an "or" between them PostgreSQL first reads all children of the centre.
fn ways(scope: &Scope) -> Vec<Way> {
    if follows_network(scope) {
        return vec![Way::Any];
    }
    let own = scope.centres().iter().chain(scope.laboratories());
    let treated = (!scope.centres().is_empty()).then(|| Way::Treated(scope.centres().to_vec()));
    own.map(|site| Way::Own(*site)).chain(treated).collect()
}

impl Way {
    fn rows(&self) -> care_requests::BoxedQuery<'static, MultiBackend> {
        let all = care_requests::table.into_boxed();
        match self {
            Self::Any => all,
            Self::Own(site) => all.filter(care_requests::site_id.eq(*site)),
            Self::Treated(centres) => {
                // For each question by key: they are few, the children of a centre are many.
                let treated = patient_sites::table
                    .filter(patient_sites::patient_id.nullable().eq(care_requests::patient_id))
                    .filter(patient_sites::site_id.eq_any(centres.clone()))
                    .filter(patient_sites::sees.eq(Sees::Course));
                all.filter(exists(treated))
            }
        }
    }
}
