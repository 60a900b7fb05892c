//! Proposing what a request should say, and deciding about it.

use serde_json::json;

use super::model::{Correction, CorrectionRule, CorrectionStep, Particulars};
use super::store::{self, StudyEvent, StudyEventId};
use crate::app::App;
use crate::approvals::{ProposalRule, Verdict};
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Conn, Day, DbError, Tx};
use crate::ledger;
use crate::patients::{self, reach, reason_of_care};
use crate::people::rights::{Place, Right};
use crate::people::{Caller, Denied};
use crate::studies::input::{Context, RequestStudy};
use crate::studies::{Study, StudyId, StudyState, standing, store as studies_store};

/// What can go wrong with a correction.
pub(super) type CorrectionError = Denied<CorrectionRule>;

/// What somebody says is right.
#[derive(Debug, Clone)]
pub(super) struct Proposal {
    /// The client's key: sent again, it gives the first answer again.
    pub id: StudyEventId,
    /// All that the request should say. What is not corrected here is empty.
    pub request: RequestStudy,
    /// Why, in the person's words: 5 to 400 characters.
    pub reason: String,
}

/// Whether a correction is for this person: who asks at the centre it is from or treats the child,
/// and who has its samples with the paper in hand (`domain.md` 14).
pub(in crate::studies) fn may(
    conn: &mut Conn,
    caller: &Caller,
    study: &Study,
) -> Result<bool, DbError> {
    let at = (Place::of(study.centre_id, study.laboratory_id), study.patient_id);
    Ok(reach::may(conn, &caller.scope, Right::CorrectRequest, at)?.is_some())
}

/// Proposes that a request should say something else.
///
/// # Errors
/// The fields that are wrong; the [`CorrectionRule`] that is broken; not found out of reach.
pub(super) async fn propose(
    app: &App,
    caller: &Caller,
    study: StudyId,
    proposal: Proposal,
) -> Result<StudyEventId, CorrectionError> {
    let (app_, job) = (app.clone(), caller.clone());
    app.db
        .write_again(move |tx, _| propose_one(tx, &app_, &job, study, &proposal))
        .await?
        .ok_or(Denied::NotFound)
}

fn propose_one(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    id: StudyId,
    proposal: &Proposal,
) -> Result<Option<StudyEventId>, CorrectionError> {
    let Some(study) = found(tx, caller, id)? else { return Ok(None) };
    let (after, reason) = checked(tx, app, caller, &study, proposal)?;
    let by = caller.scope.user();
    if let Some(there) = store::event(tx, proposal.id)? {
        let same = (there.study_id, there.actor_id) == (study.id, by)
            && there.correction().is_some_and(|c| c.after == after);
        return if same { Ok(Some(proposal.id)) } else { Err(rule(ProposalRule::KeyUsed)) };
    }
    if study.state == StudyState::Cancelled {
        return Err(rule(CorrectionRule::Cancelled));
    }
    if study.proposal.is_some() {
        return Err(rule(ProposalRule::Waits));
    }
    let before = study.particulars()?;
    if before == after {
        return Err(rule(ProposalRule::Same));
    }
    let said = json!(Correction { before, after, reason });
    let event = event(caller, &study, proposal.id, CorrectionStep::Proposed, &said);
    tell(tx, caller, &study, &event)?;
    Ok(Some(proposal.id))
}

fn rule(broken: impl Into<CorrectionRule>) -> CorrectionError {
    Denied::Rule(broken.into())
}

/// What it should say, checked as in a request, and why.
fn checked(
    conn: &mut Conn,
    app: &App,
    caller: &Caller,
    study: &Study,
    proposal: &Proposal,
) -> Result<(Particulars, String), CorrectionError> {
    let child = patients::merged::shown(conn, &caller.scope, study.patient_id)?;
    let born = child.ok_or(Denied::NotFound)?.birth_date;
    let context = Context {
        catalogue: &app.catalogue,
        enabled: &[],
        has_diagnosis: studies_store::has_diagnosis(conn, study.patient_id)?,
        born,
        today: Day(app.sites.local(Some(study.centre_id), caller.now).date()),
    };
    let after = proposal.request.check_said(context, study.kind);
    let reason = reason_of_care(&proposal.reason);
    match (after, reason) {
        (Ok(after), Ok(reason)) => Ok((after, reason)),
        (after, reason) => {
            let mut faults = after.err().unwrap_or_default();
            faults.extend(reason.err());
            Err(Denied::Fields(faults))
        }
    }
}

