//! Care relations as rows: which centres treat a child, the questions between centres that lead
//! to one, and the events that say who decided. Every change of a relation is an event in the log.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use super::merged;
use super::model::PatientId;
use crate::codes::Curp;
use crate::db::{Conn, DbError, Instant, Kept, Page, Reading, Tx, kept};
use crate::journal;
use crate::ledger::{self, Body, Source};
use crate::people::{Scope, UserId};
use crate::schema::{care_events, care_looks, care_requests, patient_sites, patients, studies};
use crate::sites::SiteId;

crate::id_type! {
    /// A question between centres, or a transfer.
    CareRequestId
}
crate::id_type! {
    /// An event of a child's care.
    CareEventId
}
crate::id_type! {
    /// A registration that met a child out of reach.
    LookId
}

crate::words! {
    /// What of a child a centre sees.
    pub enum Sees {
        /// Everything: it treats the child.
        Course = "course",
        /// The identity and what it asked for itself: its care has ended.
        Own = "own",
    }
}

crate::words! {
    /// What is asked or told.
    pub enum CareKind {
        /// Is this child treated by you? Nothing is seen until somebody answers.
        Ask = "ask",
        /// The record was opened at once, on a named senior's word; reviewed within a day.
        Emergency = "emergency",
        /// The child was registered anew; whether it is the same one is still to be said.
        Provisional = "provisional",
        /// The treating centre let another one in, by itself.
        Transfer = "transfer",
    }
}

crate::words! {
    /// Where it stands.
    pub enum CareState {
        /// Waits for an answer.
        Open = "open",
        /// Yes: both centres see the child's course.
        Granted = "granted",
        /// No: not the child, or not treated there.
        Refused = "refused",
        /// The relation was ended.
        Ended = "ended",
    }
}

crate::words! {
    /// What an event of a child's care says: what was asked or told, or where it stands since.
    pub enum CareEventKind {
        /// A centre asked whether it is the same child: [`CareKind::Ask`].
        Ask = "ask",
        /// A record was opened in an emergency: [`CareKind::Emergency`].
        Emergency = "emergency",
        /// A record was made before anybody answered: [`CareKind::Provisional`].
        Provisional = "provisional",
        /// Another centre treats the child too: [`CareKind::Transfer`].
        Transfer = "transfer",
        /// It was granted: [`CareState::Granted`].
        Granted = "granted",
        /// It was refused: [`CareState::Refused`].
        Refused = "refused",
        /// The relation has ended: [`CareState::Ended`].
        Ended = "ended",
    }
}

impl From<CareKind> for CareEventKind {
    fn from(kind: CareKind) -> Self {
        match kind {
            CareKind::Ask => Self::Ask,
            CareKind::Emergency => Self::Emergency,
            CareKind::Provisional => Self::Provisional,
            CareKind::Transfer => Self::Transfer,
        }
    }
}

impl CareEventKind {
    /// What is said of a question that stands at `state` now.
    pub fn of(kind: CareKind, state: CareState) -> Self {
        match state {
            CareState::Open => kind.into(),
            CareState::Granted => Self::Granted,
            CareState::Refused => Self::Refused,
            CareState::Ended => Self::Ended,
        }
    }
}

/// A question between centres: the current state of its events.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = care_requests, treat_none_as_default_value = false)]
pub struct CareRequest {
    /// Names the question or transfer in addresses and events.
    pub id: CareRequestId,
    /// What is asked, or that it is a transfer.
    pub kind: CareKind,
    /// Where it stands.
    pub state: CareState,
    /// The child asked about; none where a registration was only held for confirmation.
    pub patient_id: Option<PatientId>,
    /// The record made meanwhile.
    pub provisional_id: Option<PatientId>,
    /// The centre that asks; of a transfer, the one that receives.
    pub site_id: SiteId,
    /// Who asked, or sent.
    pub asked_by: UserId,
    /// When it was asked, or sent.
    pub asked_at: Instant,
    /// Until when an answer is expected.
    pub due_at: Instant,
    /// In what the typed child is like the one there; shown to who answers, never to who asks.
    pub likeness: Option<super::DuplicateReason>,
    /// Why, in the asker's words.
    pub reason: String,
    /// The senior on whose word a record was opened.
    pub in_charge: Option<UserId>,
    /// What the asker typed of the child, a JSON object.
    pub typed: String,
    /// The CURP that the record made meanwhile does not have yet (BR-30).
    pub held_curp: Option<Curp>,
    /// The client's key of the registration that asked.
    pub registration: Option<PatientId>,
    /// Who answered; none while nobody has.
    pub answered_by: Option<UserId>,
    /// When it was answered; none while nobody has.
    pub answered_at: Option<Instant>,
    /// In which words.
    pub answer: Option<String>,
}

