//! Labels on sheets as JSON, and their pages as PDF.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::opened;
use super::opened_page::pdf;
use super::record::{self, NewSheet, OnSheet};
use super::rows::SheetId;
use crate::app::App;
use crate::codes::ContainerCode;
use crate::db::Instant;
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::web::{Body, Key, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(make)).routes(routes!(show)).routes(routes!(pages))
}

/// Labels to be put on sheets: of tubes (`codes`), or pre-printed ones of a centre (`site` and `n`).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSheets {
    /// A UUIDv7 made by the client: sending it again makes nothing more.
    id: SheetId,
    /// The kind of sheet, a template's id: `sheet-letter-5160`.
    template: String,
    /// Whose labels, 1 to 1,000, in this order.
    codes: Option<Vec<ContainerCode>>,
    /// The centre whose new codes are to be pre-printed.
    site: Option<String>,
    /// How many of them, 1 to 1,000.
    n: Option<i64>,
    /// Cells of the first sheet that are used up, row by row.
    #[serde(default)]
    used: i64,
    /// Everything is moved so far right, micrometres, within 10 mm.
    #[serde(default)]
    offset_x_um: i64,
    /// The same, down.
    #[serde(default)]
    offset_y_um: i64,
    /// Why again; required where any has a label already.
    #[serde(default)]
    reason: String,
}

/// Labels on sheets.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
struct SheetView {
    id: SheetId,
    /// Id and version.
    template: String,
    site: String,
    used: i32,
    offset_x_um: i32,
    offset_y_um: i32,
    made_at: Instant,
    /// Their labels, in order.
    codes: Vec<ContainerCode>,
}

async fn view(app: &App, caller: &Caller, id: SheetId) -> Result<SheetView, Problem> {
    let s = opened::open(app, caller, id).await?;
    Ok(SheetView {
        id,
        template: format!("{} v{}", s.sheet.template_id, s.sheet.template_version),
        site: app.sites.code(s.sheet.site_id).to_owned(),
        used: s.sheet.used,
        offset_x_um: s.sheet.offset_x_um,
        offset_y_um: s.sheet.offset_y_um,
        made_at: s.sheet.made_at,
        codes: s.codes,
    })
}

/// Record labels and put them on sheets for an office printer: all of them or none.
#[utoipa::path(post, path = "/label-sheets", tag = "labels", request_body = NewSheets,
    responses((status = 201, body = SheetView), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn make(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewSheets>,
) -> Result<(StatusCode, Json<SheetView>), Problem> {
    let what = match (new.codes, new.site, new.n) {
        (Some(codes), None, None) => OnSheet::Tubes(codes),
        (None, Some(site), Some(n)) => {
            let found = app.sites.by_code(&site);
            let site = found.ok_or_else(|| PrintError::field("site", "print-site"))?.id;
            OnSheet::Roll { site, n }
        }
        _ => return Err(PrintError::field("codes", "label-sheet-what").into()),
    };
    let wanted = NewSheet {
        id: new.id,
        template: new.template,
        what,
        used: new.used,
        offset_x_um: new.offset_x_um,
        offset_y_um: new.offset_y_um,
        reason: new.reason,
    };
    let id = record::make(&app, &caller, wanted).await?;
    Ok((StatusCode::CREATED, Json(view(&app, &caller, id).await?)))
}

/// Labels that were put on sheets.
#[utoipa::path(get, path = "/label-sheets/{id}", tag = "labels", params(("id" = SheetId, Path)),
    responses((status = 200, body = SheetView), (status = 401), (status = 404)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<SheetId>,
) -> Result<Json<SheetView>, Problem> {
    Ok(Json(view(&app, &caller, id).await?))
}

/// Their pages as PDF, the same as when they were made. Who opens them is in the audit log.
#[utoipa::path(get, path = "/label-sheets/{id}/pages", tag = "labels",
    params(("id" = SheetId, Path)),
    responses((status = 200), (status = 401), (status = 404), (status = 409)))]
async fn pages(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<SheetId>,
) -> Result<Response, Problem> {
    Ok(pdf(&id.to_string(), opened::pages(&app, &caller, id).await?))
}
