//! Checkpoints and proofs. They hold no personal data; any signed-in person may fetch them.

use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Response};
use http::header;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Ledger;
use super::note::proof_file;
use super::store::{inclusion_proof, index_of, last_checkpoint};
use crate::db::{Db, DbError};
use crate::people::{Caller, People};
use crate::web::{Key, Problem};

/// The routes of this capability, for any state that holds its parts.
pub fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Db: FromRef<S>,
    Ledger: FromRef<S>,
    People: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(checkpoint)).routes(routes!(proof))
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

/// The proof that an event is in the log (C2SP tlog-proof@v1), against the newest checkpoint; an
/// event newer than that has one signed.
#[utoipa::path(get, path = "/ledger/proofs/{event}", tag = "ledger",
    params(("event" = Uuid, Path, description = "Event id")),
    responses((status = 200, content_type = "text/plain"), (status = 401), (status = 404)))]
async fn proof(
    State(db): State<Db>,
    State(ledger): State<Ledger>,
    caller: Caller,
    Key(event): Key<Uuid>,
) -> Result<Response, Problem> {
    let index = db.read(move |c| index_of(c, event)).await?.ok_or_else(Problem::not_found)?;
    let note = ledger.note_over(&db, index, caller.now).await?;
    let file = db
        .read(move |c| {
            let (entry, path) = inclusion_proof(c, index, note.0.size)?;
            Ok::<_, DbError>(proof_file(index, &path, &note.1, &entry))
        })
        .await?;
    Ok(plain(file))
}
