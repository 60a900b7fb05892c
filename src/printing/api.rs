//! Labels as JSON and as files; printers and jobs beside them.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pages::file;
use crate::app::App;
use crate::codes::ContainerCode;
use crate::labels::{Dpi, Format};
use crate::people::Caller;
use crate::printing::issue::kinds::Choice;
use crate::printing::issue::service::{self, Wanted};
use crate::printing::issue::store::PrintId;
use crate::web::{Body, FieldFault, Key, Problem};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(print))
        .routes(routes!(download))
        .merge(crate::printing::setup::api::routes())
        .merge(crate::printing::jobs::api::routes())
        .merge(crate::printing::sheets::api::routes())
}

/// A label to be printed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPrint {
    /// A UUIDv7 made by the client: sending it again gives the same label. Without it every
    /// request is a label of its own.
    pub id: Option<PrintId>,
    /// `svg`, `pdf`, `zpl` or `png`.
    pub format: Format,
    /// 203, 300 or 600.
    pub dpi: i64,
    /// Why again; required from the second copy on.
    #[serde(default)]
    pub reason: String,
    /// `edta-50x25`; without it the kind that its container usually has.
    #[serde(default)]
    pub kind: String,
}

/// A recorded label.
#[derive(Debug, Serialize, ToSchema)]
pub struct Printed {
    /// Get its bytes by this.
    pub id: PrintId,
}

/// Record a label. Its bytes come from `GET /containers/{code}/labels/{print}`.
#[utoipa::path(post, path = "/containers/{code}/labels", tag = "labels",
    params(("code" = ContainerCode, Path)), request_body = NewPrint,
    responses((status = 201, body = Printed), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn print(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Body(new): Body<NewPrint>,
) -> Result<(StatusCode, Json<Printed>), Problem> {
    let dpi = Dpi::from_number(new.dpi)
        .ok_or_else(|| Problem::fields(vec![FieldFault::new("dpi", "dpi")]))?;
    let id = new.id.unwrap_or_else(PrintId::new);
    let choice = Choice::of(&new.kind);
    let wanted = Wanted { id, format: new.format, dpi, reason: new.reason, choice };
    let id = service::print(&app, &caller, code, wanted).await?;
    Ok((StatusCode::CREATED, Json(Printed { id })))
}

/// The exact bytes of a recorded label.
#[utoipa::path(get, path = "/containers/{code}/labels/{print}", tag = "labels",
    params(("code" = ContainerCode, Path), ("print" = PrintId, Path)),
    responses((status = 200), (status = 404), (status = 409)))]
async fn download(
    State(app): State<App>,
    caller: Caller,
    Path((code, print)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (Ok(code), Ok(print)) = (code.parse::<ContainerCode>(), print.parse::<PrintId>()) else {
        return Err(Problem::not_found());
    };
    file(&app, &caller, code, print).await
}
