//! Finding and opening patients.

use super::merged;
use super::model::{Patient, PatientId, record_key};
use super::needle::Needle;
use super::store;
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Limit, Page};
use crate::people::Caller;

pub use super::elsewhere::{ANSWER_SECONDS, LOOKS_OF_PERSON, REVIEW_SECONDS};
pub use super::refusal::PatientError;
pub use super::register::{Registration, register, registering_site, sites_to_register_at};

/// Looks patients up by folio, CURP, NSS, record or request number, a scanned code, or the
/// beginnings of names. The look-up is audited by its kind, never by its text.
pub async fn search(
    app: &App,
    caller: &Caller,
    text: &str,
    after: Option<PatientId>,
    limit: Limit,
) -> Result<Page<Patient>, PatientError> {
    if !caller.scope.sees_identity() {
        return Err(PatientError::NotAllowed);
    }
    let needle = Needle::read(text)?;
    let (kind, scope, job) = (needle.kind(), caller.scope.clone(), caller.clone());
    let doubt = needle.doubt.clone();
    let first = after.is_none();
    let page = audit::looked(&app.db, move |c| {
        let after = match after {
            Some(id) => store::position(c, &scope, id)?,
            None => None,
        };
        let page = store::search(c, &scope, &needle, after, limit)?;
        let entry = Entry::new(&job, Action::SearchPatients, "patient", None)
            .detail(format!("{kind} {}", page.items.len()));
        Ok::<_, PatientError>((page, Some(entry)))
    })
    .await?;
    match doubt {
        Some(doubt) if first && page.items.is_empty() && page.unreadable.is_empty() => {
            Err(PatientError::Fields(vec![doubt]))
        }
        _ => Ok(page),
    }
}

/// Opens a child's record, the one that stays where it was merged (BR-29): in reach it is audited as
/// read, out of reach it is a 404 and the attempt is audited (BR-27).
pub async fn open(app: &App, caller: &Caller, id: PatientId) -> Result<Patient, PatientError> {
    let job = caller.clone();
    audit::looked(&app.db, move |c| {
        let found = merged::shown(c, &job.scope, id)?;
        let outcome = if found.is_some() { Outcome::Done } else { Outcome::OutOfScope };
        let told = found.is_some() || store::is_there(c, id)?;
        let entry = Entry::new(&job, Action::ReadPatient, "patient", Some(id.0));
        Ok::<_, PatientError>((found, told.then(|| entry.outcome(outcome).patient(id.0))))
    })
    .await?
    .ok_or(PatientError::NotFound)
}

/// The record number of a patient in reach, at the caller's centre.
pub async fn record_number(
    app: &App,
    caller: &Caller,
    id: PatientId,
) -> Result<Option<String>, PatientError> {
    let scope = caller.scope.clone();
    app.db.read(move |c| Ok(store::record_number(c, &scope, id)?)).await
}

/// Whether `text` is the record number of one of `patients` at the caller's centres.
pub async fn any_has_record(
    app: &App,
    caller: &Caller,
    patients: &[Patient],
    text: &str,
) -> Result<bool, PatientError> {
    let (key, centres) = (record_key(text), caller.scope.centres().to_vec());
    let ids: Vec<PatientId> = patients.iter().map(|p| p.id).collect();
    let found = app.db.read(move |c| Ok::<_, PatientError>(store::with_record(c, &centres, &key)?));
    Ok(found.await?.iter().any(|id| ids.contains(id)))
}

/// Who may be named at a site as responsible for opening a record in an emergency: key and name.
pub async fn seniors(
    app: &App,
    site: crate::sites::SiteId,
) -> Result<Vec<(crate::people::UserId, String)>, PatientError> {
    app.db.read(move |c| super::elsewhere::seniors(c, site)).await
}
