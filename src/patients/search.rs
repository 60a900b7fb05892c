//! One page of the patients that a search means, in the order of their names. However many children
//! the network has, a page visits about as many rows as it shows: what names few children is looked
//! up first and its children are put in order here; everything else is walked in the order of names
//! until the page is full.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::model::{Patient, PatientId};
use super::needle::{Meaning, Needle};
use super::store::{KEY, with_ids, with_record};
use crate::db::{Conn, DbError, Kept, Limit, Page, Reading, kept};
use crate::people::Scope;
use crate::schema::{containers, patient_names, patient_sites, patients, studies};
use crate::sites::SiteId;

/// Children whom a needle may name to be looked up one by one. A word that begins more names than
/// this is in one of every few names, so a walk in the order of names soon fills its page.
const FEW: i64 = 1000;

/// Where the page before ended.
type After = (String, PatientId);

/// A child, or a row that can't be read, with its place in the order of names.
type Placed = ((String, Option<PatientId>), Kept<Patient, PatientId>);

pub(super) fn page(
    conn: &mut Reading,
    scope: &Scope,
    needle: &Needle,
    after: Option<&After>,
    limit: Limit,
) -> Result<Page<Patient>, DbError> {
    let mut ids: Vec<PatientId> = vec![];
    let mut rows = vec![];
    for meaning in &needle.meanings {
        match (named(conn, scope, meaning)?, meaning) {
            (Named::Few(few), _) => ids.extend(few),
            (Named::Many, Meaning::Words(words)) => {
                rows.extend(walk(conn, scope, words, after, limit)?);
            }
            (Named::Many, _) => rows.extend(walk(conn, scope, &[], after, limit)?),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    rows.extend(by_keys(conn, scope, &ids, after, limit)?);
    in_order(&mut rows);
    rows.truncate(limit.rows() + 1);
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    Ok(Page::cut(rows, limit, |p: &Patient| p.id))
}

/// Whom a meaning names, in reach or not.
enum Named {
    /// These and no others.
    Few(Vec<PatientId>),
    /// More than are looked up one by one.
    Many,
}

fn named(conn: &mut Conn, scope: &Scope, meaning: &Meaning) -> Result<Named, DbError> {
    let children = patients::table.select(patients::id);
    let ids: Vec<PatientId> = match meaning {
        Meaning::Folio(folio) => children.filter(patients::folio.eq(folio.clone())).load(conn)?,
        Meaning::Curp(curp) => children.filter(patients::curp.eq(curp.clone())).load(conn)?,
        Meaning::Nss(nss) => children.filter(patients::nss.eq(nss.clone())).load(conn)?,
        Meaning::Container(code) => {
            let of = containers::table.filter(containers::code.eq(*code));
            let ids: Vec<Option<PatientId>> = of.select(containers::patient_id).load(conn)?;
            ids.into_iter().flatten().collect()
        }
        Meaning::Study(number) => {
            let of = studies::table.filter(studies::number.eq(number.clone()));
            of.select(studies::patient_id).load(conn)?
        }
        Meaning::Record(key) => {
            with_record(conn, &[scope.centres(), scope.laboratories()].concat(), key)?
        }
        Meaning::Words(words) => return with_words(conn, words),
        Meaning::All => return Ok(Named::Many),
    };
    Ok(Named::Few(ids))
}

/// The children with all of these words, each the beginning of one in the name; looked for among
/// those with the rarest.
fn with_words(conn: &mut Conn, words: &[String]) -> Result<Named, DbError> {
    let words = rarest_first(conn, words)?;
    let Some((first, rest)) = words.split_first() else { return Ok(Named::Many) };
    let others = diesel::alias!(patient_names as other_names);
    let mut query = begins(first).into_boxed();
    for word in rest {
        query = query.filter(exists(
            others
                .filter(others.field(patient_names::patient_id).eq(patient_names::patient_id))
                .filter(others.field(patient_names::word).ge((*word).to_owned()))
                .filter(others.field(patient_names::word).lt(format!("{word}\u{10FFFF}"))),
        ));
    }
    let mut ids: Vec<PatientId> =
        query.select(patient_names::patient_id).limit(FEW + 1).load(conn)?;
    let many = i64::try_from(ids.len()).is_ok_and(|n| n > FEW);
    ids.sort_unstable();
    ids.dedup();
    Ok(if many { Named::Many } else { Named::Few(ids) })
}

fn rarest_first<'a>(conn: &mut Conn, words: &'a [String]) -> Result<Vec<&'a str>, DbError> {
    if let [only] = words {
        return Ok(vec![only]);
    }
    let mut counted = vec![];
    for word in words {
        counted.push((how_many(conn, word)?, word.as_str()));
    }
    counted.sort_unstable();
    Ok(counted.into_iter().map(|(_, word)| word).collect())
}

/// How many names have a word that begins so; no more is counted than tells a rare one.
fn how_many(conn: &mut Conn, word: &str) -> Result<usize, DbError> {
    let ids: Vec<PatientId> =
        begins(word).select(patient_names::patient_id).limit(FEW + 1).load(conn)?;
    Ok(ids.len())
}

