//! Letting a centre in, answering another's question, ending a relation.

use serde_json::json;

use super::reading::found;
use super::refusal::{CareError, CareRule};
use super::store::Side;
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::Tx;
use crate::ledger;
use crate::patients::relation::{
    self, CareEventKind, CareKind, CareRequest, CareRequestId, CareState,
};
use crate::patients::store::{IdentityEvent, IdentityEventId};
use crate::patients::{self, PatientId, reach, reason_of_care};
use crate::people::Caller;
use crate::people::rights::{Place, Right, holds, may};
use crate::sites::{SiteId, SiteKind};
use crate::web::FieldFault;

/// Whether the caller may let another centre in.
pub fn may_transfer(caller: &Caller) -> bool {
    holds(&caller.scope, Right::TransferCare)
}

/// Who may answer (`domain.md` 14): nursing and oncology of a centre that treats the child;
/// coordination for what can't wait, and for the rest once the other centre's time is over. Never
/// who asked, nor their centre.
pub(super) fn may_answer(
    caller: &Caller,
    r: &CareRequest,
    side: Side,
    yes: bool,
) -> Result<(), CareError> {
    let scope = &caller.scope;
    if side == Side::Asker || r.asked_by == scope.user() {
        return Err(CareError::Rule(CareRule::OwnQuestion));
    }
    if r.state != CareState::Open {
        return Err(CareError::Rule(CareRule::Answered));
    }
    let coordinates = may(scope, Right::AnswerCare, Place::NETWORK).is_some();
    let treats = Place::NETWORK.treated(side == Side::Treating);
    match side {
        Side::Treating if may(scope, Right::AnswerCare, treats).is_some() => {
            if r.kind == CareKind::Emergency && !yes && !coordinates {
                return Err(CareError::Rule(CareRule::CoordinationEnds));
            }
            Ok(())
        }
        Side::Network if coordinates => {
            if r.kind == CareKind::Ask && caller.now < r.due_at {
                return Err(CareError::Rule(CareRule::NotYet(r.due_at)));
            }
            Ok(())
        }
        _ => Err(CareError::NotAllowed),
    }
}

/// Who may end a relation: coordination, while it lasts.
pub(super) fn may_end(caller: &Caller, r: &CareRequest, side: Side) -> Result<(), CareError> {
    if side != Side::Network || !holds(&caller.scope, Right::EndCare) {
        return Err(CareError::NotAllowed);
    }
    match r.state {
        CareState::Granted => Ok(()),
        _ => Err(CareError::Rule(CareRule::NothingToEnd)),
    }
}

/// Answers a question: it is this child and is treated there (both centres see the course from
/// now on), or it is not.
///
/// # Errors
/// [`CareRule::Answered`] for all but the first of several answers.
pub async fn answer(
    app: &App,
    caller: &Caller,
    id: CareRequestId,
    yes: bool,
    reason: &str,
) -> Result<(), CareError> {
    let reason = reason_of_care(reason)?;
    let job = caller.clone();
    app.db
        .write_again(move |tx, _| answer_one(tx, &job, id, yes, &reason))
        .await?
        .ok_or(CareError::NotFound)
}

fn answer_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: CareRequestId,
    yes: bool,
    reason: &str,
) -> Result<Option<()>, CareError> {
    relation::locked(tx, id)?;
    let Some((r, side)) = found(tx, caller, id)? else { return Ok(None) };
    may_answer(caller, &r, side, yes)?;
    let state = match (yes, r.kind) {
        (true, _) => CareState::Granted,
        (false, CareKind::Emergency) => CareState::Ended,
        (false, _) => CareState::Refused,
    };
    let r = settled(caller, r, state, reason);
    match (state, r.kind) {
        (CareState::Granted, _) => begin_all(tx, caller, &r)?,
        (CareState::Ended, _) => end_all(tx, &r)?,
        _ => {}
    }
    told(tx, caller, &r, reason)?;
    if r.kind == CareKind::Provisional && state == CareState::Refused {
        release_curp(tx, caller, &r)?;
    }
    Ok(Some(()))
}

