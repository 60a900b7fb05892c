//! Rows of patients. Every query that returns one filters by the caller's scope in SQL.

use diesel::connection::SimpleConnection;
use diesel::dsl::exists;
use diesel::prelude::*;
use std::collections::{BTreeMap, HashSet};

use super::duplicate::near_dates;
pub use super::events::{IdentityEvent, IdentityEventId, IdentitySource};
pub(crate) use super::events::{
    confirm_curp, decide, event, events, flag_multiple_birth, merge, propose,
};
use super::merged;
use super::model::{NewPatient, Patient, PatientId, record_key};
use super::needle::Needle;
use super::relation::Sees;
use super::search;
use crate::codes::{Curp, PatientFolio};
use crate::db::{Conn, DbError, Kept, Limit, Page, Reading, Tx, Unreadable, kept};
use crate::people::Scope;
use crate::people::rights::{Reach, Right};
use crate::schema::{patient_events, patient_names, patient_sites, patients, studies};
use crate::sites::SiteId;

type Boxed<'a> = patients::BoxedQuery<'a, crate::db::MultiBackend>;

/// The patients in reach: those one's centres care for, and those whose samples one's laboratory
/// was asked to analyse. Nobody else sees an identity.
pub(super) fn visible(scope: &Scope) -> Boxed<'static> {
    let reach = Reach::of(scope, Right::SeeIdentity);
    let cared_for = exists(
        patient_sites::table
            .filter(patient_sites::patient_id.eq(patients::id))
            .filter(patient_sites::site_id.eq_any(reach.carers().to_vec())),
    );
    let analysed = exists(
        studies::table
            .filter(studies::patient_id.eq(patients::id))
            .filter(studies::laboratory_id.eq_any(reach.laboratories().to_vec())),
    );
    // With "or", PostgreSQL reads both tables whole before the first row: most people have one side.
    match (reach.carers(), reach.laboratories()) {
        ([_, ..], []) => patients::table.filter(cared_for).into_boxed(),
        ([], [_, ..]) => patients::table.filter(analysed).into_boxed(),
        _ => patients::table.filter(cared_for.or(analysed)).into_boxed(),
    }
}

/// Those whom one's laboratory's reception registered, and of whom it may not have been asked anything yet.
/// Looked for beside [`visible`] where that doesn't find somebody, for an "or" would cost every list.
fn walked_in(scope: &Scope) -> Boxed<'static> {
    let here = exists(
        patient_sites::table
            .filter(patient_sites::patient_id.eq(patients::id))
            .filter(patient_sites::site_id.eq_any(scope.laboratories().to_vec())),
    );
    patients::table.filter(here).into_boxed()
}

/// One patient, if in reach.
pub fn find(conn: &mut Conn, scope: &Scope, id: PatientId) -> Result<Option<Patient>, DbError> {
    let one = |of: Boxed<'static>| of.filter(patients::id.eq(id)).select(Patient::as_select());
    let found = one(visible(scope)).first(conn).optional()?;
    if found.is_some() || scope.laboratories().is_empty() {
        return Ok(found);
    }
    Ok(one(walked_in(scope)).first(conn).optional()?)
}

/// The table and its key, for rows that can't be read.
pub(super) const KEY: (&str, patients::id) = ("patients", patients::id);

/// Those of `ids` that are in reach, and what is known of those that can't be read.
pub fn find_many(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[PatientId],
) -> Result<(Vec<Patient>, Vec<Unreadable>), DbError> {
    Ok(Kept::apart(with_ids(conn, scope, ids)?))
}

pub(super) fn with_ids(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[PatientId],
) -> Result<Vec<Kept<Patient, PatientId>>, DbError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let mut found = kept::load(conn, KEY, || {
        visible(scope).filter(patients::id.eq_any(ids.to_vec())).order(patients::id)
    })?;
    let known: HashSet<PatientId> =
        found.iter().filter_map(|row| row.key(|p: &Patient| p.id)).collect();
    let rest: Vec<PatientId> = ids.iter().copied().filter(|id| !known.contains(id)).collect();
    if !rest.is_empty() && !scope.laboratories().is_empty() {
        found.extend(kept::load(conn, KEY, || {
            walked_in(scope).filter(patients::id.eq_any(rest.clone())).order(patients::id)
        })?);
    }
    Ok(found)
}

/// Whether a patient exists at all: only to tell an attempt outside the scope from a typo, for
/// the audit.
pub(crate) fn is_there(conn: &mut Conn, id: PatientId) -> Result<bool, DbError> {
    Ok(diesel::select(exists(patients::table.filter(patients::id.eq(id)))).get_result(conn)?)
}

/// The key behind a folio, whoever asks: for who inspects the whole network by ids and sees no
/// identity.
pub(crate) fn with_folio(
    conn: &mut Conn,
    folio: &PatientFolio,
) -> Result<Option<PatientId>, DbError> {
    let found = patients::table.filter(patients::folio.eq(folio.clone())).select(patients::id);
    Ok(found.first(conn).optional()?)
}

