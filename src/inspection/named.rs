//! The ids of a row put into words, as far as the reader may know them.

use std::collections::HashMap;

use uuid::Uuid;

use crate::audit::store::Row;
use crate::containers::{self, Container, ContainerId};
use crate::db::{Conn, DbError, Reading};
use crate::patients::{self, Patient, PatientId};
use crate::people::{Scope, UserId, store as people};
use crate::results::{self, store::VersionId};
use crate::studies::{self, StudyId};

/// A thing a row is about, as the reader may know it.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// Its number, code or name; nothing where only its id may be shown.
    pub text: Option<String>,
    /// English path of its page, where the reader may open it.
    pub link: Option<String>,
}

/// A row with its ids put into words.
pub struct Line {
    /// The row as it was written, with its ids.
    pub row: Row,
    /// Printed name of who did it.
    pub who: Option<String>,
    /// What it was done to.
    pub subject: Named,
    /// Whose record it belongs to.
    pub patient: Named,
}

/// Printed names of who did something in these rows, or had it done to them.
pub(super) fn names(conn: &mut Conn, rows: &[Row]) -> Result<HashMap<UserId, String>, DbError> {
    let mut ids: Vec<UserId> = rows.iter().filter_map(|r| r.person_id).collect();
    ids.extend(
        rows.iter()
            .filter(|r| r.subject_kind == "person")
            .filter_map(|r| r.subject_id.map(|s| UserId(s.0))),
    );
    ids.sort();
    ids.dedup();
    Ok(people::names_of(conn, &ids)?)
}

/// Rows with their ids put into words: whatever the reader's scope does not reach stays an id.
pub(super) fn named(
    conn: &mut Reading,
    scope: &Scope,
    rows: Vec<Row>,
) -> Result<Vec<Line>, DbError> {
    let known = Known::of(conn, scope, &rows)?;
    let line = |row: Row| Line {
        who: row.person_id.and_then(|id| known.people.get(&id)).cloned(),
        subject: known.subject(&row),
        patient: row.patient_id.map_or_else(Named::default, |id| known.patient(PatientId(id.0))),
        row,
    };
    Ok(rows.into_iter().map(line).collect())
}

/// What the rows of a page are about, as this reader may know it: read at once for all of them.
struct Known {
    people: HashMap<UserId, String>,
    patients: HashMap<PatientId, Named>,
    containers: HashMap<Uuid, Named>,
    studies: HashMap<StudyId, String>,
    /// Which study a version of a result is of.
    results: HashMap<Uuid, StudyId>,
}

/// The subjects of one kind among the rows, each once.
fn subjects(rows: &[Row], kind: &str) -> Vec<Uuid> {
    let of_kind = rows.iter().filter(|r| r.subject_kind == kind);
    let mut ids: Vec<Uuid> = of_kind.filter_map(|r| r.subject_id.map(|s| s.0)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

impl Known {
    fn of(conn: &mut Conn, scope: &Scope, rows: &[Row]) -> Result<Self, DbError> {
        let tubes: Vec<ContainerId> =
            subjects(rows, "container").into_iter().map(ContainerId).collect();
        let tubes = containers::store::find_many(conn, scope, &tubes)?;
        let versions: Vec<VersionId> =
            subjects(rows, "result").into_iter().map(VersionId).collect();
        let results: HashMap<Uuid, StudyId> = results::store::studies_of(conn, scope, &versions)?
            .into_iter()
            .map(|(version, study)| (version.0, study))
            .collect();
        let mut asked: Vec<StudyId> = subjects(rows, "study").into_iter().map(StudyId).collect();
        asked.extend(results.values());
        let studies = studies::store::find_many(conn, scope, &asked)?;
        let children = rows.iter().filter_map(|r| r.patient_id.map(|p| p.0));
        let mut children: Vec<Uuid> = children.chain(subjects(rows, "patient")).collect();
        children.sort_unstable();
        children.dedup();
        Ok(Self {
            people: names(conn, rows)?,
            patients: folios(conn, scope, children.into_iter().map(PatientId).collect())?,
            containers: tubes.into_iter().map(|c| (c.id.0, container(&c))).collect(),
            studies: studies.into_iter().map(|s| (s.id, s.number.to_string())).collect(),
            results,
        })
    }
    fn patient(&self, id: PatientId) -> Named {
        self.patients.get(&id).cloned().unwrap_or_default()
    }
    fn study(&self, id: StudyId, page: &'static str) -> Named {
        self.studies.get(&id).map_or_else(Named::default, |number| Named {
            text: Some(number.clone()),
            link: Some(format!("/{page}/{id}")),
        })
    }
    fn subject(&self, row: &Row) -> Named {
        let Some(id) = row.subject_id.map(|s| s.0) else { return Named::default() };
        match row.subject_kind.as_str() {
            "person" => Named { text: self.people.get(&UserId(id)).cloned(), link: None },
            "patient" => self.patient(PatientId(id)),
            "doubt" => Named { text: Some(id.to_string()), link: None },
            "container" => self.containers.get(&id).cloned().unwrap_or_default(),
            "study" => self.study(StudyId(id), "studies"),
            "result" => {
                self.results.get(&id).map_or_else(Named::default, |s| self.study(*s, "results"))
            }
            _ => Named::default(),
        }
    }
}

fn container(c: &Container) -> Named {
    Named { text: Some(c.code.grouped()), link: Some(format!("/samples/{}", c.code)) }
}

/// Folios of those patients that are in reach, where the reader may see identities at all.
fn folios(
    conn: &mut Conn,
    scope: &Scope,
    ids: Vec<PatientId>,
) -> Result<HashMap<PatientId, Named>, DbError> {
    if !scope.sees_identity() || ids.is_empty() {
        return Ok(HashMap::new());
    }
    let named = |p: Patient| {
        let link = Some(format!("/patients/{}", p.id));
        (p.id, Named { text: Some(p.folio.to_string()), link })
    };
    let (patients, _) = patients::store::find_many(conn, scope, &ids)?;
    Ok(patients.into_iter().map(named).collect())
}

/// A patient's folio, where the reader may see identities and the patient is in reach.
pub(super) fn patient(conn: &mut Conn, scope: &Scope, id: PatientId) -> Result<Named, DbError> {
    Ok(folios(conn, scope, vec![id])?.remove(&id).unwrap_or_default())
}
