//! The one rule by which what *another* centre asked for, drew or was answered about a child is in
//! reach: one's own centre treats the child too. Requests, tubes and results ask here; each knows
//! by itself what is its own centre's.

use diesel::prelude::*;

use super::model::PatientId;
use super::relation::Sees;
use crate::db::{Conn, DbError, Kept, Limit};
use crate::people::Scope;
use crate::people::rights::{self, Granted, Place, Right, in_care};
use crate::schema::patient_sites;
use crate::sites::{self, SiteId};

/// Whether one of the caller's centres treats this child: one look-up by key.
pub fn treats(conn: &mut Conn, scope: &Scope, patient: PatientId) -> Result<bool, DbError> {
    if scope.centres().is_empty() {
        return Ok(false);
    }
    let care: Option<PatientId> = patient_sites::table
        .filter(patient_sites::patient_id.eq(patient))
        .filter(patient_sites::site_id.eq_any(scope.centres().to_vec()))
        .filter(patient_sites::sees.eq(Sees::Course))
        .select(patient_sites::patient_id)
        .first(conn)
        .optional()?;
    Ok(care.is_some())
}

/// Whether somebody has a right over something of this child, at the sites that it is of or because one of their
/// centres treats the child; that is looked up only where it decides.
pub fn may(
    conn: &mut Conn,
    scope: &Scope,
    right: Right,
    (place, patient): (Place, PatientId),
) -> Result<Option<Granted>, DbError> {
    if let Some(granted) = rights::may(scope, right, place) {
        return Ok(Some(granted));
    }
    let by_care = in_care(scope, right) && treats(conn, scope, patient)?;
    Ok(rights::may(scope, right, place.treated(by_care)))
}

/// Those of `children` whom one of the caller's centres treats.
pub fn treated(
    conn: &mut Conn,
    scope: &Scope,
    children: &[PatientId],
) -> Result<Vec<PatientId>, DbError> {
    if scope.centres().is_empty() || children.is_empty() {
        return Ok(vec![]);
    }
    Ok(patient_sites::table
        .filter(patient_sites::patient_id.eq_any(children.to_vec()))
        .filter(patient_sites::site_id.eq_any(scope.centres().to_vec()))
        .filter(patient_sites::sees.eq(Sees::Course))
        .select(patient_sites::patient_id)
        .load(conn)?)
}

/// How many shared children a list looks up one by one. A centre that has more is a large one: of
/// the network's newest rows every few hundredth is in its reach, and a walk over those soon fills a
/// page (looked up by the child they took 10 ms at 850 children).
const FEW: usize = 200;

/// How a list finds rows of children whom one's centre treats together with another; `floor` is the
/// last row of a full page, and only newer ones are of use.
pub struct OfOthers<A, B> {
    /// Those of these children.
    pub few: A,
    /// The next of this laboratory whose child is in [`shared_with`].
    pub many: B,
}

/// Adds to the rows of a list those of other centres that belong on its page.
pub fn add_of_others<T, K: Ord + Copy>(
    conn: &mut Conn,
    scope: &Scope,
    (rows, limit): (&mut Vec<Kept<T, K>>, Limit),
    key: impl Fn(&T) -> K,
    of: OfOthers<
        impl FnOnce(&mut Conn, Vec<PatientId>, Option<K>) -> Result<Vec<Kept<T, K>>, DbError>,
        impl Fn(&mut Conn, SiteId, Option<K>) -> Result<Vec<Kept<T, K>>, DbError>,
    >,
) -> Result<(), DbError> {
    if scope.centres().is_empty() {
        return Ok(());
    }
    let most = i64::try_from(FEW).unwrap_or(i64::MAX) + 1;
    let children: Vec<PatientId> = shared_with(scope).limit(most).load(conn)?;
    if children.is_empty() {
        return Ok(());
    }
    if children.len() <= FEW {
        let more = (of.few)(conn, children, Kept::floor(rows, limit, &key))?;
        Kept::mix(rows, more, &key);
        return Ok(());
    }
    for laboratory in sites::store::laboratories(conn)? {
        let more = (of.many)(conn, laboratory, Kept::floor(rows, limit, &key))?;
        Kept::mix(rows, more, &key);
    }
    Ok(())
}

/// The children whose rows of other centres are in reach, as a statement within another: every child that the
/// caller's centres treat together with another. They are few; an "or" in the lists themselves would cost every list a
/// walk over the network's rows.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn shared_with(scope: &Scope) -> _ {
    let (centres, sees): (Vec<SiteId>, Sees) = (scope.centres().to_vec(), Sees::Course);
    patient_sites::table
        .filter(patient_sites::site_id.eq_any(centres))
        // As a word of the statement, not a value of it: only so is it the index's own condition.
        .filter(patient_sites::shared)
        .filter(patient_sites::sees.eq(sees))
        .select(patient_sites::patient_id)
}
