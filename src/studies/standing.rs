//! Where a request stands, by what there is of it: its tubes and its answer. A projection, made
//! anew whenever one of them changes: what is taken back there is taken back here too, and nothing
//! clinical is touched by it.

use diesel::prelude::*;

use super::due_points;
use super::model::{DoubtState, Study, StudyId, StudyState};
use crate::db::{Conn, Day, DbError, Instant, Tx};
use crate::journal;
use crate::on_engine;
use crate::patients::{PatientId, merged};
use crate::schema::{
    containers, doubt_samples, doubts, result_heads, result_signatures, result_versions, studies,
};

crate::id_type! {
    /// A version of a result, as a request knows it.
    AnswerId
}

/// The word of a signature that releases.
const RELEASED: &str = "released";
/// The word of a result that waits for a signature.
const TO_VALIDATE: &str = "to-validate";
/// The status of a result that says that there is none.
const NOT_EVALUABLE: &str = "NOT_EVALUABLE";
/// Words of tubes that answer nothing any more.
const REJECTED: &str = "rejected";
/// The word of a tube that was refused for a reason that has no other sample drawn (`rejection_reasons.csv`).
pub(crate) const NOT_AGAIN: &str = "not-again";
/// The word of a tube that has a label and waits to be drawn.
const PLANNED: &str = "planned";
const LOST: &str = "lost";
const DEPLETED: &str = "depleted";
const DISPOSED: &str = "disposed";

/// What there is of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Standing {
    /// When the first of its tubes was drawn.
    drawn: Option<Instant>,
    /// Whether the laboratory has received one.
    received: bool,
    /// Whether a version of its result waits for a signature.
    to_validate: bool,
    /// When the answer that holds was released.
    released: Option<Instant>,
    /// Whether that answer is that there is none, or is of a sample that is another child's.
    not_evaluable: bool,
    /// Whether every tube that was drawn was refused, lost, or used up before anybody counted, and another
    /// must be drawn for one of them or none waits to be drawn.
    spoilt: bool,
    /// Whether the same was asked for again since.
    asked_again: bool,
}

impl Standing {
    /// The state and, of an answered one, since when. A result that was returned to the analyst
    /// waits for no signature; an amendment does, although there is an answer already.
    fn state(&self) -> (StudyState, Option<Instant>) {
        match (self.to_validate, self.released) {
            (true, _) => (StudyState::ToValidate, None),
            (false, Some(at)) if self.not_evaluable && !self.asked_again => {
                (StudyState::Recollect, Some(at))
            }
            (false, Some(at)) => (StudyState::Released, Some(at)),
            (false, None) if self.spoilt => (StudyState::Recollect, None),
            (false, None) if self.received => (StudyState::InLaboratory, None),
            (false, None) if self.drawn.is_some() => (StudyState::Collected, None),
            (false, None) => (StudyState::Requested, None),
        }
    }
}

type Now = (StudyState, Option<Instant>, PatientId);

/// The request as it is, kept from other transactions until this one ends: two servers that each
/// looked at their own tube alone would undo each other's word.
fn locked(conn: &mut Conn, id: StudyId) -> Result<Now, DbError> {
    let row =
        studies::table.find(id).select((studies::state, studies::closed_at, studies::patient_id));
    Ok(match conn {
        // BEGIN IMMEDIATE has locked the whole file already.
        Conn::Sqlite(c) => row.first(c)?,
        Conn::Pg(c) => row.for_update().first(c)?,
    })
}

/// Keeps a request from other transactions until this one ends, and gives its state: two that make
/// something for it at once decide one after the other.
pub(crate) fn lock(conn: &mut Conn, id: StudyId) -> Result<StudyState, DbError> {
    locked(conn, id).map(|now| now.0)
}

