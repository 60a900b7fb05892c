//! A machine is lost, a database rolled back, a key is another: what the server says, and that no code,
//! folio or accession number is ever given out twice.

mod support;

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rastro::access::service::{NewPerson, add_person};
use rastro::app::Source;
use rastro::db::{Access, Clock, Conn};
use rastro::people::{Role, UserId};
use rastro::reference::{Decided, What, store as reference};
use rastro::schema::{people, reference_decisions, reference_proposals};
use rastro::server::{self, StartError};
use rastro::web::Lang;
use serde_json::{Value, json};
use support::process::{Process, rastro};
use support::story::{Story, child, id};
use support::tamper::{Attacker, conn, logged, verify, verify_at};
use support::{Client, Lab, PASSWORD, both, one, run, skipped};

/// A machine: a data directory and a database.
struct Machine {
    dir: PathBuf,
    url: String,
}

impl Machine {
    fn sqlite(dir: PathBuf) -> Self {
        let url = format!("sqlite://{}", dir.join("rastro.db").display());
        Self { dir, url }
    }
    fn postgres(dir: PathBuf, base: &str) -> Self {
        let name = format!("d{}", uuid::Uuid::now_v7().simple());
        let mut c = Conn::open(base, Access::Write).unwrap();
        c.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        let server = base.rsplit_once('/').unwrap().0;
        Self { dir, url: format!("{server}/{name}") }
    }
    async fn with_accounts(self) -> Self {
        let source = Source {
            data_dir: Some(self.dir.clone()),
            database_url: Some(self.url.clone()),
            ..Source::default()
        };
        let app = server::open(source.finish().unwrap(), Clock::system()).await.unwrap();
        for (login, roles, site) in [
            ("enfermera", vec![Role::Collector], Some("LRZ")),
            ("mensajero", vec![Role::Courier], None),
            ("recepcion", vec![Role::Reception, Role::Bench], Some("LAB")),
            ("admin", vec![Role::Admin], None),
        ] {
            let new = NewPerson {
                login: login.to_owned(),
                name: format!("Persona {login}"),
                roles,
                sites: site.into_iter().map(str::to_owned).collect(),
                lang: Lang::Es,
                password: PASSWORD.to_owned(),
                keep_password: true,
            };
            add_person(&app, None, new).await.unwrap();
        }
        app.db.close().await;
        self
    }
    fn serve(&self) -> Process {
        Process::start(&self.dir, &["--database-url", &self.url])
    }
    /// Runs a command on it.
    fn does(&self, args: &[&str]) -> Output {
        let mut command = rastro(args);
        command.arg("--data-dir").arg(&self.dir).env("DATABASE_URL", &self.url);
        command.output().unwrap()
    }
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&[&out.stdout[..], &out.stderr[..]].concat()).into_owned()
}

#[track_caller]
fn done(out: &Output) -> String {
    let text = said(out);
    assert_eq!(out.status.code(), Some(0), "{text}");
    text
}

/// What was given out: codes, folios, requests' and accession numbers, each once.
#[derive(Default)]
struct GivenOut(HashSet<String>);

impl GivenOut {
    fn add(&mut self, text: &str) {
        assert!(!text.is_empty() && self.0.insert(text.to_owned()), "{text} was given out twice");
    }
}

