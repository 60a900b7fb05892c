//! Counters for Prometheus. Labels are route patterns and statuses, never ids.

use std::sync::LazyLock;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram>,
    connections: Gauge,
    clock_behind: Gauge,
    refused: Counter,
}

fn buckets() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0])
}

static METRICS: LazyLock<Metrics> = LazyLock::new(|| {
    let mut registry = Registry::with_prefix("rastro");
    let requests = Family::default();
    let seconds = Family::new_with_constructor(buckets as fn() -> Histogram);
    let (connections, refused) = (Gauge::default(), Counter::default());
    let clock_behind = Gauge::default();
    registry.register("http_requests", "Requests answered", requests.clone());
    registry.register("http_request_seconds", "Time to answer", seconds.clone());
    registry.register("http_connections", "Open connections", connections.clone());
    registry.register(
        "password_checks",
        "Passwords held against a hash",
        crate::people::PASSWORD_CHECKS.clone(),
    );
    let what = "Connections of addresses that had too many";
    registry.register("http_connections_refused", what, refused.clone());
    registry.register(
        "server_clock_behind_seconds",
        "How far this server's clock is behind the log's last time; 0 when it is not",
        clock_behind.clone(),
    );
    Metrics { registry, requests, seconds, connections, clock_behind, refused }
});

/// One answered request.
pub(super) fn answered(method: &str, route: &str, status: u16, seconds: f64) {
    let route = route.to_owned();
    let labels = Request { method: method.to_owned(), route: route.clone(), status };
    METRICS.requests.get_or_create(&labels).inc();
    METRICS.seconds.get_or_create(&Route { route }).observe(seconds);
}

/// A connection opened (+1) or closed (−1).
pub(super) fn connections(change: i64) {
    METRICS.connections.inc_by(change);
}

/// A connection was refused: its address has too many.
pub(super) fn refused() {
    METRICS.refused.inc();
}

/// This server's clock is so far behind the log; gives what was said before.
pub(super) fn clock_behind(seconds: i64) -> i64 {
    METRICS.clock_behind.set(seconds)
}

/// Everything, with what was looked up `now`, in the text format.
pub(super) fn text(now: &Registry) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    encode_registry(&mut out, &METRICS.registry)?;
    encode_registry(&mut out, now)?;
    encode_eof(&mut out)?;
    Ok(out)
}
