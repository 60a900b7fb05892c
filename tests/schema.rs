//! Holds `schema.rs` against both migrated databases: the same tables, columns and nullability,
//! and triggers that refuse changes to append-only tables.

use std::collections::BTreeSet;

use crate::support::both;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use rastro::db::{Access, Conn};

#[derive(QueryableByName, Debug)]
struct Row {
    #[diesel(sql_type = Text)]
    tab: String,
    #[diesel(sql_type = Nullable<Text>)]
    col: Option<String>,
    #[diesel(sql_type = Text)]
    nullable: String,
}

/// (table, column, nullable) as `schema.rs` says.
fn declared() -> BTreeSet<(String, String, bool)> {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/schema.rs")).unwrap();
    let (mut table, mut found) = (None, BTreeSet::new());
    for line in text.lines().map(str::trim).filter(|l| !l.starts_with("diesel::")) {
        if let Some((name, rest)) = line.split_once(" (")
            && rest.ends_with(") {")
            && name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
        {
            table = Some(name.to_owned());
        } else if let (Some(table), Some((column, kind))) = (&table, line.split_once(" -> ")) {
            found.insert((table.clone(), column.to_owned(), kind.starts_with("Nullable")));
        }
    }
    found
}

const SQLITE: &str = "SELECT m.name AS tab, p.name AS col, \
    CASE WHEN p.\"notnull\" = 1 THEN 'no' ELSE 'yes' END AS nullable \
    FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) p \
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'";
const POSTGRES: &str = "SELECT table_name::text AS tab, column_name::text AS col, \
    lower(is_nullable)::text AS nullable FROM information_schema.columns \
    WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_\\_%'";

#[test]
fn both_databases_are_what_the_schema_says() {
    both(|lab| async move {
        // All of it: a capture of `lab.app` alone would drop the database's folder.
        let lab = lab;
        let mut conn = Conn::open(lab.app.db.url(), Access::Write).unwrap();
        let rows: Vec<Row> = match &mut conn {
            Conn::Sqlite(c) => diesel::sql_query(SQLITE).load(c).unwrap(),
            Conn::Pg(c) => diesel::sql_query(POSTGRES).load(c).unwrap(),
        };
        let real: BTreeSet<(String, String, bool)> =
            rows.into_iter().filter_map(|r| Some((r.tab, r.col?, r.nullable == "yes"))).collect();
        let declared = declared();
        assert!(declared.len() > 150, "schema.rs was not understood");
        let missing: Vec<_> = declared.difference(&real).collect();
        let extra: Vec<_> = real.difference(&declared).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "only in schema.rs {missing:?}, only in the database {extra:?}"
        );
    });
}

/// What is looked for as a range, or put in order by the program too, stands in the order of code
/// points whatever the database's language is: in es_MX.UTF-8 no word begins with "NUÑ".
#[test]
fn names_are_in_the_order_of_code_points() {
    both(|lab| async move {
        let lab = lab;
        let mut conn = Conn::open(lab.app.db.url(), Access::Write).unwrap();
        let Conn::Pg(_) = conn else { return };
        let found = crate::support::fill::lines(
            &mut conn,
            "SELECT table_name || '.' || column_name AS line FROM information_schema.columns \
             WHERE table_schema = current_schema() AND collation_name = 'C' ORDER BY 1",
        );
        assert_eq!(
            found,
            [
                "patient_names.word",
                "patient_sites.folded_name",
                "patient_sites.record_key",
                "patients.folded_name",
                "row_states.of_table",
                "row_states.row_key",
                "row_waits.of_table",
                "row_waits.row_key"
            ]
        );
    });
}

#[test]
fn append_only_tables_refuse_changes() {
    both(|lab| async move {
        let s = crate::support::story::Story::accepted(&lab).await;
        drop(s);
        let mut conn = Conn::open(lab.app.db.url(), Access::Write).unwrap();
        for (table, column) in [
            ("custody_events", "place"),
            ("patient_events", "kind"),
            ("audit_log", "detail"),
            ("ledger_entries", "entry"),
        ] {
            for statement in
                [format!("UPDATE {table} SET {column} = 'x'"), format!("DELETE FROM {table}")]
            {
                let refused = conn.batch_execute(&statement);
                let text = refused.expect_err(&statement).to_string();
                assert!(text.contains("append-only"), "{statement}: {text}");
            }
        }
    });
}
