//! Attaching a report, opening it, and taking it back.

use std::collections::HashMap;

use super::files::{Files, Lost};
use super::model::{
    AttachmentId, AttachmentRule, AttachmentStep, MOST, MediaType, Sha256Hex, TITLE_CHARS, checked,
};
use super::store::{self, Step};
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Conn, DbError, Reading, Tx, Unreadable};
use crate::ledger;
use crate::patients::{self, Patient, reason_of_care};
use crate::people::{self, Caller, Denied, UserId};
use crate::studies::correction::may;
use crate::studies::{Study, StudyId, StudyState, standing, store as studies_store};
use crate::web::FieldFault;

/// What can go wrong with an attachment.
pub(super) type AttachmentError = Denied<AttachmentRule>;

/// A report that is attached, or was.
#[derive(Debug, Clone)]
pub(super) struct Attachment {
    /// The step that attached it.
    pub step: Step,
    /// That it was taken back, and why.
    pub withdrawn: Option<Step>,
}

/// A request with its reports.
pub(super) struct Opened {
    pub study: Study,
    pub patient: Patient,
    /// Those that were taken back too, the oldest first.
    pub attachments: Vec<Attachment>,
    pub unreadable: Vec<Unreadable>,
    /// Printed names of who acted.
    pub names: HashMap<UserId, String>,
    /// Whether the caller may attach and take back.
    pub may: bool,
}

/// A report's bytes.
pub(super) struct Opening {
    pub media_type: MediaType,
    /// A name that says nothing of the child.
    pub file_name: String,
    pub bytes: Vec<u8>,
}

fn entry(caller: &Caller, action: Action, study: StudyId) -> Entry {
    Entry::new(caller, action, "study", Some(study.0))
}

fn grouped(steps: Vec<Step>) -> Vec<Attachment> {
    let (began, taken): (Vec<Step>, Vec<Step>) =
        steps.into_iter().partition(|s| s.kind == AttachmentStep::Attached);
    let with = |step: Step| {
        let withdrawn = taken.iter().find(|t| t.withdraws == Some(step.event_id)).cloned();
        Attachment { step, withdrawn }
    };
    began.into_iter().map(with).collect()
}

/// The reports of a request in reach; audited as read, and so is an attempt out of reach (BR-27).
pub(super) async fn list(
    app: &App,
    caller: &Caller,
    id: StudyId,
) -> Result<Opened, AttachmentError> {
    let job = caller.clone();
    audit::looked(&app.db, move |c| {
        let entry = entry(&job, Action::ReadStudy, id);
        let Some(study) = studies_store::find(c, &job.scope, id)? else {
            let told = studies_store::is_there(c, id)?;
            let entry = told.then(|| entry.outcome(Outcome::OutOfScope));
            return Ok::<_, AttachmentError>((None, entry));
        };
        let Some(opened) = of(c, &job, study)? else { return Ok((None, None)) };
        let entry = entry.patient(opened.patient.id.0).detail("attachments");
        Ok((Some(opened), Some(entry)))
    })
    .await?
    .ok_or(Denied::NotFound)
}

fn of(
    conn: &mut Reading,
    caller: &Caller,
    study: Study,
) -> Result<Option<Opened>, AttachmentError> {
    let found = patients::merged::shown(conn, &caller.scope, study.patient_id)?;
    let Some(patient) = found else { return Ok(None) };
    let (steps, unreadable) = store::steps(conn, &study)?;
    let actors: Vec<UserId> = steps.iter().map(|s| s.actor_id).collect();
    Ok(Some(Opened {
        names: people::store::names_of(conn, &actors)?,
        may: may(conn, caller, &study)? && study.state != StudyState::Cancelled,
        attachments: grouped(steps),
        study,
        patient,
        unreadable,
    }))
}