/// A child, a request, a tube that reaches the laboratory, an aliquot, a roll.
async fn work(server: &Process, n: u32, given: &mut GivenOut) {
    let nurse = server.sign_in("enfermera").await;
    let (courier, lab) = (server.sign_in("mensajero").await, server.sign_in("recepcion").await);
    let patient = nurse.post("/api/v1/patients", &child(n)).await.expect(201).json;
    given.add(patient["folio"].as_str().unwrap());
    let patient = patient["id"].as_str().unwrap().to_owned();
    let study = nurse.requests(&patient).await;
    let read = nurse.get(&format!("/api/v1/studies/{study}")).await.expect(200).json;
    given.add(read["number"].as_str().unwrap());
    let code = nurse.labels(&study).await;
    given.add(&code);
    let me = courier.get("/api/v1/session").await.expect(200).json;
    let courier_id = me["id"].as_str().unwrap().to_owned();
    let collect = json!({ "identifiers_confirmed": true, "pull": 1, "volume_ul": 3000 });
    scans(&nurse, &code, "collect", collect).await;
    scans(&nurse, &code, "offer", json!({ "to": courier_id })).await;
    scans(&courier, &code, "accept-handover", json!({})).await;
    scans(&lab, &code, "receive", json!({})).await;
    scans(&lab, &code, "accept", json!({})).await;
    let tube = lab.get(&format!("/api/v1/containers/{code}")).await.expect(200).json;
    given.add(tube["accession"].as_str().unwrap());
    let aliquot = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS" });
    let aliquot = lab.post(&format!("/api/v1/containers/{code}/children"), &aliquot).await;
    given.add(aliquot.expect(201).json["code"].as_str().unwrap());
    let roll = nurse.post("/api/v1/code-rolls", &json!({ "n": 20 })).await.expect(201).json;
    given.add(roll["first"].as_str().unwrap());
    given.add(roll["last"].as_str().unwrap());
}

async fn scans(who: &Client, code: &str, action: &str, more: Value) {
    let at = Clock::system().now();
    let scan = json!({ "id": id(), "code": code, "action": action, "occurred_at": at });
    let result = who.scans(&support::story::with(scan, more)).await;
    let outcome = result["outcome"].as_str().unwrap_or_default();
    assert!(outcome.starts_with("accepted"), "{action}: {result}");
}

const BY: [&str; 4] = ["--by", "admin", "--reason", "se perdió el servidor del laboratorio"];

/// The drill: an hour is lost with a machine, twice with one backup, and nothing repeats.
async fn drill(fresh: impl Fn(PathBuf) -> Machine) {
    let dir = tempfile::tempdir().unwrap();
    let (mut given, kept) = (GivenOut::default(), dir.path().join("kept"));
    let machine = fresh(dir.path().join("first")).with_accounts().await;
    let server = machine.serve();
    for n in 1..4 {
        work(&server, n, &mut given).await;
    }
    let into = dir.path().join("backups");
    let into_text = into.display().to_string();
    let mut args = vec!["backup", &into_text, "--with-keys"];
    let scratch = fresh(dir.path().join("scratch"));
    if machine.url.starts_with("postgres") {
        args.extend(["--verify-in", &scratch.url]);
    }
    let text = done(&machine.does(&args));
    assert!(text.contains("was read again and verified"), "{text}");
    eprintln!("{text}");
    let backup = std::fs::read_dir(&into).unwrap().next().unwrap().unwrap().path();
    let backup_text = backup.display().to_string();
    // An hour more, and the machine is gone: with its database, its keys, its checkpoints.
    for n in 10..14 {
        work(&server, n, &mut given).await;
    }
    server.terminate();
    assert!(server.ended().0.success());
    std::fs::copy(machine.dir.join("checkpoints/latest"), &kept).unwrap();
    let kept_text = kept.display().to_string();
    std::fs::remove_dir_all(&machine.dir).unwrap();

    for round in 0..2_u32 {
        let again = fresh(dir.path().join(format!("machine-{round}")));
        let restore = ["restore", &backup_text];
        let without = again.does(&[&restore[..], &BY].concat());
        assert!(said(&without).contains("--no-checkpoint"), "{}", said(&without));
        let with = ["--checkpoint", &kept_text];
        let text = done(&again.does(&[&restore[..], &BY, &with].concat()));
        eprintln!("{text}");
        assert!(text.contains("are lost, as a checkpoint shows"), "{text}");
        let second = again.does(&[&restore[..], &BY, &with].concat());
        assert_ne!(second.status.code(), Some(0), "restored over data");
        assert!(said(&second).contains("holds data already"), "{}", said(&second));
        let server = again.serve();
        server.nobody().get("/readyz").await.expect(200);
        for n in 20..23 {
            work(&server, n + round * 10, &mut given).await;
        }
        server.terminate();
        assert!(server.ended().0.success());
        let verdict = verify_at(&again.dir, &again.url, &["--checkpoint", &kept_text]);
        eprintln!("{}", verdict.text);
        verdict.is_sound();
        for words in ["restored at", "were lost", "1 kept checkpoints are over entries"] {
            assert!(verdict.text.contains(words), "{words}: {}", verdict.text);
        }
        // This one is lost too, and nobody kept a newer checkpoint.
        std::fs::remove_dir_all(&again.dir).unwrap();
    }
    eprintln!("{} codes and numbers given out by three machines, none twice", given.0.len());
}

