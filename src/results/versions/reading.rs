//! Reading results: one with its history, a child's course, the list, what was amended since.

use std::collections::HashMap;

use super::amended::{Amended, Unseen, unseen};
use super::diagnosis;
use super::diagnosis::Known;
use super::service::may_acknowledge;
use super::store;
use super::store::{Acknowledgement, Filter, Head, Signature, Version, VersionId};
use super::whose::Whose;
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::catalogue::{Catalogue, Found, Protocol};
use crate::containers::{self, Container};
use crate::custody::facts;
use crate::db::{Instant, Limit, Page, Reading, Unreadable};
use crate::doubts::{self, DoubtId, Notices};
use crate::identity;
use crate::patients::{self, Patient, PatientId};
use crate::people::rights::{Right, holds};
use crate::people::{Caller, Scope, UserId};
use crate::protocols;
use crate::results::arithmetic::line::Line;
use crate::results::entry::again;
use crate::results::entry::input::Record;
use crate::results::refusal::ResultError;
use crate::results::words::Meaning;
use crate::studies::{self, DuePoint, Study, StudyId, StudyKind, correction};

/// A result with its history.
pub struct Opened {
    /// Where it stands.
    pub head: Head,
    /// Versions, oldest first.
    pub versions: Vec<Version>,
    /// Signatures on them.
    pub signatures: Vec<Signature>,
    /// Who took note.
    pub acknowledgements: Vec<Acknowledgement>,
    /// The request that it answers.
    pub study: Study,
    /// The child whose result it is.
    pub patient: Patient,
    /// Printed names of everybody in it.
    pub names: HashMap<UserId, String>,
    /// Whether the reader knew an earlier version and has not taken note of this one (BR-23).
    pub amended: bool,
    /// Whether the reader's word makes it delivered.
    pub may_acknowledge: bool,
    /// Versions signed before the child's identity was corrected, with the identity of then.
    pub signed_as: Vec<(VersionId, identity::Signed)>,
    /// Versions whose sample got another collection time afterwards.
    pub retimed: Vec<VersionId>,
    /// Versions made before the request was corrected, with what was.
    pub said_since: Vec<(VersionId, correction::Since)>,
    /// What is doubted of the samples of its versions, of each that somebody doubts.
    pub whose: HashMap<VersionId, Whose>,
    /// The open doubt that keeps every answer of the child from being released, if there is one.
    pub blocked: Option<DoubtId>,
    /// Of residual disease: the phenotype of diagnosis, as it was known when this was entered.
    pub diagnosis: Option<Known>,
    /// Whether the same was asked for again since.
    pub asked_again: bool,
}

impl Opened {
    /// What is doubted of the sample of a version.
    pub fn whose(&self, version: VersionId) -> Whose {
        self.whose.get(&version).cloned().unwrap_or_default()
    }
    /// The code of the container that the latest version is of, unless a doubt about it is open already.
    pub fn analysed(&self) -> Option<String> {
        let latest = self.versions.last().filter(|v| !self.whose(v.id).is_open())?;
        Some(latest.record().ok()?.sample?.container)
    }

    /// When the latest version says its cells were acquired.
    pub fn acquired_at(&self) -> Option<Instant> {
        let record = self.versions.last()?.record().ok()?;
        record.sample?.acquired_at
    }
}

/// What stands before whoever enters a result: the tubes of the request, what is known of them, whether
/// there is an answer already.
pub(in crate::results) struct Bench {
    /// The tubes of the request, as far as they are in reach.
    pub tubes: Page<Container>,
    /// What an answer from them will say.
    pub known: Vec<Found>,
    /// Whether a version was released: another one amends it.
    pub has_released: bool,
}

/// The bench of a request that the caller has found in reach.
pub(in crate::results) async fn bench(
    app: &App,
    caller: &Caller,
    study: &Study,
) -> Result<Bench, ResultError> {
    let (job_app, job) = (app.clone(), caller.clone());
    let (id, kind) = (study.id, study.kind);
    let filter = containers::store::Filter { study: Some(id), ..Default::default() };
    app.db
        .read(move |c| {
            let tubes = containers::store::list(c, &job.scope, &filter, None, Limit::default())?;
            let mut known: Vec<Found> = vec![];
            // Of what was not drawn yet nothing is known.
            let is_there = |t: &&Container| {
                t.parent_id.is_some() || t.collected_at.is_some() || t.received_at.is_some()
            };
            for tube in tubes.items.iter().filter(is_there) {
                let line = facts::line(c, &job.scope, tube)?;
                for found in line.findings(&job_app.catalogue, kind) {
                    if !known.contains(&found) {
                        known.push(found);
                    }
                }
            }
            let head = store::head(c, &job.scope, id)?;
            let has_released = head.is_some_and(|h| h.released_id.is_some());
            Ok(Bench { tubes, known, has_released })
        })
        .await
}

