//! The ids of a row put into words, as far as the reader may know them.

use std::collections::HashMap;

use crate::audit::store::Row;
use crate::containers::{self, ContainerId};
use crate::db::{Conn, DbError, Reading};
use crate::patients::{self, PatientId};
use crate::people::{Scope, UserId, store as people};
use crate::results;
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
    /// The row.
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

/// Rows with their ids put into words.
pub(super) fn named(
    conn: &mut Reading,
    scope: &Scope,
    rows: Vec<Row>,
) -> Result<Vec<Line>, DbError> {
    let names = names(conn, &rows)?;
    rows.into_iter()
        .map(|row| {
            let who = row.person_id.and_then(|id| names.get(&id)).cloned();
            let subject = subject(conn, scope, &row, &names)?;
            let patient = match row.patient_id {
                Some(id) => patient(conn, scope, PatientId(id.0))?,
                None => Named::default(),
            };
            Ok(Line { row, who, subject, patient })
        })
        .collect()
}

/// A thing as this reader may know it: whatever their scope does not reach stays an id.
fn subject(
    conn: &mut Conn,
    scope: &Scope,
    row: &Row,
    names: &HashMap<UserId, String>,
) -> Result<Named, DbError> {
    let Some(id) = row.subject_id.map(|s| s.0) else { return Ok(Named::default()) };
    match row.subject_kind.as_str() {
        "person" => Ok(Named { text: names.get(&UserId(id)).cloned(), link: None }),
        "patient" => patient(conn, scope, PatientId(id)),
        "container" => {
            let found = containers::store::by_id(conn, scope, ContainerId(id))?;
            Ok(found.map_or_else(Named::default, |c| Named {
                text: Some(c.code.grouped()),
                link: Some(format!("/samples/{}", c.code)),
            }))
        }
        "study" => study(conn, scope, StudyId(id), "studies"),
        "result" => {
            let found = results::store::version(conn, scope, results::store::VersionId(id))?;
            match found {
                Some((version, _)) => study(conn, scope, version.study_id, "results"),
                None => Ok(Named::default()),
            }
        }
        _ => Ok(Named::default()),
    }
}

fn study(
    conn: &mut Conn,
    scope: &Scope,
    id: StudyId,
    page: &'static str,
) -> Result<Named, DbError> {
    let found = studies::store::find(conn, scope, id)?;
    Ok(found.map_or_else(Named::default, |s| Named {
        text: Some(s.number.to_string()),
        link: Some(format!("/{page}/{id}")),
    }))
}

/// A patient's folio, where the reader may see identities and the patient is in reach.
pub(super) fn patient(conn: &mut Conn, scope: &Scope, id: PatientId) -> Result<Named, DbError> {
    if !scope.sees_identity() {
        return Ok(Named::default());
    }
    let found = patients::store::find(conn, scope, id)?;
    Ok(found.map_or_else(Named::default, |p| Named {
        text: Some(p.folio.to_string()),
        link: Some(format!("/patients/{id}")),
    }))
}