#[test]
fn a_lost_machine_is_restored_and_nothing_is_given_out_twice() {
    run(drill(Machine::sqlite));
}

#[test]
fn a_lost_machine_of_postgres_is_restored_and_nothing_is_given_out_twice() {
    if skipped("postgres") {
        return eprintln!("skipped by RASTRO_SKIP: postgres");
    }
    let base = std::env::var("RASTRO_TEST_POSTGRES").expect("scripts/postgres.sh starts one");
    run(drill(move |dir| Machine::postgres(dir, &base)));
}

#[test]
fn a_backup_that_was_touched_is_not_restored() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::sqlite(dir.path().join("data")).with_accounts().await;
        let server = machine.serve();
        work(&server, 1, &mut GivenOut::default()).await;
        let into = dir.path().join("backups").display().to_string();
        done(&machine.does(&["backup", &into]));
        let backup = std::fs::read_dir(&into).unwrap().next().unwrap().unwrap().path();
        for file in std::fs::read_dir(&backup).unwrap() {
            let mode = file.unwrap().metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600);
        }
        assert!(!backup.join("ledger.key").exists(), "only when asked for");
        let path = backup.join("database.sqlite");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[5000] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let other = Machine::sqlite(dir.path().join("other"));
        let backup = backup.display().to_string();
        let out = other.does(&[&["restore", &backup, "--no-checkpoint"][..], &BY].concat());
        assert_ne!(out.status.code(), Some(0));
        assert!(said(&out).contains("not the file that was saved"), "{}", said(&out));
        assert!(!other.dir.join("rastro.db").exists());
    });
}

/// A catalogue that was taken over is approved, as two people do on its page.
fn approve(machine: &Machine, version: &str) {
    let mut c = Conn::open(&machine.url, Access::Write).unwrap();
    let all = reference::versions(&mut c).unwrap();
    let content = all.into_iter().find(|v| v.version == version).unwrap().clinical_digest;
    let who: Vec<UserId> = people::table.select(people::id).limit(2).load(&mut c).unwrap();
    let (id, now) = (reference::ProposalId::new(), Clock::system().now());
    let proposal = reference::Proposal {
        id,
        kind: What::Catalogue,
        subject: version.to_owned(),
        n: 1,
        content,
        reason: "ventanas de estabilidad nuevas".to_owned(),
        proposed_by: who[0],
        proposed_at: now,
    };
    let decision = reference::Decision {
        proposal_id: id,
        decision: Decided::Approved,
        decided_by: who[1],
        decided_at: now,
        reason: None,
    };
    diesel::insert_into(reference_proposals::table).values(proposal).execute(&mut c).unwrap();
    diesel::insert_into(reference_decisions::table).values(decision).execute(&mut c).unwrap();
}