/// Opens a study's result; shown only once the reading is in the log (BR-28), and so is an attempt
/// out of reach (BR-27).
pub async fn open(app: &App, caller: &Caller, study: StudyId) -> Result<Opened, ResultError> {
    let job = caller.clone();
    audit::looked(&app.db, move |c| {
        let entry = Entry::new(&job, Action::ReadResult, "study", Some(study.0));
        let Some(head) = store::head(c, &job.scope, study)? else {
            // Whoever looks whether the answer of a request of theirs is there has tried nothing that they may not.
            let is_theirs = studies::store::find(c, &job.scope, study)?.is_some();
            let entry = (!is_theirs).then(|| entry.outcome(Outcome::OutOfScope));
            return Ok::<_, ResultError>((None, entry));
        };
        let Some(opened) = opened(c, &job, head)? else { return Ok((None, None)) };
        let entry = entry.patient(opened.patient.id.0);
        Ok((Some(opened), Some(entry)))
    })
    .await?
    .ok_or(ResultError::NotFound)
}

/// The phenotype of diagnosis of a study's child, for who enters residual disease; the reading is
/// audited where there is one.
pub(in crate::results) async fn diagnosis(
    app: &App,
    caller: &Caller,
    study: &Study,
) -> Result<Known, ResultError> {
    let (job, patient) = (caller.clone(), study.patient_id);
    audit::looked(&app.db, move |c| {
        let known = diagnosis::of_diagnosis(c, &job.scope, patient, job.now)?;
        let entry = known.diagnosis.as_ref().map(|d| {
            let entry = Entry::new(&job, Action::ReadResult, "study", Some(d.study.0));
            entry.patient(patient.0)
        });
        Ok::<_, ResultError>((known, entry))
    })
    .await
}

/// All that is told of a result whose head is in reach. It is read before this reading is in the
/// log: that may be the one that takes note of an amendment.
fn opened(c: &mut Reading, caller: &Caller, head: Head) -> Result<Option<Opened>, ResultError> {
    let scope = &caller.scope;
    let Some(study) = studies::store::find(c, scope, head.study_id)? else { return Ok(None) };
    let Some(patient) = patients::merged::shown(c, scope, study.patient_id)? else {
        return Ok(None);
    };
    let unseen = unseen(c, scope, Some(patient.id))?;
    let amended = unseen.amended.iter().any(|a| a.study.id == study.id);
    let may_acknowledge = may_acknowledge(c, caller, &head)?;
    let versions = store::versions(c, scope, &head)?;
    let ids: Vec<VersionId> = versions.iter().map(|v| v.id).collect();
    let signatures = store::signatures(c, &ids)?;
    let acknowledgements = store::acknowledgements(c, &ids)?;
    let people: Vec<UserId> = versions
        .iter()
        .map(|v| v.analyst_id)
        .chain(signatures.iter().map(|s| s.person_id))
        .chain(acknowledgements.iter().map(|a| a.person_id))
        .collect();
    let names = crate::people::store::names_of(c, &people)?;
    let retimed = retimed(c, scope, &versions)?;
    let (study_patient, head_study) = (study.patient_id, study.id);
    let (mut signed_as, mut said_since) = (vec![], vec![]);
    let mut whose = HashMap::new();
    for v in &versions {
        whose.insert(v.id, Whose::of(c, &study, v)?);
        let signed = signatures.iter().filter(|s| s.version_id == v.id).map(|s| s.signed_at).max();
        let at = signed.unwrap_or(v.recorded_at);
        let signed = identity::signed_as(c, study.patient_id, at)?;
        signed_as.extend(signed.map(|of| (v.id, of)));
        // Entered with one answer in hand and signed with another: the counts are of the first one.
        let since = correction::since(c, &study, v.recorded_at)?;
        said_since.extend(since.map(|since| (v.id, since)));
    }
    let diagnosis = match (study.kind, versions.last()) {
        (StudyKind::Mrd, Some(last)) => {
            Some(diagnosis::of_diagnosis(c, scope, patient.id, last.recorded_at)?)
        }
        _ => None,
    };
    Ok(Some(Opened {
        head,
        versions,
        signatures,
        acknowledgements,
        study,
        patient,
        names,
        amended,
        may_acknowledge,
        signed_as,
        retimed,
        said_since,
        whose,
        blocked: doubts::service::blocking(c, study_patient)?,
        diagnosis,
        asked_again: studies::standing::is_asked_again(c, head_study)?,
    }))
}

