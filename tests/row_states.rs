//! Whoever changes a row beside the program is named by `rastro verify`: each column of each table that somebody
//! relies on, on both engines.

use crate::support::course::{Cast, FULL};
use crate::support::everything::{Everybody, everything};
use crate::support::fill::lines;
use crate::support::story::{child, id, scan, with};
use crate::support::tamper::{administrator, conn, verify};
use crate::support::{Lab, PASSWORD, both};
use diesel::connection::SimpleConnection;
use rastro::access::service::set_roles;
use rastro::codes::ContainerCode;
use rastro::containers::ContainerId;
use rastro::containers::store::add_alias;
use rastro::custody::unlike;
use rastro::db::Conn;
use rastro::db::columns::{Column, Kind, Table};
use rastro::journal;
use rastro::journal::tables::{Bound, Fate, TABLES};
use rastro::people::Role;
use rastro::web::Lang;
use serde_json::json;

/// What `verify` says of the rows, in this connection's own transaction.
fn wrong(db: &mut Conn) -> Vec<String> {
    let mut wrong: Vec<String> =
        journal::differing(db).unwrap().wrong.iter().map(ToString::to_string).collect();
    wrong.extend(unlike::unlike_events(db).unwrap());
    wrong
}

/// Another value of a column, in SQL.
fn another(column: &Column, is_postgres: bool) -> String {
    let c = format!("\"{}\"", column.name);
    let hex = "0badc0de0badc0de0badc0de0badc0de";
    match column.kind {
        Kind::Text => format!("coalesce({c}, '') || 'x'"),
        Kind::BigInt | Kind::Integer => format!("coalesce({c}, 0) + 1"),
        Kind::Bool if is_postgres => format!("NOT {c}"),
        Kind::Bool => format!("1 - {c}"),
        Kind::Day if is_postgres => format!("coalesce({c}, '2026-01-01'::date) + 1"),
        Kind::Day => format!("date(coalesce({c}, '2026-01-01'), '+1 day')"),
        Kind::Instant if is_postgres => format!("coalesce({c}, now()) + interval '1 second'"),
        Kind::Instant => format!("coalesce({c}, 0) + 1000000"),
        Kind::Uid if is_postgres => format!("'{hex}'::uuid"),
        Kind::Uid => format!("x'{hex}'"),
        Kind::Binary if is_postgres => "'\\x00'::bytea".to_owned(),
        Kind::Binary => "x'00'".to_owned(),
    }
}

/// The statement that does something to one row of a table: the last one by its key.
fn on_one(table: &Table, what: &str, is_postgres: bool) -> String {
    let row = if is_postgres { "ctid" } else { "" };
    let keys: Vec<String> = table.key.iter().map(|k| format!("\"{k}\"")).collect();
    let keys = keys.join(", ");
    let desc = keys.replace(", ", " DESC, ");
    let chosen = if row.is_empty() { keys.clone() } else { row.to_owned() };
    format!(
        "{what} WHERE ({chosen}) = (SELECT {chosen} FROM \"{}\" ORDER BY {desc} DESC LIMIT 1)",
        table.name
    )
}

/// Tables whose rows are written once, by the triggers that refuse anything else.
fn written_once(db: &mut Conn) -> Vec<String> {
    let sql = match db {
        Conn::Sqlite(_) => {
            "SELECT replace(name, '_no_update', '') AS line FROM sqlite_schema WHERE type = 'trigger' \
             AND name LIKE '%_no_update' ORDER BY 1"
        }
        Conn::Pg(_) => {
            "SELECT tgrelid::regclass::text AS line FROM pg_trigger WHERE tgname LIKE '%_append_only' \
             AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace) \
             ORDER BY 1"
        }
    };
    lines(db, sql)
}

/// Columns that name a row, and of which table.
const NAMES: [(&str, &str); 19] = [
    ("code_blocks", "issued_by"),
    ("containers", "parent_id"),
    ("containers", "root_id"),
    ("containers", "collected_by"),
    ("containers", "offered_to"),
    ("custody_attempts", "container_id"),
    ("custody_attempts", "site_id"),
    ("custody_events", "counterparty_id"),
    ("custody_events", "custodian_id"),
    ("custody_events", "corrects"),
    ("due_points", "study_id"),
    ("patients", "proposal"),
    ("protocol_approvals", "proposed_by"),
    ("protocol_approvals", "approved_by"),
    ("result_heads", "released_id"),
    ("result_heads", "acknowledged_id"),
    ("result_versions", "supersedes"),
    ("studies", "proposal"),
    ("study_attachments", "withdraws"),
];

