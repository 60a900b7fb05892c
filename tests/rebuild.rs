//! `rastro rebuild`: a database written anew from its log has every row as it was, and what was changed beside the
//! program as the log says it; what the log has only by a digest is held against that.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output};

use crate::support::process::{done, rastro, said};
use crate::support::story::Story;
use crate::support::tamper::{administrator, conn, verify, verify_at};
use crate::support::{Client, Lab, both, run, skipped};
use diesel::connection::SimpleConnection;
use rastro::db::columns::{Cells, TABLES, Table};
use rastro::db::{Access, Clock, Conn, DataLock, is_postgres};
use rastro::people::Role;
use rastro::server;

const BY: [&str; 4] = ["--by", "admin", "--reason", "alguien cambió la base por fuera"];

/// Every row of every table, as texts.
type Rows = BTreeMap<&'static str, Vec<Cells>>;

fn rows(url: &str) -> Rows {
    let mut conn = Conn::open(url, Access::Read).unwrap();
    let all = |table: &'static Table, conn: &mut Conn| {
        (table.name, table.rows_after(conn, None, u32::MAX >> 1).unwrap())
    };
    TABLES.iter().map(|table| all(table, &mut conn)).collect()
}

/// `rastro rebuild` of a database into another one.
fn rebuild(dir: &Path, from: &str, into: &str, more: &[&str]) -> Output {
    let mut command = rastro(&["rebuild", "--into", into, "--data-dir"]);
    command.arg(dir).args(BY).args(more).env("DATABASE_URL", from).output().unwrap()
}

/// An empty database on the engine of `url`, which is gone in the end.
struct Empty {
    url: String,
    schema: Option<(String, String)>,
}

impl Empty {
    fn beside(dir: &Path, url: &str) -> Self {
        let name = format!("r{}", uuid::Uuid::now_v7().simple());
        if !is_postgres(url) {
            return Self { url: format!("sqlite://{}", dir.join(name).display()), schema: None };
        }
        let base = url.split("options=").next().unwrap().trim_end_matches(['?', '&']).to_owned();
        Conn::open(&base, Access::Write)
            .unwrap()
            .batch_execute(&format!("CREATE SCHEMA {name}"))
            .unwrap();
        let join = if base.contains('?') { '&' } else { '?' };
        Self {
            url: format!("{base}{join}options=-csearch_path%3D{name}"),
            schema: Some((base, name)),
        }
    }
    fn of(lab: &Lab) -> Self {
        Self::beside(lab.dir(), lab.app.db.url())
    }
}

impl Drop for Empty {
    fn drop(&mut self) {
        if let Some((base, name)) = &self.schema {
            let drop = format!("DROP SCHEMA {name} CASCADE");
            let _ = Conn::open(base, Access::Write).and_then(|mut c| Ok(c.batch_execute(&drop)?));
        }
    }
}

/// The rebuilt database is what the other one was, but for who rebuilt it: an audit row, which makes an entry. Nobody is
/// signed in.
#[track_caller]
fn is_as_it_was(was: &Rows, is: &Rows) {
    for (table, before) in was {
        let after = &is[table];
        let more = match *table {
            "audit_log" | "row_states" | "ledger_entries" => 1,
            "sessions" | "kept_forms" => {
                assert!(after.is_empty(), "{table}");
                continue;
            }
            // The entry's own: what it makes of the tree stands at its edge.
            "ledger_head" => continue,
            "ledger_nodes" => after.len().saturating_sub(before.len()),
            _ => 0,
        };
        let lost: Vec<&Cells> = before.iter().filter(|row| !after.contains(row)).collect();
        assert!(lost.is_empty(), "{table}: {lost:?}");
        assert_eq!(after.len(), before.len() + more, "{table}");
    }
}

/// A demonstration in `dir`, made and stopped; gives its database.
fn demonstration(dir: &Path) -> String {
    let mut child =
        rastro(&["demo", "--listen", "127.0.0.1:0", "--data-dir"]).arg(dir).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.by_ref().map_while(Result::ok).find(|l| l.starts_with("listening on http"));
    let address = line.expect("it did not start").replace("listening on ", "");
    // Once it answers it also hears that it is to stop.
    run(async { drop(Client::of(address).get("/healthz").await.expect(200)) });
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    format!("sqlite://{}", dir.join("rastro.db").display())
}

#[test]
fn a_demonstration_is_rebuilt_row_for_row_on_either_engine() {
    let dir = tempfile::tempdir().unwrap();
    let from = demonstration(dir.path());
    let was = rows(&from);
    assert!(was["containers"].len() > 5 && was["row_states"].len() > 100);
    let mut engines = vec![Empty::beside(dir.path(), &from)];
    match std::env::var("RASTRO_TEST_POSTGRES") {
        Ok(base) => engines.push(Empty::beside(dir.path(), &base)),
        Err(_) => assert!(skipped("postgres"), "RASTRO_TEST_POSTGRES names no server"),
    }
    for into in &engines {
        let text = done(&rebuild(dir.path(), &from, &into.url, &[]));
        assert!(
            text.contains("rebuilt: 0 values") && text.contains(" 0 rows that it does not know"),
            "{text}"
        );
        is_as_it_was(&was, &rows(&into.url));
        verify_at(dir.path(), &into.url, &[]).is_sound();
    }
    assert_eq!(rows(&from), was, "it is only read");
}

