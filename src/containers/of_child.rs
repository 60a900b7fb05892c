//! The samples of one child, for its page.

use diesel::prelude::*;

use super::ContainerId;
use crate::app::App;
use crate::codes::ContainerCode;
use crate::db::{DbError, Kept, Limit, Reading, Unreadable, kept};
use crate::patients::{PatientId, merged, reach};
use crate::people::rights::{Reach, Right};
use crate::people::{Caller, Scope};
use crate::schema::containers;

/// A sample as a child's page lists it; its own page says the rest.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = containers)]
pub struct Sample {
    /// Its twelve digits.
    pub code: ContainerCode,
    /// What is in it, by its code in the catalogue.
    pub specimen: String,
    /// What it is in, by its code in the catalogue.
    pub container_type: String,
    /// Where it stands, as a word.
    pub status: String,
}

/// The samples of a child in reach, newest first, that are one's centres' or one's laboratory's, or all of them where
/// one's centre treats the child: the tubes as drawn and what was made of them, at most 200; and those that can't be
/// read.
///
/// # Errors
/// [`DbError`].
pub async fn samples(
    app: &App,
    caller: &Caller,
    patient: PatientId,
) -> Result<(Vec<Sample>, Vec<Unreadable>), DbError> {
    let scope = caller.scope.clone();
    app.db.read(move |c| of_child(c, &scope, patient)).await
}

fn of_child(
    conn: &mut Reading,
    scope: &Scope,
    patient: PatientId,
) -> Result<(Vec<Sample>, Vec<Unreadable>), DbError> {
    let records = merged::records(conn, patient)?;
    let treated = reach::treated(conn, scope, &records)?;
    let own = Reach::of(scope, Right::SeeSample);
    let samples: Vec<Kept<Sample, ContainerId>> =
        kept::load(conn, ("containers", containers::id), || {
            let mut query = containers::table
                .filter(containers::patient_id.eq_any(records.iter().copied().map(Some)))
                .into_boxed();
            if treated.len() < records.len() {
                let near = containers::centre_id
                    .eq_any(own.centres().to_vec())
                    .or(containers::laboratory_id.eq_any(own.laboratories().to_vec()))
                    .or(containers::patient_id
                        .eq_any(treated.iter().copied().map(Some))
                        .assume_not_null());
                query = query.filter(near);
            }
            query.order(containers::id.desc()).limit(Limit::MAX.into())
        })?;
    Ok(Kept::apart(samples))
}
