//! Registering a child: nothing is saved until a person has decided about everybody who may be
//! the same one. Of those out of reach nothing is shown; see `elsewhere.rs`.

use serde_json::json;

use super::duplicate::{Candidate, CandidateRecord, DuplicateReason, Known, compare, mark};
use super::input::{Decision, DecisionKind, Elsewhere, RegisterPatient};
use super::model::{NewPatient, Patient, PatientId};
use super::refusal::{PatientError, PatientRule};
use super::relation::CareRequestId;
use super::store::{self, Compared, IdentityEvent, IdentityEventId};
use crate::app::App;
use crate::audit::{self, Action, Entry};
use crate::codes::PatientFolio;
use crate::db::{Day, DbError, Tx, Unreadable};
use crate::ledger;
use crate::people::Caller;
use crate::people::rights::{self, Right};
use crate::sites::SiteId;
use crate::web::FieldFault;

/// Children that a person is asked about at once, the likest: more than anybody compares.
const SHOWN: usize = 20;

/// A registered child that may be the new one, before it is decided what may be shown of it.
pub(super) struct Alike {
    pub(super) old: Patient,
    pub(super) reason: DuplicateReason,
    pub(super) near: bool,
    mark: String,
}

/// Whom a registration met.
pub(super) struct Found {
    pub(super) alike: Vec<Alike>,
    /// Children near enough to be compared whose rows can't be read. Who mends the row compares them:
    /// the identity event names them.
    unreadable: Vec<Unreadable>,
}

/// How a registration ended. A refusal is an end too: it is audited, so it must commit.
pub(super) enum Ended {
    Registered(Box<Patient>),
    Opened(Box<Patient>),
    Asked(Vec<CareRequestId>),
    Refused(PatientError),
}

/// What a registration led to.
#[derive(Debug)]
pub enum Registration {
    /// A record of its own.
    Registered(Patient),
    /// The child's record at another centre, opened in an emergency.
    Opened(Patient),
    /// Questions to others: nothing is registered.
    Asked(Vec<CareRequestId>),
}

/// The sites a caller may register at.
pub fn sites_to_register_at(caller: &Caller) -> Vec<SiteId> {
    rights::sites(&caller.scope, Right::RegisterPatient)
}

/// The site of a registration: the one named, or the caller's only one.
pub fn registering_site(app: &App, caller: &Caller, named: &str) -> Result<SiteId, PatientError> {
    let own = sites_to_register_at(caller);
    let refused = |code| Err(PatientError::Fields(vec![FieldFault::new("site", code)]));
    let site = match (named.trim(), own.as_slice()) {
        (_, []) => return Err(PatientError::NotAllowed),
        ("", [only]) => *only,
        ("", _) => return refused("required"),
        (code, own) => match app.sites.by_code(code).map(|s| s.id).filter(|id| own.contains(id)) {
            Some(id) => id,
            None => return refused("site-of-yours"),
        },
    };
    // A retired centre's people go on reading; nothing new begins there.
    match app.sites.get(site).and_then(|s| s.closed("site")) {
        Some(fault) => Err(PatientError::Fields(vec![fault])),
        None => Ok(site),
    }
}

/// Registers a child, after a decision about anybody who may be the same one.
///
/// # Errors
/// [`PatientRule::PossibleDuplicate`] while a candidate in reach is undecided,
/// [`PatientRule::CurpTaken`] whatever was decided, [`PatientRule::AskFirst`] where records out
/// of reach are like the child and nothing was chosen; nothing of the child is saved then.
pub async fn register(
    app: &App,
    caller: &Caller,
    input: RegisterPatient,
) -> Result<Registration, PatientError> {
    let site = registering_site(app, caller, &input.site)?;
    let today = Day(app.sites.local(Some(site), caller.now).date());
    let (key, new) = input.check(today).map_err(PatientError::Fields)?;
    let job = Job {
        app: app.clone(),
        caller: caller.clone(),
        site,
        key: key.unwrap_or_else(PatientId::new),
        decision: input.decision,
        elsewhere: input.elsewhere,
        new,
    };
    // With a CURP or a key that another server saved at the same moment, the second look tells.
    match app.db.write_again(move |tx, _| job.run(tx)).await? {
        Ended::Registered(patient) => Ok(Registration::Registered(*patient)),
        Ended::Opened(patient) => Ok(Registration::Opened(*patient)),
        Ended::Asked(ids) => Ok(Registration::Asked(ids)),
        Ended::Refused(error) => Err(error),
    }
}

#[derive(Clone)]
pub(super) struct Job {
    pub(super) app: App,
    pub(super) caller: Caller,
    pub(super) site: SiteId,
    pub(super) key: PatientId,
    decision: Option<Decision>,
    pub(super) elsewhere: Option<Elsewhere>,
    pub(super) new: NewPatient,
}

