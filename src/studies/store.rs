//! Rows of studies and due points. Every query that returns a study takes the caller's scope.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::input::ExpectedTube;
use super::model::{DoubtState, Study, StudyId, StudyKind, StudyState};
use super::standing;
use crate::db::{Conn, DbError, Instant, Kept, Limit, Page, Reading, Tx, kept};
use crate::on_engine;
use crate::patients::PatientId;
use crate::patients::merged;
use crate::patients::reach::{self, OfOthers};
use crate::people::Scope;
use crate::people::rights::{Place, Reach, Right};
use crate::schema::{patient_sites, studies, study_specimens};
use crate::sites::SiteId;

pub use crate::protocols::store::{approve, approved};

type Boxed<'a> = studies::BoxedQuery<'a, crate::db::MultiBackend>;

type KeptStudy = Kept<Study, StudyId>;

/// The table and its key, for rows that can't be read.
pub const KEY: (&str, studies::id) = ("studies", studies::id);

fn newest_first(query: Boxed<'_>) -> Boxed<'_> {
    query.order(studies::id.desc())
}

/// One way in which studies are in reach, whose rows an index has in the order of lists.
#[derive(Debug, Clone)]
enum Way {
    Centre(SiteId),
    Laboratory(SiteId),
    /// What this centre asked of these laboratories.
    Between(SiteId, Vec<SiteId>),
}

impl Way {
    fn rows(self) -> Boxed<'static> {
        let all = studies::table.into_boxed();
        match self {
            Self::Centre(site) => all.filter(studies::centre_id.eq(site)),
            Self::Laboratory(site) => all.filter(studies::laboratory_id.eq(site)),
            Self::Between(centre, laboratories) => all
                .filter(studies::centre_id.eq(centre))
                // As a set, so that the centre's index is the only one in the list's order.
                .filter(studies::laboratory_id.eq_any(laboratories)),
        }
    }
}

/// A request names its child.
fn reach_of(scope: &Scope) -> Reach<'_> {
    Reach::of(scope, Right::SeeIdentity)
}

/// The ways to the studies in reach: asked for by one's centres, or of one's laboratories.
fn ways(scope: &Scope, filter: &Filter) -> Vec<Way> {
    let (centres, laboratories) = (reach_of(scope).centres(), reach_of(scope).laboratories());
    match filter.centre {
        Some(centre) if centres.contains(&centre) => vec![Way::Centre(centre)],
        Some(_) if laboratories.is_empty() => vec![],
        Some(centre) => vec![Way::Between(centre, laboratories.to_vec())],
        None => {
            let centres = centres.iter().copied().map(Way::Centre);
            centres.chain(laboratories.iter().copied().map(Way::Laboratory)).collect()
        }
    }
}

/// Whether a study is in reach by itself; the same rule as [`ways`].
fn is_own(scope: &Scope, s: &Study) -> bool {
    reach_of(scope).holds(Place::of(s.centre_id, s.laboratory_id))
}

/// One study, if in reach: one's own, or of a child that one's centre treats too.
pub fn find(conn: &mut Conn, scope: &Scope, id: StudyId) -> Result<Option<Study>, DbError> {
    let found: Option<Study> =
        studies::table.find(id).select(Study::as_select()).first(conn).optional()?;
    let Some(s) = found else { return Ok(None) };
    let near = is_own(scope, &s) || reach::treats(conn, scope, s.patient_id)?;
    Ok(near.then_some(s))
}

/// Those of `ids` that are in reach and can be read.
pub fn find_many(conn: &mut Conn, scope: &Scope, ids: &[StudyId]) -> Result<Vec<Study>, DbError> {
    let (all, _) = Kept::apart(any_of(conn, ids)?);
    let children: Vec<PatientId> =
        all.iter().filter(|s| !is_own(scope, s)).map(|s| s.patient_id).collect();
    let treated = reach::treated(conn, scope, &children)?;
    let near = |s: &Study| is_own(scope, s) || treated.contains(&s.patient_id);
    Ok(all.into_iter().filter(near).collect())
}

/// Those of `ids`, whoever asks: the caller has found their results in reach.
pub(crate) fn any_of(conn: &mut Conn, ids: &[StudyId]) -> Result<Vec<KeptStudy>, DbError> {
    kept::load(conn, KEY, || {
        newest_first(studies::table.filter(studies::id.eq_any(ids.to_vec())).into_boxed())
    })
}

