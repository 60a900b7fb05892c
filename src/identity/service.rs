//! Proposing another identity, and deciding about it.

use serde_json::json;

use super::merge;
use super::model::{Correction, Identity, IdentityRule, Step, correction};
use crate::app::App;
use crate::approvals::{ProposalRule, Verdict};
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Conn, Day, DbError, Tx};
use crate::ledger;
use crate::patients::store::{self, IdentityEvent, IdentityEventId};
use crate::patients::{
    DuplicateReason, Patient, PatientId, RegisterPatient, elsewhere, merged, reach, reason_of_care,
    record_key, relation,
};
use crate::people::rights::{self, Right, in_care};
use crate::people::{Caller, Denied};
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
    /// Why, in the person's words: 5 to 400 characters.
    pub reason: String,
}

/// Whether a correction is for this person: who treats the child, who receives its samples with the
/// paper in hand, and the head of the laboratory (`domain.md` 14).
pub(super) fn may(conn: &mut Conn, caller: &Caller, patient: PatientId) -> Result<bool, DbError> {
    let scope = &caller.scope;
    let right = Right::CorrectIdentity;
    let treats = in_care(scope, right) && reach::treats(conn, scope, patient)?;
    let receives = !rights::sites(scope, right).is_empty();
    Ok(treats || receives && store::find(conn, scope, patient)?.is_some())
}

/// Where an event is recorded to have happened: the centre of who acts that treats the child, whose
/// folder the record number is of; else the laboratory.
pub(super) fn site(conn: &mut Conn, caller: &Caller, patient: &Patient) -> Result<SiteId, DbError> {
    let own = store::site_of(conn, &caller.scope, patient.id)?;
    let laboratory = || caller.scope.laboratories().first().copied();
    Ok(own.or_else(laboratory).unwrap_or(patient.registered_site))
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
    let reason = reason_of_care(&proposal.reason)?;
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
    if let Some(there) = store::event(tx, id)? {
        let same = (there.patient_id, there.actor_id) == (patient, caller.scope.user())
            && correction(&there).is_some_and(|c| c.after == *after);
        return if same { Ok(Some(id)) } else { Err(Denied::Rule(ProposalRule::KeyUsed.into())) };
    }
    if record.proposal.is_some() {
        return Err(Denied::Rule(ProposalRule::Waits.into()));
    }
    let site = site(tx, caller, &record)?;
    let before = Identity::new(&record, store::record_at(tx, patient, site)?);
    if before == *after {
        return Err(Denied::Rule(ProposalRule::Same.into()));
    }
    if after.record_number.is_some() && !caller.scope.centres().contains(&site) {
        // A laboratory numbers no folders of children: it has no row of theirs to write it in.
        return Err(Denied::field("record_number", "record-number-of-centre"));
    }
    numbers_are_free(tx, caller, site, &record, after)?;
    let correction =
        Correction { before, after: after.clone(), reason: reason.to_owned(), merge: None };
    let event = event(caller, &record, id, (Step::Proposed, site), &json!(correction));
    store::propose(tx, &event)?;
    told(tx, caller, &event)?;
    Ok(Some(id))
}

