//! A centre as it runs: the real server, the real agent, a printer, a nurse; and what must hold of
//! every label when everything is quiet.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use rastro::db::{Access, Clock, Conn, Instant as At, sql};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::hooks::Hooks;
use super::process::{self, enrol, log, until};
use super::proxy::Proxy;
use super::zebra::{Mode, Zebra};
use crate::support::Client;
use crate::support::printing::{code, printer, zebra as described};
use crate::support::process::{Process, accounts};
use crate::support::story::id;

/// A lease that nobody goes on with is over after this long, seconds: the server's minute would
/// only be waited for.
const LEASE: i64 = 2;
/// A label that is in hand for this long is nobody's any more, seconds; the server gives it five
/// minutes.
const INK: i64 = 4;

/// What became of a job.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    pub id: String,
    pub code: String,
    pub state: String,
    /// When it came to stand so.
    pub since: String,
    /// An agent said that the printer confirmed it.
    pub confirmed: bool,
    /// Times somebody asked for it: once when it was sent, and at each `not there` or `again`.
    pub asked: usize,
}

impl Entry {
    /// Nothing more happens to it by itself.
    pub fn is_quiet(&self) -> bool {
        matches!(&*self.state, "printed" | "failed" | "unconfirmed")
    }

    /// It is in hand for so long that its agent must have forgotten it: it died, or never heard
    /// that it may send it. Printing takes milliseconds here.
    fn is_forgotten(&self) -> bool {
        let since = || self.since.parse::<At>().unwrap();
        self.state == "inking" && Clock::system().now().seconds_since(since()) >= INK
    }
}

/// What must hold of a job when everything is quiet, given how often it is on paper.
pub fn fault(entry: &Entry, copies: usize) -> Option<String> {
    let Entry { code, state, .. } = entry;
    if copies > entry.asked {
        return Some(format!("{code}: {copies} on paper, asked for {}", entry.asked));
    }
    match state.as_str() {
        "printed" if entry.confirmed && copies == 0 => {
            Some(format!("{code}: called printed, not on paper"))
        }
        "failed" if copies > 0 => Some(format!("{code}: called failed, on paper")),
        "printed" | "failed" | "unconfirmed" => None,
        _ => Some(format!("{code}: still {state}: lost")),
    }
}

/// The centre.
pub struct Ward {
    runtime: Runtime,
    pub hooks: Hooks,
    pub proxy: Proxy,
    pub zebra: Zebra,
    printer: String,
    data: TempDir,
    pub home: TempDir,
    server: Option<Process>,
    pub agent: Option<process::Process>,
    nurse: Client,
    /// Times a job was asked for again.
    again: HashMap<String, usize>,
    /// Kills that nobody ordered: of an agent that held on to nothing.
    pub given_up: usize,
}

impl Ward {
    pub fn new() -> Self {
        let hooks = Hooks::default();
        let zebra = Zebra::start(Mode::Ok, &hooks);
        Self::with(hooks, zebra)
    }

    /// A centre with this printer.
    pub fn with(hooks: Hooks, zebra: Zebra) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(1).enable_all().build().unwrap();
        let proxy = Proxy::start(&hooks);
        let (data, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        runtime.block_on(accounts(data.path()));
        let server = Process::start(data.path(), &["--log-filter", "warn"]);
        proxy.open(&server.address);
        let (nurse, printer, code) = runtime.block_on(async {
            let admin = server.sign_in("impresoras").await;
            let mut draft = described("LRZ", "Zebra");
            draft["address"] = json!(zebra.address.to_string());
            let printer = printer(&admin, &draft).await;
            let (_, code) = code(&admin, "LRZ", "Farmacia").await;
            (server.sign_in("enfermera").await, printer, code)
        });
        let enrolled = enrol(&format!("http://{}", proxy.address), home.path(), &["--code", &code]);
        assert!(enrolled.status.success(), "{}", String::from_utf8_lossy(&enrolled.stderr));
        let agent = Some(process::Process::start(home.path()));
        Self {
            runtime,
            hooks,
            proxy,
            zebra,
            printer,
            data,
            home,
            server: Some(server),
            agent,
            nurse,
            again: HashMap::new(),
            given_up: 0,
        }
    }

