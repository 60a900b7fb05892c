//! A real server for one test: on port 0, with a database of its own on SQLite and, where
//! `RASTRO_TEST_POSTGRES` names a server, on PostgreSQL too.
//!
//! `both(|lab| async move { … })` runs a story on each engine. PostgreSQL is never skipped
//! silently: without a server the test fails unless `RASTRO_SKIP` names `postgres`.
#![allow(dead_code)]

pub mod browser;
pub mod checks;
pub mod commands;
pub mod course;
pub mod everything;
pub mod fill;
pub mod paper;
pub mod printing;
pub mod process;
pub mod story;
pub mod tamper;
pub mod templates;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use rastro::access::service::{NewPerson, add_person};
use rastro::app::{App, Settings, Source};
use rastro::audit::{self, Action, Outcome};
use rastro::catalogue::Catalogue;
use rastro::db::{Access, Clock, Conn, Instant, Limit, migrate};
use rastro::people::{Role, UserId};
use rastro::server;
use rastro::web::Lang;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// What an HTML form is sent as.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// The password of every account a test makes.
pub const PASSWORD: &str = "jacarandas en flor";

/// Whether `RASTRO_SKIP` (a comma-separated list) names `what`.
pub fn skipped(what: &str) -> bool {
    std::env::var("RASTRO_SKIP").is_ok_and(|s| s.split(',').any(|w| w.trim() == what))
}

/// The engines to test on.
fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::Sqlite];
    match std::env::var("RASTRO_TEST_POSTGRES") {
        Ok(url) => engines.push(Engine::Postgres(url)),
        Err(_) if skipped("postgres") => eprintln!("skipped by RASTRO_SKIP: postgres"),
        Err(_) => panic!(
            "RASTRO_TEST_POSTGRES names no PostgreSQL server; `make test` starts one, \
             RASTRO_SKIP=postgres leaves it out"
        ),
    }
    engines
}

#[derive(Debug, Clone)]
enum Engine {
    Sqlite,
    Postgres(String),
}

/// Runs `story` on a fresh lab on each engine.
pub fn both<F, Fut>(story: F)
where
    F: Fn(Lab) -> Fut,
    Fut: Future<Output = ()>,
{
    for engine in engines() {
        eprintln!("on {engine:?}");
        let _watch = Watch::start();
        runtime().block_on(async {
            let lab = Lab::start_on(engine).await;
            let app = lab.app.clone();
            story(lab).await;
            app.db.close().await;
        });
    }
}

/// Runs `story` on a fresh lab on SQLite only: for what does not touch SQL.
pub fn one<F, Fut>(story: F)
where
    F: FnOnce(Lab) -> Fut,
    Fut: Future<Output = ()>,
{
    let _watch = Watch::start();
    runtime().block_on(async {
        let lab = Lab::start_on(Engine::Sqlite).await;
        let app = lab.app.clone();
        story(lab).await;
        app.db.close().await;
    });
}

/// Longer than any story takes on a slow machine.
const HANGS: Duration = Duration::from_secs(20 * 60);

/// Ends the test program when a story hangs, and says which: a test that never ends would
/// otherwise take the rest of the suite with it, and nobody learns what failed.
pub struct Watch {
    _story: mpsc::Sender<()>,
}
impl Watch {
    /// Watches until dropped.
    pub fn start() -> Self {
        let (story, ended) = mpsc::channel();
        let name = std::thread::current().name().unwrap_or("a story").to_owned();
        std::thread::spawn(move || {
            if ended.recv_timeout(HANGS) == Err(mpsc::RecvTimeoutError::Timeout) {
                // Past the test's captured output.
                let _ = writeln!(std::io::stderr(), "{name} hangs: given up after {HANGS:?}");
                std::process::abort();
            }
        });
        Self { _story: story }
    }
}

/// Runs a story that needs no lab.
pub fn run(story: impl Future<Output = ()>) {
    let _watch = Watch::start();
    runtime().block_on(story);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A clock that tests move.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<Option<Instant>>>);

impl TestClock {
    fn new() -> Self {
        Self(Arc::default())
    }
    fn clock(&self) -> Clock {
        let at = self.clone();
        Clock::from_fn(move || at.now())
    }
    /// What the server's clock says.
    pub fn now(&self) -> Instant {
        self.0.lock().unwrap().unwrap_or_else(|| Clock::system().now())
    }
    /// Stops the clock at `text` (RFC 3339).
    pub fn set(&self, text: &str) {
        *self.0.lock().unwrap() = Some(text.parse().unwrap());
    }
    /// Lets the clock run with the machine's.
    pub fn run(&self) {
        *self.0.lock().unwrap() = None;
    }
    /// Moves the clock by `seconds`, stopping it if it ran.
    pub fn advance(&self, seconds: i64) {
        let now = self.now();
        *self.0.lock().unwrap() = Some(now.plus_seconds(seconds));
    }
}

