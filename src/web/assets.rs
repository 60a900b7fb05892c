//! Style sheets, scripts and pictures, embedded: `/a/<build>/<name>`, cached for ever because the
//! build is a hash over all of them.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The address of an asset: `url("css/base.css")`.
pub fn url(name: &str) -> String {
    format!("/a/{BUILD}/{name}")
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "text/plain; charset=utf-8",
    }
}

/// Serves the file `name`, to be kept for a year where `build` is this program's.
pub async fn serve(Path((build, name)): Path<(String, String)>) -> Response {
    let Some((_, bytes)) = FILES.iter().find(|(n, _)| *n == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // An old page that asks for an old build gets the new bytes, but must not keep them.
    let cache = match build == BUILD {
        true => "public, max-age=31536000, immutable",
        false => "no-store",
    };
    ([(header::CONTENT_TYPE, kind(&name)), (header::CACHE_CONTROL, cache)], *bytes).into_response()
}
