//! Registering a child who may be known at a centre out of reach. Three things must hold at once:
//! the nurse with the child before her is never stopped, nobody learns by typing who is treated
//! elsewhere, and no child becomes two records without anybody knowing. So the answer is the same
//! words whatever was met, each of its ways on asks somebody else to say whether it is the same
//! child, and who meets more than a few children in a day gets no answer from it at all: from then
//! on every registration is saved, and confirmed by coordination.

use serde_json::json;

use super::duplicate::DuplicateReason;
use super::input::{Choice, Elsewhere};
use super::model::{Patient, PatientId};
use super::refusal::{PatientError, PatientRule};
use super::register::{Alike, Ended, Found, Job};
use super::relation::{self, CareKind, CareRequest, CareRequestId, CareState};
use super::store;
use crate::audit::{self, Action, Entry, Outcome};
use crate::codes::Curp;
use crate::db::{Conn, DbError, Tx};
use crate::people::{self, Caller, Role, UserId};
use crate::sites::SiteId;
use crate::web::FieldFault;

/// Children out of reach that one person may meet in a day and be told "ask first".
pub const LOOKS_OF_PERSON: usize = 10;
/// The same for all people of a site together.
pub const LOOKS_OF_SITE: usize = 40;
/// The day in which they are counted, seconds.
const DAY: i64 = 24 * 3600;
/// After this nobody has to wait for the other centre: coordination may answer. Seconds.
pub const ANSWER_SECONDS: i64 = 30 * 60;
/// Within this a record opened in an emergency, or made provisionally, is reviewed by a second
/// person (`domain.md` 5). Seconds.
pub const REVIEW_SECONDS: i64 = DAY;

/// Who may be named as responsible for opening a record in an emergency: the oncologists of the
/// site; where it has none, coordination.
pub fn seniors(conn: &mut Conn, site: SiteId) -> Result<Vec<(UserId, String)>, PatientError> {
    let mut found = people::store::holders(conn, &[Role::Oncologist], Some(site))?;
    found.retain(|p| p.sites.contains(&site));
    if found.is_empty() {
        found = people::store::holders(conn, &[Role::Coordinator], None)?;
    }
    Ok(found.into_iter().map(|p| (p.id, p.name)).collect())
}

/// A child out of reach was met: that is counted, and is an attempt outside the scope in the audit log
/// (BR-27).
pub(crate) fn met(
    tx: &mut Tx<'_>,
    caller: &Caller,
    site: SiteId,
    patient: PatientId,
    reason: DuplicateReason,
) -> Result<(), DbError> {
    relation::look(tx, caller.scope.user(), site, patient, caller.now)?;
    let entry = Entry::new(caller, Action::SearchPatients, "patient", Some(patient.0));
    let entry = entry.patient(patient.0).site(site).outcome(Outcome::OutOfScope);
    audit::record(tx, &entry.detail(format!("duplicate {reason}")))
}

/// Whether somebody meets more children out of reach than care explains, which quality and
/// coordination find in the audit log: from then on no answer tells one thing from another.
pub(crate) fn limited(tx: &mut Tx<'_>, caller: &Caller, site: SiteId) -> Result<bool, DbError> {
    let since = caller.now.plus_seconds(-DAY);
    let (mine, all) = relation::met(tx, caller.scope.user(), site, since)?;
    let limited = mine > LOOKS_OF_PERSON || all > LOOKS_OF_SITE;
    if limited {
        let entry = Entry::new(caller, Action::CareRelation, "person", None);
        audit::record(tx, &entry.site(site).outcome(Outcome::Refused).detail("limit"))?;
    }
    Ok(limited)
}

