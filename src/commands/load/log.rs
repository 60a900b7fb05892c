//! What an event costs: its bytes on the disk, table by table, and the time `rastro verify` takes
//! for a million. The events are scans of a bench, sent through HTTP as its station sends them.

use std::process::{Command, Stdio};
use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Failed;
use super::client::Client;
use super::engine::{Engine, Scratch};
use super::seed;
use super::server::{Server, own};
use super::table::{Table, rate};
use crate::db::{Access, Clock, Conn};

/// Events of one tube, from its label to its last retrieval: two are seeded, the others scanned.
const OF_A_TUBE: u32 = 12;
/// Stations that scan at once.
const STATIONS: usize = 4;
/// Scans of one request, as a station sends after it was offline.
const BATCH: usize = 100;
/// Tubes on a bench at a time: their events alternate in the log.
const ON_THE_BENCH: usize = 500;
const COLUMNS: &[&str] = &["table", "rows", "bytes an event", "of which indexes"];

/// Fills a database with about `events` events, and measures it.
pub(super) async fn measure(engine: &Engine, events: u32) -> Result<Table, Failed> {
    let at = engine.scratch()?;
    let tubes = events.div_ceil(OF_A_TUBE).max(STATIONS as u32);
    let seed = seed::fill(&at, tubes, STATIONS).await?;
    let server = Server::start(&at).await?;
    let mut stations = vec![];
    for (n, token) in seed.bench.iter().enumerate() {
        let client = Client::connect(server.address, token).await?;
        stations.push(Station { client, name: format!("banco-{n}"), scans: 0 });
    }
    let numbers: Vec<u32> = (0..tubes).collect();
    let shares = numbers.chunks(numbers.len().div_ceil(STATIONS));
    let work = stations.iter_mut().zip(shares).map(|(station, share)| station.work(share));
    futures_util::future::try_join_all(work).await?;
    drop(server);
    tell(engine, &at)
}

/// A bench's station.
struct Station {
    client: Client,
    name: String,
    scans: u64,
}

impl Station {
    /// Puts each tube of its share into storage and takes it out again, five times.
    async fn work(&mut self, share: &[u32]) -> Result<(), Failed> {
        for bench in share.chunks(ON_THE_BENCH) {
            for round in 2..OF_A_TUBE {
                for some in bench.chunks(BATCH) {
                    self.send(some, round.is_multiple_of(2)).await?;
                }
            }
        }
        Ok(())
    }

    async fn send(&mut self, tubes: &[u32], store: bool) -> Result<(), Failed> {
        let scans = tubes.iter().map(|n| self.scan(*n, store)).collect::<Result<Vec<_>, _>>()?;
        let (name, now, sent) = (&self.name, Clock::system().now(), scans.len());
        let scans = scans.join(",");
        let body = format!(r#"{{"device":"{name}","device_now":"{now}","scans":[{scans}]}}"#);
        let answer = self.client.post("/api/v1/scans", body).await?;
        let accepted = answer.windows(ACCEPTED.len()).filter(|w| *w == ACCEPTED).count();
        if accepted == sent {
            return Ok(());
        }
        Err(Failed::new(format!("not accepted: {}", String::from_utf8_lossy(&answer))))
    }

    fn scan(&mut self, tube: u32, store: bool) -> Result<String, Failed> {
        self.scans += 1;
        let (id, seq, now) = (uuid::Uuid::now_v7(), self.scans, Clock::system().now());
        let code = seed::code(tube)?;
        let what = match store {
            true => format!(
                r#""action":"store","location":"CONG-{}/{}/{:02}""#,
                tube % 4 + 1,
                tube / 100 % 26,
                tube % 100
            ),
            false => r#""action":"retrieve""#.to_owned(),
        };
        Ok(format!(
            r#"{{"id":"{id}","seq":{seq},"code":"{code}",{what},"occurred_at":"{now}","source":"wedge","place":"Banco 2"}}"#
        ))
    }
}

const ACCEPTED: &[u8] = br#""outcome":"accepted"#;

/// The pages of one table and of its indexes.
#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
    #[diesel(sql_type = BigInt)]
    indexes: i64,
}

