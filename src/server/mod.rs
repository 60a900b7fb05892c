//! The running server: every route, the layers around them, start and stop.

mod analysis;
mod body;
pub mod data_dir;
mod describe;
mod disk;
mod docs;
mod edge;
mod error_page;
mod figures;
mod forwarded;
mod forms;
mod health;
mod metrics;
mod places;
mod printers;
mod read_only;
mod router;
mod serve;
mod server_clock;
mod start;

pub use analysis::analyze_always;
pub use disk::watch_disk;
pub use health::Readiness;
pub use printers::OwnPrinters;
pub use router::{api_document, page_routes, router};
pub use serve::serve;
pub use server_clock::watch as watch_clock;
pub use start::{StartError, open};