/// What must hold within a row: table, name, and how it is broken in which rows.
const HOLDS: [(&str, &str, &str, &str, &str); 7] = [
    ("containers", "custodian_pair", "custodian_since", "NULL", "custodian_id IS NOT NULL"),
    ("containers", "offer_triple", "offered_at", "created_at", "offered_to IS NULL"),
    ("containers", "derived_has_parent", "parent_id", "NULL", "kind = 'derived'"),
    (
        "containers",
        "primary_is_its_root",
        "root_id",
        "(SELECT id FROM containers WHERE kind = 'derived' LIMIT 1)",
        "kind = 'primary'",
    ),
    ("due_points", "window", "window_to", "'1999-01-01'", "1 = 1"),
    ("result_versions", "k_of_n", "events_k", "events_n + 1", "events_n IS NOT NULL"),
    ("studies", "window", "window_to", "'1999-01-01'", "window_from IS NOT NULL"),
];

/// The database itself refuses a row that names nothing, and one whose columns contradict each other, whoever writes it.
fn what_must_hold_is_refused(db: &mut Conn) {
    let is_postgres = matches!(db, Conn::Pg(_));
    let nobody = match is_postgres {
        true => "'0badc0de-0bad-c0de-0bad-c0de0badc0de'",
        false => "x'0badc0de0badc0de0badc0de0badc0de'",
    };
    let names = NAMES.iter().map(|(table, column)| {
        let says = match is_postgres {
            true => format!("{table}_{column}_fkey"),
            false => format!("{table}.{column} names nothing"),
        };
        // Of these a check of the row itself would be told first.
        let rows = match (*table, *column) {
            ("containers", "parent_id" | "root_id") => "kind = 'derived'",
            ("containers", "offered_to") => "offered_to IS NOT NULL",
            _ => "1 = 1",
        };
        (*table, *column, nobody, rows, says)
    });
    let holds = HOLDS.iter().map(|(table, name, column, value, rows)| {
        let says = match is_postgres {
            true => format!("{table}_{name}"),
            false => format!("{table}: {name}"),
        };
        (*table, *column, *value, *rows, says)
    });
    let once = written_once(db);
    for (table, column, value, rows, says) in names.chain(holds) {
        let update = format!("UPDATE {table} SET {column} = {value} WHERE {rows}");
        let mut tries = vec![];
        if is_postgres {
            // Its own keys and checks are no triggers of ours.
            db.batch_execute(&format!("ALTER TABLE {table} DISABLE TRIGGER USER")).unwrap();
            tries.push(update);
        } else {
            let all = Table::named(table).unwrap();
            let all: Vec<&str> = all.columns.iter().map(|c| c.name).collect();
            let other = |c: &&str| if *c == column { value.to_owned() } else { (*c).to_owned() };
            let copied: Vec<String> = all.iter().map(other).collect();
            let (all, copied) = (all.join(", "), copied.join(", "));
            tries.push(format!(
                "INSERT INTO {table} ({all}) SELECT {copied} FROM {table} WHERE {rows} LIMIT 1"
            ));
            if !once.contains(&table.to_owned()) {
                tries.push(update);
            }
        }
        for each in tries {
            let refused = db.batch_execute(&each).expect_err(&each).to_string();
            assert!(refused.contains(&says), "{each}: {refused}");
        }
        if is_postgres {
            db.batch_execute(&format!("ALTER TABLE {table} ENABLE TRIGGER USER")).unwrap();
        }
    }
}

/// Whatever the program writes down of what people do, an auditor reads in words, in both languages.
fn what_is_audited_has_words(db: &mut Conn) {
    let subjects = "SELECT DISTINCT subject_kind AS line FROM audit_log ORDER BY 1";
    let details =
        "SELECT DISTINCT detail AS line FROM audit_log WHERE detail IS NOT NULL ORDER BY 1";
    let (subjects, details) = (lines(db, subjects), lines(db, details));
    assert!(subjects.len() > 10 && details.len() > 40, "{subjects:?} {details:?}");
    for lang in [Lang::Es, Lang::En] {
        let lacks = |kind: &str, word: &str| {
            let key = format!("audit-{kind}-{word}");
            lang.find(&key, &[]).is_none().then_some(key)
        };
        let first = |detail: &String| detail.split(' ').next().unwrap_or_default().to_owned();
        let mut none: Vec<String> = subjects.iter().filter_map(|s| lacks("subject", s)).collect();
        none.extend(details.iter().filter_map(|d| lacks("detail", &first(d))));
        assert_eq!(none, Vec::<String>::new(), "{lang:?}");
    }
}

