//! The server's side of the contract: the real state machine (`printing/jobs/job.rs`) in memory, behind
//! real HTTP, with times, bytes and hashes that the real server never gives. For the real one see
//! `ward.rs`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use http::{HeaderMap, StatusCode};
use rastro::db::{Clock, Instant};
use rastro::printing::job::{Happening, Job, JobId, JobState, LeaseToken, Outcome, RunId, What};
use rastro::printing::{AgentId, PrinterId};
use rastro::sites::SiteId;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::hooks::{Arrow, Hooks};

/// The one-time code that is good at first.
pub const CODE: &str = "7KQM-2F9D";

/// A job with its history.
#[derive(Clone)]
pub struct Entry {
    pub job: Job,
    bytes: Vec<u8>,
    sha256: Option<String>,
    /// What agents said of it.
    pub reports: Vec<(Outcome, String)>,
}

#[derive(Default)]
struct World {
    codes: HashSet<String>,
    agents: HashMap<String, AgentId>,
    printers: Vec<(PrinterId, Value)>,
    config: u64,
    jobs: BTreeMap<JobId, Entry>,
    statuses: HashMap<PrinterId, Vec<String>>,
    leases: usize,
    ink_seconds: i64,
    lease_seconds: i64,
    /// It knows nothing of starts and of what is given back.
    old: bool,
}

impl World {
    fn now(&self) -> Instant {
        Clock::system().now()
    }
    fn sweep(&mut self) {
        let now = self.now();
        for entry in self.jobs.values_mut() {
            if let Ok(Some(job)) = entry.job.after(&Happening::TimeOver, now) {
                entry.job = job;
            }
        }
    }
    fn happen(&mut self, id: JobId, what: &Happening) -> bool {
        let now = self.now();
        let entry = self.jobs.get_mut(&id).unwrap();
        match entry.job.after(what, now) {
            Ok(after) => {
                entry.job = after.unwrap_or(entry.job.clone());
                true
            }
            Err(_) => false,
        }
    }
    /// Nobody has these jobs any more.
    fn let_go(&mut self, is_adrift: impl Fn(&Job) -> bool) {
        let held = |j: &Job| matches!(j.state, JobState::Leased | JobState::Inking);
        let jobs = self.jobs.values().map(|e| &e.job);
        let found: Vec<JobId> = jobs.filter(|j| held(j) && is_adrift(j)).map(|j| j.id).collect();
        for id in found {
            assert!(self.happen(id, &Happening::LetGo));
        }
    }
    fn by_token(&self, token: LeaseToken) -> Option<JobId> {
        self.jobs.values().find(|e| e.job.token == Some(token)).map(|e| e.job.id)
    }
}

struct Shared {
    world: Mutex<World>,
    news: Notify,
    hooks: Hooks,
}

/// The server, on a runtime of its own.
pub struct LeaseServer {
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
    pub address: SocketAddr,
}

impl LeaseServer {
    /// Starts one, with times to lease and to ink in seconds.
    pub fn start(hooks: &Hooks, lease_seconds: i64, ink_seconds: i64) -> Self {
        let world = World {
            codes: HashSet::from([CODE.replace('-', "")]),
            lease_seconds,
            ink_seconds,
            config: 1,
            ..World::default()
        };
        let shared = Shared { world: Mutex::new(world), news: Notify::new(), hooks: hooks.clone() };
        let shared = Arc::new(shared);
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/api/agent/v1/enrol", post(enrol))
            .route("/api/agent/v1/begin", post(begin))
            .route("/api/agent/v1/lease", post(lease))
            .route("/api/agent/v1/intend", post(intend))
            .route("/api/agent/v1/report", post(report))
            .route("/api/agent/v1/status", post(status))
            .with_state(Arc::clone(&shared));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { shared, runtime: Some(runtime), address }
    }

