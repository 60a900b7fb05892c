//! Rows that wait for their hour, and their writing: what happens until an hour is written
//! together, in the order in which the tables refer to one another and the log in the order of the
//! clock, as a server would have written it.

use diesel::prelude::*;
use uuid::Uuid;

use crate::audit::store::{AuditId, SubjectId};
use crate::audit::{Action, Outcome};
use crate::codes::CodeKind;
use crate::containers::{Container, ContainerId};
use crate::custody::CustodyEvent;
use crate::db::{Conn, DbError, Instant, Tx};
use crate::ledger::{self, Body};
use crate::patients::relation::{CareEvent, CareRequest, Sees};
use crate::patients::store::IdentityEvent;
use crate::patients::{Patient, PatientId};
use crate::people::UserId;
use crate::printing::store::Print;
use crate::results::store::{Acknowledgement, Head, Signature, Version};
use crate::schema::{
    audit_log, care_events, care_requests, container_tubes, containers, custody_events, due_points,
    label_prints, patient_events, patient_names, patient_sites, patients, print_jobs,
    result_acknowledgements, result_heads, result_signatures, result_versions, studies,
    study_specimens,
};
use crate::sites::SiteId;
use crate::studies::{DuePoint, DuePointId, Study, StudyId};

use super::examples::Example;
use super::printers::Job;

/// Rows of one statement on PostgreSQL, where each statement is a trip.
const TOGETHER: usize = 200;

/// Which centre treats a child.
#[derive(Debug, Insertable)]
#[diesel(table_name = patient_sites, treat_none_as_default_value = false)]
pub(super) struct CareSite {
    pub patient_id: PatientId,
    pub site_id: SiteId,
    pub record_number: Option<String>,
    pub since: Instant,
    pub sees: Sees,
    pub shared: bool,
    pub folded_name: String,
}

/// A word that a child is found by.
#[derive(Debug, Insertable)]
#[diesel(table_name = patient_names)]
struct NameWord {
    word: String,
    patient_id: PatientId,
}

/// A tube that a request expects.
#[derive(Debug, Insertable)]
#[diesel(table_name = study_specimens)]
pub(super) struct Expected {
    pub study_id: StudyId,
    pub n: i32,
    pub specimen: String,
    pub container_type: String,
}

/// Who read or changed what.
#[derive(Debug, Insertable)]
#[diesel(table_name = audit_log, treat_none_as_default_value = false)]
pub(super) struct Audited {
    pub id: AuditId,
    pub at: Instant,
    pub person_id: Option<UserId>,
    pub action: Action,
    pub outcome: Outcome,
    pub subject_kind: &'static str,
    pub subject_id: Option<SubjectId>,
    pub patient_id: Option<SubjectId>,
    pub site_id: Option<SiteId>,
    pub request_id: String,
    pub detail: Option<String>,
}

/// Rows of one kind, each with when it is written.
#[derive(Debug)]
struct Waiting<T>(Vec<(Instant, T)>);

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self(vec![])
    }
}

impl<T> Waiting<T> {
    fn push(&mut self, at: Instant, row: T) {
        self.0.push((at, row));
    }
    /// Takes out what is written before `until`, in order.
    fn take(&mut self, until: Instant) -> Vec<T> {
        let (mut due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.0).into_iter().partition(|(at, _)| *at < until);
        self.0 = later;
        due.sort_by_key(|(at, _)| *at);
        due.into_iter().map(|(_, row)| row).collect()
    }
}

/// Everything that was made and is not written yet.
#[derive(Debug, Default)]
pub(super) struct Rows {
    children: Waiting<(Patient, IdentityEvent, CareSite)>,
    cares: Waiting<(CareRequest, CareEvent, CareSite)>,
    studies: Waiting<(Study, Expected)>,
    due_points: Waiting<DuePoint>,
    tubes: Waiting<Container>,
    events: Waiting<CustodyEvent>,
    prints: Waiting<(Print, Option<Job>)>,
    versions: Waiting<Version>,
    signatures: Waiting<Signature>,
    notes: Waiting<Acknowledgement>,
    heads: Waiting<Head>,
    audits: Waiting<Audited>,
}

