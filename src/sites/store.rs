//! Rows of `sites` and of the yearly number series. No patient data, so no scope.

use diesel::prelude::*;

use super::{Site, SiteId, SiteKind};
use crate::db::{Conn, DbError, Instant, Kept, Page, Portable, Reading, Tx, kept};
use crate::journal;
use crate::schema::{number_series, patient_sites, person_sites, sites};
use crate::web::FieldFault;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sites)]
struct Row {
    id: SiteId,
    code: String,
    name: String,
    kind: SiteKind,
    city: String,
    state: String,
    clues: Option<String>,
    zone: String,
    active: bool,
    created_at: Instant,
    confirmed: bool,
    doubt_es: Option<String>,
    doubt_en: Option<String>,
}

impl From<Row> for Site {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            code: r.code,
            name: r.name,
            kind: r.kind,
            city: r.city,
            state: r.state,
            clues: r.clues,
            zone: r.zone,
            active: r.active,
            confirmed: r.confirmed,
            doubt: r.doubt_es.zip(r.doubt_en),
        }
    }
}

/// Every site, laboratories first, then by code; those that can't be read are told.
pub fn told(conn: &mut Reading) -> Result<Page<Site>, DbError> {
    Ok(Page::whole(rows(conn)?).map(Site::from))
}

fn rows(conn: &mut Conn) -> Result<Vec<Kept<Row, SiteId>>, DbError> {
    kept::load(conn, ("sites", sites::id), || {
        sites::table.order((sites::kind.desc(), sites::code.asc()))
    })
}

/// Every site, laboratories first, then by code.
///
/// # Errors
/// Also where one can't be read: whose clock it is and who may see what follows from them, so a
/// server must not begin its work without one.
pub fn all(conn: &mut Conn) -> Result<Vec<Site>, DbError> {
    let (found, unreadable) = Kept::apart(rows(conn)?);
    match unreadable.first() {
        None => Ok(found.into_iter().map(Site::from).collect()),
        Some(why) => Err(DbError::Corrupt(format!("a row can't be read: {why}"))),
    }
}

/// The laboratories: few.
pub fn laboratories(conn: &mut Conn) -> Result<Vec<SiteId>, DbError> {
    Ok(sites::table.filter(sites::kind.eq(SiteKind::Laboratory)).select(sites::id).load(conn)?)
}

/// One site as it stands in the database, whatever a server knew when it started.
pub fn find(conn: &mut Conn, id: SiteId) -> Result<Option<Site>, DbError> {
    let row = sites::table.find(id).select(Row::as_select()).first(conn).optional()?;
    Ok(row.map(Site::from))
}

/// One site by its code.
pub fn with_code(conn: &mut Conn, code: &str) -> Result<Option<Site>, DbError> {
    let of = sites::table.filter(sites::code.eq(code.to_owned())).select(Row::as_select());
    Ok(of.first(conn).optional()?.map(Site::from))
}

/// Why nothing new may be made for a site, if so: asked in the transaction that makes it.
pub fn closed(conn: &mut Conn, id: SiteId, field: &str) -> Result<Option<FieldFault>, DbError> {
    Ok(find(conn, id)?.and_then(|s| s.closed(field)))
}

/// Adds a site.
pub fn insert(tx: &mut Tx<'_>, site: &Site, now: Instant) -> Result<(), DbError> {
    let s = site.clone();
    let (doubt_es, doubt_en) = s.doubt.unzip();
    let row = Row {
        id: s.id,
        code: s.code,
        name: s.name,
        kind: s.kind,
        city: s.city,
        state: s.state,
        clues: s.clues,
        zone: s.zone,
        active: s.active,
        created_at: now,
        confirmed: s.confirmed,
        doubt_es,
        doubt_en,
    };
    diesel::insert_into(sites::table).values(row).execute(&mut **tx)?;
    tx.touch("sites", site.id);
    Ok(())
}

/// Writes what a site is now; its key, code and kind stay.
pub fn update(tx: &mut Tx<'_>, site: &Site) -> Result<(), DbError> {
    let (doubt_es, doubt_en) = site.doubt.clone().unzip();
    journal::change(tx, "sites", site.id)?;
    diesel::update(sites::table.find(site.id))
        .set((
            sites::name.eq(&site.name),
            sites::city.eq(&site.city),
            sites::state.eq(&site.state),
            sites::clues.eq(&site.clues),
            sites::zone.eq(&site.zone),
            sites::active.eq(site.active),
            sites::confirmed.eq(site.confirmed),
            sites::doubt_es.eq(doubt_es),
            sites::doubt_en.eq(doubt_en),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Whether anybody works at a site or a child was registered at it.
pub fn is_used(conn: &mut Conn, id: SiteId) -> Result<bool, DbError> {
    let person = person_sites::table
        .filter(person_sites::site_id.eq(id))
        .select(person_sites::site_id)
        .first::<SiteId>(conn)
        .optional()?;
    let child = patient_sites::table
        .filter(patient_sites::site_id.eq(id))
        .select(patient_sites::site_id)
        .first::<SiteId>(conn)
        .optional()?;
    Ok(person.or(child).is_some())
}

/// The next number of a yearly series, from 1, in this transaction: gap-free.
pub fn next_number(conn: &mut Conn, series: &str, year: i16) -> Result<u32, DbError> {
    let year = i32::from(year);
    // One statement, so that two servers on one database can't draw the same number: the second
    // waits for the first's commit.
    let first = diesel::insert_into(number_series::table)
        .values((
            number_series::series.eq(series),
            number_series::year.eq(year),
            number_series::next.eq(2),
        ))
        .on_conflict((number_series::series, number_series::year))
        .do_update()
        .set(number_series::next.eq(number_series::next + 1));
    Portable(first).execute(conn)?;
    let next: i32 =
        number_series::table.find((series, year)).select(number_series::next).first(conn)?;
    let n = next - 1;
    u32::try_from(n).map_err(|_| DbError::Corrupt(format!("series {series} is negative")))
}

/// Moves a yearly series forward after a restore: by `margin`, and past `seen`. Gives the number
/// that would have come next, and the one that will.
pub fn move_series(
    conn: &mut Conn,
    series: &str,
    year: i16,
    margin: i64,
    seen: Option<u32>,
) -> Result<(i32, i32), DbError> {
    let key = (series, i32::from(year));
    let there: Option<i32> =
        number_series::table.find(key).select(number_series::next).first(conn).optional()?;
    let from = there.unwrap_or(1);
    let past = seen.map_or(0, |n| i64::from(n) + 1);
    let next = i64::from(from).saturating_add(margin).max(past);
    let next =
        i32::try_from(next).map_err(|_| DbError::Corrupt(format!("series {series} is full")))?;
    match there {
        Some(_) => diesel::update(number_series::table.find(key))
            .set(number_series::next.eq(next))
            .execute(conn)?,
        None => diesel::insert_into(number_series::table)
            .values((
                number_series::series.eq(series),
                number_series::year.eq(key.1),
                number_series::next.eq(next),
            ))
            .execute(conn)?,
    };
    Ok((from, next))
}

/// Every series that was ever drawn from, with its years.
pub fn all_series(conn: &mut Conn) -> Result<Vec<(String, i32)>, DbError> {
    Ok(number_series::table
        .order((number_series::series, number_series::year))
        .select((number_series::series, number_series::year))
        .load(conn)?)
}
