//! For load balancers and monitors: is the process alive, can it serve, what did it count.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::{metrics, server_clock};
use crate::app::App;
use crate::db::{DbError, pending_migrations};
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
    let behind = server_clock::look(&app).await.map_err(|e| unready(e.to_string()))?;
    let asked = app.db.read(|c| {
        c.ping_database()?;
        Ok::<_, DbError>((c.engine(), pending_migrations(c)?))
    });
    match asked.await {
        // It serves, so a balancer keeps sending; who watches it must be told.
        Ok((engine, 0)) if behind > 0 => Ok(Json(json!({
            "status": "ready", "database": engine,
            "clock": "behind", "clock_behind_seconds": behind,
        }))),
        Ok((engine, 0)) => Ok(Json(json!({ "status": "ready", "database": engine }))),
        Ok((_, pending)) => Err(unready(format!("{pending} migrations are pending"))),
        Err(e) => Err(unready(e.to_string())),
    }
}

/// Counters in the Prometheus text format.
pub(super) async fn metrics_text() -> Result<impl IntoResponse, Problem> {
    let text =
        metrics::text().map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text))
}