/// The record, locked and in reach of somebody who may correct it. An attempt out of reach is audited
/// (BR-27).
pub(super) fn found(
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

/// Two children never have one CURP (BR-30), nor one record number at a centre. Only a child in reach
/// is told of: whose CURP is known elsewhere is nobody's to try out.
fn numbers_are_free(
    conn: &mut Conn,
    caller: &Caller,
    site: SiteId,
    record: &Patient,
    after: &Identity,
) -> Result<(), IdentityError> {
    let mut faults = vec![];
    if let Some(whose) = other_with_curp(conn, record, after)?
        && store::find(conn, &caller.scope, whose)?.is_some()
    {
        let own = merged::records(conn, record.id)?.contains(&whose);
        faults.push(FieldFault::new("curp", if own { "curp-of-merged" } else { "curp-taken" }));
    }
    if let Some(number) = &after.record_number {
        let there = store::with_record(conn, &[site], &record_key(number))?;
        if there.iter().any(|id| *id != record.id) {
            faults.push(FieldFault::new("record_number", "record-number-taken"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Denied::Fields(faults)) }
}

/// The other child who has the CURP that this one is to have.
fn other_with_curp(
    conn: &mut Conn,
    record: &Patient,
    after: &Identity,
) -> Result<Option<PatientId>, DbError> {
    match after.curp.as_ref().filter(|curp| record.curp.as_ref() != Some(curp)) {
        Some(curp) => store::of_curp(conn, curp),
        None => Ok(None),
    }
}

pub(super) fn event(
    caller: &Caller,
    record: &Patient,
    id: IdentityEventId,
    (step, site_id): (Step, SiteId),
    data: &serde_json::Value,
) -> IdentityEvent {
    IdentityEvent {
        patient_id: record.id,
        seq: record.event_count + 1,
        event_id: id,
        kind: step.to_string(),
        recorded_at: caller.now,
        actor_id: caller.scope.user(),
        site_id,
        data: data.to_string(),
    }
}

/// The event enters the log, and who did what the audit.
pub(super) fn told(tx: &mut Tx<'_>, caller: &Caller, event: &IdentityEvent) -> Result<(), DbError> {
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
    let reason = verdict.reason(reason)?;
    let job = caller.clone();
    app.db
        .write_again(move |tx, _| decide_one(tx, &job, patient, proposal, verdict, &reason))
        .await?
        .ok_or(Denied::NotFound)?
        .map_err(Denied::Rule)
}

/// A refusal that is an end too is counted or audited, so it must commit.
type Ended = Result<(), IdentityRule>;

fn decide_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    patient: PatientId,
    proposal: IdentityEventId,
    verdict: Verdict,
    reason: &str,
) -> Result<Option<Ended>, IdentityError> {
    let wanted = store::event(tx, proposal)?.and_then(|e| correction(&e));
    if let Some(two) = wanted.and_then(|w| w.merge) {
        merge::lock(tx, two)?;
    }
    let Some(record) = found(tx, caller, patient)? else { return Ok(None) };
    if record.proposal != Some(proposal) {
        return Err(Denied::Rule(ProposalRule::Decided.into()));
    }
    let proposed = store::event(tx, proposal)?
        .ok_or_else(|| DbError::Corrupt("a proposal without its event".into()))?;
    let wanted = correction(&proposed)
        .ok_or_else(|| DbError::Corrupt("a proposal that says nothing".into()))?;
    if let Some(two) = wanted.merge {
        let of = merge::Decided { record: &record, two, proposed: &proposed, wanted: &wanted };
        return Ok(merge::decide(tx, caller, &of, verdict, reason)?.map(Ok));
    }
    let rule = |rule: ProposalRule| Denied::Rule(rule.into());
    verdict.may_be_said(proposed.actor_id, caller.scope.user()).map_err(rule)?;
    let own = site(tx, caller, &record)?;
    let (step, data) = match verdict {
        Verdict::Decline => (Step::Declined, json!({ "proposal": proposal, "reason": reason })),
        Verdict::Approve => {
            agreed(tx, caller, &record, &proposed, &wanted)?;
            if known_elsewhere(tx, caller, own, &record, &wanted)? {
                return Ok(Some(Err(IdentityRule::AskFirst)));
            }
            let data = json!({
                "proposal": proposal, "proposed_by": proposed.actor_id, "site": proposed.site_id,
                "before": wanted.before, "after": wanted.after, "reason": wanted.reason,
            });
            (Step::Corrected, data)
        }
    };
    let event = event(caller, &record, IdentityEventId::new(), (step, own), &data);
    let after = wanted.after.of(&record);
    let number = wanted.after.record_number.as_deref();
    let corrected = (verdict == Verdict::Approve).then_some((&after, proposed.site_id, number));
    store::decide(tx, &event, corrected)?;
    told(tx, caller, &event)?;
    Ok(Some(Ok(())))
}

/// Whether the record is still the one it was proposed for.
fn agreed(
    conn: &mut Conn,
    caller: &Caller,
    record: &Patient,
    proposed: &IdentityEvent,
    wanted: &Correction,
) -> Result<(), IdentityError> {
    let number = store::record_at(conn, record.id, proposed.site_id)?;
    if Identity::new(record, number) != wanted.before {
        return Err(Denied::Rule(ProposalRule::Changed.into()));
    }
    numbers_are_free(conn, caller, proposed.site_id, record, &wanted.after)
}

/// Whether others must say first who has the CURP. A child out of reach who has it is counted as met,
/// as in a registration; to who meets too many every CURP is answered alike.
fn known_elsewhere(
    tx: &mut Tx<'_>,
    caller: &Caller,
    site: SiteId,
    record: &Patient,
    wanted: &Correction,
) -> Result<bool, DbError> {
    if wanted.after.curp.is_none() || wanted.after.curp == record.curp {
        return Ok(false);
    }
    let whose = other_with_curp(tx, record, &wanted.after)?;
    if let Some(whose) = whose {
        elsewhere::met(tx, caller, site, whose, DuplicateReason::SameCurp)?;
    }
    Ok(elsewhere::limited(tx, caller, site)? || whose.is_some())
}
