//! Rows of studies.

use diesel::prelude::*;

use super::StudyId;
use crate::db::{Conn, DbError};
use crate::schema::{number_series, studies};

/// The next number of a yearly series, from 1, in this transaction: gap-free.
pub fn next_number(conn: &mut Conn, series: &str, year: i16) -> Result<u32, DbError> {
    let year = i32::from(year);
    let there: Option<i32> = number_series::table
        .find((series, year))
        .select(number_series::next)
        .first(conn)
        .optional()?;
    let n = there.unwrap_or(1);
    match there {
        Some(_) => diesel::update(number_series::table.find((series, year)))
            .set(number_series::next.eq(n + 1))
            .execute(conn)?,
        None => diesel::insert_into(number_series::table)
            .values((
                number_series::series.eq(series),
                number_series::year.eq(year),
                number_series::next.eq(n + 1),
            ))
            .execute(conn)?,
    };
    u32::try_from(n).map_err(|_| DbError::Corrupt(format!("series {series} is negative")))
}

/// Whether a study still waits for its result.
pub fn is_open(conn: &mut Conn, id: StudyId) -> Result<bool, DbError> {
    let closed: Option<Option<crate::db::Instant>> =
        studies::table.find(id).select(studies::closed_at).first(conn).optional()?;
    Ok(closed.is_some_and(|c| c.is_none()))
}
