//! One caller's write in the writer's queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::oneshot;

use super::DbError;
use super::writer::Tx;

pub(super) trait Job: Send {
    /// Takes its turn; false if its caller was told that it has none any more.
    fn begins(&self) -> bool;
    /// Runs the closure and keeps what it returned. True: keep what it wrote.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Answers the caller: with what the closure returned, or with why that is not committed.
    fn answer(self: Box<Self>, kept_from_commit: Option<DbError>);
}

/// A job's turn: it waits, or it has begun, or its caller waits no longer.
pub(super) const WAITS: u8 = 0;
const BEGUN: u8 = 1;
pub(super) const LEFT: u8 = 2;

/// Moves a job from waiting to `next`, unless somebody else has moved it elsewhere.
pub(super) fn turn(state: &AtomicU8, next: u8) -> bool {
    match state.compare_exchange(WAITS, next, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => true,
        Err(now) => now == next,
    }
}

pub(super) struct Typed<F, T, E> {
    pub(super) f: F,
    pub(super) turn: Arc<AtomicU8>,
    pub(super) outcome: Option<Result<T, E>>,
    pub(super) reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Typed<F, T, E>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn begins(&self) -> bool {
        turn(&self.turn, BEGUN)
    }
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        match catch_unwind(AssertUnwindSafe(|| (self.f)(tx))) {
            Ok(outcome) => {
                let keep = outcome.is_ok();
                self.outcome = Some(outcome);
                keep
            }
            Err(_) => {
                self.outcome = Some(Err(DbError::Panicked.into()));
                false
            }
        }
    }
    fn answer(self: Box<Self>, kept_from_commit: Option<DbError>) {
        let answer = match (self.outcome, kept_from_commit) {
            // Also what the closure refused: it may have judged by what others of the group wrote,
            // which is gone with the group.
            (_, Some(e)) => Err(e.into()),
            (Some(outcome), None) => outcome,
            (None, None) => Err(DbError::Stopped.into()),
        };
        // The caller may have gone (a closed socket); the write stands all the same.
        let _ = self.reply.send(answer);
    }
}
