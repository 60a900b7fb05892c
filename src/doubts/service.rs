//! Saying a doubt, saying more, closing it.

use serde_json::json;

use super::model::{
    self, Doubt, DoubtEvent, DoubtEventId, DoubtId, DoubtKind, DoubtState, DoubtStep, Ending, Said,
};
use super::refusal::DoubtRule;
use super::store;
use crate::access::service as access;
use crate::app::App;
use crate::audit::{self, Action, Entry};
use crate::codes::{CodeKind, ContainerCode};
use crate::containers::{self, Container};
use crate::db::{Conn, Day, DbError, Tx};
use crate::ledger;
use crate::patients::{PatientId, reach, reason_of_care};
use crate::people::rights::{Right, holds};
use crate::people::{Caller, Denied};
use crate::studies::{self, StudyId};
use crate::web::FieldFault;

/// What can go wrong with a doubt.
pub type DoubtError = Denied<DoubtRule>;

/// Samples that one doubt may name.
pub const MOST_SAMPLES: usize = 12;

/// What somebody says.
#[derive(Debug, Clone)]
pub struct NewDoubt {
    /// The client's key: sent again, it gives the first answer again.
    pub id: DoubtId,
    /// About what; nothing where nobody said.
    pub kind: Option<DoubtKind>,
    /// The labels of the samples, as read: any tube of a sample.
    pub samples: Vec<String>,
    /// What was seen.
    pub note: String,
}

/// Says a doubt: from its commit on nothing of its children is released.
///
/// # Errors
/// The fields that are wrong; [`DoubtRule`].
pub async fn open(app: &App, caller: &Caller, new: NewDoubt) -> Result<DoubtId, DoubtError> {
    let new = new.checked()?;
    let job = caller.clone();
    app.db.write_again(move |tx, _| open_one(tx, &job, &new)).await
}

/// What somebody says, as it can be held against the samples there are.
#[derive(Clone)]
struct Checked {
    id: DoubtId,
    kind: DoubtKind,
    codes: Vec<ContainerCode>,
    note: String,
}

impl NewDoubt {
    /// Every field that is wrong at once: nobody corrects one to be told of the next.
    fn checked(self) -> Result<Checked, DoubtError> {
        let mut faults = vec![];
        if self.kind.is_none() {
            faults.push(FieldFault::new("kind", "choose-from-list"));
        }
        let read: Vec<&str> =
            self.samples.iter().map(|c| c.trim()).filter(|c| !c.is_empty()).collect();
        let is_too_many = read.is_empty() || read.len() > MOST_SAMPLES;
        let mut codes = vec![];
        for text in read {
            let code = text.parse::<ContainerCode>();
            match code.and_then(|c| c.of_kind(&[CodeKind::Primary, CodeKind::Derived])) {
                Ok(code) if codes.contains(&code) => {}
                Ok(code) => codes.push(code),
                Err(e) => faults.push(e.fault("samples")),
            }
        }
        if is_too_many {
            faults.push(FieldFault::new("samples", "samples-of-doubt"));
        }
        let note = note(&self.note).map_err(|fault| faults.push(fault));
        match (self.kind, note) {
            (Some(kind), Ok(note)) if faults.is_empty() => {
                Ok(Checked { id: self.id, kind, codes, note })
            }
            _ => Err(Denied::Fields(faults)),
        }
    }
}

/// What was seen, as a reason is: 5 to 400 characters.
fn note(text: &str) -> Result<String, FieldFault> {
    reason_of_care(text).map_err(|f| FieldFault { field: "note".to_owned(), ..f })
}

fn one(fault: FieldFault) -> DoubtError {
    Denied::Fields(vec![fault])
}

fn open_one(tx: &mut Tx<'_>, caller: &Caller, new: &Checked) -> Result<DoubtId, DoubtError> {
    let roots = roots(tx, caller, &new.codes)?;
    // Before anything is looked at: of two who say the same at once one is told of the other's.
    lock(tx, &roots)?;
    let by = caller.scope.user();
    if let Some(there) = store::find(tx, new.id)? {
        let said = store::events(tx, new.id)?.0;
        let said = said.first().and_then(DoubtEvent::said);
        let ids: Vec<_> = roots.iter().map(|c| c.id).collect();
        let same = (there.opened_by, there.kind) == (by, new.kind)
            && said.is_some_and(|s| s.samples == ids && s.note == new.note);
        return if same { Ok(new.id) } else { Err(Denied::Rule(DoubtRule::KeyUsed)) };
    }
    if let Some(open) = already(tx, &roots)? {
        return Err(Denied::Rule(DoubtRule::AlreadyOpen(open)));
    }
    write_open(tx, caller, (new.id, new.kind), &roots, &new.note)?;
    Ok(new.id)
}

