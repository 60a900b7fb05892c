//! Rows of due time points: when each sample of a child's protocol is due (BR-32).

use diesel::prelude::*;

use super::due::{DueState, counts_from_day1, due_state, window};
use super::model::StudyId;
use crate::catalogue::{Protocol, TimePoint};
use crate::db::{Conn, Day, DbError, Instant, Kept, Reading, Tx, Unreadable, kept};
use crate::journal;
use crate::patients::{self, PatientId};
use crate::people::Scope;
use crate::schema::due_points;

crate::id_type! {
    /// A due time point.
    DuePointId
}

/// A time point of a child's protocol.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = due_points)]
#[allow(missing_docs)]
pub struct DuePoint {
    pub id: DuePointId,
    pub patient_id: PatientId,
    pub protocol_id: String,
    pub protocol_version: String,
    pub timepoint_id: String,
    pub day1: Day,
    pub due_date: Day,
    pub window_from: Day,
    pub window_to: Day,
    /// As last written: whether a window has opened or ended is a matter of the day, see
    /// [`DuePoint::state_on`].
    pub state: DueState,
    pub reason: Option<String>,
    pub study_id: Option<StudyId>,
    pub updated_at: Instant,
}

impl DuePoint {
    /// Where it stands on `today`.
    pub fn state_on(&self, today: Day) -> DueState {
        match self.state {
            DueState::Planned | DueState::Due | DueState::Missed => {
                due_state(today, self.window_from, self.window_to, None)
            }
            settled => settled,
        }
    }
    /// Whether it may still move with day 1, or be waived.
    pub fn is_open(&self, today: Day) -> bool {
        matches!(self.state_on(today), DueState::Planned | DueState::Due)
    }
}

/// A request's place in the plan of a child.
pub(super) struct Plan<'a> {
    pub patient: PatientId,
    pub protocol: &'a Protocol,
    pub version: &'a str,
    /// The time point asked for.
    pub timepoint: &'a TimePoint,
    /// What it counts from.
    pub anchor: Day,
    pub study: StudyId,
    pub today: Day,
    pub now: Instant,
}

/// Lays out the time points that follow from day 1: the one asked for, and every one whose window
/// has not ended, each once for (patient, protocol, version, time point). A changed day 1 moves
/// only what is still open. Points of an earlier version of the protocol no longer apply.
pub(super) fn lay_out(tx: &mut Tx<'_>, plan: &Plan<'_>) -> Result<(), DbError> {
    retire_other_versions(tx, plan)?;
    let there: Vec<DuePoint> = due_points::table
        .filter(due_points::patient_id.eq(plan.patient))
        .filter(due_points::protocol_id.eq(&plan.protocol.id))
        .filter(due_points::protocol_version.eq(plan.version))
        .select(DuePoint::as_select())
        .load(&mut **tx)?;
    for point in &plan.protocol.timepoints {
        let asked = point.id == plan.timepoint.id;
        let follows = counts_from_day1(point) && counts_from_day1(plan.timepoint);
        match there.iter().find(|d| d.timepoint_id == point.id) {
            Some(old) if asked || follows => update(tx, plan, point, old)?,
            None if asked => insert(tx, plan, point)?,
            None if follows && is_planned(plan, point) => insert(tx, plan, point)?,
            _ => {}
        }
    }
    Ok(())
}

/// Whether a time point that nobody has asked for yet belongs in the plan: one that flow
/// cytometry answers, for every child, still ahead. A child may come in the middle of a protocol,
/// and what was before is nobody's miss here.
fn is_planned(plan: &Plan<'_>, point: &TimePoint) -> bool {
    let ahead = window(plan.anchor, point).2 >= plan.today;
    ahead && point.by_flow() && point.conditional_on.is_none()
}

