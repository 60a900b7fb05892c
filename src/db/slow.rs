//! Statements that take long are logged, with their text but never with a value: a value may be a
//! name. Every connection that [`Conn::open`](super::Conn::open) makes is watched.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::connection::DebugQuery;

/// Milliseconds; the whole process has one.
static SLOWER_THAN_MS: AtomicU64 = AtomicU64::new(200);

/// Characters of a statement's text that are logged.
const TEXT: usize = 2000;

/// Logs each statement that takes `ms` milliseconds or more; 0 logs every one.
pub fn log_slower_than(ms: u64) {
    SLOWER_THAN_MS.store(ms, Ordering::Relaxed);
}

/// Logs `query` if it took long.
pub(super) fn finished(query: &dyn DebugQuery, took: Duration) {
    if took >= Duration::from_millis(SLOWER_THAN_MS.load(Ordering::Relaxed)) {
        let sql = without_values(&query.to_string());
        let ms = took.as_secs_f64() * 1000.0;
        tracing::warn!(ms, sql, "slow statement");
    }
}

/// The statement as diesel shows it, up to where its values begin.
fn without_values(shown: &str) -> String {
    shown.split(" -- binds:").next().unwrap_or_default().chars().take(TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::prelude::*;

    diesel::table! { children (id) { id -> BigInt, name -> Text, } }

    #[test]
    fn values_are_cut_off() {
        let name = "O'Zaldívar -- binds: x";
        let query = children::table.filter(children::name.eq(name)).select(children::id);
        for shown in [
            diesel::debug_query::<diesel::sqlite::Sqlite, _>(&query).to_string(),
            diesel::debug_query::<diesel::pg::Pg, _>(&query).to_string(),
        ] {
            assert!(shown.contains("Zald"), "diesel shows values: {shown}");
            let logged = without_values(&shown);
            assert!(logged.contains("children") && !logged.contains("Zald"), "{logged}");
        }
    }
}