/// Whether a study exists at all: only to tell an attempt outside the scope from a typo, for the
/// audit.
pub(super) fn is_there(conn: &mut Conn, id: StudyId) -> Result<bool, DbError> {
    let found = studies::table.filter(studies::id.eq(id));
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(conn)?)
}

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this child, by any of its records.
    pub patient: Option<PatientId>,
    /// Only requests that stand so now.
    pub state: Option<StudyState>,
    /// Only immunophenotypes, or only MRDs.
    pub kind: Option<StudyKind>,
    /// Asked for by this centre.
    pub centre: Option<SiteId>,
    /// With a correction that waits for a second person, or without one.
    pub waiting: Option<bool>,
    /// Going on with a clinical question that nobody could answer, or without one.
    pub to_find_out: Option<bool>,
}

/// One page, newest first.
pub fn list(
    conn: &mut Reading,
    scope: &Scope,
    filter: &Filter,
    before: Option<StudyId>,
    limit: Limit,
) -> Result<Page<Study>, DbError> {
    let rows = match filter.patient {
        Some(patient) => {
            let records = merged::records(conn, patient)?;
            let treated = reach::treated(conn, scope, &records)?;
            let all = || studies::table.filter(studies::patient_id.eq_any(records.clone()));
            let mut rows: Vec<KeptStudy> = kept::load(conn, KEY, || {
                newest_first(narrowed(all().into_boxed(), filter, before))
            })?;
            let broken = broken_in_reach(conn, scope, &rows)?;
            rows.retain(|row| match row {
                Kept::Row(s) => treated.contains(&s.patient_id) || is_own(scope, s),
                Kept::Unreadable(id, _) => {
                    treated.len() == records.len() || id.is_some_and(|id| broken.contains(&id))
                }
            });
            rows
        }
        None => {
            let mut rows = vec![];
            for way in ways(scope, filter) {
                let more = kept::load(conn, KEY, || {
                    newest_first(narrowed(way.clone().rows(), filter, before)).limit(limit.probe())
                })?;
                Kept::mix(&mut rows, more, |s: &Study| s.id);
            }
            of_shared(conn, scope, filter, before, (&mut rows, limit))?;
            rows
        }
    };
    Ok(Page::cut(rows, limit, |s| s.id))
}

/// Of the rows that can't be read, those in reach by themselves, as the database compares columns.
fn broken_in_reach(
    conn: &mut Conn,
    scope: &Scope,
    rows: &[KeptStudy],
) -> Result<Vec<StudyId>, DbError> {
    let broken = rows.iter().filter(|row| matches!(row, Kept::Unreadable(..)));
    let ids: Vec<StudyId> = broken.filter_map(|row| row.key(|s| s.id)).collect();
    let mut near = vec![];
    for way in ways(scope, &Filter::default()).into_iter().filter(|_| !ids.is_empty()) {
        let of = way.rows().filter(studies::id.eq_any(ids.clone()));
        near.extend(of.select(studies::id).load::<StudyId>(conn)?);
    }
    Ok(near)
}

/// Adds those of the page that another centre asked for, of a child that one's centre treats too.
fn of_shared(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    before: Option<StudyId>,
    page: (&mut Vec<KeptStudy>, Limit),
) -> Result<(), DbError> {
    if filter.centre.is_some_and(|centre| reach_of(scope).centres().contains(&centre)) {
        return Ok(());
    }
    let limit = page.1;
    let newer = |mut query: Boxed<'static>, floor| {
        if let Some(floor) = floor {
            query = query.filter(studies::id.gt(floor));
        }
        narrowed(query, filter, before)
    };
    let few = |conn: &mut Conn, children: Vec<PatientId>, floor| {
        let all = studies::table.filter(studies::patient_id.eq_any(children)).into_boxed();
        let keys = newer(all, floor).select(studies::id);
        kept::newest_of(conn, KEY, limit, keys, |ids| {
            newest_first(studies::table.filter(studies::id.eq_any(ids)).into_boxed())
        })
    };
    let many = |conn: &mut Conn, laboratory, floor| {
        kept::load(conn, KEY, || {
            let child = patient_sites::patient_id.eq(studies::patient_id);
            let shared = exists(reach::shared_with(scope).filter(child));
            let all = Way::Laboratory(laboratory).rows().filter(shared);
            newest_first(newer(all, floor)).limit(limit.probe())
        })
    };
    reach::add_of_others(conn, scope, page, |s| s.id, OfOthers { few, many })
}

