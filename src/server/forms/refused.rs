//! What a person sees when the form they send was drawn for somebody else. Nothing that was typed in
//! it is on this page.

use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use maud::{Markup, html};

use super::sign_in;
use crate::access::kept::Kept;
use crate::app::{App, page as shell};
use crate::people::{Caller, RequestId, Session};
use crate::web::components::icon;
use crate::web::{Lang, paths, url};

/// What is said.
pub(super) struct Another<'a> {
    /// Printed name of who the form was drawn for.
    pub whose: &'a str,
    /// Where it stands.
    pub page: &'a str,
    /// What was kept of it.
    pub kept: Option<&'a Kept>,
}

/// The page for who is signed in now.
pub(super) fn page(app: &App, parts: &Parts, session: Session, a: &Another<'_>) -> Response {
    let lang = paths::lang_of(parts.uri.path());
    let request = parts.extensions.get::<RequestId>().copied().unwrap_or_else(RequestId::new);
    let caller = Caller {
        scope: session.scope,
        now: app.now(),
        lang,
        request,
        session: session.id,
        path: url(lang, "/"),
        stand: app.ledger.standing().get(),
    };
    let title = lang.t("another-title");
    shell(&caller, title)
        .width("narrow")
        .style("form")
        .status(StatusCode::CONFLICT)
        .render(&content(lang, &caller, a))
}

fn content(lang: Lang, caller: &Caller, a: &Another<'_>) -> Markup {
    let names = [("whose", a.whose.into()), ("name", caller.scope.name().into())];
    let again = a.kept.map_or(a.page, |k| k.again.as_str());
    html! {
        div class="head" { h1 { (lang.t("another-title")) } }
        section class="card prose" {
            p class="lead" { (lang.tr("another-text", &names)) }
            div class="flash warn" { (icon("warn")) p {
                (lang.tr(if a.kept.is_some() { "another-kept" } else { "another-lost" }, &names))
            } }
            div class="actions" {
                a class="btn strong" href=(sign_in(lang, again)) { (lang.tr("another-sign-in", &names)) }
                a class="btn" href=(a.page) { (lang.tr("another-anew", &names)) }
                @if let Some(kept) = a.kept { (discard(lang, &kept.id.to_string())) }
            }
            p class="hint" { (lang.tr("error-request", &[("id", caller.request.to_string().into())])) }
        }
    }
}

/// The button that forgets what was kept.
pub(super) fn discard(lang: Lang, id: &str) -> Markup {
    html! {
        form method="post" action=(url(lang, &format!("/kept-forms/{id}/discard"))) {
            button class="btn small" type="submit" { (lang.t("kept-discard")) }
        }
    }
}
