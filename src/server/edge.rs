//! The outermost layer: numbers each request, refuses what another site sent, bounds its time,
//! turns refusals into pages or problem+json, sets the security headers, logs and counts.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use maud::{DOCTYPE, html};

use super::metrics;
use crate::app::App;
use crate::people::RequestId;
use crate::web::{Lang, Problem, paths, url};

pub(super) async fn edge(State(app): State<App>, mut req: Request, next: Next) -> Response {
    let began = Instant::now();
    let request = RequestId::new();
    req.extensions_mut().insert(request);
    let route = match req.extensions().get::<MatchedPath>() {
        Some(path) => path.as_str().to_owned(),
        None => "none".to_owned(),
    };
    let method = req.method().clone();
    let asked = Asked::of(&req);
    let limit = Duration::from_secs(app.settings.request_timeout_seconds);
    let response = if is_cross_site(&req, &app.settings.public_url) {
        Problem::new(StatusCode::FORBIDDEN, "cross-site").into_response()
    } else {
        match tokio::time::timeout(limit, next.run(req)).await {
            Ok(response) => response,
            Err(_) => Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout").into_response(),
        }
    };
    let mut response = asked.render(response, request);
    headers(response.headers_mut(), request, &asked);
    let status = response.status().as_u16();
    let ms = began.elapsed().as_secs_f64() * 1000.0;
    tracing::info!(request = %request, method = %method, route, status, ms, "answered");
    metrics::answered(method.as_str(), &route, status, ms / 1000.0);
    response
}

/// What an answer must know of its request.
struct Asked {
    path: String,
    method: Method,
    lang: Lang,
    is_page: bool,
}

impl Asked {
    fn of(req: &Request) -> Self {
        let path = req.uri().path().to_owned();
        let is_page = path == "/"
            || ["/es", "/en"].iter().any(|p| {
                path.strip_prefix(p).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
        let accepted = req.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        let lang = if is_page { paths::lang_of(&path) } else { Lang::accepted(accepted) };
        Self { path, method: req.method().clone(), lang, is_page }
    }

    /// Replaces the carrier of a problem by its page or its JSON.
    fn render(&self, mut response: Response, request: RequestId) -> Response {
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
        if problem.code == "signed-out" {
            let back = if self.method == Method::GET { self.path.as_str() } else { "" };
            let to = url(self.lang, &format!("/sign-in?next={back}"));
            return Redirect::to(&to).into_response();
        }
        error_page(self.lang, &problem, request)
    }
}

fn error_page(lang: Lang, problem: &Problem, request: RequestId) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head { meta charset="utf-8"; title { (problem.status.as_u16()) " · " (lang.t("app-name")) } }
            body {
                main {
                    h1 { (problem.text(lang)) }
                    @for field in &problem.fields { p { (field.field) ": " (field.text(lang)) } }
                    p { (lang.tr("error-request", &[("id", request.to_string().into())])) }
                    p { a href=(url(lang, "/")) { (lang.t("error-home")) } }
                }
            }
        }
    };
    (problem.status, page).into_response()
}

/// Whether a state-changing request may have been sent by another site's page. A bearer token
/// is never sent by a browser on its own; a cookie is, so then the browser must vouch for the
/// origin (`Sec-Fetch-Site`, or `Origin`), or the client must send a header that no other
/// origin's page can (`x-rastro`).
fn is_cross_site<B>(req: &http::Request<B>, public_url: &str) -> bool {
    if req.method().is_safe() || req.headers().contains_key(header::AUTHORIZATION) {
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

fn headers(headers: &mut HeaderMap, request: RequestId, asked: &Asked) {
    let mut set = |name: &'static str, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set("content-security-policy", CSP);
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "no-referrer");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", "camera=(self), microphone=(), geolocation=()");
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
    }
}
