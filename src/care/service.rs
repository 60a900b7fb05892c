//! Letting a centre in, answering another's question, ending a relation.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::refusal::CareError;
use super::store::{self, Side};
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Conn, DbError, Instant, Limit, Page, Tx};
use crate::ledger;
use crate::patients::relation::{self, CareEvent, CareKind, CareRequest, CareRequestId, CareState};
use crate::patients::store::{IdentityEvent, IdentityEventId};
use crate::patients::{self, Patient, PatientId, reach, reason_of_care};
use crate::people::{self, Caller, Role, UserId};
use crate::sites::{SiteId, SiteKind};
use crate::web::FieldFault;

/// What who answers may know of the likeness without seeing an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct Likeness {
    pub curp: bool,
    pub nss: bool,
    pub name: bool,
    pub birth_date: bool,
}

/// A question as one caller may see it.
#[derive(Debug)]
pub struct Shown {
    /// The question.
    pub request: CareRequest,
    /// From where it is seen.
    pub side: Side,
    /// The child asked about, where in reach.
    pub patient: Option<Patient>,
    /// The record made meanwhile, where in reach.
    pub provisional: Option<Patient>,
    /// Folios of both, for coordination, which sees no identity.
    pub folios: [Option<String>; 2],
    /// The centres that treat the child; empty for who asks until it is granted.
    pub treating: Vec<SiteId>,
    /// In what the two are alike; not for who asks.
    pub likeness: Option<Likeness>,
    /// Printed names.
    pub names: HashMap<UserId, String>,
    /// Whether this caller may answer now.
    pub may_answer: bool,
    /// Whether this caller may end the relation.
    pub may_end: bool,
}

/// Whether the caller follows transfers at all (`domain.md` 14): who registers children, and who
/// coordinates. Administrators never.
pub fn may_follow(caller: &Caller) -> bool {
    caller.scope.has_any(&[
        Role::Collector,
        Role::Oncologist,
        Role::Reception,
        Role::Coordinator,
        Role::Quality,
    ])
}

/// Whether the caller may let another centre in.
pub fn may_transfer(caller: &Caller) -> bool {
    caller.scope.has_any(&[Role::Collector, Role::Oncologist])
}

/// One page of the questions in reach.
pub async fn list(
    app: &App,
    caller: &Caller,
    open: bool,
    before: Option<CareRequestId>,
    limit: Limit,
) -> Result<Page<Shown>, CareError> {
    if !may_follow(caller) {
        return Err(CareError::NotAllowed);
    }
    let job = caller.clone();
    let page = app
        .db
        .read(move |c| {
            let page = store::list(c, &job.scope, open, before, limit)?;
            let next = page.next;
            let mut items = vec![];
            for r in page.items {
                if let Some(side) = store::side(c, &job.scope, &r)? {
                    items.push(shown(c, &job, r, side)?);
                }
            }
            Ok::<_, CareError>(Page { items, next })
        })
        .await?;
    let (job, found) = (caller.clone(), format!("care {}", page.items.len()));
    app.db
        .write(move |tx| {
            let entry = Entry::new(&job, Action::SearchPatients, "care", None);
            audit::record(tx, &entry.detail(found.clone()))
        })
        .await?;
    Ok(page)
}

/// Opens a question in reach; audited, and so is an attempt out of reach (BR-27).
pub async fn open(app: &App, caller: &Caller, id: CareRequestId) -> Result<Shown, CareError> {
    let job = caller.clone();
    app.db
        .write(move |tx| {
            let found = found(tx, &job, id)?.filter(|_| may_follow(&job));
            let Some((r, side)) = found else { return Ok(None) };
            let entry = Entry::new(&job, Action::ReadPatient, "care", Some(id.0));
            let about = r.patient_id.or(r.provisional_id);
            audit::record(tx, &about.map_or(entry.clone(), |p| entry.patient(p.0)))?;
            Ok::<_, CareError>(Some(shown(tx, &job, r, side)?))
        })
        .await?
        .ok_or(CareError::NotFound)
}