/// One page, by folded name and key.
pub fn search(
    conn: &mut Reading,
    scope: &Scope,
    needle: &Needle,
    after: Option<(String, PatientId)>,
    limit: Limit,
) -> Result<Page<Patient>, DbError> {
    search::page(conn, scope, needle, after.as_ref(), limit)
}

/// Where a page of [`search`] goes on after this patient, if in reach.
pub fn position(
    conn: &mut Conn,
    scope: &Scope,
    id: PatientId,
) -> Result<Option<(String, PatientId)>, DbError> {
    let place = |of: Boxed<'static>| {
        of.filter(patients::id.eq(id)).select((patients::folded_name, patients::id))
    };
    let found = place(visible(scope)).first(conn).optional()?;
    if found.is_some() || scope.laboratories().is_empty() {
        return Ok(found);
    }
    Ok(place(walked_in(scope)).first(conn).optional()?)
}

/// Who registers waits for whoever registers at the same moment, also on another server: each must
/// find what the other has saved, or one child becomes two records unasked. SQLite has one writer.
pub(super) fn one_by_one(conn: &mut Conn) -> Result<(), DbError> {
    if let Conn::Pg(c) = conn {
        c.batch_execute("SELECT pg_advisory_xact_lock(7203146)")?;
    }
    Ok(())
}

/// Whom the rules compare a new child with.
pub(super) struct Compared {
    /// Each with whether it has the child's record number at the registering site.
    pub known: Vec<(Patient, bool)>,
    /// Those whose rows can't be read: a registration is not stopped by them, and says so.
    pub unreadable: Vec<Unreadable>,
}

/// Everybody the rules compare a new child with, whatever the scope: what of them is shown is the
/// service's decision.
pub(super) fn alike(conn: &mut Conn, new: &NewPatient, site: SiteId) -> Result<Compared, DbError> {
    let of_record = match &new.record_number {
        Some(number) => with_record(conn, &[site], &record_key(number))?,
        None => vec![],
    };
    let near = near_dates(new.birth);
    // Each way in is asked for by itself: an "or" between them would walk the table.
    let mut rows = kept::load(conn, KEY, || {
        patients::table.filter(patients::birth_date.eq_any(near.clone()))
    })?;
    rows.extend(any_of(conn, &of_record)?);
    if let Some(curp) = &new.curp {
        rows.extend(kept::load(conn, KEY, || {
            patients::table.filter(patients::curp.eq(Some(curp.clone())))
        })?);
    }
    if let Some(nss) = &new.nss {
        rows.extend(kept::load(conn, KEY, || {
            patients::table.filter(patients::nss.eq(Some(nss.clone())))
        })?);
    }
    let (read, mut unreadable) = Kept::apart(rows);
    unreadable.dedup();
    let read: BTreeMap<PatientId, Patient> = read.into_iter().map(|p| (p.id, p)).collect();
    let known = read.into_values().map(|p| (of_record.contains(&p.id), p));
    Ok(Compared { known: known.map(|(same, p)| (p, same)).collect(), unreadable })
}

/// The children with this [`record_key`](super::model::record_key) at one of `sites`.
pub(crate) fn with_record(
    conn: &mut Conn,
    sites: &[SiteId],
    key: &str,
) -> Result<Vec<PatientId>, DbError> {
    let of = patient_sites::table
        .filter(patient_sites::site_id.eq_any(sites.to_vec()))
        .filter(patient_sites::record_key.eq(Some(key.to_owned())));
    Ok(of.select(patient_sites::patient_id).load(conn)?)
}

/// The other children born on `child`'s day whom `centre` cares for, whatever the scope: nobody is shown
/// them, a label only says that there is one who would be read the same. At most 50. A record that was
/// merged into another one is no other child.
pub fn born_with(
    conn: &mut Conn,
    child: &Patient,
    centre: SiteId,
) -> Result<Vec<Patient>, DbError> {
    let cared_for = exists(
        patient_sites::table
            .filter(patient_sites::patient_id.eq(patients::id))
            .filter(patient_sites::site_id.eq(centre)),
    );
    // A damaged row keeps nobody else's label from being printed; the log names it.
    let rows: Vec<Kept<Patient, PatientId>> = kept::load(conn, KEY, || {
        patients::table
            .filter(patients::birth_date.eq(child.birth_date))
            .filter(patients::id.ne(child.id))
            .filter(patients::merged_into.is_null())
            .filter(cared_for)
            .order(patients::id)
            .limit(50)
    })?;
    Ok(Kept::apart(rows).0)
}