#[test]
fn a_backup_holds_the_catalogue_of_its_servers_and_names_the_one_in_use() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("own");
        std::fs::create_dir_all(&own).unwrap();
        let files = rastro::catalogue::Catalogue::embedded().files.clone();
        for (file, text) in files.iter() {
            let text = if file == "VERSION" { "2099.1\n" } else { text.as_str() };
            std::fs::write(own.join(file), text).unwrap();
        }
        // Mounted volumes keep their files elsewhere and link to them.
        std::fs::rename(own.join("centres.csv"), dir.path().join("kept.csv")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("kept.csv"), own.join("centres.csv")).unwrap();
        let machine = Machine::sqlite(dir.path().join("data"));
        let own_text = own.display().to_string();
        let args = ["--database-url", &machine.url, "--catalogue-dir", &own_text];
        let server = Process::start(&machine.dir, &args);
        server.nobody().get("/readyz").await.expect(200);
        server.terminate();
        assert!(server.ended().0.success());
        let machine = machine.with_accounts().await;
        let back_up = |name: &str| {
            let into = dir.path().join(name).display().to_string();
            done(&machine.does(&["backup", &into, "--with-keys", "--catalogue-dir", &own_text]));
            let backup = std::fs::read_dir(&into).unwrap().next().unwrap().unwrap().path();
            let manifest = std::fs::read_to_string(backup.join("manifest.json")).unwrap();
            (backup, serde_json::from_str::<Value>(&manifest).unwrap())
        };
        // Its sites hold; what decides about samples waits for two people.
        let (_, manifest) = back_up("before");
        assert_eq!(manifest["sites"], "2099.1");
        let shipped = rastro::catalogue::Catalogue::embedded().version.clone();
        assert_eq!(manifest["catalogue"], shipped);
        approve(&machine, "2099.1");
        let (backup, manifest) = back_up("backups");
        for (file, _) in files.iter() {
            let (from, to) = (own.join(file), backup.join("catalogue").join(file));
            assert_eq!(std::fs::read(from).unwrap(), std::fs::read(&to).unwrap(), "{file}");
        }
        assert_eq!(manifest["catalogue"], "2099.1", "not the one of the program");
        let named = manifest["files"].as_array().unwrap();
        assert!(named.iter().any(|f| f["path"] == "catalogue/VERSION"), "{named:?}");
        // Touched, it is not restored; whole, whoever restores is told what to do with it.
        let other = Machine::sqlite(dir.path().join("other"));
        let backup_text = backup.display().to_string();
        std::fs::write(backup.join("catalogue/VERSION"), "2099.2\n").unwrap();
        let restore = [&["restore", &backup_text, "--no-checkpoint"][..], &BY].concat();
        let touched = other.does(&restore);
        assert!(said(&touched).contains("not the file that was saved"), "{}", said(&touched));
        std::fs::write(backup.join("catalogue/VERSION"), "2099.1\n").unwrap();
        let text = done(&other.does(&restore));
        assert!(text.contains("its servers used the catalogue 2099.1"), "{text}");
        assert!(
            text.contains(&format!("copy {backup_text}/catalogue to its catalogue_dir")),
            "{text}"
        );
    });
}

/// A lab whose database was rolled back to 29 of 49 entries.
async fn rolled_back(lab: &Lab) -> Story {
    let (story, _) = logged(lab).await;
    let mut db = Attacker::new(lab);
    db.run("DELETE FROM ledger_entries WHERE idx >= 29; DELETE FROM custody_events WHERE seq > 28");
    db.rehash(29);
    story
}

/// Every page that somebody opens says that it is not to be trusted, in its language.
async fn says_so(who: &Client, s: &Story) {
    let (es, en) =
        ("no se puede guardar nada. Anote en papel", "nothing can be saved. Write on paper");
    for (page, words) in [
        (&*format!("/es/pacientes/{}", s.patient), es),
        (&*format!("/en/patients/{}", s.patient), en),
        ("/es/muestras", es),
        ("/en/samples", en),
        // It has no shell, and is open all day.
        ("/es/estacion", es),
        ("/en/station", en),
        ("/es/cuenta", es),
        // A page that is not there is drawn for who is signed in, too.
        ("/es/no-hay-tal", es),
    ] {
        let text = who.get(page).await.text();
        assert!(text.contains(words), "{page}: {text}");
        assert_eq!(text.matches(words).count(), 1, "{page}: once");
    }
}

