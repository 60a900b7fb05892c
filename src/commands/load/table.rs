//! A table for people and for `docs/performance.md`.

use std::fmt;

/// A Markdown table under a heading.
pub(super) struct Table {
    heading: String,
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Table {
    pub(super) fn new(heading: String, columns: &'static [&'static str]) -> Self {
        Self { heading, columns, rows: vec![], notes: vec![] }
    }
    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
    pub(super) fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "### {}\n", self.heading)?;
        writeln!(f, "| {} |", self.columns.join(" | "))?;
        writeln!(f, "|{}", "---|".repeat(self.columns.len()))?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        if !self.notes.is_empty() {
            writeln!(f)?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "- {note}"))
    }
}

/// A rate with thousands separators.
pub(super) fn rate(n: f64) -> String {
    let digits = format!("{n:.0}");
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Milliseconds as a table shows them: two digits after the point below ten, else one.
pub(super) fn ms(n: f64) -> String {
    if n < 10.0 { format!("{n:.2}") } else { format!("{n:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!((rate(999.6), rate(1_234_567.2)), ("1,000".into(), "1,234,567".into()));
        assert_eq!((ms(0.307), ms(12.34)), ("0.31".into(), "12.3".into()));
        let mut table = Table::new("Title".into(), &["a", "b"]);
        table.row(vec!["1".into(), "2".into()]);
        assert_eq!(table.to_string(), "### Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n");
    }
}