impl Job {
    /// Goes on once everything in reach is decided: registers, or meets what is out of reach.
    pub(super) fn beyond(&self, tx: &mut Tx<'_>, found: &Found) -> Result<Ended, PatientError> {
        let far: Vec<&Alike> = found.alike.iter().filter(|a| !a.near).collect();
        self.record_looks(tx, &far)?;
        if self.is_limited(tx)? {
            return self.register_held(tx, found, &far);
        }
        match &self.elsewhere {
            _ if far.is_empty() => Ok(Ended::Registered(Box::new(self.save(tx, found)?))),
            None => Ok(Ended::Refused(PatientError::Rule(PatientRule::AskFirst(seniors(
                tx, self.site,
            )?)))),
            Some(e) => match e.choice {
                Choice::Provisional => self.register_held(tx, found, &far),
                Choice::Ask => self.ask(tx, &far),
                Choice::Emergency if far.iter().any(|a| a.reason.is_sure()) => {
                    self.open(tx, &far, e)
                }
                // Of a child who is only like this one nothing is opened: the nurse would label this
                // child's tubes in another one's record. Hers is made now, and others compare.
                Choice::Emergency => self.register_held(tx, found, &far),
            },
        }
    }

    /// Every child met out of reach is counted, and is an attempt outside the scope in the audit
    /// log (BR-27).
    fn record_looks(&self, tx: &mut Tx<'_>, far: &[&Alike]) -> Result<(), DbError> {
        for a in far {
            met(tx, &self.caller, self.site, a.old.id, a.reason)?;
        }
        Ok(())
    }

    fn is_limited(&self, tx: &mut Tx<'_>) -> Result<bool, DbError> {
        limited(tx, &self.caller, self.site)
    }

    /// Registers the child now. Others say afterwards whether it is one they know; until then the
    /// record goes without a CURP that may be another record's (BR-30).
    fn register_held(
        &self,
        tx: &mut Tx<'_>,
        found: &Found,
        far: &[&Alike],
    ) -> Result<Ended, PatientError> {
        let mut held = self.clone();
        // Also where nobody has it: a CURP left out only where it is taken would tell.
        held.new.curp = None;
        let patient = held.save(tx, found)?;
        let about: Vec<Option<&Alike>> =
            if far.is_empty() { vec![None] } else { far.iter().copied().map(Some).collect() };
        for a in about {
            let request = CareRequest {
                provisional_id: Some(patient.id),
                held_curp: self.new.curp.clone(),
                ..self.request(CareKind::Provisional, a, REVIEW_SECONDS)
            };
            self.tell(tx, &request)?;
        }
        Ok(Ended::Registered(Box::new(patient)))
    }

    fn ask(&self, tx: &mut Tx<'_>, far: &[&Alike]) -> Result<Ended, PatientError> {
        let mut asked = vec![];
        for a in far {
            if let Some(there) = relation::open_about(tx, a.old.id, self.site)? {
                asked.push(there.id);
                continue;
            }
            let request = self.request(CareKind::Ask, Some(a), ANSWER_SECONDS);
            self.tell(tx, &request)?;
            asked.push(request.id);
        }
        Ok(Ended::Asked(asked))
    }

    /// Opens the records that are most like the child, on a named senior's word. Only those: a
    /// record opened for another child is a label on another child's tube.
    fn open(&self, tx: &mut Tx<'_>, far: &[&Alike], e: &Elsewhere) -> Result<Ended, PatientError> {
        let known = seniors(tx, self.site)?;
        let Some(senior) = e.in_charge().filter(|s| known.iter().any(|(id, _)| id == s)) else {
            let fault = FieldFault::new("elsewhere.in_charge", "in-charge");
            return Ok(Ended::Refused(PatientError::Fields(vec![fault])));
        };
        let Some(best) = far.iter().map(|a| a.reason).min() else {
            return Err(DbError::Corrupt("an emergency without a record".into()).into());
        };
        let mut opened: Option<Patient> = None;
        for a in far.iter().filter(|a| a.reason == best) {
            let request = CareRequest {
                in_charge: Some(senior),
                ..self.request(CareKind::Emergency, Some(a), REVIEW_SECONDS)
            };
            self.tell(tx, &request)?;
            relation::begin(tx, a.old.id, self.site, self.caller.now)?;
            opened.get_or_insert_with(|| a.old.clone());
        }
        let opened =
            opened.ok_or_else(|| DbError::Corrupt("an emergency opened nothing".into()))?;
        Ok(Ended::Opened(Box::new(opened)))
    }