async fn reads_only(s: &Story, lab: &Lab) {
    let nobody = lab.nobody();
    assert_eq!(nobody.get("/readyz").await.expect(503).json["status"], "rolled-back");
    // Who is there may look …
    let nurse = s.nurse.at(lab);
    nurse.get(&format!("/api/v1/containers/{}", s.code)).await.expect(200);
    says_so(&nurse, s).await;
    nurse.post("/api/v1/patients/search", &json!({ "text": "Rodríguez" })).await.expect(200);
    let body = json!({ "login": "enfermera", "password": PASSWORD });
    nobody.post("/api/v1/session", &body).await.expect(201);
    // … and saves nothing.
    let scan = support::story::scan(lab, &s.code, "store", json!({ "location": "CONG-1" }));
    let scans = json!({ "scans": [scan] });
    for (path, body) in [
        ("/api/v1/patients", child(77)),
        ("/api/v1/scans", scans),
        ("/api/v1/code-rolls", json!({ "n": 5 })),
        (&*format!("/api/v1/studies/{}/containers", s.study), json!({ "id": id(), "tube": 1 })),
    ] {
        let refused = nurse.post(path, &body).await.expect(503);
        assert_eq!(refused.code(), "rolled-back", "{path}");
        assert!(refused.headers.contains_key("retry-after"));
    }
    let page = nurse.form("/es/pacientes/nuevo", &[("surname1", "Cruz")]).await.expect(503).text();
    assert!(page.contains("rastro restore") && page.contains("copia antigua"), "{page}");
}

#[test]
fn a_rolled_back_database_is_read_and_nothing_is_written_to_it() {
    both(|lab| async move {
        let s = rolled_back(&lab).await;
        // At the start of a server, and of one that was running when it signs next.
        let started = lab.another_server().await;
        reads_only(&s, &started).await;
        lab.nobody().get("/readyz").await.expect(200);
        let sound = s.nurse.get("/es/muestras").await.expect(200).text();
        assert!(!sound.contains("no se puede guardar nada"), "{sound}");
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap_err();
        reads_only(&s, &lab).await;
        started.app.db.close().await;
    });
}

#[test]
fn an_emptied_database_is_not_filled_anew() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::sqlite(dir.path().join("data")).with_accounts().await;
        let server = machine.serve();
        work(&server, 1, &mut GivenOut::default()).await;
        server.terminate();
        assert!(server.ended().0.success());
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(machine.dir.join(format!("rastro.db{end}")));
        }
        let server = machine.serve();
        let ready = server.nobody().get("/readyz").await.expect(503).json;
        assert_eq!(ready["status"], "rolled-back");
        let body = json!({ "login": "enfermera", "password": PASSWORD });
        let answer = server.nobody().post("/api/v1/session", &body).await;
        assert_eq!(answer.expect(503).code(), "rolled-back", "no word of a wrong password");
    });
}

/// The settings of a lab, with another data directory.
fn elsewhere(lab: &Lab, dir: &Path) -> rastro::app::Settings {
    rastro::app::Settings { data_dir: dir.to_owned(), ..(*lab.app.settings).clone() }
}

fn key_error(started: Result<rastro::app::App, StartError>) -> String {
    match started {
        Err(StartError::Key(e)) => e.to_string(),
        Err(e) => panic!("{e}"),
        Ok(_) => panic!("it started"),
    }
}

