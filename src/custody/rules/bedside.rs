//! The rules at the bedside: drawing, failing to draw, withdrawing a label. Pure.

use super::collection_time::is_untold;
use super::late_label::label_came_late;
use super::state::{Change, Context, Decision};
use crate::codes::CodeKind;
use crate::containers::{Container, Status};
use crate::custody::asked::command::Command;
use crate::custody::events::event::EventKind;
use crate::custody::refusal::Refusal;
use crate::people::Scope;
use crate::people::rights::{Granted, Place, Right, may};

/// Whether somebody of the centre may draw this tube now: where a page offers it.
pub fn may_collect(scope: &Scope, c: &Container) -> bool {
    c.status == Status::Planned
        && c.kind == CodeKind::Primary
        && may(scope, Right::Collect, Place::of(c.centre_id, c.laboratory_id)).is_some()
}

/// A second collection scan by the same person within this is a double reading, seconds.
const DOUBLE_READ_SECONDS: i64 = 120;

pub(in crate::custody) fn planned(
    by: Granted,
    c: &Container,
    kind: EventKind,
    to: Status,
    reason: &str,
) -> Result<Change, Refusal> {
    if c.status != Status::Planned {
        return Err(Refusal::WrongState { status: c.status });
    }
    Ok(Change::new(by, kind, c, to).reason(reason.to_owned()))
}

pub(in crate::custody) fn collect(
    c: &Container,
    command: &Command,
    ctx: &Context,
) -> Result<Decision, Refusal> {
    let Command::Collect { identifiers_confirmed, pull, volume_ul, container_type, reason } =
        command
    else {
        return Err(Refusal::NotAllowed);
    };
    let by = ctx.may(Right::Collect, c)?;
    // A reading of the bedside that comes after the tube itself: what it says is told by two people now.
    let drawn = c.kind == CodeKind::Primary && c.status != Status::Planned;
    let unread = drawn && c.collected_by.is_none();
    if unread && c.received_at.is_some_and(|here| ctx.occurred_at <= here) {
        return Err(Refusal::DrawToTell);
    }
    // An aliquot has its parent's collection time, but nobody draws it.
    let known = c.collected_at.or(c.received_at.filter(|_| is_untold(c)));
    if let Some(at) = known.filter(|_| drawn) {
        let same_hand = c.collected_by == Some(ctx.actor()) && c.status == Status::Collected;
        if same_hand && (ctx.occurred_at.seconds_since(at)).abs() <= DOUBLE_READ_SECONDS {
            return Ok(Decision::Already);
        }
        // BR-04: one label, one tube. Whichever tube this is, neither can be trusted now.
        let mut mark =
            Change::new(by, EventKind::DuplicateFlagged, c, c.status).reason("R21".to_owned());
        mark.after.flags = c.flags.with("R21");
        return Ok(Decision::RefuseAndMark(Refusal::DuplicateIdentifier { at }, mark));
    }
    if c.status != Status::Planned {
        return Err(Refusal::WrongState { status: c.status });
    }
    if !identifiers_confirmed {
        return Err(Refusal::IdentifiersNotConfirmed);
    }
    if ctx.is_marrow && pull.is_none() {
        return Err(Refusal::PullRequired);
    }
    let late_label = label_came_late(ctx.occurred_at, reason.as_deref(), ctx)?;
    let mut change = Change::new(by, EventKind::Collected, c, Status::Collected)
        .custody(Some(ctx.actor()), ctx.occurred_at);
    change.after.collected_at = Some(ctx.occurred_at);
    change.after.collected_by = Some(ctx.actor());
    if late_label {
        change = change.reason(reason.clone()).flag("paper-label");
    }
    change.after.pull = *pull;
    change.after.volume_ul = *volume_ul;
    if let Some(kind) = container_type {
        change.after.container_type.clone_from(kind);
    }
    Ok(Decision::Do(change))
}
