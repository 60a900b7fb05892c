//! The server's clock: asked once per request, passed on as a value, moved by tests.

use std::sync::Arc;

use jiff::Timestamp;

use super::Instant;

/// Tells the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Arc::new(|| Timestamp::now().into()))
    }
    /// A clock that tells what `f` says.
    pub fn from_fn(f: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(f))
    }
    /// The time, UTC, in whole microseconds.
    pub fn now(&self) -> Instant {
        (self.0)()
    }
}
