//! Two records of one child (BR-29). Nothing of either moves when they are merged: the one that was
//! merged names the one that stays, and whoever asks for the child by one of them is told of all.

use std::collections::HashMap;

use diesel::prelude::*;

use super::model::{Patient, PatientId};
use super::store::{KEY, any, any_of, find, find_many, reached};
use crate::db::{Conn, DbError, Kept, Unreadable, kept};
use crate::people::Scope;
use crate::schema::patients;

/// The records that are one child's, the one that stays first: `id` alone where nothing was merged.
/// Whoever asks: what of them is shown is for the caller to decide.
pub fn records(conn: &mut Conn, id: PatientId) -> Result<Vec<PatientId>, DbError> {
    let into: Option<Option<PatientId>> =
        patients::table.find(id).select(patients::merged_into).first(conn).optional()?;
    let stays = into.flatten().unwrap_or(id);
    let merged = patients::table.filter(patients::merged_into.eq(Some(stays)));
    let merged: Vec<PatientId> = merged.order(patients::id).select(patients::id).load(conn)?;
    Ok(std::iter::once(stays).chain(merged).collect())
}

/// All records of several children, each once.
pub fn records_of(conn: &mut Conn, ids: &[PatientId]) -> Result<Vec<PatientId>, DbError> {
    let mut all = vec![];
    for id in ids {
        all.extend(records(conn, *id)?);
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// The child of a record, as it is shown: the record that stays, with the identifiers that only a
/// merged one has. In reach is who is so by one of the records: they are one child.
pub fn shown(conn: &mut Conn, scope: &Scope, id: PatientId) -> Result<Option<Patient>, DbError> {
    let all = records(conn, id)?;
    let [stays, merged @ ..] = all.as_slice() else { return Ok(None) };
    if merged.is_empty() {
        return find(conn, scope, id);
    }
    if reached(conn, scope, &all)?.is_empty() {
        return Ok(None);
    }
    let Some(child) = any(conn, *stays)? else { return Ok(None) };
    let (merged, _) = Kept::apart(any_of(conn, merged)?);
    Ok(Some(child.with_identifiers_of(&merged)))
}

/// As [`find_many`], each by the record that was asked for and as it is shown in a list: by the name of
/// the one that stays.
pub fn shown_many(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[PatientId],
) -> Result<(HashMap<PatientId, Patient>, Vec<Unreadable>), DbError> {
    let (found, mut unreadable) = find_many(conn, scope, ids)?;
    let into: Vec<PatientId> = found.iter().filter_map(|p| p.merged_into).collect();
    let mut staying = HashMap::new();
    if !into.is_empty() {
        let (rows, lost) = Kept::apart(any_of(conn, &into)?);
        unreadable.extend(lost);
        staying.extend(rows.into_iter().map(|p| (p.id, p)));
    }
    let named = found.into_iter().map(|p| {
        let stays = p.merged_into.and_then(|into| staying.get(&into).cloned());
        (p.id, stays.unwrap_or(p))
    });
    Ok((named.collect(), unreadable))
}

/// Of those of `records` that were merged, the record that stays.
pub(crate) fn staying(
    conn: &mut Conn,
    records: &[PatientId],
) -> Result<HashMap<PatientId, PatientId>, DbError> {
    let merged = patients::table
        .filter(patients::id.eq_any(records.to_vec()))
        .filter(patients::merged_into.is_not_null());
    let pairs: Vec<(PatientId, Option<PatientId>)> =
        merged.select((patients::id, patients::merged_into)).load(conn)?;
    Ok(pairs.into_iter().filter_map(|(id, into)| Some((id, into?))).collect())
}

/// The records that were merged into this one, for who has the child in reach.
pub(crate) fn merged_into(
    conn: &mut Conn,
    stays: PatientId,
) -> Result<(Vec<Patient>, Vec<Unreadable>), DbError> {
    let rows: Vec<Kept<Patient, PatientId>> = kept::load(conn, KEY, || {
        patients::table.filter(patients::merged_into.eq(Some(stays))).order(patients::id)
    })?;
    Ok(Kept::apart(rows))
}

impl Patient {
    /// With what only the merged records say of the child's numbers; a number of its own stays.
    #[must_use]
    fn with_identifiers_of(mut self, merged: &[Patient]) -> Self {
        for other in merged {
            self.curp = self.curp.or_else(|| other.curp.clone());
            self.nss = self.nss.or_else(|| other.nss.clone());
            self.agregado = self.agregado.or_else(|| other.agregado.clone());
        }
        self
    }
}
