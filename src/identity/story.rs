//! How the child of a record was shown at some instant: by its own events, and by those of the record
//! it was merged into as long as it was (BR-29).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::model::{Identity, Step, correction, fold};
use crate::db::{Conn, DbError, Instant, Unreadable};
use crate::patients::PatientId;
use crate::patients::store::{self, IdentityEvent};

/// The identity events of a record, and of those it was ever merged into.
pub(super) struct Story {
    record: PatientId,
    /// The record's own events, the oldest first.
    pub own: Vec<IdentityEvent>,
    of_others: HashMap<PatientId, Vec<IdentityEvent>>,
    pub unreadable: Vec<Unreadable>,
}

impl Story {
    pub(super) fn load(conn: &mut Conn, record: PatientId) -> Result<Self, DbError> {
        let (own, mut unreadable) = store::events(conn, record)?;
        let mut of_others = HashMap::new();
        for into in own.iter().filter_map(|e| merged(record, e)).flatten() {
            if let Entry::Vacant(unknown) = of_others.entry(into) {
                let (events, lost) = store::events(conn, into)?;
                unreadable.extend(lost);
                unknown.insert(events);
            }
        }
        Ok(Self { record, own, of_others, unreadable })
    }

    /// How the child was shown at `at`; none where the record was not there yet, or its story can't be
    /// read.
    pub(super) fn at(&self, at: Instant) -> Option<Identity> {
        let own = self.own.iter().filter(|e| e.recorded_at <= at);
        let stays = own.clone().filter_map(|e| merged(self.record, e)).next_back().flatten();
        match stays.and_then(|stays| self.of_others.get(&stays)) {
            Some(events) => fold(events.iter().filter(|e| e.recorded_at <= at)),
            None => fold(own),
        }
    }

    /// As [`Story::at`], by all that has happened.
    pub(super) fn now(&self) -> Option<Identity> {
        self.last().and_then(|at| self.at(at))
    }

    fn events(&self) -> impl Iterator<Item = &IdentityEvent> {
        self.own.iter().chain(self.of_others.values().flatten())
    }

    fn last(&self) -> Option<Instant> {
        self.events().map(|e| e.recorded_at).max()
    }

    /// Whether a label printed `at` says what the child's labels no longer say.
    pub(super) fn outdates(&self, at: Instant) -> bool {
        if self.last().is_none_or(|last| last <= at) {
            return false;
        }
        let numbered = self.own.iter().filter(|e| e.recorded_at > at);
        let numbered = numbered.filter(|e| Step::of(e) == Some(Step::Corrected));
        let renumbered = numbered
            .clone()
            .any(|e| correction(e).is_none_or(|c| c.before.record_number != c.after.record_number));
        match (self.at(at), self.now()) {
            (Some(then), Some(now)) => renumbered || !then.names_alike(&now),
            // What can't be read is no reason to keep still about it.
            _ => true,
        }
    }

    /// When the identity that held `at` was first changed, if it is shown as another one now.
    pub(super) fn changed_since(&self, at: Instant) -> Option<Instant> {
        let counts = |e: &&IdentityEvent| Step::of(e).is_some_and(Step::counts);
        let first =
            self.events().filter(counts).map(|e| e.recorded_at).filter(|e| *e > at).min()?;
        let same = matches!((self.at(at), self.now()), (Some(then), Some(now)) if then.is(&now));
        (!same).then_some(first)
    }
}

/// Where an event says that this record was merged into another one, or that it no longer is.
fn merged(record: PatientId, event: &IdentityEvent) -> Option<Option<PatientId>> {
    let two = || correction(event).and_then(|c| c.merge).filter(|two| two.record == record);
    match Step::of(event) {
        Some(Step::Merged) => two().map(|two| Some(two.into)),
        Some(Step::Unmerged) => two().map(|_| None),
        _ => None,
    }
}

/// From when to when other records were merged into this one that stand by themselves again: of what was
/// asked for meanwhile nobody knows whose it is until somebody has looked.
pub(super) fn merged_meanwhile(
    stays: PatientId,
    events: &[IdentityEvent],
) -> Vec<(Instant, Instant)> {
    let mut since: HashMap<PatientId, Instant> = HashMap::new();
    let mut spans = vec![];
    for event in events {
        let two = correction(event).and_then(|c| c.merge).filter(|two| two.into == stays);
        match (Step::of(event), two) {
            (Some(Step::Merged), Some(two)) => {
                since.insert(two.record, event.recorded_at);
            }
            (Some(Step::Unmerged), Some(two)) => {
                let from = since.remove(&two.record);
                spans.extend(from.map(|from| (from, event.recorded_at)));
            }
            _ => {}
        }
    }
    spans
}
