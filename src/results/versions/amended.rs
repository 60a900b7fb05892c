//! Answers that were amended after somebody had read them (BR-23): "push a notice to everyone who
//! opened the old one". Nothing is marked and nothing can be forgotten: who read what stands in
//! the audit log, who took note in the acknowledgements.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use super::rows::VersionId;
use crate::audit;
use crate::db::{Conn, DbError, Instant, Kept, Limit, MultiBackend, Reading, Unreadable};
use crate::patients::reach::{self, OfOthers};
use crate::patients::{PatientId, merged};
use crate::people::rights::{self, Reach, Right, may};
use crate::people::{Scope, UserId};
use crate::results::words::Meaning;
use crate::schema::{
    patient_sites, result_acknowledgements, result_heads, result_signatures, result_versions,
};
use crate::studies::{self, Study, StudyId};

/// A study whose released answer is not the one this person read.
#[derive(Debug, Clone)]
pub struct Amended {
    /// The request whose answer it is.
    pub study: Study,
    /// The version that holds now.
    pub version: Uuid,
    /// Why it was amended.
    pub reason: Option<String>,
    /// When it was released.
    pub released_at: Instant,
}

/// What a person has not seen yet.
#[derive(Debug, Clone, Default)]
pub struct Unseen {
    /// The amendments, newest first.
    pub amended: Vec<Amended>,
    /// Amended studies whose rows can't be read: whether the person has seen them is not known.
    pub unreadable: Vec<Unreadable>,
}

/// Amendments looked at, at most: the newest 200.
fn newest_ones() -> Limit {
    Limit::new(Limit::MAX).unwrap_or_default()
}

/// The studies in reach, of one patient or of all, whose released answer was amended after this
/// person had read or acknowledged an earlier one, and of which they have not taken note since;
/// newest first, out of the newest 200 amendments.
pub fn unseen(
    conn: &mut Reading,
    scope: &Scope,
    patient: Option<PatientId>,
) -> Result<Unseen, DbError> {
    if !scope.reads_results() {
        return Ok(Unseen::default());
    }
    let mut places = newest(conn, scope, patient)?;
    // Of nearly all of them a person knows no version: nothing more is read of those.
    let known = Known::of(conn, scope.user(), &places)?;
    places.retain(|p| known.any_of(p));
    if places.is_empty() {
        return Ok(Unseen::default());
    }
    let ids: Vec<StudyId> = places.iter().map(|p| p.study).collect();
    let children: Vec<PatientId> = places.iter().map(|p| p.patient).collect();
    let treated = reach::treated(conn, scope, &children)?;
    let first = first_released(conn, &ids)?;
    let (released, unreadable) = amended(conn, scope, &ids, &treated)?;
    let unseen = released.into_iter().filter(|a| {
        // An oncologist of a centre that asked or treats the child says so by name; for the
        // laboratory's people, who are not the ones it is for, reading it is enough.
        let place = rights::Place::of(a.study.centre_id, a.study.laboratory_id)
            .treated(treated.contains(&a.study.patient_id));
        let by_name = may(scope, Right::AcknowledgeResult, place).is_some();
        let first = first.get(&a.study.id).copied();
        !a.was_made_by(scope.user())
            && known.an_earlier_one(a, first)
            && !known.this_one(a, by_name)
    });
    Ok(Unseen { amended: unseen.map(Released::told).collect(), unreadable })
}

/// The released answer of a study for which another one had been released before.
struct Released {
    study: Study,
    version: VersionId,
    reason: Option<String>,
    analyst: UserId,
    signer: UserId,
    at: Instant,
}

impl Released {
    fn was_made_by(&self, person: UserId) -> bool {
        [self.analyst, self.signer].contains(&person)
    }
    fn told(self) -> Amended {
        let Self { study, version, reason, at, .. } = self;
        Amended { study, version: version.0, reason, released_at: at }
    }
}

/// Where an answer was amended: when, of which study and child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    at: Instant,
    study: StudyId,
    patient: PatientId,
}

type Boxed<'a> = result_heads::BoxedQuery<'a, MultiBackend>;