/// A question in reach; an attempt at one out of reach is audited.
fn found(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: CareRequestId,
) -> Result<Option<(CareRequest, Side)>, DbError> {
    let found = store::find(tx, &caller.scope, id)?;
    if found.is_none() && store::is_there(tx, id)? {
        let entry = Entry::new(caller, Action::CareRelation, "care", Some(id.0));
        audit::record(tx, &entry.outcome(Outcome::OutOfScope))?;
    }
    Ok(found)
}

fn shown(conn: &mut Conn, caller: &Caller, r: CareRequest, side: Side) -> Result<Shown, CareError> {
    let there = match r.patient_id {
        Some(id) => patients::store::any(conn, id)?,
        None => None,
    };
    let made = match r.provisional_id {
        Some(id) => patients::store::any(conn, id)?,
        None => None,
    };
    let knows = side != Side::Asker || r.state == CareState::Granted;
    let treating = match r.patient_id {
        Some(id) if knows => relation::treating(conn, id)?.into_iter().map(|t| t.0).collect(),
        _ => vec![],
    };
    let likeness = there.as_ref().filter(|_| side != Side::Asker).map(|p| likeness(&r, p));
    let people = [Some(r.asked_by), r.in_charge, r.answered_by];
    let people: Vec<UserId> = people.into_iter().flatten().collect();
    let names = people::store::names_of(conn, &people)?;
    let folio = |p: &Option<Patient>| {
        p.as_ref().filter(|_| side == Side::Network).map(|p| p.folio.to_string())
    };
    let folios = [folio(&there), folio(&made)];
    let patient = within(conn, caller, there)?;
    let provisional = within(conn, caller, made)?;
    let may_answer = may_answer(caller, &r, side, true).is_ok();
    let may_end = may_end(caller, &r, side).is_ok();
    Ok(Shown {
        side,
        patient,
        provisional,
        folios,
        treating,
        likeness,
        names,
        may_answer,
        may_end,
        request: r,
    })
}

/// A patient only where the caller reaches it as anybody else would.
fn within(
    conn: &mut Conn,
    caller: &Caller,
    patient: Option<Patient>,
) -> Result<Option<Patient>, DbError> {
    match patient {
        Some(p) => patients::store::find(conn, &caller.scope, p.id),
        None => Ok(None),
    }
}

/// Compares what was typed with the record there.
fn likeness(r: &CareRequest, there: &Patient) -> Likeness {
    let typed: serde_json::Value = serde_json::from_str(&r.typed).unwrap_or_default();
    let is = |key: &str, value: Option<String>| {
        value.is_some() && typed[key].as_str().map(str::to_owned) == value
    };
    Likeness {
        curp: is("curp", there.curp.as_ref().map(ToString::to_string)),
        nss: is("nss", there.nss.as_ref().map(ToString::to_string)),
        name: is("folded", Some(there.folded_name.clone())),
        birth_date: is("birth_date", Some(there.birth_date.to_string())),
    }
}

/// Who may answer (`domain.md` 14): nursing and oncology of a centre that treats the child;
/// coordination for what can't wait, and for the rest once the other centre's time is over. Never
/// who asked, nor their centre.
fn may_answer(caller: &Caller, r: &CareRequest, side: Side, yes: bool) -> Result<(), CareError> {
    let scope = &caller.scope;
    if side == Side::Asker || r.asked_by == scope.user() {
        return Err(CareError::OwnQuestion);
    }
    if r.state != CareState::Open {
        return Err(CareError::Answered);
    }
    let coordinates = scope.has(Role::Coordinator);
    match side {
        Side::Treating if scope.has_any(&[Role::Collector, Role::Oncologist]) => {
            if r.kind == CareKind::Emergency && !yes && !coordinates {
                return Err(CareError::CoordinationEnds);
            }
            Ok(())
        }
        Side::Network if coordinates => {
            if r.kind == CareKind::Ask && caller.now < r.due_at {
                return Err(CareError::NotYet(r.due_at));
            }
            Ok(())
        }
        _ => Err(CareError::NotAllowed),
    }
}