/// Of what is proposed, decided, cancelled, refused and taken note of, one each.
async fn decisions(lab: &Lab, people: &Everybody) {
    let (cast, why) = (&people.cast, "Lo pide el comité de la red");
    let (head, coordinator) = (people.who("jefa"), people.who("coordinadora"));
    let protocols = head.get("/api/v1/protocols").await.expect(200).json;
    let of = protocols.as_array().unwrap().iter().find(|p| p["standing"] == "disabled");
    let path = format!("/api/v1/protocols/{}/proposals", of.unwrap()["id"].as_str().unwrap());
    head.post(&path, &json!({ "reason": why })).await.expect(204);

    let path = "/api/v1/label-templates/roll-50x25";
    let pending = head.get(path).await.expect(200).json["versions"][0]["proposal"].clone();
    let body =
        json!({ "proposal": pending, "decision": "declined", "password": PASSWORD, "reason": why });
    coordinator.post(&format!("{path}/decisions"), &body).await.expect(204);

    let confirm = [
        ("name", "Hospital General de Metepec"),
        ("city", "Metepec"),
        ("state", "México"),
        ("clues", "MCSSA018773"),
        ("reason", "Oficio 118/2026 de la jefatura"),
    ];
    coordinator.form("/es/centros/MET/proponer", &confirm).await.expect(303);
    let page = head.get("/es/centros/MET").await.expect(200).text();
    let proposal = page.split("name=\"proposal\" value=\"").nth(1).unwrap();
    let proposal = proposal.split('"').next().unwrap();
    let body = [("proposal", proposal), ("password", PASSWORD)];
    head.form("/es/centros/MET/aprobar", &body).await.expect(303);

    let patient = cast.nurse.registers(900).await;
    let asked = cast.asks(&patient, json!({})).await;
    let cancel = json!({ "id": id(), "reason": "La familia se cambió de hospital" });
    let path = format!("/api/v1/studies/{}/cancellation", asked.study);
    cast.nurse.post(&path, &cancel).await.expect(204);
    let refused = cast.nurse.scans(&scan(lab, "100100000000", "collect", json!({}))).await;
    assert_eq!(refused["outcome"], "refused", "{refused}");

    let asked = cast.asks(&patient, json!({})).await;
    cast.brings(lab, &asked).await;
    let version = cast.counts(&asked, &FULL[FULL.len() - 1]).await;
    cast.signs(&version, "released").await;
    let path = format!("/api/v1/results/{version}/acknowledgements");
    people.who("oncologa").post(&path, &json!({})).await.expect(204);

    let (now, by) = (lab.clock.now(), cast.nurse.id());
    let code: ContainerCode = asked.code.parse().unwrap();
    let named = lab.app.db.write(move |tx| {
        use diesel::prelude::*;
        use rastro::schema::containers;
        let of = containers::table.filter(containers::code.eq(code)).select(containers::id);
        let id: ContainerId = of.first(&mut **tx)?;
        add_alias(tx, id, "hospital", "HE-000118", by, now)
    });
    named.await.unwrap();
}

