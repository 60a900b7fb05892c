//! How far long work has come: a bar with the time that is left on a terminal, else a plain line
//! every few seconds.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::super::say;

/// Between two plain lines.
const EVERY: Duration = Duration::from_secs(5);
const BAR: &str = "{msg} [{bar:30}] {human_pos}/{human_len}, {eta} left";

/// Work that is counted in things of one kind.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    what: String,
    all: u64,
    /// How much was there when it began.
    had: u64,
    began: Instant,
    said: Instant,
}

impl Progress {
    /// `all` things named `things` for `whom`, of which `had` are done.
    pub(super) fn new(whom: &str, things: &str, all: u64, had: u64) -> Self {
        let what = format!("{whom}: {things}");
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(all).with_message(what.clone()).with_position(had);
            bar.reset_eta();
            match ProgressStyle::with_template(BAR) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        if had > 0 && had < all {
            say(format!("{what}: {had} of {all} are there, going on"));
        }
        let now = Instant::now();
        Self { bar, what, all, had, began: now, said: now }
    }
    /// So many are done now.
    pub(super) fn at(&mut self, done: u64) {
        match &self.bar {
            Some(bar) => bar.set_position(done),
            None if self.said.elapsed() >= EVERY => {
                self.said = Instant::now();
                let left = left(self.began.elapsed(), done - self.had, self.all - done);
                say(format!("{}: {done} of {}, {} s left", self.what, self.all, left.as_secs()));
            }
            None => {}
        }
    }
    /// All are done.
    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        let (made, took) = (self.all - self.had, self.began.elapsed().as_secs());
        say(format!("{}: {made} made in {took} s", self.what));
    }
}

/// The time that `todo` things take if they take as long as those that are `done`.
fn left(took: Duration, done: u64, todo: u64) -> Duration {
    let each = took.as_secs_f64() / (done.max(1) as f64);
    Duration::from_secs_f64(each * todo as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_what_was_done() {
        let took = Duration::from_secs(10);
        assert_eq!(left(took, 100, 300), Duration::from_secs(30));
        assert_eq!(left(took, 0, 0), Duration::ZERO);
    }
}
