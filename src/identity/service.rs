//! Proposing another identity, and deciding about it.

use serde_json::json;

use super::model::{Correction, Identity, IdentityRule, Step, Verdict, correction};
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Conn, Day, DbError, Tx};
use crate::ledger;
use crate::patients::store::{self, IdentityEvent, IdentityEventId};
use crate::patients::{Patient, PatientId, RegisterPatient, reach, reason_of_care, relation};
use crate::people::{Caller, Denied, Role};
use crate::sites::SiteId;
use crate::web::FieldFault;

/// What can go wrong with a correction.
pub(super) type IdentityError = Denied<IdentityRule>;

/// What somebody says is right.
#[derive(Debug, Clone)]
pub(super) struct Proposal {
    /// The client's key: sent again, it gives the first answer again.
    pub id: IdentityEventId,
    /// The whole identity as it should be. What a correction has nothing to do with is empty.
    pub identity: RegisterPatient,
    /// Why.
    pub reason: String,
}

/// Whether a correction is for this person: who treats the child, who receives its samples with the
/// paper in hand, and the head of the laboratory (`domain.md` 14).
pub(super) fn may(conn: &mut Conn, caller: &Caller, patient: PatientId) -> Result<bool, DbError> {
    let scope = &caller.scope;
    let treats =
        scope.has_any(&[Role::Collector, Role::Oncologist]) && reach::treats(conn, scope, patient)?;
    let receives = scope.has_any(&[Role::Reception, Role::LabHead])
        && store::find(conn, scope, patient)?.is_some();
    Ok(treats || receives)
}

/// Where an event is recorded to have happened: the site of who acts.
fn site(caller: &Caller, patient: &Patient) -> SiteId {
    caller.scope.home().unwrap_or(patient.registered_site)
}

/// Proposes another identity.
///
/// # Errors
/// The fields that are wrong; the [`IdentityRule`] that is broken; not found out of reach.
pub(super) async fn propose(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    proposal: Proposal,
) -> Result<IdentityEventId, IdentityError> {
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    let (_, new) = proposal.identity.check(today).map_err(Denied::Fields)?;
    let reason = reason_of_care(&proposal.reason).map_err(|f| Denied::Fields(vec![f]))?;
    let (job, after, id) = (caller.clone(), Identity::from(new), proposal.id);
    app.db
        .write_again(move |tx, _| propose_one(tx, &job, patient, id, &after, &reason))
        .await?
        .ok_or(Denied::NotFound)
}

fn propose_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    patient: PatientId,
    id: IdentityEventId,
    after: &Identity,
    reason: &str,
) -> Result<Option<IdentityEventId>, IdentityError> {
    let Some(record) = found(tx, caller, patient)? else { return Ok(None) };
    let before = Identity::from(&record);
    let correction = Correction { before, after: after.clone(), reason: reason.to_owned() };
    if let Some(there) = store::event(tx, patient, id)? {
        let same = there.actor_id == caller.scope.user()
            && super::model::correction(&there).is_some_and(|c| c.after == *after);
        return if same { Ok(Some(id)) } else { Err(Denied::Rule(IdentityRule::KeyUsed)) };
    }
    if record.proposal.is_some() {
        return Err(Denied::Rule(IdentityRule::Waits));
    }
    if correction.before == *after {
        return Err(Denied::Rule(IdentityRule::Nothing));
    }
    curp_is_free(tx, &record, after)?;
    let data = json!(correction);
    let event = event(caller, &record, id, Step::Proposed, &data);
    store::propose(tx, &event)?;
    told(tx, caller, &event)?;
    Ok(Some(id))
}

/// The record, locked and in reach of somebody who may correct it. An attempt out of reach is audited
/// (BR-27).
fn found(
    tx: &mut Tx<'_>,
    caller: &Caller,
    patient: PatientId,
) -> Result<Option<Patient>, IdentityError> {
    relation::lock(tx, patient)?;
    let Some(record) = store::find(tx, &caller.scope, patient)? else {
        if store::is_there(tx, patient)? {
            let entry = Entry::new(caller, Action::CorrectPatient, "patient", Some(patient.0));
            audit::record(tx, &entry.patient(patient.0).outcome(Outcome::OutOfScope))?;
        }
        return Ok(None);
    };
    match may(tx, caller, patient)? {
        true => Ok(Some(record)),
        false => Err(Denied::NotAllowed),
    }
}

