//! Identity events: nothing of a record changes without one, and the log binds each.

use diesel::prelude::*;
use uuid::Uuid;

use super::model::{Patient, PatientId};
use super::store::find;
use crate::codes::Curp;
use crate::db::{Conn, DbError, Instant, Kept, Tx, Unreadable, kept};
use crate::journal;
use crate::ledger::{Body, Source};
use crate::people::{Scope, UserId};
use crate::schema::{patient_events, patient_names, patient_sites, patients};
use crate::sites::SiteId;

crate::id_type! {
    /// An event of a child's identity, in the log too.
    IdentityEventId
}

/// An identity event: every column, as the log binds it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = patient_events)]
pub struct IdentityEvent {
    /// The record that it happened to.
    pub patient_id: PatientId,
    /// Its number, from 1.
    pub seq: i64,
    /// Names the event, in the log too.
    pub event_id: IdentityEventId,
    /// `registered`, `corrected` …
    pub kind: String,
    /// When the server recorded it.
    pub recorded_at: Instant,
    /// The account that was signed in.
    pub actor_id: UserId,
    /// The site at which it was said.
    pub site_id: SiteId,
    /// The identity as it was given, a JSON object.
    pub data: String,
}

impl IdentityEvent {
    /// The body that the log binds. It names the patient in the body, never in the entry: erasing
    /// the body leaves the log's proofs whole.
    pub fn body(&self) -> Body {
        let Self { patient_id, seq, event_id, kind, recorded_at, actor_id, site_id, data } = self;
        Body::new("identity", 1)
            .text("patient", patient_id)
            .int("seq", *seq)
            .text("id", event_id)
            .text("kind", kind)
            .text("recorded_at", recorded_at)
            .text("actor", actor_id)
            .text("site", site_id)
            .text("data", data)
    }
}

/// Flags a child as one of a multiple birth, with the identity event that says so.
pub(crate) fn flag_multiple_birth(tx: &mut Tx<'_>, event: &IdentityEvent) -> Result<(), DbError> {
    journal::change(tx, "patients", event.patient_id)?;
    diesel::insert_into(patient_events::table).values(event.clone()).execute(&mut **tx)?;
    diesel::update(patients::table.find(event.patient_id))
        .set((patients::multiple_birth.eq(true), patients::event_count.eq(event.seq)))
        .execute(&mut **tx)?;
    Ok(())
}