/// Opens a report of a request in reach. That it was opened is in the audit log before its first byte is sent;
/// so is an attempt out of reach.
pub(super) async fn open(
    app: &App,
    caller: &Caller,
    study: StudyId,
    id: AttachmentId,
) -> Result<Opening, AttachmentError> {
    let job = caller.clone();
    let found: Option<(Study, Attachment)> = audit::looked(&app.db, move |c| {
        let entry = Entry::new(&job, Action::ReadStudy, "attachment", Some(id.0));
        let Some(study) = studies_store::find(c, &job.scope, study)? else {
            let told = studies_store::is_there(c, study)?;
            let entry = told.then(|| entry.outcome(Outcome::OutOfScope));
            return Ok::<_, AttachmentError>((None, entry));
        };
        let all = grouped(store::steps(c, &study)?.0);
        let Some(one) = all.into_iter().find(|a| a.step.event_id == id) else {
            return Ok((None, None));
        };
        let entry = entry.patient(study.patient_id.0);
        let entry = if one.withdrawn.is_some() { entry.detail("withdrawn") } else { entry };
        Ok((Some((study, one)), Some(entry)))
    })
    .await?;
    let (study, one) = found.ok_or(Denied::NotFound)?;
    if one.withdrawn.is_some() {
        return Err(Denied::Rule(AttachmentRule::Withdrawn));
    }
    let Step { sha256, media_type, seq, .. } = one.step;
    let bytes = read(app, sha256, id).await?;
    let file_name = format!("{}-{seq}.{}", study.number, media_type.extension());
    Ok(Opening { media_type, file_name, bytes })
}

async fn read(app: &App, digest: Sha256Hex, id: AttachmentId) -> Result<Vec<u8>, AttachmentError> {
    let files = Files::of(&app.settings.data_dir);
    let got = tokio::task::spawn_blocking(move || files.get(&digest)).await;
    let lost = match got {
        Ok(Ok(bytes)) => return Ok(bytes),
        Ok(Err(lost)) => lost,
        Err(e) => Lost::Disk(std::io::Error::other(e)),
    };
    tracing::error!(attachment = %id, error = %lost, "an attached report can't be opened");
    Err(Denied::Rule(match lost {
        Lost::Missing => AttachmentRule::Missing,
        Lost::Damaged => AttachmentRule::Damaged,
        Lost::Disk(_) => AttachmentRule::Disk,
    }))
}

/// Attaches a report to a request in reach. The same bytes again are the same attachment.
///
/// # Errors
/// The fields that are wrong; the [`AttachmentRule`] that is broken; not found out of reach.
pub(super) async fn attach(
    app: &App,
    caller: &Caller,
    study: StudyId,
    title: &str,
    bytes: Vec<u8>,
) -> Result<AttachmentId, AttachmentError> {
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let (title, media_type) = match (titled(title), checked(&bytes)) {
        (Ok(title), Ok(media_type)) => (title, media_type),
        (title, media) => {
            let faults = [title.err(), media.err()].into_iter().flatten().collect();
            return Err(Denied::Fields(faults));
        }
    };
    // Asked before the file is written: whoever may not attach fills no disk.
    let job = caller.clone();
    let asked = app.db.write(move |tx| Ok::<_, AttachmentError>(found(tx, &job, study)?.is_some()));
    if !asked.await? {
        return Err(Denied::NotFound);
    }
    let sha256 = keep(app, bytes).await?;
    let new = New { sha256, media_type, bytes: size, title };
    let job = caller.clone();
    app.db
        .write_again(move |tx, _| attach_one(tx, &job, study, &new))
        .await?
        .ok_or(Denied::NotFound)
}

/// A report to be attached, whose file is there.
#[derive(Clone)]
struct New {
    sha256: Sha256Hex,
    media_type: MediaType,
    bytes: i64,
    title: String,
}

async fn keep(app: &App, bytes: Vec<u8>) -> Result<Sha256Hex, AttachmentError> {
    let files = Files::of(&app.settings.data_dir);
    let kept = tokio::task::spawn_blocking(move || files.put(&bytes)).await;
    kept.map_err(std::io::Error::other).flatten().map_err(|e| {
        tracing::error!(error = %e, "an attached report can't be written");
        Denied::Rule(AttachmentRule::Disk)
    })
}

fn titled(text: &str) -> Result<String, FieldFault> {
    let title = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.chars().any(char::is_control) {
        return Err(FieldFault::new("title", "control-character"));
    }
    match title.chars().count() {
        0 => Err(FieldFault::new("title", "required")),
        n if TITLE_CHARS.contains(&n) => Ok(title),
        _ => Err(FieldFault::new("title", "attachment-title")),
    }
}