/// The request, locked and in reach of somebody who may correct it. An attempt out of reach is audited
/// (BR-27).
fn found(tx: &mut Tx<'_>, caller: &Caller, id: StudyId) -> Result<Option<Study>, CorrectionError> {
    if !studies_store::is_there(tx, id)? {
        return Ok(None);
    }
    standing::lock(tx, id)?;
    let Some(study) = studies_store::find(tx, &caller.scope, id)? else {
        let entry = Entry::new(caller, Action::WriteStudy, "study", Some(id.0));
        audit::record(tx, &entry.outcome(Outcome::OutOfScope))?;
        return Ok(None);
    };
    match may(tx, caller, &study)? {
        true => Ok(Some(study)),
        false => Err(Denied::NotAllowed),
    }
}

fn event(
    caller: &Caller,
    study: &Study,
    id: StudyEventId,
    kind: CorrectionStep,
    said: &serde_json::Value,
) -> StudyEvent {
    let scope = &caller.scope;
    StudyEvent {
        study_id: study.id,
        seq: study.event_count + 1,
        event_id: id,
        kind,
        recorded_at: caller.now,
        actor_id: scope.user(),
        site_id: scope.site_of(study.centre_id, study.laboratory_id),
        data: said.to_string(),
    }
}

/// The event enters the table and the log, and who did what the audit.
fn tell(
    tx: &mut Tx<'_>,
    caller: &Caller,
    study: &Study,
    event: &StudyEvent,
) -> Result<(), DbError> {
    store::add(tx, event)?;
    ledger::append(tx, event.event_id.0, event.recorded_at, &event.body());
    let entry = Entry::new(caller, Action::WriteStudy, "study", Some(study.id.0));
    let entry = entry.patient(study.patient_id.0).site(event.site_id);
    audit::record(tx, &entry.detail(format!("correction {}", event.kind)))
}

/// Agrees to a proposal, or not. Who proposed it may take it back, and never agrees.
///
/// # Errors
/// The [`CorrectionRule`] that is broken; not found out of reach.
pub(super) async fn decide(
    app: &App,
    caller: &Caller,
    study: StudyId,
    proposal: StudyEventId,
    verdict: Verdict,
    reason: &str,
) -> Result<(), CorrectionError> {
    let reason = verdict.reason(reason)?;
    let job = caller.clone();
    app.db
        .write_again(move |tx, _| decide_one(tx, &job, study, proposal, verdict, &reason))
        .await?
        .ok_or(Denied::NotFound)
}

fn decide_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: StudyId,
    proposal: StudyEventId,
    verdict: Verdict,
    reason: &str,
) -> Result<Option<()>, CorrectionError> {
    let Some(study) = found(tx, caller, id)? else { return Ok(None) };
    if study.proposal != Some(proposal) {
        return Err(rule(ProposalRule::Decided));
    }
    let proposed = store::event(tx, proposal)?;
    let wanted = proposed.as_ref().and_then(|p| Some((p, p.correction()?)));
    let (proposed, wanted) = wanted
        .ok_or_else(|| DbError::Corrupt(format!("study_events {proposal}: it says nothing")))?;
    verdict.may_be_said(proposed.actor_id, caller.scope.user()).map_err(rule)?;
    let (step, said) = match verdict {
        Verdict::Decline => {
            (CorrectionStep::Declined, json!({ "proposal": proposal, "reason": reason }))
        }
        Verdict::Approve => {
            agreed(&study, &wanted)?;
            let said = json!({
                "proposal": proposal, "proposed_by": proposed.actor_id,
                "before": wanted.before, "after": wanted.after, "reason": wanted.reason,
            });
            (CorrectionStep::Corrected, said)
        }
    };
    tell(tx, caller, &study, &event(caller, &study, StudyEventId::new(), step, &said))?;
    if step == CorrectionStep::Corrected {
        store::correct(tx, &study.saying(&wanted.after)?)?;
    }
    Ok(Some(()))
}

/// Whether the request still says what it was proposed for.
fn agreed(study: &Study, wanted: &Correction) -> Result<(), CorrectionError> {
    if study.state == StudyState::Cancelled {
        return Err(rule(CorrectionRule::Cancelled));
    }
    if study.particulars()? != wanted.before {
        return Err(rule(ProposalRule::Changed));
    }
    Ok(())
}
