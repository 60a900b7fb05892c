//! The pages of tubes: the list, a tube's own page, the bedside; and what a request's page shows of its tubes.

mod bedside;
pub(crate) mod cancel;
mod collection_time;
pub(crate) mod issue;
mod list;
mod refused;
mod timeline;
mod told;
mod withdraw;
pub mod words;

use crate::app::App;
use crate::custody::station::page;
use crate::web::Pages;

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/samples", list::list)
        .get("/samples/{code}", timeline::show)
        .get("/samples/{code}/collect", bedside::show)
        .post("/samples/{code}/collect", bedside::collect)
        .get("/samples/{code}/collection-time", collection_time::show)
        .post("/samples/{code}/collection-time", collection_time::propose)
        .post("/samples/{code}/collection-time/decide", collection_time::decide)
        .post("/samples/{code}/derive", timeline::derive)
        .post("/samples/{code}/correct", timeline::correct)
        .post("/samples/{code}/withdraw", timeline::withdraw)
        .get("/station", page::show)
}