/// Keeps every request of these children, by all their records, from other transactions until this one ends, in one
/// order for all: what is about to be signed for one of them is signed before, or not.
pub(crate) fn lock_of(conn: &mut Conn, children: &[PatientId]) -> Result<(), DbError> {
    let records = merged::records_of(conn, children)?;
    let of = studies::table
        .filter(studies::patient_id.eq_any(records))
        .select(studies::id)
        .order(studies::id);
    let _: Vec<StudyId> = match conn {
        // BEGIN IMMEDIATE has locked the whole file already.
        Conn::Sqlite(_) => vec![],
        Conn::Pg(c) => of.for_update().load(c)?,
    };
    Ok(())
}

/// Has a request say what the gravest doubt about one of its samples is.
pub(crate) fn doubt(
    tx: &mut Tx<'_>,
    id: StudyId,
    state: Option<DoubtState>,
) -> Result<(), DbError> {
    journal::change(tx, "studies", id)?;
    let row = studies::table.find(id);
    on_engine!(&mut **tx, |c| diesel::update(row).set(studies::doubt.eq(state)).execute(c))?;
    Ok(())
}

/// Ends a request that somebody cancels; its time point waits for another one.
pub(crate) fn cancel(tx: &mut Tx<'_>, s: &Study, today: Day, now: Instant) -> Result<(), DbError> {
    journal::change(tx, "studies", s.id)?;
    let row = studies::table.find(s.id);
    on_engine!(&mut **tx, |c| diesel::update(row)
        .set((studies::state.eq(StudyState::Cancelled), studies::closed_at.eq(Some(now))))
        .execute(c))?;
    due_points::release(tx, (s.patient_id, s.id), today, now)
}

crate::id_type! {
    /// A tube, as a request knows it.
    TubeId
}

/// A tube as drawn: when it was drawn and received, where it stands, and the words about it.
type Tube = (Option<Instant>, Option<Instant>, String, String, TubeId);

/// Whether a tube can still answer, or has answered. `anothers`: those that are not this child's.
fn answers((_, _, status, flags, id): &Tube, counted: bool, anothers: &[TubeId]) -> bool {
    let refused = flags.split(' ').any(|w| w == REJECTED) || status == REJECTED;
    match status.as_str() {
        _ if refused || anothers.contains(id) => false,
        LOST => false,
        DEPLETED | DISPOSED => counted,
        _ => true,
    }
}

/// Whether a tube that ended has another one drawn in its place.
fn is_replaced((_, _, _, flags, _): &Tube) -> bool {
    !flags.split(' ').any(|w| w == NOT_AGAIN)
}

/// Whether a label waits for its draw: its tube can still answer.
fn is_one_planned(conn: &mut Conn, id: StudyId) -> Result<bool, DbError> {
    let planned: Option<String> = on_engine!(conn, |c| containers::table
        .filter(containers::study_id.eq(id))
        .filter(containers::parent_id.is_null())
        .filter(containers::status.eq(PLANNED))
        .select(containers::status)
        .first(c)
        .optional())?;
    Ok(planned.is_some())
}

fn standing(conn: &mut Conn, id: StudyId) -> Result<Standing, DbError> {
    // Only tubes as drawn: what is made of one in the laboratory says nothing new of the request.
    let tubes: Vec<Tube> = on_engine!(conn, |c| containers::table
        .filter(containers::study_id.eq(id))
        .filter(containers::parent_id.is_null())
        // One that reached the laboratory was drawn, also where nobody told it.
        .filter(containers::collected_at.is_not_null().or(containers::received_at.is_not_null()))
        .select((
            containers::collected_at,
            containers::received_at,
            containers::status,
            containers::flags,
            containers::id
        ))
        .load(c))?;
    let head: Option<(String, Option<AnswerId>)> = on_engine!(conn, |c| result_heads::table
        .find(id)
        .select((result_heads::state, result_heads::released_id))
        .first(c)
        .optional())?;
    let counted = head.is_some();
    let (state, answer) = head.unwrap_or_default();
    let anothers = anothers(conn, id)?;
    let standing: Vec<&Tube> = tubes.iter().filter(|t| answers(t, counted, &anothers)).collect();
    let not_evaluable = match answer {
        Some(answer) => {
            is_not_evaluable(conn, answer)? || anothers.contains(&tube_of(conn, answer)?)
        }
        None => false,
    };
    let none_left = standing.is_empty() && !tubes.is_empty();
    let spoilt = none_left && (tubes.iter().any(is_replaced) || !is_one_planned(conn, id)?);
    Ok(Standing {
        drawn: standing.iter().filter_map(|t| t.0).min(),
        received: standing.iter().any(|t| t.1.is_some()),
        to_validate: state == TO_VALIDATE,
        released: match answer {
            Some(answer) => signed_at(conn, answer)?,
            None => None,
        },
        not_evaluable,
        spoilt,
        asked_again: not_evaluable && is_asked_again(conn, id)?,
    })
}