    /// SIGKILL; whatever it was about to answer is lost.
    pub fn kill_server(&mut self) {
        self.proxy.cut();
        self.server.take().expect("a server that runs").kill();
    }

    /// Starts it again, behind the address that the agent knows.
    pub fn start_server(&mut self) {
        let server = Process::start(self.data.path(), &["--log-filter", "warn"]);
        self.nurse = server.with(&self.nurse);
        self.server = Some(server);
        self.open();
    }

    /// The agent reaches the server.
    pub fn open(&self) {
        self.proxy.open(&self.server.as_ref().expect("a server that runs").address);
    }

    pub fn kill_agent(&mut self) {
        self.agent.take().expect("an agent that runs").kill();
    }

    pub fn start_agent(&mut self) {
        self.agent = Some(process::Process::start(self.home.path()));
    }

    /// Sends `n` labels, each with a code of its own; gives them.
    pub fn queue(&self, n: usize) -> Vec<Entry> {
        self.runtime.block_on(async {
            let roll = json!({ "id": id(), "printer": self.printer, "n": n });
            let sent = self.nurse.post("/api/v1/print-rolls", &roll).await.expect(201).json;
            let jobs = self.nurse.jobs_of(sent["batch"].as_str().unwrap()).await;
            jobs.iter().map(|j| self.entry(j)).collect()
        })
    }

    fn entry(&self, job: &Value) -> Entry {
        let text = |key: &str| job[key].as_str().unwrap().to_owned();
        let asked = 1 + self.again.get(job["id"].as_str().unwrap()).unwrap_or(&0);
        let (id, code, state) = (text("id"), text("code"), text("state"));
        Entry { id, code, state, since: text("changed_at"), confirmed: false, asked }
    }

    /// Every job as the server has it.
    pub fn jobs(&self) -> Vec<Entry> {
        let list = self.nurse.get("/api/v1/print-jobs?limit=200");
        let list = self.runtime.block_on(list).expect(200).json;
        assert!(list["next"].is_null(), "more jobs than are looked at");
        list["items"].as_array().unwrap().iter().map(|j| self.entry(j)).collect()
    }

    pub fn state(&self, id: &str) -> String {
        self.jobs().into_iter().find(|e| e.id == id).unwrap().state
    }

    /// What happened to a job: what, and what was told of it.
    pub fn history(&self, id: &str) -> Vec<(String, String)> {
        let path = format!("/api/v1/print-jobs/{id}");
        let told = self.runtime.block_on(self.nurse.get(&path)).expect(200).json;
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let events = told["events"].as_array().unwrap().iter();
        events.map(|e| (text(&e["kind"]), text(&e["detail"]))).collect()
    }

    /// Days pass for the server's jobs in `state`, those in it for longer than `seconds`; gives how
    /// many. Past an intent only while no agent runs that has its permission still.
    fn pass(&self, state: &str, seconds: i64) -> usize {
        use diesel::sql_types::Text;
        let url = format!("sqlite://{}", self.data.path().join("rastro.db").display());
        let mut conn = Conn::open(&url, Access::Write).unwrap();
        let before = Clock::system().now().plus_seconds(-seconds);
        diesel::sql_query("UPDATE print_jobs SET until = 0 WHERE state = ? AND changed_at <= ?")
            .bind::<Text, _>(state)
            .bind::<sql::Instant, At>(before)
            .execute(&mut conn)
            .unwrap()
    }

    /// Days pass while the agent's machine is off.
    pub fn long_after(&self) {
        assert!(self.agent.is_none(), "it may send what it has permission for");
        self.pass("leased", 0);
        self.pass("inking", 0);
        self.jobs();
    }

    /// Days pass while the agent has a label that was confirmed to it: it sends nothing more.
    pub fn long_after_the_label(&self) {
        self.pass("inking", 0);
    }

