//! Look-ups, lists and timelines through HTTP, in tables of different sizes.

use super::Failed;
use super::client::{Client, drive};
use super::engine::Engine;
use super::latency::Figures;
use super::seed::{self, Seed};
use super::server::Server;
use super::table::{Table, ms, rate};

/// Clients that read at once.
const CLIENTS: usize = 8;
const COLUMNS: &[&str] =
    &["containers", "what", "requests/s", "p50 ms", "p99 ms", "× empty handler", "p99 × smallest"];

/// What is read.
#[derive(Clone, Copy)]
pub(super) enum Read {
    Lookup,
    Timeline,
    Newest,
    NewestOfSmallCentre,
}

impl Read {
    pub(super) const ALL: [Self; 4] =
        [Self::Lookup, Self::Timeline, Self::Newest, Self::NewestOfSmallCentre];

    fn name(self) -> &'static str {
        match self {
            Self::Lookup => "look-up by code",
            Self::Timeline => "timeline of a container",
            Self::Newest => "newest 50 of the laboratory",
            Self::NewestOfSmallCentre => "newest 50 of a centre with 200",
        }
    }
}

struct Reader {
    client: Client,
    read: Read,
    /// State of a small generator: the codes are read in no order.
    random: u64,
    containers: u32,
}

impl Reader {
    /// Steele, Lea and Flood's SplitMix64.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    async fn read(&mut self) -> Result<(), Failed> {
        let n = u32::try_from(self.next() % u64::from(self.containers))?;
        let code = seed::code(n)?;
        let path = match self.read {
            Read::Lookup => format!("/api/v1/containers/{code}"),
            Read::Timeline => format!("/api/v1/containers/{code}/events"),
            Read::Newest | Read::NewestOfSmallCentre => "/api/v1/containers?limit=50".to_owned(),
        };
        self.client.get(&path).await.map(drop)
    }
}

pub(super) async fn measure(engine: &Engine, sizes: &[u32], seconds: u64) -> Result<Table, Failed> {
    let empty = empty(seconds).await?;
    let mut table = Table::new(format!("Reading, {}, {CLIENTS} clients", engine.name()), COLUMNS);
    let mut smallest: Option<Vec<Figures>> = None;
    for &size in sizes {
        let at = engine.scratch()?;
        let seed = seed::fill(&at, size, CLIENTS).await?;
        let server = Server::start(&at).await?;
        let mut found = vec![];
        for read in Read::ALL {
            // The first second fills caches; it is not counted.
            run(&server, &seed, read, 1).await?;
            found.push(run(&server, &seed, read, seconds).await?);
        }
        let first = smallest.get_or_insert_with(|| found.clone());
        for ((read, figures), first) in Read::ALL.into_iter().zip(&found).zip(first) {
            table.row(vec![
                rate(f64::from(size)),
                read.name().into(),
                rate(figures.rate),
                ms(figures.p50),
                ms(figures.p99),
                format!("{:.2}", figures.rate / empty.rate),
                format!("{:.2}", figures.p99 / first.p99),
            ]);
        }
    }
    table.note(format!(
        "An empty axum handler behind the same accept loop: {} requests/s, p99 {} ms.",
        rate(empty.rate),
        ms(empty.p99)
    ));
    Ok(table)
}

/// As many clients as `seed` has bench sessions, for `seconds`.
pub(super) async fn run(
    server: &Server,
    seed: &Seed,
    read: Read,
    seconds: u64,
) -> Result<Figures, Failed> {
    let mut readers = vec![];
    for (i, bench) in seed.bench.iter().enumerate() {
        let token = if matches!(read, Read::NewestOfSmallCentre) { &seed.nurse } else { bench };
        let client = Client::connect(server.address, token).await?;
        readers.push(Reader { client, read, random: i as u64, containers: seed.containers });
    }
    drive(&mut readers, seconds, Reader::read).await
}

async fn empty(seconds: u64) -> Result<Figures, Failed> {
    let server = Server::empty()?;
    let mut clients = vec![];
    for _ in 0..CLIENTS {
        clients.push(Client::connect(server.address, "").await?);
    }
    drive(&mut clients, seconds, async |c: &mut Client| c.get("/").await.map(drop)).await
}
