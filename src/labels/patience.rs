//! Drawing that can be given up. A label takes a millisecond and a sheet of a thousand some seconds;
//! whoever no longer waits for one says so, and it ends between two of its steps.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::labels::error::Cause;

/// Whether somebody still waits for what is drawn. Its clones are one.
#[derive(Debug, Clone, Default)]
pub struct Patience(Arc<AtomicBool>);

thread_local! {
    static NOW: RefCell<Option<Patience>> = const { RefCell::new(None) };
}

impl Patience {
    /// Nobody waits any more: what is drawn under it ends with [`Cause::GivenUp`].
    pub fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
    /// Whatever `work` draws on this thread ends when this patience does.
    pub fn while_it_lasts<T>(&self, work: impl FnOnce() -> T) -> T {
        // Put back also when `work` panics: the thread is used again.
        struct Before(Option<Patience>);
        impl Drop for Before {
            fn drop(&mut self) {
                NOW.set(self.0.take());
            }
        }
        let _before = Before(NOW.replace(Some(self.clone())));
        work()
    }
}

/// Whether drawing on this thread may go on; asked between its steps.
pub(super) fn ask() -> Result<(), Cause> {
    let ended = NOW.with_borrow(|now| now.as_ref().is_some_and(|p| p.0.load(Ordering::Relaxed)));
    if ended { Err(Cause::GivenUp) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::dots::Dpi;
    use super::*;
    use crate::labels::draw::pdf;
    use crate::labels::place::layout::{layout, tests};
    use crate::labels::sheet::cells::Cells;

    #[test]
    fn what_nobody_waits_for_is_not_drawn_to_its_end() {
        let patience = Patience::default();
        let draw = || layout(tests::template(), &tests::tube(), Dpi::D203).map_err(|e| e.cause);
        let label = patience.while_it_lasts(draw).unwrap();
        patience.end();
        assert_eq!(patience.while_it_lasts(draw).err(), Some(Cause::GivenUp));
        let page = patience.while_it_lasts(|| pdf::document(&[label], Cells::default()));
        assert_eq!(page.err().map(|e| e.cause), Some(Cause::GivenUp));
        // Other work on the same thread is another's.
        assert!(draw().is_ok());
    }

    #[test]
    fn a_panic_leaves_no_patience_behind() {
        let patience = Patience::default();
        patience.end();
        let panics = std::panic::catch_unwind(|| patience.while_it_lasts(|| panic!("on purpose")));
        assert!(panics.is_err() && ask().is_ok());
    }
}