    /// Waits until one of these jobs may be in the printer or has come to its end, or the printer
    /// is known not to take any.
    pub fn begun(&self, jobs: &[Entry]) {
        until(self.home(), "a job begins", || {
            self.pass("leased", LEASE);
            let stands = |id: &str| self.state(id);
            let printers = self.runtime.block_on(self.nurse.get("/api/v1/printers"));
            let refuses = printers.expect(200).json[0]["status"] == "faulty";
            refuses || jobs.iter().any(|e| !matches!(&*stands(&e.id), "queued" | "leased"))
        });
    }

    /// Waits as long as it takes, with no time made to pass, until every job has come to an end or to
    /// a question, and holds them to the rules.
    pub fn outlast(&mut self) {
        let end = Instant::now() + Duration::from_secs(600);
        loop {
            let jobs = self.jobs();
            if jobs.iter().all(Entry::is_quiet) && self.zebra.is_empty() {
                break;
            }
            assert!(Instant::now() < end, "{jobs:?}\n{}", log(self.home.path()));
            std::thread::sleep(Duration::from_millis(200));
        }
        self.holds_the_rules();
    }

    /// Waits until every job has come to an end or to a question, and holds them to the rules.
    pub fn settle(&mut self) {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            self.pass("leased", LEASE);
            let jobs = self.jobs();
            if jobs.iter().all(Entry::is_quiet) && self.zebra.is_empty() {
                break;
            }
            assert!(Instant::now() < end, "{jobs:?}\n{}", log(self.home.path()));
            if jobs.iter().any(Entry::is_forgotten) {
                self.kill_agent();
                self.given_up += self.pass("inking", INK);
                self.start_agent();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.holds_the_rules();
    }

    fn holds_the_rules(&self) {
        let faults: Vec<String> =
            self.confirmed().iter().filter_map(|e| fault(e, self.copies(e))).collect();
        assert!(faults.is_empty(), "{}\n{}", faults.join("\n"), log(self.home.path()));
    }

    /// Every job, with whether an agent said that it was printed.
    pub fn confirmed(&self) -> Vec<Entry> {
        let mut jobs = self.jobs();
        for job in &mut jobs {
            let said = |(kind, detail): &(String, String)| {
                kind == "printed" || (kind == "late-report" && detail.starts_with("printed"))
            };
            job.confirmed = self.history(&job.id).iter().any(said);
        }
        jobs
    }

    /// The times in which a job was in some agent's hand, by the server's clock.
    pub fn in_hand(&self, id: &str) -> Vec<(At, At)> {
        let path = format!("/api/v1/print-jobs/{id}");
        let told = self.runtime.block_on(self.nurse.get(&path)).expect(200).json;
        let (mut since, mut spans) = (None, vec![]);
        for event in told["events"].as_array().unwrap() {
            let at: At = event["at"].as_str().unwrap().parse().unwrap();
            let held = matches!(event["state"].as_str().unwrap(), "leased" | "inking");
            match (since, held) {
                (None, true) => since = Some(at),
                (Some(began), false) => {
                    spans.push((began, at));
                    since = None;
                }
                _ => {}
            }
        }
        assert_eq!(since, None, "in hand still");
        spans
    }

    /// How often a job's label is on paper.
    pub fn copies(&self, entry: &Entry) -> usize {
        self.zebra.paper().iter().filter(|label| label.contains(&entry.code)).count()
    }

    /// A person looked at the bench.
    pub fn answer(&mut self, entry: &Entry, there: bool) {
        self.act(entry, "answer", &json!({ "there": there }), !there);
    }

    /// A person sends what was not sent.
    pub fn retry(&mut self, entry: &Entry) {
        self.act(entry, "retry", &json!({}), true);
    }

    fn act(&mut self, entry: &Entry, what: &str, body: &Value, again: bool) {
        self.runtime.block_on(self.nurse.acts(&entry.id, what, body)).expect(200);
        *self.again.entry(entry.id.clone()).or_default() += usize::from(again);
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }
}
