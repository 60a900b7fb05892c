//! Attached reports as JSON, and their bytes.

use axum::Json;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{AttachmentId, BODY_BYTES, MediaType};
use super::service::{self, Attachment, AttachmentError, Opened};
use crate::app::App;
use crate::db::{Instant, Unreadable};
use crate::people::Caller;
use crate::studies::StudyId;
use crate::web::{Body, Key, Problem};

/// The routes of attached reports. The one that takes them takes a larger body than any other.
pub(in crate::studies) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, attach))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .routes(routes!(open))
        .routes(routes!(withdraw))
}

/// A report of another laboratory.
#[derive(Debug, Serialize, ToSchema)]
struct AttachmentView {
    /// Open it by this.
    id: AttachmentId,
    /// What it is.
    title: String,
    /// What its bytes are.
    media_type: MediaType,
    /// Length of the file, bytes.
    bytes: i64,
    /// Their SHA-256, hexadecimal.
    sha256: String,
    /// When it was attached.
    attached_at: Instant,
    /// Printed name of who did.
    attached_by: String,
    /// When it was taken back: it can't be opened since.
    withdrawn_at: Option<Instant>,
    /// Printed name of who did.
    withdrawn_by: Option<String>,
    /// Why it was taken back, in the person's words.
    withdrawn_reason: Option<String>,
}

/// The reports attached to a request, oldest first.
#[derive(Debug, Serialize, ToSchema)]
struct AttachmentsView {
    items: Vec<AttachmentView>,
    /// Steps that can't be read.
    unreadable: Vec<Unreadable>,
}

impl From<Opened> for AttachmentsView {
    fn from(o: Opened) -> Self {
        let name = |id| o.names.get(&id).cloned().unwrap_or_default();
        let view = |Attachment { step, withdrawn }: Attachment| AttachmentView {
            id: step.event_id,
            title: step.said,
            media_type: step.media_type,
            bytes: step.bytes,
            sha256: step.sha256.to_string(),
            attached_at: step.recorded_at,
            attached_by: name(step.actor_id),
            withdrawn_at: withdrawn.as_ref().map(|w| w.recorded_at),
            withdrawn_by: withdrawn.as_ref().map(|w| name(w.actor_id)),
            withdrawn_reason: withdrawn.map(|w| w.said),
        };
        Self { items: o.attachments.into_iter().map(view).collect(), unreadable: o.unreadable }
    }
}

/// The reports attached to a request.
#[utoipa::path(get, path = "/studies/{id}/attachments", tag = "studies",
    params(("id" = StudyId, Path)),
    responses((status = 200, body = AttachmentsView), (status = 404)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Json<AttachmentsView>, Problem> {
    Ok(Json(service::list(&app, &caller, id).await?.into()))
}

/// A report to be attached.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAttachment {
    /// What it is, 3 to 120 characters: `Inmunofenotipo del diagnóstico`.
    title: String,
    /// A PDF or JPEG of at most 10 MiB, in base64. What it is, is told by its bytes.
    file: String,
}

/// A report that is attached.
#[derive(Debug, Serialize, ToSchema)]
struct Attached {
    /// Open it by this.
    id: AttachmentId,
}

/// Attach a report of another laboratory. The same bytes again are the same attachment.
#[utoipa::path(post, path = "/studies/{id}/attachments", tag = "studies",
    params(("id" = StudyId, Path)), request_body = NewAttachment,
    responses((status = 201, body = Attached), (status = 403), (status = 404), (status = 409),
        (status = 413), (status = 422)))]
async fn attach(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
    Body(new): Body<NewAttachment>,
) -> Result<(StatusCode, Json<Attached>), Problem> {
    let bytes = BASE64.decode(new.file.trim());
    let bytes = bytes.map_err(|_| AttachmentError::field("file", "base64"))?;
    let id = service::attach(&app, &caller, id, &new.title, bytes).await?;
    Ok((StatusCode::CREATED, Json(Attached { id })))
}

/// Both keys of an address.
fn keys((study, attachment): (String, String)) -> Result<(StudyId, AttachmentId), Problem> {
    match (study.parse(), attachment.parse()) {
        (Ok(study), Ok(attachment)) => Ok((study, attachment)),
        _ => Err(Problem::not_found()),
    }
}

/// Open an attached report: its bytes. That it was opened is in the audit log.
#[utoipa::path(get, path = "/studies/{id}/attachments/{attachment}", tag = "studies",
    params(("id" = StudyId, Path), ("attachment" = AttachmentId, Path)),
    responses((status = 200, content_type = "application/pdf"), (status = 404), (status = 410),
        (status = 503)))]
async fn open(
    State(app): State<App>,
    caller: Caller,
    Path(keys): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (study, id) = self::keys(keys)?;
    let found = service::open(&app, &caller, study, id).await?;
    let name = format!("attachment; filename=\"{}\"", found.file_name);
    let kind = found.media_type.as_str().to_owned();
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, found.bytes).into_response())
}

/// Why a report is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WithdrawAttachment {
    /// 5 to 400 characters.
    reason: String,
}

/// Take a report back that is of another child, or should not be there: nobody opens it any more.
#[utoipa::path(post, path = "/studies/{id}/attachments/{attachment}/withdrawal", tag = "studies",
    params(("id" = StudyId, Path), ("attachment" = AttachmentId, Path)),
    request_body = WithdrawAttachment,
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    Path(keys): Path<(String, String)>,
    Body(body): Body<WithdrawAttachment>,
) -> Result<StatusCode, Problem> {
    let (study, id) = self::keys(keys)?;
    service::withdraw(&app, &caller, study, id, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a page says where the bytes are.
pub(super) fn address(study: StudyId, id: AttachmentId) -> String {
    format!("/api/v1/studies/{study}/attachments/{id}")
}