#[test]
fn one_changed_value_in_any_column_is_named() {
    both(|lab| async move {
        let mut people = Everybody::of(&lab).await;
        everything(&lab, &mut people).await;
        decisions(&lab, &people).await;
        verify(&lab, &[]).is_sound();
        let mut program = conn(&lab);
        what_must_hold_is_refused(&mut program);
        what_is_audited_has_words(&mut program);
        let tables = written_once(&mut program);
        assert!(tables.len() > 25, "{tables:?}");
        for name in tables {
            let table = Table::named(&name).unwrap();
            if table.rows_after(&mut program, None, 1).unwrap().is_empty() {
                continue;
            }
            let key = table.key[0];
            for change in
                [format!("UPDATE {name} SET {key} = {key}"), format!("DELETE FROM {name}")]
            {
                let refused = program.batch_execute(&change).expect_err(&change).to_string();
                assert!(refused.contains("append-only"), "{change}: {refused}");
            }
        }
        drop(program);
        let mut db = administrator(&lab);
        let is_postgres = matches!(db, Conn::Pg(_));
        assert_eq!(wrong(&mut db), Vec::<String>::new());
        let (mut changed, mut empty) = (0, vec![]);
        for (name, fate) in TABLES {
            let left_out = match fate {
                Fate::Bound(_, left_out) => left_out.iter().map(|(name, _)| *name).collect(),
                Fate::Opening => unlike::LEFT_OUT.to_vec(),
                Fate::Event | Fate::LeftOut(_) => continue,
            };
            let table = Table::named(name).unwrap();
            if table.rows_after(&mut db, None, 1).unwrap().is_empty() {
                empty.push(*name);
                continue;
            }
            for column in table.columns.iter().filter(|c| !left_out.contains(&c.name)) {
                let set = format!(
                    "UPDATE \"{name}\" SET \"{}\" = {}",
                    column.name,
                    another(column, is_postgres)
                );
                let told = tampered(&mut db, &on_one(table, &set, is_postgres));
                let names_it = told.iter().any(|t| t.starts_with(name));
                assert!(names_it, "{name}.{}: {told:?}", column.name);
                let is_key = table.key.contains(&column.name);
                if matches!(fate, Fate::Bound(..)) && !is_key {
                    let column = format!("{name}.{} ", column.name);
                    assert!(told.iter().any(|t| t.starts_with(&column)), "{column}: {told:?}");
                }
                changed += 1;
            }
            let told =
                tampered(&mut db, &on_one(table, &format!("DELETE FROM \"{name}\""), is_postgres));
            assert!(told.iter().any(|t| t.starts_with(name)), "{name} deleted: {told:?}");
        }
        eprintln!("{changed} columns");
        assert_eq!(empty, Vec::<&str>::new(), "tables without a row");
        assert_eq!(wrong(&mut db), Vec::<String>::new(), "all of it was put back");
    });
}

/// What is said while one statement's change stands; then it is taken back.
fn tampered(db: &mut Conn, statement: &str) -> Vec<String> {
    db.batch_execute("BEGIN").unwrap();
    db.batch_execute(statement).unwrap_or_else(|e| panic!("{statement}: {e}"));
    let told = wrong(db);
    db.batch_execute("ROLLBACK").unwrap();
    told
}

/// Two children's names are swapped, or somebody gives themselves a role: what an administrator could do without
/// a trace.
#[test]
fn swapped_names_and_a_role_of_ones_own_are_named_to_whoever_verifies() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        for n in [1, 2] {
            cast.nurse.registers(n).await;
        }
        verify(&lab, &[]).is_sound();
        for (lie, told) in [
            (
                "UPDATE patients SET surname1 = (SELECT p.surname1 FROM patients p WHERE p.id <> patients.id)",
                "BROKEN: patients.surname1 of",
            ),
            (
                "INSERT INTO person_roles SELECT id, 'validator' FROM people WHERE login = 'enfermera'",
                "BROKEN: person_roles",
            ),
        ] {
            let mut admin = administrator(&lab);
            admin.batch_execute(lie).unwrap();
            let verdict = verify(&lab, &[]);
            assert_eq!(verdict.code, 1, "{lie}: {}", verdict.text);
            assert!(verdict.text.contains(told), "{told}: {}", verdict.text);
        }
    });
}

/// What was changed beside the program does not become true by the program's own next change of the row.
#[test]
fn a_name_that_was_changed_beside_the_program_is_not_bound_by_its_next_change() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let correct = async |given: &str| {
            let said = json!({ "given_names": given, "reason": "El acta de nacimiento lo dice" });
            let path = format!("/api/v1/patients/{patient}/corrections");
            cast.nurse.post(&path, &with(child(1), said)).await
        };
        let mut admin = administrator(&lab);
        admin.batch_execute("UPDATE patients SET surname1 = 'Otro'").unwrap();
        correct("Ariel").await.expect(201);
        let verdict = verify(&lab, &[]);
        assert_eq!(verdict.code, 1, "{}", verdict.text);
        assert!(verdict.text.contains("beside the program"), "{}", verdict.text);
        assert!(verdict.text.contains(": surname1"), "{}", verdict.text);
        // Nor by putting it back: the program has met it.
        admin.batch_execute("UPDATE patients SET surname1 = 'Rodríguez b'").unwrap();
        assert_eq!(verify(&lab, &[]).code, 1);
    });
}

