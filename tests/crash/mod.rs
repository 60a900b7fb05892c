//! A lost scan is a lost sample: the server is killed without warning while 32 clients scan, over
//! and over, and the power fails under it. Whatever was acknowledged must be there afterwards, once,
//! and the log must verify.

// The counts are what the test is for: they are printed.
#![allow(clippy::print_stdout)]

mod disk;
mod power_cut;

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::story::{id, mrd_request};
use crate::support::tamper::verify_at;
use crate::support::{Client, PASSWORD};
use diesel::prelude::*;
use rastro::access::service::{NewPerson, add_person};
use rastro::app::Source;
use rastro::db::{Clock, Reading};
use rastro::people::{Role, UserId};
use rastro::server;
use rastro::web::Lang;
use reqwest::Method;
use serde_json::{Value, json};

const CLIENTS: usize = 32;
const ROUNDS: u64 = 20;

/// A server in a process of its own, on a data directory that outlives it.
struct Server {
    process: Child,
    base: String,
}

impl Server {
    fn start(dir: &Path) -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_rastro")), dir)
    }
    /// A server whose writes `library` records in `record`.
    fn recorded(dir: &Path, library: &Path, record: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rastro"));
        command.env("LD_PRELOAD", library).env("RECORD_WRITES", record);
        Self::spawn(command, dir)
    }
    fn spawn(mut command: Command, dir: &Path) -> Self {
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0", "--log-filter", "error", "--data-dir"])
            .arg(dir)
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let base = line.trim().strip_prefix("listening on ").expect("its address").to_owned();
        Self { process, base }
    }
    /// SIGKILL: no handler, no flush, no goodbye.
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
    async fn sign_in(&self, login: &str, id: UserId) -> Client {
        let mut client = Client::of(self.base.clone());
        let body = json!({ "login": login, "password": PASSWORD });
        let answer = client.post("/api/v1/session", &body).await.expect(201);
        client.token = answer.json["token"].as_str().map(str::to_owned);
        client.id = Some(id);
        client
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn accounts(dir: &Path) -> [UserId; 3] {
    let settings = Source { data_dir: Some(dir.to_owned()), ..Source::default() };
    let app = server::open(settings.finish().unwrap(), Clock::system()).await.unwrap();
    let mut ids = vec![];
    let people = [
        ("enfermera", vec![Role::Collector], "LRZ"),
        ("mensajero", vec![Role::Courier], "LRZ"),
        ("recepcion", vec![Role::Reception, Role::Bench], "LAB"),
    ];
    for (login, roles, site) in people {
        let new = NewPerson {
            login: login.to_owned(),
            name: format!("Persona {login}"),
            roles,
            sites: vec![site.to_owned()],
            lang: Lang::Es,
            password: PASSWORD.to_owned(),
            licence: String::new(),
            keep_password: true,
        };
        ids.push(add_person(&app, None, new).await.unwrap());
    }
    app.db.close().await;
    ids.try_into().unwrap()
}

fn scan(code: &str, action: &str, more: Value) -> Value {
    let now = Clock::system().now();
    let mut scan = json!({ "id": id(), "code": code, "action": action, "occurred_at": now });
    scan.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    scan
}

/// One scanning client: its tube, the scan it has no answer to, and what was acknowledged.
struct Scanner {
    code: String,
    stored: bool,
    open: Option<Value>,
    acknowledged: Vec<String>,
}

impl Scanner {
    /// Scans until the server dies; a scan without an answer is kept and sent again next time.
    async fn work(mut self, client: Client) -> Self {
        loop {
            let scan = self.open.take().unwrap_or_else(|| self.next());
            let body = json!({ "scans": [scan] });
            let sent = client.try_send(Method::POST, "/api/v1/scans", Some(&body)).await;
            let Ok(answer) = sent else {
                self.open = Some(scan);
                return self;
            };
            let result = answer.expect(200).json["results"][0].clone();
            let outcome = result["outcome"].as_str().unwrap();
            assert!(outcome.starts_with("accepted"), "{result}");
            self.acknowledged.push(scan["id"].as_str().unwrap().to_owned());
            self.stored = !self.stored;
        }
    }
    fn unanswered(&self) -> Option<String> {
        Some(self.open.as_ref()?["id"].as_str()?.to_owned())
    }
    fn next(&self) -> Value {
        if self.stored {
            scan(&self.code, "retrieve", json!({}))
        } else {
            scan(&self.code, "store", json!({ "location": "CONG-1/A/01" }))
        }
    }
}

/// A tube for each client, accepted by the laboratory.
async fn tubes(server: &Server, [nurse, courier, bench]: [UserId; 3]) -> Vec<Scanner> {
    let nurse = server.sign_in("enfermera", nurse).await;
    let courier = server.sign_in("mensajero", courier).await;
    let bench = server.sign_in("recepcion", bench).await;
    let patient = nurse.registers(1).await;
    let mut scanners = vec![];
    for _ in 0..CLIENTS {
        let path = format!("/api/v1/patients/{patient}/studies");
        let study = nurse.post(&path, &mrd_request()).await.expect(201);
        let code = nurse.labels(study.json["id"].as_str().unwrap()).await;
        let drawn = json!({ "identifiers_confirmed": true, "pull": 1 });
        let steps = [
            (&nurse, "collect", drawn),
            (&nurse, "offer", json!({ "to": courier.id() })),
            (&courier, "accept-handover", json!({})),
            (&bench, "receive", json!({})),
            (&bench, "accept", json!({})),
        ];
        let mut acknowledged = vec![];
        for (who, action, more) in steps {
            let scan = scan(&code, action, more);
            let result = who.scans(&scan).await;
            assert!(result["outcome"].as_str().unwrap().starts_with("accepted"), "{result}");
            acknowledged.push(scan["id"].as_str().unwrap().to_owned());
        }
        scanners.push(Scanner { code, stored: false, open: None, acknowledged });
    }
    scanners
}

#[derive(QueryableByName)]
struct Event {
    #[diesel(sql_type = rastro::db::sql::Uid)]
    caused_by: EventKey,
    #[diesel(sql_type = rastro::db::sql::Uid)]
    container_id: EventKey,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    seq: i64,
}

rastro::id_type! {
    /// Any key.
    EventKey
}

/// Every custody event in the database, by tube and number.
fn events(dir: &Path) -> Vec<Event> {
    let url = format!("sqlite://{}", dir.join("rastro.db").display());
    let mut conn = Reading::open(&url).unwrap();
    diesel::sql_query(
        "SELECT caused_by, container_id, seq FROM custody_events ORDER BY container_id, seq",
    )
    .load(&mut *conn)
    .unwrap()
}

/// Every tube's events are numbered 1, 2, 3 …: none is missing in between.
fn assert_numbered(events: &[Event]) {
    for tube in events.chunk_by(|a, b| a.container_id == b.container_id) {
        let numbers: Vec<i64> = tube.iter().map(|e| e.seq).collect();
        let expected: Vec<i64> = (1..).take(tube.len()).collect();
        assert_eq!(numbers, expected);
    }
}

#[test]
fn br_36_no_acknowledged_scan_is_lost_or_doubled_when_the_server_is_killed() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let people = accounts(dir.path()).await;
        let mut server = Server::start(dir.path());
        let mut scanners = tubes(&server, people).await;
        let (mut open, mut landed) = (0, 0);
        for round in 0..ROUNDS {
            let bench = server.sign_in("recepcion", people[2]).await;
            let working: Vec<_> = std::mem::take(&mut scanners)
                .into_iter()
                .map(|scanner| tokio::spawn(scanner.work(bench.clone())))
                .collect();
            // Another moment of the writer's group in each round.
            tokio::time::sleep(Duration::from_millis(150 + 37 * (round % 7))).await;
            server.kill();
            for scanner in working {
                scanners.push(scanner.await.unwrap());
            }
            let unanswered: HashSet<String> = scanners.iter().filter_map(Scanner::unanswered).collect();
            open += unanswered.len();
            let stored = events(dir.path());
            landed += stored.iter().filter(|e| unanswered.contains(&e.caused_by.to_string())).count();
            server = Server::start(dir.path());
        }
        server.kill();

        let stored = events(dir.path());
        assert_numbered(&stored);
        let there: Vec<String> = stored.iter().map(|e| e.caused_by.to_string()).collect();
        let once: HashSet<&String> = there.iter().collect();
        let acknowledged: Vec<&String> = scanners.iter().flat_map(|s| &s.acknowledged).collect();
        let lost = acknowledged.iter().filter(|id| !once.contains(**id)).count();
        let doubled = there.len() - once.len();
        println!(
            "{ROUNDS} kills: {} scans acknowledged, {lost} lost, {} events stored, {doubled} twice; \
             {open} scans unanswered when the server died, {landed} of them stored and sent again",
            acknowledged.len(),
            there.len(),
        );
        assert_eq!((lost, doubled), (0, 0));
        // Beyond the acknowledged ones: the labels, and at most one scan a client whose answer
        // was lost with the server.
        let beyond = there.len() - acknowledged.len() - CLIENTS;
        assert!(beyond <= CLIENTS, "{beyond} events that nobody sent");
        let url = format!("sqlite://{}", dir.path().join("rastro.db").display());
        verify_at(dir.path(), &url, &[]).is_sound();
    });
}
