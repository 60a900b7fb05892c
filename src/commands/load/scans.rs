//! Scans acknowledged a second, through HTTP with real sessions, beside the raw engine.

use super::Failed;
use super::client::{Client, drive};
use super::engine::Engine;
use super::latency::Figures;
use super::raw;
use super::seed::{self, Seed};
use super::server::Server;
use super::table::{Table, ms, rate};
use crate::db::Clock;

/// Containers that are scanned: two events each make the 100,000 of the start-up time.
pub(super) const CONTAINERS: u32 = 50_000;
const CLIENTS: [usize; 4] = [1, 8, 32, 128];
const COLUMNS: &[&str] = &["what", "scans/s", "p50 ms", "p99 ms", "× raw, groups of 32"];

/// One scanning client: its connection and the containers that are its own.
pub(super) struct Scanner {
    client: Client,
    tubes: Vec<(String, bool)>,
    at: usize,
}

impl Scanner {
    /// Its containers, for another run.
    pub(super) fn into_tubes(self) -> Vec<(String, bool)> {
        self.tubes
    }
    /// Puts the next container into storage, or takes it out again.
    pub(super) async fn scan(&mut self) -> Result<(), Failed> {
        let at = self.at % self.tubes.len();
        self.at += 1;
        let (code, stored) = &mut self.tubes[at];
        let (id, now) = (uuid::Uuid::now_v7(), Clock::system().now());
        let (action, location) =
            if *stored { ("retrieve", "") } else { ("store", r#","location":"CONG-1/A/01""#) };
        let body = format!(
            r#"{{"scans":[{{"id":"{id}","code":"{code}","action":"{action}","occurred_at":"{now}"{location}}}]}}"#
        );
        *stored = !*stored;
        let answer = self.client.post("/api/v1/scans", body).await?;
        if answer.windows(OK.len()).any(|w| w == OK) {
            return Ok(());
        }
        Err(Failed::new(format!("not accepted: {}", String::from_utf8_lossy(&answer))))
    }
}

const OK: &[u8] = br#""outcome":"accepted"#;

pub(super) async fn measure(engine: &Engine, seconds: u64) -> Result<Table, Failed> {
    let raw_at = engine.scratch()?;
    seed::fill(&raw_at, CONTAINERS, 0).await?;
    let before = raw::grouped(&raw_at, seconds)?;

    let at = engine.scratch()?;
    let most = CLIENTS[CLIENTS.len() - 1];
    let seed = seed::fill(&at, CONTAINERS, most).await?;
    let server = Server::start(&at).await?;
    let idle = server.memory_mb()?;
    let mut tubes = tubes(&seed)?;
    let mut found = vec![];
    for n in CLIENTS {
        found.push((n, run(&server, &seed, &mut tubes, n, seconds).await?));
    }
    let after_load = server.memory_mb()?;
    let ready = server.ready;
    drop(server);

    let after = raw::grouped(&raw_at, seconds)?;
    let each = raw::one_by_one(&raw_at, raw::GROUP, seconds)?;
    let base = Figures {
        rate: (before.rate + after.rate) / 2.0,
        p50: (before.p50 + after.p50) / 2.0,
        p99: (before.p99 + after.p99) / 2.0,
    };

    let mut table = Table::new(format!("Scans, {}", engine.name()), COLUMNS);
    let mut row = |what: String, f: Figures| {
        let ratio = format!("{:.2}", f.rate / base.rate);
        table.row(vec![what, rate(f.rate), ms(f.p50), ms(f.p99), ratio]);
    };
    row("raw engine, transactions of 32".into(), base);
    row("raw engine, 32 connections, a transaction each".into(), each);
    for (n, figures) in &found {
        row(format!("product, {n} clients"), *figures);
    }
    if let Some((_, at_32)) = found.iter().find(|(n, _)| *n == raw::GROUP) {
        table.note(format!(
            "At 32 clients: {:.2} × raw in groups of 32, {:.2} × raw with a transaction each; p99 \
             is {:.2} × that of a raw transaction of 32.",
            at_32.rate / base.rate,
            at_32.rate / each.rate,
            at_32.p99 / base.p99
        ));
    }
    table.note(format!(
        "Raw before and after the product: {} and {} scans/s.",
        rate(before.rate),
        rate(after.rate)
    ));
    table.note(format!(
        "Start to ready with {} events: {:.0} ms. Memory (PSS): idle {idle:.1} MB, after the load \
         {after_load:.1} MB.",
        rate(f64::from(CONTAINERS) * 2.0),
        ready.as_secs_f64() * 1000.0
    ));
    Ok(table)
}

/// Code of each container, and whether it is in storage.
pub(super) fn tubes(seed: &Seed) -> Result<Vec<(String, bool)>, Failed> {
    (0..seed.containers).map(|n| Ok((seed::code(n)?.to_string(), false))).collect()
}

/// `n` clients for `seconds`; the containers are dealt out and taken back.
pub(super) async fn run(
    server: &Server,
    seed: &Seed,
    tubes: &mut Vec<(String, bool)>,
    n: usize,
    seconds: u64,
) -> Result<Figures, Failed> {
    let mut scanners = scanners(server, seed, tubes, n).await?;
    let figures = drive(&mut scanners, seconds, Scanner::scan).await?;
    tubes.extend(scanners.into_iter().flat_map(Scanner::into_tubes));
    Ok(figures)
}

/// `n` clients with a session and an equal share of the containers each.
pub(super) async fn scanners(
    server: &Server,
    seed: &Seed,
    tubes: &mut Vec<(String, bool)>,
    n: usize,
) -> Result<Vec<Scanner>, Failed> {
    let share = tubes.len() / n;
    let mut scanners = vec![];
    for token in &seed.bench[..n] {
        let client = Client::connect(server.address, token).await?;
        let tubes = tubes.split_off(tubes.len() - share);
        scanners.push(Scanner { client, tubes, at: 0 });
    }
    Ok(scanners)
}
