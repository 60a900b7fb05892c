//! The rules of the laboratory: the door, the decision whether a sample is fit, the bench. Pure.

use super::collection_time::DRAW_NOT_TOLD;
use super::handover::{offered_inside, take_over};
use super::state::{Change, Context, Decision};
use crate::catalogue::{FindingAction, Freshness};
use crate::codes::CodeKind;
use crate::containers::{Container, Status};
use crate::custody::asked::clocks::AHEAD_SECONDS;
use crate::custody::events::event::EventKind;
use crate::custody::refusal::Refusal;
use crate::people::UserId;
use crate::people::rights::{Granted, Right};
use crate::studies::DoubtState;
use crate::studies::standing::NOT_AGAIN;

pub(in crate::custody) fn arrive(c: &Container, ctx: &Context) -> Result<Decision, Refusal> {
    let by = ctx.may(Right::ReceiveSample, c)?;
    match c.status {
        Status::Arrived => Ok(Decision::Already),
        status if offered_inside(c, ctx) => Err(Refusal::WrongState { status }),
        Status::InTransit | Status::Offered if c.custodian_id == Some(ctx.actor()) => {
            Err(Refusal::SamePerson)
        }
        Status::InTransit | Status::Offered => {
            let change = Change::new(by, EventKind::Arrived, c, Status::Arrived);
            Ok(Decision::Do(take_over(change, c, ctx)))
        }
        status => Err(Refusal::WrongState { status }),
    }
}

pub(in crate::custody) fn receive(
    c: &Container,
    condition: &[String],
    ctx: &Context,
) -> Result<Decision, Refusal> {
    let by = ctx.may(Right::ReceiveSample, c)?;
    let walk_in = match c.status {
        // Received is written once, with what was seen then: "already" would lose what is told now.
        Status::Received if !condition.is_empty() => return Err(Refusal::ConditionAfterReceipt),
        Status::Received => return Ok(Decision::Already),
        Status::Planned if c.kind == CodeKind::Primary => {
            return Ok(Decision::Do(untold(by, c, ctx)));
        }
        status if offered_inside(c, ctx) => return Err(Refusal::WrongState { status }),
        Status::Arrived => false,
        Status::InTransit | Status::Offered if c.custodian_id == Some(ctx.actor()) => {
            return Err(Refusal::SamePerson);
        }
        Status::InTransit => false,
        // Nobody carried it under their name: somebody handed it over at the counter. What a
        // courier offers to reception was carried.
        Status::Collected => true,
        Status::Offered => ctx.before_offer != Some(Status::InTransit),
        status => return Err(Refusal::WrongState { status }),
    };
    let mut change = take_over(Change::new(by, EventKind::Received, c, Status::Received), c, ctx);
    change.after.received_at = Some(ctx.occurred_at);
    if walk_in {
        change.after.flags = c.flags.with("walk-in");
        change = change.flag("walk-in");
    }
    Ok(Decision::Do(change))
}

/// A tube that nobody scanned at the bedside has been drawn, since here it is: when, nobody says until its
/// centre does, and until then its age is unknown (BR-12).
fn untold(by: Granted, c: &Container, ctx: &Context) -> Change {
    let change = Change::new(by, EventKind::Received, c, Status::Received);
    let mut change = change.custody(Some(ctx.actor()), ctx.occurred_at);
    change.after.received_at = Some(ctx.occurred_at);
    change.after.flags = c.flags.with(DRAW_NOT_TOLD);
    change.flag(DRAW_NOT_TOLD)
}

pub(in crate::custody) fn hold(
    c: &Container,
    reason: &str,
    ctx: &Context,
) -> Result<Decision, Refusal> {
    let by = ctx.may(Right::HoldSample, c)?;
    match c.status {
        Status::Quarantined if !ctx.doubt.is_new => Ok(Decision::Already),
        Status::Quarantined
        | Status::Arrived
        | Status::Received
        | Status::Accepted
        | Status::InProcess
        | Status::Stored => {
            let mut change =
                Change::new(by, EventKind::Held, c, Status::Quarantined).reason(reason.to_owned());
            if c.received_at.is_none() {
                change.after.received_at = Some(ctx.occurred_at);
            }
            Ok(Decision::Do(change))
        }
        status => Err(Refusal::WrongState { status }),
    }
}

