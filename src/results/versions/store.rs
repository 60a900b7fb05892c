//! Reads and writes the rows of results. Every query that returns a patient's result takes the
//! caller's scope.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::{Conn, DbError, Instant, Kept, Limit, Page, Reading, Tx, Unreadable, kept};
use crate::journal;
use crate::patients::reach::{self, OfOthers};
use crate::patients::{PatientId, merged};
use crate::people::rights::{Place, Reach, Right, holds, in_care, may};
use crate::people::{Scope, UserId};
use crate::results::words::{HeadState, Meaning};
use crate::schema::{
    patient_sites, result_acknowledgements, result_heads, result_signatures, result_versions,
};
use crate::sites::SiteId;
use crate::studies::{self, Study, StudyId};

pub use super::rows::Acknowledgement;
pub use super::rows::AcknowledgementId;
pub use super::rows::Head;
pub use super::rows::Signature;
pub use super::rows::SignatureId;
pub use super::rows::Version;
pub use super::rows::VersionId;

type Boxed<'a> = result_heads::BoxedQuery<'a, crate::db::MultiBackend>;

type KeptHead = Kept<Head, StudyId>;

const KEY: (&str, result_heads::study_id) = ("result_heads", result_heads::study_id);

fn newest_first(query: Boxed<'_>) -> Boxed<'_> {
    query.order(result_heads::study_id.desc())
}

/// One way in which results are in reach, whose rows an index has in the order of lists.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// What an oncologist's centre asked for, once released.
    Centre(SiteId),
    /// What a laboratory answers, however far it is.
    Laboratory(SiteId),
    /// Every critical one that stands so, once released.
    Critical(HeadState),
    /// Every critical one that nobody has acknowledged: few.
    Waiting,
}

impl Way {
    fn rows(self) -> Boxed<'static> {
        let all = result_heads::table.into_boxed();
        let released = result_heads::released_id.is_not_null();
        match self {
            Self::Centre(site) => all.filter(result_heads::centre_id.eq(site)).filter(released),
            Self::Laboratory(site) => all.filter(result_heads::laboratory_id.eq(site)),
            Self::Critical(state) => all
                .filter(result_heads::critical.is_not_null())
                .filter(released)
                .filter(result_heads::state.eq(state)),
            Self::Waiting => waiting(all),
        }
    }
}

/// The ways to the results in reach.
fn ways(scope: &Scope) -> Vec<Way> {
    let reach = Reach::of(scope, Right::ReadResult);
    let centres = reach.centres().iter().copied().map(Way::Centre);
    centres.chain(reach.laboratories().iter().copied().map(Way::Laboratory)).collect()
}

/// Whether a result is in reach by itself; the same rule as [`ways`].
fn is_own(scope: &Scope, h: &Head) -> bool {
    ways(scope).into_iter().any(|way| match way {
        Way::Centre(site) => h.centre_id == site && h.released_id.is_some(),
        Way::Laboratory(site) => h.laboratory_id == site,
        Way::Critical(_) | Way::Waiting => false,
    })
}

/// Those of `children` whom an oncologist's centre treats: of their released results, those that
/// another centre asked for are in reach too.
fn treated(
    conn: &mut Conn,
    scope: &Scope,
    children: &[PatientId],
) -> Result<Vec<PatientId>, DbError> {
    match in_care(scope, Right::ReadResult) {
        true => reach::treated(conn, scope, children),
        false => Ok(vec![]),
    }
}

/// Whether this person reads what was entered and is not released. Another role of theirs at the laboratory opens none
/// of it: reception and the bench know of a result how far it is.
fn reads_drafts(scope: &Scope, head: &Head) -> bool {
    may(scope, Right::ReadDraft, Place::of(head.centre_id, head.laboratory_id)).is_some()
}

