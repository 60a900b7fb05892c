//! The engine alone: the rows of a scan (event, projection, log entry, tree node; the head once a
//! transaction) written through the bare driver with prepared statements, without HTTP, sessions,
//! rules, hashing or savepoints. Only the time inside transactions counts.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::Failed;
use super::engine::Scratch;
use super::latency::{Figures, Latencies};
use super::seed::event;
use crate::containers::{Container, Status};
use crate::custody::{CustodyEvent, EventKind};
use crate::db::{Access, Clock, Conn, DbError, update_all_of};
use crate::ledger;
use crate::schema::{containers, custody_events, ledger_entries, ledger_head, ledger_nodes};

/// Scans of a transaction, as many as 32 waiting clients make.
pub(super) const GROUP: usize = 32;

/// Numbers of entries, past those of the seed.
static NEXT: AtomicI64 = AtomicI64::new(1 << 40);

/// The rows of one scan.
struct Rows {
    event: CustodyEvent,
    after: Container,
    idx: i64,
    packed: Option<Vec<u8>>,
}

impl Rows {
    /// The container goes into storage, or out of it again.
    fn next(container: &mut Container) -> Self {
        let (status, kind) = match container.status {
            Status::Stored => (Status::Accepted, EventKind::Retrieved),
            _ => (Status::Stored, EventKind::Stored),
        };
        let now = Clock::system().now();
        let count = container.event_count + 1;
        let after = Container {
            status,
            event_count: count,
            last_event_at: Some(now),
            location: Some("CONG-1/A/01".into()),
            ..container.clone()
        };
        let event = event(container, &after, kind, now);
        let packed = ledger::pack(&event.body().to_json());
        *container = after.clone();
        Self { event, after, idx: NEXT.fetch_add(1, Ordering::Relaxed), packed }
    }
}

/// The rows of a scan, on whichever driver.
macro_rules! write_rows {
    ($conn:expr, $rows:expr) => {{
        let (conn, r) = ($conn, $rows);
        diesel::insert_into(custody_events::table).values(&r.event).execute(conn)?;
        let set = (
            containers::status.eq(r.after.status),
            containers::custodian_id.eq(r.after.custodian_id),
            containers::location.eq(&r.after.location),
            containers::event_count.eq(r.after.event_count),
            containers::last_event_at.eq(r.after.last_event_at),
        );
        update_all_of(containers::table.find(r.after.id), set).execute(conn)?;
        diesel::insert_into(ledger_entries::table)
            .values((
                ledger_entries::idx.eq(r.idx),
                ledger_entries::event_id.eq(r.event.event_id),
                ledger_entries::recorded_at.eq(r.event.recorded_at),
                ledger_entries::salt.eq(&[7_u8; 32][..]),
                ledger_entries::entry.eq(""),
                ledger_entries::packed.eq(&r.packed),
                ledger_entries::commitment.eq(&[7_u8; 32][..]),
            ))
            .execute(conn)?;
        diesel::insert_into(ledger_nodes::table)
            .values((
                ledger_nodes::level.eq(1),
                ledger_nodes::idx.eq(r.idx),
                ledger_nodes::hash.eq(&r.event.request_hash),
            ))
            .execute(conn)?;
    }};
}

macro_rules! write_head {
    ($conn:expr) => {{
        let conn = $conn;
        let set = ledger_head::frontier.eq(&[7_u8; 640][..]);
        update_all_of(ledger_head::table.find(1), set).execute(conn)?;
    }};
}

/// One transaction with the rows of several scans.
fn commit(conn: &mut Conn, group: &[Rows]) -> Result<(), DbError> {
    match conn {
        Conn::Sqlite(c) => {
            c.batch_execute("BEGIN IMMEDIATE")?;
            group.iter().try_for_each(|r| {
                write_rows!(&mut *c, r);
                Ok::<_, DbError>(())
            })?;
            write_head!(&mut *c);
            c.batch_execute("COMMIT")?;
        }
        Conn::Pg(c) => {
            c.batch_execute("BEGIN")?;
            // Locks the head first, as whoever numbers entries must.
            write_head!(&mut *c);
            group.iter().try_for_each(|r| {
                write_rows!(&mut *c, r);
                Ok::<_, DbError>(())
            })?;
            c.batch_execute("COMMIT")?;
        }
    }
    Ok(())
}

/// Groups of `size` by one connection over `containers`, for `seconds`. The rate is of scans, the
/// times are of transactions.
fn groups(
    url: &str,
    containers: &mut [Container],
    size: usize,
    seconds: u64,
) -> Result<(Latencies, usize), Failed> {
    let mut conn = Conn::open(url, Access::Write)?;
    let mut times = Latencies::default();
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut at, mut scans) = (0, 0);
    // As the product's clients, who each walk through containers of their own: a group's rows
    // stand in as many places of the tables.
    let share = containers.len() / size;
    while Instant::now() < end {
        let own = (0..size).map(|client| client * share + at % share);
        let group: Vec<Rows> = own.map(|which| Rows::next(&mut containers[which])).collect();
        at += 1;
        let began = Instant::now();
        commit(&mut conn, &group)?;
        times.push(began.elapsed());
        scans += size;
    }
    Ok((times, scans))
}

fn load(at: &Scratch) -> Result<Vec<Container>, Failed> {
    let mut conn = Conn::open(&at.url, Access::Read)?;
    Ok(containers::table.select(Container::as_select()).load(&mut conn)?)
}

/// One connection, `GROUP` scans a transaction.
pub(super) fn grouped(at: &Scratch, seconds: u64) -> Result<Figures, Failed> {
    let mut containers = load(at)?;
    let (times, scans) = groups(&at.url, &mut containers, GROUP, seconds)?;
    let inside = times.total();
    let figures = Figures::of(times, inside);
    Ok(Figures { rate: scans as f64 / inside.as_secs_f64(), ..figures })
}

/// `connections` at once, each scan a transaction of its own.
pub(super) fn one_by_one(
    at: &Scratch,
    connections: usize,
    seconds: u64,
) -> Result<Figures, Failed> {
    let mut containers = load(at)?;
    let share = containers.len().div_ceil(connections);
    let began = Instant::now();
    let all: Vec<Result<(Latencies, usize), Failed>> = std::thread::scope(|scope| {
        let threads: Vec<_> = containers
            .chunks_mut(share)
            .map(|own| scope.spawn(|| groups(&at.url, own, 1, seconds)))
            .collect();
        threads.into_iter().filter_map(|t| t.join().ok()).collect()
    });
    let mut times = Latencies::default();
    for done in all {
        times.append(done?.0);
    }
    Ok(Figures::of(times, began.elapsed()))
}
