//! Holds this server's clock against the log's last time, and says when it is behind: to the log of
//! operations, to `/metrics` and to `/readyz`. Nothing is refused for it.

use std::time::Duration;

use super::metrics;
use crate::app::App;
use crate::db::DbError;
use crate::ledger;

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(10);

/// Looks once; gives by how many seconds the clock is behind, 0 when it is not.
///
/// # Errors
/// When the log can't be read.
pub(super) async fn look(app: &App) -> Result<i64, DbError> {
    let last = app.db.read(|c| ledger::last_time(c)).await?;
    app.clock_watch.is(last);
    let behind = app.clock_watch.behind_seconds(app.now());
    let before = metrics::clock_behind(behind);
    match (before, behind) {
        (0, 1..) => tracing::error!(
            seconds = behind,
            "this server's clock is behind the log's last time: it was set back, or ran ahead when \
             those entries were written; what is recorded is kept and flagged `server-clock`"
        ),
        (1.., 0) => tracing::info!("this server's clock is no longer behind the log"),
        _ => {}
    }
    Ok(behind)
}

/// Looks for ever.
pub async fn watch(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(e) = look(&app).await {
            tracing::warn!(error = %e, "the log's last time could not be read");
        }
    }
}
