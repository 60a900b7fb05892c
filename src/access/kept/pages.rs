//! Forgetting what was left in a form.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use serde::Deserialize;

use super::KeptId;
use crate::app::App;
use crate::people::Caller;
use crate::web::{Form, Key, Pages, Problem, url};

pub(in crate::access) fn pages() -> Pages<App> {
    Pages::new().post("/kept-forms/{id}/discard", discard)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoFields {}

/// Whoever is at this browser may: it is what they would do with a sheet that lies about.
async fn discard(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<KeptId>,
    headers: HeaderMap,
    Form(NoFields {}): Form<NoFields>,
) -> Result<Response, Problem> {
    super::discard(&app, &headers, id).await?;
    Ok(Redirect::to(&url(caller.lang, "/")).into_response())
}
