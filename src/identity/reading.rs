//! What is shown of identities: the history of one, what was printed and signed before a correction,
//! and what waits for a second person.

use std::collections::HashMap;

use diesel::prelude::*;

use super::model::{Correction, Identity, Step, correction, fold};
use super::service::{self, IdentityError};
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::codes::ContainerCode;
use crate::db::{Conn, DbError, Instant, Limit, Page, Reading, Unreadable};
use crate::patients::store::{self, IdentityEvent};
use crate::patients::{Patient, PatientId, reach};
use crate::people::{self, Caller, Denied, Scope, UserId};
use crate::schema::{containers, label_prints};

/// A child's identity and how it came to be.
pub(super) struct Opened {
    pub patient: Patient,
    pub record_number: Option<String>,
    /// Oldest first.
    pub events: Vec<IdentityEvent>,
    pub unreadable: Vec<Unreadable>,
    /// Printed names of who acted.
    pub names: HashMap<UserId, String>,
    /// Whether the caller may propose and decide.
    pub may: bool,
    pub labels: Vec<ContainerCode>,
}

impl Opened {
    /// The proposal that waits, with who made it.
    pub(super) fn waiting(&self) -> Option<(&IdentityEvent, Correction)> {
        let id = self.patient.proposal?;
        let event = self.events.iter().find(|e| e.event_id == id)?;
        Some((event, correction(event)?))
    }
}

/// Opens a child's identity: audited as read; out of reach a 404, and the attempt is audited (BR-27).
pub(super) async fn open(
    app: &App,
    caller: &Caller,
    id: PatientId,
) -> Result<Opened, IdentityError> {
    let job = caller.clone();
    audit::looked(&app.db, move |c| {
        let found = of(c, &job, id)?;
        let outcome = if found.is_some() { Outcome::Done } else { Outcome::OutOfScope };
        let told = found.is_some() || store::is_there(c, id)?;
        let entry = Entry::new(&job, Action::ReadPatient, "patient", Some(id.0));
        Ok::<_, IdentityError>((found, told.then(|| entry.outcome(outcome).patient(id.0))))
    })
    .await?
    .ok_or(Denied::NotFound)
}

fn of(conn: &mut Reading, caller: &Caller, id: PatientId) -> Result<Option<Opened>, DbError> {
    let Some(patient) = store::find(conn, &caller.scope, id)? else { return Ok(None) };
    let (events, unreadable) = store::events(conn, id)?;
    let actors: Vec<UserId> = events.iter().map(|e| e.actor_id).collect();
    let site = service::site(conn, caller, &patient)?;
    Ok(Some(Opened {
        record_number: store::record_at(conn, id, site)?,
        names: people::store::names_of(conn, &actors)?,
        may: service::may(conn, caller, id)?,
        labels: labels_before(conn, &caller.scope, id, &events)?,
        patient,
        events,
        unreadable,
    }))
}

/// The tubes whose last label says what a later correction changed, newest first, as far as this caller
/// sees the child's tubes.
pub(super) fn labels_before(
    conn: &mut Conn,
    scope: &Scope,
    patient: PatientId,
    events: &[IdentityEvent],
) -> Result<Vec<ContainerCode>, DbError> {
    let changed = events
        .iter()
        .filter(|e| Step::of(e) == Some(Step::Corrected))
        .filter(|e| correction(e).is_none_or(|c| !c.before.prints_alike(&c.after)));
    let Some(since) = changed.map(|e| e.recorded_at).max() else { return Ok(vec![]) };
    let treated = reach::treats(conn, scope, patient)?;
    let mut tubes = containers::table
        .inner_join(label_prints::table.on(label_prints::container_id.eq(containers::id)))
        .filter(containers::patient_id.eq(patient))
        .into_boxed();
    if !treated {
        let near = containers::centre_id
            .eq_any(scope.centres().to_vec())
            .or(containers::laboratory_id.eq_any(scope.laboratories().to_vec()));
        tubes = tubes.filter(near);
    }
    let printed: Vec<(ContainerCode, Instant)> = tubes
        .order((containers::id.desc(), label_prints::copy.desc()))
        .select((containers::code, label_prints::recorded_at))
        .load(conn)?;
    let mut found: Vec<ContainerCode> = vec![];
    let mut last: Option<ContainerCode> = None;
    for (code, at) in printed {
        // Copies of one tube stand together, the last one first.
        if last.replace(code) != Some(code) && at < since {
            found.push(code);
        }
    }
    Ok(found)
}

/// What a report was signed with, where the identity was corrected since.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The identity of then.
    pub identity: Identity,
    /// When it was corrected for the first time since.
    pub corrected_at: Instant,
}

/// The identity that something signed `at` was signed with, if it was corrected since.
pub fn signed_as(
    conn: &mut Conn,
    patient: &Patient,
    at: Instant,
) -> Result<Option<Signed>, DbError> {
    if patient.event_count == 1 {
        return Ok(None);
    }
    let (events, _) = store::events(conn, patient.id)?;
    let since = events.iter().find(|e| e.recorded_at > at && Step::of(e) == Some(Step::Corrected));
    let Some(corrected_at) = since.map(|e| e.recorded_at) else { return Ok(None) };
    let before: Vec<IdentityEvent> = events.into_iter().filter(|e| e.recorded_at <= at).collect();
    Ok(fold(&before).map(|identity| Signed { identity, corrected_at }))
}

/// The children in reach whose identity waits for a second person.
pub(super) async fn waiting(
    app: &App,
    caller: &Caller,
    after: Option<PatientId>,
    limit: Limit,
) -> Result<Page<Patient>, IdentityError> {
    if !caller.scope.sees_identity() {
        return Err(Denied::NotAllowed);
    }
    let job = caller.clone();
    audit::looked(&app.db, move |c| {
        let page = store::with_proposal(c, &job.scope, after, limit)?;
        let entry = Entry::new(&job, Action::SearchPatients, "patient", None);
        let detail = format!("corrections {}", page.items.len());
        Ok::<_, IdentityError>((page, Some(entry.detail(detail))))
    })
    .await
}
