//! How long to wait after a failure: twice as long each time, up to a minute, never in step with
//! the other agents of a network that came back.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

/// Waits after failures.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The server answered: the next failure waits as little as the first.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// It failed again: wait so long, half of it by chance.
    pub(super) fn next(&mut self) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let half = whole / 2;
        half + half.mul_f64(chance())
    }
}

/// 0 to 1. Without a source of chance agents wait in step, which is no harm to labels.
fn chance() -> f64 {
    let mut byte = [0u8; 2];
    let drawn = getrandom::fill(&mut byte).is_ok();
    if drawn { f64::from(u16::from_le_bytes(byte)) / f64::from(u16::MAX) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute_and_start_over() {
        let mut b = Backoff::default();
        let mut whole = FIRST;
        for _ in 0..40 {
            let wait = b.next();
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?} of {whole:?}");
            whole = (whole * 2).min(LONGEST);
        }
        b.reset();
        assert!(b.next() <= FIRST);
    }
}
