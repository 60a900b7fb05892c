//! Requesting and opening studies.

use super::input::{ExpectedTube, RequestStudy};
use super::model::{NewStudy, PlanPoint, Study, StudyId, StudyState};
use super::store;
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::codes::StudyNumber;
use crate::db::{Day, DbError, Limit, Page, Tx};
use crate::patients::{self, Patient, PatientError, PatientId};
use crate::people::{Caller, Role};
use crate::sites::{SiteId, SiteKind};
use crate::web::{Fault, FieldFault};

/// What can go wrong with studies.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The roles don't allow it.
    #[error("not allowed")]
    NotAllowed,
    /// No such study or patient in reach.
    #[error("no such study or patient in reach")]
    NotFound,
    /// Refused fields.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
    /// No laboratory is set up.
    #[error("no laboratory in the catalogue")]
    NoLaboratory,
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
}
impl Fault for StudyError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed => "not-allowed",
            Self::NotFound => "not-found",
            Self::Fields(_) => "refused-fields",
            Self::NoLaboratory => "no-laboratory",
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::NotAllowed => 403,
            Self::NotFound => 404,
            Self::Fields(_) => 422,
            Self::NoLaboratory => 409,
            Self::Db(e) => e.status(),
        }
    }
    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Fields(f) => f.clone(),
            _ => vec![],
        }
    }
}
impl From<PatientError> for StudyError {
    fn from(e: PatientError) -> Self {
        match e {
            PatientError::NotAllowed => Self::NotAllowed,
            PatientError::Fields(f) => Self::Fields(f),
            PatientError::Db(e) => Self::Db(e),
            PatientError::NotFound
            | PatientError::PossibleDuplicate(_)
            | PatientError::CurpTaken(_)
            | PatientError::KeyUsed => Self::NotFound,
        }
    }
}

/// The site a study is asked from: a centre of the caller's, or the laboratory for a walk-in.
fn requesting_site(app: &App, caller: &Caller, named: &str) -> Result<SiteId, StudyError> {
    let scope = &caller.scope;
    let own: Vec<SiteId> = if scope.has_any(&[Role::Collector, Role::Oncologist]) {
        scope.centres().to_vec()
    } else if scope.has(Role::Reception) {
        scope.laboratories().to_vec()
    } else {
        return Err(StudyError::NotAllowed);
    };
    match (named.trim(), own.as_slice()) {
        ("", [only]) => Ok(*only),
        ("", _) => Err(StudyError::Fields(vec![FieldFault::new("site", "required")])),
        (code, own) => {
            app.sites.by_code(code).map(|s| s.id).filter(|id| own.contains(id)).ok_or_else(|| {
                let fault = FieldFault::new("site", "unknown-site").with("code", code);
                StudyError::Fields(vec![fault])
            })
        }
    }
}

/// Requests a study for a patient in reach.
pub async fn request(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    input: RequestStudy,
) -> Result<Study, StudyError> {
    let site = requesting_site(app, caller, &input.site)?;
    let Some(laboratory) = app.sites.of_kind(SiteKind::Laboratory).next().map(|s| s.id) else {
        return Err(StudyError::NoLaboratory);
    };
    let today = Day(app.sites.local(Some(site), caller.now).date());
    let (job_app, job) = (app.clone(), caller.clone());
    app.db
        .write(move |tx| {
            let found = patients::store::find(tx, &job.scope, patient)?;
            let found = found.ok_or(StudyError::NotFound)?;
            let enabled = store::approved(tx)?;
            let diagnosed = store::has_diagnosis(tx, patient)?;
            let new = input
                .check(&job_app.catalogue, &enabled, diagnosed, today)
                .map_err(StudyError::Fields)?;
            make(tx, &job_app, &job, &found, &new, (site, laboratory), today)
        })
        .await
}

fn make(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    patient: &Patient,
    new: &NewStudy,
    (centre, laboratory): (SiteId, SiteId),
    today: Day,
) -> Result<Study, StudyError> {
    let year = today.0.year();
    let n = crate::sites::store::next_number(tx, "study", year)?;
    let version = app.catalogue.version.clone();
    let (protocol, timepoint, outside, day1, due) = match &new.plan {
        PlanPoint::Protocol { protocol, timepoint, day1, due } => {
            (Some(protocol), Some(timepoint), None, Some(*day1), Some(*due))
        }
        PlanPoint::Outside { reason } => (None, None, Some(reason), None, None),
    };
    let study = Study {
        id: StudyId::new(),
        number: StudyNumber::new(year, n),
        patient_id: patient.id,
        kind: new.kind,
        state: StudyState::Requested,
        centre_id: centre,
        laboratory_id: laboratory,
        protocol_id: protocol.cloned(),
        protocol_version: protocol.map(|_| version.clone()),
        timepoint_id: timepoint.cloned(),
        outside_reason: outside.cloned(),
        day1,
        due_date: due.map(|d| d.0),
        window_from: due.map(|d| d.1),
        window_to: due.map(|d| d.2),
        diagnosis: new.diagnosis.clone(),
        answers: serde_json::to_string(&new.answers)
            .map_err(|e| DbError::Corrupt(e.to_string()))?,
        diagnostic_reference: new.diagnostic_reference.clone(),
        requester_id: caller.scope.user(),
        requester_name: new.requester.clone(),
        critical_phone: new.critical_phone.clone(),
        urgent: new.urgent,
        requested_at: caller.now,
        requested_by: caller.scope.user(),
        closed_at: None,
    };
    store::insert(tx, &study, &new.tubes)?;
    store::ensure_due_point(tx, patient.id, &version, &new.plan, study.id, today, caller.now)?;
    let entry = Entry::new(caller, Action::WriteStudy, "study", Some(study.id.0));
    audit::record(tx, &entry.patient(patient.id.0).site(centre))?;
    Ok(study)
}

/// A study with what it expects.
pub struct Opened {
    /// The study.
    pub study: Study,
    /// The child.
    pub patient: Patient,
    /// Tubes to be drawn.
    pub expected: Vec<ExpectedTube>,
}

/// Opens a study in reach; the reading is audited, and so is an attempt out of reach.
pub async fn open(app: &App, caller: &Caller, id: StudyId) -> Result<Opened, StudyError> {
    let job = caller.clone();
    app.db
        .write(move |tx| {
            let Some(study) = store::find(tx, &job.scope, id)? else {
                let entry = Entry::new(&job, Action::ReadStudy, "study", Some(id.0));
                audit::record(tx, &entry.outcome(Outcome::OutOfScope))?;
                return Ok(None);
            };
            let patient = patients::store::find(tx, &job.scope, study.patient_id)?;
            let Some(patient) = patient else { return Ok(None) };
            let expected = store::expected(tx, &study)?;
            let entry = Entry::new(&job, Action::ReadStudy, "study", Some(id.0));
            audit::record(tx, &entry.patient(patient.id.0))?;
            Ok::<_, StudyError>(Some(Opened { study, patient, expected }))
        })
        .await?
        .ok_or(StudyError::NotFound)
}

/// One page of the studies in reach.
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: store::Filter,
    before: Option<StudyId>,
    limit: Limit,
) -> Result<Page<Study>, StudyError> {
    let scope = caller.scope.clone();
    app.db.read(move |c| Ok(store::list(c, &scope, &filter, before, limit)?)).await
}