impl Job {
    fn run(&self, tx: &mut Tx<'_>) -> Result<Ended, PatientError> {
        store::one_by_one(tx)?;
        if let Some(ended) = self.replay(tx)? {
            return Ok(ended);
        }
        let found = self.alike(tx)?;
        if let Some(refusal) = self.refusal(&found.alike) {
            self.audit_shown(tx, &found.alike)?;
            return Ok(Ended::Refused(refusal));
        }
        self.beyond(tx, &found)
    }

    /// Saves the child's record.
    pub(super) fn save(&self, tx: &mut Tx<'_>, found: &Found) -> Result<Patient, PatientError> {
        let patient = self.patient(tx)?;
        let event = self.event(&patient, 1, "registered", self.identity(&patient, found));
        store::insert(tx, &patient, self.new.record_number.as_deref(), &event)?;
        ledger::append(tx, event.event_id.0, event.recorded_at, &event.body());
        let entry =
            Entry::new(&self.caller, Action::RegisterPatient, "patient", Some(patient.id.0));
        audit::record(tx, &entry.patient(patient.id.0).site(self.site))?;
        if self.is_twin() {
            self.flag_twins(tx, &patient, &found.alike)?;
        }
        Ok(patient)
    }

    fn is_twin(&self) -> bool {
        self.decision.as_ref().is_some_and(|d| d.kind == DecisionKind::Twin)
    }

    /// The first answer to a registration that was sent before.
    fn replay(&self, tx: &mut Tx<'_>) -> Result<Option<Ended>, DbError> {
        if let Some(there) = store::find(tx, &self.caller.scope, self.key)?
            && there.registered_by == self.caller.scope.user()
            && self.is_of(tx, &there)?
        {
            return Ok(Some(Ended::Registered(Box::new(there))));
        }
        if let Some(ended) = self.replay_elsewhere(tx)? {
            return Ok(Some(ended));
        }
        let used = store::is_there(tx, self.key)?;
        Ok(used.then_some(Ended::Refused(PatientError::Rule(PatientRule::KeyUsed))))
    }

    /// Whether `there` was made from what was sent now.
    fn is_of(&self, tx: &mut Tx<'_>, there: &Patient) -> Result<bool, DbError> {
        let new = &self.new;
        let curp = match there.curp {
            Some(_) => there.curp.clone(),
            None => self.held_curp(tx)?,
        };
        Ok(there.name() == new.name
            && (there.birth(), there.sex) == (new.birth, new.sex)
            && (&curp, &there.nss, &there.agregado) == (&new.curp, &new.nss, &new.agregado))
    }

    /// Whoever may be the new child, the likest first.
    fn alike(&self, tx: &mut Tx<'_>) -> Result<Found, DbError> {
        let Compared { known, unreadable } = store::alike(tx, &self.new, self.site)?;
        let known = known.into_iter();
        let mut known: Vec<Known> = known
            .map(|(patient, same_record)| Known { patient, same_record, near: true })
            .filter(|known| compare(&self.new, known).is_some())
            .collect();
        // Only of these it matters whether they are in reach.
        let keys: Vec<PatientId> = known.iter().map(|k| k.patient.id).collect();
        let reached = store::reached(tx, &self.caller.scope, &keys)?;
        let mut alike = vec![];
        for mut known in known.drain(..) {
            known.near = reached.contains(&known.patient.id);
            let Some(reason) = compare(&self.new, &known) else { continue };
            let mark = mark(self.caller.scope.user(), known.patient.id);
            alike.push(Alike { old: known.patient, reason, near: known.near, mark });
        }
        alike.sort_by_key(|a| a.reason);
        alike.truncate(SHOWN);
        Ok(Found { alike, unreadable })
    }

    /// Why the candidates in reach stand in the way, if they do. What is out of reach changes
    /// nothing here: the answer would tell that it is there.
    fn refusal(&self, alike: &[Alike]) -> Option<PatientError> {
        let near = || alike.iter().filter(|a| a.near);
        let taken: Vec<&Alike> = near().filter(|a| a.reason == DuplicateReason::SameCurp).collect();
        if !taken.is_empty() {
            return Some(PatientError::Rule(PatientRule::CurpTaken(self.shown(taken))));
        }
        let decided = self.decision.as_ref().map_or(&[][..], |d| &d.of);
        if near().any(|a| !decided.contains(&a.mark)) {
            return Some(PatientError::Rule(PatientRule::PossibleDuplicate(self.shown(near()))));
        }
        // A decision is about all of them, and nobody has a twin of the same name.
        let namesake = near().any(|a| a.reason == DuplicateReason::SameNameBirth);
        let twin_there = !namesake && near().any(|a| a.reason.may_be_twin());
        (self.is_twin() && !twin_there).then(|| {
            PatientError::Fields(vec![FieldFault::new("decision.kind", "no-twin-among-them")])
        })
    }