/// The tubes of a request of which it was confirmed that they are another child's, or nobody's.
pub(crate) fn anothers(conn: &mut Conn, id: StudyId) -> Result<Vec<TubeId>, DbError> {
    let doubt: Option<DoubtState> =
        on_engine!(conn, |c| studies::table.find(id).select(studies::doubt).first(c))?;
    if doubt.is_none() {
        return Ok(vec![]);
    }
    Ok(doubt_samples::table
        .inner_join(doubts::table.on(doubts::id.eq(doubt_samples::doubt_id)))
        .filter(doubt_samples::study_id.eq(id))
        .filter(doubts::state.eq(DoubtState::Confirmed))
        .select(doubt_samples::container_id)
        .load(conn)?)
}

/// The tube as drawn that an answer is of.
fn tube_of(conn: &mut Conn, answer: AnswerId) -> Result<TubeId, DbError> {
    Ok(on_engine!(conn, |c| result_versions::table
        .inner_join(containers::table.on(containers::id.eq(result_versions::container_id)))
        .filter(result_versions::id.eq(answer))
        .select(containers::root_id)
        .first(c))?)
}

fn is_not_evaluable(conn: &mut Conn, answer: AnswerId) -> Result<bool, DbError> {
    let status: Option<String> = on_engine!(conn, |c| result_versions::table
        .filter(result_versions::id.eq(answer))
        .select(result_versions::status)
        .first(c)
        .optional())?;
    Ok(status.as_deref() == Some(NOT_EVALUABLE))
}

/// Whether the released answer of a request is that there is none, or is of another child's sample.
pub(super) fn is_without_answer(conn: &mut Conn, id: StudyId) -> Result<bool, DbError> {
    let released: Option<Option<AnswerId>> = on_engine!(conn, |c| result_heads::table
        .filter(result_heads::study_id.eq(id))
        .select(result_heads::released_id)
        .first(c)
        .optional())?;
    match released.flatten() {
        Some(answer) => Ok(is_not_evaluable(conn, answer)?
            || anothers(conn, id)?.contains(&tube_of(conn, answer)?)),
        None => Ok(false),
    }
}

/// Whether a later request of the child asks for the same: the same time point, or outside of a protocol
/// the same kind of study.
pub(crate) fn is_asked_again(conn: &mut Conn, id: StudyId) -> Result<bool, DbError> {
    let row = studies::table.find(id).select(Study::as_select());
    let Some(study): Option<Study> = row.first(conn).optional()? else { return Ok(false) };
    let records = merged::records(conn, study.patient_id)?;
    let later: Vec<Study> = studies::table
        .filter(studies::patient_id.eq_any(records))
        .filter(studies::kind.eq(study.kind))
        .filter(studies::id.gt(id))
        .filter(studies::state.ne(StudyState::Cancelled))
        .select(Study::as_select())
        .load(conn)?;
    let same =
        |s: &Study| s.protocol_id == study.protocol_id && s.timepoint_id == study.timepoint_id;
    Ok(later.iter().any(same))
}

