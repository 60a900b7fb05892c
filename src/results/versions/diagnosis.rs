//! The phenotype that a child's disease is found again by.

use diesel::prelude::*;

use super::store::{self, Version, VersionId};
use crate::containers;
use crate::db::{DbError, Instant, Kept, Reading, Unreadable, kept};
use crate::doubts;
use crate::patients::PatientId;
use crate::people::Scope;
use crate::results::entry::input::Finding;
use crate::results::immunophenotype::model::Immunophenotype;
use crate::schema::result_versions;
use crate::sites::SiteId;
use crate::studies::{DoubtState, StudyId, StudyKind};

/// The latest released phenotype of a child.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// Whose result it is.
    pub study: StudyId,
    /// The version that holds.
    pub version: VersionId,
    /// Which laboratory answered.
    pub laboratory: SiteId,
    /// When it was entered.
    pub recorded_at: Instant,
    /// What it found.
    pub phenotype: Immunophenotype,
    /// What became of a doubt whether its sample is the child's.
    pub doubt: Option<DoubtState>,
}

/// What is known of a child's phenotype at a time.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The latest that was released, if any.
    pub diagnosis: Option<Diagnosis>,
    /// Results that can't be read: a later one may be among them.
    pub unreadable: Vec<Unreadable>,
}

const KEY: (&str, result_versions::id) = ("result_versions", result_versions::id);

/// The latest immunophenotype of a child that was entered before `before` and released, of those in
/// reach; the caller has found the child in reach and writes down that it is read.
pub fn of_diagnosis(
    conn: &mut Reading,
    scope: &Scope,
    patient: PatientId,
    before: Instant,
) -> Result<Known, DbError> {
    let (heads, mut unreadable) = store::of_patient(conn, scope, patient)?;
    let released: Vec<VersionId> = heads.iter().filter_map(|h| h.released_id).collect();
    let versions: Vec<Kept<Version, VersionId>> = kept::load(conn, KEY, || {
        result_versions::table
            .filter(result_versions::id.eq_any(released.clone()))
            .filter(result_versions::kind.eq(StudyKind::Immunophenotype))
            .filter(result_versions::recorded_at.lt(before))
            .order((result_versions::recorded_at.desc(), result_versions::id.desc()))
    })?;
    let (versions, more) = Kept::apart(versions);
    unreadable.extend(more);
    let mut diagnosis = None;
    for version in versions {
        match version.record().map(|r| r.finding) {
            Ok(Finding::Immunophenotype(phenotype)) => {
                let Some(head) = heads.iter().find(|h| h.study_id == version.study_id) else {
                    continue;
                };
                let root = containers::store::root_id(conn, version.container_id)?;
                let doubt = match root {
                    Some(root) => doubts::store::state_of(conn, root)?,
                    None => None,
                };
                // Of a sample that is another child's: the one before it is the diagnosis.
                if doubt == Some(DoubtState::Confirmed) {
                    continue;
                }
                diagnosis = Some(Diagnosis {
                    study: version.study_id,
                    version: version.id,
                    laboratory: head.laboratory_id,
                    recorded_at: version.recorded_at,
                    phenotype: *phenotype,
                    doubt,
                });
                break;
            }
            Ok(_) => {}
            Err(e) => {
                let why = Unreadable::of(&e, "result_versions", &version.id).ok_or(e)?;
                unreadable.push(why);
            }
        }
    }
    Ok(Known { diagnosis, unreadable })
}
