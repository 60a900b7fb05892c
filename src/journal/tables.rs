//! Which rows are bound, and what of them: the one list. A table of `schema.rs` that is not in it, or a column
//! that is named wrongly, fails a test.

use crate::db::DbError;
use crate::db::columns::Table;

/// What is bound of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Its text as it is: nothing in it is a secret.
    Text,
    /// A salted digest of its text: it is a person's, or a secret's.
    Digest,
    /// Nothing of it: the table of [`TABLES`] says why.
    LeftOut,
}

/// What becomes of a table.
#[derive(Debug, Clone, Copy)]
pub enum Fate {
    /// Each state of a row is bound. The columns that are bound by a digest, and those that are left out with why.
    Bound(&'static [&'static str], &'static [(&'static str, &'static str)]),
    /// Its rows are events: the log has each of them by itself.
    Event,
    /// Its rows are what their events say, and are held against them. What was there before events said the whole
    /// change is bound once, as it was then.
    Opening,
    /// It decides nothing that a person relies on: why.
    LeftOut(&'static str),
}

use Fate::{Bound as B, Event, LeftOut, Opening};

/// Every table, in the order of `schema.rs`.
pub const TABLES: &[(&str, Fate)] = &[
    ("sites", B(&[], &[])),
    (
        "people",
        B(
            &["password_hash", "name", "login"],
            &[
                ("must_change_password", "asks for another password, and opens nothing"),
                ("lang", "the language of one's pages"),
            ],
        ),
    ),
    ("person_roles", B(&[], &[])),
    ("person_sites", B(&[], &[])),
    ("kept_forms", LeftOut("sealed, and gone within a day")),
    ("sessions", LeftOut("gone within a day; what was done in one is signed by its account")),
    ("password_tries", LeftOut("counts wrong passwords for some minutes")),
    ("known_devices", LeftOut("spares a browser the wait after wrong passwords")),
    ("audit_log", B(&[], &[])),
    ("number_series", LeftOut("the next number; one given out twice is refused by its column")),
    (
        "patients",
        B(
            &[
                "given_names",
                "surname1",
                "surname2",
                "folded_name",
                "birth_date",
                "sex",
                "curp",
                "nss",
                "agregado",
                "latin_given",
                "latin_surname1",
                "latin_surname2",
                "multiple_birth",
            ],
            &[],
        ),
    ),
    ("patient_names", LeftOut("words for the search, made from names")),
    (
        "patient_sites",
        B(
            &["record_number", "folded_name"],
            &[("record_key", "made of the record number by the database")],
        ),
    ),
    ("patient_events", Event),
    (
        "studies",
        B(
            &["diagnosis", "answers", "diagnostic_reference", "requester_name", "critical_phone"],
            &[],
        ),
    ),
    ("study_attachments", Event),
    ("study_events", Event),
    ("study_specimens", B(&[], &[])),
    ("due_points", B(&["reason"], &[])),
    ("protocol_proposals", B(&[], &[])),
    ("label_templates", B(&[], &[])),
    ("label_template_decisions", B(&[], &[])),
    ("protocol_approvals", B(&[], &[])),
    ("allocators", B(&[], &[])),
    ("code_blocks", LeftOut("the next code; one given out twice is refused by its column")),
    ("containers", Opening),
    ("container_tubes", B(&[], &[])),
    ("container_aliases", B(&[], &[])),
    ("custody_events", Event),
    ("custody_attempts", B(&["code", "answer", "request_hash"], &[])),
    ("label_prints", B(&["fields"], &[])),
    ("label_sheets", B(&[], &[])),
    ("label_sheet_places", B(&[], &[])),
    ("result_versions", Event),
    ("result_signatures", Event),
    ("result_acknowledgements", B(&["note"], &[])),
    ("result_heads", B(&[], &[])),
    ("ledger_entries", Event),
    ("ledger_nodes", Event),
    ("ledger_head", Event),
    ("ledger_checkpoints", Event),
    ("ledger_keys", Event),
    ("row_states", Event),
    ("row_waits", LeftOut("says of which rows nobody can tell; `verify` counts them")),
    ("print_agents", LeftOut("a program's credential; labels are bound where they were recorded")),
    ("printers", LeftOut("where labels come out; they are bound where they were recorded")),
    ("print_jobs", LeftOut("work of a printer; labels are bound where they were recorded")),
    ("print_runs", LeftOut("starts of programs that print")),
    ("print_job_events", LeftOut("work of a printer")),
    ("demo_marks", LeftOut("says that all of it is invented")),
    ("catalogue_versions", B(&[], &[])),
    ("site_events", B(&[], &[])),
    ("reference_proposals", B(&[], &[])),
    ("care_requests", B(&["reason", "typed", "held_curp", "likeness", "answer"], &[])),
    ("reference_decisions", B(&[], &[])),
    ("care_events", Event),
    ("care_looks", LeftOut("counts registrations for the limit on probing")),
    ("study_cancellations", B(&["reason"], &[])),
    ("doubts", B(&[], &[])),
    ("doubt_samples", B(&[], &[])),
    ("doubt_events", Event),
];

/// Tables whose rows are written also while the log takes nothing in: who read what, of a database that is only read.
/// Until a server may bind them they are in `row_waits`.
const MAY_WAIT: [&str; 1] = ["audit_log"];

/// A table whose rows are bound.
#[derive(Debug)]
pub struct Bound {
    /// The table, with its key and columns, as `schema.rs` has it.
    pub table: &'static Table,
    digests: &'static [&'static str],
    left_out: &'static [(&'static str, &'static str)],
    /// Whether its rows are bound once, and told of by their events from then on.
    pub is_opening: bool,
}

