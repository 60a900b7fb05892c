//! Rows of corrections. The caller has found the request in reach.

use diesel::prelude::*;
use uuid::Uuid;

use super::model::{CorrectionStep, Particulars};
use crate::db::{Conn, DbError, Instant, Kept, Tx, Unreadable, kept};
use crate::journal;
use crate::ledger::{Body, Source};
use crate::on_engine;
use crate::people::{Scope, UserId};
use crate::schema::{studies, study_events};
use crate::sites::SiteId;
use crate::studies::{Study, StudyId, store};

crate::id_type! {
    /// An event of a request.
    StudyEventId
}

/// An event of a request: every column, as the log binds it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = study_events)]
pub(super) struct StudyEvent {
    pub study_id: StudyId,
    /// Its number, from 1.
    pub seq: i64,
    pub event_id: StudyEventId,
    pub kind: CorrectionStep,
    pub recorded_at: Instant,
    pub actor_id: UserId,
    /// Where who acted works.
    pub site_id: SiteId,
    /// What it says, a JSON object.
    pub data: String,
}

impl StudyEvent {
    /// The body that the log binds.
    pub(super) fn body(&self) -> Body {
        let Self { study_id, seq, event_id, kind, recorded_at, actor_id, site_id, data } = self;
        Body::new("study", 1)
            .text("study", study_id)
            .int("seq", *seq)
            .text("id", event_id)
            .text("kind", kind)
            .text("recorded_at", recorded_at)
            .text("actor", actor_id)
            .text("site", site_id)
            .text("data", data)
    }
}

/// Adds an event; the request says whether a proposal waits.
pub(super) fn add(tx: &mut Tx<'_>, event: &StudyEvent) -> Result<(), DbError> {
    let waits = (event.kind == CorrectionStep::Proposed).then_some(event.event_id);
    diesel::insert_into(study_events::table).values(event.clone()).execute(&mut **tx)?;
    journal::change(tx, "studies", event.study_id)?;
    let row = studies::table.find(event.study_id);
    on_engine!(&mut **tx, |c| diesel::update(row)
        .set((studies::proposal.eq(waits), studies::event_count.eq(event.seq)))
        .execute(c))?;
    Ok(())
}

/// What the request says from now on.
pub(super) fn correct(tx: &mut Tx<'_>, s: &Study) -> Result<(), DbError> {
    journal::change(tx, "studies", s.id)?;
    let row = studies::table.find(s.id);
    on_engine!(&mut **tx, |c| diesel::update(row)
        .set((
            studies::diagnosis.eq(&s.diagnosis),
            studies::answers.eq(&s.answers),
            studies::diagnostic_reference.eq(&s.diagnostic_reference),
            studies::requester_name.eq(&s.requester_name),
            studies::requester_licence.eq(&s.requester_licence),
            studies::critical_phone.eq(&s.critical_phone),
            studies::open_questions.eq(s.open_questions),
        ))
        .execute(c))?;
    Ok(())
}

/// One event, of whichever request.
pub(super) fn event(conn: &mut Conn, id: StudyEventId) -> Result<Option<StudyEvent>, DbError> {
    let found = study_events::table.filter(study_events::event_id.eq(id));
    Ok(found.select(StudyEvent::as_select()).first(conn).optional()?)
}

/// The events of a request, oldest first, without those that can't be read.
pub(super) fn events(
    conn: &mut Conn,
    study: &Study,
) -> Result<(Vec<StudyEvent>, Vec<Unreadable>), DbError> {
    if study.event_count == 0 {
        return Ok((vec![], vec![]));
    }
    let key = ("study_events", study_events::event_id);
    let rows: Vec<Kept<StudyEvent, StudyEventId>> = kept::load(conn, key, || {
        study_events::table.filter(study_events::study_id.eq(study.id)).order(study_events::seq)
    })?;
    Ok(Kept::apart(rows))
}

/// Whether a request says something else than when a tube of it was drawn, or may soon: it was corrected
/// since, or a correction waits for a second person. The caller has found the tube in reach.
pub(crate) fn in_doubt(
    conn: &mut Conn,
    study: StudyId,
    drawn: Option<Instant>,
) -> Result<bool, DbError> {
    let row = studies::table.find(study).select((studies::event_count, studies::proposal));
    let (steps, waits): (i64, Option<StudyEventId>) = on_engine!(conn, |c| row.first(c))?;
    if steps == 0 || waits.is_some() {
        return Ok(waits.is_some());
    }
    let corrected = study_events::table
        .filter(study_events::study_id.eq(study))
        .filter(study_events::kind.eq(CorrectionStep::Corrected));
    let last: Option<Instant> = corrected
        .order(study_events::seq.desc())
        .select(study_events::recorded_at)
        .first(conn)
        .optional()?;
    Ok(last.is_some_and(|last| drawn.is_none_or(|drawn| last > drawn)))
}

/// What a request said when it was made.
pub(in crate::studies) fn originally(
    conn: &mut Conn,
    study: &Study,
) -> Result<Particulars, DbError> {
    let (events, _) = events(conn, study)?;
    match events.iter().find_map(StudyEvent::counted) {
        Some(first) => Ok(first.before),
        None => study.particulars(),
    }
}

/// Events of requests, for `rastro verify`.
pub struct StudySource;

impl Source for StudySource {
    fn log(&self) -> &'static str {
        "study"
    }
    /// Whoever may see the request.
    fn may_see(&self, conn: &mut Conn, scope: &Scope, event: Uuid) -> Result<bool, DbError> {
        Ok(match self::event(conn, StudyEventId(event))? {
            Some(e) => store::find(conn, scope, e.study_id)?.is_some(),
            None => false,
        })
    }
    crate::logged_rows!(study_events, StudyEvent, StudyEventId);
}
