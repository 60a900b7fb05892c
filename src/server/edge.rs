//! The outermost layer: numbers each request, refuses what another site sent, bounds its time,
//! turns refusals into pages or problem+json, sets the security headers, logs and counts.

use std::collections::HashSet;
use std::sync::LazyLock;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::body::Allowed;
use super::error_page::{Refused, error_page};
use super::forwarded::From;
use super::{body, metrics, page_routes, read_only};
use crate::app::App;
use crate::people::{CookieNames, Credential, RequestId, Token};
use crate::web::paths::{self, has_lang};
use crate::web::{Lang, Problem, url};

pub(super) async fn edge(State(app): State<App>, mut req: Request, next: Next) -> Response {
    let began = Instant::now();
    let request = RequestId::new();
    req.extensions_mut().insert(request);
    let route = match req.extensions().get::<MatchedPath>() {
        Some(path) => path.as_str().to_owned(),
        None => "none".to_owned(),
    };
    let method = req.method().clone();
    let settings = &app.settings;
    let credential = Credential::of(req.headers(), CookieNames::of(settings.secure_cookies()));
    let asked = Asked::of(&req, &route, credential.token().cloned());
    let from = req.extensions().get::<From>().map(|f| f.address);
    let allowed = Allowed::of(settings, &route);
    let (req, late) = body::lend(req, &allowed);
    let response = if is_cross_site(&req, &credential, &settings.public_url) {
        Problem::new(StatusCode::FORBIDDEN, "cross-site").into_response()
    } else if let Some(problem) = read_only::refusal(&app, &method, &asked.path).await {
        problem.into_response()
    } else {
        match tokio::time::timeout(allowed.whole, within_size(req, next, allowed.bytes)).await {
            // Whatever the handler made of a body that broke off: it is the client that was slow.
            Ok(response) if late.is() && !response.status().is_success() => {
                Problem::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow").into_response()
            }
            Ok(response) => response,
            Err(_) => Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout").into_response(),
        }
    };
    let mut response = asked.render(&app, response, request).await;
    headers(response.headers_mut(), request, &asked, settings.is_https());
    let status = response.status().as_u16();
    let ms = began.elapsed().as_secs_f64() * 1000.0;
    let from = from.map(tracing::field::display);
    tracing::info!(request = %request, method = %method, route, status, ms, from, "answered");
    metrics::answered(method.as_str(), &route, status, ms / 1000.0);
    response
}

/// Refuses a body that says itself that it is too large.
async fn within_size(req: Request, next: Next, max: usize) -> Response {
    let declared = req.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
    if declared.and_then(|n| n.parse::<usize>().ok()).is_none_or(|n| n <= max) {
        return next.run(req).await;
    }
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large").into_response()
}

/// What an answer must know of its request.
struct Asked {
    path: String,
    route: String,
    method: Method,
    lang: Lang,
    is_page: bool,
    token: Option<Token>,
}

impl Asked {
    fn of(req: &Request, route: &str, token: Option<Token>) -> Self {
        let path = req.uri().path().to_owned();
        let text = |name| req.headers().get(name).and_then(|v| v.to_str().ok());
        let lang = match has_lang(&path) {
            true => paths::lang_of(&path),
            false => Lang::accepted(text(header::ACCEPT_LANGUAGE)),
        };
        // A mistyped address deserves a page too, if it was typed into a browser.
        let browser = text(header::ACCEPT).is_some_and(|a| a.contains("text/html"));
        let is_page = has_lang(&path) || (browser && !path.starts_with("/api/"));
        let method = req.method().clone();
        Self { path, route: route.to_owned(), method, lang, is_page, token }
    }

    /// Replaces the carrier of a problem by its page or its JSON.
    async fn render(&self, app: &App, mut response: Response, request: RequestId) -> Response {
        let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
        if problem.status.is_server_error() {
            tracing::error!(request = %request, code = problem.code, error = problem.log, "failed");
        } else {
            tracing::info!(request = %request, code = problem.code, "refused");
        }
        if !self.is_page {
            return problem.render(self.lang, &request.to_string());
        }
        if let Some(path) = &problem.go_to {
            return Redirect::to(&url(self.lang, path)).into_response();
        }
        if matches!(problem.code, "signed-out" | "session-ended") {
            return Redirect::to(&self.sign_in(problem.code == "session-ended")).into_response();
        }
        let (lang, path, method) = (self.lang, self.path.as_str(), &self.method);
        let refused = Refused { lang, path, method, token: self.token.as_ref(), request };
        let mut page = error_page(app, &refused, &problem).await;
        problem.say_when(page.headers_mut());
        page
    }

