//! The pages of the reference data.

use super::{catalogue_page, centres_page};
use crate::app::App;
use crate::web::Pages;

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new().merge(centres_page::pages()).merge(catalogue_page::pages())
}