    fn shown<'a>(&self, near: impl IntoIterator<Item = &'a Alike>) -> Vec<Candidate> {
        let record =
            |a: &Alike| CandidateRecord::new(&a.old, self.app.sites.name(a.old.registered_site));
        near.into_iter()
            .map(|a| Candidate { mark: a.mark.clone(), reason: a.reason, record: record(a) })
            .collect()
    }

    /// A candidate shown is a record read.
    fn audit_shown(&self, tx: &mut Tx<'_>, alike: &[Alike]) -> Result<(), DbError> {
        for a in alike.iter().filter(|a| a.near) {
            let id = a.old.id.0;
            let entry = Entry::new(&self.caller, Action::SearchPatients, "patient", Some(id));
            let entry = entry.patient(id).site(self.site);
            audit::record(tx, &entry.detail(format!("duplicate {}", a.reason)))?;
        }
        Ok(())
    }

    fn patient(&self, tx: &mut Tx<'_>) -> Result<Patient, DbError> {
        let year = self.app.sites.local(Some(self.site), self.caller.now).year();
        let n = crate::sites::store::next_number(tx, "patient", year)?;
        let new = self.new.clone();
        Ok(Patient {
            id: self.key,
            folio: PatientFolio::new(year, n),
            folded_name: new.name.folded(),
            given_names: new.name.given,
            surname1: new.name.surname1,
            surname2: new.name.surname2,
            birth_date: new.birth.day,
            sex: new.sex,
            curp: new.curp,
            nss: new.nss,
            agregado: new.agregado,
            multiple_birth: new.multiple_birth || self.is_twin(),
            registered_at: self.caller.now,
            registered_by: self.caller.scope.user(),
            registered_site: self.site,
            event_count: 1,
            birth_precision: new.birth.precision,
            latin_surname2: new.latin.as_ref().and_then(|n| n.surname2.clone()),
            latin_surname1: new.latin.as_ref().map(|n| n.surname1.clone()),
            latin_given: new.latin.map(|n| n.given),
            proposal: None,
            merged_into: None,
        })
    }

    pub(super) fn event(
        &self,
        patient: &Patient,
        seq: i64,
        kind: &str,
        data: serde_json::Value,
    ) -> IdentityEvent {
        IdentityEvent {
            patient_id: patient.id,
            seq,
            event_id: IdentityEventId::new(),
            kind: kind.to_owned(),
            recorded_at: self.caller.now,
            actor_id: self.caller.scope.user(),
            site_id: self.site,
            data: data.to_string(),
        }
    }

    /// The identity as registered, with what was decided and about whom.
    fn identity(&self, p: &Patient, found: &Found) -> serde_json::Value {
        let alike = &found.alike;
        let decision = self.decision.as_ref().filter(|_| !alike.is_empty());
        json!({
            "folio": p.folio, "given_names": p.given_names, "surname1": p.surname1,
            "surname2": p.surname2, "birth_date": p.birth().to_string(), "sex": p.sex, "curp": p.curp,
            "nss": p.nss, "agregado": p.agregado, "multiple_birth": p.multiple_birth,
            "record_number": self.new.record_number,
            "latin": p.latin(),
            "decision": decision.map(|d| json!({ "kind": d.kind, "reason": d.reason() })),
            "elsewhere": self.elsewhere.as_ref().filter(|_| !alike.is_empty()).map(|e| e.choice),
            "decided_about": alike.iter().map(|a| a.old.id).collect::<Vec<_>>(),
            "not_compared": found.unreadable.iter().map(|u| &u.id).collect::<Vec<_>>(),
        })
    }

    /// A twin's record is flagged too, by an identity event of its own, where it is in reach.
    fn flag_twins(
        &self,
        tx: &mut Tx<'_>,
        patient: &Patient,
        alike: &[Alike],
    ) -> Result<(), PatientError> {
        let twins = || alike.iter().filter(|a| a.near && a.reason.may_be_twin());
        // The last reason is the one that says so plainest; of others with another one nothing is
        // known.
        let plainest = twins().map(|a| a.reason).max();
        let twins = twins().filter(|a| Some(a.reason) == plainest);
        for Alike { old, .. } in twins.filter(|a| !a.old.multiple_birth) {
            let data = json!({ "multiple_birth": true, "twin": patient.id });
            let event = self.event(old, old.event_count + 1, "twin-found", data);
            store::flag_multiple_birth(tx, &event)?;
            ledger::append(tx, event.event_id.0, event.recorded_at, &event.body());
            let entry = Entry::new(&self.caller, Action::CorrectPatient, "patient", Some(old.id.0));
            audit::record(tx, &entry.patient(old.id.0).site(self.site).detail("twin-found"))?;
        }
        Ok(())
    }
}
