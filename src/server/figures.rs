//! What an operator must know of a running server, looked up when the metrics are read. Nothing in
//! here fails: what can't be had is left out.

use std::sync::atomic::AtomicU64;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::disk;
use crate::app::App;
use crate::db::{DbError, Figures, Trouble};
use crate::{ledger, printing, results};

/// How long counts from the database are good for.
const KEPT: Duration = Duration::from_secs(10);
/// How long they are waited for.
const WAIT: Duration = Duration::from_secs(2);

/// Counts from the database.
#[derive(Debug, Clone, Copy)]
struct Counts {
    unsigned: i64,
    silent_agents: i64,
    waiting_criticals: i64,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

/// A registry with what is so now.
pub(super) async fn registry(app: &App) -> Registry {
    let mut registry = Registry::with_prefix("rastro");
    of_writer(&mut registry, &app.db.figures());
    of_disk(&mut registry, app);
    if let Some(counts) = counts(app).await {
        of_counts(&mut registry, counts);
    }
    registry
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: f64) {
    let gauge: Gauge<f64, AtomicU64> = Gauge::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

fn counter(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let counter: Counter = Counter::default();
    counter.inc_by(value);
    registry.register(name, help, counter);
}

#[allow(clippy::cast_precision_loss)]
fn of_writer(registry: &mut Registry, f: &Figures) {
    let states: Family<State, Gauge> = Family::default();
    let now = f.trouble.map_or("ready", Trouble::as_str);
    for state in Trouble::ALL.iter().map(|t| t.as_str()).chain(["ready"]) {
        states.get_or_create(&State { state }).set(i64::from(state == now));
    }
    registry.register("database_state", "1 at what the last write met", states);
    let failed: Family<Kind, Counter> = Family::default();
    let unknown = f.unknown;
    let kinds =
        f.failed.iter().map(|(t, n)| (t.as_str(), *n)).chain([("outcome-unknown", unknown)]);
    for (kind, n) in kinds {
        failed.get_or_create(&Kind { kind }).inc_by(n);
    }
    registry.register("writer_failed", "Writes not acknowledged, by what was the matter", failed);
    counter(registry, "writer_retries", "Groups of writes tried once more", f.retries);
    counter(registry, "writer_groups", "Groups of writes committed", f.groups);
    counter(registry, "writer_writes", "Writes committed", f.writes);
    gauge(registry, "writer_group_size", "Writes in the last group", f.last_group as f64);
    gauge(registry, "writer_queue_length", "Writes that wait for the writer", f.queue as f64);
    if let Some(seconds) = f.since_commit {
        gauge(registry, "writer_since_commit_seconds", "Since the last commit", seconds);
    }
}

#[allow(clippy::cast_precision_loss)]
fn of_disk(registry: &mut Registry, app: &App) {
    if let Some(space) = disk::space(&app.settings.data_dir) {
        let percent = f64::from(space.used_percent);
        gauge(registry, "disk_used_percent", "Of the data directory's file system", percent);
        let bytes = space.available as f64;
        gauge(registry, "disk_available_bytes", "Of the data directory's file system", bytes);
    }
    if let Some(bytes) = disk::write_ahead_log(app) {
        gauge(registry, "database_wal_bytes", "SQLite's write-ahead log", bytes as f64);
    }
}

#[allow(clippy::cast_precision_loss)]
fn of_counts(registry: &mut Registry, c: Counts) {
    let all = [
        ("ledger_unsigned_entries", "Entries after the last signed checkpoint", c.unsigned),
        ("printing_silent_agents", "Enrolled agents not heard for two minutes", c.silent_agents),
        ("results_waiting_criticals", "Critical results nobody acknowledged", c.waiting_criticals),
    ];
    for (name, help, value) in all {
        gauge(registry, name, help, value as f64);
    }
}

/// The counts, from the database at most every [`KEPT`]; none while it doesn't answer.
async fn counts(app: &App) -> Option<Counts> {
    type Kept = Option<(String, Instant, Option<Counts>)>;
    static LAST: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);
    let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((url, at, counts)) = &*last()
        && url == app.db.url()
        && at.elapsed() < KEPT
    {
        return *counts;
    }
    let now = app.now();
    let asked = app.db.read(move |c| {
        Ok::<_, DbError>(Counts {
            unsigned: ledger::unsigned(c)?,
            silent_agents: printing::silent_agents(c, now)?,
            waiting_criticals: results::store::waiting_criticals(c)?,
        })
    });
    let counts = tokio::time::timeout(WAIT, asked).await.ok().and_then(Result::ok);
    *last() = Some((app.db.url().to_owned(), Instant::now(), counts));
    counts
}
