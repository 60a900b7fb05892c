//! Rows of `audit_log`.

use std::cmp::Reverse;

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use uuid::Uuid;

use super::{Action, Entry, Outcome};
use crate::db::{Conn, DbError, Instant, Kept, Limit, Page, Reading, Tx, kept};
use crate::people::UserId;
use crate::schema::{audit_log, people, person_sites, studies};
use crate::sites::SiteId;

crate::id_type! {
    /// An audit row.
    AuditId
}
crate::id_type! {
    /// Anything an audit row can be about.
    SubjectId
}

/// Writes `entry`, in the transaction of what it tells of, and binds it to the log: whoever changes it or takes it away
/// is named by `rastro verify`. While the log takes nothing in it is written all the same, and waits to be bound.
pub fn record(tx: &mut Tx<'_>, entry: &Entry) -> Result<(), DbError> {
    let id = AuditId::new();
    tx.touch("audit_log", id);
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::id.eq(id),
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
        .execute(&mut **tx)?;
    Ok(())
}

/// When a person opened a result of one of `patients`, by the study it was of, or by the patient
/// where it was the whole course.
pub fn results_read(
    conn: &mut Conn,
    person: UserId,
    patients: &[Uuid],
) -> Result<Vec<(Uuid, Instant)>, DbError> {
    let patients: Vec<SubjectId> = patients.iter().map(|p| SubjectId(*p)).collect();
    let rows: Vec<(Option<SubjectId>, Instant)> = audit_log::table
        .filter(audit_log::person_id.eq(person))
        .filter(audit_log::patient_id.eq_any(patients))
        .filter(sql::<Bool>(RESULT_WAS_READ))
        .select((audit_log::subject_id, audit_log::at))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, at)| Some((id?.0, at))).collect())
}

/// Who opened a result of one of `patients`, and when: by the study it was of, or by the patient where it was
/// the whole course.
pub fn results_read_of(
    conn: &mut Conn,
    patients: &[Uuid],
) -> Result<Vec<(UserId, Uuid, Instant)>, DbError> {
    let patients: Vec<SubjectId> = patients.iter().map(|p| SubjectId(*p)).collect();
    let rows: Vec<(Option<UserId>, Option<SubjectId>, Instant)> = audit_log::table
        .filter(audit_log::patient_id.eq_any(patients))
        .filter(sql::<Bool>(RESULT_WAS_READ))
        .select((audit_log::person_id, audit_log::subject_id, audit_log::at))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(who, id, at)| Some((who?, id?.0, at))).collect())
}

/// As words of the statement, not as values of it: only so is it the condition of the index that
/// holds these rows alone.
const RESULT_WAS_READ: &str = "action = 'read-result' AND outcome = 'done'";