type Places = Vec<Kept<Place, Place>>;

fn places(conn: &mut Conn, of: Boxed<'_>) -> Result<Places, DbError> {
    let rows: Vec<(Option<Instant>, StudyId, PatientId)> = of
        .filter(result_heads::amended_at.is_not_null())
        .order(result_heads::amended_at.desc())
        .limit(newest_ones().probe())
        .select((result_heads::amended_at, result_heads::study_id, result_heads::patient_id))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(at, study, patient)| Some(Kept::Row(Place { at: at?, study, patient })))
        .collect())
}

/// The newest amendments in reach, newest first: each site's are in order in an index.
fn newest(
    conn: &mut Conn,
    scope: &Scope,
    patient: Option<PatientId>,
) -> Result<Vec<Place>, DbError> {
    let all = || result_heads::table.into_boxed();
    let mut found = vec![];
    if let Some(patient) = patient {
        let records = merged::records(conn, patient)?;
        found = places(conn, all().filter(result_heads::patient_id.eq_any(records)))?;
    } else {
        let reach = Reach::of(scope, Right::ReadResult);
        for centre in reach.centres() {
            let more = places(conn, all().filter(result_heads::centre_id.eq(*centre)))?;
            Kept::mix(&mut found, more, |p| *p);
        }
        for site in reach.laboratories() {
            let more = places(conn, all().filter(result_heads::laboratory_id.eq(*site)))?;
            Kept::mix(&mut found, more, |p| *p);
        }
        of_others(conn, scope, &mut found)?;
    }
    let (mut found, _) = Kept::apart(found);
    found.truncate(newest_ones().rows());
    Ok(found)
}

/// Adds those of other centres' requests for children whom one's centre treats too.
fn of_others(conn: &mut Conn, scope: &Scope, found: &mut Places) -> Result<(), DbError> {
    let newer = |floor: Option<Place>| {
        let all = result_heads::table.into_boxed();
        match floor {
            Some(floor) => all.filter(result_heads::amended_at.ge(floor.at)),
            None => all,
        }
    };
    let few = |conn: &mut Conn, children: Vec<PatientId>, floor| {
        places(conn, newer(floor).filter(result_heads::patient_id.eq_any(children)))
    };
    let many = |conn: &mut Conn, laboratory, floor| {
        let child = patient_sites::patient_id.eq(result_heads::patient_id);
        let shared = exists(reach::shared_with(scope).filter(child));
        let of = result_heads::laboratory_id.eq(laboratory);
        places(conn, newer(floor).filter(of).filter(shared))
    };
    reach::add_of_others(conn, scope, (found, newest_ones()), |p| *p, OfOthers { few, many })
}

fn amended(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[StudyId],
    treated: &[PatientId],
) -> Result<(Vec<Released>, Vec<Unreadable>), DbError> {
    let (studies, unreadable) = Kept::apart(studies::store::any_of(conn, ids)?);
    let mut studies: HashMap<StudyId, Study> = studies.into_iter().map(|s| (s.id, s)).collect();
    let rows: Vec<(StudyId, VersionId, Option<String>, UserId, UserId, Instant)> =
        result_heads::table
            .inner_join(
                result_versions::table
                    .on(result_heads::released_id.eq(result_versions::id.nullable())),
            )
            .inner_join(
                result_signatures::table.on(result_signatures::version_id.eq(result_versions::id)),
            )
            .filter(result_heads::study_id.eq_any(ids.to_vec()))
            .filter(result_signatures::meaning.eq(Meaning::Released))
            .select((
                result_heads::study_id,
                result_versions::id,
                result_versions::reason,
                result_versions::analyst_id,
                result_signatures::person_id,
                result_signatures::signed_at,
            ))
            .load(conn)?;
    let near = |s: &Study| {
        let place = rights::Place::of(s.centre_id, s.laboratory_id);
        may(scope, Right::ReadResult, place.treated(treated.contains(&s.patient_id))).is_some()
    };
    let mut found: Vec<Released> = rows
        .into_iter()
        .filter_map(|(study, version, reason, analyst, signer, at)| {
            let study = studies.remove(&study).filter(near)?;
            Some(Released { study, version, reason, analyst, signer, at })
        })
        .collect();
    found.sort_by_key(|a| std::cmp::Reverse((a.at, a.study.id)));
    Ok((found, unreadable))
}

