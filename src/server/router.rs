//! Every route of the server, as one readable list.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::get;
use http::{Method, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;

use super::{describe, docs, edge, forms, health};
use crate::app::App;
use crate::web::{Pages, Problem, assets};
use crate::{
    access, care, custody, desk, doubts, identity, inspection, label_templates, ledger, patients,
    printing, protocols, reference, results, studies,
};

#[derive(OpenApi)]
#[openapi(info(
    title = "Rastro",
    description = "Children's leukaemia samples from the bedside to the result. Every refusal is \
        problem+json (RFC 9457) with a stable `code`; unknown fields are refused by name; lists \
        page by `after` and `limit` (1 to 200). Any request may be answered 408 (the body took too \
        long to arrive), 503 (busy: try again after `Retry-After`) or 504 (took too long: verify)."
), components(schemas(
    // Types of parameters: only those of bodies are found by themselves.
    crate::audit::store::AuditId,
    crate::codes::ContainerCode,
    crate::containers::ContainerId,
    crate::containers::Status,
    crate::db::Day,
    crate::printing::PrinterId,
    crate::printing::AgentId,
    crate::printing::job::JobId,
    crate::printing::job::JobState,
    crate::printing::BatchId,
)))]
struct Api;

fn api() -> (Router<App>, Document) {
    let routes = OpenApiRouter::new()
        .merge(access::api_routes())
        .merge(ledger::api::routes())
        .merge(custody::api::routes())
        .merge(patients::api::routes())
        .merge(identity::api::routes())
        .merge(care::api::routes())
        .merge(studies::api::routes())
        .merge(doubts::api::routes())
        .merge(results::api::routes())
        .merge(label_templates::api::routes())
        .merge(printing::api::routes())
        .merge(inspection::api::routes())
        .merge(protocols::api::routes());
    let api = OpenApiRouter::with_openapi(Api::openapi())
        .nest("/api/v1", routes)
        .nest("/api/agent/v1", printing::agent_routes());
    let (router, mut document) = api.split_for_parts();
    describe::complete(&mut document);
    (router, document)
}

fn pages() -> Pages<App> {
    Pages::new()
        .get("/api-docs", docs::page)
        .merge(access::pages::pages())
        .merge(patients::pages::pages())
        .merge(identity::pages::pages())
        .merge(care::pages::pages())
        .merge(studies::pages::pages())
        .merge(desk::pages())
        .merge(custody::pages::pages())
        .merge(doubts::pages::pages())
        .merge(results::pages::pages())
        .merge(label_templates::pages::pages())
        .merge(printing::pages::pages())
        .merge(inspection::pages::pages())
        .merge(protocols::pages::pages())
        .merge(reference::pages::pages())
}

/// The OpenAPI document of the JSON API.
pub fn api_document() -> Document {
    api().1
}

/// Every page: method and English path.
pub fn page_routes() -> Vec<(Method, String)> {
    pages().into_parts().1
}

/// The whole server.
pub fn router(app: App) -> Router {
    let (api, _) = api();
    let (pages, _) = pages().into_parts();
    Router::new()
        .merge(api)
        .merge(pages)
        .route("/", get(|| async { axum::response::Redirect::to("/es") }))
        .route("/a/{build}/{*name}", get(assets::serve))
        .route("/api/v1/openapi.json", get(docs::openapi))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics_text))
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed")
        })
        .layer(DefaultBodyLimit::max(app.settings.max_body_bytes))
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(middleware::from_fn_with_state(app.clone(), forms::check))
        .layer(middleware::from_fn_with_state(app.clone(), edge::edge))
        .layer(middleware::from_fn_with_state(app.clone(), forms::draw))
        .layer(CompressionLayer::new())
        .with_state(app)
}
