//! What a person is told of doubts.

use std::collections::HashMap;

use super::model::{
    self, Doubt, DoubtEvent, DoubtId, DoubtKind, DoubtState, DoubtStep, Ending, Sampled,
};
use super::readers::{self, Reader};
use super::service::DoubtError;
use super::store;
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::containers;
use crate::db::{Conn, DbError, Instant, Limit, Page, Reading, Unreadable};
use crate::patients::PatientId;
use crate::people::rights::{Right, holds};
use crate::people::{Caller, Denied, Scope, UserId};
use crate::studies::{self, Study, StudyId};

/// How long after its end somebody who had read an answer is told that its doubt was closed, seconds.
const TOLD_SECONDS: i64 = 90 * 86_400;

/// A step of a doubt as this person may read it.
pub struct Step {
    /// What was done: opened, noted or closed.
    pub kind: DoubtStep,
    /// When it was recorded, by the server's clock.
    pub at: Instant,
    /// Printed name of who.
    pub by: String,
    /// What they wrote, for who may read it.
    pub note: Option<String>,
    /// Of a closing: what came out.
    pub ending: Option<Ending>,
}

/// A doubt as this person may see it.
pub struct Opened {
    /// The doubt as it stands.
    pub doubt: Doubt,
    /// The samples in reach, each with its request where that is in reach too.
    pub samples: Vec<(Sampled, Option<Study>)>,
    /// How many others there are, of children out of reach.
    pub others: usize,
    /// What happened, oldest first.
    pub steps: Vec<Step>,
    /// Steps that can't be read.
    pub unreadable: Vec<Unreadable>,
    /// Whether this person may say more.
    pub may_write: bool,
    /// Whether this person may close it.
    pub may_close: bool,
    /// Whether this person said it, and so never closes it.
    pub is_own: bool,
    /// Who had read the answers before the doubt, for who has to tell them.
    pub readers: Vec<Reader>,
}

/// Whether doubts are this person's business at all.
pub fn sees_list(scope: &Scope) -> bool {
    scope.sees_network() || holds(scope, Right::OpenDoubt)
}

/// One doubt; shown only once the reading is in the log, and so is an attempt out of reach (BR-27).
///
/// # Errors
/// Not found out of reach.
pub async fn open(app: &App, caller: &Caller, id: DoubtId) -> Result<Opened, DoubtError> {
    let job = caller.clone();
    audit::looked(&app.db, move |c| {
        let entry = Entry::new(&job, Action::SampleDoubt, "doubt", Some(id.0)).detail("read");
        let Some(doubt) = store::find(c, id)? else { return Ok::<_, DoubtError>((None, None)) };
        match opened(c, &job.scope, doubt)? {
            Some(opened) => Ok((Some(opened), Some(entry))),
            None => Ok((None, Some(entry.outcome(Outcome::OutOfScope)))),
        }
    })
    .await?
    .ok_or(Denied::NotFound)
}

fn opened(c: &mut Reading, scope: &Scope, doubt: Doubt) -> Result<Option<Opened>, DoubtError> {
    if !sees_list(scope) {
        return Ok(None);
    }
    let all = store::of_doubts(c, &[doubt.id])?;
    let (mut samples, mut others) = (vec![], 0);
    for sample in &all {
        if containers::store::by_id(c, scope, sample.container)?.is_some() {
            let study = studies::store::find(c, scope, sample.study)?;
            samples.push((sample.clone(), study));
        } else {
            others += 1;
        }
    }
    if samples.is_empty() {
        return Ok(None);
    }
    let writes = all.iter().any(|s| model::reads_notes(scope, s.laboratory));
    let (events, unreadable) = store::events(c, doubt.id)?;
    let people: Vec<UserId> = events.iter().map(|e| e.actor_id).collect();
    let names = crate::people::store::names_of(c, &people)?;
    let steps = events.iter().map(|e| step(e, &names, writes || e.actor_id == scope.user()));
    let is_open = doubt.state == DoubtState::Open;
    let is_own = doubt.opened_by == scope.user();
    let readers = if writes { readers::before(c, &all, doubt.opened_at)? } else { vec![] };
    Ok(Some(Opened {
        samples,
        others,
        steps: steps.collect(),
        unreadable,
        may_write: writes && is_open,
        may_close: holds(scope, Right::CloseDoubt) && is_open && !is_own,
        is_own,
        readers,
        doubt,
    }))
}