    /// It is of the version before starts were told.
    pub fn is_old(&self) {
        self.world(|w| w.old = true);
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn world<T>(&self, f: impl FnOnce(&mut World) -> T) -> T {
        let done = f(&mut self.shared.world.lock().unwrap());
        self.shared.news.notify_waiters();
        done
    }

    /// Adds a printer to the agent's.
    pub fn printer(&self, reach: &str, language: &str, address: &str) -> PrinterId {
        let id = PrinterId::new();
        let value = json!({
            "id": id, "name": "Etiquetas", "language": language, "dpi": 203,
            "reach": reach, "address": address,
        });
        self.world(|w| {
            w.printers.push((id, value));
            w.config += 1;
        });
        id
    }

    /// A printer stands at another address now.
    pub fn move_printer(&self, id: PrinterId, address: &str) {
        self.world(|w| {
            let (_, value) = w.printers.iter_mut().find(|(p, _)| *p == id).unwrap();
            value["address"] = json!(address);
            w.config += 1;
        });
    }

    /// Says what stock is in a printer, as older servers don't.
    pub fn load(&self, id: PrinterId, media: &str) {
        self.world(|w| {
            let (_, value) = w.printers.iter_mut().find(|(p, _)| *p == id).unwrap();
            value["media"] = json!(media);
            w.config += 1;
        });
    }

    /// A printer is no longer the agent's.
    pub fn remove_printer(&self, id: PrinterId) {
        self.world(|w| {
            w.printers.retain(|(p, _)| *p != id);
            w.config += 1;
        });
    }

    /// Queues a label whose text is its job's key.
    pub fn queue(&self, printer: PrinterId) -> JobId {
        self.queue_bytes(printer, |id| format!("^XA^FO20,20^FD{id}^FS^XZ").into_bytes(), None)
    }

    /// Queues bytes, with a hash that may be wrong.
    pub fn queue_bytes(
        &self,
        printer: PrinterId,
        bytes: impl FnOnce(JobId) -> Vec<u8>,
        sha256: Option<String>,
    ) -> JobId {
        let id = JobId::new();
        let job = Job {
            id,
            what: What::Test,
            print_id: None,
            container_id: None,
            printer_id: printer,
            site_id: SiteId::new(),
            state: JobState::Queued,
            attempts: 0,
            token: None,
            agent_id: None,
            run_id: None,
            until: None,
        };
        let entry = Entry { job, bytes: bytes(id), sha256, reports: vec![] };
        self.world(|w| w.jobs.insert(id, entry));
        id
    }

    pub fn cancel(&self, id: JobId) {
        self.world(|w| assert!(w.happen(id, &Happening::Cancel)));
    }

    /// Nobody is known any more.
    pub fn revoke(&self) {
        self.world(|w| w.agents.clear());
    }

    pub fn jobs(&self) -> Vec<Entry> {
        self.world(|w| {
            w.sweep();
            w.jobs.values().cloned().collect()
        })
    }

    pub fn job(&self, id: JobId) -> Entry {
        self.jobs().into_iter().find(|e| e.job.id == id).unwrap()
    }

    pub fn statuses(&self, id: PrinterId) -> Vec<String> {
        self.world(|w| w.statuses.get(&id).cloned().unwrap_or_default())
    }

    /// Lease requests so far.
    pub fn leases(&self) -> usize {
        self.world(|w| w.leases)
    }
}

impl Drop for LeaseServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn problem(status: StatusCode, code: &str) -> Response {
    let body = json!({ "status": status.as_u16(), "code": code, "title": code });
    (status, [("content-type", "application/problem+json")], body.to_string()).into_response()
}

fn caller(world: &World, headers: &HeaderMap) -> Option<AgentId> {
    let secret = headers.get("authorization")?.to_str().ok()?.strip_prefix("Agent ")?;
    world.agents.get(secret).copied()
}

/// Holds the world still here if a test wants it.
fn reach(shared: &Shared, arrow: Arrow) {
    tokio::task::block_in_place(|| shared.hooks.reach(arrow));
}

fn answered(shared: &Arc<Shared>, arrow: Arrow, answer: Response) -> Response {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(4)).await;
        reach(&shared, arrow);
    });
    answer
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enrol {
    code: String,
    name: String,
    version: String,
}