fn settled(caller: &Caller, r: CareRequest, state: CareState, reason: &str) -> CareRequest {
    CareRequest {
        state,
        answered_by: Some(caller.scope.user()),
        answered_at: Some(caller.now),
        answer: Some(reason.to_owned()),
        ..r
    }
}

/// Saves how a question stands, with its event and its audit row.
fn told(tx: &mut Tx<'_>, caller: &Caller, r: &CareRequest, reason: &str) -> Result<(), CareError> {
    relation::settle(tx, r)?;
    let actor = (caller.scope.user(), caller.now);
    let kind = CareEventKind::of(r.kind, r.state);
    relation::happened(tx, r, kind, actor, &json!({ "reason": reason }))?;
    let entry = Entry::new(caller, Action::CareRelation, "care", Some(r.id.0)).site(r.site_id);
    let entry = entry.detail(format!("{} {}", r.kind, r.state));
    let about = r.patient_id.or(r.provisional_id);
    audit::record(tx, &about.map_or(entry.clone(), |p| entry.patient(p.0)))?;
    Ok(())
}

/// The asking centre treats the child there; where it made a record meanwhile, those who treat the
/// child see that one too: neither centre misses a part of the course.
fn begin_all(tx: &mut Tx<'_>, caller: &Caller, r: &CareRequest) -> Result<(), CareError> {
    let Some(patient) = r.patient_id else {
        let fault = FieldFault::new("answer", "nobody-to-be");
        return Err(CareError::Fields(vec![fault]));
    };
    relation::lock(tx, patient)?;
    if let Some(made) = r.provisional_id {
        for (site, _) in relation::treating(tx, patient)? {
            relation::begin(tx, made, site, caller.now)?;
        }
    }
    Ok(relation::begin(tx, patient, r.site_id, caller.now)?)
}

fn end_all(tx: &mut Tx<'_>, r: &CareRequest) -> Result<(), CareError> {
    let Some(patient) = r.patient_id else { return Err(CareError::Rule(CareRule::NothingToEnd)) };
    relation::lock(tx, patient)?;
    let treating = relation::treating(tx, patient)?;
    if treating.iter().all(|(site, _)| *site == r.site_id) {
        return Err(CareError::Rule(CareRule::LastCentre));
    }
    relation::end(tx, patient, r.site_id)?;
    // One child's records are in the same hands: what was merged went with the other (BR-29).
    let of_child = patients::merged::records(tx, patient)?;
    if let Some(made) = r.provisional_id.filter(|made| !of_child.contains(made)) {
        for (site, _) in treating.iter().filter(|(site, _)| *site != r.site_id) {
            relation::end(tx, made, *site)?;
        }
    }
    Ok(())
}

/// Once nothing is open about a record made meanwhile, and it is no known child, it has the CURP
/// that was typed (BR-30), unless another record has it.
fn release_curp(tx: &mut Tx<'_>, caller: &Caller, r: &CareRequest) -> Result<(), CareError> {
    let (Some(made), Some(curp)) = (r.provisional_id, &r.held_curp) else { return Ok(()) };
    let all = relation::about(tx, made)?;
    let of_record = all.iter().filter(|a| a.provisional_id == Some(made));
    if of_record.clone().any(|a| a.state != CareState::Refused) {
        return Ok(());
    }
    let Some(record) = patients::store::any(tx, made)? else { return Ok(()) };
    if record.curp.is_some() || patients::store::has_curp(tx, curp)? {
        return Ok(());
    }
    let event = IdentityEvent {
        patient_id: made,
        seq: record.event_count + 1,
        event_id: IdentityEventId::new(),
        kind: "curp-confirmed".to_owned(),
        recorded_at: caller.now,
        actor_id: caller.scope.user(),
        site_id: r.site_id,
        data: json!({ "curp": curp, "request": r.id }).to_string(),
    };
    patients::store::confirm_curp(tx, &event, curp)?;
    ledger::append(tx, event.event_id.0, event.recorded_at, &event.body());
    let entry = Entry::new(caller, Action::CorrectPatient, "patient", Some(made.0));
    audit::record(tx, &entry.patient(made.0).site(r.site_id).detail("curp-confirmed"))?;
    Ok(())
}