fn narrowed<'a>(mut query: Boxed<'a>, filter: &Filter, before: Option<StudyId>) -> Boxed<'a> {
    if let Some(state) = filter.state {
        query = query.filter(studies::state.eq(state));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(studies::kind.eq(kind));
    }
    if let Some(centre) = filter.centre {
        query = query.filter(studies::centre_id.eq(centre));
    }
    query = match filter.waiting {
        Some(true) => query.filter(studies::proposal.is_not_null()),
        Some(false) => query.filter(studies::proposal.is_null()),
        None => query,
    };
    query = match filter.to_find_out {
        Some(true) => {
            query.filter(studies::open_questions.is_not_null()).filter(studies::closed_at.is_null())
        }
        Some(false) => {
            query.filter(studies::open_questions.is_null().or(studies::closed_at.is_not_null()))
        }
        None => query,
    };
    if let Some(before) = before {
        query = query.filter(studies::id.lt(before));
    }
    query
}

/// Adds a study with the tubes it expects.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    study: &Study,
    tubes: &[(String, String)],
) -> Result<(), DbError> {
    diesel::insert_into(studies::table).values(study.clone()).execute(&mut **tx)?;
    for (n, (specimen, container)) in (1_i32..).zip(tubes) {
        diesel::insert_into(study_specimens::table)
            .values((
                study_specimens::study_id.eq(study.id),
                study_specimens::n.eq(n),
                study_specimens::specimen.eq(specimen),
                study_specimens::container_type.eq(container),
            ))
            .execute(&mut **tx)?;
        tx.touch("study_specimens", (study.id, n));
    }
    tx.touch("studies", study.id);
    Ok(())
}

/// The tubes a study within reach expects.
pub fn expected(conn: &mut Conn, study: &Study) -> Result<Vec<ExpectedTube>, DbError> {
    let rows: Vec<(i32, String, String)> = study_specimens::table
        .filter(study_specimens::study_id.eq(study.id))
        .order(study_specimens::n)
        .select((study_specimens::n, study_specimens::specimen, study_specimens::container_type))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(n, specimen, container_type)| ExpectedTube { n, specimen, container_type })
        .collect())
}

/// Where a study stands, and since when it is closed.
pub fn standing(
    conn: &mut Conn,
    id: StudyId,
) -> Result<Option<(StudyState, Option<Instant>)>, DbError> {
    let row = studies::table.find(id).select((studies::state, studies::closed_at));
    Ok(on_engine!(conn, |c| row.first(c).optional())?)
}

/// Whether another request of the child asks for the time point of this one, and still stands: one that was
/// cancelled does not, nor one that waits for another sample.
pub fn is_asked_twice(conn: &mut Conn, study: &Study) -> Result<bool, DbError> {
    let (Some(protocol), Some(point)) = (&study.protocol_id, &study.timepoint_id) else {
        return Ok(false);
    };
    let records = merged::records(conn, study.patient_id)?;
    let others: Vec<StudyId> = studies::table
        .filter(studies::patient_id.eq_any(records))
        .filter(studies::id.ne(study.id))
        .filter(studies::kind.eq(study.kind))
        .filter(studies::protocol_id.eq(protocol))
        .filter(studies::timepoint_id.eq(point))
        .filter(studies::state.ne_all([StudyState::Cancelled, StudyState::Recollect]))
        .select(studies::id)
        .load(conn)?;
    for other in others {
        // One that was answered by "not evaluable" was replaced.
        if !standing::is_without_answer(conn, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a patient within reach has a released immunophenotype.
pub(super) fn has_diagnosis(conn: &mut Conn, patient: PatientId) -> Result<bool, DbError> {
    let records = merged::records(conn, patient)?;
    Ok(diesel::select(diesel::dsl::exists(
        studies::table
            .filter(studies::patient_id.eq_any(records))
            .filter(studies::kind.eq(StudyKind::Immunophenotype))
            .filter(studies::state.eq(StudyState::Released))
            .filter(studies::doubt.is_null().or(studies::doubt.ne(DoubtState::Confirmed))),
    ))
    .get_result(conn)?)
}
