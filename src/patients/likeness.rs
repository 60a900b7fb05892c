//! Whom a corrected identity would make a child like: asked anew, because the registration asked with
//! another identity.

use super::duplicate::{Known, compare};
use super::merged;
use super::model::{NewPatient, Patient, PatientId};
use super::store;
use crate::db::{Conn, DbError};
use crate::people::Scope;
use crate::sites::SiteId;

/// The children in reach who may be the one that `after` says, and of whom `before` said nothing of the
/// kind; never the child's own records.
pub fn newly(
    conn: &mut Conn,
    scope: &Scope,
    (child, site): (PatientId, SiteId),
    (before, after): (&NewPatient, &NewPatient),
) -> Result<Vec<Patient>, DbError> {
    let own = merged::records(conn, child)?;
    let known = store::alike(conn, after, site)?.known;
    let mut found: Vec<Patient> = vec![];
    for (patient, same_record) in known.into_iter().filter(|(p, _)| !own.contains(&p.id)) {
        let known = Known { patient, same_record, near: true };
        if compare(after, &known).is_some() && compare(before, &known).is_none() {
            found.push(known.patient);
        }
    }
    let ids: Vec<PatientId> = found.iter().map(|p| p.id).collect();
    let reached = store::reached(conn, scope, &ids)?;
    found.retain(|p| reached.contains(&p.id));
    Ok(found)
}
