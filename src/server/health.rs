//! For load balancers and monitors: is the process alive, can it serve, what did it count.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::forwarded::{From as Address, Vouched};
use super::{figures, metrics, server_clock};
use crate::app::{App, Networks};
use crate::db::{DbError, Stand, Trouble, is_postgres, pending_migrations};
use crate::web::Problem;

/// A monitor is answered within this, whatever the database does.
const LIMIT: Duration = Duration::from_millis(1500);

/// Whether this server can serve, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Requests are served, and writes taken.
    Ready,
    /// The database lacks migrations of this program, or isn't one of this program's.
    Migrations,
    /// What is served must not be trusted, or not be signed: a person has to look.
    Unsound(Stand),
    /// An outage of the database.
    Outage(Trouble),
}

impl Readiness {
    /// Every answer there is.
    pub fn all() -> Vec<Self> {
        let unsound = Stand::ALL.iter().filter(|s| **s != Stand::Sound).map(|s| Self::Unsound(*s));
        let outages = Trouble::ALL.iter().map(|t| Self::Outage(*t));
        [Self::Ready, Self::Migrations].into_iter().chain(unsound).chain(outages).collect()
    }
    /// The word that `/readyz` answers with.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Migrations => "migrations",
            Self::Unsound(stand) => stand.as_str(),
            Self::Outage(trouble) => trouble.as_str(),
        }
    }
}

impl From<DbError> for Readiness {
    fn from(e: DbError) -> Self {
        e.trouble().map_or(Self::Migrations, Self::Outage)
    }
}

/// The process answers.
pub(super) async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// The database answers, is migrated and takes writes. Whatever is wrong, the answer is 503: a
/// balancer is to send nobody here.
pub(super) async fn readyz(State(app): State<App>) -> Response {
    let looked = tokio::time::timeout(LIMIT, look(&app)).await;
    let state = looked.unwrap_or_else(|_| Readiness::Outage(unanswered(&app)));
    let engine = if is_postgres(app.db.url()) { "postgresql" } else { "sqlite" };
    let mut body = json!({ "status": state.word(), "database": engine });
    if state == Readiness::Ready {
        // It serves, so a balancer keeps sending; who watches it must be told.
        let behind = app.clock_watch.behind_seconds(app.now());
        if behind > 0 {
            body["clock"] = "behind".into();
            body["clock_behind_seconds"] = behind.into();
        }
        return Json(body).into_response();
    }
    tracing::warn!(state = state.word(), "not ready");
    let later = [(header::RETRY_AFTER, HeaderValue::from_static("5"))];
    (StatusCode::SERVICE_UNAVAILABLE, later, Json(body)).into_response()
}

/// What the matter is with a database that says nothing.
fn unanswered(app: &App) -> Trouble {
    let silent = if is_postgres(app.db.url()) { Trouble::Frozen } else { Trouble::Busy };
    app.db.figures().trouble.unwrap_or(silent)
}

async fn look(app: &App) -> Readiness {
    let stand = app.ledger.standing().get();
    if stand != Stand::Sound {
        return Readiness::Unsound(stand);
    }
    let pending = app.db.read(|c| {
        c.ping_database()?;
        pending_migrations(c)
    });
    match pending.await {
        Ok(0) => {}
        Ok(_) => return Readiness::Migrations,
        Err(e) => return e.into(),
    }
    if let Err(e) = server_clock::look(app).await {
        return e.into();
    }
    // It answers, but the last write failed: does one succeed by now?
    if app.db.figures().trouble.is_some()
        && let Err(e) = app.db.probe().await
    {
        return e.into();
    }
    Readiness::Ready
}

/// Whether `from` may read the counters. Who came through something in between is never this
/// machine, whatever is said; and where nobody vouches for the address, it isn't known.
fn may_read(from: Address, allowed: &Networks) -> bool {
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
    from: Option<Extension<Address>>,
) -> Result<impl IntoResponse, Problem> {
    if !from.is_some_and(|Extension(from)| may_read(from, &app.settings.metrics_from)) {
        return Err(Problem::not_found());
    }
    let text = metrics::text(&figures::registry(&app).await)
        .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text))
}