/// The open doubt that names exactly these samples: another one would say nothing more.
fn already(tx: &mut Tx<'_>, roots: &[Container]) -> Result<Option<DoubtId>, DbError> {
    let Some(first) = roots.first() else { return Ok(None) };
    for sample in store::of_root(tx, first.id)? {
        if sample.doubt.state != DoubtState::Open {
            continue;
        }
        let mut named: Vec<_> =
            store::of_doubts(tx, &[sample.doubt.id])?.iter().map(|s| s.container).collect();
        let mut wanted: Vec<_> = roots.iter().map(|c| c.id).collect();
        named.sort_unstable();
        wanted.sort_unstable();
        if named == wanted {
            return Ok(Some(sample.doubt.id));
        }
    }
    Ok(None)
}

/// The tubes as drawn that these labels lead to, each once: in reach of this person, and for them to doubt.
fn roots(
    tx: &mut Tx<'_>,
    caller: &Caller,
    codes: &[ContainerCode],
) -> Result<Vec<Container>, DoubtError> {
    let mut roots: Vec<Container> = vec![];
    for code in codes.iter().copied() {
        let found = containers::store::find(tx, &caller.scope, code)?;
        let root = match found {
            Some(c) => containers::store::root_of(tx, &caller.scope, &c)?,
            None => None,
        };
        let Some(root) = root.filter(|r| r.study_id.is_some()) else {
            return Err(DoubtError::field("samples", "sample-unknown"));
        };
        let treats = match root.patient_id {
            Some(patient) => reach::treats(tx, &caller.scope, patient)?,
            None => false,
        };
        if !model::may_open(&caller.scope, root.centre_id, root.laboratory_id, treats) {
            return Err(Denied::NotAllowed);
        }
        if !roots.iter().any(|r| r.id == root.id) {
            roots.push(root);
        }
    }
    Ok(roots)
}

/// Locks every request of every child in a doubt: an answer that is being signed at this moment is either out
/// before, and marked, or refused.
fn lock(tx: &mut Tx<'_>, roots: &[Container]) -> Result<(), DbError> {
    let children: Vec<PatientId> = roots.iter().filter_map(|r| r.patient_id).collect();
    studies::standing::lock_of(tx, &children)
}

/// Writes a doubt in the transaction of what it is said by. The caller has locked its children's requests.
fn write_open(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (id, kind): (DoubtId, DoubtKind),
    roots: &[Container],
    note: &str,
) -> Result<(), DbError> {
    let doubt = Doubt {
        id,
        kind,
        state: DoubtState::Open,
        opened_at: caller.now,
        opened_by: caller.scope.user(),
        closed_at: None,
        event_count: 0,
    };
    store::insert(tx, &doubt, roots)?;
    let samples = roots.iter().map(|c| c.id).collect();
    let said = Said { doubt: Some(kind), samples, ..Said::note(note) };
    tell(tx, caller, &doubt, DoubtStep::Opened, &said)?;
    follow(tx, roots.iter().filter_map(|r| r.study_id))
}

/// The event enters the table and the log, and who did what the audit, once for each child.
fn tell(
    tx: &mut Tx<'_>,
    caller: &Caller,
    doubt: &Doubt,
    step: DoubtStep,
    said: &Said,
) -> Result<(), DbError> {
    let event = DoubtEvent {
        doubt_id: doubt.id,
        seq: doubt.event_count + 1,
        event_id: DoubtEventId::new(),
        kind: step,
        recorded_at: caller.now,
        actor_id: caller.scope.user(),
        data: json!(said).to_string(),
    };
    store::add(tx, &event, doubt)?;
    ledger::append(tx, event.event_id.0, event.recorded_at, &event.body());
    let mut children: Vec<PatientId> =
        store::of_doubts(tx, &[doubt.id])?.iter().map(|s| s.patient).collect();
    children.sort_unstable();
    children.dedup();
    for child in children {
        let entry = Entry::new(caller, Action::SampleDoubt, "doubt", Some(doubt.id.0));
        audit::record(tx, &entry.patient(child.0).detail(step.as_str()))?;
    }
    Ok(())
}

/// Has each request say what its gravest doubt is.
fn follow(tx: &mut Tx<'_>, of: impl IntoIterator<Item = StudyId>) -> Result<(), DbError> {
    let mut studies: Vec<StudyId> = of.into_iter().collect();
    studies.sort_unstable();
    studies.dedup();
    for study in studies {
        let all = store::of_studies(tx, &[study])?;
        let state = model::gravest(&all).map(|s| s.doubt.state);
        studies::standing::doubt(tx, study, state)?;
    }
    Ok(())
}

