//! Who may give out which codes: allocators, the blocks of serials in them, rolls printed
//! beforehand. No code is given out twice.

use diesel::prelude::*;

use crate::codes::{CodeKind, ContainerCode};
use crate::db::{Conn, DbError, Instant, Tx};
use crate::people::UserId;
use crate::schema::{allocators, code_blocks};
use crate::sites::SiteId;

crate::id_type! {
    /// A run of serials handed to a site.
    BlockId
}

/// Makes sure that a site owns its allocator, with a block of primary and one of derived codes
/// that are issued on demand. False where the number was ever given to another site: it is never
/// given twice, or two tubes would carry one code.
pub fn ensure_allocator(
    tx: &mut Tx<'_>,
    number: u16,
    site: SiteId,
    label: &str,
    now: Instant,
) -> Result<bool, DbError> {
    let number = i32::from(number);
    let owner: Option<SiteId> =
        allocators::table.find(number).select(allocators::site_id).first(&mut **tx).optional()?;
    if let Some(owner) = owner {
        return Ok(owner == site);
    }
    diesel::insert_into(allocators::table)
        .values((
            allocators::number.eq(number),
            allocators::site_id.eq(site),
            allocators::label.eq(label),
            allocators::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    tx.touch("allocators", number);
    for kind in [CodeKind::Primary, CodeKind::Derived] {
        insert_block(tx, number, kind, (1, 799_999), "on-demand", site, now, None)?;
    }
    Ok(true)
}

/// The site that an allocator's number was given to.
pub fn owner_of(conn: &mut Conn, number: u16) -> Result<Option<SiteId>, DbError> {
    let owner = allocators::table.find(i32::from(number)).select(allocators::site_id);
    Ok(owner.first(conn).optional()?)
}

#[allow(clippy::too_many_arguments)]
pub(super) fn insert_block(
    conn: &mut Conn,
    allocator: i32,
    kind: CodeKind,
    serials: (i32, i32),
    purpose: &str,
    site: SiteId,
    now: Instant,
    by: Option<UserId>,
) -> Result<BlockId, DbError> {
    let id = BlockId::new();
    diesel::insert_into(code_blocks::table)
        .values((
            code_blocks::id.eq(id),
            code_blocks::allocator.eq(allocator),
            code_blocks::kind.eq(i32::from(kind.digit())),
            code_blocks::first_serial.eq(serials.0),
            code_blocks::last_serial.eq(serials.1),
            code_blocks::next_serial.eq(serials.0),
            code_blocks::purpose.eq(purpose),
            code_blocks::site_id.eq(site),
            code_blocks::issued_at.eq(now),
            code_blocks::issued_by.eq(by),
        ))
        .execute(conn)?;
    Ok(id)
}

/// First serial of the part of an allocator that is kept for pre-printed rolls.
pub(super) const ROLLS_FROM: i32 = 800_000;

/// The newest allocator of `site` (a further one was opened when the one before had no room left),
/// locked until the commit: two servers must not hand out the same run.
fn locked_allocator(conn: &mut Conn, site: SiteId) -> Result<Option<i32>, DbError> {
    let query = allocators::table
        .filter(allocators::site_id.eq(site))
        .order(allocators::created_at.desc())
        .select(allocators::number);
    Ok(match conn {
        // BEGIN IMMEDIATE has locked the whole file already.
        Conn::Sqlite(c) => query.first(c).optional()?,
        Conn::Pg(c) => query.for_update().first(c).optional()?,
    })
}

/// The first serial of an allocator that is in no roll yet.
pub(super) fn of_allocator(conn: &mut Conn, number: i32) -> Result<i32, DbError> {
    let last: Option<i32> = code_blocks::table
        .filter(code_blocks::allocator.eq(number))
        .filter(code_blocks::purpose.eq("pre-printed"))
        .order(code_blocks::last_serial.desc())
        .select(code_blocks::last_serial)
        .first(conn)
        .optional()?;
    Ok(last.map_or(ROLLS_FROM, |l| l + 1))
}

/// When the roll that `code` is of was handed out; nothing for a code issued on demand.
pub fn roll_issued_at(conn: &mut Conn, code: ContainerCode) -> Result<Option<Instant>, DbError> {
    let serial = i32::try_from(code.serial()).unwrap_or(i32::MAX);
    Ok(code_blocks::table
        .filter(code_blocks::allocator.eq(i32::from(code.allocator())))
        .filter(code_blocks::kind.eq(i32::from(code.kind().digit())))
        .filter(code_blocks::first_serial.le(serial))
        .filter(code_blocks::last_serial.ge(serial))
        .filter(code_blocks::purpose.eq("pre-printed"))
        .select(code_blocks::issued_at)
        .first(conn)
        .optional()?)
}

/// Hands `site` a run of `n` codes to print beforehand; gives the first and the last.
pub fn issue_roll(
    conn: &mut Conn,
    site: SiteId,
    n: i32,
    by: UserId,
    now: Instant,
) -> Result<Option<(ContainerCode, ContainerCode)>, DbError> {
    let Some(number) = locked_allocator(conn, site)? else { return Ok(None) };
    let first = of_allocator(conn, number)?;
    if n < 1 || first + n - 1 > 999_999 {
        return Ok(None);
    }
    let run = (first, first + n - 1);
    insert_block(conn, number, CodeKind::Primary, run, "pre-printed", site, now, Some(by))?;
    let code = |serial: i32| {
        ContainerCode::new(
            CodeKind::Primary,
            u16::try_from(number).ok()?,
            u32::try_from(serial).ok()?,
        )
    };
    Ok(code(run.0).zip(code(run.1)))
}

/// The next code of `kind` that `site` may issue; `None` when it has no block left.
pub fn next_code(
    conn: &mut Conn,
    site: SiteId,
    kind: CodeKind,
) -> Result<Option<ContainerCode>, DbError> {
    let block: Option<(BlockId, i32, i32)> = code_blocks::table
        .filter(code_blocks::site_id.eq(site))
        .filter(code_blocks::kind.eq(i32::from(kind.digit())))
        .filter(code_blocks::purpose.eq("on-demand"))
        .filter(code_blocks::next_serial.le(code_blocks::last_serial))
        .order((code_blocks::allocator, code_blocks::first_serial))
        .select((code_blocks::id, code_blocks::allocator, code_blocks::next_serial))
        .first(conn)
        .optional()?;
    let Some((id, allocator, serial)) = block else { return Ok(None) };
    diesel::update(code_blocks::table.find(id))
        .set(code_blocks::next_serial.eq(serial + 1))
        .execute(conn)?;
    Ok(u16::try_from(allocator)
        .ok()
        .zip(u32::try_from(serial).ok())
        .and_then(|(a, s)| ContainerCode::new(kind, a, s)))
}

/// Whether `code` lies in a roll that was handed to `site` for pre-printing.
pub fn is_of_roll(conn: &mut Conn, site: SiteId, code: ContainerCode) -> Result<bool, DbError> {
    let serial = i32::try_from(code.serial()).unwrap_or(i32::MAX);
    let found = code_blocks::table
        .filter(code_blocks::allocator.eq(i32::from(code.allocator())))
        .filter(code_blocks::kind.eq(i32::from(code.kind().digit())))
        .filter(code_blocks::first_serial.le(serial))
        .filter(code_blocks::last_serial.ge(serial))
        .filter(code_blocks::purpose.eq("pre-printed"))
        .filter(code_blocks::site_id.eq(site))
        .select(code_blocks::id)
        .first::<BlockId>(conn)
        .optional()?;
    Ok(found.is_some())
}