impl Rows {
    pub(super) fn child(
        &mut self,
        at: Instant,
        child: Patient,
        event: IdentityEvent,
        own: CareSite,
    ) {
        self.children.push(at, (child, event, own));
    }
    pub(super) fn care(&mut self, at: Instant, r: CareRequest, event: CareEvent, site: CareSite) {
        self.cares.push(at, (r, event, site));
    }
    pub(super) fn study(&mut self, study: Study, expected: Expected) {
        self.studies.push(study.requested_at, (study, expected));
    }
    pub(super) fn due_point(&mut self, at: Instant, point: DuePoint) {
        self.due_points.push(at, point);
    }
    /// A container as it is at the end, from its first event on.
    pub(super) fn tube(&mut self, tube: Container, events: Vec<CustodyEvent>) {
        self.tubes.push(tube.created_at, tube);
        for event in events {
            self.events.push(event.recorded_at, event);
        }
    }
    pub(super) fn print(&mut self, print: Print, job: Option<Job>) {
        self.prints.push(print.recorded_at, (print, job));
    }
    pub(super) fn version(&mut self, version: Version) {
        self.versions.push(version.recorded_at, version);
    }
    pub(super) fn signature(&mut self, signature: Signature) {
        self.signatures.push(signature.signed_at, signature);
    }
    pub(super) fn note(&mut self, note: Acknowledgement) {
        self.notes.push(note.at, note);
    }
    /// Where a result stands at the end, from its latest version on.
    pub(super) fn head(&mut self, at: Instant, head: Head) {
        self.heads.push(at, head);
    }
    pub(super) fn audit(&mut self, row: Audited) {
        self.audits.push(row.at, row);
    }
    /// What the rows of one child's first request are known by.
    pub(super) fn example(&self, due: Option<DuePointId>) -> Option<Example> {
        let (patient, _, own) = &self.children.0.first()?.1;
        let (study, _) = &self.studies.0.first()?.1;
        let tube = &self.tubes.0.first()?.1;
        let job = self.prints.0.first().and_then(|(_, (_, job))| job.as_ref());
        Some(Example {
            patient: patient.id.to_string(),
            name: patient.folded_name.clone(),
            folio: patient.folio.to_string(),
            curp: patient.curp.as_ref().map(ToString::to_string),
            record: own.record_number.clone().unwrap_or_default(),
            study: study.id.to_string(),
            number: study.number.to_string(),
            code: tube.code.to_string(),
            due: due?.to_string(),
            event: self.events.0.first()?.1.event_id.to_string(),
            job: job.map(Job::keys),
            care: self.cares.0.first().map(|(_, (r, ..))| r.id.to_string()),
            is_answered: !self.signatures.0.is_empty(),
        })
    }
    /// Takes out what is written before `until`.
    pub(super) fn take(&mut self, until: Instant) -> Due {
        Due {
            children: self.children.take(until),
            cares: self.cares.take(until),
            studies: self.studies.take(until),
            due_points: self.due_points.take(until),
            tubes: self.tubes.take(until),
            events: self.events.take(until),
            prints: self.prints.take(until),
            versions: self.versions.take(until),
            signatures: self.signatures.take(until),
            notes: self.notes.take(until),
            heads: self.heads.take(until),
            audits: self.audits.take(until),
        }
    }
}

/// What is written in one transaction.
pub(super) struct Due {
    children: Vec<(Patient, IdentityEvent, CareSite)>,
    cares: Vec<(CareRequest, CareEvent, CareSite)>,
    studies: Vec<(Study, Expected)>,
    due_points: Vec<DuePoint>,
    tubes: Vec<Container>,
    events: Vec<CustodyEvent>,
    prints: Vec<(Print, Option<Job>)>,
    versions: Vec<Version>,
    signatures: Vec<Signature>,
    notes: Vec<Acknowledgement>,
    heads: Vec<Head>,
    audits: Vec<Audited>,
}

/// Adds `$rows` to `$table`: on SQLite by a prepared statement a row, on PostgreSQL many at once.
macro_rules! add {
    ($conn:expr, $table:ident, $rows:expr) => {{
        let rows: Vec<_> = $rows;
        match &mut **$conn {
            Conn::Sqlite(c) => {
                for row in rows {
                    diesel::insert_into($table::table).values(row).execute(c)?;
                }
            }
            Conn::Pg(c) => {
                for some in rows.chunks(TOGETHER) {
                    diesel::insert_into($table::table)
                        .values(some.iter().copied().collect::<Vec<_>>())
                        .execute(c)?;
                }
            }
        }
    }};
}

