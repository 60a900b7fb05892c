//! Answers that were amended after somebody had read them (BR-23): "push a notice to everyone who
//! opened the old one". Nothing is marked and nothing can be forgotten: who read what stands in
//! the audit log, who took note in the acknowledgements.

use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use super::model::{Study, StudyId};
use crate::audit;
use crate::db::{Conn, DbError, Instant, Reading};
use crate::patients::{PatientId, reach};
use crate::people::{Role, Scope, UserId};
use crate::schema::{
    result_acknowledgements, result_heads, result_signatures, result_versions, studies,
};

crate::id_type! {
    /// A version of a result, as a study knows it.
    AnswerId
}

/// The word of a signature that releases.
pub(super) const RELEASED: &str = "released";

/// A study whose released answer is not the one this person read.
#[derive(Debug, Clone)]
pub struct Amended {
    /// The study.
    pub study: Study,
    /// The version that holds now.
    pub version: Uuid,
    /// Why it was amended.
    pub reason: Option<String>,
    /// When it was released.
    pub released_at: Instant,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = result_versions)]
struct Answer {
    id: AnswerId,
    reason: Option<String>,
    analyst_id: UserId,
}

/// The studies in reach, of one patient or of all, whose released answer was amended after this
/// person had read or acknowledged an earlier one, and of which they have not taken note since;
/// newest first, out of the newest 200 amendments.
pub fn unseen(
    conn: &mut Reading,
    scope: &Scope,
    patient: Option<PatientId>,
) -> Result<Vec<Amended>, DbError> {
    if !scope.reads_results() {
        return Ok(vec![]);
    }
    let mut found = vec![];
    for (study, answer, signed_at, signer) in amended(conn, scope, patient)? {
        let first = first_released(conn, study.id)?;
        let made_it = answer.analyst_id == scope.user() || signer == scope.user();
        if !made_it
            && knew_an_earlier_one(conn, scope.user(), &study, &answer, first, signed_at)?
            && !has_taken_note(conn, scope, &study, &answer, signed_at)?
        {
            found.push(Amended {
                study,
                version: answer.id.0,
                reason: answer.reason,
                released_at: signed_at,
            });
        }
    }
    Ok(found)
}

/// Studies in reach whose released answer followed another released one.
fn amended(
    conn: &mut Reading,
    scope: &Scope,
    patient: Option<PatientId>,
) -> Result<Vec<(Study, Answer, Instant, UserId)>, DbError> {
    let shared = reach::shared(conn, scope, patient)?;
    let (older, signed) =
        diesel::alias!(result_versions as older_answers, result_signatures as older_signatures);
    let earlier =
        older
            .inner_join(signed.on(
                signed.field(result_signatures::version_id).eq(older.field(result_versions::id)),
            ))
            .filter(older.field(result_versions::study_id).eq(result_heads::study_id))
            .filter(older.field(result_versions::version).lt(result_versions::version))
            .filter(signed.field(result_signatures::meaning).eq(RELEASED));
    let mut query = result_heads::table
        .inner_join(studies::table)
        .inner_join(
            result_versions::table.on(result_heads::released_id.eq(result_versions::id.nullable())),
        )
        .inner_join(
            result_signatures::table.on(result_signatures::version_id.eq(result_versions::id)),
        )
        .filter(result_signatures::meaning.eq(RELEASED))
        .filter(exists(earlier))
        .filter(
            studies::centre_id
                .eq_any(scope.centres().to_vec())
                .or(studies::laboratory_id.eq_any(scope.laboratories().to_vec()))
                .or(studies::patient_id.eq_any(shared)),
        )
        .into_boxed();
    if let Some(patient) = patient {
        query = query.filter(result_heads::patient_id.eq(patient));
    }
    Ok(query
        .order(result_signatures::signed_at.desc())
        .limit(200)
        .select((
            Study::as_select(),
            Answer::as_select(),
            result_signatures::signed_at,
            result_signatures::person_id,
        ))
        .load(&mut **conn)?)
}

fn first_released(conn: &mut Conn, study: StudyId) -> Result<Instant, DbError> {
    Ok(result_signatures::table
        .inner_join(result_versions::table)
        .filter(result_versions::study_id.eq(study))
        .filter(result_signatures::meaning.eq(RELEASED))
        .order(result_signatures::signed_at)
        .select(result_signatures::signed_at)
        .first(conn)?)
}

/// Whether a person had opened or acknowledged the answer before this one was released.
fn knew_an_earlier_one(
    conn: &mut Conn,
    person: UserId,
    study: &Study,
    answer: &Answer,
    first: Instant,
    released: Instant,
) -> Result<bool, DbError> {
    let subject = (study.patient_id.0, study.id.0);
    if audit::store::has_read_result(conn, person, subject, first, Some(released))? {
        return Ok(true);
    }
    let acknowledged = result_acknowledgements::table
        .inner_join(result_versions::table)
        .filter(result_versions::study_id.eq(study.id))
        .filter(result_versions::id.ne(answer.id))
        .filter(result_acknowledgements::person_id.eq(person));
    Ok(diesel::select(exists(acknowledged)).get_result(conn)?)
}

/// Whether a person knows of the answer that holds now. An oncologist of a centre that asked or
/// treats the child says so by name; for the laboratory's people, who are not the ones it is for, reading it is enough.
fn has_taken_note(
    conn: &mut Conn,
    scope: &Scope,
    study: &Study,
    answer: &Answer,
    released: Instant,
) -> Result<bool, DbError> {
    let near =
        scope.centres().contains(&study.centre_id) || reach::treats(conn, scope, study.patient_id)?;
    if scope.has(Role::Oncologist) && near {
        let acknowledged = result_acknowledgements::table
            .filter(result_acknowledgements::version_id.eq(answer.id))
            .filter(result_acknowledgements::person_id.eq(scope.user()));
        return Ok(diesel::select(exists(acknowledged)).get_result(conn)?);
    }
    let subject = (study.patient_id.0, study.id.0);
    audit::store::has_read_result(conn, scope.user(), subject, released, None)
}