async fn enrol(State(shared): State<Arc<Shared>>, Json(body): Json<Enrol>) -> Response {
    let code = body.code.to_uppercase().replace(['-', ' '], "");
    assert!(!body.version.is_empty());
    let mut world = shared.world.lock().unwrap();
    if !world.codes.remove(&code) {
        return problem(StatusCode::UNAUTHORIZED, "enrol-code");
    }
    let agent = AgentId::new();
    let secret = format!("{:-<43}", agent.0.simple().to_string());
    world.agents.insert(secret.clone(), agent);
    let answer = json!({ "agent": agent, "name": body.name, "secret": secret });
    (StatusCode::CREATED, Json(answer)).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    version: String,
    run: RunId,
    earlier: Vec<RunId>,
    holds: Vec<LeaseToken>,
}

async fn begin(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(body): Json<Begin>,
) -> Response {
    assert!(!body.version.is_empty() && !body.earlier.contains(&body.run));
    let mut world = shared.world.lock().unwrap();
    if caller(&world, &headers).is_none() {
        return problem(StatusCode::UNAUTHORIZED, "agent-unknown");
    }
    if world.old {
        return problem(StatusCode::NOT_FOUND, "not-found");
    }
    world.let_go(|j| {
        let over = j.run_id.is_some_and(|run| body.earlier.contains(&run));
        over && j.token.is_none_or(|t| !body.holds.contains(&t))
    });
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lease {
    version: String,
    ready: Vec<PrinterId>,
    wait: u64,
    config: Option<String>,
    run: Option<RunId>,
    #[serde(default)]
    holds: Vec<LeaseToken>,
}

async fn lease(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(body): Json<Lease>,
) -> Response {
    assert!(body.wait <= 25 && !body.version.is_empty());
    let end = tokio::time::Instant::now() + Duration::from_secs(body.wait);
    {
        let mut world = shared.world.lock().unwrap();
        world.leases += 1;
        assert_eq!(body.run.is_none(), world.old, "what the server does not know is not said");
        world.let_go(|j| {
            let same = j.run_id.is_some() && j.run_id == body.run;
            let asked = same && body.ready.contains(&j.printer_id);
            asked && j.token.is_none_or(|t| !body.holds.contains(&t))
        });
    }
    loop {
        let news = shared.news.notified();
        let answer = {
            let mut world = shared.world.lock().unwrap();
            let Some(agent) = caller(&world, &headers) else {
                return problem(StatusCode::UNAUTHORIZED, "agent-unknown");
            };
            world.sweep();
            let jobs = take(&mut world, agent, &body);
            let config = world.config.to_string();
            let over = tokio::time::Instant::now() >= end;
            if jobs.is_empty() && body.config.as_ref() == Some(&config) && !over {
                None
            } else {
                let printers: Vec<&Value> = world.printers.iter().map(|(_, v)| v).collect();
                let made = !jobs.is_empty();
                let answer = json!({ "config": config, "printers": printers, "jobs": jobs });
                Some((made, Json(answer).into_response()))
            }
        };
        match answer {
            Some((true, answer)) => {
                reach(&shared, Arrow::LeaseMade);
                return answered(&shared, Arrow::LeaseAnswered, answer);
            }
            Some((false, answer)) => return answer,
            None => {
                // Leases run out without anybody saying so: looked at often, for the test's sake.
                let soon = tokio::time::Instant::now() + Duration::from_millis(100);
                let _ = tokio::time::timeout_at(soon.min(end), news).await;
            }
        }
    }
}

fn take(world: &mut World, agent: AgentId, asked: &Lease) -> Vec<Value> {
    let (mut taken, run) = (vec![], asked.run);
    for printer in &asked.ready {
        if !world.printers.iter().any(|(p, _)| p == printer) {
            continue;
        }
        let queued = world
            .jobs
            .values()
            .find(|e| e.job.printer_id == *printer && e.job.state == JobState::Queued);
        let Some(id) = queued.map(|e| e.job.id) else { continue };
        let token = LeaseToken::new();
        let until = world.now().plus_seconds(world.lease_seconds);
        assert!(world.happen(id, &Happening::Lease { token, agent: Some(agent), run, until }));
        let entry = &world.jobs[&id];
        let sum = Sha256::digest(&entry.bytes).iter().map(|b| format!("{b:02x}")).collect();
        taken.push(json!({
            "token": token, "job": id, "printer": printer, "name": "etiqueta", "copy": 1,
            "media_type": if entry.bytes.starts_with(b"%PDF") { "application/pdf" }
                else { "application/vnd.zebra.zpl" },
            "bytes": BASE64.encode(&entry.bytes),
            "sha256": entry.sha256.clone().unwrap_or(sum),
            "lease_seconds": world.lease_seconds,
        }));
    }
    taken
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Intend {
    token: LeaseToken,
}

async fn intend(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(body): Json<Intend>,
) -> Response {
    let ink = {
        let mut world = shared.world.lock().unwrap();
        if caller(&world, &headers).is_none() {
            return problem(StatusCode::UNAUTHORIZED, "agent-unknown");
        }
        world.sweep();
        let until = world.now().plus_seconds(world.ink_seconds);
        let token = body.token;
        let id = world.by_token(token);
        id.is_some_and(|id| world.happen(id, &Happening::Intend { token, until }))
            .then_some(world.ink_seconds)
    };
    let Some(ink) = ink else { return problem(StatusCode::CONFLICT, "lease-stale") };
    reach(&shared, Arrow::IntendMade);
    let answer = Json(json!({ "ink_seconds": ink })).into_response();
    answered(&shared, Arrow::IntendAnswered, answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    token: LeaseToken,
    outcome: Outcome,
    evidence: String,
}

async fn report(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(body): Json<Report>,
) -> Response {
    let evidence = &body.evidence;
    assert!(evidence.chars().count() <= 500 && !evidence.chars().any(char::is_control));
    let state = {
        let mut world = shared.world.lock().unwrap();
        if caller(&world, &headers).is_none() {
            return problem(StatusCode::UNAUTHORIZED, "agent-unknown");
        }
        world.sweep();
        let Report { token, outcome, evidence } = body;
        assert!(!world.old || outcome != Outcome::Returned, "an older server knows no such word");
        world.by_token(token).and_then(|id| {
            world.jobs.get_mut(&id).unwrap().reports.push((outcome, evidence));
            world
                .happen(id, &Happening::Report { token, outcome })
                .then(|| world.jobs[&id].job.state)
        })
    };
    let Some(state) = state else { return problem(StatusCode::CONFLICT, "lease-stale") };
    reach(&shared, Arrow::ReportMade);
    answered(&shared, Arrow::ReportAnswered, Json(json!({ "state": state })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Statuses {
    printers: Vec<Status>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    id: PrinterId,
    status: rastro::printing::printer::Status,
    detail: String,
}

async fn status(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(body): Json<Statuses>,
) -> Response {
    let mut world = shared.world.lock().unwrap();
    if caller(&world, &headers).is_none() {
        return problem(StatusCode::UNAUTHORIZED, "agent-unknown");
    }
    for s in body.printers {
        assert!(s.detail.chars().count() <= 200 && !s.detail.chars().any(char::is_control));
        world.statuses.entry(s.id).or_default().push(s.status.to_string());
    }
    StatusCode::NO_CONTENT.into_response()
}