/// Names with a word that begins so: a range of the index and no LIKE, so that both engines have the
/// same plan and order.
#[diesel::dsl::auto_type(no_type_alias)]
fn begins(word: &str) -> _ {
    let (first, past): (String, String) = (word.to_owned(), format!("{word}\u{10FFFF}"));
    patient_names::table.filter(patient_names::word.ge(first)).filter(patient_names::word.lt(past))
}

/// Of these children those in reach, from `after` on.
fn by_keys(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[PatientId],
    after: Option<&After>,
    limit: Limit,
) -> Result<Vec<Placed>, DbError> {
    let mut rows = with_ids(conn, scope, ids).and_then(|rows| placed(conn, rows))?;
    if let Some((name, id)) = after {
        rows.retain(|(place, _)| (&place.0, place.1) > (name, Some(*id)));
    }
    sort(&mut rows);
    rows.truncate(limit.rows() + 1);
    Ok(rows)
}

fn sort(rows: &mut [Placed]) {
    rows.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
}

/// In the order of names, each child once however many ways led to it.
fn in_order(rows: &mut Vec<Placed>) {
    sort(rows);
    rows.dedup_by(|(a, _), (b, _)| a.1.is_some() && a == b);
}

/// The rows with their places: of one that can't be read, its name is asked for by itself.
fn placed(conn: &mut Conn, rows: Vec<Kept<Patient, PatientId>>) -> Result<Vec<Placed>, DbError> {
    let broken = rows.iter().filter(|row| matches!(row, Kept::Unreadable(..)));
    let broken: Vec<PatientId> = broken.filter_map(|row| row.key(|p| p.id)).collect();
    let names: Vec<(PatientId, String)> = match broken.is_empty() {
        true => vec![],
        false => {
            let of = patients::table.filter(patients::id.eq_any(broken));
            of.select((patients::id, patients::folded_name)).load(conn)?
        }
    };
    let place = |row: &Kept<Patient, PatientId>| match row {
        Kept::Row(p) => (p.folded_name.clone(), Some(p.id)),
        Kept::Unreadable(id, _) => {
            let name = names.iter().find(|(of, _)| Some(*of) == *id);
            (name.map_or_else(String::new, |(_, name)| name.clone()), *id)
        }
    };
    Ok(rows.into_iter().map(|row| (place(&row), row)).collect())
}

/// Whoever has all of `words`, in the order of names, until a page is full.
fn walk(
    conn: &mut Conn,
    scope: &Scope,
    words: &[String],
    after: Option<&After>,
    limit: Limit,
) -> Result<Vec<Placed>, DbError> {
    let mut rows = vec![];
    // A laboratory's own are those who walked in.
    for site in scope.centres().iter().chain(scope.laboratories()) {
        let ids = of_centre(conn, *site, words, after, limit)?;
        rows.extend(by_keys(conn, scope, &ids, after, limit)?);
    }
    if !scope.laboratories().is_empty() {
        rows.extend(of_laboratories(conn, scope, words, after, limit)?);
    }
    in_order(&mut rows);
    Ok(rows)
}

/// The next children of a centre: their keys, which an index of the centre has by name.
fn of_centre(
    conn: &mut Conn,
    centre: SiteId,
    words: &[String],
    after: Option<&After>,
    limit: Limit,
) -> Result<Vec<PatientId>, DbError> {
    let mut query = patient_sites::table.filter(patient_sites::site_id.eq(centre)).into_boxed();
    for word in words {
        let of = begins(word).filter(patient_names::patient_id.eq(patient_sites::patient_id));
        query = query.filter(exists(of));
    }
    if let Some((name, id)) = after.cloned() {
        // The first is where the index begins, the second leaves out who was shown.
        let later =
            patient_sites::folded_name.gt(name.clone()).or(patient_sites::patient_id.gt(id));
        query = query.filter(patient_sites::folded_name.ge(name)).filter(later);
    }
    Ok(query
        .order((patient_sites::folded_name, patient_sites::patient_id))
        .limit(limit.probe())
        .select(patient_sites::patient_id)
        .load(conn)?)
}

/// The next children that one's laboratories were asked about: nearly everybody, by name.
fn of_laboratories(
    conn: &mut Conn,
    scope: &Scope,
    words: &[String],
    after: Option<&After>,
    limit: Limit,
) -> Result<Vec<Placed>, DbError> {
    let rows = kept::load(conn, KEY, || {
        let asked = studies::table
            .filter(studies::patient_id.eq(patients::id))
            .filter(studies::laboratory_id.eq_any(scope.laboratories().to_vec()));
        let mut query = patients::table.filter(exists(asked)).into_boxed();
        for word in words {
            let of = begins(word).filter(patient_names::patient_id.eq(patients::id));
            query = query.filter(exists(of));
        }
        if let Some((name, id)) = after.cloned() {
            let later = patients::folded_name.gt(name.clone()).or(patients::id.gt(id));
            query = query.filter(patients::folded_name.ge(name)).filter(later);
        }
        query.order((patients::folded_name, patients::id)).limit(limit.probe())
    })?;
    placed(conn, rows)
}
