//! A machine is lost, a database rolled back, a key is another: what the server says, and that no code,
//! folio or accession number is ever given out twice.

mod backups;
mod behind;
mod keys;
mod machine;

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Output;

use crate::support::process::{Process, done, rastro, said};
use crate::support::story::{child, id};
use crate::support::{Client, PASSWORD};
use diesel::connection::SimpleConnection;
use rastro::access::service::{NewPerson, add_person};
use rastro::app::Source;
use rastro::db::{Access, Clock, Conn};
use rastro::people::Role;
use rastro::server;
use rastro::web::Lang;
use serde_json::{Value, json};

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
                licence: String::new(),
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
    let result = who.scans(&crate::support::story::with(scan, more)).await;
    let outcome = result["outcome"].as_str().unwrap_or_default();
    assert!(outcome.starts_with("accepted"), "{action}: {result}");
}

const BY: [&str; 4] = ["--by", "admin", "--reason", "se perdió el servidor del laboratorio"];