/// Adds a patient with the words of the name, the caring site and the identity event.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    patient: &Patient,
    record_number: Option<&str>,
    event: &IdentityEvent,
) -> Result<(), DbError> {
    diesel::insert_into(patients::table).values(patient.clone()).execute(&mut **tx)?;
    for word in patient.name().search_words() {
        diesel::insert_into(patient_names::table)
            .values((patient_names::word.eq(word), patient_names::patient_id.eq(patient.id)))
            .execute(&mut **tx)?;
    }
    diesel::insert_into(patient_sites::table)
        .values((
            patient_sites::patient_id.eq(patient.id),
            patient_sites::site_id.eq(patient.registered_site),
            patient_sites::record_number.eq(record_number),
            patient_sites::since.eq(patient.registered_at),
            patient_sites::sees.eq(Sees::Course),
            patient_sites::shared.eq(false),
            patient_sites::folded_name.eq(&patient.folded_name),
        ))
        .execute(&mut **tx)?;
    diesel::insert_into(patient_events::table).values(event.clone()).execute(&mut **tx)?;
    tx.touch("patients", patient.id);
    tx.touch("patient_sites", (patient.id, patient.registered_site));
    Ok(())
}

/// Those in reach whose identity waits for a second person, by key.
pub(crate) fn with_proposal(
    conn: &mut Reading,
    scope: &Scope,
    after: Option<PatientId>,
    limit: Limit,
) -> Result<Page<Patient>, DbError> {
    let rows = kept::load(conn, KEY, || {
        let mut query = visible(scope).filter(patients::proposal.is_not_null());
        if let Some(after) = after {
            query = query.filter(patients::id.gt(after));
        }
        query.order(patients::id).limit(limit.probe())
    })?;
    Ok(Page::cut(rows, limit, |p: &Patient| p.id))
}

/// A patient whatever the scope: for rules about who answers whom, never shown without one.
pub(crate) fn any(conn: &mut Conn, id: PatientId) -> Result<Option<Patient>, DbError> {
    Ok(patients::table.find(id).select(Patient::as_select()).first(conn).optional()?)
}

/// As [`any`], of many, by key.
pub(crate) fn any_of(
    conn: &mut Conn,
    ids: &[PatientId],
) -> Result<Vec<Kept<Patient, PatientId>>, DbError> {
    kept::load(conn, KEY, || {
        patients::table.filter(patients::id.eq_any(ids.to_vec())).order(patients::id)
    })
}

/// Which of `ids` are in reach.
pub(crate) fn reached(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[PatientId],
) -> Result<HashSet<PatientId>, DbError> {
    let of = visible(scope).filter(patients::id.eq_any(ids.to_vec()));
    let mut reached: Vec<PatientId> = of.select(patients::id).load(conn)?;
    if reached.len() < ids.len() && !scope.laboratories().is_empty() {
        let of = walked_in(scope).filter(patients::id.eq_any(ids.to_vec()));
        reached.extend(of.select(patients::id).load::<PatientId>(conn)?);
    }
    Ok(reached.into_iter().collect())
}

/// Whose this CURP is, in reach or not: for rules, never shown.
pub(crate) fn of_curp(conn: &mut Conn, curp: &Curp) -> Result<Option<PatientId>, DbError> {
    let found = patients::table.filter(patients::curp.eq(curp.clone())).select(patients::id);
    Ok(found.first(conn).optional()?)
}

/// Whether a patient has this CURP.
pub(crate) fn has_curp(conn: &mut Conn, curp: &Curp) -> Result<bool, DbError> {
    Ok(of_curp(conn, curp)?.is_some())
}

/// The caller's centre that cares for the child.
pub(crate) fn site_of(
    conn: &mut Conn,
    scope: &Scope,
    id: PatientId,
) -> Result<Option<SiteId>, DbError> {
    Ok(patient_sites::table
        .filter(patient_sites::patient_id.eq(id))
        .filter(patient_sites::site_id.eq_any(scope.centres().to_vec()))
        .order((patient_sites::since, patient_sites::site_id))
        .select(patient_sites::site_id)
        .first(conn)
        .optional()?)
}

/// The record number of a patient at one site that cares for the child.
pub(crate) fn record_at(
    conn: &mut Conn,
    id: PatientId,
    site: SiteId,
) -> Result<Option<String>, DbError> {
    let found = patient_sites::table.find((id, site)).select(patient_sites::record_number);
    Ok(found.first::<Option<String>>(conn).optional()?.flatten())
}

/// The record number of a child at the caller's sites: of the record that stays, else of one merged
/// into it.
pub fn record_number(
    conn: &mut Conn,
    scope: &Scope,
    id: PatientId,
) -> Result<Option<String>, DbError> {
    let records = merged::records(conn, id)?;
    let found: Vec<(PatientId, Option<String>)> = patient_sites::table
        .filter(patient_sites::patient_id.eq_any(records.clone()))
        .filter(patient_sites::site_id.eq_any(scope.centres().to_vec()))
        .filter(patient_sites::record_number.is_not_null())
        .order((patient_sites::patient_id, patient_sites::site_id))
        .select((patient_sites::patient_id, patient_sites::record_number))
        .load(conn)?;
    let of = |record: &PatientId| found.iter().find(|(id, _)| id == record);
    Ok(records.iter().find_map(of).and_then(|(_, number)| number.clone()))
}