#[test]
fn a_server_without_the_logs_key_makes_no_new_one() {
    both(|lab| async move {
        Story::collected(&lab).await;
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap();
        let other = tempfile::tempdir().unwrap();
        let start = async |dir: &Path| server::open(elsewhere(&lab, dir), Clock::system()).await;
        // A container without its volume.
        assert!(key_error(start(other.path()).await).contains("copy ledger.key"));
        assert!(!other.path().join("ledger.key").exists());
        // Another log's.
        let foreign = tempfile::tempdir().unwrap();
        let machine = Machine::sqlite(foreign.path().join("data")).with_accounts().await;
        std::fs::copy(machine.dir.join("ledger.key"), other.path().join("ledger.key")).unwrap();
        assert!(key_error(start(other.path()).await).contains("is not the key of the log"));
        // One of its halves only.
        std::fs::copy(lab.dir().join("ledger.vkey"), other.path().join("ledger.vkey")).unwrap();
        assert!(key_error(start(other.path()).await).contains("not of one key"));
        // The log's own, copied: several servers sign one tree with one key.
        std::fs::copy(lab.dir().join("ledger.key"), other.path().join("ledger.key")).unwrap();
        let app = start(other.path()).await.unwrap();
        let now = lab.clock.now();
        assert_eq!(
            app.ledger.sign(&app.db, now).await.unwrap(),
            lab.app.ledger.sign(&lab.app.db, now).await.unwrap()
        );
        app.db.close().await;
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_key_is_rotated_by_an_administrator_and_verify_follows() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        lab.account("jefe", &[Role::Admin], &[]).await;
        let (ledger, db) = (lab.app.ledger.clone(), lab.app.db.clone());
        let old = ledger.sign(&db, lab.clock.now()).await.unwrap().unwrap();
        let dir = tempfile::tempdir().unwrap();
        for name in ["ledger.key", "ledger.vkey"] {
            std::fs::copy(lab.dir().join(name), dir.path().join(name)).unwrap();
        }
        let kept = dir.path().join("old.checkpoint");
        std::fs::write(&kept, old).unwrap();
        let second = server::open(elsewhere(&lab, dir.path()), Clock::system()).await.unwrap();
        let rotate = |more: &[&str]| {
            let by = ["ledger", "rotate", "--by", "jefe", "--reason", "relevo anual de la clave"];
            let mut command = rastro(&[&by[..], more].concat());
            command.arg("--data-dir").arg(lab.dir()).env("DATABASE_URL", lab.app.db.url());
            command.output().unwrap()
        };
        assert!(said(&rotate(&["--lost"])).contains("it is not lost"));
        done(&rotate(&[]));
        s.technician.get("/api/v1/session").await.expect(200);
        // The server of that directory takes it up; the other one signs nothing.
        ledger.sign(&db, lab.clock.now()).await.unwrap();
        lab.nobody().get("/readyz").await.expect(200);
        let refused = second.ledger.sign(&second.db, lab.clock.now()).await.unwrap_err();
        assert!(refused.to_string().contains("another key"), "{refused}");
        assert_eq!(second.ledger.standing().get().as_str(), "foreign-key");
        let (kept, vkey) = (kept.display().to_string(), dir.path().join("ledger.vkey"));
        let vkey = vkey.display().to_string();
        verify(&lab, &["--checkpoint", &kept]).is_sound();
        let verdict = verify(&lab, &["--checkpoint", &kept, "--vkey", &vkey]);
        verdict.is_sound();
        assert!(verdict.text.contains("key 2: a new key from entry"), "{}", verdict.text);
        // Lost: whoever trusts the old one is told to look.
        for name in ["ledger.key", "ledger.vkey"] {
            std::fs::remove_file(lab.dir().join(name)).unwrap();
        }
        done(&rotate(&["--lost"]));
        verify(&lab, &[]).is_sound();
        let verdict = verify(&lab, &["--vkey", &vkey]);
        assert_eq!(verdict.code, 3, "{}", verdict.text);
        second.db.close().await;
    });
}

#[test]
fn a_key_slipped_in_by_a_database_administrator_is_named() {
    both(|lab| async move {
        Story::collected(&lab).await;
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap();
        let mut c = conn(&lab);
        for sql in ["UPDATE ledger_keys SET size = 3", "DELETE FROM ledger_keys"] {
            let refused = c.batch_execute(sql).unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{refused}");
        }
        c.batch_execute(
            "INSERT INTO ledger_keys SELECT 2, event_id, kind, vkey, size, root, recorded_at, \
             person_id, reason, lost_size, backup_at, moved, signature, old_signature \
             FROM ledger_keys WHERE n = 1",
        )
        .unwrap();
        verify(&lab, &[]).names(&["key 2 of the log"]);
    });
}

#[test]
fn a_log_from_before_keys_were_written_down_adopts_the_one_that_signed() {
    both(|lab| async move {
        Story::collected(&lab).await;
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap();
        let mut c = conn(&lab);
        let sql = match c {
            Conn::Sqlite(_) => "DROP TRIGGER ledger_keys_no_delete; DELETE FROM ledger_keys",
            Conn::Pg(_) => "ALTER TABLE ledger_keys DISABLE TRIGGER USER; DELETE FROM ledger_keys",
        };
        c.batch_execute(sql).unwrap();
        let other = tempfile::tempdir().unwrap();
        let started = server::open(elsewhere(&lab, other.path()), Clock::system()).await;
        assert!(key_error(started).contains("has no ledger.key"));
        let upgraded = lab.another_server().await;
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap();
        verify(&lab, &[]).is_sound();
        upgraded.app.db.close().await;
    });
}

