//! The start page and the help; the other pages have rooms of their own.

use axum::response::{Redirect, Response};
use maud::html;

use super::{account_page, kept, licence_page, roles_page, sign_in_page, users_page};
use crate::app::{App, page};
use crate::people::{Caller, Role};
use crate::web::{Pages, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/", start)
        .get("/help", help)
        .merge(sign_in_page::pages())
        .merge(account_page::pages())
        .merge(users_page::pages())
        .merge(roles_page::pages())
        .merge(licence_page::pages())
        .merge(kept::pages())
}

/// Everybody starts where their work is.
async fn start(caller: Caller) -> Redirect {
    let scope = &caller.scope;
    let path = if scope.has(Role::Admin) {
        "/admin/users"
    } else if scope.has_any(&[Role::Courier, Role::Reception, Role::Bench]) {
        "/station"
    } else if scope.has_any(&[Role::Analyst, Role::Validator, Role::LabHead]) {
        "/results"
    } else if scope.sees_identity() {
        "/patients"
    } else if scope.has(Role::Auditor) {
        "/audit"
    } else {
        "/samples"
    };
    Redirect::to(&url(caller.lang, path))
}

/// One page that says, for each role, what to do and in which order.
async fn help(caller: Caller) -> Response {
    let lang = caller.lang;
    let topics = ["register", "collect", "hand-over", "receive", "result", "course", "problem"];
    let content = html! {
        h1 { (lang.t("help-title")) }
        @for topic in topics {
            section class="card" {
                h2 { (lang.t(&format!("help-{topic}"))) }
                p { (lang.t(&format!("help-{topic}-text"))) }
            }
        }
        // Whoever reads labels may try their scanner, from wherever they are.
        p { a class="btn" href=(url(lang, "/reader")) { (lang.t("reader-title")) } }
    };
    page(&caller, lang.t("help-title")).render(&content)
}
