//! What the events of a doubt say it is. Pure.

use super::model::{Doubt, DoubtEvent, DoubtState, DoubtStep};
use crate::containers::ContainerId;

/// The doubt that these events tell of, oldest first, with its samples; nothing where they don't begin with one
/// that opens it, or one of them can't be read.
pub(super) fn fold(events: &[DoubtEvent]) -> Option<(Doubt, Vec<ContainerId>)> {
    let (first, rest) = events.split_first().filter(|(e, _)| e.kind == DoubtStep::Opened)?;
    let said = first.said()?;
    let mut doubt = Doubt {
        id: first.doubt_id,
        kind: said.doubt?,
        state: DoubtState::Open,
        opened_at: first.recorded_at,
        opened_by: first.actor_id,
        closed_at: None,
        event_count: first.seq,
    };
    for event in rest {
        doubt.event_count = event.seq;
        if event.kind == DoubtStep::Closed {
            doubt.state = event.said()?.ending?.state();
            doubt.closed_at = Some(event.recorded_at);
        }
    }
    let mut samples = said.samples;
    samples.sort_unstable();
    Some((doubt, samples))
}