/// A running server with accounts.
pub struct Lab {
    /// Its parts.
    pub app: App,
    /// Its clock.
    pub clock: TestClock,
    /// Where it listens.
    pub address: SocketAddr,
    _cleanup: Arc<Cleanup>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

struct Cleanup {
    dir: tempfile::TempDir,
    postgres: Option<(String, String)>,
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        if let Some((base, schema)) = &self.postgres
            && let Ok(mut c) = Conn::open(base, Access::Write)
        {
            let _ = c.batch_execute(&format!("DROP SCHEMA \"{schema}\" CASCADE"));
        }
    }
}

/// A migrated SQLite file with the catalogue's sites, made once for each test program.
fn template() -> &'static Path {
    static ONCE: OnceLock<PathBuf> = OnceLock::new();
    ONCE.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = dir.join(format!("template-{}.db", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let url = format!("sqlite://{}", path.display());
        let mut conn = Conn::open(&url, Access::Write).unwrap();
        migrate(&mut conn).unwrap();
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
        path
    })
}

impl Lab {
    async fn start_on(engine: Engine) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (url, postgres) = match engine {
            Engine::Sqlite => {
                let path = dir.path().join("rastro.db");
                std::fs::copy(template(), &path).unwrap();
                (format!("sqlite://{}", path.display()), None)
            }
            Engine::Postgres(base) => {
                let schema = format!("t{}", uuid::Uuid::now_v7().simple());
                let mut c = Conn::open(&base, Access::Write).unwrap();
                c.batch_execute(&format!("CREATE SCHEMA \"{schema}\"")).unwrap();
                let join = if base.contains('?') { '&' } else { '?' };
                (format!("{base}{join}options=-csearch_path%3D{schema}"), Some((base, schema)))
            }
        };
        let settings = Source {
            data_dir: Some(dir.path().to_owned()),
            database_url: Some(url),
            public_url: Some("http://127.0.0.1".to_owned()),
            ..Source::default()
        };
        let cleanup = Arc::new(Cleanup { dir, postgres });
        Self::serve(settings.finish().unwrap(), TestClock::new(), cleanup, None).await
    }

    async fn serve(
        mut settings: Settings,
        clock: TestClock,
        _cleanup: Arc<Cleanup>,
        catalogue: Option<Catalogue>,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        settings.public_url = format!("http://{address}");
        let mut app = server::open(settings.clone(), clock.clock()).await.unwrap();
        if let Some(catalogue) = catalogue {
            app.catalogue = Arc::new(catalogue);
        }
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let router = server::router(app.clone());
        tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            server::serve(listener, router, &settings, stopped).await;
        });
        Self { app, clock, address, _cleanup, stop: Some(stop) }
    }

    /// A second server on the same database, with a writer of its own.
    pub async fn another_server(&self) -> Self {
        let settings = (*self.app.settings).clone();
        Self::serve(settings, self.clock.clone(), Arc::clone(&self._cleanup), None).await
    }

    /// A server of a later version of the program, with another catalogue, on the same database.
    pub async fn upgraded(&self, catalogue: Catalogue) -> Self {
        let settings = (*self.app.settings).clone();
        let cleanup = Arc::clone(&self._cleanup);
        Self::serve(settings, self.clock.clone(), cleanup, Some(catalogue)).await
    }

    /// Where the server keeps its files.
    pub fn dir(&self) -> &Path {
        self._cleanup.dir.path()
    }

    /// Every row of the audit log about `patient` (its key as text), newest first.
    pub async fn audited(&self, patient: &str) -> Vec<(Action, Outcome)> {
        let patient: uuid::Uuid = patient.parse().unwrap();
        let limit = Limit::new(Limit::MAX).unwrap();
        let page = self.app.db.read(move |c| audit::store::list(c, Some(patient), None, limit));
        page.await.unwrap().items.iter().map(|r| (r.action, r.outcome)).collect()
    }

    /// Adds an account and signs it in.
    pub async fn person(&self, login: &str, roles: &[Role], sites: &[&str]) -> Client {
        let id = self.account(login, roles, sites).await;
        self.sign_in(login, id).await
    }

    /// Adds an account.
    pub async fn account(&self, login: &str, roles: &[Role], sites: &[&str]) -> UserId {
        let new = NewPerson {
            login: login.to_owned(),
            name: format!("Persona {login}"),
            roles: roles.to_vec(),
            sites: sites.iter().map(|s| (*s).to_owned()).collect(),
            lang: Lang::Es,
            password: PASSWORD.to_owned(),
            keep_password: true,
        };
        add_person(&self.app, None, new).await.unwrap()
    }

    /// Signs a person in anew, after the clock has run past their session.
    pub async fn again(&self, who: &Client, login: &str) -> Client {
        self.sign_in(login, who.id()).await
    }

    async fn sign_in(&self, login: &str, id: UserId) -> Client {
        let mut client = self.nobody();
        let body = json!({ "login": login, "password": PASSWORD });
        let answer = client.post("/api/v1/session", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.json);
        client.token = Some(answer.json["token"].as_str().unwrap().to_owned());
        client.id = Some(id);
        client
    }

    /// A client that has not signed in.
    pub fn nobody(&self) -> Client {
        Client::of(format!("http://{}", self.address))
    }

    /// A client that asks with an agent's secret.
    pub fn agent(&self, secret: &str) -> Client {
        Client { token: Some(format!("Agent {secret}")), ..self.nobody() }
    }

    /// Nurse of La Raza.
    pub async fn nurse(&self) -> Client {
        self.person("enfermera", &[Role::Collector], &["LRZ"]).await
    }
    /// Oncologist of La Raza.
    pub async fn oncologist(&self) -> Client {
        self.person("oncologa", &[Role::Oncologist], &["LRZ"]).await
    }
    /// Courier.
    pub async fn courier(&self) -> Client {
        self.person("mensajero", &[Role::Courier], &[]).await
    }
    /// Reception and bench of the laboratory.
    pub async fn technician(&self) -> Client {
        self.person("recepcion", &[Role::Reception, Role::Bench], &["LAB"]).await
    }
    /// Analyst of the laboratory.
    pub async fn analyst(&self) -> Client {
        self.person("analista", &[Role::Analyst], &["LAB"]).await
    }
    /// Validator of the laboratory.
    pub async fn validator(&self) -> Client {
        self.person("validador", &[Role::Validator], &["LAB"]).await
    }
    /// Nurse and oncologist of another centre.
    pub async fn stranger(&self) -> Client {
        self.person("ajena", &[Role::Collector, Role::Oncologist], &["TIJ"]).await
    }
    /// Stops accepting and drains.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

