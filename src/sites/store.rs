//! Rows of `sites` and of the yearly number series. No patient data, so no scope.

use diesel::prelude::*;

use super::{Site, SiteId, SiteKind};
use crate::db::{Conn, DbError, Instant, Portable};
use crate::schema::{number_series, sites};

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
}

impl From<Row> for Site {
    fn from(r: Row) -> Self {
        let Row { id, code, name, kind, city, state, clues, zone, active, created_at: _ } = r;
        Self { id, code, name, kind, city, state, clues, zone, active }
    }
}

/// Every site, laboratories first, then by code.
pub fn all(conn: &mut Conn) -> Result<Vec<Site>, DbError> {
    let rows = sites::table
        .order((sites::kind.desc(), sites::code.asc()))
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Site::from).collect())
}

/// Adds a site.
pub fn insert(conn: &mut Conn, site: &Site, now: Instant) -> Result<(), DbError> {
    let Site { id, code, name, kind, city, state, clues, zone, active } = site.clone();
    let row = Row { id, code, name, kind, city, state, clues, zone, active, created_at: now };
    diesel::insert_into(sites::table).values(row).execute(conn)?;
    Ok(())
}

/// Takes over what the catalogue says of a site that is there already.
pub fn update(conn: &mut Conn, site: &Site) -> Result<(), DbError> {
    diesel::update(sites::table.find(site.id))
        .set((
            sites::name.eq(&site.name),
            sites::city.eq(&site.city),
            sites::state.eq(&site.state),
            sites::clues.eq(&site.clues),
            sites::zone.eq(&site.zone),
        ))
        .execute(conn)?;
    Ok(())
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