/// Versions whose sample got another collection time afterwards.
fn retimed(
    c: &mut Reading,
    scope: &Scope,
    versions: &[Version],
) -> Result<Vec<VersionId>, ResultError> {
    let mut retimed = vec![];
    for v in versions {
        let analysed = containers::store::by_id(c, scope, v.container_id)?;
        let drawn = match analysed {
            Some(analysed) => containers::store::root_of(c, scope, &analysed)?,
            None => None,
        };
        if drawn.is_some_and(|d| v.is_retimed(d.collected_at)) {
            retimed.push(v.id);
        }
    }
    Ok(retimed)
}

/// One released MRD of a child's course.
pub struct CoursePoint {
    /// The request that it answers.
    pub study: Study,
    /// The released version.
    pub version: Version,
    /// What that version says.
    pub record: Record,
    /// The container analysed.
    pub container: Container,
    /// The tube that was drawn: what it holds, when it was drawn, is its word.
    pub root: Container,
    /// Where the result stands.
    pub head: Head,
    /// Who released it and when.
    pub signature: Option<Signature>,
    /// Whether the request was corrected after the result was entered.
    pub said_since: bool,
    /// What is doubted of its sample.
    pub whose: Whose,
    /// Whether it asks for another sample, and the same was asked for again since.
    pub asked_again: bool,
}

impl CoursePoint {
    /// When its sample was drawn; where nobody told that, when it came. The newest result must stand on top also
    /// where its draw is not known.
    pub fn known_since(&self) -> Instant {
        let root = &self.root;
        root.collected_at.or(root.received_at).unwrap_or(self.version.recorded_at)
    }
    /// The line it is on: by its record, or for the first results by the tube that was drawn.
    pub fn line(&self, catalogue: &Catalogue) -> Option<Line> {
        let kind = || catalogue.kind_of(&self.root.specimen);
        let by_tube = || Some(self.record.line_of(kind(), self.record.denominator()?));
        self.record.line().or_else(by_tube)
    }
}

/// A child's course.
pub struct Course {
    /// The child whose course it is.
    pub patient: Patient,
    /// Released results, oldest sample first.
    pub points: Vec<CoursePoint>,
    /// Printed names of who signed.
    pub names: HashMap<UserId, String>,
    /// Results amended after the reader had read them (BR-23).
    pub amended: Vec<Amended>,
    /// Doubts about the child's samples that the reader must know of.
    pub doubts: Notices,
    /// Results of the child that can't be read: the course is not whole.
    pub unreadable: Vec<Unreadable>,
    /// The protocol of the latest result that has one, with the figures it was requested under.
    pub protocol: Option<Protocol>,
    /// The time points that wait, the next one first.
    pub due: Vec<DuePoint>,
}

/// A child's released results in order of their samples, for the oncologist's page; shown only once
/// the reading is in the log (BR-28).
pub async fn course(app: &App, caller: &Caller, id: PatientId) -> Result<Course, ResultError> {
    if !holds(&caller.scope, Right::ReadResult) {
        return Err(ResultError::NotFound);
    }
    let (job_app, job) = (app.clone(), caller.clone());
    audit::looked(&app.db, move |c| {
        let found = patients::merged::shown(c, &job.scope, id)?;
        let outcome = if found.is_some() { Outcome::Done } else { Outcome::OutOfScope };
        let entry = Entry::new(&job, Action::ReadResult, "patient", Some(id.0)).outcome(outcome);
        let course = match found {
            Some(patient) => Some(course_of(c, &job_app, &job, patient)?),
            None => None,
        };
        Ok::<_, ResultError>((course, Some(entry.patient(id.0))))
    })
    .await?
    .ok_or(ResultError::NotFound)
}