fn retire_other_versions(tx: &mut Tx<'_>, plan: &Plan<'_>) -> Result<(), DbError> {
    let open = due_points::table
        .filter(due_points::patient_id.eq(plan.patient))
        .filter(due_points::protocol_id.eq(&plan.protocol.id))
        .filter(due_points::protocol_version.ne(plan.version))
        .filter(due_points::window_to.ge(plan.today))
        .filter(due_points::state.eq_any([DueState::Planned, DueState::Due]));
    let retired: Vec<DuePointId> = open.clone().select(due_points::id).load(&mut **tx)?;
    retired.into_iter().try_for_each(|id| journal::change(tx, "due_points", id))?;
    diesel::update(open)
        .set((
            due_points::state.eq(DueState::NotApplicable),
            due_points::reason.eq(Some("protocol-version")),
            due_points::updated_at.eq(plan.now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

fn study_of(plan: &Plan<'_>, point: &TimePoint) -> Option<StudyId> {
    (point.id == plan.timepoint.id).then_some(plan.study)
}

fn insert(tx: &mut Tx<'_>, plan: &Plan<'_>, point: &TimePoint) -> Result<(), DbError> {
    let (due_date, window_from, window_to) = window(plan.anchor, point);
    let row = DuePoint {
        id: DuePointId::new(),
        patient_id: plan.patient,
        protocol_id: plan.protocol.id.clone(),
        protocol_version: plan.version.to_owned(),
        timepoint_id: point.id.clone(),
        day1: plan.anchor,
        due_date,
        window_from,
        window_to,
        state: due_state(plan.today, window_from, window_to, None),
        reason: None,
        study_id: study_of(plan, point),
        updated_at: plan.now,
    };
    tx.touch("due_points", row.id);
    diesel::insert_into(due_points::table).values(row).execute(&mut **tx)?;
    Ok(())
}

fn update(
    tx: &mut Tx<'_>,
    plan: &Plan<'_>,
    point: &TimePoint,
    old: &DuePoint,
) -> Result<(), DbError> {
    if old.day1 != plan.anchor && old.is_open(plan.today) {
        let (due, from, to) = window(plan.anchor, point);
        journal::change(tx, "due_points", old.id)?;
        diesel::update(due_points::table.find(old.id))
            .set((
                due_points::day1.eq(plan.anchor),
                due_points::due_date.eq(due),
                due_points::window_from.eq(from),
                due_points::window_to.eq(to),
                due_points::state.eq(due_state(plan.today, from, to, None)),
                due_points::reason.eq(Some("day1-changed")),
                due_points::updated_at.eq(plan.now),
            ))
            .execute(&mut **tx)?;
    }
    let waits = matches!(old.state, DueState::Planned | DueState::Due | DueState::Missed);
    if let Some(study) = study_of(plan, point).filter(|_| waits) {
        journal::change(tx, "due_points", old.id)?;
        diesel::update(due_points::table.find(old.id))
            .set((due_points::study_id.eq(Some(study)), due_points::updated_at.eq(plan.now)))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Makes the due point of a patient's study say on which day it was collected, or that it still
/// waits on `today`. What a person settled stays.
pub(super) fn follow(
    tx: &mut Tx<'_>,
    (patient, study): (PatientId, StudyId),
    collected: Option<Day>,
    today: Day,
    now: Instant,
) -> Result<(), DbError> {
    let found: Option<DuePoint> = due_points::table
        .filter(due_points::patient_id.eq(patient))
        .filter(due_points::study_id.eq(Some(study)))
        .filter(due_points::state.ne_all([DueState::Waived, DueState::NotApplicable]))
        .select(DuePoint::as_select())
        .first(&mut **tx)
        .optional()?;
    let Some(point) = found else { return Ok(()) };
    let state = due_state(today, point.window_from, point.window_to, collected);
    if state != point.state {
        settle(tx, point.id, state, None, now)?;
    }
    Ok(())
}

/// Lets the due point of a patient's study wait for another one. What a person settled stays.
pub(super) fn release(
    tx: &mut Tx<'_>,
    (patient, study): (PatientId, StudyId),
    today: Day,
    now: Instant,
) -> Result<(), DbError> {
    follow(tx, (patient, study), None, today, now)?;
    let of_study = due_points::table
        .filter(due_points::patient_id.eq(patient))
        .filter(due_points::study_id.eq(Some(study)));
    let released: Vec<DuePointId> = of_study.select(due_points::id).load(&mut **tx)?;
    released.into_iter().try_for_each(|id| journal::change(tx, "due_points", id))?;
    diesel::update(of_study)
        .set((due_points::study_id.eq(None::<StudyId>), due_points::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Writes a state, and why where a person has settled it.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    id: DuePointId,
    state: DueState,
    reason: Option<&str>,
    now: Instant,
) -> Result<(), DbError> {
    journal::change(tx, "due_points", id)?;
    let row = due_points::table.find(id);
    match reason {
        Some(reason) => diesel::update(row)
            .set((
                due_points::state.eq(state),
                due_points::reason.eq(Some(reason)),
                due_points::updated_at.eq(now),
            ))
            .execute(&mut **tx)?,
        None => diesel::update(row)
            .set((due_points::state.eq(state), due_points::updated_at.eq(now)))
            .execute(&mut **tx)?,
    };
    Ok(())
}

/// The time points of a patient in reach, by due date, and those that can't be read; nothing for one
/// out of reach.
pub fn of_patient(
    conn: &mut Reading,
    scope: &Scope,
    patient: PatientId,
) -> Result<(Vec<DuePoint>, Vec<Unreadable>), DbError> {
    if !in_care(conn, scope, patient)? {
        return Ok((vec![], vec![]));
    }
    let records = patients::merged::records(conn, patient)?;
    let points: Vec<Kept<DuePoint, DuePointId>> =
        kept::load(conn, ("due_points", due_points::id), || {
            due_points::table
                .filter(due_points::patient_id.eq_any(records.clone()))
                .order((due_points::due_date, due_points::id))
        })?;
    Ok(Kept::apart(points))
}

/// One time point, if its patient is in reach.
pub fn find(conn: &mut Conn, scope: &Scope, id: DuePointId) -> Result<Option<DuePoint>, DbError> {
    let found: Option<DuePoint> =
        due_points::table.find(id).select(DuePoint::as_select()).first(conn).optional()?;
    let Some(point) = found else { return Ok(None) };
    Ok(in_care(conn, scope, point.patient_id)?.then_some(point))
}

/// Whether a child's plan is in reach: it tells of every centre's samples, so a centre whose care
/// has ended sees it no longer.
fn in_care(conn: &mut Conn, scope: &Scope, patient: PatientId) -> Result<bool, DbError> {
    if patients::merged::shown(conn, scope, patient)?.is_none() {
        return Ok(false);
    }
    Ok(!scope.laboratories().is_empty() || patients::reach::treats(conn, scope, patient)?)
}

/// Whether a time point exists at all, for the audit of an attempt.
pub(super) fn is_there(conn: &mut Conn, id: DuePointId) -> Result<bool, DbError> {
    let found = due_points::table.filter(due_points::id.eq(id));
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(conn)?)
}