/// The head of a study's result, if in reach.
pub fn head(conn: &mut Conn, scope: &Scope, study: StudyId) -> Result<Option<Head>, DbError> {
    let found: Option<Head> =
        result_heads::table.find(study).select(Head::as_select()).first(conn).optional()?;
    let Some(head) = found else { return Ok(None) };
    let near = is_own(scope, &head)
        || (head.released_id.is_some()
            && in_care(scope, Right::ReadResult)
            && reach::treats(conn, scope, head.patient_id)?);
    Ok(near.then_some(head))
}

/// The heads of a patient's results in reach, oldest study first, and those that can't be read; at
/// most 500. The caller has found the patient in reach.
pub fn of_patient(
    conn: &mut Reading,
    scope: &Scope,
    patient: PatientId,
) -> Result<(Vec<Head>, Vec<Unreadable>), DbError> {
    let records = merged::records(conn, patient)?;
    let treated = treated(conn, scope, &records)?;
    let heads: Vec<KeptHead> = kept::load(conn, KEY, || {
        result_heads::table
            .filter(result_heads::patient_id.eq_any(records.clone()))
            .order(result_heads::study_id)
            .limit(500)
    })?;
    let (mut heads, unreadable) = Kept::apart(heads);
    heads.retain(|h| {
        is_own(scope, h) || (treated.contains(&h.patient_id) && h.released_id.is_some())
    });
    Ok((heads, unreadable))
}

/// The ways of a list: those to what is in reach and, for a coordinator, to every critical one of
/// the network. What a coordinator gets is where a result waits for whom, never whose it is.
fn listed(scope: &Scope, filter: Filter) -> Vec<Way> {
    let mut ways = ways(scope);
    let follows = holds(scope, Right::FollowCriticals);
    if follows && filter.waiting {
        ways.push(Way::Waiting);
    } else if follows {
        let states = HeadState::ALL.iter().copied();
        let wanted = states.filter(|s| filter.state.is_none_or(|wanted| wanted == *s));
        ways.extend(wanted.map(Way::Critical));
    }
    ways
}

/// What the list is narrowed to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only results that stand so now.
    pub state: Option<HeadState>,
    /// Critical and acknowledged by nobody yet.
    pub waiting: bool,
}

/// How many critical results were released and acknowledged by nobody yet: a count and no more.
pub fn waiting_criticals(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(waiting(result_heads::table.into_boxed()).count().get_result(conn)?)
}

/// Those that [`Head::waits_for_acknowledgement`] says of a row.
fn waiting(query: Boxed<'_>) -> Boxed<'_> {
    let unacknowledged = result_heads::acknowledged_id
        .is_null()
        .or(result_heads::acknowledged_id.ne(result_heads::released_id).assume_not_null());
    query
        .filter(result_heads::critical.is_not_null())
        .filter(result_heads::released_id.is_not_null())
        .filter(unacknowledged)
}

/// One page of heads with their studies, newest study first.
pub fn list(
    conn: &mut Reading,
    scope: &Scope,
    filter: Filter,
    before: Option<StudyId>,
    limit: Limit,
) -> Result<Page<(Head, Study)>, DbError> {
    let mut rows: Vec<KeptHead> = vec![];
    for way in listed(scope, filter) {
        let more = kept::load(conn, KEY, || {
            newest_first(narrowed(way.rows(), filter, before)).limit(limit.probe())
        })?;
        Kept::mix(&mut rows, more, |h| h.study_id);
    }
    if in_care(scope, Right::ReadResult) {
        of_shared(conn, scope, filter, before, (&mut rows, limit))?;
    }
    with_studies(conn, Page::cut(rows, limit, |h| h.study_id))
}

/// Adds those of the page that another centre asked for, of a child that one's centre treats too, once
/// they are released.
fn of_shared(
    conn: &mut Conn,
    scope: &Scope,
    filter: Filter,
    before: Option<StudyId>,
    page: (&mut Vec<KeptHead>, Limit),
) -> Result<(), DbError> {
    let limit = page.1;
    let newer = |query: Boxed<'static>, floor| {
        let mut query = query.filter(result_heads::released_id.is_not_null());
        if let Some(floor) = floor {
            query = query.filter(result_heads::study_id.gt(floor));
        }
        narrowed(query, filter, before)
    };
    let few = |conn: &mut Conn, children: Vec<PatientId>, floor| {
        let all = result_heads::table.filter(result_heads::patient_id.eq_any(children));
        let keys = newer(all.into_boxed(), floor).select(result_heads::study_id);
        kept::newest_of(conn, KEY, limit, keys, |ids| {
            newest_first(
                result_heads::table.filter(result_heads::study_id.eq_any(ids)).into_boxed(),
            )
        })
    };
    let many = |conn: &mut Conn, laboratory, floor| {
        // The few that wait for somebody stand in an index of their own.
        let way = if filter.waiting { Way::Waiting } else { Way::Laboratory(laboratory) };
        kept::load(conn, KEY, || {
            let child = patient_sites::patient_id.eq(result_heads::patient_id);
            let all = way.rows().filter(exists(reach::shared_with(scope).filter(child)));
            newest_first(newer(all, floor)).limit(limit.probe())
        })
    };
    reach::add_of_others(conn, scope, page, |h| h.study_id, OfOthers { few, many })
}