    /// The sign-in page: it leads back where that can be opened, and says that a session ended and,
    /// if a form was sent, that what was typed in it is not saved. `wrong`: wrong passwords ended it.
    fn sign_in(&self, wrong: bool) -> String {
        let is_form = self.method != Method::GET;
        let leads_back = !is_form || shown_pages().contains(&self.route);
        let leaving = self.route.starts_with(&url(self.lang, "/sign-out"));
        let ended = match (is_form && !leaving, self.token.is_some()) {
            _ if wrong => "wrong",
            (true, _) => "form",
            (false, true) => "page",
            (false, false) => "",
        };
        let next = if leads_back { self.path.as_str() } else { "" };
        let query = serde_html_form::to_string([("next", next), ("ended", ended)]);
        format!("{}?{}", url(self.lang, "/sign-in"), query.unwrap_or_default())
    }
}

/// The patterns of the addresses that can be opened, in both languages.
fn shown_pages() -> &'static HashSet<String> {
    static ALL: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let shown = page_routes().into_iter().filter(|(method, _)| method == Method::GET);
        shown.flat_map(|(_, path)| Lang::ALL.map(|lang| url(lang, &path))).collect()
    });
    &ALL
}

/// Whether a state-changing request may have been sent by another site's page. A bearer token
/// is never sent by a browser on its own, and where one is sent nothing else counts; a cookie is, so
/// then the browser must vouch for the origin (`Sec-Fetch-Site`, or `Origin`), or the client must
/// send a header that no other origin's page can (`x-rastro`).
fn is_cross_site<B>(req: &http::Request<B>, credential: &Credential, public_url: &str) -> bool {
    // Agents have no cookie and no origin; nothing of theirs looks at either.
    let is_agent = req.uri().path().starts_with("/api/agent/");
    if is_agent || req.method().is_safe() || credential.is_of_a_program() {
        return false;
    }
    let text = |name: &str| req.headers().get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    if let Some(origin) = text("origin") {
        let host = text("host").unwrap_or_default();
        let same = origin == public_url
            || origin.split_once("://").is_some_and(|(_, o)| !host.is_empty() && o == host);
        return !same;
    }
    text("x-rastro") != Some("1")
}

const CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
    manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn headers(headers: &mut HeaderMap, request: RequestId, asked: &Asked, is_https: bool) {
    let mut set = |name: &'static str, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set("content-security-policy", CSP);
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "no-referrer");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", "camera=(self), microphone=(), geolocation=()");
    if is_https {
        // Without its subdomains: they are other services of the hospital's, and not ours to bind.
        set("strict-transport-security", "max-age=31536000");
    }
    if !asked.path.starts_with("/a/") {
        set("cache-control", "no-store");
    }
    if let Ok(id) = HeaderValue::from_str(&request.to_string()) {
        headers.insert("x-request-id", id);
    }
}

/// A panic in a handler: logged by the hook, answered like any fault of ours.
pub(super) fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> http::Response<Body> {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(headers: &[(&str, &str)]) -> http::Request<()> {
        let mut req = http::Request::builder().method("POST").uri("/api/v1/scans");
        for (name, value) in headers {
            req = req.header(*name, *value);
        }
        req.body(()).unwrap()
    }

    fn is_cross_site(req: &http::Request<()>, at: &str) -> bool {
        super::is_cross_site(req, &Credential::of(req.headers(), CookieNames::of(true)), at)
    }

    #[test]
    fn another_sites_form_is_refused() {
        let at = "https://rastro.example";
        assert!(is_cross_site(&post(&[]), at));
        assert!(is_cross_site(&post(&[("sec-fetch-site", "cross-site")]), at));
        assert!(is_cross_site(&post(&[("sec-fetch-site", "same-site"), ("x-rastro", "1")]), at));
        assert!(is_cross_site(&post(&[("origin", "https://evil.example"), ("host", "h")]), at));
        assert!(!is_cross_site(&post(&[("sec-fetch-site", "same-origin")]), at));
        assert!(!is_cross_site(&post(&[("origin", at)]), at));
        assert!(!is_cross_site(&post(&[("origin", "http://h:1"), ("host", "h:1")]), at));
        assert!(!is_cross_site(&post(&[("x-rastro", "1")]), at));
        assert!(!is_cross_site(&post(&[("authorization", "Bearer x")]), at));
        // Only what keeps the cookie from counting keeps it from being checked.
        for elses in ["Basic eDp5", "Agent x", "Negotiate", ""] {
            let cookie = ("cookie", "__Host-rastro=x");
            assert!(is_cross_site(&post(&[("authorization", elses), cookie]), at), "{elses}");
        }
    }
}