/// An event of a child's care: every column, as the log binds it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = care_events)]
pub struct CareEvent {
    /// Names the event in the log.
    pub event_id: CareEventId,
    /// Of which child.
    pub patient_id: PatientId,
    /// Of which question or transfer.
    pub request_id: CareRequestId,
    /// What it says.
    pub kind: CareEventKind,
    /// The centre it is about.
    pub site_id: SiteId,
    /// The account that was signed in.
    pub actor_id: UserId,
    /// When the server recorded it.
    pub recorded_at: Instant,
    /// The words given, a JSON object.
    pub data: String,
}

impl CareEvent {
    /// The body that the log binds.
    pub fn body(&self) -> Body {
        let Self { event_id, patient_id, request_id, kind, site_id, actor_id, recorded_at, data } =
            self;
        Body::new("care", 1)
            .text("id", event_id)
            .text("patient", patient_id)
            .text("request", request_id)
            .text("kind", kind)
            .text("site", site_id)
            .text("actor", actor_id)
            .text("recorded_at", recorded_at)
            .text("data", data)
    }
}

/// Adds a question or transfer; its event follows by [`happened`].
pub(crate) fn insert(tx: &mut Tx<'_>, request: &CareRequest) -> Result<(), DbError> {
    diesel::insert_into(care_requests::table).values(request.clone()).execute(&mut **tx)?;
    tx.touch("care_requests", request.id);
    Ok(())
}

/// By key, kept from other transactions until this one ends. Whoever asks: the caller decides
/// what of it is in reach.
pub(crate) fn locked(conn: &mut Conn, id: CareRequestId) -> Result<Option<CareRequest>, DbError> {
    if let Conn::Pg(c) = conn {
        let row = care_requests::table.find(id).select(care_requests::id);
        row.for_update().first::<CareRequestId>(c).optional()?;
    }
    Ok(care_requests::table.find(id).select(CareRequest::as_select()).first(conn).optional()?)
}