fn step(e: &DoubtEvent, names: &HashMap<UserId, String>, reads: bool) -> Step {
    let said = e.said();
    Step {
        kind: e.kind,
        at: e.recorded_at,
        by: names.get(&e.actor_id).cloned().unwrap_or_default(),
        ending: said.as_ref().and_then(|s| s.ending),
        note: said.filter(|_| reads).map(|s| s.note),
    }
}

/// A line of the list.
pub struct Listed {
    /// The doubt as it stands.
    pub doubt: Doubt,
    /// Its samples in reach.
    pub samples: Vec<Sampled>,
}

/// One page of the doubts in reach, newest first.
///
/// # Errors
/// [`Denied::NotAllowed`] for whom it is no business of.
pub async fn list(
    app: &App,
    caller: &Caller,
    open: Option<bool>,
    before: Option<DoubtId>,
    limit: Limit,
) -> Result<Page<Listed>, DoubtError> {
    if !sees_list(&caller.scope) {
        return Err(Denied::NotAllowed);
    }
    let scope = caller.scope.clone();
    app.db
        .read(move |c| {
            let page = store::list(c, &scope, open, before, limit)?;
            let ids: Vec<DoubtId> = page.items.iter().map(|d| d.id).collect();
            let all = store::of_doubts(c, &ids)?;
            let samples = near(c, &scope, all)?;
            Ok(page.map(|doubt| {
                let own = samples.iter().filter(|s| s.doubt.id == doubt.id);
                Listed { samples: own.cloned().collect(), doubt }
            }))
        })
        .await
}

/// Those whose tubes are in reach.
fn near(c: &mut Conn, scope: &Scope, all: Vec<Sampled>) -> Result<Vec<Sampled>, DoubtError> {
    let mut found = vec![];
    for sample in all {
        if containers::store::by_id(c, scope, sample.container)?.is_some() {
            found.push(sample);
        }
    }
    Ok(found)
}

/// A doubt that somebody must know of: about an answer in their reach that is open, or was closed since they
/// read that answer.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Whether samples may be changed for one another, or a label names another child.
    pub kind: DoubtKind,
    /// Where it stands.
    pub state: DoubtState,
    /// Since when it stands there.
    pub since: Instant,
    /// The request of the answer.
    pub study: Study,
}

/// What a reader of results must know of.
#[derive(Debug, Clone, Default)]
pub struct Notices {
    /// The notices, newest doubt first.
    pub doubts: Vec<Notice>,
    /// Doubts that can't be read: whether an answer is in one is not known.
    pub unreadable: Vec<Unreadable>,
}

/// The notices for a reader of results, of one child or of all: every open doubt about a request in reach; and
/// of a closed one, for whoever had read the answer before, until they have read it again.
pub fn notices(
    c: &mut Conn,
    scope: &Scope,
    patient: Option<PatientId>,
    now: Instant,
) -> Result<Notices, DbError> {
    if !scope.reads_results() {
        return Ok(Notices::default());
    }
    let (all, unreadable) = match patient {
        Some(patient) => store::told_of_child(c, patient)?,
        None => {
            let (found, unreadable) = store::lately(c, now.plus_seconds(-TOLD_SECONDS))?;
            let ids: Vec<DoubtId> = found.iter().map(|d| d.id).collect();
            (store::told_of(c, &ids)?.0, unreadable)
        }
    };
    let ids: Vec<StudyId> = all.iter().map(|s| s.study).collect();
    let studies: HashMap<StudyId, Study> =
        studies::store::find_many(c, scope, &ids)?.into_iter().map(|s| (s.id, s)).collect();
    let mut doubts: Vec<Notice> = vec![];
    for sample in &all {
        let Some(study) = studies.get(&sample.study) else { continue };
        let Doubt { kind, state, opened_at, closed_at, .. } = sample.doubt;
        let since = closed_at.unwrap_or(opened_at);
        let is_told = match state {
            DoubtState::Open => true,
            _ => readers::has_read_before_only(c, scope.user(), study, since)?,
        };
        let same = |n: &Notice| n.study.id == study.id && n.state == state;
        if is_told && !doubts.iter().any(same) {
            doubts.push(Notice { kind, state, since, study: study.clone() });
        }
    }
    Ok(Notices { doubts, unreadable })
}
