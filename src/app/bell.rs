//! Wakes who waits for something in the database: whoever wrote it rings after the commit. A ring
//! carries no news; who is woken looks. On another server nothing rings, so who waits looks now
//! and then all the same.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Rings for everybody who listens. Cheap to clone.
#[derive(Clone)]
pub struct Bell(Arc<watch::Sender<State>>);

#[derive(Clone, Copy, Default)]
struct State {
    rings: u64,
    closed: bool,
}

impl Default for Bell {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(State::default())))
    }
}

impl Bell {
    /// Wakes everybody who listens.
    pub fn ring(&self) {
        self.0.send_modify(|s| s.rings = s.rings.wrapping_add(1));
    }
    /// The server stops: nobody waits any longer.
    pub fn close(&self) {
        self.0.send_modify(|s| s.closed = true);
    }
    /// Listens from now on: a ring between this and [`Listener::wait`] is not missed.
    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

/// Hears the rings since it was made or last waited.
pub struct Listener(watch::Receiver<State>);

impl Listener {
    /// The server stops.
    pub fn is_closed(&self) -> bool {
        self.0.borrow().closed
    }
    /// Until a ring, or until `most` has passed.
    pub async fn wait(&mut self, most: Duration) {
        let _ = tokio::time::timeout(most, self.0.changed()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ring_before_the_wait_is_heard() {
        let bell = Bell::default();
        let mut listener = bell.listen();
        bell.ring();
        let began = std::time::Instant::now();
        listener.wait(Duration::from_secs(30)).await;
        assert!(began.elapsed() < Duration::from_secs(20));
        assert!(!listener.is_closed());
        bell.close();
        assert!(listener.is_closed());
    }
}