/// Makes the child's requests that wait for another sample look whether one was asked for now.
pub(super) fn follow_recollected(tx: &mut Tx<'_>, patient: PatientId) -> Result<(), DbError> {
    let records = merged::records(tx, patient)?;
    let waiting: Vec<StudyId> = studies::table
        .filter(studies::patient_id.eq_any(records))
        .filter(studies::state.eq(StudyState::Recollect))
        .select(studies::id)
        .load(&mut **tx)?;
    waiting.into_iter().try_for_each(|id| follow(tx, id))
}

fn signed_at(conn: &mut Conn, answer: AnswerId) -> Result<Option<Instant>, DbError> {
    Ok(result_signatures::table
        .filter(result_signatures::version_id.eq(answer))
        .filter(result_signatures::meaning.eq(RELEASED))
        .select(result_signatures::signed_at)
        .first(conn)
        .optional()?)
}

/// Makes a request stand where its tubes and its answer are; one that was withdrawn stays so.
pub fn follow(tx: &mut Tx<'_>, id: StudyId) -> Result<(), DbError> {
    follow_all(tx, id).map(drop)
}

fn follow_all(tx: &mut Tx<'_>, id: StudyId) -> Result<(PatientId, Standing), DbError> {
    let (state, closed_at, patient) = locked(tx, id)?;
    let there = standing(tx, id)?;
    let right = there.state();
    if state != StudyState::Cancelled && (state, closed_at) != right {
        journal::change(tx, "studies", id)?;
        let row = studies::table.find(id);
        on_engine!(&mut **tx, |c| diesel::update(row)
            .set((studies::state.eq(right.0), studies::closed_at.eq(right.1)))
            .execute(c))?;
    }
    Ok((patient, there))
}

/// As [`follow`], and its due time point with it: collected on the day its first tube was drawn,
/// on the calendar that `day_of` knows, or waiting again where none was drawn after all.
pub fn follow_drawn(
    tx: &mut Tx<'_>,
    id: StudyId,
    day_of: impl Fn(Instant) -> Day,
    now: Instant,
) -> Result<(), DbError> {
    let (patient, there) = follow_all(tx, id)?;
    due_points::follow(tx, (patient, id), there.drawn.map(&day_of), day_of(now), now)
}

/// As [`follow`], once an answer was signed: one that says there is none lets the due time point wait for
/// another sample.
pub fn follow_answered(
    tx: &mut Tx<'_>,
    id: StudyId,
    today: Day,
    now: Instant,
) -> Result<(), DbError> {
    let (patient, there) = follow_all(tx, id)?;
    match there.released.is_some() && there.not_evaluable && !there.to_validate {
        true => due_points::release(tx, (patient, id), today, now),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_stands_where_its_tubes_and_its_answer_are() {
        let at: Instant = "2026-03-03T18:00:00Z".parse().unwrap();
        let nothing = Standing::default();
        let drawn = Standing { drawn: Some(at), ..nothing };
        let received = Standing { received: true, ..drawn };
        let waiting = Standing { to_validate: true, ..received };
        let released = Standing { released: Some(at), ..received };
        let amended = Standing { to_validate: true, ..released };
        let spoilt = Standing { spoilt: true, ..nothing };
        let without = Standing { not_evaluable: true, ..released };
        let replaced = Standing { asked_again: true, ..without };
        for (standing, state, closed) in [
            (nothing, StudyState::Requested, None),
            (drawn, StudyState::Collected, None),
            (received, StudyState::InLaboratory, None),
            (waiting, StudyState::ToValidate, None),
            (released, StudyState::Released, Some(at)),
            (amended, StudyState::ToValidate, None),
            (spoilt, StudyState::Recollect, None),
            (without, StudyState::Recollect, Some(at)),
            (replaced, StudyState::Released, Some(at)),
        ] {
            assert_eq!(standing.state(), (state, closed), "{standing:?}");
        }
    }
}
