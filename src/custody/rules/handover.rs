//! The rules of a hand-over: who offers, to whom, who takes it, and what an offer that comes to
//! nothing leaves behind. Pure.

use super::state::{Change, Context, Decision, OFFER_SECONDS};
use crate::containers::{Container, Status};
use crate::custody::events::event::EventKind;
use crate::custody::refusal::Refusal;
use crate::people::UserId;
use crate::people::rights::Right;
use crate::sites::SiteKind;

/// Only the custodian gives away, and never to themselves (BR-07).
pub(in crate::custody) fn offer(
    c: &Container,
    to: UserId,
    ctx: &Context,
) -> Result<Decision, Refusal> {
    let on_the_way = matches!(c.status, Status::Collected | Status::InTransit | Status::Offered);
    // From the laboratory too: between its people, or back to a centre. Not what waits for a
    // decision or was found unfit: on its way round it would lose that mark.
    let decided = !matches!(c.status, Status::Quarantined | Status::Rejected);
    if !(on_the_way || c.status.is_in_laboratory() && decided) {
        return Err(Refusal::WrongState { status: c.status });
    }
    if c.custodian_id != Some(ctx.actor()) {
        return Err(Refusal::NotCustodian { holder: ctx.holder_name.clone() });
    }
    let by = ctx.may(Right::OfferHandover, c)?;
    if to == ctx.actor() {
        return Err(Refusal::SamePerson);
    }
    if !ctx.other_person_ok {
        return Err(Refusal::UnknownPerson);
    }
    let standing = c.offer_expires_at.is_some_and(|until| until > ctx.now);
    if c.status == Status::Offered && c.offered_to == Some(to) && standing {
        return Ok(Decision::Already);
    }
    let mut change = Change::new(by, EventKind::HandoverOffered, c, Status::Offered).with(Some(to));
    change.after.offered_to = Some(to);
    change.after.offered_at = Some(ctx.occurred_at);
    // By the server's clock: a device's clock must not decide how long an offer stands.
    change.after.offer_expires_at = Some(ctx.now.plus_seconds(OFFER_SECONDS));
    Ok(Decision::Do(change))
}

/// The status a container goes back to when an offer comes to nothing: the one it was offered
/// from. Guessed only if its events don't tell.
fn resting(c: &Container, ctx: &Context) -> Status {
    ctx.before_offer.unwrap_or_else(|| match (c.received_at, c.collected_by == c.custodian_id) {
        (Some(_), _) => Status::Received,
        (None, true) => Status::Collected,
        (None, false) => Status::InTransit,
    })
}

/// Offered by one person of the laboratory to another: it has not left the house.
pub(in crate::custody) fn offered_inside(c: &Container, ctx: &Context) -> bool {
    c.status == Status::Offered && ctx.before_offer.is_some_and(Status::is_in_laboratory)
}

pub(in crate::custody) fn cancel_offer(c: &Container, ctx: &Context) -> Result<Change, Refusal> {
    if c.status != Status::Offered {
        return Err(Refusal::NoOffer);
    }
    if c.custodian_id != Some(ctx.actor()) {
        return Err(Refusal::NotCustodian { holder: ctx.holder_name.clone() });
    }
    let by = ctx.may(Right::OfferHandover, c)?;
    Ok(Change::new(by, EventKind::OfferCancelled, c, resting(c, ctx))
        .with(c.offered_to)
        .without_offer())
}

fn offered_to_actor(c: &Container, ctx: &Context) -> Result<(), Refusal> {
    match c.offered_to {
        _ if c.status != Status::Offered => Err(Refusal::NoOffer),
        Some(to) if to == ctx.actor() => Ok(()),
        _ => Err(Refusal::OfferedToOther),
    }
}

pub(in crate::custody) fn accept_handover(
    c: &Container,
    ctx: &Context,
) -> Result<Decision, Refusal> {
    let taken = c.status == Status::InTransit || c.status.is_in_laboratory();
    if c.custodian_id == Some(ctx.actor()) && taken {
        return Ok(Decision::Already);
    }
    offered_to_actor(c, ctx)?;
    if c.custodian_id == Some(ctx.actor()) {
        return Err(Refusal::SamePerson);
    }
    if c.offer_expires_at.is_none_or(|until| until <= ctx.now) {
        return Err(Refusal::OfferExpired);
    }
    let by = ctx.may(Right::TakeHandover, c)?;
    let in_laboratory = by.acting_as().site_kind() == Some(SiteKind::Laboratory);
    let (by, to) = match (ctx.before_offer, ctx.may(Right::ReceiveSample, c)) {
        // Inside the laboratory only the hand changes.
        (Some(before), _) if offered_inside(c, ctx) && in_laboratory => (by, before),
        // Taken over by the laboratory's reception it has arrived; by anybody else it travels.
        (_, Ok(by)) => (by, Status::Arrived),
        (_, Err(_)) => (by, Status::InTransit),
    };
    let giver = c.custodian_id;
    let change = Change::new(by, EventKind::HandoverAccepted, c, to)
        .with(giver)
        .custody(Some(ctx.actor()), ctx.occurred_at);
    Ok(Decision::Do(change))
}

pub(in crate::custody) fn refuse_handover(
    c: &Container,
    reason: &str,
    ctx: &Context,
) -> Result<Change, Refusal> {
    offered_to_actor(c, ctx)?;
    let by = ctx.may(Right::TakeHandover, c)?;
    Ok(Change::new(by, EventKind::HandoverRefused, c, resting(c, ctx))
        .with(c.custodian_id)
        .reason(reason.to_owned())
        .without_offer())
}

/// The laboratory's scan of what a courier brings *is* the acceptance of the hand-over: the
/// courier is the giver, the scanner the receiver, and the two must differ.
pub(in crate::custody) fn take_over(change: Change, c: &Container, ctx: &Context) -> Change {
    match c.custodian_id == Some(ctx.actor()) {
        true => change.without_offer(),
        false => change.with(c.custodian_id).custody(Some(ctx.actor()), ctx.occurred_at),
    }
}