impl Due {
    /// Writes all of it, with the log's entries.
    pub(super) fn write(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        self.write_children(tx)?;
        self.write_requests(tx)?;
        self.write_answers(tx)?;
        add!(tx, audit_log, self.audits.iter().collect());
        for (_, at, event, body) in self.sealed() {
            ledger::append(tx, event, at, &body);
        }
        Ok(())
    }

    fn write_children(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        let words: Vec<NameWord> = self.children.iter().flat_map(|(p, ..)| words(p)).collect();
        add!(tx, patients, self.children.iter().map(|c| &c.0).collect());
        add!(tx, patient_names, words.iter().collect());
        add!(tx, patient_events, self.children.iter().map(|c| &c.1).collect());
        add!(tx, patient_sites, self.children.iter().map(|c| &c.2).collect());
        add!(tx, care_requests, self.cares.iter().map(|c| &c.0).collect());
        add!(tx, care_events, self.cares.iter().map(|c| &c.1).collect());
        add!(tx, patient_sites, self.cares.iter().map(|c| &c.2).collect());
        Ok(())
    }

    fn write_requests(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        add!(tx, studies, self.studies.iter().map(|s| &s.0).collect());
        add!(tx, study_specimens, self.studies.iter().map(|s| &s.1).collect());
        add!(tx, due_points, self.due_points.iter().collect());
        let places: Vec<TubeRow> = self.tubes.iter().filter_map(TubeRow::of).collect();
        add!(tx, containers, self.tubes.iter().collect());
        add!(tx, container_tubes, places.iter().collect());
        add!(tx, custody_events, self.events.iter().collect());
        add!(tx, label_prints, self.prints.iter().map(|p| &p.0).collect());
        add!(tx, print_jobs, self.prints.iter().filter_map(|p| p.1.as_ref()).collect());
        Ok(())
    }

    fn write_answers(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        add!(tx, result_versions, self.versions.iter().collect());
        add!(tx, result_signatures, self.signatures.iter().collect());
        add!(tx, result_acknowledgements, self.notes.iter().collect());
        add!(tx, result_heads, self.heads.iter().collect());
        Ok(())
    }

    /// What the log binds, in the order of the clock; a version before its signature.
    fn sealed(&self) -> Vec<(u8, Instant, Uuid, Body)> {
        let mut all = vec![];
        let children =
            self.children.iter().map(|(_, e, _)| (e.recorded_at, e.event_id.0, e.body()));
        all.extend(children.map(|(at, id, body)| (0, at, id, body)));
        let cares = self.cares.iter().map(|(_, e, _)| (1, e.recorded_at, e.event_id.0, e.body()));
        all.extend(cares);
        all.extend(self.events.iter().map(|e| (2, e.recorded_at, e.event_id.0, e.body())));
        all.extend(self.versions.iter().map(|v| (3, v.recorded_at, v.id.0, v.log_body())));
        all.extend(self.signatures.iter().map(|s| (4, s.signed_at, s.id.0, s.log_body())));
        all.extend(self.notes.iter().map(|a| (5, a.at, a.id.0, a.log_body())));
        all.sort_by_key(|(kind, at, ..)| (*at, *kind));
        all
    }
}

/// Which expected tube of its request a drawn tube is: each request here expects one.
#[derive(Insertable)]
#[diesel(table_name = container_tubes)]
struct TubeRow {
    container_id: ContainerId,
    study_id: StudyId,
    n: i32,
}

impl TubeRow {
    fn of(tube: &Container) -> Option<Self> {
        let drawn = tube.kind == CodeKind::Primary;
        let study_id = tube.study_id.filter(|_| drawn)?;
        Some(Self { container_id: tube.id, study_id, n: 1 })
    }
}

fn words(child: &Patient) -> Vec<NameWord> {
    let of = |word| NameWord { word, patient_id: child.id };
    child.name().search_words().into_iter().map(of).collect()
}
