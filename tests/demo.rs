//! The demonstration never touches a real database, shows only accounts that open, and is served
//! only when it is whole. The program itself, on both engines.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::support::process::rastro;
use crate::support::tamper::conn;
use crate::support::{Client, Lab, PASSWORD, both, one};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rastro::access::service as access;
use rastro::db::{Access, Conn, DbError};
use rastro::demo::{self, Mark};
use rastro::people::{Role, store as people};
use rastro::schema::people as people_rows;
use serde_json::{Value, json};

/// `rastro <args>` on a lab's database.
fn on(lab: &Lab, dir: &Path, args: &[&str]) -> Command {
    let mut command = rastro(args);
    command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(dir);
    command.env("DATABASE_URL", lab.app.db.url()).env_remove("RASTRO_DEMO");
    command
}

/// Runs a command that is to end by itself, badly; gives what it said.
fn refused(mut command: Command) -> String {
    let out = command.output().unwrap();
    let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    assert!(!out.status.success(), "{text}");
    text
}

/// A server that runs, and what it printed before it listened.
struct Running {
    child: Child,
    said: Vec<String>,
    base: String,
}

impl Running {
    /// Waits until it listens; `Err` with everything it said if it ends instead.
    fn start(mut command: Command) -> Result<Self, String> {
        let mut child = command.spawn().unwrap();
        let mut errors = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).unwrap();
            text
        });
        let mut said = vec![];
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(base) = line.strip_prefix("listening on ") {
                let base = base.to_owned();
                return Ok(Self { child, said, base });
            }
            said.push(line);
        }
        child.wait().unwrap();
        Err(format!("{}\n{}", said.join("\n"), errors.join().unwrap()))
    }

    /// A person of the demonstration.
    async fn signed_in(&self, login: &str) -> Client {
        let body = json!({ "login": login, "password": PASSWORD });
        let mut client = Client::of(self.base.clone());
        let made = client.post("/api/v1/session", &body).await.expect(201);
        client.token = made.json["token"].as_str().map(str::to_owned);
        client
    }

    /// Logins of the accounts that it printed.
    fn printed(&self) -> Vec<String> {
        let lines = self.said.iter().filter(|l| l.starts_with("  "));
        lines.map(|l| l.split_whitespace().next().unwrap().to_owned()).collect()
    }

    async fn opens(&self, login: &str) -> bool {
        let body = json!({ "login": login, "password": PASSWORD });
        let client = crate::support::Client::of(self.base.clone());
        client.post("/api/v1/session", &body).await.status == 201
    }

    async fn sign_in_page(&self) -> String {
        crate::support::Client::of(self.base.clone()).get("/es/entrar").await.expect(200).text()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn counted(lab: &Lab) -> (i64, Vec<Mark>) {
    let mut conn = conn(lab);
    let people = people_rows::table.count().get_result(&mut conn).unwrap();
    let marks = demo::store::marks(&mut conn).unwrap();
    (people, marks.into_iter().map(|(m, _)| m).collect())
}

#[test]
fn a_demonstration_refuses_a_database_with_anything_in_it_and_changes_nothing() {
    both(|lab| async move {
        let lab = lab;
        let nurse = lab.nurse().await;
        nurse.registers(1).await;
        let before = counted(&lab);
        let elsewhere = lab.dir().join("elsewhere");
        for dir in [lab.dir(), &elsewhere] {
            let said = refused(on(&lab, dir, &["demo"]));
            assert!(said.contains("did not make") && said.contains("patients"), "{said}");
            assert!(said.contains("--data-dir"), "{said}");
            assert!(!said.contains(PASSWORD), "{said}");
        }
        assert!(!elsewhere.exists(), "no key, no checkpoint is made for it");
        // Nor does a server show the accounts of a demonstration there.
        let mut serve = on(&lab, &elsewhere, &["serve"]);
        serve.env("RASTRO_DEMO", "true");
        let said = refused(serve);
        assert!(said.contains("did not make") && !said.contains("listening"), "{said}");
        assert_eq!(counted(&lab), before);
        assert!(before.1.is_empty());
    });
}

#[test]
fn a_server_shows_no_demonstration_where_there_is_none() {
    both(|lab| async move {
        let lab = lab;
        let mut serve = on(&lab, lab.dir(), &["serve"]);
        serve.env("RASTRO_DEMO", "1");
        let said = refused(serve);
        assert!(said.contains("there is no demonstration in this database"), "{said}");
        assert_eq!(counted(&lab), (0, vec![]));
    });
}

#[test]
fn one_row_of_anything_is_enough_to_refuse() {
    both(|lab| async move {
        let lab = lab;
        // No account yet, but an administrator's command has been here and was refused nothing.
        let own = "INSERT INTO number_series (series, year, next) VALUES ('P', 2026, 2)";
        conn(&lab).batch_execute(own).unwrap();
        let said = refused(on(&lab, lab.dir(), &["demo"]));
        assert!(said.contains("number_series"), "{said}");
        assert_eq!(counted(&lab), (0, vec![]));
    });
}

#[test]
fn somebody_elses_file_is_not_even_turned_into_our_format() {
    one(|lab| async move {
        let dir = lab.dir().join("other");
        std::fs::create_dir(&dir).unwrap();
        let path = dir.join("rastro.db");
        let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        other
            .batch_execute("CREATE TABLE stock (n INTEGER); INSERT INTO stock VALUES (7)")
            .unwrap();
        drop(other);
        let before = std::fs::read(&path).unwrap();
        let mut command = rastro(&["demo", "--listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(&dir);
        let said = refused(command);
        assert!(said.contains("stock"), "{said}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
        let names: Vec<_> =
            std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["rastro.db"]);
    });
}

#[test]
fn a_demonstration_never_signs_over_another_databases_log() {
    both(|lab| async move {
        let lab = lab;
        lab.nurse().await.registers(1).await;
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap().expect("a head");
        let latest = lab.dir().join("checkpoints/latest");
        let before = std::fs::read(&latest).unwrap();
        // The directory of a real server, whose database is elsewhere or was lost.
        let mut command = rastro(&["demo", "--listen", "127.0.0.1:0", "--data-dir"]);
        let url = format!("sqlite://{}", lab.dir().join("lost.db").display());
        command.arg(lab.dir()).env("DATABASE_URL", url);
        let said = refused(command);
        assert!(said.contains("another database's log"), "{said}");
        assert!(!lab.dir().join("lost.db").exists());
        assert_eq!(std::fs::read(&latest).unwrap(), before);
    });
}

#[test]
fn an_interrupted_demonstration_is_never_served_as_a_whole_one() {
    both(|lab| async move {
        let lab = lab;
        let mut child = on(&lab, lab.dir(), &["demo"]).spawn().unwrap();
        let began = Instant::now();
        while counted(&lab).0 == 0 {
            assert!(began.elapsed() < Duration::from_secs(300), "it never began");
            std::thread::sleep(Duration::from_millis(20));
        }
        // While it fills, and after it was killed.
        let said = refused(on(&lab, lab.dir(), &["demo"]));
        let busy =
            said.contains("not whole") || said.contains("another process serves this database");
        assert!(busy, "{said}");
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(counted(&lab), (12, vec![Mark::Begun]), "all accounts or none");
        let said = refused(on(&lab, lab.dir(), &["demo"]));
        assert!(said.contains("not whole") && said.contains("run `rastro demo` again"), "{said}");
        assert!(!said.contains(PASSWORD), "{said}");
        let mut serve = on(&lab, lab.dir(), &["serve"]);
        serve.env("RASTRO_DEMO", "true");
        assert!(refused(serve).contains("not whole"));
    });
}

#[test]
fn of_two_demonstrations_on_one_database_one_fills_it() {
    both(|lab| async move {
        let lab = lab;
        let two = lab.dir().join("second");
        let command = on(&lab, &two, &["demo"]);
        let other = std::thread::spawn(move || Running::start(command));
        let mut here = Running::start(on(&lab, lab.dir(), &["demo"]));
        let there = other.join().unwrap();
        // Without the log's key the other one never serves, but it holds a SQLite file for the moment
        // in which it finds that out: whoever came then is told so, and starts again.
        if let (Err(said), Err(_)) = (&here, &there) {
            assert!(said.contains("another process serves this database"), "{said}");
            here = Running::start(on(&lab, lab.dir(), &["demo"]));
        }
        let ended = [&here, &there].map(|r| r.is_ok());
        let said = [&here, &there].map(|r| r.as_ref().err());
        assert_eq!(ended.iter().filter(|ok| **ok).count(), 1, "{said:?}");
        let said = [here, there].into_iter().find_map(Result::err).unwrap();
        // A SQLite file has one server; of PostgreSQL's the second finds what the first has begun.
        let why = [
            "another process serves this database",
            "has no ledger.key",
            "not whole",
            "did not make",
        ];
        assert!(why.iter().any(|w| said.contains(w)), "{said}");
        assert_eq!(counted(&lab), (12, vec![Mark::Begun, Mark::Whole]));
    });
}

#[test]
fn every_account_that_is_shown_opens_and_no_other_is_shown() {
    both(|lab| async move {
        let lab = lab;
        let first = Running::start(on(&lab, lab.dir(), &["demo"])).unwrap();
        let all = first.printed();
        assert_eq!(all.len(), 12, "{:?}", first.said);
        for login in &all {
            assert!(first.opens(login).await, "{login}");
        }
        drop(first);

        // People play with it.
        let id = async |login: &'static str| {
            let read = lab.app.db.read(move |c| people::find_by_login(c, login));
            read.await.unwrap().unwrap().id
        };
        access::disable_person(&lab.app, None, id("jefa").await).await.unwrap();
        let other = "otra frase bien larga".to_owned();
        access::reset_password(&lab.app, None, id("analista").await, other).await.unwrap();
        lab.account("nueva", &[Role::Quality], &[]).await;

        let mut serve = on(&lab, lab.dir(), &["serve"]);
        serve.env("RASTRO_DEMO", "true");
        for command in [on(&lab, lab.dir(), &["demo"]), serve] {
            let again = Running::start(command).unwrap();
            let page = again.sign_in_page().await;
            for login in &all {
                let opens = again.opens(login).await;
                assert_eq!(opens, !["jefa", "analista"].contains(&login.as_str()), "{login}");
                assert_eq!(page.contains(&format!(">{login}<")), opens, "{login}");
                if !again.said.is_empty() {
                    assert_eq!(again.printed().contains(login), opens, "{login}");
                }
            }
            assert!(!page.contains("nueva") && page.contains(PASSWORD));
            if !again.said.is_empty() {
                let said = again.said.join("\n");
                assert!(said.contains("with another password since: analista, jefa"), "{said}");
                assert!(said.contains("passwords of their own: nueva"), "{said}");
            }
        }
        // What is decided about a database is decided from what stands in it.
        let mut reader = Conn::open(lab.app.db.url(), Access::Read).unwrap();
        let shown = demo::store::accounts(&mut reader).map_err(DbError::from).unwrap();
        assert_eq!(shown.iter().filter(|a| a.opens).count(), 10);
    });
}

/// A child of the demonstration as an oncologist meets it: what a program is told of each released result,
/// oldest first, and the page.
struct Met {
    results: Vec<Value>,
    page: String,
}

impl Met {
    async fn by(who: &Client, surname: &str) -> Self {
        let all = who.get("/api/v1/patients?limit=100").await.expect(200);
        let items = all.json["items"].as_array().unwrap();
        let child = items.iter().find(|c| c["surname1"] == surname).expect(surname);
        let id = child["id"].as_str().unwrap();
        let results = who.get(&format!("/api/v1/patients/{id}/results")).await.expect(200);
        let page = who.get(&format!("/es/pacientes/{id}/emr")).await.expect(200).text();
        Self { results: results.json.as_array().unwrap().clone(), page }
    }

    fn last(&self) -> &Value {
        &self.results.last().unwrap()["result"]
    }

    /// The colour of the newest answer.
    fn colour(&self) -> &str {
        let at = self.page.find("class=\"status ").unwrap() + "class=\"status ".len();
        self.page[at..].split('"').next().unwrap()
    }

    /// The cell of the summary with this name.
    fn cell(&self, name: &str) -> &str {
        let at = self.page.find(&format!("<dt>{name}</dt>")).expect(name);
        self.page[at..].split("</dd>").next().unwrap()
    }

    fn findings(&self) -> Vec<&str> {
        let found = self.last()["findings"].as_array().unwrap();
        found.iter().map(|f| f["finding"].as_str().unwrap()).collect()
    }

    fn is(&self, status: &str, reliance: &str, colour: &str) {
        let last = self.last();
        assert_eq!(
            (&last["status"], &last["reliance"]),
            (&json!(status), &json!(reliance)),
            "{last}"
        );
        assert_eq!(self.colour(), colour, "{last}");
    }
}

fn verdict<'a>(version: &'a Value, kind: &str) -> &'a Value {
    let all = version["verdicts"].as_array().unwrap();
    all.iter().find(|v| v["kind"] == kind).expect(kind)
}

