//! The running server: every route, the layers around them, start and stop.

mod describe;
mod docs;
mod edge;
mod error_page;
mod health;
mod metrics;
mod printers;
mod router;
mod serve;
mod server_clock;
mod start;

pub use printers::OwnPrinters;
pub use router::{api_document, page_routes, router};
pub use serve::serve;
pub use server_clock::watch as watch_clock;
pub use start::{StartError, open};
