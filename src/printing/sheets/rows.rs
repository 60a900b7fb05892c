//! Rows of `label_sheets`, labels put on sheets for an office printer together, and of
//! `label_sheet_places`, which label is where. Neither changes or goes away.

use diesel::prelude::*;

use crate::containers::{Container, store::in_reach};

use crate::codes::ContainerCode;
use crate::db::{Conn, DbError, Instant, Tx};
use crate::labels::Cells;
use crate::people::{Scope, UserId};
use crate::printing::issue::store::{Print, PrintId};
use crate::schema::{containers, label_prints, label_sheet_places as places, label_sheets};
use crate::sites::SiteId;

crate::id_type! {
    /// Labels that were put on sheets together; made by the client.
    SheetId
}

/// Labels put on sheets together.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = label_sheets, treat_none_as_default_value = false)]
#[allow(missing_docs)]
pub struct Sheet {
    pub id: SheetId,
    /// Where they were made, and whose codes the pre-printed ones are.
    pub site_id: SiteId,
    pub template_id: String,
    pub template_version: i32,
    /// Cells of the first sheet that were used up before, row by row.
    pub used: i32,
    pub offset_x_um: i32,
    pub offset_y_um: i32,
    /// How many labels.
    pub labels: i32,
    /// Of pre-printed ones: the others have the serials after it.
    pub first_code: Option<ContainerCode>,
    /// Of all their layouts, in order.
    pub layout_sha256: Vec<u8>,
    pub made_at: Instant,
    pub made_by: UserId,
}

impl Sheet {
    /// Where its labels are; from the `place`th on.
    pub(in crate::printing) fn cells(&self, place: i32, a_sheet: usize) -> Cells {
        let mm = |um: i32| f64::from(um) / 1000.0;
        let before = usize::try_from(self.used + place).unwrap_or(0);
        Cells {
            skip: before % a_sheet.max(1),
            offset_x_mm: mm(self.offset_x_um),
            offset_y_mm: mm(self.offset_y_um),
        }
    }
    /// Cells of the last sheet that are used up after it; none where it is full.
    pub fn used_after(&self, a_sheet: usize) -> usize {
        usize::try_from(self.used + self.labels).unwrap_or(0) % a_sheet.max(1)
    }
}

pub fn insert(tx: &mut Tx<'_>, sheet: &Sheet) -> Result<(), DbError> {
    diesel::insert_into(label_sheets::table).values(sheet.clone()).execute(&mut **tx)?;
    tx.touch("label_sheets", sheet.id);
    Ok(())
}

/// Puts a recorded label on a sheet.
pub fn place(tx: &mut Tx<'_>, sheet: SheetId, place: i32, print: PrintId) -> Result<(), DbError> {
    diesel::insert_into(places::table)
        .values((places::sheet_id.eq(sheet), places::place.eq(place), places::print_id.eq(print)))
        .execute(&mut **tx)?;
    tx.touch("label_sheet_places", (sheet, place));
    Ok(())
}

pub fn by_id(conn: &mut Conn, id: SheetId) -> Result<Option<Sheet>, DbError> {
    Ok(label_sheets::table.find(id).select(Sheet::as_select()).first(conn).optional()?)
}

/// The last ones of a kind that were made at one of `sites`.
pub fn last(conn: &mut Conn, sites: &[SiteId], template: &str) -> Result<Option<Sheet>, DbError> {
    Ok(label_sheets::table
        .filter(label_sheets::site_id.eq_any(sites.to_vec()))
        .filter(label_sheets::template_id.eq(template.to_owned()))
        .order(label_sheets::id.desc())
        .select(Sheet::as_select())
        .first(conn)
        .optional()?)
}

/// The recorded labels on a sheet with their containers, by place; nothing where any of them is
/// out of reach: a sheet is seen whole or not at all.
pub fn labels(
    conn: &mut Conn,
    scope: &Scope,
    id: SheetId,
) -> Result<Option<Vec<(Print, Container)>>, DbError> {
    let all: Vec<(Print, Container)> = places::table
        .inner_join(label_prints::table.inner_join(containers::table))
        .filter(places::sheet_id.eq(id))
        .order(places::place)
        .select((Print::as_select(), Container::as_select()))
        .load(conn)?;
    if !scope.sees_identity() {
        return Ok(None);
    }
    for (_, c) in &all {
        if !in_reach(conn, scope, c)? {
            return Ok(None);
        }
    }
    Ok(Some(all))
}

/// The codes of the labels on a sheet, whoever asks: for the audit log.
pub fn codes(conn: &mut Conn, id: SheetId) -> Result<Vec<ContainerCode>, DbError> {
    Ok(places::table
        .inner_join(label_prints::table.inner_join(containers::table))
        .filter(places::sheet_id.eq(id))
        .order(places::place)
        .select(containers::code)
        .load(conn)?)
}

/// The sheet that a recorded label is on, and its place.
pub(super) fn of_print(conn: &mut Conn, print: PrintId) -> Result<Option<(Sheet, i32)>, DbError> {
    Ok(places::table
        .inner_join(label_sheets::table)
        .filter(places::print_id.eq(print))
        .select((Sheet::as_select(), places::place))
        .first(conn)
        .optional()?)
}
