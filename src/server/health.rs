//! For load balancers and monitors: is the process alive, can it serve, what did it count.

use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::forwarded::{From, Vouched};
use super::metrics;
use crate::app::{App, Networks};
use crate::db::{DbError, Stand, pending_migrations};
use crate::web::Problem;

/// The process answers.
pub(super) async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// The database answers and is migrated. Whatever it fails by, the answer is 503: a balancer is to
/// send nobody here.
pub(super) async fn readyz(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let unready =
        |log: String| Problem { log, ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy") };
    let stand = app.ledger.standing().get();
    if stand != Stand::Sound {
        let log = format!("the database is {stand}");
        return Err(Problem {
            log,
            ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, stand.as_str())
        });
    }
    let asked = app.db.read(|c| {
        c.ping_database()?;
        Ok::<_, DbError>((c.engine(), pending_migrations(c)?))
    });
    match asked.await {
        Ok((engine, 0)) => Ok(Json(json!({ "status": "ready", "database": engine }))),
        Ok((_, pending)) => Err(unready(format!("{pending} migrations are pending"))),
        Err(e) => Err(unready(e.to_string())),
    }
}

/// Whether `from` may read the counters. Who came through something in between is never this
/// machine, whatever is said; and where nobody vouches for the address, it isn't known.
fn may_read(from: From, allowed: &Networks) -> bool {
    let near = from.address.is_loopback() || from.address.is_unspecified();
    allowed.allow(from.address)
        && match from.vouched {
            Vouched::Connection => true,
            Vouched::Proxy => !near,
            Vouched::Nobody => false,
        }
}

/// Counters in the Prometheus text format, for `metrics_from`; to others there is nothing here.
pub(super) async fn metrics_text(
    State(app): State<App>,
    from: Option<Extension<From>>,
) -> Result<impl IntoResponse, Problem> {
    if !from.is_some_and(|Extension(from)| may_read(from, &app.settings.metrics_from)) {
        return Err(Problem::not_found());
    }
    let text =
        metrics::text().map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text))
}
