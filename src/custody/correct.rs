//! The rules of taking an event back by another event. Pure.

use super::decide::{Change, Context, UNDO_SECONDS};
use super::event::{CustodyEventId, EventKind};
use super::refusal::Refusal;
use crate::containers::Container;

/// Takes one's own last scan back by an event that restores what was before. Acceptance,
/// rejection and everything terminal stand: they are corrected by another person.
pub(super) fn undo(
    c: &Container,
    corrects: CustodyEventId,
    reason: &str,
    ctx: &Context,
) -> Result<Change, Refusal> {
    let last = ctx.last.as_ref().filter(|l| l.id == corrects && l.actor == ctx.actor);
    let Some(last) = last else { return Err(Refusal::CannotUndo) };
    let undoable = matches!(
        last.kind,
        EventKind::HandoverOffered
            | EventKind::Arrived
            | EventKind::Received
            | EventKind::Held
            | EventKind::StepStarted
            | EventKind::Stored
            | EventKind::Retrieved
            | EventKind::Confirmed
    );
    if !undoable || ctx.now.seconds_since(last.recorded_at) > UNDO_SECONDS {
        return Err(Refusal::CannotUndo);
    }
    let mut change = Change::new(EventKind::Corrected, &last.before, last.before.status)
        .reason(reason.to_owned());
    change.corrects = Some(corrects);
    change.after.event_count = c.event_count;
    change.after.last_event_at = c.last_event_at;
    Ok(change)
}
