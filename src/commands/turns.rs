//! Stories told at once, on one clock that only goes forward: each waits until it is the time that
//! it asked for.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::{Mutex, mpsc};

use super::Failed;
use crate::db::Clock;

/// A clock that runs some seconds behind the machine's.
#[derive(Clone, Default)]
pub(super) struct DemoClock(Arc<AtomicI64>);

impl DemoClock {
    pub(super) fn clock(&self) -> Clock {
        let (behind, system) = (Arc::clone(&self.0), Clock::system());
        Clock::from_fn(move || system.now().plus_seconds(-behind.load(Ordering::Relaxed)))
    }
    pub(super) fn set_hours_ago(&self, hours: i64) {
        self.0.store(hours * 3600, Ordering::Relaxed);
    }
}

/// One story's say in when it goes on.
pub(super) struct Turns {
    asks: mpsc::UnboundedSender<i64>,
    goes_on: Mutex<mpsc::UnboundedReceiver<()>>,
}

impl Turns {
    /// Waits until the clock says that it was so many hours ago.
    pub(super) async fn hours_ago(&self, hours: i64) -> Result<(), Failed> {
        let over = || Failed::new("the demonstration was cut off");
        self.asks.send(hours).map_err(|_| over())?;
        self.goes_on.lock().await.recv().await.ok_or_else(over)
    }
}

/// A story under way.
pub(super) struct Told<'a> {
    story: Pin<Box<dyn Future<Output = Result<(), Failed>> + 'a>>,
    asks: mpsc::UnboundedReceiver<i64>,
    go_on: mpsc::UnboundedSender<()>,
    /// How many hours ago it goes on.
    at: i64,
}

impl<'a> Told<'a> {
    /// Begins a story.
    pub(super) fn begin<F, Fut>(story: F) -> Self
    where
        F: FnOnce(Turns) -> Fut,
        Fut: Future<Output = Result<(), Failed>> + 'a,
    {
        let ((ask, asks), (go_on, goes_on)) =
            (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let turns = Turns { asks: ask, goes_on: Mutex::new(goes_on) };
        Self { story: Box::pin(story(turns)), asks, go_on, at: i64::MAX }
    }

    /// Runs it up to where it asks for another time; `None` at its end.
    async fn run(&mut self) -> Result<Option<i64>, Failed> {
        // Before it has asked for a time it waits for nothing.
        if self.at < i64::MAX {
            let _ = self.go_on.send(());
        }
        tokio::select! {
            biased;
            done = &mut self.story => done.map(|()| None),
            at = self.asks.recv() => Ok(at),
        }
    }
}

/// Tells all of them at once, always going on with the one whose time is the earliest.
pub(super) async fn in_order(clock: &DemoClock, mut stories: Vec<Told<'_>>) -> Result<(), Failed> {
    while let Some(next) = (0..stories.len()).max_by_key(|i| stories[*i].at) {
        if stories[next].at < i64::MAX {
            clock.set_hours_ago(stories[next].at);
        }
        match stories[next].run().await? {
            Some(at) => stories[next].at = at,
            None => drop(stories.swap_remove(next)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn several_stories_are_written_in_the_order_of_the_clock() {
        let (clock, said) = (DemoClock::default(), Mutex::new(vec![]));
        let stories = [vec![9, 4, 4, 1], vec![8, 7, 2], vec![], vec![9, 3]];
        let told = |times: Vec<i64>| {
            let (said, clock) = (&said, &clock);
            Told::begin(move |turns| async move {
                for at in times {
                    turns.hours_ago(at).await?;
                    tokio::task::yield_now().await;
                    said.lock().await.push((at, clock.0.load(Ordering::Relaxed) / 3600));
                }
                Ok(())
            })
        };
        in_order(&clock, stories.map(told).into_iter().collect()).await.unwrap();
        let said = said.lock().await.clone();
        assert!(said.iter().all(|(at, clock)| at == clock), "{said:?}");
        let order: Vec<i64> = said.iter().map(|(at, _)| *at).collect();
        assert_eq!(order, [9, 9, 8, 7, 4, 4, 3, 2, 1]);
    }
}