pub(in crate::custody) fn accept(
    c: &Container,
    reason: Option<&str>,
    ctx: &Context,
) -> Result<Decision, Refusal> {
    let by = ctx.may(Right::AcceptSample, c)?;
    match c.status {
        Status::Accepted => return Ok(Decision::Already),
        Status::Received | Status::Quarantined => {}
        status => return Err(Refusal::WrongState { status }),
    }
    let has_reason = reason.is_some_and(|r| !r.trim().is_empty());
    let head = ctx.is_senior(c);
    // BR-11; an unknown age is never green (BR-12): it needs a reason like orange.
    match ctx.freshness {
        Freshness::Green | Freshness::Yellow => {}
        Freshness::Orange | Freshness::Unknown if !has_reason => {
            return Err(Refusal::ReasonRequired);
        }
        Freshness::Orange | Freshness::Unknown => {}
        Freshness::Red if !ctx.irreplaceable => return Err(Refusal::TooOld),
        Freshness::Red if !head => return Err(Refusal::LabHeadRequired),
        Freshness::Red if !has_reason => return Err(Refusal::ReasonRequired),
        Freshness::Red => {}
    }
    as_the_catalogue_asks(ctx, head, has_reason)?;
    // What was held, or carries a doubt about whose it is, needs a written decision; the doubt
    // the head of the laboratory.
    if c.flags.has("R21") && !head {
        return Err(Refusal::LabHeadRequired);
    }
    if (c.status == Status::Quarantined || c.flags.has("R21")) && !has_reason {
        return Err(Refusal::ReasonRequired);
    }
    let mut change =
        Change::new(by, EventKind::Accepted, c, Status::Accepted).reason(reason.map(str::to_owned));
    if has_reason {
        change.after.flags = c.flags.with("deviation");
        change = change.flag("deviation");
    }
    change.after.flags = change.after.flags.with(freshness_flag(ctx.freshness));
    Ok(Decision::Do(change))
}

/// What the catalogue asks for by what is known of the sample (`sample_findings.csv`) and by the reason
/// it is held for (`override_allowed`, `override_role` of `rejection_reasons.csv`).
fn as_the_catalogue_asks(ctx: &Context, head: bool, has_reason: bool) -> Result<(), Refusal> {
    match ctx.doubt.whose {
        Some(DoubtState::Open) => return Err(Refusal::InDoubt),
        Some(DoubtState::Confirmed) => return Err(Refusal::NotOfChild),
        Some(DoubtState::Unfounded) | None => {}
    }
    for held in &ctx.doubt.held {
        // What it was held for was looked into by quality, and was not so.
        let settled = held.about_whose && ctx.doubt.whose == Some(DoubtState::Unfounded);
        if !held.allows_acceptance && !settled {
            return Err(Refusal::NoOverride { code: held.code.clone() });
        }
        if held.needs_lab_head && !head {
            return Err(Refusal::LabHeadRequired);
        }
    }
    let Some(found) = &ctx.doubt.found else { return Ok(()) };
    let asked = || Refusal::FindingAsks { found: Box::new(found.clone()) };
    match found.action {
        FindingAction::Block => Err(Refusal::SampleBlocked { found: Box::new(found.clone()) }),
        FindingAction::LabHead if !head => Err(Refusal::LabHeadRequired),
        FindingAction::LabHead | FindingAction::Reason if !has_reason => Err(asked()),
        _ => Ok(()),
    }
}

pub(in crate::custody) fn freshness_flag(f: Freshness) -> &'static str {
    match f {
        Freshness::Green => "age-green",
        Freshness::Yellow => "age-yellow",
        Freshness::Orange => "age-orange",
        Freshness::Red => "age-red",
        Freshness::Unknown => "age-unknown",
    }
}