/// What a person knows of the answers of some studies: read at once for all of them.
struct Known {
    /// When the person opened a study's answer, or a child's course.
    read: Vec<(Uuid, Instant)>,
    /// Which answers the person took note of by name.
    acknowledged: Vec<(StudyId, VersionId)>,
    /// Of records that were merged the one that stays: its course shows their answers too (BR-29).
    stays: HashMap<PatientId, PatientId>,
}

impl Known {
    fn of(conn: &mut Conn, person: UserId, places: &[Place]) -> Result<Self, DbError> {
        if places.is_empty() {
            return Ok(Self { read: vec![], acknowledged: vec![], stays: HashMap::new() });
        }
        let studies: Vec<StudyId> = places.iter().map(|p| p.study).collect();
        let records: Vec<PatientId> = places.iter().map(|p| p.patient).collect();
        let stays = merged::staying(conn, &records)?;
        let mut children: Vec<Uuid> = records.iter().chain(stays.values()).map(|p| p.0).collect();
        children.sort_unstable();
        children.dedup();
        Ok(Self {
            read: audit::store::results_read(conn, person, &children)?,
            acknowledged: result_acknowledgements::table
                .inner_join(result_versions::table)
                .filter(result_versions::study_id.eq_any(studies))
                .filter(result_acknowledgements::person_id.eq(person))
                .select((result_versions::study_id, result_versions::id))
                .load(conn)?,
            stays,
        })
    }
    /// Where somebody reads the answer of a study: by itself, or on a course.
    fn places(&self, study: StudyId, patient: PatientId) -> Vec<Uuid> {
        let stays = self.stays.get(&patient).map(|p| p.0);
        [study.0, patient.0].into_iter().chain(stays).collect()
    }
    /// Whether the person has met any version of a study's answer.
    fn any_of(&self, place: &Place) -> bool {
        let of = self.places(place.study, place.patient);
        self.read.iter().any(|(subject, _)| of.contains(subject))
            || self.acknowledged.iter().any(|(study, _)| *study == place.study)
    }
    fn has_read(&self, a: &Released, when: impl Fn(Instant) -> bool) -> bool {
        let of = self.places(a.study.id, a.study.patient_id);
        self.read.iter().any(|(subject, at)| of.contains(subject) && when(*at))
    }
    /// The person had opened or acknowledged the answer before this one was released; `first` is
    /// when a study's first one was.
    fn an_earlier_one(&self, a: &Released, first: Option<Instant>) -> bool {
        let noted =
            |(study, version): &(StudyId, VersionId)| *study == a.study.id && *version != a.version;
        first.is_some_and(|first| self.has_read(a, |at| at > first && at <= a.at))
            || self.acknowledged.iter().any(noted)
    }
    /// The person knows of the answer that holds now: took note of it by name, or has read it.
    fn this_one(&self, a: &Released, by_name: bool) -> bool {
        match by_name {
            true => self.acknowledged.contains(&(a.study.id, a.version)),
            false => self.has_read(a, |at| at > a.at),
        }
    }
}

fn first_released(
    conn: &mut Conn,
    studies: &[StudyId],
) -> Result<HashMap<StudyId, Instant>, DbError> {
    let rows: Vec<(StudyId, Instant)> = result_signatures::table
        .inner_join(result_versions::table)
        .filter(result_versions::study_id.eq_any(studies.to_vec()))
        .filter(result_signatures::meaning.eq(Meaning::Released))
        .select((result_versions::study_id, result_signatures::signed_at))
        .load(conn)?;
    let mut first = HashMap::new();
    for (study, at) in rows {
        first.entry(study).and_modify(|f: &mut Instant| *f = at.min(*f)).or_insert(at);
    }
    Ok(first)
}