/// Ends the relation that a question or transfer began.
pub async fn end(
    app: &App,
    caller: &Caller,
    id: CareRequestId,
    reason: &str,
) -> Result<(), CareError> {
    let reason = reason_of_care(reason)?;
    let job = caller.clone();
    app.db
        .write_again(move |tx, _| {
            relation::locked(tx, id)?;
            let Some((r, side)) = found(tx, &job, id)? else { return Ok(None) };
            may_end(&job, &r, side)?;
            let r = settled(&job, r, CareState::Ended, &reason);
            end_all(tx, &r)?;
            told(tx, &job, &r, &reason)?;
            Ok::<_, CareError>(Some(()))
        })
        .await?
        .ok_or(CareError::NotFound)
}

/// Lets another centre in, from now on: it may ask for studies and draw, and both see the course.
/// Sent again with the same `id`, it gives the first answer again.
pub async fn transfer(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    id: CareRequestId,
    to: &str,
    reason: &str,
) -> Result<CareRequestId, CareError> {
    if !may_transfer(caller) {
        return Err(CareError::NotAllowed);
    }
    let mut faults = vec![];
    let site = app.sites.by_code(to.trim()).filter(|s| s.active && s.kind == SiteKind::Centre);
    if site.is_none() {
        faults.push(FieldFault::new("site", "care-site"));
    }
    let reason = reason_of_care(reason).map_err(|f| faults.push(f));
    let (Some(site), Ok(reason), true) = (site.map(|s| s.id), reason, faults.is_empty()) else {
        return Err(CareError::Fields(faults));
    };
    let job = caller.clone();
    app.db
        .write_again(move |tx, _| transfer_one(tx, &job, patient, id, site, &reason))
        .await?
        .ok_or(CareError::NotFound)
}

fn transfer_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    patient: PatientId,
    id: CareRequestId,
    site: SiteId,
    reason: &str,
) -> Result<Option<CareRequestId>, CareError> {
    if !reach::treats(tx, &caller.scope, patient)? {
        if patients::store::is_there(tx, patient)? {
            let entry = Entry::new(caller, Action::CareRelation, "patient", Some(patient.0));
            audit::record(tx, &entry.patient(patient.0).outcome(Outcome::OutOfScope))?;
        }
        return Ok(None);
    }
    relation::lock(tx, patient)?;
    let before = relation::about(tx, patient)?;
    if relation::locked(tx, id)?.is_some() {
        let again = before
            .iter()
            .any(|r| r.id == id && (r.asked_by, r.site_id) == (caller.scope.user(), site));
        return if again { Ok(Some(id)) } else { Err(CareError::Rule(CareRule::KeyUsed)) };
    }
    if relation::treating(tx, patient)?.iter().any(|(s, _)| *s == site) {
        return Err(CareError::Rule(CareRule::TreatsAlready));
    }
    let (user, now) = (caller.scope.user(), caller.now);
    let request = CareRequest {
        id,
        kind: CareKind::Transfer,
        state: CareState::Granted,
        patient_id: Some(patient),
        provisional_id: None,
        site_id: site,
        asked_by: user,
        asked_at: now,
        due_at: now,
        likeness: None,
        reason: reason.to_owned(),
        in_charge: None,
        typed: json!({}).to_string(),
        held_curp: None,
        registration: None,
        answered_by: Some(user),
        answered_at: Some(now),
        answer: None,
    };
    relation::insert(tx, &request)?;
    relation::begin(tx, patient, site, now)?;
    let data = json!({ "reason": reason });
    relation::happened(tx, &request, CareEventKind::Transfer, (user, now), &data)?;
    let entry = Entry::new(caller, Action::CareRelation, "care", Some(id.0));
    audit::record(tx, &entry.patient(patient.0).site(site).detail("transfer"))?;
    Ok(Some(id))
}
