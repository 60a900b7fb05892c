//! Requesting a study for a child.

use super::correction;
use super::due_points::{self, Plan};
use super::input::{Context, RequestStudy};
use super::model::{NewStudy, PlanPoint, Study, StudyState};
use super::service::{StudyError, StudyRule};
use super::{standing, store};
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::codes::StudyNumber;
use crate::db::{Day, DbError, Tx};
use crate::patients::{self, Patient, PatientId};
use crate::people::Caller;
use crate::people::rights::{Place, Right};
use crate::sites::{SiteId, SiteKind};

/// Requests a study for a patient in reach. Sent again with the same `id`, it gives the first
/// answer again.
pub async fn request(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    input: RequestStudy,
) -> Result<Study, StudyError> {
    let centre = patients::service::registering_site(app, caller, &input.site)?;
    let Some(laboratory) = app.sites.of_kind(SiteKind::Laboratory).next().map(|s| s.id) else {
        return Err(StudyError::Rule(StudyRule::NoLaboratory));
    };
    let today = Day(app.sites.local(Some(centre), caller.now).date());
    let job = Job { app: app.clone(), caller: caller.clone(), centre, laboratory, today };
    app.db.write(move |tx| job.run(tx, patient, &input)).await?.ok_or(StudyError::NotFound)
}

struct Job {
    app: App,
    caller: Caller,
    centre: SiteId,
    laboratory: SiteId,
    today: Day,
}

impl Job {
    /// Nothing for a patient out of reach; the attempt is in the audit log.
    fn run(
        &self,
        tx: &mut Tx<'_>,
        patient: PatientId,
        input: &RequestStudy,
    ) -> Result<Option<Study>, StudyError> {
        let Some(patient) = patients::merged::shown(tx, &self.caller.scope, patient)? else {
            self.audit_attempt(tx, patient)?;
            return Ok(None);
        };
        // Who sees only what it asked for itself asks for no more: its care has ended.
        let at = (Place::at(self.centre), patient.id);
        let by = patients::reach::may(tx, &self.caller.scope, Right::RequestStudy, at)?;
        by.ok_or(StudyError::NotAllowed)?;
        let context = Context {
            catalogue: &self.app.catalogue,
            enabled: &store::approved(tx, &self.app.catalogue.version)?,
            has_diagnosis: store::has_diagnosis(tx, patient.id)?,
            born: patient.birth_date,
            today: self.today,
        };
        let new = input.check(context).map_err(StudyError::Fields)?;
        if let Some(there) = store::find(tx, &self.caller.scope, new.id)? {
            return self.replay(tx, &patient, &new, there).map(Some);
        }
        if store::is_there(tx, new.id)? {
            return Err(StudyError::Rule(StudyRule::KeyUsed));
        }
        self.make(tx, &patient, &new).map(Some)
    }

    fn audit_attempt(&self, tx: &mut Tx<'_>, patient: PatientId) -> Result<(), DbError> {
        if !patients::store::is_there(tx, patient)? {
            return Ok(());
        }
        let entry = Entry::new(&self.caller, Action::WriteStudy, "patient", Some(patient.0));
        audit::record(tx, &entry.patient(patient.0).outcome(Outcome::OutOfScope))
    }

    /// The first answer, if the same was asked for.
    fn replay(
        &self,
        tx: &mut Tx<'_>,
        patient: &Patient,
        new: &NewStudy,
        there: Study,
    ) -> Result<Study, StudyError> {
        let mut again = self.study(patient, new, there.number.clone())?;
        // Sent again after it was corrected: it is what was asked for first that must be the same.
        let there_first = there.clone().saying(&correction::originally(tx, &there)?)?;
        // Asked for before the record was merged into the one that stays (BR-29).
        if patients::merged::records(tx, patient.id)?.contains(&there.patient_id) {
            again.patient_id = there.patient_id;
        }
        let tubes = store::expected(tx, &there)?;
        let same_tubes =
            tubes.into_iter().map(|t| (t.specimen, t.container_type)).eq(new.tubes.iter().cloned());
        if again.asks_as(&there_first) && same_tubes {
            Ok(there)
        } else {
            Err(StudyError::Rule(StudyRule::KeyUsed))
        }
    }

    fn make(
        &self,
        tx: &mut Tx<'_>,
        patient: &Patient,
        new: &NewStudy,
    ) -> Result<Study, StudyError> {
        let year = self.today.0.year();
        let n = crate::sites::store::next_number(tx, "study", year)?;
        let study = self.study(patient, new, StudyNumber::new(year, n))?;
        store::insert(tx, &study, &new.tubes)?;
        self.lay_out(tx, new, &study)?;
        standing::follow_recollected(tx, study.patient_id)?;
        let entry = Entry::new(&self.caller, Action::WriteStudy, "study", Some(study.id.0));
        audit::record(tx, &entry.patient(patient.id.0).site(self.centre))?;
        Ok(study)
    }

    /// The plan that follows from the protocol, if it is within one.
    fn lay_out(&self, tx: &mut Tx<'_>, new: &NewStudy, study: &Study) -> Result<(), DbError> {
        let PlanPoint::Protocol { protocol, timepoint, day1, .. } = &new.plan else {
            return Ok(());
        };
        let found = self.app.catalogue.protocol(protocol);
        let Some((protocol, point)) = found.and_then(|p| Some((p, p.timepoint(timepoint)?))) else {
            return Err(DbError::Corrupt("the plan was checked against another catalogue".into()));
        };
        let plan = Plan {
            patient: study.patient_id,
            protocol,
            version: &self.app.catalogue.version,
            timepoint: point,
            anchor: *day1,
            study: study.id,
            today: self.today,
            now: self.caller.now,
        };
        due_points::lay_out(tx, &plan)
    }

    fn study(
        &self,
        patient: &Patient,
        new: &NewStudy,
        number: StudyNumber,
    ) -> Result<Study, DbError> {
        let (protocol, timepoint, outside, day1, due) = match &new.plan {
            PlanPoint::Protocol { protocol, timepoint, day1, due } => {
                (Some(protocol), Some(timepoint), None, Some(*day1), Some(*due))
            }
            PlanPoint::Outside { reason } => (None, None, Some(reason), None, None),
        };
        let study = Study {
            id: new.id,
            number,
            patient_id: patient.id,
            kind: new.kind,
            state: StudyState::Requested,
            centre_id: self.centre,
            laboratory_id: self.laboratory,
            protocol_id: protocol.cloned(),
            protocol_version: protocol.map(|_| self.app.catalogue.version.clone()),
            timepoint_id: timepoint.cloned(),
            outside_reason: outside.cloned(),
            day1,
            due_date: due.map(|d| d.0),
            window_from: due.map(|d| d.1),
            window_to: due.map(|d| d.2),
            diagnosis: String::new(),
            answers: String::new(),
            diagnostic_reference: None,
            requester_id: self.caller.scope.user(),
            requester_name: String::new(),
            critical_phone: String::new(),
            urgent: new.urgent,
            requested_at: self.caller.now,
            requested_by: self.caller.scope.user(),
            closed_at: None,
            event_count: 0,
            proposal: None,
            open_questions: None,
            requester_licence: None,
            doubt: None,
        };
        study.saying(&new.said)
    }
}