/// A table WITHOUT ROWID is an index by itself, under the table's own name.
const SQLITE: &str = "SELECT s.tbl_name AS name, 0 AS rows, CAST(sum(d.pgsize) AS INTEGER) AS bytes, \
    CAST(sum(CASE WHEN s.name = s.tbl_name THEN 0 ELSE d.pgsize END) AS INTEGER) AS indexes \
    FROM dbstat d JOIN sqlite_schema s ON s.name = d.name WHERE d.aggregate = TRUE \
    GROUP BY s.tbl_name ORDER BY 3 DESC";
const POSTGRES: &str = "SELECT c.relname::text AS name, 0::bigint AS rows, \
    pg_total_relation_size(c.oid)::bigint AS bytes, pg_indexes_size(c.oid)::bigint AS indexes \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind = 'r' AND n.nspname = current_schema() ORDER BY 3 DESC";

fn sizes(conn: &mut Conn) -> Result<Vec<Size>, Failed> {
    let mut sizes: Vec<Size> = match conn {
        Conn::Sqlite(c) => diesel::sql_query(SQLITE).load(c)?,
        Conn::Pg(c) => diesel::sql_query(POSTGRES).load(c)?,
    };
    for size in &mut sizes {
        size.rows = count(conn, &size.name)?;
    }
    Ok(sizes)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn count(conn: &mut Conn, table: &str) -> Result<i64, Failed> {
    let sql = format!("SELECT count(*) AS n FROM \"{table}\"");
    let counted: Count = match conn {
        Conn::Sqlite(c) => diesel::sql_query(sql).get_result(c)?,
        Conn::Pg(c) => diesel::sql_query(sql).get_result(c)?,
    };
    Ok(counted.n)
}

fn tell(engine: &Engine, at: &Scratch) -> Result<Table, Failed> {
    let mut conn = Conn::open(&at.url, Access::Write)?;
    // What changed rows left behind is given back, as the engine does by itself in time.
    conn.batch_execute(match &conn {
        Conn::Sqlite(_) => "PRAGMA wal_checkpoint(TRUNCATE)",
        Conn::Pg(_) => "VACUUM ANALYZE",
    })?;
    let events = count(&mut conn, "ledger_entries")?;
    let mut table = Table::new(format!("Bytes an event, {}", engine.name()), COLUMNS);
    let each = |bytes: i64| format!("{:.1}", bytes as f64 / events as f64);
    let sizes = sizes(&mut conn)?;
    let sum = |of: fn(&Size) -> i64| each(sizes.iter().map(of).sum());
    for size in sizes.iter().filter(|s| s.bytes > events) {
        let rows = rate(size.rows as f64);
        table.row(vec![size.name.clone(), rows, each(size.bytes), each(size.indexes)]);
    }
    let all = rate(events as f64);
    table.row(vec!["all tables".into(), all, sum(|s| s.bytes), sum(|s| s.indexes)]);
    drop(conn);
    table.note(verify(at, events)?);
    Ok(table)
}

/// How long `rastro verify` takes, in a process of its own.
fn verify(at: &Scratch, events: i64) -> Result<String, Failed> {
    let mut seconds = vec![];
    for _ in 0..3 {
        let mut command: Command = own("verify")?;
        command.arg("--data-dir").arg(&at.dir).env("DATABASE_URL", &at.url);
        let began = Instant::now();
        if !command.stdout(Stdio::null()).status()?.success() {
            return Err(Failed::new("the log is not sound"));
        }
        seconds.push(began.elapsed().as_secs_f64());
    }
    let best = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(format!(
        "`rastro verify`, best of three: {best:.2} s for {} events, {:.1} s a million.",
        rate(events as f64),
        best * 1e6 / events as f64
    ))
}
