//! Lets the database engine look at its tables at the start and once a day, so that it knows by
//! which index a list is short.

use std::time::Duration;

use crate::app::App;
use crate::db::{self, Access, Conn, DbError};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Looks now and every day from now on. On a connection of its own: SQLite looks at a thousand rows
/// of each index, milliseconds at any size, and PostgreSQL keeps nobody from writing meanwhile.
pub async fn analyze_always(app: App) {
    loop {
        match analyze(&app).await {
            Ok(()) => tracing::debug!("the tables' statistics are of today"),
            Err(e) => tracing::warn!(error = %e, "the tables' statistics stay as they were"),
        }
        tokio::time::sleep(DAY).await;
    }
}

async fn analyze(app: &App) -> Result<(), DbError> {
    let url = app.db.url().to_owned();
    let look = move || db::analyze(&mut Conn::open(&url, Access::Write)?);
    tokio::task::spawn_blocking(look).await.map_err(|_| DbError::Panicked)?
}
