//! Rows of the log as a file for a spreadsheet.

use crate::audit::store::Row;
use crate::db::Page;
use crate::sites::Sites;

/// A cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

/// The file: times in UTC, words as the program knows them, ids; begins with a byte order mark,
/// without which spreadsheets take the names' accents for something else.
pub(super) fn csv(sites: &Sites, all: &Page<(Row, Option<String>)>) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    out.write_record([
        "at",
        "person",
        "name",
        "action",
        "outcome",
        "subject_kind",
        "subject",
        "patient",
        "site",
        "request",
        "detail",
    ])?;
    let id = |id: Option<String>| id.unwrap_or_default();
    for (row, name) in &all.items {
        out.write_record([
            row.at.to_string(),
            id(row.person_id.map(|p| p.to_string())),
            cell(name.as_deref().unwrap_or_default()),
            row.action.to_string(),
            row.outcome.to_string(),
            cell(&row.subject_kind),
            id(row.subject_id.map(|s| s.to_string())),
            id(row.patient_id.map(|p| p.to_string())),
            row.site_id.map_or_else(String::new, |s| sites.code(s).to_owned()),
            cell(&row.request_id),
            cell(row.detail.as_deref().unwrap_or_default()),
        ])?;
    }
    // A file that left them out would read as whole.
    for why in &all.unreadable {
        let mut line = [const { String::new() }; 11];
        line[3] = "unreadable".to_owned();
        line[10] = why.to_string();
        out.write_record(line)?;
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for evil in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(cell(evil).starts_with('\''), "{evil:?}");
        }
        assert_eq!(cell("Ana Pérez"), "Ana Pérez");
        assert_eq!(cell(""), "");
    }
}
