//! What is shown of identities: the history of one, what was printed and signed before a correction,
//! and what waits for a second person.

use std::collections::HashMap;

use diesel::prelude::*;

use super::model::{Correction, Identity, correction};
use super::service::{self, IdentityError};
use super::story::Story;
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::codes::ContainerCode;
use crate::db::{Conn, DbError, Instant, Limit, Page, Reading, Unreadable};
use crate::patients::store::{self, IdentityEvent};
use crate::patients::{NewPatient, Patient, PatientId, likeness, merged, reach};
use crate::people::rights::{Reach, Right};
use crate::people::{self, Caller, Denied, Scope, UserId};
use crate::schema::{containers, label_prints};

/// A child's identity and how it came to be.
pub(super) struct Opened {
    pub patient: Patient,
    pub record_number: Option<String>,
    /// The identity's events, the oldest first.
    pub events: Vec<IdentityEvent>,
    pub unreadable: Vec<Unreadable>,
    /// Printed names of who acted.
    pub names: HashMap<UserId, String>,
    /// Whether the caller may propose and decide.
    pub may: bool,
    pub labels: Vec<ContainerCode>,
    /// The record that stays, where this one was merged into it.
    pub stays: Option<Patient>,
    /// The records that were merged into this one.
    pub merged: Vec<Patient>,
    /// Both records that the proposal that waits is about: the one to be merged, and the one that stays.
    pub pair: Option<(Patient, Patient)>,
    /// The children in reach whom the proposed identity would make this one like.
    pub alike: Vec<Patient>,
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
    let Story { own: events, mut unreadable, .. } = Story::load(conn, id)?;
    let (merged, lost) = merged::merged_into(conn, id)?;
    unreadable.extend(lost);
    let actors: Vec<UserId> = events.iter().map(|e| e.actor_id).collect();
    let site = service::site(conn, caller, &patient)?;
    Ok(Some(Opened {
        record_number: store::record_at(conn, id, site)?,
        names: people::store::names_of(conn, &actors)?,
        may: service::may(conn, caller, id)?,
        labels: labels_before(conn, &caller.scope, &patient)?,
        stays: match patient.merged_into {
            Some(stays) => merged::shown(conn, &caller.scope, stays)?,
            None => None,
        },
        merged,
        pair: pair(conn, caller, &patient, &events)?,
        alike: alike(conn, caller, &patient, &events)?,
        patient,
        events,
        unreadable,
    }))
}

/// Whom the proposed identity would make the child like: a registration with it would have asked.
fn alike(
    conn: &mut Conn,
    caller: &Caller,
    patient: &Patient,
    events: &[IdentityEvent],
) -> Result<Vec<Patient>, DbError> {
    let waiting = events.iter().find(|e| Some(e.event_id) == patient.proposal);
    let Some((event, wanted)) = waiting.and_then(|e| Some((e, correction(e)?))) else {
        return Ok(vec![]);
    };
    if wanted.merge.is_some() {
        return Ok(vec![]);
    }
    let (before, after) = (NewPatient::from(&wanted.before), NewPatient::from(&wanted.after));
    likeness::newly(conn, &caller.scope, (patient.id, event.site_id), (&before, &after))
}

/// Both records of the proposal that waits at one of them, as far as the other is in reach.
fn pair(
    conn: &mut Conn,
    caller: &Caller,
    patient: &Patient,
    events: &[IdentityEvent],
) -> Result<Option<(Patient, Patient)>, DbError> {
    let waiting = events.iter().find(|e| Some(e.event_id) == patient.proposal);
    let Some(two) = waiting.and_then(correction).and_then(|c| c.merge) else { return Ok(None) };
    let Some(other) = store::find(conn, &caller.scope, two.other(patient.id))? else {
        return Ok(None);
    };
    Ok(Some(match patient.id == two.record {
        true => (patient.clone(), other),
        false => (other, patient.clone()),
    }))
}

/// The tubes of a child whose last label says what it is no longer called, newest first, as far as this
/// caller sees its tubes: of each of its records, which were named otherwise before they were merged.
pub(super) fn labels_before(
    conn: &mut Conn,
    scope: &Scope,
    child: &Patient,
) -> Result<Vec<ContainerCode>, DbError> {
    let mut found = vec![];
    if child.event_count == 1 {
        return Ok(found);
    }
    for record in merged::records(conn, child.id)? {
        let story = Story::load(conn, record)?;
        let last = last_labels(conn, scope, record)?;
        found.extend(last.into_iter().filter(|(_, at)| story.outdates(*at)).map(|(code, _)| code));
    }
    Ok(found)
}

/// The tubes of a record in reach with when their last label was printed, newest first.
fn last_labels(
    conn: &mut Conn,
    scope: &Scope,
    record: PatientId,
) -> Result<Vec<(ContainerCode, Instant)>, DbError> {
    let treated = reach::treats(conn, scope, record)?;
    let mut tubes = containers::table
        .inner_join(label_prints::table.on(label_prints::container_id.eq(containers::id)))
        .filter(containers::patient_id.eq(record))
        .into_boxed();
    if !treated {
        let reach = Reach::of(scope, Right::SeeSample);
        let near = containers::centre_id
            .eq_any(reach.centres().to_vec())
            .or(containers::laboratory_id.eq_any(reach.laboratories().to_vec()));
        tubes = tubes.filter(near);
    }
    let mut printed: Vec<(ContainerCode, Instant)> = tubes
        .order((containers::id.desc(), label_prints::copy.desc()))
        .select((containers::code, label_prints::recorded_at))
        .load(conn)?;
    // Copies of one tube stand together, the last one first.
    printed.dedup_by_key(|(code, _)| *code);
    Ok(printed)
}

/// What a report was signed with, where the identity was corrected since.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The identity of then.
    pub identity: Identity,
    /// When it was corrected for the first time since.
    pub corrected_at: Instant,
}

/// The identity events by which a child may be called otherwise on labels.
pub const RENAME: [&str; 4] = ["corrected", "merged", "unmerged", "twin-found"];

/// Whether a label of a record's tube that was drawn `at` says what the child's labels no longer say.
pub fn outdates(conn: &mut Conn, record: PatientId, at: Instant) -> Result<bool, DbError> {
    Ok(Story::load(conn, record)?.outdates(at))
}

/// The identity that something of a record was signed with `at`, if the child is shown as another one
/// since.
pub fn signed_as(
    conn: &mut Conn,
    record: PatientId,
    at: Instant,
) -> Result<Option<Signed>, DbError> {
    let story = Story::load(conn, record)?;
    let Some(corrected_at) = story.changed_since(at) else { return Ok(None) };
    Ok(story.at(at).map(|identity| Signed { identity, corrected_at }))
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