/// Says how a question was answered.
pub(crate) fn settle(tx: &mut Tx<'_>, r: &CareRequest) -> Result<(), DbError> {
    journal::change(tx, "care_requests", r.id)?;
    diesel::update(care_requests::table.find(r.id))
        .set((
            care_requests::state.eq(r.state),
            care_requests::answered_by.eq(r.answered_by),
            care_requests::answered_at.eq(r.answered_at),
            care_requests::answer.eq(&r.answer),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// An event for each record of the children that a question is about, sealed in the log: records that
/// were merged are one child's, and in the same hands (BR-29).
pub(crate) fn happened(
    tx: &mut Tx<'_>,
    r: &CareRequest,
    kind: CareEventKind,
    actor: (UserId, Instant),
    data: &serde_json::Value,
) -> Result<(), DbError> {
    let mut records = vec![];
    for patient in [r.patient_id, r.provisional_id].into_iter().flatten() {
        records.extend(merged::records(tx, patient)?);
    }
    records.sort_unstable();
    records.dedup();
    for patient_id in records {
        let event = CareEvent {
            event_id: CareEventId::new(),
            patient_id,
            request_id: r.id,
            kind,
            site_id: r.site_id,
            actor_id: actor.0,
            recorded_at: actor.1,
            data: data.to_string(),
        };
        insert_event(tx, &event)?;
        ledger::append(tx, event.event_id.0, event.recorded_at, &event.body());
    }
    Ok(())
}

fn insert_event(conn: &mut Conn, event: &CareEvent) -> Result<(), DbError> {
    diesel::insert_into(care_events::table).values(event.clone()).execute(conn)?;
    Ok(())
}

/// From now on `site` treats the child, by each of its records, with whoever does already.
pub(crate) fn begin(
    tx: &mut Tx<'_>,
    patient: PatientId,
    site: SiteId,
    now: Instant,
) -> Result<(), DbError> {
    for record in merged::records(tx, patient)? {
        lock(tx, record)?;
        begin_of(tx, record, site, now)?;
    }
    Ok(())
}

fn begin_of(
    tx: &mut Tx<'_>,
    patient: PatientId,
    site: SiteId,
    now: Instant,
) -> Result<(), DbError> {
    let rows = patient_sites::table.filter(patient_sites::patient_id.eq(patient));
    let all: Vec<SiteId> = rows.select(patient_sites::site_id).load(&mut **tx)?;
    for there in &all {
        journal::change(tx, "patient_sites", (patient, *there))?;
    }
    if all.contains(&site) {
        diesel::update(rows.filter(patient_sites::site_id.eq(site)))
            .set(patient_sites::sees.eq(Sees::Course))
            .execute(&mut **tx)?;
    } else {
        let name: String =
            patients::table.find(patient).select(patients::folded_name).first(&mut **tx)?;
        diesel::insert_into(patient_sites::table)
            .values((
                patient_sites::patient_id.eq(patient),
                patient_sites::site_id.eq(site),
                patient_sites::record_number.eq(None::<String>),
                patient_sites::since.eq(now),
                patient_sites::sees.eq(Sees::Course),
                patient_sites::shared.eq(true),
                patient_sites::folded_name.eq(name),
            ))
            .execute(&mut **tx)?;
        tx.touch("patient_sites", (patient, site));
    }
    diesel::update(rows).set(patient_sites::shared.eq(true)).execute(&mut **tx)?;
    Ok(())
}

/// `site` treats the child no longer, by none of its records. What it asked for itself stays its own to
/// read: its samples and their answers are its medical acts.
pub(crate) fn end(tx: &mut Tx<'_>, patient: PatientId, site: SiteId) -> Result<(), DbError> {
    for record in merged::records(tx, patient)? {
        lock(tx, record)?;
        end_of(tx, record, site)?;
    }
    Ok(())
}

fn end_of(tx: &mut Tx<'_>, patient: PatientId, site: SiteId) -> Result<(), DbError> {
    let own =
        studies::table.filter(studies::patient_id.eq(patient)).filter(studies::centre_id.eq(site));
    let own: bool = diesel::select(exists(own)).get_result(&mut **tx)?;
    let row = patient_sites::table
        .filter(patient_sites::patient_id.eq(patient))
        .filter(patient_sites::site_id.eq(site));
    journal::change(tx, "patient_sites", (patient, site))?;
    // Without a row rather than with a word for "nothing": PostgreSQL takes a "not that word" for
    // no rows at all, and reads the whole table first.
    if own {
        diesel::update(row).set(patient_sites::sees.eq(Sees::Own)).execute(&mut **tx)?;
    } else {
        diesel::delete(row).execute(&mut **tx)?;
    }
    Ok(())
}

/// The centres that treat a child, the first one first.
pub(crate) fn treating(
    conn: &mut Conn,
    patient: PatientId,
) -> Result<Vec<(SiteId, Instant)>, DbError> {
    Ok(patient_sites::table
        .filter(patient_sites::patient_id.eq(patient))
        .filter(patient_sites::sees.eq(Sees::Course))
        .order((patient_sites::since, patient_sites::site_id))
        .select((patient_sites::site_id, patient_sites::since))
        .load(conn)?)
}

/// The centres that treat each of these children, of each the first one first.
pub(crate) fn treating_many(
    conn: &mut Conn,
    patients: &[PatientId],
) -> Result<HashMap<PatientId, Vec<SiteId>>, DbError> {
    let rows: Vec<(PatientId, SiteId)> = patient_sites::table
        .filter(patient_sites::patient_id.eq_any(patients.to_vec()))
        .filter(patient_sites::sees.eq(Sees::Course))
        .order((patient_sites::since, patient_sites::site_id))
        .select((patient_sites::patient_id, patient_sites::site_id))
        .load(conn)?;
    let mut all: HashMap<PatientId, Vec<SiteId>> = HashMap::new();
    for (patient, site) in rows {
        all.entry(patient).or_default().push(site);
    }
    Ok(all)
}

/// Keeps the number of relations of a child from changing until this transaction ends.
pub(crate) fn lock(conn: &mut Conn, patient: PatientId) -> Result<(), DbError> {
    if let Conn::Pg(c) = conn {
        let rows = patient_sites::table.filter(patient_sites::patient_id.eq(patient));
        rows.order(patient_sites::site_id)
            .select(patient_sites::site_id)
            .for_update()
            .load::<SiteId>(c)?;
    }
    Ok(())
}

/// What a registration with this key of this person has asked already: to answer a repeat.
pub(super) fn of_registration(
    conn: &mut Conn,
    key: PatientId,
    person: UserId,
) -> Result<Vec<CareRequest>, DbError> {
    Ok(care_requests::table
        .filter(care_requests::registration.eq(key))
        .filter(care_requests::asked_by.eq(person))
        .order(care_requests::id)
        .select(CareRequest::as_select())
        .load(conn)?)
}

/// The question about this child that `site` has open already.
pub(super) fn open_about(
    conn: &mut Conn,
    patient: PatientId,
    site: SiteId,
) -> Result<Option<CareRequest>, DbError> {
    Ok(care_requests::table
        .filter(care_requests::patient_id.eq(patient))
        .filter(care_requests::site_id.eq(site))
        .filter(care_requests::kind.eq(CareKind::Ask))
        .filter(care_requests::state.eq(CareState::Open))
        .select(CareRequest::as_select())
        .first(conn)
        .optional()?)
}

/// Every question and transfer that a child's record is part of, oldest first; at most 200. A rule
/// decides by all of them, so one that can't be read is an error.
pub(crate) fn about(conn: &mut Conn, patient: PatientId) -> Result<Vec<CareRequest>, DbError> {
    Ok(of_record(patient).select(CareRequest::as_select()).load(conn)?)
}

/// As [`about`], of all records of a child and for a page: those that can't be read are told of.
pub(crate) fn told_about(
    conn: &mut Reading,
    records: &[PatientId],
) -> Result<Page<CareRequest>, DbError> {
    let key = ("care_requests", care_requests::id);
    let mut rows: Vec<Kept<_, CareRequestId>> = vec![];
    for record in records {
        rows.extend(kept::load(conn, key, || of_record(*record))?);
    }
    // One that asks whether two records are one child's is about both.
    rows.sort_by_key(|row| row.key(|r: &CareRequest| r.id));
    rows.dedup_by(|one, other| {
        let key = one.key(|r: &CareRequest| r.id);
        key.is_some() && key == other.key(|r: &CareRequest| r.id)
    });
    Ok(Page::whole(rows))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn of_record(patient: PatientId) -> _ {
    let either = care_requests::patient_id
        .eq(patient)
        .or(care_requests::provisional_id.eq(patient))
        .assume_not_null();
    let most: i64 = 200;
    care_requests::table.filter(either).order(care_requests::id).limit(most)
}

/// The events of a child's care by one of these records, oldest first; at most 200.
pub(crate) fn events(
    conn: &mut Reading,
    records: &[PatientId],
) -> Result<Page<CareEvent>, DbError> {
    let key = ("care_events", care_events::event_id);
    let rows: Vec<Kept<_, CareEventId>> = kept::load(conn, key, || {
        care_events::table
            .filter(care_events::patient_id.eq_any(records.to_vec()))
            .order(care_events::event_id)
            .limit(200)
    })?;
    Ok(Page::whole(rows))
}

/// Counts a registration that met `patient` out of reach.
pub(super) fn look(
    conn: &mut Conn,
    person: UserId,
    site: SiteId,
    patient: PatientId,
    now: Instant,
) -> Result<(), DbError> {
    diesel::insert_into(care_looks::table)
        .values((
            care_looks::id.eq(LookId::new()),
            care_looks::person_id.eq(person),
            care_looks::site_id.eq(site),
            care_looks::patient_id.eq(patient),
            care_looks::at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// How many different children out of reach this person, and this centre, have met since `since`.
/// Counted one registration after the other, on every server.
pub(super) fn met(
    conn: &mut Conn,
    person: UserId,
    site: SiteId,
    since: Instant,
) -> Result<(usize, usize), DbError> {
    use crate::schema::people;
    if let Conn::Pg(c) = conn {
        // Not "for update": that would wait for every row that names this person.
        let row = people::table.find(person).select(people::id);
        row.for_no_key_update().first::<UserId>(c).optional()?;
    }
    let recent = care_looks::table.filter(care_looks::at.gt(since));
    let of_person: Vec<PatientId> = recent
        .filter(care_looks::person_id.eq(person))
        .select(care_looks::patient_id)
        .distinct()
        .load(conn)?;
    let of_site: Vec<PatientId> = recent
        .filter(care_looks::site_id.eq(site))
        .select(care_looks::patient_id)
        .distinct()
        .load(conn)?;
    Ok((of_person.len(), of_site.len()))
}

/// Care events, for `rastro verify`.
pub struct CareSource;

impl Source for CareSource {
    fn log(&self) -> &'static str {
        "care"
    }
    /// Whoever sees the child sees what became of its care.
    fn may_see(&self, conn: &mut Conn, scope: &Scope, event: Uuid) -> Result<bool, DbError> {
        let patient: Option<PatientId> = care_events::table
            .filter(care_events::event_id.eq(CareEventId(event)))
            .select(care_events::patient_id)
            .first(conn)
            .optional()?;
        Ok(match patient {
            Some(id) => super::store::find(conn, scope, id)?.is_some(),
            None => false,
        })
    }
    crate::logged_rows!(care_events, CareEvent, CareEventId);
}
