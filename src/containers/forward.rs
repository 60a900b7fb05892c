//! After a restore: codes go on past every one that may have been given out since the copy was made.

use diesel::prelude::*;
use serde::Serialize;

use super::blocks::{BlockId, ROLLS_FROM, ensure_allocator, insert_block, of_allocator};
use crate::codes::{CodeKind, ContainerCode};
use crate::db::{Conn, DbError, Instant, Tx};
use crate::people::UserId;
use crate::schema::{allocators, code_blocks};
use crate::sites::SiteId;

/// By how much codes are moved, if no label shows that it must be more.
#[derive(Debug, Clone, Copy)]
pub struct Margin {
    /// Codes that are given out one by one, for each allocator and kind.
    pub codes: i64,
    /// Codes handed out in rolls, for each allocator.
    pub roll_codes: i64,
}

/// A run of serials that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The AAA of the codes.
    pub allocator: i32,
    /// Their first digit.
    pub kind: i32,
    /// The first serial that is left out.
    pub from: i32,
    /// The first that will be given out.
    pub next: i32,
}

/// The highest serial of `seen` for an allocator and kind, within a run.
fn highest(seen: &[ContainerCode], allocator: i32, kind: i32, run: (i32, i32)) -> Option<i32> {
    let of_run = seen
        .iter()
        .filter(|c| i32::from(c.allocator()) == allocator && i32::from(c.kind().digit()) == kind);
    let serials = of_run.filter_map(|c| i32::try_from(c.serial()).ok());
    serials.filter(|s| (run.0..=run.1).contains(s)).max()
}

/// `from` moved by `margin` and past `seen`, at most to one after `last`.
fn moved(from: i32, margin: i64, seen: Option<i32>, last: i32) -> i32 {
    let by_margin = i64::from(from).saturating_add(margin);
    let past = seen.map_or(0, |s| i64::from(s) + 1);
    let end = i64::from(last) + 1;
    i32::try_from(by_margin.max(past).min(end)).unwrap_or(last)
}

/// Moves every block that gives out codes one by one. A site whose block has no room for it gets
/// a further allocator, from the top of the numbers down, which nobody has used.
pub fn move_codes(
    tx: &mut Tx<'_>,
    margin: Margin,
    seen: &[ContainerCode],
    now: Instant,
) -> Result<Vec<LeftOut>, DbError> {
    type Block = (BlockId, i32, i32, i32, i32, i32, SiteId);
    let blocks: Vec<Block> = code_blocks::table
        .filter(code_blocks::purpose.eq("on-demand"))
        .order((code_blocks::allocator, code_blocks::kind, code_blocks::first_serial))
        .select((
            code_blocks::id,
            code_blocks::allocator,
            code_blocks::kind,
            code_blocks::first_serial,
            code_blocks::last_serial,
            code_blocks::next_serial,
            code_blocks::site_id,
        ))
        .load(&mut **tx)?;
    let mut done = vec![];
    for (id, allocator, kind, first, last, from, site) in blocks {
        let next = moved(from, margin.codes, highest(seen, allocator, kind, (first, last)), last);
        diesel::update(code_blocks::table.find(id))
            .set(code_blocks::next_serial.eq(next))
            .execute(&mut **tx)?;
        if next > last {
            open_allocator(tx, site, now)?;
        }
        done.push(LeftOut { allocator, kind, from, next });
    }
    Ok(done)
}

/// A further allocator for a site that has none left that can give out codes.
fn open_allocator(tx: &mut Tx<'_>, site: SiteId, now: Instant) -> Result<(), DbError> {
    let all: Vec<(i32, SiteId, String)> = allocators::table
        .order(allocators::number)
        .select((allocators::number, allocators::site_id, allocators::label))
        .load(&mut **tx)?;
    let free = (0..=999_u16).rev().find(|n| !all.iter().any(|(a, _, _)| *a == i32::from(*n)));
    let label = all.iter().find(|(_, s, _)| *s == site).map(|(_, _, l)| l.clone());
    match free {
        Some(n) if ensure_allocator(tx, n, site, &label.unwrap_or_default(), now)? => Ok(()),
        _ => Err(DbError::Corrupt("no allocator of codes is free".into())),
    }
}

/// Leaves out what may have been handed out in rolls. Labels of such a roll that are on nobody's
/// tube yet stay good: the run counts as handed to the allocator's site.
pub fn move_rolls(
    conn: &mut Conn,
    margin: Margin,
    seen: &[ContainerCode],
    by: UserId,
    now: Instant,
) -> Result<Vec<LeftOut>, DbError> {
    const LAST: i32 = 999_999;
    let all: Vec<(i32, SiteId)> = allocators::table
        .order(allocators::number)
        .select((allocators::number, allocators::site_id))
        .load(conn)?;
    let kind = CodeKind::Primary;
    let digit = i32::from(kind.digit());
    let mut done = vec![];
    for (allocator, site) in all {
        let from = of_allocator(conn, allocator)?;
        let next = moved(
            from,
            margin.roll_codes,
            highest(seen, allocator, digit, (ROLLS_FROM, LAST)),
            LAST,
        );
        if next > from {
            let run = (from, next - 1);
            insert_block(conn, allocator, kind, run, "pre-printed", site, now, Some(by))?;
            done.push(LeftOut { allocator, kind: digit, from, next });
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn br_04_a_block_moves_past_the_margin_and_past_what_was_seen() {
        assert_eq!(moved(5, 100, None, 799_999), 105);
        assert_eq!(moved(5, 100, Some(104), 799_999), 105);
        assert_eq!(moved(5, 100, Some(105), 799_999), 106);
        assert_eq!(moved(799_990, 100, None, 799_999), 800_000, "used up, never beyond");
        assert_eq!(moved(5, i64::MAX, None, 799_999), 800_000);
    }

    #[test]
    fn a_seen_code_counts_for_its_own_allocator_kind_and_run() {
        let code = |kind, a, s| ContainerCode::new(kind, a, s).unwrap();
        let seen = [
            code(CodeKind::Primary, 7, 30),
            code(CodeKind::Derived, 7, 900),
            code(CodeKind::Primary, 8, 700),
            code(CodeKind::Primary, 7, 800_500),
        ];
        assert_eq!(highest(&seen, 7, 1, (1, 799_999)), Some(30));
        assert_eq!(highest(&seen, 7, 1, (ROLLS_FROM, 999_999)), Some(800_500));
        assert_eq!(highest(&seen, 9, 1, (1, 799_999)), None);
    }
}
