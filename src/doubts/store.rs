//! Rows of doubts. There are few of them, ever: every question is asked by key or by an index of those
//! that are open.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use super::model::{Doubt, DoubtEvent, DoubtEventId, DoubtId, DoubtState, Sampled};
use crate::codes::ContainerCode;
use crate::containers::{self, Container, ContainerId};
use crate::db::{Conn, DbError, Instant, Kept, Limit, Page, Reading, Tx, Unreadable, kept};
use crate::journal;
use crate::ledger::{Body, Source};
use crate::on_engine;
use crate::patients::{PatientId, merged};
use crate::people::Scope;
use crate::people::rights::{Reach, Right};
use crate::schema::{containers as tubes, doubt_events, doubt_samples, doubts};
use crate::sites::SiteId;
use crate::studies::StudyId;

const KEY: (&str, doubts::id) = ("doubts", doubts::id);

impl DoubtEvent {
    /// The body that the log binds.
    pub(super) fn body(&self) -> Body {
        let Self { doubt_id, seq, event_id, kind, recorded_at, actor_id, data } = self;
        Body::new("doubt", 1)
            .text("doubt", doubt_id)
            .int("seq", *seq)
            .text("id", event_id)
            .text("kind", kind)
            .text("recorded_at", recorded_at)
            .text("actor", actor_id)
            .text("data", data)
    }
}

/// Adds a doubt with its samples; its first event follows by [`add`].
pub(super) fn insert(tx: &mut Tx<'_>, doubt: &Doubt, samples: &[Container]) -> Result<(), DbError> {
    diesel::insert_into(doubts::table).values(doubt.clone()).execute(&mut **tx)?;
    for tube in samples {
        let (Some(study), Some(patient)) = (tube.study_id, tube.patient_id) else {
            return Err(DbError::Corrupt(format!("container {}: of no request", tube.id)));
        };
        diesel::insert_into(doubt_samples::table)
            .values((
                doubt_samples::doubt_id.eq(doubt.id),
                doubt_samples::container_id.eq(tube.id),
                doubt_samples::study_id.eq(study),
                doubt_samples::patient_id.eq(patient),
                doubt_samples::centre_id.eq(tube.centre_id),
                doubt_samples::laboratory_id.eq(tube.laboratory_id),
            ))
            .execute(&mut **tx)?;
        tx.touch("doubt_samples", (doubt.id, tube.id));
    }
    tx.touch("doubts", doubt.id);
    Ok(())
}

/// Adds an event, and has the doubt stand where it says.
pub(super) fn add(tx: &mut Tx<'_>, event: &DoubtEvent, doubt: &Doubt) -> Result<(), DbError> {
    diesel::insert_into(doubt_events::table).values(event.clone()).execute(&mut **tx)?;
    journal::change(tx, "doubts", doubt.id)?;
    let row = doubts::table.find(doubt.id);
    on_engine!(&mut **tx, |c| diesel::update(row)
        .set((
            doubts::state.eq(doubt.state),
            doubts::closed_at.eq(doubt.closed_at),
            doubts::event_count.eq(event.seq),
        ))
        .execute(c))?;
    Ok(())
}

/// One doubt, whoever asks: shown only with what of its samples is in reach.
pub(super) fn find(conn: &mut Conn, id: DoubtId) -> Result<Option<Doubt>, DbError> {
    Ok(doubts::table.find(id).select(Doubt::as_select()).first(conn).optional()?)
}

/// One doubt, kept from other transactions until this one ends.
pub(super) fn locked(conn: &mut Conn, id: DoubtId) -> Result<Option<Doubt>, DbError> {
    // On SQLite BEGIN IMMEDIATE has locked the whole file already.
    if let Conn::Pg(c) = conn {
        let row = doubts::table.find(id).select(doubts::id).for_update();
        row.first::<DoubtId>(c).optional()?;
    }
    find(conn, id)
}