/// What the program writes over is told, though its own value stands there now; and what was put in stays put in: an
/// account that chooses a password, a role that an administrator leaves where it is.
#[test]
fn nothing_beside_the_program_becomes_the_programs_when_it_writes_over_it() {
    both(|lab| async move {
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        let nurse = lab.nurse().await;
        verify(&lab, &[]).is_sound();
        let told = |what: &str| {
            let verdict = verify(&lab, &[]);
            assert_eq!(verdict.code, 1, "{what}: {}", verdict.text);
            assert!(verdict.text.contains(what), "{what}: {}", verdict.text);
        };
        let mut db = administrator(&lab);
        // A role put in, and roles given by the program since: it is still nobody's.
        let put_in = "INSERT INTO person_roles SELECT id, 'oncologist' FROM people WHERE login = 'enfermera'";
        db.batch_execute(put_in).unwrap();
        let roles = [Role::Collector, Role::Oncologist];
        set_roles(&lab.app, None, nurse.id(), &roles, &["LRZ".to_owned()]).await.unwrap();
        told("was not written by the program");
        // Taken away by the program, it is told all the same.
        set_roles(&lab.app, None, nurse.id(), &roles[..1], &["LRZ".to_owned()]).await.unwrap();
        told("BROKEN: person_roles");
        // A column that the program itself writes next.
        db.batch_execute("UPDATE people SET licence = '1234567' WHERE login = 'admin'").unwrap();
        let path = format!("/api/v1/users/{}/licence", admin.id());
        admin.post(&path, &json!({ "licence": "7654321" })).await.expect(204);
        told(": licence");
    });
}

/// Who puts in an account, signs in with it and chooses a password, has one that is told.
#[test]
fn an_account_that_was_put_in_is_named_also_once_it_was_used() {
    both(|lab| async move {
        lab.nurse().await;
        let mut db = administrator(&lab);
        let id = uuid::Uuid::now_v7();
        let literal = match db {
            Conn::Sqlite(_) => format!("x'{}'", id.simple()),
            Conn::Pg(_) => format!("'{id}'"),
        };
        let columns = Table::named("people").unwrap().columns.iter().map(|c| c.name);
        let copied = columns.clone().map(|name| match name {
            "id" => literal.clone(),
            "login" => "'intrusa'".to_owned(),
            other => other.to_owned(),
        });
        let (names, values): (Vec<_>, Vec<_>) = (columns.collect(), copied.collect());
        let put_in = format!(
            "INSERT INTO people ({}) SELECT {} FROM people WHERE login = 'enfermera'",
            names.join(", "),
            values.join(", ")
        );
        db.batch_execute(&put_in).unwrap();
        let mut intruder = lab.nobody();
        let body = json!({ "login": "intrusa", "password": PASSWORD });
        let token = intruder.post("/api/v1/session", &body).await.expect(201).json["token"].clone();
        intruder.token = Some(token.as_str().unwrap().to_owned());
        let change = json!({ "old": PASSWORD, "new": "bugambilias en la barda" });
        intruder.post("/api/v1/account/password", &change).await.expect(204);
        let verdict = verify(&lab, &[]);
        assert_eq!(verdict.code, 1, "{}", verdict.text);
        let row = format!("BROKEN: people {}", id.simple());
        assert!(verdict.text.contains(&row), "{row}: {}", verdict.text);
    });
}

/// Whoever writes rows that name a person (scans, all day) and whoever changes that person's row don't wait for each other.
#[test]
fn a_row_that_others_name_is_changed_without_waiting_for_them() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let mut scanner = conn(&lab);
        if matches!(scanner, Conn::Pg(_)) {
            let names = "BEGIN; SELECT 1 FROM people WHERE login = 'enfermera' FOR KEY SHARE";
            scanner.batch_execute(names).unwrap();
        }
        let change = json!({ "old": PASSWORD, "new": "bugambilias en la barda" });
        nurse.post("/api/v1/account/password", &change).await.expect(204);
        if matches!(scanner, Conn::Pg(_)) {
            scanner.batch_execute("ROLLBACK").unwrap();
        }
        verify(&lab, &[]).is_sound();
    });
}

/// Every table has one fate, and every one that is left out says why where people read it.
#[test]
fn what_is_left_out_is_written_down() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ledger.md")).unwrap();
    for (table, fate) in TABLES {
        let row = match fate {
            Fate::LeftOut(why) => format!("| `{table}` | {why} |"),
            _ => continue,
        };
        assert!(text.contains(&row), "docs/ledger.md lacks: {row}");
    }
    for bound in Bound::all().unwrap() {
        for (column, why) in bound.left_out() {
            let row = format!("| `{}.{column}` | {why} |", bound.table.name);
            assert!(text.contains(&row), "docs/ledger.md lacks: {row}");
        }
    }
}