#[test]
fn one_server_to_a_sqlite_directory_and_commands_beside_it() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::sqlite(dir.path().join("data")).with_accounts().await;
        let mut server = machine.serve();
        let second = machine.does(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(second.status.code(), Some(6), "{}", said(&second));
        assert!(done(&machine.does(&["admin", "user", "list"])).contains("enfermera"));
        done(&machine.does(&["verify"]));
        let into = dir.path().join("backups").display().to_string();
        done(&machine.does(&["backup", &into]));
        let restore =
            machine.does(&[&["restore", "--in-place", "--no-checkpoint"][..], &BY].concat());
        assert_eq!(restore.status.code(), Some(6), "{}", said(&restore));
        server.kill();
        machine.serve().nobody().get("/readyz").await.expect(200);
    });
}

#[test]
fn garbage_in_the_database_file_is_found_at_the_start_and_by_verify() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::sqlite(dir.path().join("data")).with_accounts().await;
        let server = machine.serve();
        work(&server, 1, &mut GivenOut::default()).await;
        server.terminate();
        assert!(server.ended().0.success());
        let path = machine.dir.join("rastro.db");
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        let pages = file.metadata().unwrap().len() / 4096;
        for page in (19..pages).step_by(20) {
            file.write_all_at(&[0xA7; 4096], page * 4096).unwrap();
        }
        let refused = machine.does(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
        assert!(said(&refused).contains("the database is damaged"), "{}", said(&refused));
        let verdict = verify_at(&machine.dir, &machine.url, &[]);
        verdict.names(&["BROKEN: the database itself"]);
        // Not a database at all.
        std::fs::write(&path, vec![0x55; 40_000]).unwrap();
        let refused = machine.does(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
    });
}

#[test]
fn the_data_directory_is_its_owners_alone() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::sqlite(dir.path().join("data"));
        drop(machine.serve());
        let open = |p: &Path, mode| {
            std::fs::set_permissions(p, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        open(&machine.dir, 0o755);
        open(&machine.dir.join("rastro.db"), 0o644);
        open(&machine.dir.join("checkpoints"), 0o755);
        let _server = machine.serve();
        let mut at = vec![machine.dir.clone()];
        while let Some(path) = at.pop() {
            let meta = std::fs::metadata(&path).unwrap();
            let mode = meta.permissions().mode() & 0o777;
            assert_eq!(mode, if meta.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
            if meta.is_dir() {
                at.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
            }
        }
    });
}

#[test]
fn a_fresh_demonstration_verifies_clean() {
    let dir = tempfile::tempdir().unwrap();
    let mut child =
        rastro(&["demo", "--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.path()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines = lines.by_ref();
    let line = lines.map_while(Result::ok).find(|l| l.starts_with("listening on http"));
    let address = line.expect("it did not start").replace("listening on ", "");
    // Once it answers it also hears that it is to stop.
    run(async { drop(Client::of(address).get("/healthz").await.expect(200)) });
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    let url = format!("sqlite://{}", dir.path().join("rastro.db").display());
    let verdict = verify_at(dir.path(), &url, &[]);
    verdict.is_sound();
    assert!(verdict.text.contains("\nsound\n"), "{}", verdict.text);
}

#[test]
fn a_database_that_is_all_there_is_can_go_on_as_it_is() {
    one(|lab| async move {
        lab.account("admin", &[Role::Admin], &[]).await;
        let s = rolled_back(&lab).await;
        let machine = Machine { dir: lab.dir().to_owned(), url: lab.app.db.url().to_owned() };
        let text = done(&machine.does(&[&["restore", "--in-place"][..], &BY].concat()));
        assert!(text.contains("20 are known to be lost"), "{text}");
        let started = lab.another_server().await;
        started.nobody().get("/readyz").await.expect(200);
        // Nobody is signed in any more; whoever signs in may write again.
        s.nurse.at(&started).get("/api/v1/patients").await.expect(401);
        let again = started.again(&s.nurse, "enfermera").await;
        again.registers(90).await;
        started.app.db.close().await;
    });
}