/// The heads of a page with their studies. One whose study can't be read is told of as that.
fn with_studies(conn: &mut Reading, mut page: Page<Head>) -> Result<Page<(Head, Study)>, DbError> {
    let ids: Vec<StudyId> = page.items.iter().map(|h| h.study_id).collect();
    let of = if ids.is_empty() { vec![] } else { studies::store::any_of(conn, &ids)? };
    let (of, unreadable) = Kept::apart(of);
    page.unreadable.extend(unreadable);
    let mut of: HashMap<StudyId, Study> = of.into_iter().map(|s| (s.id, s)).collect();
    let pair = |h: Head| of.remove(&h.study_id).map(|s| (h, s));
    page.try_over(|heads| Ok(heads.into_iter().filter_map(pair).collect()))
}

fn narrowed<'a>(mut query: Boxed<'a>, filter: Filter, before: Option<StudyId>) -> Boxed<'a> {
    if let Some(state) = filter.state {
        query = query.filter(result_heads::state.eq(state));
    }
    if filter.waiting {
        query = waiting(query);
    }
    if let Some(before) = before {
        query = query.filter(result_heads::study_id.lt(before));
    }
    query
}

/// Whether a person entered any version of a study's result.
pub(in crate::results) fn has_entered(
    conn: &mut Conn,
    study: StudyId,
    person: UserId,
) -> Result<bool, DbError> {
    let own = result_versions::table
        .filter(result_versions::study_id.eq(study))
        .filter(result_versions::analyst_id.eq(person));
    Ok(diesel::select(exists(own)).get_result(conn)?)
}

