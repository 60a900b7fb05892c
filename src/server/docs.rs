//! The API's own description: the OpenAPI document, and the same as a page that asks no other
//! host for anything.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Json;
use axum::extract::OriginalUri;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::router::api_document;
use crate::web::{HtmlPage, Lang, Problem, Query, paths};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(api_document()).unwrap_or_default());

/// The OpenAPI document.
pub(super) async fn openapi() -> Json<Value> {
    Json(DOCUMENT.clone())
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DocsQuery {
    /// Only the operations of this kind, in full.
    tag: String,
}

/// The same for people: every operation in a line by kind, and each kind's in full.
pub(super) async fn page(
    OriginalUri(uri): OriginalUri,
    Query(query): Query<DocsQuery>,
) -> Result<Response, Problem> {
    let lang = paths::lang_of(uri.path());
    let here = uri.path();
    let kinds = by_kind();
    let content = match (query.tag.as_str(), kinds.get(query.tag.as_str())) {
        ("", _) => index(lang, here, &kinds),
        (_, None) => return Err(Problem::not_found()),
        (tag, Some(all)) => html! {
            div class="head" {
                h1 { (lang.t("docs-title")) ": " (tag) }
                a class="btn" href=(here) { (lang.t("docs-all")) }
            }
            @for (method, path, operation) in all { (operation_card(lang, method, path, operation)) }
        },
    };
    Ok(HtmlPage::new(lang, here, lang.t("docs-title")).render(&content))
}

type Operation = (&'static str, &'static str, &'static Value);

/// The operations by their tag.
fn by_kind() -> BTreeMap<&'static str, Vec<Operation>> {
    let mut kinds: BTreeMap<&str, Vec<Operation>> = BTreeMap::new();
    for (path, item) in DOCUMENT["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            kinds.entry(tag).or_default().push((method, path, operation));
        }
    }
    kinds
}

fn index(lang: Lang, here: &str, kinds: &BTreeMap<&'static str, Vec<Operation>>) -> Markup {
    html! {
        h1 { (lang.t("docs-title")) }
        p class="lead" { (DOCUMENT["info"]["description"].as_str().unwrap_or_default()) }
        p { a href="/api/v1/openapi.json" { "openapi.json" } }
        @for (tag, all) in kinds {
            section class="card" {
                h2 { a href=(format!("{here}?tag={tag}")) { (tag) } }
                ul { @for (method, path, operation) in all {
                    li { code class="mono" { (method.to_uppercase()) " " (path) } " " (summary(operation)) }
                } }
            }
        }
    }
}

fn summary(operation: &Value) -> &str {
    operation["summary"].as_str().or(operation["description"].as_str()).unwrap_or_default()
}

fn operation_card(lang: Lang, method: &str, path: &str, o: &Value) -> Markup {
    let list = |key: &str| o[key].as_array().cloned().unwrap_or_default();
    let empty = serde_json::Map::new();
    let answers = o["responses"].as_object().unwrap_or(&empty);
    html! {
        section class="card" {
            h2 class="mono" { (method.to_uppercase()) " " (path) }
            p { (summary(o)) }
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
