//! The pages of results: the list, an answer and its validation, the analyst's forms, a child's course.

pub mod amended_notice;
mod course;
mod enter_page;
mod facts_view;
mod list_page;
mod mrd_form;
mod phenotype_fields;
mod phenotype_form;
mod phenotype_page;
pub(in crate::results) mod phenotype_view;
mod point;
mod result;
mod result_form;
mod sentence;
mod summary;
mod trust_view;
mod words;

use crate::app::App;
use crate::web::Pages;

pub use sentence::sentence;
pub use words::denominator;

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/results", list_page::list)
        .get("/results/{id}", result::show)
        .get("/results/{id}/new", enter_page::enter_form)
        .post("/results/{id}/new", enter_page::enter)
        .get("/results/{id}/immunophenotype", phenotype_page::blank)
        .post("/results/{id}/immunophenotype", phenotype_page::enter)
        .post("/results/{id}/validate", result::sign)
        .post("/results/{id}/acknowledge", result::acknowledge)
        .get("/patients/{id}/mrd", course::show)
}