/// When each of these versions was released.
pub(in crate::results) fn released_at(
    conn: &mut Conn,
    of: &[VersionId],
) -> Result<HashMap<VersionId, Instant>, DbError> {
    let rows: Vec<(VersionId, Instant)> = result_signatures::table
        .filter(result_signatures::version_id.eq_any(of))
        .filter(result_signatures::meaning.eq(Meaning::Released))
        .select((result_signatures::version_id, result_signatures::signed_at))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// The versions of a result whose head the caller has found in reach, oldest first: those that were released, and the
/// others to who reads drafts.
pub fn versions(conn: &mut Conn, scope: &Scope, head: &Head) -> Result<Vec<Version>, DbError> {
    let mut query =
        result_versions::table.filter(result_versions::study_id.eq(head.study_id)).into_boxed();
    if !reads_drafts(scope, head) {
        let released = result_signatures::table
            .filter(result_signatures::version_id.eq(result_versions::id))
            .filter(result_signatures::meaning.eq(Meaning::Released));
        query = query.filter(exists(released));
    }
    Ok(query.order(result_versions::version).select(Version::as_select()).load(conn)?)
}

/// The version with this id, whoever's it is: to answer a repeat, never to show. The caller made
/// the id.
pub(in crate::results) fn with_id(
    conn: &mut Conn,
    id: VersionId,
) -> Result<Option<Version>, DbError> {
    Ok(result_versions::table.find(id).select(Version::as_select()).first(conn).optional()?)
}

/// Of which studies these versions are, of those that are in reach: a centre knows of a version only
/// once it was released.
pub fn studies_of(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[VersionId],
) -> Result<Vec<(VersionId, StudyId)>, DbError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let of: Vec<(VersionId, StudyId)> = result_versions::table
        .filter(result_versions::id.eq_any(ids.to_vec()))
        .select((result_versions::id, result_versions::study_id))
        .load(conn)?;
    let studies: Vec<StudyId> = of.iter().map(|(_, study)| *study).collect();
    let heads: Vec<Head> = result_heads::table
        .filter(result_heads::study_id.eq_any(studies))
        .select(Head::as_select())
        .load(conn)?;
    let children: Vec<PatientId> = heads.iter().map(|h| h.patient_id).collect();
    let treated = treated(conn, scope, &children)?;
    let released = released_at(conn, ids)?;
    let near = |(version, study): &(VersionId, StudyId)| {
        heads.iter().find(|h| h.study_id == *study).is_some_and(|h| {
            let through_child = h.released_id.is_some() && treated.contains(&h.patient_id);
            (is_own(scope, h) || through_child)
                && (reads_drafts(scope, h) || released.contains_key(version))
        })
    };
    Ok(of.into_iter().filter(near).collect())
}

/// One version of a head in reach.
pub fn version(
    conn: &mut Conn,
    scope: &Scope,
    id: VersionId,
) -> Result<Option<(Version, Head)>, DbError> {
    let Some(version) = with_id(conn, id)? else { return Ok(None) };
    let Some(head) = head(conn, scope, version.study_id)? else { return Ok(None) };
    let near = versions(conn, scope, &head)?.iter().any(|v| v.id == id);
    Ok(near.then_some((version, head)))
}

/// The signatures on versions the caller has found in reach.
pub fn signatures(conn: &mut Conn, of: &[VersionId]) -> Result<Vec<Signature>, DbError> {
    Ok(result_signatures::table
        .filter(result_signatures::version_id.eq_any(of))
        .order(result_signatures::id)
        .select(Signature::as_select())
        .load(conn)?)
}

/// The acknowledgements of versions the caller has found in reach.
pub fn acknowledgements(
    conn: &mut Conn,
    of: &[VersionId],
) -> Result<Vec<Acknowledgement>, DbError> {
    Ok(result_acknowledgements::table
        .filter(result_acknowledgements::version_id.eq_any(of))
        .order(result_acknowledgements::id)
        .select(Acknowledgement::as_select())
        .load(conn)?)
}

pub(in crate::results) fn insert_version(
    conn: &mut Conn,
    version: &Version,
) -> Result<(), DbError> {
    diesel::insert_into(result_versions::table).values(version.clone()).execute(conn)?;
    Ok(())
}

pub(in crate::results) fn insert_signature(
    conn: &mut Conn,
    signature: &Signature,
) -> Result<(), DbError> {
    diesel::insert_into(result_signatures::table).values(signature.clone()).execute(conn)?;
    Ok(())
}

pub(in crate::results) fn insert_acknowledgement(
    tx: &mut Tx<'_>,
    ack: &Acknowledgement,
) -> Result<(), DbError> {
    diesel::insert_into(result_acknowledgements::table).values(ack.clone()).execute(&mut **tx)?;
    tx.touch("result_acknowledgements", ack.id);
    Ok(())
}

pub(in crate::results) fn put_head(
    tx: &mut Tx<'_>,
    head: &Head,
    fresh: bool,
) -> Result<(), DbError> {
    if fresh {
        diesel::insert_into(result_heads::table).values(head.clone()).execute(&mut **tx)?;
        tx.touch("result_heads", head.study_id);
    } else {
        journal::change(tx, "result_heads", head.study_id)?;
        diesel::update(result_heads::table.find(head.study_id))
            .set(head.clone())
            .execute(&mut **tx)?;
    }
    Ok(())
}
