//! A row that was restored or put in by hand and holds what its type can't be never takes a list
//! down: the list says so, by the row's key, and shows all the others. Over HTTP on both engines.

use crate::support::everything::{Everybody, Ids, MOVED_FROM_END, everything};
use crate::support::fill::lines;
use crate::support::{Client, Lab, both};
use diesel::connection::SimpleConnection;
use rastro::db::{Access, Conn};
use serde_json::{Value, json};

/// What a page says of a row that can't be read.
const SAID: &str = "can’t be read";

/// A way to break one row, and where it is met.
struct Break {
    table: &'static str,
    column: &'static str,
    /// Which row: its key's column, and a condition in SQL.
    key: &'static str,
    of: String,
    /// Lists of the API: who asks, and for what.
    lists: Vec<(&'static str, String)>,
    /// Pages: who opens it.
    pages: Vec<(&'static str, String)>,
}

/// An administrator's connection that no trigger and no check stops, as a restore has one.
struct Administrator(Conn);

impl Administrator {
    fn of(lab: &Lab, tables: &[&str]) -> Self {
        let mut conn = Conn::open(lab.app.db.url(), Access::Write).unwrap();
        if let Conn::Sqlite(_) = conn {
            conn.batch_execute("PRAGMA ignore_check_constraints = ON").unwrap();
        }
        for table in tables {
            if let Conn::Pg(_) = conn {
                let checks = format!(
                    "SELECT conname::text AS line FROM pg_constraint \
                     WHERE conrelid = '{table}'::regclass AND contype = 'c'"
                );
                for check in lines(&mut conn, &checks) {
                    conn.batch_execute(&format!("ALTER TABLE {table} DROP CONSTRAINT {check}"))
                        .unwrap();
                }
            }
            let free = match conn {
                Conn::Sqlite(_) => format!("DROP TRIGGER IF EXISTS {table}_no_update"),
                Conn::Pg(_) => format!("ALTER TABLE {table} DISABLE TRIGGER USER"),
            };
            conn.batch_execute(&free).unwrap();
        }
        Self(conn)
    }
    fn text(&mut self, sql: &str) -> String {
        let rows = lines(&mut self.0, sql);
        rows.first().unwrap_or_else(|| panic!("no row: {sql}")).clone()
    }
    fn run(&mut self, sql: &str) {
        self.0.batch_execute(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
    /// A key as it is told.
    fn key(&mut self, b: &Break) -> String {
        let raw = match self.0 {
            Conn::Sqlite(_) => {
                format!("CASE typeof({0}) WHEN 'blob' THEN lower(hex({0})) ELSE {0} END", b.key)
            }
            Conn::Pg(_) => format!("{}::text", b.key),
        };
        let raw = self.text(&format!(
            "SELECT {raw} AS line FROM {} WHERE {} ORDER BY {} DESC LIMIT 1",
            b.table, b.of, b.key
        ));
        raw.parse::<uuid::Uuid>().map_or(raw, |id| id.to_string())
    }
    /// The condition of the one row.
    fn one(&self, b: &Break, key: &str) -> String {
        let value = match (&self.0, key.parse::<uuid::Uuid>()) {
            (Conn::Sqlite(_), Ok(id)) => format!("x'{}'", id.simple()),
            _ => format!("'{key}'"),
        };
        // Not by what stands in the broken column itself.
        match b.table {
            "custody_events" => format!("{} AND {} = {value}", b.of, b.key),
            _ => format!("{} = {value}", b.key),
        }
    }
}

fn breaks(ids: &Ids, child: &str, (moved, is_moved): (&str, &str), corrected: &Ids) -> Vec<Break> {
    let (patient, study, code) = (&ids.patient, &ids.study, &ids.code);
    let all = || "1 = 1".to_owned();
    let at = |who: &'static str, path: &str| (who, path.to_owned());
    let home = format!("/en/patients/{patient}");
    let course = format!("/en/patients/{patient}/mrd");
    let sample = format!("/en/samples/{code}");
    let moved = format!("/en/patients/{moved}");
    vec![
        Break {
            table: "patients",
            column: "sex",
            key: "id",
            of: child.to_owned(),
            lists: vec![
                at("enfermera", "/api/v1/patients"),
                at("recepcion", "/api/v1/patients?limit=200"),
            ],
            pages: vec![at("enfermera", "/en/patients"), at("recepcion", "/en/studies")],
        },
        Break {
            table: "containers",
            column: "status",
            key: "id",
            of: all(),
            lists: vec![
                at("enfermera", "/api/v1/containers"),
                at("recepcion", "/api/v1/containers"),
                at("coordinadora", "/api/v1/containers"),
            ],
            pages: vec![at("enfermera", "/en/samples"), at("recepcion", "/en/samples")],
        },
        Break {
            table: "containers",
            column: "code",
            key: "id",
            of: child.replace("id =", "patient_id ="),
            lists: vec![at("recepcion", "/api/v1/containers?limit=200")],
            pages: vec![at("oncologa", &format!("/en/studies/{study}"))],
        },
        Break {
            table: "studies",
            column: "state",
            key: "id",
            of: child.replace("id =", "patient_id ="),
            lists: vec![
                at("enfermera", "/api/v1/studies?limit=200"),
                at("analista", "/api/v1/results?limit=200"),
            ],
            pages: vec![
                at("enfermera", "/en/studies"),
                at("oncologa", &home),
                at("oncologa", "/en/results"),
                at("oncologa", &course),
            ],
        },
        Break {
            table: "study_events",
            column: "kind",
            key: "event_id",
            of: "seq = 1".into(),
            lists: vec![],
            pages: vec![
                at("enfermera", &format!("/en/studies/{}/answers", corrected.study)),
                at("oncologa", &format!("/en/patients/{}/mrd", corrected.patient)),
            ],
        },
        Break {
            table: "study_attachments",
            column: "media_type",
            key: "event_id",
            of: "seq = 1".into(),
            lists: vec![at(
                "enfermera",
                &format!("/api/v1/studies/{}/attachments", corrected.study),
            )],
            pages: vec![at("enfermera", &format!("/en/studies/{}/attachments", corrected.study))],
        },
        Break {
            table: "doubts",
            column: "state",
            key: "id",
            of: "closed_at IS NULL".into(),
            lists: vec![
                at("calidad", "/api/v1/doubts"),
                at("oncologa", "/api/v1/doubts?open=true"),
            ],
            pages: vec![at("calidad", "/en/doubts"), at("oncologa", "/en/results")],
        },
        Break {
            table: "result_heads",
            column: "state",
            key: "study_id",
            of: child.replace("id =", "patient_id ="),
            lists: vec![
                at("oncologa", "/api/v1/results?limit=200"),
                at("validador", "/api/v1/results?limit=200"),
            ],
            pages: vec![at("oncologa", "/en/results"), at("oncologa", &course)],
        },
        Break {
            table: "result_versions",
            column: "denominator",
            key: "id",
            of: format!(
                "denominator IS NOT NULL AND study_id IN (SELECT study_id FROM result_heads WHERE {} AND released_id = result_versions.id)",
                child.replace("id =", "patient_id =")
            ),
            lists: vec![],
            pages: vec![at("oncologa", &course)],
        },
        Break {
            table: "due_points",
            column: "state",
            key: "id",
            of: child.replace("id =", "patient_id ="),
            lists: vec![],
            pages: vec![at("enfermera", &home)],
        },
        Break {
            table: "custody_events",
            column: "kind",
            key: "seq",
            of: tube(child, 3),
            lists: vec![at("recepcion", &format!("/api/v1/containers/{code}/events"))],
            pages: vec![at("recepcion", &sample)],
        },
        Break {
            table: "custody_events",
            column: "actor_role",
            key: "seq",
            of: tube(child, 1),
            lists: vec![at("enfermera", &format!("/api/v1/containers/{code}/events"))],
            pages: vec![at("enfermera", &sample)],
        },
        Break {
            table: "audit_log",
            column: "action",
            key: "id",
            of: "action = 'read-patient'".into(),
            lists: vec![
                at("auditora", "/api/v1/audit?limit=200"),
                at("jefa", "/api/v1/audit?limit=200"),
            ],
            pages: vec![],
        },
        Break {
            table: "care_requests",
            column: "kind",
            key: "id",
            of: all(),
            lists: vec![at("coordinadora", "/api/v1/care/requests?open=false")],
            pages: vec![at("coordinadora", "/en/care?all=yes")],
        },
        Break {
            table: "care_requests",
            column: "state",
            key: "id",
            of: is_moved.replace("id =", "patient_id ="),
            lists: vec![],
            pages: vec![at("enfermera", &moved), at("oncologa", &format!("{moved}/mrd"))],
        },
        Break {
            table: "care_events",
            column: "kind",
            key: "event_id",
            of: is_moved.replace("id =", "patient_id ="),
            lists: vec![],
            pages: vec![at("enfermera", &moved), at("oncologa", &format!("{moved}/mrd"))],
        },
        Break {
            table: "printers",
            column: "status",
            key: "id",
            of: all(),
            lists: vec![],
            pages: vec![at("enfermera", "/en/printers"), at("admin", "/en/printers")],
        },
        Break {
            table: "person_roles",
            column: "role",
            key: "person_id",
            of: "person_id = (SELECT id FROM people WHERE login = 'mensajero')".into(),
            lists: vec![],
            pages: vec![at("admin", "/en/admin/users")],
        },
        Break {
            table: "print_jobs",
            column: "state",
            key: "id",
            of: all(),
            lists: vec![at("enfermera", "/api/v1/print-jobs")],
            pages: vec![at("enfermera", "/en/print-jobs")],
        },
    ]
}

/// The condition of an event of the child's tube.
fn tube(child: &str, seq: u32) -> String {
    let of = child.replace("id =", "patient_id =");
    format!("seq = {seq} AND container_id IN (SELECT id FROM containers WHERE {of})")
}

/// The condition of the child by its key, on either engine.
fn is_child(lab: &Lab, id: &str) -> String {
    let id: uuid::Uuid = id.parse().unwrap();
    match rastro::db::is_postgres(lab.app.db.url()) {
        true => format!("id = '{id}'"),
        false => format!("id = x'{}'", id.simple()),
    }
}

async fn list(who: &Client, path: &str) -> (Vec<Value>, Vec<Value>) {
    let answer = who.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let of = |name: &str| answer.json[name].as_array().unwrap().clone();
    (of("items"), of("unreadable"))
}

#[test]
fn a_row_that_cannot_be_read_takes_no_list_down() {
    both(|lab| async move {
        let mut people = Everybody::of(&lab).await;
        let ids = everything(&lab, &mut people).await;
        let child = is_child(&lab, &ids[0].patient);
        let moved = &ids[ids.len() - MOVED_FROM_END].patient;
        let corrected = ids.iter().find(|i| !i.proposal.is_empty() && !i.study.is_empty()).unwrap();
        let breaks = breaks(&ids[0], &child, (moved, &is_child(&lab, moved)), corrected);
        let tables: Vec<_> = breaks.iter().map(|b| b.table).collect();
        let mut admin = Administrator::of(&lab, &tables);
        let client =
            |login: &str| people.all().into_iter().find(|(l, _)| *l == login).unwrap().1.clone();
        for b in &breaks {
            let (table, column) = (b.table, b.column);
            let key = admin.key(b);
            let one = admin.one(b, &key);
            let before = admin.text(&format!("SELECT {column} AS line FROM {table} WHERE {one}"));
            // How long each list is while all is well.
            let mut whole = vec![];
            for (who, path) in &b.lists {
                let (items, unreadable) = list(&client(who), path).await;
                assert_eq!(unreadable, Vec::<Value>::new(), "{who} {path}");
                whole.push(items.len());
            }
            for (who, path) in &b.pages {
                let page = client(who).get(path).await.expect(200).text();
                assert!(!page.contains(SAID), "{who} {path} before {table}.{column}");
            }
            admin.run(&format!("UPDATE {table} SET {column} = 'no-such-word' WHERE {one}"));
            for ((who, path), n) in b.lists.iter().zip(whole) {
                let (items, unreadable) = list(&client(who), path).await;
                // What is read is written down, so the log itself has grown meanwhile.
                let grows = table == "audit_log";
                assert!(grows || items.len() + 1 == n, "{who} {path}: {} of {n}", items.len());
                assert_eq!(unreadable.len(), 1, "{who} {path} of {table}.{column}");
                let told = &unreadable[0];
                assert_eq!(told["table"], table, "{who} {path}");
                assert_eq!(told["column"], column, "{who} {path}");
                assert_eq!(told["id"], key, "{who} {path}");
                // What stands there may be a name: it is told to nobody.
                assert!(!told.to_string().contains("no-such-word"), "{told}");
            }
            for (who, path) in &b.pages {
                let page = client(who).get(path).await;
                assert_eq!(page.status, 200, "{who} {path} with {table}.{column}");
                let text = page.text();
                assert!(text.contains(SAID), "{who} {path} says nothing of {table}.{column}");
                assert!(!text.contains("no-such-word"), "{who} {path} shows what stands there");
            }
            admin.run(&format!("UPDATE {table} SET {column} = '{before}' WHERE {one}"));
        }
    });
}

/// A centre that asks is told that its question can't be shown, and never which child it is about:
/// whether there is one is what it waits to be told.
#[test]
fn a_child_that_cannot_be_read_is_named_to_nobody_who_asks() {
    both(|lab| async move {
        let mut people = Everybody::of(&lab).await;
        let ids = everything(&lab, &mut people).await;
        let mut admin = Administrator::of(&lab, &["patients"]);
        let requests = "/api/v1/care/requests?open=false";
        let all = people.all();
        let by = |login: &str| all.iter().find(|(l, _)| *l == login).unwrap().1;
        let whole = list(by("coordinadora"), requests).await.0;
        assert!(!whole.is_empty());
        let before = admin.text("SELECT min(sex) AS line FROM patients");
        admin.run("UPDATE patients SET sex = 'no-such-word'");
        for (login, who) in &all {
            let answer = who.get(requests).await;
            if answer.status != 200 {
                continue;
            }
            let told = answer.json["unreadable"].as_array().unwrap();
            assert_eq!(answer.json["items"], json!([]), "{login}");
            for u in told {
                assert_eq!(
                    (&u["table"], &u["column"]),
                    (&json!("care_requests"), &json!("patient_id"))
                );
            }
            for child in ids.iter().filter(|child| !child.patient.is_empty()) {
                assert!(
                    !answer.text().contains(&child.patient),
                    "{login} is told of {}",
                    child.patient
                );
            }
            if *login == "coordinadora" {
                assert_eq!(told.len(), whole.len());
                let page = who.get("/en/care?all=yes").await.expect(200).text();
                assert!(page.contains(SAID), "{page}");
            }
        }
        admin.run(&format!("UPDATE patients SET sex = '{before}'"));
    });
}

/// Every row of a list by pages of `limit`: how many were read, and the keys of those that weren't.
async fn walked(who: &Client, path: &str, limit: usize) -> (usize, Vec<String>) {
    let (mut read, mut broken, mut after) = (0, vec![], String::new());
    for _ in 0..200 {
        let join = if path.contains('?') { '&' } else { '?' };
        let page = who.get(&format!("{path}{join}limit={limit}{after}")).await.expect(200).json;
        let of = |name: &str| page[name].as_array().unwrap().clone();
        read += of("items").len();
        broken.extend(of("unreadable").iter().map(|u| u["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return (read, broken),
        }
    }
    panic!("{path} has no end");
}

#[test]
fn pages_go_on_after_a_row_that_cannot_be_read() {
    both(|lab| async move {
        let mut people = Everybody::of(&lab).await;
        let ids = everything(&lab, &mut people).await;
        let child = is_child(&lab, &ids[0].patient);
        let of_child = child.replace("id =", "patient_id =");
        let (nurse, stranger) = (&people.cast.nurse, people.who("ajena"));
        let lists = [
            ("patients", "sex", "id", "/api/v1/patients", child.as_str()),
            ("containers", "status", "id", "/api/v1/containers", &of_child),
            ("studies", "state", "id", "/api/v1/studies", &of_child),
            ("print_jobs", "state", "id", "/api/v1/print-jobs", "1 = 1"),
        ];
        let mut admin = Administrator::of(&lab, &lists.map(|l| l.0));
        for (table, column, key, path, of) in lists {
            let (all, none) = walked(nurse, path, 200).await;
            assert!(all > 2 && none.is_empty(), "{path}");
            let b = Break { table, column, key, of: of.to_owned(), lists: vec![], pages: vec![] };
            let id = admin.key(&b);
            let one = admin.one(&b, &id);
            let before = admin.text(&format!("SELECT {column} AS line FROM {table} WHERE {one}"));
            admin.run(&format!("UPDATE {table} SET {column} = 'no-such-word' WHERE {one}"));
            for limit in [1, 2, 3, 200] {
                let walked = walked(nurse, path, limit).await;
                assert_eq!(walked, (all - 1, vec![id.clone()]), "{path} by {limit}");
            }
            // Out of reach nobody is told that it exists.
            assert_eq!(walked(stranger, path, 2).await, (0, vec![]), "{path}");
            admin.run(&format!("UPDATE {table} SET {column} = '{before}' WHERE {one}"));
        }
    });
}

#[test]
fn the_file_of_the_log_tells_of_rows_that_cannot_be_read() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        nurse.registers(1).await;
        let auditor = lab.person("auditora", &[rastro::people::Role::Auditor], &[]).await;
        let mut admin = Administrator::of(&lab, &["audit_log"]);
        // More than a page of the file, and every one broken: it still ends.
        for _ in 0..210 {
            nurse.get("/api/v1/studies").await.expect(200);
            nurse.get("/en/studies").await.expect(200);
        }
        let broken =
            "UPDATE audit_log SET outcome = 'no-such-word' WHERE action = 'search-patients'";
        admin.run(broken);
        let n = admin.text(
            "SELECT CAST(count(*) AS text) AS line FROM audit_log WHERE outcome = 'no-such-word'",
        );
        let n: usize = n.parse().unwrap();
        assert!(n > 200, "{n}");
        let file = auditor.get("/en/audit/export").await.expect(200).text();
        assert_eq!(file.lines().filter(|l| l.contains("unreadable")).count(), n);
        assert!(file.contains("sign-in") && !file.contains("no-such-word"), "{n}");
    });
}

#[test]
fn one_that_cannot_be_read_says_so_itself() {
    both(|lab| async move {
        let mut people = Everybody::of(&lab).await;
        let ids = everything(&lab, &mut people).await;
        let child = is_child(&lab, &ids[0].patient).replace("id =", "patient_id =");
        let mut admin = Administrator::of(&lab, &["containers", "result_heads"]);
        let nurse = &people.cast.nurse;
        let oncologist = people.who("oncologa");
        let course = format!("/api/v1/patients/{}/results", ids[0].patient);
        assert!(!oncologist.get(&course).await.expect(200).json.as_array().unwrap().is_empty());
        // A program gets a course whole or not at all.
        admin.run(&format!("UPDATE result_heads SET state = 'no-such-word' WHERE {child}"));
        let told = oncologist.get(&course).await.expect(500).json;
        assert_eq!(told["code"], "unreadable");
        assert!(!told["unreadable"].as_array().unwrap().is_empty(), "{told}");
        assert!(told["detail"].as_str().unwrap().contains("no se puede leer"), "{told}");
        // The page of the course says so before anything else on it.
        let page = format!("/en/patients/{}/mrd", ids[0].patient);
        let page = oncologist.get(&page).await.expect(200).text();
        assert!(page.contains("This course is not whole"), "{page}");
        // A tube's own page and its scan.
        admin.run(&format!("UPDATE containers SET status = 'no-such-word' WHERE {child}"));
        let tube = nurse.get(&format!("/api/v1/containers/{}", ids[0].code)).await.expect(500);
        assert_eq!(tube.code(), "unreadable");
        let page = nurse.get(&format!("/en/samples/{}", ids[0].code)).await.expect(500).text();
        assert!(page.contains(SAID), "{page}");
        let scan =
            crate::support::story::scan(&lab, &ids[0].code, "confirm", serde_json::json!({}));
        let answer = nurse.batch(std::slice::from_ref(&scan)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (500, "unreadable"));
        // Put right, the same scan is taken.
        admin.run(&format!("UPDATE containers SET status = 'accepted' WHERE {child}"));
        let again = nurse.batch(&[scan]).await.expect(200);
        assert_ne!(again.json["results"][0]["outcome"], "unavailable", "{}", again.json);
    });
}

/// A proposal of a centre that somebody takes back at once, as the page's forms do.
async fn taken_back(who: &Client, code: &str) {
    let why = ("reason", "Oficio 123/2026 de la delegación, del 3 de marzo");
    let fields = [("name", code), ("city", "Metepec"), ("state", "México"), ("clues", ""), why];
    let at = |what: &str| format!("/en/centres/{code}{what}");
    who.form(&at("/propose"), &fields).await.expect(303);
    let page = who.get(&at("")).await.expect(200).text();
    let id = page.split("name=\"proposal\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    who.form(&at("/withdraw"), &[("proposal", id)]).await.expect(303);
}

/// What the network is set up by is few rows of which several decide together: what can't be known
/// any more is told by its name, the rest of the list stands.
#[test]
fn what_is_set_up_goes_on_without_a_row_that_cannot_be_read() {
    both(|lab| async move {
        use rastro::people::Role;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let coordinator = lab.person("coordinadora", &[Role::Coordinator], &[]).await;
        let tube = "edta-50x25";
        let proposed = crate::support::templates::proposes(&head, tube).await.expect(201).json;
        let taken = json!({ "proposal": proposed["proposal"], "decision": "withdrawn" });
        head.post(&format!("/api/v1/label-templates/{tube}/decisions"), &taken).await.expect(204);
        taken_back(&coordinator, "MET").await;
        let protocol = crate::support::course::PROTOCOL;
        let path = |what: &str| format!("/api/v1/protocols/{protocol}/{what}");
        let why = json!({ "reason": "Lo usan todos los centros de la red." });
        head.post(&path("proposals"), &why).await.expect(204);
        let proof = json!({ "password": crate::support::PASSWORD });
        coordinator.post(&path("approvals"), &proof).await.expect(204);
        let sqlite = !rastro::db::is_postgres(lab.app.db.url());
        let mut admin = Administrator::of(
            &lab,
            &["label_template_decisions", "reference_decisions", "protocol_approvals", "sites"],
        );
        // Table and column, its rows, the page, what of it is not known any more, what still is,
        // the bare list of the API.
        let mut others = lab.app.catalogue.protocols.iter().map(|p| p.id.as_str());
        let other = others.find(|id| *id != protocol).unwrap();
        let broken = [
            (
                ("protocol_approvals", "approved_at", "1 = 1"),
                ("/en/protocols", protocol, other),
                Some("/api/v1/protocols"),
            ),
            (
                ("label_template_decisions", "decision", "1 = 1"),
                ("/en/label-templates", tube, "cryo-wrap-33x13"),
                Some("/api/v1/label-templates"),
            ),
            (("reference_decisions", "decision", "1 = 1"), ("/en/centres", "", "MET"), None),
            (("sites", "kind", "code = 'TIJ'"), ("/en/centres", "TIJ", "MET"), None),
        ];
        let link = |page: &str, of: &str| format!("href=\"{page}/{of}\"");
        for ((table, column, of), (page, lost, kept), list) in broken {
            let text = head.get(page).await.expect(200).text();
            assert!(!text.contains(SAID), "{page} before {table}");
            assert!(text.contains(&link(page, lost)) || lost.is_empty(), "{page}: {lost}");
            let before = admin
                .text(&format!("SELECT CAST({column} AS text) AS line FROM {table} WHERE {of}"));
            let wrong = match (column, sqlite) {
                ("approved_at", true) => "9223372036854775807",
                ("approved_at", false) => "'infinity'",
                _ => "'no-such-word'",
            };
            admin.run(&format!("UPDATE {table} SET {column} = {wrong} WHERE {of}"));
            let text = head.get(page).await.expect(200).text();
            assert!(text.contains(SAID), "{page} says nothing of {table}");
            assert!(!text.contains("no-such-word"), "{page} shows what stands there");
            assert!(text.contains(&link(page, kept)), "{page} lost {kept}");
            assert!(lost.is_empty() || !text.contains(&link(page, lost)), "{page} says {lost}");
            if let Some(path) = list {
                // A bare list has no place to say so.
                let answer = head.get(path).await.expect(500).json;
                assert_eq!(answer["code"], "unreadable", "{path}");
                assert_eq!(answer["unreadable"][0]["id"], lost, "{path}");
                let one = head.get(&format!("{path}/{lost}")).await.expect(500).json;
                assert_eq!(one["code"], "unreadable", "{path}/{lost}");
                head.get(&format!("{path}/{kept}")).await.expect(200);
            }
            if table == "sites" {
                a_site_stays_what_it_was(&lab, &mut admin).await;
            }
            let was = if before.parse::<i64>().is_ok() { before } else { format!("'{before}'") };
            admin.run(&format!("UPDATE {table} SET {column} = {was} WHERE {of}"));
            let text = head.get(page).await.expect(200).text();
            assert!(!text.contains(SAID), "{page} after {table}");
        }
    });
}

/// A running server goes on with what it knew of Tijuana, and takes over what became of others; one
/// that starts says what keeps it from it.
async fn a_site_stays_what_it_was(lab: &Lab, admin: &mut Administrator) {
    let all = lab.app.sites.all().len();
    let before = lab.app.sites.by_code("TIJ").unwrap().clone();
    admin.run("UPDATE sites SET name = 'Otro nombre' WHERE code = 'MET'");
    rastro::reference::service::refresh_sites(&lab.app).await.unwrap();
    assert_eq!(lab.app.sites.by_code("TIJ"), Some(&before));
    assert_eq!(lab.app.sites.by_code("MET").unwrap().name, "Otro nombre");
    assert_eq!(lab.app.sites.all().len(), all);
    let started = lab.app.db.read(|c| rastro::sites::store::all(c)).await.unwrap_err().to_string();
    assert!(started.contains(&format!("sites {}: kind", before.id)), "{started}");
}