/// A tube that is held or refused because of whose it is, is in doubt from that scan on, with the reason's code
/// as what was written; held again, the doubt that is open says so too.
pub(crate) fn held(
    tx: &mut Tx<'_>,
    caller: &Caller,
    kind: DoubtKind,
    held: &Container,
    code: &str,
) -> Result<(), DbError> {
    let root = containers::store::root_of(tx, &caller.scope, held)?;
    let root = root.ok_or_else(|| DbError::Corrupt(format!("container {}: no root", held.id)))?;
    if root.study_id.is_none() || root.patient_id.is_none() {
        // Of a tube that nobody has asked for nothing can be released.
        return Ok(());
    }
    lock(tx, std::slice::from_ref(&root))?;
    let about = store::of_root(tx, root.id)?;
    let open = about.iter().find(|s| s.doubt.state == DoubtState::Open);
    match open {
        // What was confirmed is known: refusing the tube for it doubts nothing anew.
        None if about.iter().any(|s| s.doubt.state == DoubtState::Confirmed) => Ok(()),
        Some(sample) => {
            let Some(doubt) = store::locked(tx, sample.doubt.id)? else { return Ok(()) };
            tell(tx, caller, &doubt, DoubtStep::Noted, &Said::note(code))
        }
        None => write_open(tx, caller, (DoubtId::new(), kind), &[root], code),
    }
}

/// Says more of a doubt that is open.
///
/// # Errors
/// The field that is wrong; [`DoubtRule::Closed`]; not found out of reach.
pub async fn say_more(
    app: &App,
    caller: &Caller,
    id: DoubtId,
    text: &str,
) -> Result<(), DoubtError> {
    let (note, job) = (note(text).map_err(one)?, caller.clone());
    app.db
        .write_again(move |tx, _| {
            let doubt = open_now(tx, &job, id)?;
            Ok(tell(tx, &job, &doubt, DoubtStep::Noted, &Said::note(&note))?)
        })
        .await
}

/// The doubt, locked, open, and for this person to write in.
fn open_now(tx: &mut Tx<'_>, caller: &Caller, id: DoubtId) -> Result<Doubt, DoubtError> {
    let doubt = store::locked(tx, id)?.ok_or(Denied::NotFound)?;
    let samples = store::of_doubts(tx, &[id])?;
    if !samples.iter().any(|s| model::reads_notes(&caller.scope, s.laboratory)) {
        return Err(Denied::NotFound);
    }
    match doubt.state {
        DoubtState::Open => Ok(doubt),
        _ => Err(Denied::Rule(DoubtRule::Closed)),
    }
}

/// Closes a doubt: quality, who was not the one to say it, and proves again who they are. What was
/// confirmed ends the samples: no answer comes from them, and the requests wait for others.
///
/// # Errors
/// The fields that are wrong; [`DoubtRule`]; not found out of reach.
pub async fn close(
    app: &App,
    caller: &Caller,
    id: DoubtId,
    ending: Ending,
    how: &str,
    password: &str,
) -> Result<(), DoubtError> {
    if !holds(&caller.scope, Right::CloseDoubt) {
        return Err(Denied::NotAllowed);
    }
    let note = note(how).map_err(one)?;
    let proved = access::reauthenticate(app, caller, password).await?;
    let (app_, job) = (app.clone(), caller.clone());
    let close = move |tx: &mut Tx<'_>| {
        proved.holds(tx)?;
        close_one(tx, &app_, &job, id, ending, &note)
    };
    app.db.write(close).await
}

fn close_one(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    id: DoubtId,
    ending: Ending,
    note: &str,
) -> Result<(), DoubtError> {
    let before = open_now(tx, caller, id)?;
    if before.opened_by == caller.scope.user() {
        return Err(Denied::Rule(DoubtRule::OwnDoubt));
    }
    let samples = store::of_doubts(tx, &[id])?;
    let children: Vec<PatientId> = samples.iter().map(|s| s.patient).collect();
    studies::standing::lock_of(tx, &children)?;
    let after = Doubt { state: ending.state(), closed_at: Some(caller.now), ..before };
    let said = Said { ending: Some(ending), ..Said::note(note) };
    tell(tx, caller, &after, DoubtStep::Closed, &said)?;
    follow(tx, samples.iter().map(|s| s.study))?;
    for sample in &samples {
        let day_of = |at| Day(app.sites.local(Some(sample.centre), at).date());
        studies::standing::follow_drawn(tx, sample.study, day_of, caller.now)?;
    }
    Ok(())
}

/// Whether an answer of this child may be released: none while a doubt about any of its samples is open.
/// The caller has locked the request whose answer it is.
pub fn blocking(conn: &mut Conn, patient: PatientId) -> Result<Option<DoubtId>, DbError> {
    let all = store::of_child(conn, patient)?;
    Ok(all.iter().find(|s| s.doubt.state == DoubtState::Open).map(|s| s.doubt.id))
}
