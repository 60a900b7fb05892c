//! Referring centres and the laboratory: who sends, who receives, and whose clock is on the wall.

mod model;
pub mod store;

pub use model::{Site, SiteId, SiteKind, Sites};
