//! Statements that take long are logged, with their text but never with a value: a value may be a
//! name. Every connection that is opened after [`log_slower_than`] is watched.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

/// Milliseconds; the whole process has one.
static SLOWER_THAN_MS: AtomicU64 = AtomicU64::new(200);

/// Characters of a statement's text that are logged.
const TEXT: usize = 2000;

/// Logs each statement that takes `ms` milliseconds or more; 0 logs every one.
pub fn log_slower_than(ms: u64) {
    SLOWER_THAN_MS.store(ms, Ordering::Relaxed);
    if let Err(e) = set_default_instrumentation(watcher) {
        tracing::warn!(error = %e, "slow statements are not logged");
    }
}

fn watcher() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(Watcher { began: None }))
}

/// Watches one connection, which runs one statement at a time.
struct Watcher {
    began: Option<Instant>,
}

impl Instrumentation for Watcher {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => self.began = Some(Instant::now()),
            InstrumentationEvent::FinishQuery { query, .. } => {
                let Some(took) = self.began.take().map(|b| b.elapsed()) else { return };
                if took >= Duration::from_millis(SLOWER_THAN_MS.load(Ordering::Relaxed)) {
                    let sql = without_values(&query.to_string());
                    let ms = took.as_secs_f64() * 1000.0;
                    tracing::warn!(ms, sql, "slow statement");
                }
            }
            _ => {}
        }
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
