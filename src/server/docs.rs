//! The API's own description: the OpenAPI document, and the same as a page that asks no other
//! host for anything.

use std::sync::LazyLock;

use axum::Json;
use axum::extract::OriginalUri;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::router::api_document;
use crate::web::{HtmlPage, Lang, paths};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(api_document()).unwrap_or_default());

/// The OpenAPI document.
pub(super) async fn openapi() -> Json<Value> {
    Json(DOCUMENT.clone())
}

/// The same for people.
pub(super) async fn page(OriginalUri(uri): OriginalUri) -> Response {
    let lang = paths::lang_of(uri.path());
    let empty = serde_json::Map::new();
    let routes = DOCUMENT["paths"].as_object().unwrap_or(&empty);
    let content = html! {
        h1 { (lang.t("docs-title")) }
        p class="lead" { (DOCUMENT["info"]["description"].as_str().unwrap_or_default()) }
        p { a href="/api/v1/openapi.json" { "openapi.json" } }
        @for (path, item) in routes {
            @for (method, operation) in item.as_object().unwrap_or(&empty) { (operation_card(lang, method, path, operation)) }
        }
    };
    HtmlPage::new(lang, uri.path(), lang.t("docs-title")).render(&content)
}

fn operation_card(lang: Lang, method: &str, path: &str, o: &Value) -> Markup {
    let list = |key: &str| o[key].as_array().cloned().unwrap_or_default();
    let empty = serde_json::Map::new();
    let answers = o["responses"].as_object().unwrap_or(&empty);
    html! {
        section class="card" {
            h2 class="mono" { (method.to_uppercase()) " " (path) }
            p { (o["summary"].as_str().or(o["description"].as_str()).unwrap_or_default()) }
            @for p in list("parameters") {
                p { code class="mono" { (p["name"].as_str().unwrap_or_default()) } " " (p["in"].as_str().unwrap_or_default())
                    " · " (p["description"].as_str().unwrap_or_default()) }
            }
            @if let Some(name) = body_of(o) { (schema(lang, &name)) }
            p class="hint" { (lang.t("docs-answers")) " " (answers.keys().map(String::as_str).collect::<Vec<_>>().join(" ")) }
        }
    }
}

/// The name of the schema of a request's body.
fn body_of(o: &Value) -> Option<String> {
    let reference = o["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()?;
    Some(reference.rsplit('/').next()?.to_owned())
}

/// The fields of a body, each with its meaning.
fn schema(lang: Lang, name: &str) -> Markup {
    let empty = serde_json::Map::new();
    let schema = &DOCUMENT["components"]["schemas"][name];
    let required: Vec<&str> = schema["required"]
        .as_array()
        .map_or_else(Vec::new, |r| r.iter().filter_map(Value::as_str).collect());
    html! {
        details {
            summary class="mono" { (lang.t("docs-body")) " " (name) }
            ul { @for (field, what) in schema["properties"].as_object().unwrap_or(&empty) { li {
                code class="mono" { (field) } @if required.contains(&field.as_str()) { " *" }
                " " (what["description"].as_str().unwrap_or_default())
            } } }
        }
    }
}
