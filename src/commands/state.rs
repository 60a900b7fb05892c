//! Whether every row that somebody relies on is what was written, for `rastro verify`.

use super::say;
use crate::custody::unlike::unlike_events;
use crate::db::Conn;
use crate::journal::{self, Held, Waited};
use crate::ledger::rolled_back;

/// What was found.
#[derive(Default)]
pub(super) struct State {
    wrong: Vec<String>,
    unbound: Vec<&'static str>,
    waited: Vec<Waited>,
}

/// Folds events again, and holds every bound row against its last state, all as of one moment: the server may be
/// running. What is so damaged that it can't even be read is told as that, without what stands in it.
pub(super) fn look(conn: &mut Conn) -> State {
    let found = rolled_back(conn, |conn| {
        let Held { wrong, unbound, waited } = journal::differing(conn)?;
        let wrong = wrong.iter().map(ToString::to_string);
        Ok(State { wrong: wrong.chain(unlike_events(conn)?).collect(), unbound, waited })
    });
    found.unwrap_or_else(|e| State {
        wrong: vec![format!("rows can't be read: {e}")],
        ..State::default()
    })
}

impl State {
    pub(super) fn tell(&self) {
        for wrong in &self.wrong {
            say(format!("BROKEN: {wrong}"));
        }
        if !self.unbound.is_empty() {
            let tables = self.unbound.join(", ");
            say(format!("LOOK: rows of before are not bound yet, start the server once: {tables}"));
        }
        for waited in &self.waited {
            say(format!("LOOK: {waited}"));
        }
    }
    pub(super) fn is_broken(&self) -> bool {
        !self.wrong.is_empty()
    }
    /// Whether there is something that nobody can say, or not yet.
    pub(super) fn is_open(&self) -> bool {
        !self.unbound.is_empty() || !self.waited.is_empty()
    }
}