fn may_end(caller: &Caller, r: &CareRequest, side: Side) -> Result<(), CareError> {
    if side != Side::Network || !caller.scope.has(Role::Coordinator) {
        return Err(CareError::NotAllowed);
    }
    match r.state {
        CareState::Granted => Ok(()),
        _ => Err(CareError::NothingToEnd),
    }
}

/// Answers a question: it is this child and is treated there (both centres see the course from
/// now on), or it is not.
///
/// # Errors
/// [`CareError::Answered`] for all but the first of several answers.
pub async fn answer(
    app: &App,
    caller: &Caller,
    id: CareRequestId,
    yes: bool,
    reason: &str,
) -> Result<(), CareError> {
    let reason = reason_of_care(reason).map_err(|f| CareError::Fields(vec![f]))?;
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
    relation::happened(tx, r, r.state.as_str(), actor, &json!({ "reason": reason }))?;
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
    let Some(patient) = r.patient_id else { return Err(CareError::NothingToEnd) };
    relation::lock(tx, patient)?;
    let treating = relation::treating(tx, patient)?;
    if treating.iter().all(|(site, _)| *site == r.site_id) {
        return Err(CareError::LastCentre);
    }
    relation::end(tx, patient, r.site_id)?;
    if let Some(made) = r.provisional_id {
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
    let reason = reason_of_care(reason).map_err(|f| CareError::Fields(vec![f]))?;
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
        return if again { Ok(Some(id)) } else { Err(CareError::KeyUsed) };
    }
    if relation::treating(tx, patient)?.iter().any(|(s, _)| *s == site) {
        return Err(CareError::TreatsAlready);
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
    relation::happened(tx, &request, CareKind::Transfer.as_str(), (user, now), &data)?;
    let entry = Entry::new(caller, Action::CareRelation, "care", Some(id.0));
    audit::record(tx, &entry.patient(patient.0).site(site).detail("transfer"))?;
    Ok(Some(id))
}

/// A child's care as its page tells it.
#[derive(Default)]
pub struct Care {
    /// The centres that treat the child, and since when.
    pub treating: Vec<(SiteId, Instant)>,
    /// Questions and transfers, oldest first.
    pub requests: Vec<CareRequest>,
    /// What happened, oldest first.
    pub events: Vec<CareEvent>,
    /// The other record of each answered question that is in reach: key and folio.
    pub same: Vec<(PatientId, String)>,
    /// Printed names.
    pub names: HashMap<UserId, String>,
}

/// The care of a patient in reach; nothing for one out of reach.
pub async fn of_patient(app: &App, caller: &Caller, patient: PatientId) -> Result<Care, CareError> {
    let scope = caller.scope.clone();
    let found = app
        .db
        .read(move |c| {
            if patients::store::find(c, &scope, patient)?.is_none() {
                return Ok::<_, CareError>(None);
            }
            // A centre whose care has ended, or that never had it, is told nothing of others'.
            let near = reach::treats(c, &scope, patient)? || !scope.laboratories().is_empty();
            if !near {
                return Ok(Some(Care::default()));
            }
            let requests = relation::about(c, patient)?;
            let same = requests
                .iter()
                .filter(|r| r.kind == CareKind::Provisional && r.state == CareState::Granted)
                .flat_map(|r| [r.patient_id, r.provisional_id])
                .flatten()
                .filter(|id| *id != patient)
                .collect::<Vec<_>>();
            let same = patients::store::find_many(c, &scope, &same)?;
            let same = same.into_iter().map(|p| (p.id, p.folio.to_string())).collect();
            let events = relation::events(c, patient)?;
            let people: Vec<UserId> = events.iter().map(|e| e.actor_id).collect();
            let names = people::store::names_of(c, &people)?;
            let treating = relation::treating(c, patient)?;
            Ok(Some(Care { treating, requests, events, same, names }))
        })
        .await?;
    found.ok_or(CareError::NotFound)
}