/// The events of a doubt, oldest first, and those that can't be read.
pub(super) fn events(
    conn: &mut Conn,
    id: DoubtId,
) -> Result<(Vec<DoubtEvent>, Vec<Unreadable>), DbError> {
    let key = ("doubt_events", doubt_events::event_id);
    let rows: Vec<Kept<DoubtEvent, DoubtEventId>> = kept::load(conn, key, || {
        doubt_events::table.filter(doubt_events::doubt_id.eq(id)).order(doubt_events::seq)
    })?;
    Ok(Kept::apart(rows))
}

type Row = (DoubtId, ContainerId, ContainerCode, StudyId, PatientId, SiteId, SiteId);

/// Which samples a question is about.
enum Of<'a> {
    Doubts(&'a [DoubtId]),
    Studies(&'a [StudyId]),
    Tubes(&'a [ContainerId]),
    Children(&'a [PatientId]),
}

/// Samples with their doubts, the newest doubt first, and the doubts that can't be read.
fn sampled(conn: &mut Conn, of: &Of<'_>) -> Result<(Vec<Sampled>, Vec<Unreadable>), DbError> {
    let all = doubt_samples::table
        .inner_join(tubes::table.on(tubes::id.eq(doubt_samples::container_id)))
        .select((
            doubt_samples::doubt_id,
            doubt_samples::container_id,
            tubes::code,
            doubt_samples::study_id,
            doubt_samples::patient_id,
            doubt_samples::centre_id,
            doubt_samples::laboratory_id,
        ))
        .order((doubt_samples::doubt_id.desc(), doubt_samples::container_id))
        .into_boxed();
    let wanted = match of {
        Of::Doubts(ids) => all.filter(doubt_samples::doubt_id.eq_any(ids.to_vec())),
        Of::Studies(ids) => all.filter(doubt_samples::study_id.eq_any(ids.to_vec())),
        Of::Tubes(ids) => all.filter(doubt_samples::container_id.eq_any(ids.to_vec())),
        Of::Children(ids) => all.filter(doubt_samples::patient_id.eq_any(ids.to_vec())),
    };
    let rows: Vec<Row> = wanted.load(conn)?;
    if rows.is_empty() {
        return Ok((vec![], vec![]));
    }
    let mut ids: Vec<DoubtId> = rows.iter().map(|r| r.0).collect();
    ids.dedup();
    let found: Vec<Kept<Doubt, DoubtId>> =
        kept::load(conn, KEY, || doubts::table.filter(doubts::id.eq_any(ids.clone())))?;
    let (found, unreadable) = Kept::apart(found);
    let found: HashMap<DoubtId, Doubt> = found.into_iter().map(|d| (d.id, d)).collect();
    let whole = |(id, container, code, study, patient, centre, laboratory): Row| {
        let doubt = found.get(&id).cloned()?;
        Some(Sampled { doubt, container, code, study, patient, centre, laboratory })
    };
    Ok((rows.into_iter().filter_map(whole).collect(), unreadable))
}

/// Samples with their doubts, all of them: what is decided by doubts is never decided by those that are
/// left.
fn every(conn: &mut Conn, of: &Of<'_>) -> Result<Vec<Sampled>, DbError> {
    let (all, unreadable) = sampled(conn, of)?;
    match unreadable.first() {
        None => Ok(all),
        Some(why) => Err(DbError::Corrupt(why.to_string())),
    }
}

/// The samples of a child's doubts, by all its records, and the doubts that can't be read.
pub(super) fn told_of_child(
    conn: &mut Conn,
    patient: PatientId,
) -> Result<(Vec<Sampled>, Vec<Unreadable>), DbError> {
    let records = merged::records(conn, patient)?;
    sampled(conn, &Of::Children(&records))
}

/// As [`of_doubts`], with those that can't be read told apart.
pub(super) fn told_of(
    conn: &mut Conn,
    ids: &[DoubtId],
) -> Result<(Vec<Sampled>, Vec<Unreadable>), DbError> {
    sampled(conn, &Of::Doubts(ids))
}

/// The samples of doubts, whoever asks.
pub(super) fn of_doubts(conn: &mut Conn, ids: &[DoubtId]) -> Result<Vec<Sampled>, DbError> {
    every(conn, &Of::Doubts(ids))
}

/// The samples in doubt of requests that the caller has found in reach, also those of doubts that are
/// closed.
pub fn of_studies(conn: &mut Conn, ids: &[StudyId]) -> Result<Vec<Sampled>, DbError> {
    every(conn, &Of::Studies(ids))
}

/// The doubts about a tube as drawn that the caller has found in reach.
pub fn of_root(conn: &mut Conn, root: ContainerId) -> Result<Vec<Sampled>, DbError> {
    every(conn, &Of::Tubes(&[root]))
}

/// The samples in doubt of a child, by all its records.
pub fn of_child(conn: &mut Conn, patient: PatientId) -> Result<Vec<Sampled>, DbError> {
    let records = merged::records(conn, patient)?;
    every(conn, &Of::Children(&records))
}

/// Where the samples of a tube stand: what its line began with, in an open doubt or in one that was confirmed
/// or was not.
pub fn state_of(conn: &mut Conn, root: ContainerId) -> Result<Option<DoubtState>, DbError> {
    Ok(of_root(conn, root)?.iter().map(|s| s.doubt.state).min())
}

/// One page of the doubts about a sample that one's sites drew or analyse, or of the network's for who follows
/// it; newest first.
pub(super) fn list(
    conn: &mut Reading,
    scope: &Scope,
    open: Option<bool>,
    before: Option<DoubtId>,
    limit: Limit,
) -> Result<Page<Doubt>, DbError> {
    let rows: Vec<Kept<Doubt, DoubtId>> = kept::load(conn, KEY, || {
        let mut all = doubts::table.into_boxed();
        match open {
            Some(true) => all = all.filter(doubts::closed_at.is_null()),
            Some(false) => all = all.filter(doubts::closed_at.is_not_null()),
            None => {}
        }
        if let Some(before) = before {
            all = all.filter(doubts::id.lt(before));
        }
        let reach = Reach::of(scope, Right::SeeSample);
        if !reach.is_network() {
            let near = doubt_samples::centre_id
                .eq_any(reach.centres().to_vec())
                .or(doubt_samples::laboratory_id.eq_any(reach.laboratories().to_vec()));
            let own = doubt_samples::table.filter(doubt_samples::doubt_id.eq(doubts::id));
            all = all.filter(exists(own.filter(near)));
        }
        all.order(doubts::id.desc()).limit(limit.probe())
    })?;
    Ok(Page::cut(rows, limit, |d: &Doubt| d.id))
}

/// The doubts that are open or were closed after `since`, newest first, at most 200; and those that can't be
/// read.
pub(super) fn lately(
    conn: &mut Conn,
    since: Instant,
) -> Result<(Vec<Doubt>, Vec<Unreadable>), DbError> {
    let rows: Vec<Kept<Doubt, DoubtId>> = kept::load(conn, KEY, || {
        // By its closing: one whose state can't be read must not be left out.
        let of = doubts::closed_at.is_null().or(doubts::closed_at.gt(since));
        doubts::table.filter(of).order(doubts::id.desc()).limit(200)
    })?;
    Ok(Kept::apart(rows))
}

/// Events of doubts, for `rastro verify`.
pub struct DoubtSource;

impl Source for DoubtSource {
    fn log(&self) -> &'static str {
        "doubt"
    }
    /// Whoever may see a sample that it is about.
    fn may_see(&self, conn: &mut Conn, scope: &Scope, event: Uuid) -> Result<bool, DbError> {
        let of: Option<DoubtId> = doubt_events::table
            .filter(doubt_events::event_id.eq(DoubtEventId(event)))
            .select(doubt_events::doubt_id)
            .first(conn)
            .optional()?;
        let Some(of) = of else { return Ok(false) };
        for sample in of_doubts(conn, &[of])? {
            if containers::store::by_id(conn, scope, sample.container)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
    crate::logged_rows!(doubt_events, DoubtEvent, DoubtEventId);
}