/// Somebody is told of a rejection once the tube is here, or drawn where its arrival is not known, and
/// not in the future (BR-05). The moment of the rejection itself is always possible: what a wrong
/// clock wrote down earlier refuses no scan.
fn notice_possible(c: &Container, ctx: &Context) -> bool {
    let here = c.received_at.or(c.collected_at).unwrap_or(ctx.label_made);
    let first = here.min(ctx.occurred_at).plus_seconds(-AHEAD_SECONDS);
    ctx.notified_at.is_none_or(|at| first <= at && at <= ctx.latest())
}

pub(in crate::custody) fn reject(
    c: &Container,
    reason: &str,
    ctx: &Context,
) -> Result<Decision, Refusal> {
    let by = ctx.may(Right::RejectSample, c)?;
    match c.status {
        Status::Rejected => return Ok(Decision::Already),
        Status::Received | Status::Quarantined | Status::Accepted => {}
        status => return Err(Refusal::WrongState { status }),
    }
    let head = ctx.is_senior(c);
    match ctx.reason_rejects {
        None => return Err(Refusal::UnknownReason { code: reason.to_owned() }),
        // The table's default is not "reject", or the sample can't be drawn again: a senior
        // decision, never reception's alone.
        Some(_) if ctx.irreplaceable && !head => return Err(Refusal::Irreplaceable),
        Some(false) if !head => return Err(Refusal::LabHeadRequired),
        Some(_) => {}
    }
    if !notice_possible(c, ctx) {
        return Err(Refusal::ImpossibleNotice);
    }
    let mut change =
        Change::new(by, EventKind::Rejected, c, Status::Rejected).reason(reason.to_owned());
    // Known of it also when it is disposed of: no result comes from it.
    change.after.flags = c.flags.with("rejected");
    if !ctx.asks_for_another {
        change.after.flags = change.after.flags.with(NOT_AGAIN);
    }
    Ok(Decision::Do(change))
}

pub(in crate::custody) fn bench(
    c: &Container,
    ctx: &Context,
    kind: EventKind,
    from: &[Status],
    to: Status,
) -> Result<Change, Refusal> {
    let by = ctx.may(Right::WorkAtBench, c)?;
    by_hand(by, c, ctx, kind, (from, to))
}

fn by_hand(
    by: Granted,
    c: &Container,
    ctx: &Context,
    kind: EventKind,
    (from, to): (&[Status], Status),
) -> Result<Change, Refusal> {
    if !from.contains(&c.status) {
        return Err(Refusal::WrongState { status: c.status });
    }
    // Inside the laboratory the person at the bench takes the tube from the rack: custody goes
    // from one named person to the next with the scan.
    Ok(take_over(Change::new(by, kind, c, to), c, ctx))
}

pub(in crate::custody) fn store(
    c: &Container,
    location: &str,
    ctx: &Context,
) -> Result<Change, Refusal> {
    let from = [Status::Accepted, Status::InProcess, Status::Stored];
    let mut change = bench(c, ctx, EventKind::Stored, &from, Status::Stored)?;
    change.after.location = Some(location.to_owned());
    Ok(change)
}

pub(in crate::custody) fn dispose(
    c: &Container,
    witness: UserId,
    reason: Option<String>,
    ctx: &Context,
) -> Result<Change, Refusal> {
    if witness == ctx.actor() {
        return Err(Refusal::SamePerson);
    }
    let from = [Status::Accepted, Status::InProcess, Status::Stored, Status::Rejected];
    let by = ctx.may(Right::DisposeSample, c)?;
    let change = by_hand(by, c, ctx, EventKind::Disposed, (&from, Status::Disposed))?;
    if !ctx.other_person_ok {
        return Err(Refusal::UnknownPerson);
    }
    if ctx.study_open && c.status != Status::Rejected {
        return Err(Refusal::StudyOpen);
    }
    Ok(change.custody(None, ctx.occurred_at).with(Some(witness)).reason(reason))
}
