//! What a person sees when a page can't be shown or a form was not taken: what happened, what to
//! do next, the request's number, the way home.

use axum::response::Response;
use http::Method;
use maud::{Markup, html};

use crate::app::{App, page};
use crate::people::{Caller, RequestId, Token, service as people};
use crate::web::components::icon;
use crate::web::{HtmlPage, Lang, Problem, url};

/// Statuses with a heading of their own; others are told by their class.
const TOLD: &[u16] = &[403, 404, 405, 413, 422, 503, 504, 507];

/// What the page must know of the request.
pub(super) struct Refused<'a> {
    pub lang: Lang,
    pub path: &'a str,
    pub method: &'a Method,
    pub token: Option<&'a Token>,
    pub request: RequestId,
}

/// The page for `problem`.
pub(super) async fn error_page(app: &App, r: &Refused<'_>, problem: &Problem) -> Response {
    let lang = r.lang;
    let heading = lang.t(&format!("error-title-{}", word(problem)));
    let content = html! {
        div class="head" { h1 { (heading) } }
        section class="card prose" {
            p class="lead" { (problem.text(lang)) }
            @if !problem.fields.is_empty() {
                ul class="faults" { @for f in &problem.fields { li { span class="mono" { (f.field) } ": " (f.text(lang)) } } }
            }
            @if r.method != Method::GET && is_unsaved(problem) { (unsaved(lang)) }
            div class="actions" { a class="btn strong" href=(url(lang, "/")) { (lang.t("error-home")) } }
            p class="hint" { (lang.tr("error-request", &[("id", r.request.to_string().into())])) }
        }
    };
    let shell = match caller(app, r, problem).await {
        Some(caller) => page(&caller, heading),
        None => HtmlPage::new(lang, &twinned(r), heading),
    };
    shell.width("narrow").status(problem.status).render(&content)
}

fn word(problem: &Problem) -> String {
    match problem.status.as_u16() {
        told if TOLD.contains(&told) => told.to_string(),
        500.. => "fault".into(),
        _ => "refused".into(),
    }
}

/// Whether it is certain that nothing was saved; after a timeout it isn't.
fn is_unsaved(problem: &Problem) -> bool {
    !matches!(problem.code, "timeout" | "outcome-unknown")
}

fn unsaved(lang: Lang) -> Markup {
    html! { div class="flash warn" { (icon("warn")) p { (lang.t("error-unsaved")) } } }
}

/// The address whose twin is offered: a form's own address can't be opened in another language.
fn twinned(r: &Refused<'_>) -> String {
    let own = r.method == Method::GET && r.path.starts_with(&format!("/{}", r.lang.prefix()));
    if own { r.path.to_owned() } else { url(r.lang, "/") }
}

/// The person behind the request, for the navigation. After a fault of ours the database may be
/// what failed: then only a session seen in the last seconds counts.
async fn caller(app: &App, r: &Refused<'_>, problem: &Problem) -> Option<Caller> {
    let now = app.now();
    let token = r.token?;
    let session = match problem.status.is_server_error() {
        true => {
            let cached = app.sessions.get(&token.hash(), now).map(|(session, _)| session);
            cached.filter(|s| !s.is_over(now))?
        }
        false => people::resume(&app.people(), token, now).await.ok()?,
    };
    let (lang, request, path) = (r.lang, r.request, twinned(r));
    let (stand, scope) = (app.ledger.standing().get(), session.scope);
    Some(Caller { scope, now, lang, request, session: session.id, path, stand })
}