/// The request, locked and in reach of somebody who may attach to it. An attempt out of reach is audited.
fn found(tx: &mut Tx<'_>, caller: &Caller, id: StudyId) -> Result<Option<Study>, AttachmentError> {
    if !studies_store::is_there(tx, id)? {
        return Ok(None);
    }
    standing::lock(tx, id)?;
    let Some(study) = studies_store::find(tx, &caller.scope, id)? else {
        audit::record(tx, &entry(caller, Action::WriteStudy, id).outcome(Outcome::OutOfScope))?;
        return Ok(None);
    };
    if !may(tx, caller, &study)? {
        return Err(Denied::NotAllowed);
    }
    match study.state {
        StudyState::Cancelled => Err(Denied::Rule(AttachmentRule::Cancelled)),
        _ => Ok(Some(study)),
    }
}

fn attach_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: StudyId,
    new: &New,
) -> Result<Option<AttachmentId>, AttachmentError> {
    let Some(study) = found(tx, caller, id)? else { return Ok(None) };
    let there = readable(tx, &study)?;
    let same = |a: &&Attachment| a.withdrawn.is_none() && a.step.sha256 == new.sha256;
    if let Some(same) = there.iter().find(same) {
        return Ok(Some(same.step.event_id));
    }
    if there.iter().filter(|a| a.withdrawn.is_none()).count() >= MOST {
        return Err(Denied::Rule(AttachmentRule::TooMany));
    }
    let step = Step {
        study_id: study.id,
        seq: store::next_seq(tx, study.id)?,
        event_id: AttachmentId::new(),
        kind: AttachmentStep::Attached,
        withdraws: None,
        recorded_at: caller.now,
        actor_id: caller.scope.user(),
        site_id: site(caller, &study),
        sha256: new.sha256.clone(),
        media_type: new.media_type,
        bytes: new.bytes,
        said: new.title.clone(),
    };
    tell(tx, caller, &study, &step)?;
    Ok(Some(step.event_id))
}

/// All of a request's attachments. With a row that can't be read nobody knows what is attached.
fn readable(conn: &mut Conn, study: &Study) -> Result<Vec<Attachment>, DbError> {
    let (steps, unreadable) = store::steps(conn, study)?;
    match unreadable.first() {
        Some(lost) => Err(DbError::Corrupt(lost.to_string())),
        None => Ok(grouped(steps)),
    }
}

fn site(caller: &Caller, study: &Study) -> crate::sites::SiteId {
    caller.scope.site_of(study.centre_id, study.laboratory_id)
}

/// The step enters the table and the log, and who did what the audit.
fn tell(tx: &mut Tx<'_>, caller: &Caller, study: &Study, step: &Step) -> Result<(), DbError> {
    store::add(tx, step)?;
    ledger::append(tx, step.event_id.0, step.recorded_at, &step.body());
    let entry = entry(caller, Action::WriteStudy, study.id);
    let entry = entry.patient(study.patient_id.0).site(step.site_id);
    audit::record(tx, &entry.detail(format!("attachment {}", step.kind)))
}

/// Takes a report back that is not of this child, or should not be here: from then on nobody opens it. That it
/// was there, and why not any more, stays.
///
/// # Errors
/// The field `reason`; the [`AttachmentRule`] that is broken; not found out of reach.
pub(super) async fn withdraw(
    app: &App,
    caller: &Caller,
    study: StudyId,
    id: AttachmentId,
    reason: &str,
) -> Result<(), AttachmentError> {
    let reason = reason_of_care(reason).map_err(|f| Denied::Fields(vec![f]))?;
    let job = caller.clone();
    app.db
        .write_again(move |tx, _| withdraw_one(tx, &job, study, id, &reason))
        .await?
        .ok_or(Denied::NotFound)
}

fn withdraw_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    study: StudyId,
    id: AttachmentId,
    reason: &str,
) -> Result<Option<()>, AttachmentError> {
    let Some(study) = found(tx, caller, study)? else { return Ok(None) };
    let Some(one) = readable(tx, &study)?.into_iter().find(|a| a.step.event_id == id) else {
        return Ok(None);
    };
    // Sent again: it is so already.
    if one.withdrawn.is_some() {
        return Ok(Some(()));
    }
    let step = Step {
        seq: store::next_seq(tx, study.id)?,
        event_id: AttachmentId::new(),
        kind: AttachmentStep::Withdrawn,
        withdraws: Some(id),
        recorded_at: caller.now,
        actor_id: caller.scope.user(),
        site_id: site(caller, &study),
        said: reason.to_owned(),
        ..one.step
    };
    tell(tx, caller, &study, &step)?;
    Ok(Some(()))
}