/// A row as an auditor reads it.
#[derive(Debug, Clone, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = audit_log)]
pub struct Row {
    /// Key, in time order.
    pub id: AuditId,
    /// When it was done, by the server's clock.
    pub at: Instant,
    /// The account; none for a refused sign-in of a login that nobody has.
    pub person_id: Option<UserId>,
    /// What was done or tried.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Kind of thing.
    pub subject_kind: String,
    /// Key of the thing, whatever kind it is.
    pub subject_id: Option<SubjectId>,
    /// The child whose record it belongs to, for reading by child; none where it is about no child.
    pub patient_id: Option<SubjectId>,
    /// The site it belongs to; none where it is about none.
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
    /// Earlier than this; the moment itself is left out.
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

/// Where a page of some days goes on: after this row.
fn position(
    conn: &mut Conn,
    before: Option<AuditId>,
) -> Result<Option<(Instant, AuditId)>, DbError> {
    let Some(id) = before else { return Ok(None) };
    let at: Option<Instant> =
        audit_log::table.find(id).select(audit_log::at).first(conn).optional()?;
    Ok(at.map(|at| (at, id)))
}

type Boxed<'a> = audit_log::BoxedQuery<'a, crate::db::MultiBackend>;

/// What the index of actions about children holds, in its own words.
const ACTION_OF_A_CHILD: &str =
    "CASE WHEN audit_log.patient_id IS NOT NULL THEN audit_log.action END";

/// What the index of outcomes leaves out, in its own words.
const NOT_DONE: &str = "outcome <> 'done'";

/// One page, newest first. Ids only; who may see which is the service's to check.
pub fn page(
    conn: &mut Reading,
    filter: &Filter,
    before: Option<AuditId>,
    limit: Limit,
) -> Result<Page<Row>, DbError> {
    // Rows of some days stand together in the index of times; by key they would be looked for from
    // today on. The keys are in the order of time too, but made a moment later.
    let by_time = filter.from.is_some() || filter.before.is_some();
    let place = if by_time { position(conn, before)? } else { None };
    let mut rows = vec![];
    for (way, newest) in ways(conn, filter, before, by_time)? {
        let floor = Kept::floor(&rows, limit, |r: &Row| r.id);
        if newest.is_some() && floor >= newest {
            continue;
        }
        let more = kept::load(conn, ("audit_log", audit_log::id), || {
            let mut query = narrowed(filter, &way);
            if let Some((at, id)) = place {
                let older = audit_log::at.lt(at).or(audit_log::id.lt(id));
                query = query.filter(audit_log::at.le(at)).filter(older);
            } else if let Some(before) = before {
                query = query.filter(audit_log::id.lt(before));
            }
            if let Some(floor) = floor {
                query = query.filter(audit_log::id.gt(floor));
            }
            let query = if by_time {
                query.order((audit_log::at.desc(), audit_log::id.desc()))
            } else {
                query.order(audit_log::id.desc())
            };
            query.limit(limit.probe())
        })?;
        Kept::mix(&mut rows, more, |r: &Row| r.id);
    }
    Ok(Page::cut(rows, limit, |r: &Row| r.id))
}

/// One way in which rows are in reach, whose rows an index has in the order of lists.
#[derive(Debug, Clone)]
enum Way {
    Any,
    /// What was done so about a child of whom these laboratories were asked.
    Asked(Vec<SiteId>, Action),
    /// What belongs to this site.
    Site(SiteId),
    /// What this person did.
    Person(UserId),
    /// Any of the three.
    Near(Vec<SiteId>),
}

/// The ways to the rows, each with the newest row it can lead to where that is known. Nearly every
/// row of a child concerns the laboratory, so a walk soon fills its page; what people do besides,
/// above all signing in, they do at the centres, and the few rows of the laboratory's people are
/// looked for by person, who did it last first.
fn ways(
    conn: &mut Conn,
    filter: &Filter,
    before: Option<AuditId>,
    by_time: bool,
) -> Result<Vec<(Way, Option<AuditId>)>, DbError> {
    let Some(laboratories) = &filter.laboratories else { return Ok(vec![(Way::Any, None)]) };
    let one = filter.person.is_some() || filter.patient.is_some() || by_time;
    let Some(action) = filter.action.filter(|_| !one) else {
        return Ok(vec![(Way::Near(laboratories.clone()), None)]);
    };
    let staff = person_sites::table
        .filter(person_sites::site_id.eq_any(laboratories.clone()))
        .select(person_sites::person_id);
    let newest = audit_log::table
        .filter(audit_log::person_id.eq(people::id.nullable()))
        .filter(audit_log::action.eq(action))
        .filter(audit_log::id.lt(before.unwrap_or(AuditId(Uuid::max()))))
        .order(audit_log::id.desc())
        .limit(1)
        .select(audit_log::id)
        .single_value();
    let staff: Vec<(UserId, Option<AuditId>)> =
        people::table.filter(people::id.eq_any(staff)).select((people::id, newest)).load(conn)?;
    let mut staff: Vec<_> = staff.into_iter().filter(|(_, newest)| newest.is_some()).collect();
    staff.sort_unstable_by_key(|(_, newest)| Reverse(*newest));
    let sites = laboratories.iter().map(|site| (Way::Site(*site), None));
    let mut ways = vec![(Way::Asked(laboratories.clone(), action), None)];
    ways.extend(sites.chain(staff.into_iter().map(|(p, newest)| (Way::Person(p), newest))));
    Ok(ways)
}

impl Way {
    fn rows(&self) -> Boxed<'static> {
        let all = audit_log::table.into_boxed();
        // For each row by key: as a set it would hold every child of the laboratory.
        let asked = |laboratories: &[SiteId]| {
            let of = studies::table
                .filter(studies::patient_id.nullable().eq(audit_log::patient_id))
                .filter(studies::laboratory_id.eq_any(laboratories.to_vec()));
            exists(of)
        };
        match self {
            Self::Any => all,
            Self::Asked(labs, action) => {
                // As words of the statement: PostgreSQL then knows how many such rows there are.
                // By two conditions and a value it took signing in, which is about nobody, for
                // common among rows of children, and read the whole log.
                let done = format!("{ACTION_OF_A_CHILD} = '{action}'");
                all.filter(sql::<Bool>(&done)).filter(asked(labs))
            }
            Self::Site(site) => all.filter(audit_log::site_id.eq(*site)),
            Self::Person(person) => all.filter(audit_log::person_id.eq(*person)),
            Self::Near(labs) => {
                let staff = person_sites::table
                    .filter(person_sites::site_id.eq_any(labs.clone()))
                    .select(person_sites::person_id.nullable());
                let near = audit_log::person_id
                    .eq_any(staff)
                    .or(asked(labs))
                    .or(audit_log::site_id.eq_any(labs.clone()));
                all.filter(near.assume_not_null())
            }
        }
    }
}

fn narrowed(filter: &Filter, way: &Way) -> Boxed<'static> {
    let mut query = way.rows();
    if let Some(person) = filter.person {
        query = query.filter(audit_log::person_id.eq(person));
    }
    if let Some(patient) = filter.patient {
        query = query.filter(audit_log::patient_id.eq(SubjectId(patient)));
    }
    // What is about children says the action itself, by its index's expression.
    let says_itself = matches!(way, Way::Asked(..));
    if let Some(action) = filter.action.filter(|_| !says_itself) {
        query = query.filter(audit_log::action.eq(action));
    }
    if let Some(outcome) = filter.outcome {
        query = query.filter(audit_log::outcome.eq(outcome));
        if outcome != Outcome::Done {
            query = query.filter(sql::<Bool>(NOT_DONE));
        }
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_log::at.ge(from));
    }
    if let Some(until) = filter.before {
        query = query.filter(audit_log::at.lt(until));
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_index_are_those_of_the_log() {
        let words = (Action::ReadResult.as_str(), Outcome::Done.as_str());
        assert_eq!(RESULT_WAS_READ, format!("action = '{}' AND outcome = '{}'", words.0, words.1));
        assert_eq!(NOT_DONE, format!("outcome <> '{}'", Outcome::Done.as_str()));
    }
}