/// The CURP that a registration was held back with, now that nobody else has it.
pub(crate) fn confirm_curp(
    tx: &mut Tx<'_>,
    event: &IdentityEvent,
    curp: &Curp,
) -> Result<(), DbError> {
    journal::change(tx, "patients", event.patient_id)?;
    diesel::insert_into(patient_events::table).values(event.clone()).execute(&mut **tx)?;
    diesel::update(patients::table.find(event.patient_id))
        .set((patients::curp.eq(curp.clone()), patients::event_count.eq(event.seq)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Another identity was proposed: the record says so until a second person decides.
pub(crate) fn propose(tx: &mut Tx<'_>, event: &IdentityEvent) -> Result<(), DbError> {
    journal::change(tx, "patients", event.patient_id)?;
    diesel::insert_into(patient_events::table).values(event.clone()).execute(&mut **tx)?;
    diesel::update(patients::table.find(event.patient_id))
        .set((patients::proposal.eq(Some(event.event_id)), patients::event_count.eq(event.seq)))
        .execute(&mut **tx)?;
    Ok(())
}

/// The proposal was decided about: with `corrected` the record is that from now on, with the record
/// number of that site. Words of the name before stay, so that old papers still find the child.
pub(crate) fn decide(
    tx: &mut Tx<'_>,
    event: &IdentityEvent,
    corrected: Option<(&Patient, SiteId, Option<&str>)>,
) -> Result<(), DbError> {
    journal::change(tx, "patients", event.patient_id)?;
    diesel::insert_into(patient_events::table).values(event.clone()).execute(&mut **tx)?;
    let record = patients::table.find(event.patient_id);
    diesel::update(record)
        .set((patients::proposal.eq(None::<IdentityEventId>), patients::event_count.eq(event.seq)))
        .execute(&mut **tx)?;
    let Some((p, site, number)) = corrected else { return Ok(()) };
    // Each centre's row has the name too, which the database copies.
    let caring = patient_sites::table.filter(patient_sites::patient_id.eq(p.id));
    let caring: Vec<SiteId> = caring.select(patient_sites::site_id).load(&mut **tx)?;
    for site in caring {
        journal::change(tx, "patient_sites", (p.id, site))?;
    }
    diesel::update(patient_sites::table.find((p.id, site)))
        .set(patient_sites::record_number.eq(number))
        .execute(&mut **tx)?;
    diesel::update(record)
        .set((
            patients::given_names.eq(&p.given_names),
            patients::surname1.eq(&p.surname1),
            patients::surname2.eq(&p.surname2),
            patients::folded_name.eq(&p.folded_name),
            patients::birth_date.eq(p.birth_date),
            patients::birth_precision.eq(p.birth_precision),
            patients::sex.eq(p.sex),
            patients::curp.eq(&p.curp),
            patients::nss.eq(&p.nss),
            patients::agregado.eq(&p.agregado),
            patients::multiple_birth.eq(p.multiple_birth),
            patients::latin_given.eq(&p.latin_given),
            patients::latin_surname1.eq(&p.latin_surname1),
            patients::latin_surname2.eq(&p.latin_surname2),
        ))
        .execute(&mut **tx)?;
    let there: Vec<String> = patient_names::table
        .filter(patient_names::patient_id.eq(p.id))
        .select(patient_names::word)
        .load(&mut **tx)?;
    for word in p.name().search_words().into_iter().filter(|w| !there.contains(w)) {
        diesel::insert_into(patient_names::table)
            .values((patient_names::word.eq(word), patient_names::patient_id.eq(p.id)))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// What a decision about two records says: `into` names the one that stays, nobody once they are apart
/// again (BR-29). The events are one of each record.
pub(crate) fn merge(
    tx: &mut Tx<'_>,
    record: PatientId,
    into: Option<PatientId>,
) -> Result<(), DbError> {
    journal::change(tx, "patients", record)?;
    diesel::update(patients::table.find(record))
        .set(patients::merged_into.eq(into))
        .execute(&mut **tx)?;
    Ok(())
}

/// One identity event, whoever's.
pub(crate) fn event(
    conn: &mut Conn,
    id: IdentityEventId,
) -> Result<Option<IdentityEvent>, DbError> {
    let found = patient_events::table.filter(patient_events::event_id.eq(id));
    Ok(found.select(IdentityEvent::as_select()).first(conn).optional()?)
}

/// The identity events of a patient, oldest first, without those that can't be read.
pub(crate) fn events(
    conn: &mut Conn,
    patient: PatientId,
) -> Result<(Vec<IdentityEvent>, Vec<Unreadable>), DbError> {
    let key = ("patient_events", patient_events::event_id);
    let rows: Vec<Kept<IdentityEvent, IdentityEventId>> = kept::load(conn, key, || {
        patient_events::table
            .filter(patient_events::patient_id.eq(patient))
            .order(patient_events::seq)
    })?;
    Ok(Kept::apart(rows))
}

/// Identity events, for `rastro verify`.
pub struct IdentitySource;

impl Source for IdentitySource {
    fn log(&self) -> &'static str {
        "identity"
    }
    /// Whoever may see the child.
    fn may_see(&self, conn: &mut Conn, scope: &Scope, event: Uuid) -> Result<bool, DbError> {
        let patient: Option<PatientId> = patient_events::table
            .filter(patient_events::event_id.eq(IdentityEventId(event)))
            .select(patient_events::patient_id)
            .first(conn)
            .optional()?;
        Ok(match patient {
            Some(id) => find(conn, scope, id)?.is_some(),
            None => false,
        })
    }
    crate::logged_rows!(patient_events, IdentityEvent, IdentityEventId);
}
