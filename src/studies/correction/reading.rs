//! What is shown of corrections: what waits, how a request came to say what it says, and what a report
//! was signed under.

use std::collections::HashMap;

use super::model::{Correction, CorrectionStep, Particulars};
use super::service::{self, CorrectionError};
use super::store::{self, StudyEvent};
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Conn, DbError, Instant, Reading, Unreadable};
use crate::patients::{self, Patient};
use crate::people::{self, Caller, Denied, UserId};
use crate::studies::{Study, StudyId, store as studies_store};

/// A request with all that was corrected in it.
pub(super) struct Opened {
    pub study: Study,
    pub patient: Patient,
    /// What it says now.
    pub now: Particulars,
    /// The events of its corrections, the oldest first.
    pub events: Vec<StudyEvent>,
    pub unreadable: Vec<Unreadable>,
    /// Printed names of who acted.
    pub names: HashMap<UserId, String>,
    /// Whether the caller may propose and decide.
    pub may: bool,
}

impl Opened {
    /// The proposal that waits, with what it says.
    pub(super) fn waiting(&self) -> Option<(&StudyEvent, Correction)> {
        let id = self.study.proposal?;
        let event = self.events.iter().find(|e| e.event_id == id)?;
        Some((event, event.correction()?))
    }
}

/// Opens what a request in reach says; audited as read, and so is an attempt out of reach (BR-27).
pub(super) async fn open(
    app: &App,
    caller: &Caller,
    id: StudyId,
) -> Result<Opened, CorrectionError> {
    let job = caller.clone();
    audit::looked(&app.db, move |c| {
        let entry = Entry::new(&job, Action::ReadStudy, "study", Some(id.0));
        let Some(study) = studies_store::find(c, &job.scope, id)? else {
            let told = studies_store::is_there(c, id)?;
            let entry = told.then(|| entry.outcome(Outcome::OutOfScope));
            return Ok::<_, CorrectionError>((None, entry));
        };
        let Some(opened) = of(c, &job, study)? else { return Ok((None, None)) };
        let entry = entry.patient(opened.patient.id.0);
        Ok((Some(opened), Some(entry)))
    })
    .await?
    .ok_or(Denied::NotFound)
}

fn of(
    conn: &mut Reading,
    caller: &Caller,
    study: Study,
) -> Result<Option<Opened>, CorrectionError> {
    let found = patients::merged::shown(conn, &caller.scope, study.patient_id)?;
    let Some(patient) = found else { return Ok(None) };
    let (events, unreadable) = store::events(conn, &study)?;
    let actors: Vec<UserId> = events.iter().map(|e| e.actor_id).collect();
    Ok(Some(Opened {
        now: study.particulars()?,
        names: people::store::names_of(conn, &actors)?,
        may: service::may(conn, caller, &study)?,
        study,
        patient,
        events,
        unreadable,
    }))
}

/// What was corrected in a request since some instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// When it was corrected for the first time since then.
    pub corrected_at: Instant,
    /// What it said then.
    pub then: Particulars,
    /// What it says now.
    pub now: Particulars,
}

/// What was corrected in a request in reach since `at`; nothing if it says the same again.
///
/// # Errors
/// Also where a step can't be read: then nobody knows what a report was signed under.
pub fn since(conn: &mut Conn, study: &Study, at: Instant) -> Result<Option<Since>, DbError> {
    let (events, unreadable) = store::events(conn, study)?;
    if let Some(lost) = unreadable.first() {
        return Err(DbError::Corrupt(lost.to_string()));
    }
    let first = events.iter().filter(|e| e.recorded_at > at).find_map(|e| Some((e, e.counted()?)));
    let Some((event, correction)) = first else { return Ok(None) };
    let (then, now) = (correction.before, study.particulars()?);
    Ok((then != now).then_some(Since { corrected_at: event.recorded_at, then, now }))
}

/// When a request in reach was last corrected.
pub(in crate::studies) fn last(conn: &mut Conn, study: &Study) -> Result<Option<Instant>, DbError> {
    let (events, _) = store::events(conn, study)?;
    let corrected = events.iter().filter(|e| e.kind == CorrectionStep::Corrected);
    Ok(corrected.map(|e| e.recorded_at).max())
}