fn course_of(
    c: &mut Reading,
    app: &App,
    caller: &Caller,
    patient: Patient,
) -> Result<Course, ResultError> {
    let scope = &caller.scope;
    let doubts = doubts::notices(c, scope, Some(patient.id), caller.now)?;
    let Unseen { amended, .. } = unseen(c, scope, Some(patient.id))?;
    let mut points = vec![];
    let (heads, mut unreadable) = store::of_patient(c, scope, patient.id)?;
    for head in heads {
        let study = head.study_id;
        match point(c, app, scope, head) {
            Ok(found) => points.extend(found),
            Err(ResultError::Db(e)) => {
                let why = Unreadable::of(&e, "result_heads", &study).ok_or(e)?;
                unreadable.push(why);
            }
            Err(e) => return Err(e),
        }
    }
    points.sort_by_key(CoursePoint::known_since);
    let people: Vec<UserId> =
        points.iter().filter_map(|p| p.signature.as_ref()).map(|s| s.person_id).collect();
    let names = crate::people::store::names_of(c, &people)?;
    let requested = points.iter().rev().find_map(|p| {
        Some((p.study.protocol_id.as_deref()?, p.study.protocol_version.as_deref()?))
    });
    let protocol = match requested {
        Some((id, version)) => protocols::store::as_approved(c, &app.catalogue, id, version)?,
        None => None,
    };
    let (due, more) = studies::due_points::of_patient(c, scope, patient.id)?;
    unreadable.extend(more);
    Ok(Course { patient, points, names, amended, doubts, unreadable, protocol, due })
}

/// What a head says on the course: nothing before it is released.
fn point(
    c: &mut Reading,
    app: &App,
    scope: &Scope,
    head: Head,
) -> Result<Option<CoursePoint>, ResultError> {
    let Some(released) = head.released_id else { return Ok(None) };
    let Some((version, head)) = store::version(c, scope, released)? else { return Ok(None) };
    let Some(study) = studies::store::find(c, scope, head.study_id)? else { return Ok(None) };
    let container = containers::store::by_id(c, scope, version.container_id)?;
    let Some(container) = container else { return Ok(None) };
    let root = containers::store::root_of(c, scope, &container)?;
    let Some(root) = root else { return Ok(None) };
    let signature =
        store::signatures(c, &[version.id])?.into_iter().find(|s| s.meaning == Meaning::Released);
    let record = version.record()?;
    let said_since = correction::since(c, &study, version.recorded_at)?.is_some();
    let whose = Whose::of(c, &study, &version)?;
    let asks = again::reason(&app.catalogue, &record).is_some();
    let asked_again = asks && studies::standing::is_asked_again(c, study.id)?;
    Ok(Some(CoursePoint {
        study,
        version,
        record,
        container,
        root,
        head,
        signature,
        said_since,
        whose,
        asked_again,
    }))
}

/// A line of the list.
pub struct Listed {
    /// Where the result stands.
    pub head: Head,
    /// The request that it answers.
    pub study: Study,
    /// When the version that holds was released.
    pub released_at: Option<Instant>,
}

/// Whether the list of results is this person's business: who reads results, and who sees to it
/// that critical ones reach somebody.
pub fn sees_list(caller: &Caller) -> bool {
    [Right::ReadResult, Right::FollowCriticals].iter().any(|right| holds(&caller.scope, *right))
}

/// One page of results: to validate, or critical and waiting for a name. Being on it is no
/// reading: it takes note of nothing (BR-25).
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: Filter,
    before: Option<StudyId>,
    limit: Limit,
) -> Result<Page<Listed>, ResultError> {
    let scope = caller.scope.clone();
    app.db
        .read(move |c| {
            let page = store::list(c, &scope, filter, before, limit)?;
            let ids: Vec<VersionId> =
                page.items.iter().filter_map(|(h, _)| h.released_id).collect();
            let times = store::released_at(c, &ids)?;
            Ok(page.map(|(head, study)| {
                let released_at = head.released_id.and_then(|id| times.get(&id)).copied();
                Listed { head, study, released_at }
            }))
        })
        .await
}

/// The doubts about answers that this person must know of.
pub async fn doubted(app: &App, caller: &Caller) -> Result<Notices, ResultError> {
    let (scope, now) = (caller.scope.clone(), caller.now);
    app.db.read(move |c| Ok(doubts::notices(c, &scope, None, now)?)).await
}

/// Those of a child in reach that were amended after this person had read them (BR-23).
pub async fn amended_of(
    app: &App,
    caller: &Caller,
    patient: PatientId,
) -> Result<Unseen, ResultError> {
    let scope = caller.scope.clone();
    app.db.read(move |c| Ok(unseen(c, &scope, Some(patient))?)).await
}

/// The results that were amended after this person had read them (BR-23).
pub async fn amended(app: &App, caller: &Caller) -> Result<Unseen, ResultError> {
    let scope = caller.scope.clone();
    app.db.read(move |c| Ok(unseen(c, &scope, None)?)).await
}