impl Bound {
    /// Every table whose rows are bound.
    ///
    /// # Errors
    /// [`DbError::Corrupt`]: one that there is not.
    pub fn all() -> Result<Vec<Self>, DbError> {
        TABLES.iter().filter_map(|(name, fate)| Self::of(name, *fate).transpose()).collect()
    }

    fn of(name: &str, fate: Fate) -> Result<Option<Self>, DbError> {
        let (digests, left_out, is_opening) = match fate {
            Fate::Bound(digests, left_out) => (digests, left_out, false),
            Fate::Opening => (&[] as &[_], &[] as &[_], true),
            Fate::Event | Fate::LeftOut(_) => return Ok(None),
        };
        Ok(Some(Self { table: Table::named(name)?, digests, left_out, is_opening }))
    }

    /// The table of that name.
    ///
    /// # Errors
    /// [`DbError::Corrupt`]: its rows are not bound.
    pub fn named(name: &str) -> Result<Self, DbError> {
        let found = TABLES.iter().find(|(table, _)| *table == name);
        let found = found.map_or(Ok(None), |(table, fate)| Self::of(table, *fate))?;
        found.ok_or_else(|| DbError::Corrupt(format!("rows of {name} are not bound")))
    }

    /// What is bound of a column.
    pub fn rule(&self, column: &str) -> Rule {
        if self.left_out.iter().any(|(name, _)| *name == column) {
            Rule::LeftOut
        } else if self.digests.contains(&column) {
            Rule::Digest
        } else {
            Rule::Text
        }
    }

    /// The columns that are left out, each with why.
    pub fn left_out(&self) -> &'static [(&'static str, &'static str)] {
        self.left_out
    }

    /// Whether its rows are written also while the log takes nothing in.
    pub fn may_wait(&self) -> bool {
        MAY_WAIT.contains(&self.table.name)
    }

    /// Whether a column of it is bound by a digest.
    pub fn has_digests(&self) -> bool {
        !self.digests.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::columns;

    #[test]
    fn every_table_of_the_schema_has_one_fate() {
        let schema: Vec<&str> = columns::TABLES.iter().map(|t| t.name).collect();
        let mut missing: Vec<_> = schema.clone();
        missing.retain(|t| TABLES.iter().filter(|(name, _)| name == t).count() != 1);
        assert!(missing.is_empty(), "{missing:?}");
        let unknown: Vec<_> = TABLES.iter().filter(|(name, _)| !schema.contains(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn every_column_of_a_rule_is_there_and_no_key_is_left_out() {
        for bound in Bound::all().unwrap() {
            let columns: Vec<&str> = bound.table.columns.iter().map(|c| c.name).collect();
            let named = bound.digests.iter().chain(bound.left_out.iter().map(|(name, _)| name));
            for name in named {
                assert!(columns.contains(name), "{}.{name}", bound.table.name);
            }
            for key in bound.table.key {
                assert_eq!(bound.rule(key), Rule::Text, "{}.{key}", bound.table.name);
            }
        }
    }

    /// What is a person's, or a secret, stands in the log as a digest.
    #[test]
    fn no_name_and_no_secret_is_bound_as_text() {
        let about_people = [
            "name", "surname", "curp", "nss", "agregado", "birth", "hash", "phone", "record_",
            "answers", "diagnos", "fields", "typed",
        ];
        let exempt = [
            ("sites", "name"),
            ("label_sheets", "layout_sha256"),
            ("label_prints", "layout_sha256"),
            ("allocators", "label"),
            ("patients", "birth_precision"),
        ];
        for bound in Bound::all().unwrap() {
            for column in bound.table.columns {
                let at = (bound.table.name, column.name);
                let is_about = about_people.iter().any(|w| column.name.contains(w));
                let is_text = bound.rule(column.name) == Rule::Text;
                assert!(!(is_about && is_text) || exempt.contains(&at), "{at:?}");
            }
        }
    }
}
