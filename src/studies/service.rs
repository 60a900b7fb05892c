//! Opening and listing studies, and the time points they answer.

use super::cancelled::{self, Told};
use super::correction;
use super::due::DueState;
use super::due_points::{self, DuePoint, DuePointId};
use super::input::ExpectedTube;
use super::model::{Study, StudyId};
use super::store;
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Conn, Day, DbError, Instant, Limit, Page, Tx, Unreadable};
use crate::patients::{self, Patient, PatientError, PatientId, PatientRule};
use crate::people::rights::{self, Place, Right};
use crate::people::{Caller, Denied, Scope};
use crate::web::{Fault, FieldFault, Reason};

pub use super::request::request;

/// What can go wrong with studies.
pub type StudyError = Denied<StudyRule>;

/// What keeps a request from being made or settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StudyRule {
    /// The client's key was used for another request.
    #[error("the key is another request's")]
    KeyUsed,
    /// The time point is settled already.
    #[error("the time point is settled")]
    PointSettled,
    /// No laboratory is set up.
    #[error("no laboratory in the catalogue")]
    NoLaboratory,
}
impl Fault for StudyRule {
    fn code(&self) -> &'static str {
        match self {
            Self::KeyUsed => "key-used",
            Self::PointSettled => "due-point-settled",
            Self::NoLaboratory => "no-laboratory",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::KeyUsed | Self::PointSettled | Self::NoLaboratory => 409,
        }
    }
}
impl From<PatientError> for StudyError {
    fn from(e: PatientError) -> Self {
        e.but(|rule| match rule {
            PatientRule::KeyUsed => Self::Rule(StudyRule::KeyUsed),
            PatientRule::PossibleDuplicate(_)
            | PatientRule::CurpTaken(_)
            | PatientRule::AskFirst(_) => Self::NotFound,
        })
    }
}

/// A study with what it expects.
pub struct Opened {
    /// The request as it stands.
    pub study: Study,
    /// The child that it is for.
    pub patient: Patient,
    /// Tubes to be drawn.
    pub expected: Vec<ExpectedTube>,
    /// Of a cancelled one: why.
    pub cancelled: Option<Told>,
    /// When it was last corrected.
    pub corrected: Option<Instant>,
}

