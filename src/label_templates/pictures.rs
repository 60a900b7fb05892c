//! Pictures of label templates with their own examples in them: nobody's names, and symbols that no
//! scanner reads.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;

use super::service::{self, Kind, TemplateError};
use super::store;
use crate::app::{App, drawn};
use crate::db::DbError;
use crate::labels::{self, Dpi, LabelError, Template, check, specimen};
use crate::people::Caller;
use crate::web::{Key, Lang, Pages, Problem, Query, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new().get("/label-templates/{id}/picture", picture)
}

/// Which picture of a kind is asked for, in the address.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Of which version; without one, what is in use.
    version: Option<i32>,
    /// With the longest values instead of the examples.
    #[serde(default)]
    longest: bool,
}

/// Where a picture is.
pub(super) fn address(lang: Lang, id: &str, version: i32, longest: bool) -> String {
    let path = url(lang, &format!("/label-templates/{id}/picture"));
    format!("{path}?version={version}&longest={longest}")
}

async fn picture(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<String>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let kind = service::open(&app, &caller, &id).await?;
    let template = match which.version {
        None => kind.template.clone(),
        Some(n) => of_version(&app, &kind, n)?.ok_or(TemplateError::NotFound)?,
    };
    let svg = drawn(move || example(&template, which.longest))
        .await
        .map_err(|e| TemplateError::Db(DbError::Corrupt(format!("template {id}: {e}"))))?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

/// A version of a kind, whatever was decided about it.
pub(super) fn of_version(
    app: &App,
    kind: &Kind,
    version: i32,
) -> Result<Option<std::sync::Arc<Template>>, TemplateError> {
    match kind.versions.iter().find(|(p, _)| p.version == version) {
        Some((p, _)) => Ok(Some(store::parsed(p.id, &p.source)?)),
        None => Ok(app.templates.find(&kind.template.id, version).cloned()),
    }
}

fn example(template: &Template, longest: bool) -> Result<String, LabelError> {
    let layout = labels::layout(template, &check::sample(template, longest), Dpi::D300)?;
    Ok(specimen(&layout))
}
