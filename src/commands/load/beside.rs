//! Scans while others read pages: whoever looks must not make whoever scans wait.

use std::time::{Duration, Instant};

use super::Failed;
use super::client::{Client, drive};
use super::engine::Engine;
use super::latency::{Figures, Latencies};
use super::scans::{self, Scanner};
use super::seed::{self, Seed};
use super::server::Server;
use super::table::{Table, ms, rate};

const CLIENTS: [usize; 2] = [8, 32];
/// Pages of each kind a second.
const PACE: u32 = 5;
const COLUMNS: &[&str] = &[
    "clients",
    "beside them",
    "scans/s",
    "p50 ms",
    "p99 ms",
    "× alone",
    "pages/s",
    "pages' p99 ms",
];

/// Who reads beside the scanners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nobody,
    /// [`PACE`] pages of each kind a second.
    Paced,
    /// One person who opens samples without a pause.
    Hurried,
}

impl Beside {
    fn name(self) -> String {
        match self {
            Self::Nobody => "nobody".into(),
            Self::Paced => format!("{PACE} pages of each kind a second"),
            Self::Hurried => "one person, sample after sample".into(),
        }
    }
}

/// The pages that a bench's person opens; `code` is a sample's.
fn pages(code: &str) -> [String; 5] {
    [
        format!("/es/muestras/{code}"),
        "/es/muestras".into(),
        "/es/muestras?status=accepted".into(),
        "/es/solicitudes".into(),
        format!("/api/v1/containers/{code}/events"),
    ]
}

/// Scans alone and beside readers, for each number of clients.
pub(super) async fn measure(engine: &Engine, seconds: u64) -> Result<Table, Failed> {
    let mut table = Table::new(format!("Scans beside pages, {}", engine.name()), COLUMNS);
    for clients in CLIENTS {
        let at = engine.scratch()?;
        let seed = seed::fill(&at, scans::CONTAINERS, clients + 1).await?;
        let server = Server::start(&at).await?;
        let mut tubes = scans::tubes(&seed)?;
        let mut alone = 0.0;
        // The first run fills caches; what is compared with is measured before and after.
        for beside in [Beside::Nobody, Beside::Nobody, Beside::Paced, Beside::Hurried] {
            let (scans, mut pages) =
                run(&server, &seed, &mut tubes, (clients, beside), seconds).await?;
            if beside == Beside::Nobody {
                alone = scans.rate;
            }
            table.row(vec![
                clients.to_string(),
                beside.name(),
                rate(scans.rate),
                ms(scans.p50),
                ms(scans.p99),
                format!("{:.2}", scans.rate / alone),
                rate(pages.len() as f64 / seconds as f64),
                ms(pages.permille(990).as_secs_f64() * 1000.0),
            ]);
        }
    }
    Ok(table)
}

async fn run(
    server: &Server,
    seed: &Seed,
    tubes: &mut Vec<(String, bool)>,
    (clients, beside): (usize, Beside),
    seconds: u64,
) -> Result<(Figures, Latencies), Failed> {
    let codes: Vec<String> = tubes.iter().step_by(97).map(|(code, _)| code.clone()).collect();
    let mut scanners = scans::scanners(server, seed, tubes, clients).await?;
    let until = Instant::now() + Duration::from_secs(seconds);
    let (scanned, read) = tokio::join!(
        drive(&mut scanners, seconds, Scanner::scan),
        read(server, &seed.bench[clients], &codes, beside, until)
    );
    tubes.extend(scanners.into_iter().flat_map(Scanner::into_tubes));
    Ok((scanned?, read?))
}

async fn read(
    server: &Server,
    token: &str,
    codes: &[String],
    beside: Beside,
    until: Instant,
) -> Result<Latencies, Failed> {
    let mut times = Latencies::default();
    let mut client = Client::connect(server.address, token).await?;
    let mut tick = tokio::time::interval(Duration::from_secs(1) / PACE);
    for code in codes.iter().cycle().take_while(|_| Instant::now() < until) {
        let kinds = pages(code);
        let asked = match beside {
            Beside::Nobody => return Ok(times),
            Beside::Paced => {
                tick.tick().await;
                &kinds[..]
            }
            Beside::Hurried => &kinds[..1],
        };
        for path in asked {
            let began = Instant::now();
            client.get(path).await?;
            times.push(began.elapsed());
        }
    }
    Ok(times)
}
