//! What a caller may see of the questions between centres, and of a child's care.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::refusal::CareError;
use super::service::{may_answer, may_end};
use super::store::{self, Side};
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Conn, DbError, Instant, Kept, Limit, Page, Tx, Unreadable};
use crate::patients::relation::{self, CareEvent, CareKind, CareRequest, CareRequestId, CareState};
use crate::patients::{self, Patient, PatientId, reach};
use crate::people::rights::{Right, holds};
use crate::people::{self, Caller, UserId};
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
    /// The question or transfer itself, as it stands now.
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
    /// Printed names of the people in it, by their accounts.
    pub names: Arc<HashMap<UserId, String>>,
    /// Whether this caller may answer now.
    pub may_answer: bool,
    /// Whether the answer may be that it is not so: what can't wait is ended by coordination alone.
    pub may_decline: bool,
    /// Whether this caller may end the relation.
    pub may_end: bool,
}

/// Whether the caller follows transfers at all (`domain.md` 14): who registers children, and who
/// coordinates. Administrators never.
pub fn may_follow(caller: &Caller) -> bool {
    holds(&caller.scope, Right::FollowCare)
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
        let mut lost = vec![];
        let mut page = page.try_over(|requests| {
            let seen = store::sides(c, &job.scope, requests)?;
            let (items, unreadable) = all_shown(c, &job, seen)?;
            lost = unreadable;
            Ok::<_, CareError>(items)
        })?;
        page.unreadable.append(&mut lost);
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
    let (shown, unreadable) = all_shown(conn, caller, vec![(r, side)])?;
    let lost = || {
        let why = unreadable.first().map(ToString::to_string).unwrap_or_default();
        DbError::Corrupt(format!("a row can't be read: {why}"))
    };
    Ok(shown.into_iter().next().ok_or_else(lost)?)
}

/// The questions as this caller may see them, by as many statements for many as for one. Where the
/// row of a child can't be read, its question is told instead, by the question's own key: who asks
/// must not learn the child's.
fn all_shown(
    conn: &mut Conn,
    caller: &Caller,
    requests: Vec<(CareRequest, Side)>,
) -> Result<(Vec<Shown>, Vec<Unreadable>), CareError> {
    let about = |r: &CareRequest| [r.patient_id, r.provisional_id].into_iter().flatten();
    let ids: Vec<PatientId> = requests.iter().flat_map(|(r, _)| about(r)).collect();
    let children = Kept::apart(patients::store::any_of(conn, &ids)?).0;
    let children: HashMap<PatientId, Patient> = children.into_iter().map(|p| (p.id, p)).collect();
    let reached = patients::store::reached(conn, &caller.scope, &ids)?;
    let treating = relation::treating_many(conn, &ids)?;
    let people = requests.iter().flat_map(|(r, _)| [Some(r.asked_by), r.in_charge, r.answered_by]);
    let mut people: Vec<UserId> = people.flatten().collect();
    people.sort_unstable();
    people.dedup();
    let names = Arc::new(people::store::names_of(conn, &people)?);
    let is_whole = |r: &CareRequest| about(r).all(|id| children.contains_key(&id));
    let (whole, lost): (Vec<_>, Vec<_>) = requests.into_iter().partition(|(r, _)| is_whole(r));
    let unreadable =
        lost.iter().map(|(r, _)| Unreadable::new("care_requests", &r.id, "patient_id"));
    let shown = whole.into_iter().map(|(r, side)| {
        let of = |id: Option<PatientId>| id.and_then(|id| children.get(&id));
        let (there, made) = (of(r.patient_id), of(r.provisional_id));
        let knows = side != Side::Asker || r.state == CareState::Granted;
        let treat = r.patient_id.filter(|_| knows).and_then(|id| treating.get(&id));
        // A patient only where the caller reaches it as anybody else would.
        let within = |p: Option<&Patient>| p.filter(|p| reached.contains(&p.id)).cloned();
        let folio =
            |p: Option<&Patient>| p.filter(|_| side == Side::Network).map(|p| p.folio.to_string());
        Shown {
            side,
            patient: within(there),
            provisional: within(made),
            folios: [folio(there), folio(made)],
            treating: treat.cloned().unwrap_or_default(),
            likeness: there.filter(|_| side != Side::Asker).map(|p| likeness(&r, p)),
            names: Arc::clone(&names),
            may_answer: may_answer(caller, &r, side, true).is_ok(),
            may_decline: may_answer(caller, &r, side, false).is_ok(),
            may_end: may_end(caller, &r, side).is_ok(),
            request: r,
        }
    });
    Ok((shown.collect(), unreadable.collect()))
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
        birth_date: is("birth_date", Some(there.birth().to_string())),
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
    /// Printed names of the people in them, by their accounts.
    pub names: HashMap<UserId, String>,
    /// Those of the questions that the caller can open.
    pub open: Vec<CareRequestId>,
    /// What of it can't be read.
    pub unreadable: Vec<Unreadable>,
}

/// The care of a patient in reach; nothing for one out of reach.
pub async fn of_patient(app: &App, caller: &Caller, patient: PatientId) -> Result<Care, CareError> {
    let (scope, follows) = (caller.scope.clone(), may_follow(caller));
    let found = app
        .db
        .read(move |c| {
            if patients::merged::shown(c, &scope, patient)?.is_none() {
                return Ok::<_, CareError>(None);
            }
            // A centre whose care has ended, or that never had it, is told nothing of others'.
            let near = reach::treats(c, &scope, patient)? || !scope.laboratories().is_empty();
            if !near {
                return Ok(Some(Care::default()));
            }
            let records = patients::merged::records(c, patient)?;
            let Page { items: requests, unreadable, .. } = relation::told_about(c, &records)?;
            let same = requests
                .iter()
                .filter(|r| r.kind == CareKind::Provisional && r.state == CareState::Granted)
                .flat_map(|r| [r.patient_id, r.provisional_id])
                .flatten()
                .filter(|id| !records.contains(id))
                .collect::<Vec<_>>();
            let (same, lost) = patients::store::find_many(c, &scope, &same)?;
            let same = same.into_iter().map(|p| (p.id, p.folio.to_string())).collect();
            let happened = relation::events(c, &records)?;
            let unreadable = [unreadable, lost, happened.unreadable].concat();
            let mut events = happened.items;
            // One event a record; the child's page tells of it once.
            events.dedup_by_key(|e| (e.request_id, e.kind, e.recorded_at));
            let people: Vec<UserId> = events.iter().map(|e| e.actor_id).collect();
            let names = people::store::names_of(c, &people)?;
            let treating = relation::treating(c, patient)?;
            let reached = if follows { store::sides(c, &scope, requests.clone())? } else { vec![] };
            let open = reached.into_iter().map(|(r, _)| r.id).collect();
            Ok(Some(Care { treating, requests, events, same, names, open, unreadable }))
        })
        .await?;
    found.ok_or(CareError::NotFound)
}
