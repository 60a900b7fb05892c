//! Pages that show what several capabilities know of one thing: each places sections that those export, and decides
//! nothing. What somebody begins their work with stands here.

mod patient;
mod study;

use crate::app::App;
use crate::web::Pages;

/// The pages of this room.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/patients/{id}", patient::home)
        .get("/studies/{id}", study::study)
        .post("/studies/{id}/containers", study::register)
        .post("/studies/{id}/cancel", study::cancel)
}
