//! Checkpoints and proofs. They hold no personal data; any signed-in person may fetch them.

use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Response};
use http::header;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::note::{Checkpoint, proof_file};
use super::store::last_checkpoint;
use super::{Ledger, inclusion_proof};
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
    responses((status = 200, content_type = "text/plain"), (status = 404)))]
async fn checkpoint(State(db): State<Db>, _: Caller) -> Result<Response, Problem> {
    let note = db.read(|c| Ok::<_, DbError>(last_checkpoint(c)?)).await?;
    note.map(plain).ok_or_else(Problem::not_found)
}

/// The proof that an event is in the log (C2SP tlog-proof@v1), against the newest checkpoint.
#[utoipa::path(get, path = "/ledger/proofs/{event}", tag = "ledger",
    params(("event" = Uuid, Path, description = "Event id")),
    responses((status = 200, content_type = "text/plain"), (status = 404)))]
async fn proof(
    State(db): State<Db>,
    State(ledger): State<Ledger>,
    _: Caller,
    Key(event): Key<Uuid>,
) -> Result<Response, Problem> {
    let found = db
        .read(move |c| {
            let Some(note) = last_checkpoint(c)? else { return Ok(None) };
            let key = ledger.verifying_key();
            let Some(head) = Checkpoint::verified(&note, ledger.origin(), &key) else {
                return Err(DbError::Corrupt("the stored checkpoint is not ours".into()));
            };
            let proof = inclusion_proof(c, event, head.size)?;
            Ok(proof.map(|(entry, index, path)| proof_file(index, &path, &note, &entry)))
        })
        .await?;
    found.map(plain).ok_or_else(Problem::not_found)
}
