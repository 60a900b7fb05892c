//! The state machine: what may happen to a container next, and what it is after. Pure and total:
//! no clock, no database. `domain.md` section 5 is its table; where that leaves a choice, the
//! comments say what was chosen. The rules of each place have a file of their own.

use super::bedside::{collect, planned};
use super::collection_time;
use super::correct::{correct, undo};
use super::handover::{accept_handover, cancel_offer, offer, refuse_handover};
use super::laboratory::{accept, arrive, bench, dispose, hold, receive, reject, store};
use super::late_label::PAPER_LABEL_SECONDS;
use super::state::{Change, Context, Decision};
use crate::containers::{Container, Status};
use crate::custody::asked::clocks::AHEAD_SECONDS;
use crate::custody::asked::command::Command;
use crate::custody::events::event::{CustodyEvent, EventKind};
use crate::custody::refusal::Refusal;
use crate::db::Instant;
use crate::people::rights::Right;

/// Whether `command` may happen to `c` now, and what it changes.
pub fn decide(c: &Container, command: &Command, ctx: &Context) -> Result<Decision, Refusal> {
    if ctx.occurred_at > ctx.latest() {
        return Err(Refusal::ClockAhead { seconds: ctx.occurred_at.seconds_since(ctx.now) });
    }
    // A draw is held to more, and told more exactly.
    let drawn = matches!(command, Command::Collect { .. });
    if !drawn && ctx.occurred_at < earliest(ctx.label_made) {
        return Err(Refusal::ImpossibleTime);
    }
    // A correction restores nothing by itself: it must find what ended the tube to be the last
    // event, and not of a kind that stands for ever.
    let corrects = matches!(
        command,
        Command::Correct { .. }
            | Command::ProposeCollectionTime { .. }
            | Command::ApproveCollectionTime { .. }
            | Command::DeclineCollectionTime { .. }
    );
    if c.status.is_terminal() && *command != Command::Confirm && !corrects {
        return Err(match ctx.study_cancelled {
            true => Refusal::RequestCancelled { status: c.status },
            false => Refusal::Terminal { status: c.status },
        });
    }
    let change = match command {
        Command::Collect { .. } => return collect(c, command, ctx),
        Command::CollectionFailed { reason } => {
            let by = ctx.may(Right::ReportNotCollected, c)?;
            planned(by, c, EventKind::CollectionFailed, Status::NotCollected, reason)?
        }
        // Who prints a label takes it back (`domain.md` section 14, "Print / void label").
        Command::Void { reason } => {
            let by = ctx.may(Right::VoidLabel, c)?;
            planned(by, c, EventKind::LabelVoided, Status::Void, reason)?
        }
        Command::Offer { to, .. } => return offer(c, *to, ctx),
        Command::CancelOffer => cancel_offer(c, ctx)?,
        Command::AcceptHandover { .. } => return accept_handover(c, ctx),
        Command::RefuseHandover { reason } => refuse_handover(c, reason, ctx)?,
        Command::Arrive => return arrive(c, ctx),
        Command::Receive { condition, .. } => return receive(c, condition, ctx),
        Command::Hold { reason } => return hold(c, reason, ctx),
        Command::Accept { reason } => return accept(c, reason.as_deref(), ctx),
        Command::Reject { reason, .. } => return reject(c, reason, ctx),
        Command::StartStep { .. } => bench(
            c,
            ctx,
            EventKind::StepStarted,
            &[Status::Accepted, Status::Stored],
            Status::InProcess,
        )?,
        Command::Store { location, .. } => store(c, location, ctx)?,
        Command::Retrieve => {
            let mut change =
                bench(c, ctx, EventKind::Retrieved, &[Status::Stored], Status::InProcess)?;
            change.after.location = None;
            change
        }
        Command::Deplete => {
            let from = [Status::Accepted, Status::InProcess, Status::Stored];
            bench(c, ctx, EventKind::Depleted, &from, Status::Depleted)?
                .custody(None, ctx.occurred_at)
        }
        Command::Dispose { witness, reason } => dispose(c, *witness, reason.clone(), ctx)?,
        Command::DeclareLost { investigation } => {
            let by = ctx.may(Right::DeclareLost, c)?;
            Change::new(by, EventKind::DeclaredLost, c, Status::Lost)
                .reason(investigation.clone())
                .custody(None, ctx.occurred_at)
        }
        Command::Undo { corrects, reason } => undo(c, *corrects, reason, ctx)?,
        Command::Correct { corrects, reason } => correct(c, *corrects, reason, ctx)?,
        Command::ProposeCollectionTime { collected_at, reason } => {
            collection_time::propose(c, *collected_at, reason, ctx)?
        }
        Command::ApproveCollectionTime { proposal } => collection_time::approve(c, *proposal, ctx)?,
        Command::DeclineCollectionTime { proposal, reason } => {
            collection_time::decline(c, *proposal, reason, ctx)?
        }
        Command::Confirm => {
            Change::new(ctx.may(Right::SeeSample, c)?, EventKind::Confirmed, c, c.status)
        }
    };
    Ok(Decision::Do(change))
}

/// The container after `event`, whose change decided `after`: numbers, times and places follow the
/// event. Total.
pub fn apply(after: &Container, event: &CustodyEvent) -> Container {
    // What takes a scan back was not done where the tube is: the place is restored with the rest.
    let scanned =
        event.kind != EventKind::Corrected && !collection_time::KINDS.contains(&event.kind);
    Container {
        event_count: event.seq,
        last_event_at: Some(last_time(after.last_event_at, event)),
        site_id: event.site_id.filter(|_| scanned).or(after.site_id),
        place: event.place.clone().filter(|_| scanned).or_else(|| after.place.clone()),
        ..after.clone()
    }
}

/// Nothing happened to a tube before this: one that went by a paper label in an outage has a past
/// older than its label, but no further back than anybody writes down (BR-05: late and disordered
/// events are kept).
pub(in crate::custody) fn earliest(label_made: Instant) -> Instant {
    label_made.plus_seconds(-PAPER_LABEL_SECONDS)
}

/// When the last event occurred, `event` included. An event of the past does not make the last one
/// older; one of a clock that ran ahead does not make all that follow look like the past.
fn last_time(before: Option<Instant>, event: &CustodyEvent) -> Instant {
    let now = event.recorded_at.plus_seconds(AHEAD_SECONDS);
    before.filter(|last| *last <= now).map_or(event.occurred_at, |last| last.max(event.occurred_at))
}