/// A lab with a tube at the laboratory, and an administrator.
async fn at_work(lab: &Lab) {
    lab.account("admin", &[Role::Admin], &[]).await;
    Story::accepted(lab).await;
    verify(lab, &[]).is_sound();
}

/// What was done beside the program, each with how it is told: values of columns, rows taken away, one put in.
const DONE: [(&str, &str); 6] = [
    ("UPDATE containers SET place = 'NADA'", "AS THE LOG SAYS: containers.place of "),
    (
        "UPDATE people SET licence = '6666666' WHERE login = 'enfermera'",
        "AS THE LOG SAYS: people.licence of ",
    ),
    ("DELETE FROM study_specimens", "AS THE LOG SAYS: study_specimens "),
    ("DELETE FROM person_roles WHERE role = 'collector'", "AS THE LOG SAYS: person_roles "),
    (
        "INSERT INTO person_roles SELECT id, 'validator' FROM people WHERE login = 'enfermera'",
        "LEFT OUT: person_roles ",
    ),
    ("DELETE FROM audit_log", "AS THE LOG SAYS: audit_log "),
];

#[test]
fn what_was_changed_beside_the_program_is_rebuilt_as_the_log_says() {
    both(|lab| async move {
        at_work(&lab).await;
        let url = lab.app.db.url().to_owned();
        let was = rows(&url);
        let mut db = administrator(&lab);
        for (statement, _) in DONE {
            db.batch_execute(statement).unwrap();
        }
        assert_eq!(verify(&lab, &[]).code, 1);
        let into = Empty::of(&lab);
        let text = done(&rebuild(lab.dir(), &url, &into.url, &[]));
        for (_, told) in DONE {
            assert!(text.contains(told), "{told}: {text}");
        }
        is_as_it_was(&was, &rows(&into.url));
        let verdict = verify_at(lab.dir(), &into.url, &[]);
        assert_eq!(verdict.code, 0, "{}", verdict.text);
        assert!(verdict.text.contains("\nsound\n"), "{}", verdict.text);
        // A server goes on with it.
        let settings =
            rastro::app::Settings { database_url: into.url.clone(), ..(*lab.app.settings).clone() };
        let app = server::open(settings, Clock::system()).await.unwrap();
        assert!(!app.ledger.standing().get().refuses_writes());
        app.db.close().await;
        assert_eq!(verify_at(lab.dir(), &into.url, &[]).code, 0);
    });
}

/// The log has of a name no more than its digest: another one is not taken for it, whoever says so; the true one is,
/// from wherever there is one.
#[test]
fn a_value_that_does_not_fit_its_digest_is_refused_by_name() {
    both(|lab| async move {
        at_work(&lab).await;
        let url = lab.app.db.url().to_owned();
        let (was, kept) = (rows(&url), Empty::of(&lab));
        done(&rebuild(lab.dir(), &url, &kept.url, &[]));
        administrator(&lab).batch_execute("UPDATE patients SET surname1 = 'Otro'").unwrap();
        let into = Empty::of(&lab);
        let refused = rebuild(lab.dir(), &url, &into.url, &[]);
        let text = said(&refused);
        assert_eq!(refused.status.code(), Some(1), "{text}");
        for told in ["LACKS: patients.surname1 of ", "only by a digest", "--also"] {
            assert!(text.contains(told), "{told}: {text}");
        }
        assert!(!text.contains("Otro"), "no name in what is said: {text}");
        // Nothing was made: the same database is filled by who has the name.
        let text = done(&rebuild(lab.dir(), &url, &into.url, &["--also", &kept.url]));
        assert!(text.contains("AS THE LOG SAYS: patients.surname1 of "), "{text}");
        is_as_it_was(&was, &rows(&into.url));
        verify_at(lab.dir(), &into.url, &[]).is_sound();
        // Or put back as it was.
        let back = was["patients"][0].clone();
        let at =
            Table::named("patients").unwrap().columns.iter().position(|c| c.name == "surname1");
        let name = back[at.unwrap()].clone().unwrap();
        administrator(&lab)
            .batch_execute(&format!("UPDATE patients SET surname1 = '{name}'"))
            .unwrap();
        done(&rebuild(lab.dir(), &url, &Empty::of(&lab).url, &[]));
    });
}

#[test]
fn a_database_with_data_one_in_use_and_a_broken_log_are_refused() {
    both(|lab| async move {
        at_work(&lab).await;
        let (url, into) = (lab.app.db.url().to_owned(), Empty::of(&lab));
        let no = |into: &str, code: i32, told: &str| {
            let out = rebuild(lab.dir(), &url, into, &[]);
            let text = said(&out);
            assert!(out.status.code() == Some(code) && text.contains(told), "{told}: {text}");
        };
        done(&rebuild(lab.dir(), &url, &into.url, &[]));
        no(&into.url, 1, "holds data already");
        let fresh = Empty::of(&lab);
        if !is_postgres(&url) {
            let held = DataLock::take(&url).unwrap();
            no(&fresh.url, 6, "another process");
            drop(held);
        }
        let mut db = administrator(&lab);
        let custody = "UPDATE custody_events SET place = 'NADA' WHERE seq = 1";
        if is_postgres(&url) {
            conn(&lab).batch_execute("ALTER TABLE custody_events DISABLE TRIGGER USER").unwrap();
        }
        db.batch_execute(custody).unwrap();
        no(&fresh.url, 1, "the log itself does not hold");
    });
}
