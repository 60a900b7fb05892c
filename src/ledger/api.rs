//! The newest checkpoint. It holds no personal data; any signed-in person may fetch it. Proofs of
//! events are given by `inspection/`, which knows who may see what an event is about.

use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Response};
use http::header;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::last_checkpoint;
use crate::db::{Db, DbError};
use crate::people::{Caller, People};
use crate::web::Problem;

/// The routes of this capability, for any state that holds its parts.
pub fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Db: FromRef<S>,
    People: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(checkpoint))
}

fn plain(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// The newest signed checkpoint (C2SP tlog-checkpoint).
#[utoipa::path(get, path = "/ledger/checkpoint", tag = "ledger",
    responses((status = 200, content_type = "text/plain"), (status = 401), (status = 404)))]
async fn checkpoint(State(db): State<Db>, _: Caller) -> Result<Response, Problem> {
    let note = db.read(|c| Ok::<_, DbError>(last_checkpoint(c)?)).await?;
    note.map(plain).ok_or_else(Problem::not_found)
}
