//! Drawing labels for a request: on threads where nobody else's request waits behind it, a few at a
//! time, and only as long as somebody waits for it.

use std::sync::LazyLock;

use tokio::sync::Semaphore;

use crate::labels::Patience;

/// Drawings at a time: as many as there are processors but one, so that requests are always answered.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| {
    let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Semaphore::new(all.saturating_sub(1).max(1))
});

/// Ends what is drawn under it when it goes away: with the request that waited, whether it was
/// answered, ran out of time or was cut off, and with the server.
pub struct Waiting(Patience);

impl Waiting {
    /// Somebody waits from now on.
    pub fn begin() -> Self {
        Self(Patience::default())
    }
    /// For the thread that draws.
    pub fn patience(&self) -> Patience {
        self.0.clone()
    }
}
impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// What `work` draws.
///
/// # Panics
/// When `work` does.
pub async fn drawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    // The places are never closed.
    let place = PLACES.acquire().await;
    let waiting = Waiting::begin();
    let patience = waiting.patience();
    let done = tokio::task::spawn_blocking(move || {
        let made = patience.while_it_lasts(work);
        drop(place);
        made
    });
    match done.await {
        Ok(made) => made,
        Err(e) => match e.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends, and nobody waits for this.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::{Cause, Dpi, Templates, check, layout};

    #[tokio::test]
    async fn a_drawing_ends_when_nobody_waits_for_it() {
        let (told, ended) = std::sync::mpsc::channel();
        let draws = tokio::spawn(drawn(move || {
            let template = Templates::embedded().unwrap().latest("edta-50x25").unwrap();
            let cause = loop {
                if let Err(e) = layout(template, &check::sample(template, true), Dpi::D203) {
                    break e.cause;
                }
            };
            told.send(cause).unwrap();
        }));
        tokio::task::yield_now().await;
        draws.abort();
        // Without an end to it this never comes.
        let cause = tokio::task::spawn_blocking(move || ended.recv()).await.unwrap();
        assert!(matches!(cause, Ok(Cause::GivenUp) | Err(_)), "{cause:?}");
    }

    #[tokio::test]
    async fn what_is_drawn_comes_back() {
        assert_eq!(drawn(|| 7).await, 7);
    }
}
