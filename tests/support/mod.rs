//! A real server for one test: on port 0, with a database of its own on SQLite and, where
//! `RASTRO_TEST_POSTGRES` names a server, on PostgreSQL too.
//!
//! `both(|lab| async move { … })` runs a story on each engine. PostgreSQL is never skipped
//! silently: without a server the test fails unless `RASTRO_SKIP` names `postgres`.

pub mod browser;
pub mod checks;
mod client;
pub mod cluster;
pub mod commands;
pub mod course;
pub mod dice;
pub mod everything;
pub mod fill;
mod lab;
pub mod paper;
pub mod printing;
pub mod process;
pub mod story;
pub mod tamper;
pub mod templates;

use std::io::Write;
use std::sync::mpsc;
use std::time::Duration;

use lab::Engine;
use rastro::people::{Scope, Token, service as people};

pub use self::{
    client::{Answer, Client, FORM},
    lab::Lab,
};

/// The password of every account a test makes.
pub const PASSWORD: &str = "jacarandas en flor";

/// What somebody who is signed in may see.
pub async fn scope_of(lab: &Lab, who: &Client) -> Scope {
    let token = Token::decode(who.token.as_ref().unwrap()).unwrap();
    people::resume(&lab.app.people(), &token, lab.clock.now()).await.unwrap().scope
}

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

/// Runs `story` on a fresh lab on each engine.
pub fn both<F, Fut>(story: F)
where
    F: Fn(Lab) -> Fut,
    Fut: Future<Output = ()>,
{
    for engine in engines() {
        on(engine, &story);
    }
}

/// The same on all engines at once: for long stories, and those that mostly wait.
pub fn both_at_once<F, Fut>(story: F)
where
    F: Fn(Lab) -> Fut + Sync,
    Fut: Future<Output = ()>,
{
    let name = std::thread::current().name().unwrap_or("a story").to_owned();
    std::thread::scope(|scope| {
        for engine in engines() {
            let (story, thread) = (&story, std::thread::Builder::new().name(name.clone()));
            thread.spawn_scoped(scope, move || on(engine, story)).unwrap();
        }
    });
}

fn on<F, Fut>(engine: Engine, story: &F)
where
    F: Fn(Lab) -> Fut,
    Fut: Future<Output = ()>,
{
    eprintln!("on {engine:?}");
    let _watch = Watch::start();
    runtime().block_on(async {
        let lab = Lab::start_on(engine).await;
        let app = lab.app.clone();
        story(lab).await;
        app.db.close().await;
    });
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

/// Runs `story` on a lab whose files are below `place`, on SQLite or on the PostgreSQL database `url`.
pub fn placed<F, Fut>(place: &std::path::Path, url: Option<String>, story: F)
where
    F: FnOnce(Lab) -> Fut,
    Fut: Future<Output = ()>,
{
    let _watch = Watch::start();
    runtime().block_on(async {
        let lab = Lab::start_at(place, url).await;
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
