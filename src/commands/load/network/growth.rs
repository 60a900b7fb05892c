//! What became slower in the larger network.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::Failed;
use super::super::table::{Table, ms};
use super::walk::{Found, Row};

const COLUMNS: &[&str] = &[
    "role",
    "address",
    "p50 ms, small",
    "p50 ms, large",
    "p99 ms, small",
    "p99 ms, large",
    "p99 ratio",
    "p50 ratio",
    "KB, small",
    "KB, large",
    "",
];

/// A p99 that is so much larger in the larger network is marked.
const GREW: f64 = 1.2;
/// Milliseconds below which a difference is none.
const FLOOR: f64 = 1.0;
/// Milliseconds that nobody should wait, however small the network was.
const SLOW: f64 = 50.0;

/// Milliseconds of one address in the smallest and in the largest network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grown {
    pub p50: (f64, f64),
    pub p99: (f64, f64),
    /// Of the longest answer in each.
    pub bytes: (usize, usize),
}

impl Grown {
    fn ratio((small, large): (f64, f64)) -> f64 {
        large / small.max(0.001)
    }
    /// How much longer the answer is: a page that was half empty after one year and is full after ten
    /// may take as much longer as it is fuller.
    fn fuller(&self) -> f64 {
        (self.bytes.1 as f64 / self.bytes.0.max(1) as f64).max(1.0)
    }
    /// Where it stands in the table: what surely grew comes before what was late once.
    fn rank(&self) -> u8 {
        match self.mark() {
            "GREW, SLOW" | "GREW" => 0,
            "" => 2,
            _ => 1,
        }
    }
    /// What is wrong with it; nothing in most rows.
    pub(super) fn mark(&self) -> &'static str {
        let most = GREW * self.fuller();
        let grew = |t: (f64, f64)| Self::ratio(t) > most && t.1 - t.0 > FLOOR;
        match (grew(self.p99), grew(self.p50), self.p99.1 > SLOW) {
            (true, true, true) => "GREW, SLOW",
            (true, true, false) => "GREW",
            (true, false, true) => "p99 grew, SLOW",
            (true, false, false) => "p99 grew",
            (false, _, true) => "SLOW",
            (false, _, false) => "",
        }
    }
}

/// The table, worst first, and how many rows are marked; `all`: also those that did not grow.
pub(super) fn table(heading: String, found: Found, all: bool) -> Table {
    let mut rows: Vec<(Row, Grown)> =
        found.rows.into_iter().filter_map(|row| row.grown().map(|grown| (row, grown))).collect();
    let worst = |g: &Grown| (g.rank(), -Grown::ratio(g.p99));
    rows.sort_by(|(_, a), (_, b)| {
        worst(a).partial_cmp(&worst(b)).unwrap_or(std::cmp::Ordering::Equal)
    });
    let marked = rows.iter().filter(|(_, g)| !g.mark().is_empty()).count();
    let mut table = Table::new(heading, COLUMNS);
    let asked = rows.len();
    for (row, g) in rows.into_iter().filter(|(_, g)| all || !g.mark().is_empty()) {
        table.row(vec![
            row.who.into(),
            row.what,
            ms(g.p50.0),
            ms(g.p50.1),
            ms(g.p99.0),
            ms(g.p99.1),
            format!("{:.2}", Grown::ratio(g.p99)),
            format!("{:.2}", Grown::ratio(g.p50)),
            format!("{:.0}", g.bytes.0 as f64 / 1024.0),
            format!("{:.0}", g.bytes.1 as f64 / 1024.0),
            g.mark().into(),
        ]);
    }
    table.note(format!(
        "{asked} pairs of role and address were asked, {marked} are marked: more than {GREW} times \
         and {FLOOR} ms slower, or as much more as the answer is longer, or over {SLOW} ms.",
    ));
    table
}

/// The statements that a server called slow: how often and the longest, the slowest first.
pub(super) fn slow_statements(log: &Path) -> Result<Vec<(String, usize, f64)>, Failed> {
    let mut all: BTreeMap<String, (usize, f64)> = BTreeMap::new();
    for line in std::fs::read_to_string(log)?.lines() {
        let Ok(said) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        let (Some(sql), Some(ms)) = (said["sql"].as_str(), said["ms"].as_f64()) else { continue };
        // Commits, checkpoints and checks of the file are the engine's, whatever is asked.
        if !sql.starts_with("SELECT") || sql.contains("pragma_") {
            continue;
        }
        let seen = all.entry(short(sql)).or_default();
        *seen = (seen.0 + 1, seen.1.max(ms));
    }
    let mut all: Vec<_> = all.into_iter().map(|(sql, (n, ms))| (sql, n, ms)).collect();
    all.sort_by(|a, b| b.2.total_cmp(&a.2));
    Ok(all)
}

/// A statement without the columns it asks for, the signs around names, and all but one of the
/// values of a list: whatever the list's length, it is one statement.
fn short(sql: &str) -> String {
    let mut plain = sql.replace(['`', '"'], "");
    while plain.contains("?, ?") {
        plain = plain.replace("?, ?", "?");
    }
    match plain.split_once(" FROM ") {
        Some((begin, rest)) if begin.starts_with("SELECT") => format!("SELECT … FROM {rest}"),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_told_by_where_it_looks() {
        let sql = "SELECT `a`.`id`, `a`.`b` FROM `a` WHERE (`a`.`id` = ?)";
        assert_eq!(short(sql), "SELECT … FROM a WHERE (a.id = ?)");
        let list = "SELECT a.id FROM a WHERE a.id IN (?, ?, ?, ?, ?)";
        assert_eq!(short(list), "SELECT … FROM a WHERE a.id IN (?)");
        assert_eq!(short("COMMIT"), "COMMIT");
    }

    #[test]
    fn a_row_is_marked_for_growing_or_for_being_slow() {
        let mark = |p50, p99| Grown { p50, p99, bytes: (900, 900) }.mark();
        assert_eq!(mark((1.0, 1.1), (2.0, 2.2)), "");
        // Three times as long, and nobody can tell.
        assert_eq!(mark((0.1, 0.3), (0.2, 0.6)), "");
        assert_eq!(mark((5.0, 9.0), (6.0, 12.0)), "GREW");
        assert_eq!(mark((5.0, 5.0), (6.0, 12.0)), "p99 grew");
        assert_eq!(mark((60.0, 60.0), (60.0, 61.0)), "SLOW");
        assert_eq!(mark((5.0, 900.0), (6.0, 1000.0)), "GREW, SLOW");
        // Twice the rows may take twice as long, and no more than a fifth above that.
        let twice = |ms| Grown { p50: (5.0, ms), p99: (6.0, ms), bytes: (900, 1800) }.mark();
        assert_eq!((twice(12.0), twice(15.0)), ("", "GREW"));
    }
}
