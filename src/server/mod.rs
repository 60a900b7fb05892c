//! The running server: every route, the layers around them, start and stop.

mod describe;
mod docs;
mod edge;
mod error_page;
mod forms;
mod health;
mod metrics;
mod printers;
mod router;
mod serve;
mod start;

pub use printers::OwnPrinters;
pub use router::{api_document, page_routes, router};
pub use serve::serve;
pub use start::{StartError, open};
