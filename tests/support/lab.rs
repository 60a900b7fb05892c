//! The server of a test, its clock, its database and its accounts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use diesel::connection::SimpleConnection;
use rastro::access::service::{NewPerson, add_person};
use rastro::app::{App, Settings, Source};
use rastro::audit::{self, Action, Outcome};
use rastro::catalogue::Catalogue;
use rastro::db::{Access, Clock, Conn, Instant, Limit, migrate};
use rastro::people::service::resume;
use rastro::people::{Role, SessionId, Token, UserId};
use rastro::server;
use rastro::web::Lang;
use reqwest::StatusCode;
use serde_json::json;

use super::fill::lines;
use super::{Client, PASSWORD};

/// What a database is of; PostgreSQL by its server.
#[derive(Debug, Clone)]
pub(super) enum Engine {
    Sqlite,
    Postgres(String),
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
    /// The server stops when this is dropped.
    _stop: tokio::sync::oneshot::Sender<()>,
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

/// Whether nothing has been written to a database yet.
fn is_new(settings: &Settings) -> bool {
    let mut conn = Conn::open(&settings.database_url, Access::Write).unwrap();
    migrate(&mut conn).unwrap();
    lines(&mut conn, "SELECT CAST(count(*) AS TEXT) AS line FROM ledger_entries") == ["0"]
}

impl Lab {
    /// Starts one on a fresh database.
    pub(super) async fn start_on(engine: Engine) -> Self {
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

    /// Starts one whose files are below `place`, on SQLite or on the PostgreSQL database `url`.
    pub(super) async fn start_at(place: &Path, url: Option<String>) -> Self {
        let dir = tempfile::tempdir_in(place).unwrap();
        let settings = Source {
            data_dir: Some(dir.path().to_owned()),
            database_url: url,
            public_url: Some("http://127.0.0.1".to_owned()),
            ..Source::default()
        };
        let cleanup = Arc::new(Cleanup { dir, postgres: None });
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
        // Tests set the clock to some day of these years: what a first start binds was before it.
        let is_first =
            clock.0.lock().unwrap().is_none() && catalogue.is_none() && is_new(&settings);
        if is_first {
            clock.set("2015-01-01T00:00:00Z");
        }
        let mut app = server::open(settings.clone(), clock.clock()).await.unwrap();
        if is_first {
            clock.run();
        }
        if let Some(catalogue) = catalogue {
            app = app.with_catalogue(catalogue);
        }
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let router = server::router(app.clone());
        tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            server::serve(listener, router, &settings, stopped).await;
        });
        Self { app, clock, address, _cleanup, _stop: stop }
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
            licence: String::new(),
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
        client.session = Some(self.session(client.token.as_deref().unwrap()).await);
        client
    }

    /// The session behind a secret.
    pub async fn session(&self, token: &str) -> SessionId {
        let token = Token::decode(token).expect("a session's secret");
        resume(&self.app.people(), &token, self.clock.now()).await.expect("a session").id
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
}