/// Each of the six children shows what it is in the demonstration for, by the rules and on the page, and the
/// log of all that is sound.
#[test]
fn each_of_six_children_shows_what_it_is_for() {
    both(|lab| async move {
        let lab = lab;
        let running = Running::start(on(&lab, lab.dir(), &["demo"])).unwrap();
        let said = running.said.join("\n");
        for child in [
            "Daniela Castro Mena: deep response",
            "Joaquín Beltrán Osorio: slow response",
            "Mariana Hernández Ruiz: relapse",
            "Regina Galindo Prado: haemodiluted",
            "Leonardo Zamora Lugo: too few cells",
            "Nicolás Villegas Solano: cerebrospinal fluid",
        ] {
            assert!(said.contains(child), "{child}: {said}");
        }
        let oncologist = running.signed_in("oncologa").await;

        let deep = Met::by(&oncologist, "Castro").await;
        deep.is("NEGATIVE", "sure", "ok");
        assert!(deep.findings().is_empty() && deep.last()["critical"].is_null());
        assert!(deep.cell("Tendencia").contains("↘ Baja"));
        assert!(deep.cell("Sigue").contains("TP2"));
        // The published thresholds of this point are by PCR: flow cytometry sets no class here, and says so.
        let class = deep.cell("Clase en este punto");
        assert!(class.contains("otro método") && !class.contains("SR"), "{class}");

        let slow = Met::by(&oncologist, "Beltrán").await;
        slow.is("POSITIVE_QUANTIFIABLE", "sure", "stop");
        assert_eq!(slow.last()["critical"], "high-risk");
        let high = verdict(slow.last(), "high-risk");
        assert_eq!((&high["outcome"], &high["class"]), (&json!("holds"), &json!("HR")));
        assert_eq!(verdict(slow.last(), "low")["outcome"], "does-not-hold");
        assert_eq!(verdict(&slow.results[0]["result"], "therapy")["outcome"], "holds");
        let class = slow.cell("Clase en este punto");
        assert!(
            class.contains(">HR") && class.contains("D42: EMR mayor o igual a 1\u{202f}%"),
            "{class}"
        );
        assert!(slow.cell("Tendencia").contains("↘ Baja"), "less, and still too much");
        assert!(slow.cell("Sigue").contains("W15") && slow.cell("Sigue").contains("sólo si D42"));
        assert!(slow.page.contains("espera su acuse"));

        let relapse = Met::by(&oncologist, "Hernández").await;
        relapse.is("POSITIVE_QUANTIFIABLE", "sure", "stop");
        assert_eq!(relapse.last()["critical"], "relapse");
        assert!(relapse.cell("Tendencia").contains("↗ Sube"));
        assert!(relapse.page.contains("Recaída") && relapse.page.contains("espera su acuse"));

        let diluted = Met::by(&oncologist, "Galindo").await;
        diluted.is("NEGATIVE", "limited", "warn");
        assert_eq!(diluted.findings(), ["haemodilution-confirmed"]);
        assert!(diluted.page.contains("se recomienda nueva aspiración"));
        assert!(
            diluted.cell("Tendencia").contains("Con reservas"),
            "a diluted sample falls by itself"
        );

        assert!(diluted.cell("Sigue").contains("Se recomienda otra muestra"), "R22");
        assert!(!deep.cell("Sigue").contains("otra muestra"));

        let few = Met::by(&oncologist, "Zamora").await;
        few.is("NEGATIVE_INSUFFICIENT_SENSITIVITY", "inconclusive", "neutral");
        assert!(few.page.contains("No concluyente: no detectada, pero se requiere 0.01\u{202f}%"));
        assert!(few.cell("Tendencia").contains("No concluyente"));
        assert!(
            few.cell("Sigue").contains("Se recomienda otra muestra")
                && few.cell("Sigue").contains("R24")
        );
        assert_eq!(few.page.matches("class=\"segment\"").count(), 0, "it is joined to nothing");

        let liquor = Met::by(&oncologist, "Villegas").await;
        liquor.is("POSITIVE_QUANTIFIABLE", "sure", "warn");
        let kinds: Vec<&str> = liquor
            .results
            .iter()
            .map(|r| r["result"]["line"]["specimen"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, ["csf", "blood", "csf", "marrow", "csf", "marrow"]);
        for found in
            liquor.results.iter().map(|r| &r["result"]).filter(|r| r["line"]["specimen"] == "csf")
        {
            assert!(found["mrd_percent"].is_null(), "a percentage of few cells misleads: {found}");
        }
        assert_eq!(liquor.results[0]["result"]["critical"], "csf-positive");
        assert_eq!(liquor.page.matches("class=\"lane\"").count(), 1);
        assert_eq!(liquor.page.matches("class=\"lane-mark\"").count(), 3);
        assert_eq!(liquor.page.matches("class=\"segment\"").count(), 1, "marrow with marrow alone");
        let others = liquor.page.split("class=\"card others\"").nth(1).unwrap();
        assert!(others.split("</section>").next().unwrap().contains("0\u{202f}/\u{202f}4100"));

        drop(running);
        let mut verify = rastro(&["verify", "--data-dir"]);
        verify.arg(lab.dir()).env("DATABASE_URL", lab.app.db.url());
        let out = verify.output().unwrap();
        let said = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
        assert!(out.status.success() && said.contains("sound"), "{said}");
    });
}
