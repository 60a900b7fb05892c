//! Moments at which a test wants to break something, seen from outside of the agent.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What has just happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrow {
    /// The server has committed a lease and not answered yet.
    LeaseMade,
    LeaseAnswered,
    IntendMade,
    IntendAnswered,
    /// The printer has the first bytes of a label.
    GotBytes,
    /// The label is on paper; the printer has not been asked since.
    OnPaper,
    /// The printer has said that nothing is left.
    Confirmed,
    ReportMade,
    ReportAnswered,
}

impl Arrow {
    pub const ALL: [Self; 9] = [
        Self::LeaseMade,
        Self::LeaseAnswered,
        Self::IntendMade,
        Self::IntendAnswered,
        Self::GotBytes,
        Self::OnPaper,
        Self::Confirmed,
        Self::ReportMade,
        Self::ReportAnswered,
    ];
}

struct Armed {
    arrow: Arrow,
    fired: Sender<()>,
    go_on: Receiver<()>,
}

/// Shared by the server and the printers of a test.
#[derive(Clone, Default)]
pub struct Hooks(Arc<Mutex<Option<Armed>>>);

/// The test's end of an armed hook. Dropped, everything goes on.
pub struct Moment {
    fired: Receiver<()>,
    _go_on: Sender<()>,
}

impl Hooks {
    /// The next time `arrow` is reached, the world stands still there until the moment is dropped.
    pub fn arm(&self, arrow: Arrow) -> Moment {
        let (fire, fired) = channel();
        let (_go_on, go_on) = channel();
        *self.0.lock().unwrap() = Some(Armed { arrow, fired: fire, go_on });
        Moment { fired, _go_on }
    }

    /// Says that `arrow` was reached. May block for a while.
    pub fn reach(&self, arrow: Arrow) {
        let armed = {
            let mut slot = self.0.lock().unwrap();
            if slot.as_ref().is_some_and(|a| a.arrow == arrow) { slot.take() } else { None }
        };
        if let Some(armed) = armed {
            let _ = armed.fired.send(());
            // An error is the moment's end as well.
            let _ = armed.go_on.recv_timeout(Duration::from_secs(20));
        }
    }
}

impl Moment {
    /// Waits until it comes.
    pub fn wait(&self) {
        self.fired.recv_timeout(Duration::from_secs(30)).expect("the moment never came");
    }
}