    fn request(&self, kind: CareKind, about: Option<&Alike>, seconds: i64) -> CareRequest {
        CareRequest {
            id: CareRequestId::new(),
            kind,
            state: CareState::Open,
            patient_id: about.map(|a| a.old.id),
            provisional_id: None,
            site_id: self.site,
            asked_by: self.caller.scope.user(),
            asked_at: self.caller.now,
            due_at: self.caller.now.plus_seconds(seconds),
            likeness: about.map(|a| a.reason),
            reason: self.elsewhere.as_ref().map(Elsewhere::reason).unwrap_or_default(),
            in_charge: None,
            typed: self.typed().to_string(),
            held_curp: None,
            registration: Some(self.key),
            answered_by: None,
            answered_at: None,
            answer: None,
        }
    }

    /// What was typed, for who must say whether it is the child they know.
    fn typed(&self) -> serde_json::Value {
        let n = &self.new;
        json!({
            "name": n.name.display(), "folded": n.name.folded(), "birth_date": n.birth.to_string(),
            "sex": n.sex, "curp": n.curp, "nss": n.nss, "agregado": n.agregado,
        })
    }

    /// Saves a question with its event and its audit row.
    fn tell(&self, tx: &mut Tx<'_>, request: &CareRequest) -> Result<(), DbError> {
        relation::insert(tx, request)?;
        let actor = (self.caller.scope.user(), self.caller.now);
        let data = json!({
            "reason": request.reason, "in_charge": request.in_charge,
            "likeness": request.likeness, "due_at": request.due_at,
        });
        relation::happened(tx, request, request.kind.into(), actor, &data)?;
        let entry = Entry::new(&self.caller, Action::CareRelation, "care", Some(request.id.0));
        let entry = entry.site(self.site).detail(request.kind.as_str());
        let about = request.patient_id.or(request.provisional_id);
        audit::record(tx, &about.map_or(entry.clone(), |p| entry.patient(p.0)))
    }

    /// The first answer to a registration that has asked others before.
    pub(super) fn replay_elsewhere(&self, tx: &mut Tx<'_>) -> Result<Option<Ended>, DbError> {
        let before = relation::of_registration(tx, self.key, self.caller.scope.user())?;
        let typed = self.typed().to_string();
        let same = |r: &&CareRequest| r.typed == typed;
        let of = |kind| before.iter().filter(move |r| r.kind == kind).filter(same);
        let asked: Vec<CareRequestId> = of(CareKind::Ask).map(|r| r.id).collect();
        let wants = self.elsewhere.as_ref().map(|e| e.choice);
        if wants == Some(Choice::Ask) && !asked.is_empty() {
            return Ok(Some(Ended::Asked(asked)));
        }
        let opened = of(CareKind::Emergency).next().and_then(|r| r.patient_id);
        if let (Some(Choice::Emergency), Some(id)) = (wants, opened) {
            let there = store::find(tx, &self.caller.scope, id)?;
            return Ok(there.map(|p| Ended::Opened(Box::new(p))));
        }
        Ok(None)
    }

    /// The CURP that the record made by this registration was saved without.
    pub(super) fn held_curp(&self, tx: &mut Tx<'_>) -> Result<Option<Curp>, DbError> {
        let before = relation::of_registration(tx, self.key, self.caller.scope.user())?;
        let of_record = |r: &CareRequest| r.provisional_id == Some(PatientId(self.key.0));
        Ok(before.into_iter().find(of_record).and_then(|r| r.held_curp))
    }
}