/// An HTTP client, signed in or not.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// The session's secret.
    pub token: Option<String>,
    /// Who it is signed in as.
    pub id: Option<UserId>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as sent.
    pub bytes: Vec<u8>,
    /// The body as JSON; `null` where it is none.
    pub json: Value,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
    /// The problem's stable code.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
    /// The refused fields' names.
    pub fn fields(&self) -> Vec<String> {
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|e| e["field"].as_str().unwrap_or_default().to_owned()).collect()
    }
    /// Panics with the body unless the status is `expected`.
    #[track_caller]
    pub fn expect(self, expected: u16) -> Self {
        assert_eq!(self.status.as_u16(), expected, "{}", self.text());
        self
    }
}

impl Client {
    /// Of the server at `base`, not signed in.
    pub fn of(base: String) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { http, base, token: None, id: None }
    }
    /// The same person with the same session, at another server.
    pub fn at(&self, lab: &Lab) -> Self {
        Self { base: format!("http://{}", lab.address), ..self.clone() }
    }
    /// The header that says who asks: a session's secret, or an agent's.
    pub fn authorization(&self) -> Option<String> {
        let token = self.token.as_ref()?;
        Some(match token.starts_with("Agent ") {
            true => token.clone(),
            false => format!("Bearer {token}"),
        })
    }
    /// The account behind it.
    pub fn id(&self) -> UserId {
        self.id.expect("signed in")
    }
    /// Sends a request.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.try_send(method, path, body).await.unwrap()
    }
    /// Sends a request to a server that may not live to answer it.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<Answer> {
        let mut req = self.http.request(method, format!("{}{path}", self.base));
        if let Some(header) = self.authorization() {
            req = req.header("authorization", header);
        }
        req = req.header("x-rastro", "1");
        if let Some(body) = body {
            req = req.json(body);
        }
        Self::answer(req).await
    }
    /// Posts an HTML form.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.raw(path, Some(FORM), serde_html_form::to_string(fields).unwrap()).await
    }
    /// Posts text as it is, as what it claims to be.
    pub async fn raw(&self, path: &str, kind: Option<&str>, body: String) -> Answer {
        let mut req = self.http.post(format!("{}{path}", self.base)).body(body);
        if let Some(header) = self.authorization() {
            req = req.header("authorization", header);
        }
        if let Some(kind) = kind {
            req = req.header("content-type", kind);
        }
        Self::answer(req.header("x-rastro", "1")).await.unwrap()
    }
    async fn answer(req: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
        let response = req.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await?.to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { status, headers, bytes, json })
    }
    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }
    /// POST of a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }
    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }
}
