//! Who had read an answer before it came into doubt: they must be told, and quality must know whom to tell.

use std::collections::HashMap;

use uuid::Uuid;

use super::model::Sampled;
use crate::audit;
use crate::db::{Conn, DbError, Instant};
use crate::patients::{PatientId, merged};
use crate::people::{UserId, store as people_store};
use crate::studies::Study;

/// Somebody who had read an answer before it was doubted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Name as it is shown to people.
    pub name: String,
    /// When they read it last before the doubt.
    pub read_at: Instant,
    /// When they saw it first with the doubt on it, if they did.
    pub seen_at: Option<Instant>,
}

/// Where somebody reads the answer of a request: by itself, or on a course of the child.
fn places(conn: &mut Conn, study: Uuid, patient: PatientId) -> Result<Vec<Uuid>, DbError> {
    let records = merged::records(conn, patient)?;
    Ok(std::iter::once(study).chain(records.into_iter().map(|p| p.0)).collect())
}

/// Who had read an answer of these samples before `at`, each once, by name.
pub(super) fn before(
    conn: &mut Conn,
    samples: &[Sampled],
    at: Instant,
) -> Result<Vec<Reader>, DbError> {
    let mut read: HashMap<UserId, (Option<Instant>, Option<Instant>)> = HashMap::new();
    for sample in samples {
        let places = places(conn, sample.study.0, sample.patient)?;
        for (person, subject, when) in audit::store::results_read_of(conn, &places)? {
            if !places.contains(&subject) {
                continue;
            }
            let (before, since) = read.entry(person).or_default();
            if when <= at {
                *before = (*before).max(Some(when));
            } else {
                *since = Some(since.map_or(when, |s: Instant| s.min(when)));
            }
        }
    }
    let people: Vec<UserId> = read.keys().copied().collect();
    let names = people_store::names_of(conn, &people)?;
    let mut found: Vec<Reader> = read
        .into_iter()
        .filter_map(|(person, (before, seen_at))| {
            let name = names.get(&person).cloned().unwrap_or_default();
            Some(Reader { name, read_at: before?, seen_at })
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Whether this person had read the answer of a request before `at`, and not since.
pub(super) fn has_read_before_only(
    conn: &mut Conn,
    person: UserId,
    study: &Study,
    at: Instant,
) -> Result<bool, DbError> {
    let places = places(conn, study.id.0, study.patient_id)?;
    let read = audit::store::results_read(conn, person, &places[1..])?;
    let of = |subject: &Uuid| places.contains(subject);
    let mut times = read.iter().filter(|(subject, _)| of(subject)).map(|(_, when)| *when);
    Ok(match times.clone().max() {
        Some(last) if last > at => false,
        _ => times.any(|when| when <= at),
    })
}