/// Opens a study in reach; the reading is audited, and so is an attempt out of reach.
pub async fn open(app: &App, caller: &Caller, id: StudyId) -> Result<Opened, StudyError> {
    let job = caller.clone();
    audit::looked(&app.db, move |c| {
        let entry = Entry::new(&job, Action::ReadStudy, "study", Some(id.0));
        let Some(study) = store::find(c, &job.scope, id)? else {
            let told = store::is_there(c, id)?;
            return Ok::<_, StudyError>((None, told.then(|| entry.outcome(Outcome::OutOfScope))));
        };
        let patient = patients::merged::shown(c, &job.scope, study.patient_id)?;
        let Some(patient) = patient else { return Ok((None, None)) };
        let expected = store::expected(c, &study)?;
        let entry = entry.patient(patient.id.0);
        let cancelled = cancelled::told(c, &study)?;
        let corrected = correction::last(c, &study)?;
        Ok((Some(Opened { study, patient, expected, cancelled, corrected }), Some(entry)))
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

/// As [`list`], each with its child where the caller may see identities; audited, since it
/// shows names.
pub async fn list_named(
    app: &App,
    caller: &Caller,
    filter: store::Filter,
    before: Option<StudyId>,
    limit: Limit,
) -> Result<Page<(Study, Option<Patient>)>, StudyError> {
    let job = caller.clone();
    audit::looked(&app.db, move |c| {
        let mut page = store::list(c, &job.scope, &filter, before, limit)?;
        let ids: Vec<PatientId> = page.items.iter().map(|s| s.patient_id).collect();
        let (named, unreadable) = patients::merged::shown_many(c, &job.scope, &ids)?;
        page.unreadable.extend(unreadable);
        let entry = Entry::new(&job, Action::SearchPatients, "study", None)
            .detail(format!("studies {}", page.items.len()));
        let page = page.map(|s| {
            let patient = named.get(&s.patient_id).cloned();
            (s, patient)
        });
        Ok((page, Some(entry)))
    })
    .await
}

/// The day on the wall where the caller works.
pub fn today(app: &App, caller: &Caller) -> Day {
    Day(app.sites.local(caller.scope.home(), caller.now).date())
}

/// The time points of a patient in reach, by due date.
pub async fn due_points(
    app: &App,
    caller: &Caller,
    patient: PatientId,
) -> Result<(Vec<DuePoint>, Vec<Unreadable>), StudyError> {
    let scope = caller.scope.clone();
    app.db.read(move |c| Ok(due_points::of_patient(c, &scope, patient)?)).await
}

/// One time point in reach.
pub async fn due_point(app: &App, caller: &Caller, id: DuePointId) -> Result<DuePoint, StudyError> {
    let scope = caller.scope.clone();
    let found: Option<DuePoint> =
        app.db.read(move |c| Ok::<_, StudyError>(due_points::find(c, &scope, id)?)).await?;
    found.ok_or(StudyError::NotFound)
}

/// What somebody may do with a child's plan.
#[derive(Debug, Clone, Copy, Default)]
pub struct MayPlan {
    /// Ask for a study.
    pub request: bool,
    /// Say that a time point needs no sample.
    pub settle: bool,
}

/// What the caller may do with the plan of a child in reach. A centre whose care has ended asks for no more; the
/// laboratory asks for its walk-ins.
///
/// # Errors
/// [`StudyError`] of the database.
pub async fn may_plan(
    app: &App,
    caller: &Caller,
    patient: PatientId,
) -> Result<MayPlan, StudyError> {
    let scope = caller.scope.clone();
    app.db.read(move |c| Ok(plans(c, &scope, patient)?)).await
}

fn plans(conn: &mut Conn, scope: &Scope, patient: PatientId) -> Result<MayPlan, DbError> {
    let by_care = patients::reach::treats(conn, scope, patient)?;
    let may = |right| rights::may(scope, right, Place::NETWORK.treated(by_care)).is_some();
    let walk_ins = !rights::sites(scope, Right::RequestStudy).is_empty();
    Ok(MayPlan {
        request: walk_ins || may(Right::RequestStudy),
        settle: may(Right::SettleDuePoint),
    })
}

/// Says that a time point is not needed (`waived`) or no longer applies, and why.
pub async fn settle_due_point(
    app: &App,
    caller: &Caller,
    id: DuePointId,
    state: &str,
    reason: &str,
) -> Result<DuePoint, StudyError> {
    if !rights::holds(&caller.scope, Right::SettleDuePoint) {
        return Err(StudyError::NotAllowed);
    }
    let (state, reason) = settled(state, reason).map_err(StudyError::Fields)?;
    let (job, today) = (caller.clone(), today(app, caller));
    app.db
        .write(move |tx| settle_one(tx, &job, id, (state, &reason), today))
        .await?
        .ok_or(StudyError::NotFound)
}

fn settled(state: &str, reason: &str) -> Result<(DueState, String), Vec<FieldFault>> {
    let mut faults = vec![];
    let state = match state.trim() {
        "" => Err("required"),
        word => match word.parse() {
            Ok(s @ (DueState::Waived | DueState::NotApplicable)) => Ok(s),
            _ => Err("due-state"),
        },
    };
    let reason = Reason::read("reason", reason).map_err(|fault| faults.push(fault));
    let reason = reason.map_or_else(|()| String::new(), String::from);
    match state {
        Ok(state) if faults.is_empty() => Ok((state, reason)),
        Ok(_) => Err(faults),
        Err(code) => {
            faults.insert(0, FieldFault::new("state", code));
            Err(faults)
        }
    }
}

fn settle_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: DuePointId,
    (state, reason): (DueState, &str),
    today: Day,
) -> Result<Option<DuePoint>, StudyError> {
    let entry = Entry::new(caller, Action::WriteStudy, "due-point", Some(id.0));
    let Some(point) = due_points::find(tx, &caller.scope, id)? else {
        if due_points::is_there(tx, id)? {
            audit::record(tx, &entry.outcome(Outcome::OutOfScope))?;
        }
        return Ok(None);
    };
    if !plans(tx, &caller.scope, point.patient_id)?.settle {
        return Err(StudyError::NotAllowed);
    }
    // A missed one may still be explained; a collected or settled one stays as it is.
    if !point.is_open(today) && point.state_on(today) != DueState::Missed {
        return Err(StudyError::Rule(StudyRule::PointSettled));
    }
    due_points::settle(tx, id, state, Some(reason), caller.now)?;
    audit::record(tx, &entry.patient(point.patient_id.0).detail(state.as_str()))?;
    Ok(due_points::find(tx, &caller.scope, id)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_settles_only_with_a_reason() {
        let codes = |state, reason| -> Vec<&str> {
            settled(state, reason).err().unwrap_or_default().iter().map(|f| f.code).collect()
        };
        assert!(codes("waived", "cambio de protocolo").is_empty());
        assert_eq!(codes("", "no"), ["required", "reason-length"]);
        assert_eq!(codes("missed", "no se tomó"), ["due-state"]);
    }
}