/// Two children never have one CURP (BR-30).
fn curp_is_free(conn: &mut Conn, record: &Patient, after: &Identity) -> Result<(), IdentityError> {
    match &after.curp {
        Some(curp) if record.curp.as_ref() != Some(curp) && store::has_curp(conn, curp)? => {
            Err(Denied::Fields(vec![FieldFault::new("curp", "curp-taken")]))
        }
        _ => Ok(()),
    }
}

fn event(
    caller: &Caller,
    record: &Patient,
    id: IdentityEventId,
    step: Step,
    data: &serde_json::Value,
) -> IdentityEvent {
    IdentityEvent {
        patient_id: record.id,
        seq: record.event_count + 1,
        event_id: id,
        kind: step.to_string(),
        recorded_at: caller.now,
        actor_id: caller.scope.user(),
        site_id: site(caller, record),
        data: data.to_string(),
    }
}

/// The event enters the log, and who did what the audit.
fn told(tx: &mut Tx<'_>, caller: &Caller, event: &IdentityEvent) -> Result<(), DbError> {
    ledger::append(tx, event.event_id.0, event.recorded_at, &event.body());
    let id = event.patient_id.0;
    let entry = Entry::new(caller, Action::CorrectPatient, "patient", Some(id));
    audit::record(tx, &entry.patient(id).site(event.site_id).detail(event.kind.clone()))
}

/// Agrees to a proposal, or not. Who proposed it may take it back, and never agrees.
///
/// # Errors
/// The [`IdentityRule`] that is broken; not found out of reach.
pub(super) async fn decide(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    proposal: IdentityEventId,
    verdict: Verdict,
    reason: &str,
) -> Result<(), IdentityError> {
    let reason = match verdict {
        Verdict::Approve if reason.trim().is_empty() => String::new(),
        _ => reason_of_care(reason).map_err(|f| Denied::Fields(vec![f]))?,
    };
    let job = caller.clone();
    app.db
        .write_again(move |tx, _| decide_one(tx, &job, patient, proposal, verdict, &reason))
        .await?
        .ok_or(Denied::NotFound)
}

fn decide_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    patient: PatientId,
    proposal: IdentityEventId,
    verdict: Verdict,
    reason: &str,
) -> Result<Option<()>, IdentityError> {
    let Some(record) = found(tx, caller, patient)? else { return Ok(None) };
    if record.proposal != Some(proposal) {
        return Err(Denied::Rule(IdentityRule::Decided));
    }
    let proposed = store::event(tx, patient, proposal)?
        .ok_or_else(|| DbError::Corrupt("a proposal without its event".into()))?;
    let wanted = correction(&proposed)
        .ok_or_else(|| DbError::Corrupt("a proposal that says nothing".into()))?;
    let id = IdentityEventId::new();
    let told_of = |data| event(caller, &record, id, step(verdict), &data);
    let event = match verdict {
        Verdict::Decline => {
            let event = told_of(json!({ "proposal": proposal, "reason": reason }));
            store::decide(tx, &event, None)?;
            event
        }
        Verdict::Approve => {
            agreed(tx, caller, &record, &proposed, &wanted)?;
            let event = told_of(json!({
                "proposal": proposal, "proposed_by": proposed.actor_id,
                "before": wanted.before, "after": wanted.after, "reason": wanted.reason,
            }));
            store::decide(tx, &event, Some(&wanted.after.of(&record)))?;
            event
        }
    };
    told(tx, caller, &event)?;
    Ok(Some(()))
}

fn step(verdict: Verdict) -> Step {
    match verdict {
        Verdict::Approve => Step::Corrected,
        Verdict::Decline => Step::Declined,
    }
}

/// Whether this person may agree to it, and the record is still the one it was proposed for.
fn agreed(
    conn: &mut Conn,
    caller: &Caller,
    record: &Patient,
    proposed: &IdentityEvent,
    wanted: &Correction,
) -> Result<(), IdentityError> {
    if proposed.actor_id == caller.scope.user() {
        return Err(Denied::Rule(IdentityRule::OwnProposal));
    }
    if Identity::from(record) != wanted.before {
        return Err(Denied::Rule(IdentityRule::Changed));
    }
    curp_is_free(conn, record, &wanted.after)
}
