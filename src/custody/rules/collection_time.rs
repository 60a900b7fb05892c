//! The rules of a wrong collection time: one person says when the tube was drawn in truth, another
//! agrees or not (`domain.md` section 5, "Correction by addition"). What was recorded first is never
//! changed; from the agreement on the other time counts, for the tube and for all made of it. So is told,
//! too, when a tube was drawn that nobody scanned at the bedside. Pure but for [`follow`].

use super::bedside::label_came_late;
use super::correct::REASON_CHARS;
use super::decide::{AHEAD_SECONDS, Change, Context};
use super::event::{self, Act, ActId, CustodyEvent, CustodyEventId, EventKind};
use super::record::write;
use super::refusal::Refusal;
use crate::codes::CodeKind;
use crate::containers::{self, Container};
use crate::db::{DbError, Instant, Tx};
use crate::people::rights::{Granted, Place, Right, may};
use crate::people::{Scope, UserId};

/// The flag of a tube that was received and never scanned at the bedside: its draw is still to be told.
pub(super) const DRAW_NOT_TOLD: &str = "draw-not-told";

/// Whether it is still to be told when it was drawn.
pub(super) fn is_untold(c: &Container) -> bool {
    c.collected_at.is_none() && c.flags.has(DRAW_NOT_TOLD)
}

/// The events of it.
pub(super) const KINDS: [EventKind; 3] = [
    EventKind::CollectionTimeProposed,
    EventKind::CollectionTimeCorrected,
    EventKind::CollectionTimeDeclined,
];

/// A collection time that somebody has proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// The event that proposed it, by which it is approved or declined.
    pub id: CustodyEventId,
    /// The act that it came of.
    pub act: Option<ActId>,
    /// Who proposed it.
    pub by: UserId,
    /// When the tube was drawn, as they say.
    pub collected_at: Instant,
}

impl Proposal {
    pub(super) fn waiting(event: Option<CustodyEvent>) -> Option<Self> {
        let event = event?;
        let collected_at = serde_json::from_value(event.detail("collected_at")?).ok()?;
        Some(Self { id: event.event_id, act: event.caused_by, by: event.actor_id, collected_at })
    }
}

/// Whether a page is for this person: who draws tubes at its centre, who receives them at its laboratory with the
/// paper in hand, and quality. A small centre has one nurse: the other person may be of the laboratory.
pub(super) fn may_by_scope(scope: &Scope, c: &Container) -> bool {
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

pub(super) fn propose(
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

pub(super) fn approve(c: &Container, id: CustodyEventId, ctx: &Context) -> Result<Change, Refusal> {
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
pub(super) fn decline(
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

/// All that was made of the tube was drawn with it: each gets an event of its own, so that its
/// history says why its age is another one.
pub(super) fn follow(
    tx: &mut Tx<'_>,
    act: &mut Act,
    event: &CustodyEvent,
    before: &Container,
    tube: &Container,
) -> Result<(), DbError> {
    for child in containers::store::made_of(tx, tube.id)? {
        let same = CustodyEvent {
            container_id: child.id,
            seq: child.event_count + 1,
            event_id: CustodyEventId::new(),
            kind: KINDS[1],
            from_status: child.status,
            to_status: child.status,
            custodian_id: child.custodian_id,
            corrects: None,
            data: serde_json::json!({
                "parent": tube.id, "collected_at_before": before.collected_at,
                "collected_at": tube.collected_at,
            })
            .to_string()
            .into(),
            request_hash: vec![],
            ..event.clone()
        };
        let after =
            Container { collected_at: tube.collected_at, event_count: same.seq, ..child.clone() };
        write(tx, act, same, Some(&child), &after)?;
    }
    Ok(())
}
