//! The rules of taking an event back by another event: one's own last scan at once, or another
//! person's last event with a reason. Both restore what was before it. Pure.

use super::handover::offered_inside;
use super::state::{Change, Context, LastEvent, UNDO_SECONDS};
use crate::containers::Container;
use crate::custody::asked::command::Action;
use crate::custody::events::event::{CustodyEventId, EventKind};
use crate::custody::refusal::Refusal;
use crate::people::rights::{Granted, Right};

/// A correction's reason has at least as many characters, blanks at its ends not counted.
pub const REASON_CHARS: usize = 15;

/// The scans that one can take back oneself, what they are recorded as, and by which right they were made: it is
/// acted in the same role as then, and not by who has it no longer.
const UNDOABLE: [(Action, EventKind, Right); 7] = [
    (Action::Offer, EventKind::HandoverOffered, Right::OfferHandover),
    (Action::Arrive, EventKind::Arrived, Right::ReceiveSample),
    (Action::Receive, EventKind::Received, Right::ReceiveSample),
    (Action::Hold, EventKind::Held, Right::HoldSample),
    (Action::StartStep, EventKind::StepStarted, Right::WorkAtBench),
    (Action::Store, EventKind::Stored, Right::WorkAtBench),
    (Action::Retrieve, EventKind::Retrieved, Right::WorkAtBench),
];

/// Whether a scan of this action can be taken back by who made it.
pub(in crate::custody) fn is_undoable(action: Action) -> bool {
    UNDOABLE.iter().any(|(a, ..)| *a == action)
}

/// Takes one's own last scan back: the last event that changed something. Acceptance, rejection
/// and everything terminal stand: they are corrected by another person.
pub(in crate::custody) fn undo(
    c: &Container,
    corrects: CustodyEventId,
    reason: &str,
    ctx: &Context,
) -> Result<Change, Refusal> {
    let last = ctx.last.as_ref().filter(|l| l.is(corrects) && l.actor == ctx.actor());
    let Some(last) = last else { return Err(Refusal::CannotUndo) };
    let made = UNDOABLE.iter().find(|(_, kind, _)| *kind == last.kind);
    let Some((.., right)) = made else { return Err(Refusal::CannotUndo) };
    if ctx.now.seconds_since(last.recorded_at) > UNDO_SECONDS {
        return Err(Refusal::CannotUndo);
    }
    Ok(restored(ctx.may(*right, c)?, c, last, reason))
}

/// Takes back the last event that changed something, made by another person, whenever that was.
pub(in crate::custody) fn correct(
    c: &Container,
    corrects: CustodyEventId,
    reason: &str,
    ctx: &Context,
) -> Result<Change, Refusal> {
    // What is over for good stays an alarm, whatever is asked about it.
    let never = || match c.status.is_terminal() {
        true => Refusal::Terminal { status: c.status },
        false => Refusal::CannotCorrect,
    };
    let last = ctx.last.as_ref().ok_or_else(never)?;
    if !last.is(corrects) {
        return Err(Refusal::NotLastEvent);
    }
    let right = match side(last.kind, c, ctx).ok_or_else(never)? {
        Side::Centre => Right::CorrectCentreScan,
        Side::Laboratory => Right::CorrectLaboratoryScan,
    };
    let by = ctx.may(right, c)?;
    if last.actor == ctx.actor() {
        return Err(Refusal::OwnEvent);
    }
    if reason.trim().chars().count() < REASON_CHARS {
        return Err(Refusal::ReasonTooShort { least: REASON_CHARS });
    }
    Ok(restored(by, c, last, reason))
}

/// Whose matter a correction is.
#[derive(Clone, Copy)]
enum Side {
    Centre,
    Laboratory,
}

/// Whose matter taking back an event of `kind` is; nobody's where it would say something untrue
/// of a tube that exists.
fn side(kind: EventKind, c: &Container, ctx: &Context) -> Option<Side> {
    match kind {
        // The tube was drawn after all, or the wrong label was read: it must be able to travel.
        EventKind::CollectionFailed => Some(Side::Centre),
        // Nobody has taken it yet, so nothing passes from hand to hand.
        EventKind::HandoverOffered if offered_inside(c, ctx) => Some(Side::Laboratory),
        EventKind::HandoverOffered => Some(Side::Centre),
        // A number typed wrong receives a tube that is still on its way: it goes back to who
        // carries it, or it would be looked for in the wrong building.
        EventKind::Arrived | EventKind::Received => Some(Side::Laboratory),
        // Decisions, which others than who took them may find wrong.
        EventKind::Held | EventKind::Accepted | EventKind::Rejected => Some(Side::Laboratory),
        EventKind::StepStarted | EventKind::Stored | EventKind::Retrieved => Some(Side::Laboratory),
        // The wrong tube was read, or a lost one was found: there is a sample after all.
        EventKind::Depleted | EventKind::DeclaredLost => Some(Side::Laboratory),

        // There is a child's blood in it: as a mere label it could be used for another child. A
        // tube collected wrongly is held, rejected or disposed of.
        EventKind::Collected => None,
        // The label is torn up, and another one issued for the tube.
        EventKind::LabelVoided | EventKind::LabelIssued => None,
        // Two people saw it go.
        EventKind::Disposed => None,
        // Two people stood there and one took it: who hands it back offers it back.
        EventKind::HandoverAccepted => None,
        // Who holds it offers it again; nobody else makes an offer in their name.
        EventKind::OfferCancelled | EventKind::HandoverRefused => None,
        // The other tube exists.
        EventKind::Derived | EventKind::Created => None,
        // A doubt about whose it is goes away by a decision, never by saying it was not raised.
        EventKind::DuplicateFlagged => None,
        // Whoever sees it otherwise does the thing again, as a new event: states must not flip
        // back and forth by corrections of corrections.
        EventKind::Corrected => None,
        // Changed nothing; never the last event here.
        EventKind::Confirmed
        | EventKind::LabelReprinted
        | EventKind::CollectionTimeProposed
        | EventKind::CollectionTimeCorrected
        | EventKind::CollectionTimeDeclined => None,
    }
}

/// What was before, by a new event. The laboratory's number stays with the tube once given: it
/// is on papers by now, and must not come to mean another sample.
fn restored(by: Granted, c: &Container, last: &LastEvent, reason: &str) -> Change {
    let mut change = Change::new(by, EventKind::Corrected, &last.before, last.before.status)
        .reason(Some(reason.trim().to_owned()).filter(|r| !r.is_empty()));
    change.corrects = Some(last.id);
    change.after.event_count = c.event_count;
    change.after.last_event_at = c.last_event_at;
    if last.looked_at_since {
        // That is where it is.
        change.after.site_id = c.site_id;
        change.after.place.clone_from(&c.place);
    }
    change
}
