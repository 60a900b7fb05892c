//! The rules of a wrong collection time: one person says when the tube was drawn in truth, another
//! agrees or not (`domain.md` section 5, "Correction by addition"). What was recorded first is never
//! changed; from the agreement on the other time counts, for the tube and for all made of it. So is told,
//! too, when a tube was drawn that nobody scanned at the bedside. Pure.

use super::correct::REASON_CHARS;
use super::late_label::label_came_late;
use super::state::{Change, Context, Proposal};
use crate::codes::CodeKind;
use crate::containers::Container;
use crate::custody::asked::clocks::AHEAD_SECONDS;
use crate::custody::events::event;
use crate::custody::events::event::{CustodyEventId, EventKind};
use crate::custody::refusal::Refusal;
use crate::db::Instant;
use crate::people::Scope;
use crate::people::rights::{Granted, Place, Right, may};

/// The flag of a tube that was received and never scanned at the bedside: its draw is still to be told.
pub(in crate::custody) const DRAW_NOT_TOLD: &str = "draw-not-told";

/// Whether it is still to be told when it was drawn.
pub(in crate::custody) fn is_untold(c: &Container) -> bool {
    c.collected_at.is_none() && c.flags.has(DRAW_NOT_TOLD)
}

/// The events of it.
pub(in crate::custody) const KINDS: [EventKind; 3] = [
    EventKind::CollectionTimeProposed,
    EventKind::CollectionTimeCorrected,
    EventKind::CollectionTimeDeclined,
];

/// Whether a page is for this person: who draws tubes at its centre, who receives them at its laboratory with the
/// paper in hand, and quality. A small centre has one nurse: the other person may be of the laboratory.
pub(in crate::custody) fn may_by_scope(scope: &Scope, c: &Container) -> bool {
    may(scope, Right::CorrectCollectionTime, Place::of(c.centre_id, c.laboratory_id)).is_some()
}

/// Whether it can have been drawn at `at`.
fn possible(at: Instant, reason: &str, ctx: &Context) -> Result<(), Refusal> {
    let passed_on = ctx.passed_on.map(|t| t.plus_seconds(AHEAD_SECONDS));
    if at > ctx.latest() || passed_on.is_some_and(|t| at > t) {
        return Err(Refusal::ImpossibleTime);
    }
    label_came_late(at, Some(reason), ctx).map(drop)
}

pub(in crate::custody) fn propose(
    c: &Container,
    at: Instant,
    reason: &str,
    ctx: &Context,
) -> Result<Change, Refusal> {
    let by = ctx.may(Right::CorrectCollectionTime, c)?;
    // What was made of a tube has its time.
    let another = c.collected_at.map_or(is_untold(c), |now| now != at);
    if c.kind != CodeKind::Primary || !another {
        return Err(Refusal::NothingToCorrect);
    }
    if ctx.proposal.is_some() {
        return Err(Refusal::ProposalWaits);
    }
    if reason.trim().chars().count() < REASON_CHARS {
        return Err(Refusal::ReasonTooShort { least: REASON_CHARS });
    }
    possible(at, reason, ctx)?;
    Ok(Change::new(by, KINDS[0], c, c.status).reason(reason.trim().to_owned()))
}

/// The proposal that waits, if it is the one that was shown.
fn waiting(
    c: &Container,
    id: CustodyEventId,
    ctx: &Context,
) -> Result<(Granted, Proposal), Refusal> {
    let by = ctx.may(Right::CorrectCollectionTime, c)?;
    let it = ctx.proposal.filter(|p| event::is_said(p.id, p.act, id)).ok_or(Refusal::NoProposal)?;
    Ok((by, it))
}

pub(in crate::custody) fn approve(
    c: &Container,
    id: CustodyEventId,
    ctx: &Context,
) -> Result<Change, Refusal> {
    let (by, proposal) = waiting(c, id, ctx)?;
    if proposal.by == ctx.actor() {
        return Err(Refusal::OwnEvent);
    }
    if c.collected_at.is_none() && !is_untold(c) {
        return Err(Refusal::NothingToCorrect);
    }
    let mut change = Change::new(by, KINDS[1], c, c.status).with(Some(proposal.by));
    change.after.collected_at = Some(proposal.collected_at);
    change.after.flags = c.flags.without(DRAW_NOT_TOLD);
    change.corrects = Some(proposal.id);
    Ok(change)
}

/// Also by who proposed it: they saw it otherwise.
pub(in crate::custody) fn decline(
    c: &Container,
    id: CustodyEventId,
    reason: &str,
    ctx: &Context,
) -> Result<Change, Refusal> {
    let (by, proposal) = waiting(c, id, ctx)?;
    let mut change = Change::new(by, KINDS[2], c, c.status).reason(reason.trim().to_owned());
    change.counterparty = Some(proposal.by).filter(|by| *by != ctx.actor());
    change.corrects = Some(proposal.id);
    Ok(change)
}
