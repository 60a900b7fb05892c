//! While the database is behind what was signed, or broken, it is only read: what is asked for is
//! shown, and every write is refused with why and what to do. What may still be written is who looked
//! (sessions, the audit log): without it nobody could read.

use http::{Method, StatusCode};

use crate::app::App;
use crate::db::Limit;
use crate::people::store as people;
use crate::web::{Lang, Problem, url};

/// Requests that change nothing but who is signed in, or only look something up: addresses of the
/// API, and of pages in English.
const API: &[&str] = &["/api/v1/session", "/api/v1/patients/search"];
const PAGES: &[&str] = &["/sign-in", "/sign-out", "/sign-out-everywhere", "/patients/search"];

fn only_reads(method: &Method, path: &str) -> bool {
    method.is_safe()
        || API.contains(&path)
        || PAGES.iter().any(|p| Lang::ALL.iter().any(|lang| url(*lang, p) == path))
}

/// Why this request is refused, if it is.
pub(super) async fn refusal(app: &App, method: &Method, path: &str) -> Option<Problem> {
    let stand = app.ledger.standing().get();
    if !stand.refuses_writes() {
        return None;
    }
    let refused = || Some(Problem::new(StatusCode::SERVICE_UNAVAILABLE, stand.as_str()));
    if !only_reads(method, path) {
        return refused();
    }
    // "Wrong password" would mislead where there is no account at all.
    if method == Method::POST && !has_accounts(app).await {
        return refused();
    }
    None
}

async fn has_accounts(app: &App) -> bool {
    let asked = app.db.read(|c| people::list(c, "", Limit::default())).await;
    asked.is_ok_and(|page| !page.items.is_empty() || !page.unreadable.is_empty())
}
