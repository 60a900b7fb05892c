//! What a caller may see of the questions between centres, and of a child's care.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::refusal::CareError;
use super::service::{may_answer, may_end};
use super::store::{self, Side};
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Conn, DbError, Instant, Limit, Page, Tx, Unreadable};
use crate::patients::relation::{self, CareEvent, CareKind, CareRequest, CareRequestId, CareState};
use crate::patients::{self, Patient, PatientId, reach};
use crate::people::{self, Caller, Role, UserId};
use crate::sites::SiteId;

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
    audit::looked(&app.db, move |c| {
        let page = store::list(c, &job.scope, open, before, limit)?;
        let page = page.try_over(|requests| {
            let mut items = vec![];
            for r in requests {
                if let Some(side) = store::side(c, &job.scope, &r)? {
                    items.push(shown(c, &job, r, side)?);
                }
            }
            Ok::<_, CareError>(items)
        })?;
        let entry = Entry::new(&job, Action::SearchPatients, "care", None)
            .detail(format!("care {}", page.items.len()));
        Ok((page, Some(entry)))
    })
    .await
}

/// Opens a question in reach; audited, and so is an attempt out of reach (BR-27).
pub async fn open(app: &App, caller: &Caller, id: CareRequestId) -> Result<Shown, CareError> {
    let job = caller.clone();
    audit::looked(&app.db, move |c| {
        let Some((r, side)) = store::find(c, &job.scope, id)? else {
            let told = store::is_there(c, id)?;
            return Ok((None, told.then(|| out_of_reach(&job, id))));
        };
        if !may_follow(&job) {
            return Ok((None, None));
        }
        let entry = Entry::new(&job, Action::ReadPatient, "care", Some(id.0));
        let about = r.patient_id.or(r.provisional_id);
        let entry = about.map_or(entry.clone(), |p| entry.patient(p.0));
        Ok::<_, CareError>((Some(shown(c, &job, r, side)?), Some(entry)))
    })
    .await?
    .ok_or(CareError::NotFound)
}

/// A question in reach; an attempt at one out of reach is audited.
pub(super) fn found(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: CareRequestId,
) -> Result<Option<(CareRequest, Side)>, DbError> {
    let found = store::find(tx, &caller.scope, id)?;
    if found.is_none() && store::is_there(tx, id)? {
        audit::record(tx, &out_of_reach(caller, id))?;
    }
    Ok(found)
}

fn out_of_reach(caller: &Caller, id: CareRequestId) -> Entry {
    Entry::new(caller, Action::CareRelation, "care", Some(id.0)).outcome(Outcome::OutOfScope)
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
    /// What of it can't be read.
    pub unreadable: Vec<Unreadable>,
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
            let Page { items: requests, unreadable, .. } = relation::told_about(c, patient)?;
            let same = requests
                .iter()
                .filter(|r| r.kind == CareKind::Provisional && r.state == CareState::Granted)
                .flat_map(|r| [r.patient_id, r.provisional_id])
                .flatten()
                .filter(|id| *id != patient)
                .collect::<Vec<_>>();
            let (same, lost) = patients::store::find_many(c, &scope, &same)?;
            let same = same.into_iter().map(|p| (p.id, p.folio.to_string())).collect();
            let happened = relation::events(c, patient)?;
            let unreadable = [unreadable, lost, happened.unreadable].concat();
            let events = happened.items;
            let people: Vec<UserId> = events.iter().map(|e| e.actor_id).collect();
            let names = people::store::names_of(c, &people)?;
            let treating = relation::treating(c, patient)?;
            Ok(Some(Care { treating, requests, events, same, names, unreadable }))
        })
        .await?;
    found.ok_or(CareError::NotFound)
}
