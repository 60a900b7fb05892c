//! Rows of `audit_log`.

use diesel::prelude::*;
use uuid::Uuid;

use super::{Action, Entry, Outcome};
use crate::db::{Conn, DbError, Instant, Limit, Page, Reading};
use crate::people::UserId;
use crate::schema::{audit_log, person_sites, studies};
use crate::sites::SiteId;

crate::id_type! {
    /// An audit row.
    AuditId
}
crate::id_type! {
    /// Anything an audit row can be about.
    SubjectId
}

/// Writes `entry`, in the transaction of what it tells of.
pub fn record(conn: &mut Conn, entry: &Entry) -> Result<(), DbError> {
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::id.eq(AuditId::new()),
            audit_log::at.eq(entry.at),
            audit_log::person_id.eq(entry.person),
            audit_log::action.eq(entry.action),
            audit_log::outcome.eq(entry.outcome),
            audit_log::subject_kind.eq(entry.subject_kind),
            audit_log::subject_id.eq(entry.subject.map(SubjectId)),
            audit_log::patient_id.eq(entry.patient.map(SubjectId)),
            audit_log::site_id.eq(entry.site),
            audit_log::request_id.eq(entry.request.to_string()),
            audit_log::detail.eq(&entry.detail),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whether a person opened the result of a study, by itself or with the child's course, after
/// `after` and until `until`. `subject` is the patient and the study.
pub fn has_read_result(
    conn: &mut Conn,
    person: UserId,
    subject: (Uuid, Uuid),
    after: Instant,
    until: Option<Instant>,
) -> Result<bool, DbError> {
    let (patient, study) = (SubjectId(subject.0), SubjectId(subject.1));
    let mut query = audit_log::table
        .filter(audit_log::patient_id.eq(patient))
        .filter(audit_log::person_id.eq(person))
        .filter(audit_log::action.eq(Action::ReadResult))
        .filter(audit_log::outcome.eq(Outcome::Done))
        .filter(audit_log::subject_id.eq_any([patient, study]))
        .filter(audit_log::at.gt(after))
        .select(audit_log::id)
        .into_boxed();
    if let Some(until) = until {
        query = query.filter(audit_log::at.le(until));
    }
    Ok(query.first::<AuditId>(conn).optional()?.is_some())
}

/// A row as an auditor reads it.
#[derive(Debug, Clone, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = audit_log)]
pub struct Row {
    /// Key, in time order.
    pub id: AuditId,
    /// When.
    pub at: Instant,
    /// Who.
    pub person_id: Option<UserId>,
    /// What.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Kind of thing.
    pub subject_kind: String,
    /// The thing.
    pub subject_id: Option<SubjectId>,
    /// The patient.
    pub patient_id: Option<SubjectId>,
    /// The site.
    pub site_id: Option<SiteId>,
    /// The request, as in the log.
    pub request_id: String,
    /// A stable word.
    pub detail: Option<String>,
}

/// What a page of the log is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Done by this person.
    pub person: Option<UserId>,
    /// About this patient's record.
    pub patient: Option<Uuid>,
    /// What was done or tried.
    pub action: Option<Action>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// From here on.
    pub from: Option<Instant>,
    /// Before this.
    pub before: Option<Instant>,
    /// Only what these laboratories' people did, or what concerns a patient with a study there.
    pub laboratories: Option<Vec<SiteId>>,
}

/// One page, newest first, of one patient's record or of everything. Ids only; the caller is an
/// auditor, the head of the laboratory or quality (the service checks).
pub fn list(
    conn: &mut Reading,
    patient: Option<Uuid>,
    before: Option<AuditId>,
    limit: Limit,
) -> Result<Page<Row>, DbError> {
    page(conn, &Filter { patient, ..Filter::default() }, before, limit)
}

/// One page, newest first. Ids only; who may see which is the service's to check.
pub fn page(
    conn: &mut Reading,
    filter: &Filter,
    before: Option<AuditId>,
    limit: Limit,
) -> Result<Page<Row>, DbError> {
    let mut query = audit_log::table.select(Row::as_select()).into_boxed();
    if let Some(person) = filter.person {
        query = query.filter(audit_log::person_id.eq(person));
    }
    if let Some(patient) = filter.patient {
        query = query.filter(audit_log::patient_id.eq(SubjectId(patient)));
    }
    if let Some(action) = filter.action {
        query = query.filter(audit_log::action.eq(action));
    }
    if let Some(outcome) = filter.outcome {
        query = query.filter(audit_log::outcome.eq(outcome));
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_log::at.ge(from));
    }
    if let Some(until) = filter.before {
        query = query.filter(audit_log::at.lt(until));
    }
    if let Some(laboratories) = &filter.laboratories {
        let staff = person_sites::table
            .filter(person_sites::site_id.eq_any(laboratories.clone()))
            .select(person_sites::person_id.nullable());
        let patients = studies::table
            .filter(studies::laboratory_id.eq_any(laboratories.clone()))
            .select(studies::patient_id.nullable());
        let near = audit_log::person_id
            .eq_any(staff)
            .or(audit_log::patient_id.eq_any(patients))
            .or(audit_log::site_id.eq_any(laboratories.clone()));
        query = query.filter(near.assume_not_null());
    }
    if let Some(before) = before {
        query = query.filter(audit_log::id.lt(before));
    }
    let rows = query.order(audit_log::id.desc()).limit(limit.probe()).load(&mut **conn)?;
    Ok(Page::cut(rows, limit, |r| r.id.to_string()))
}
