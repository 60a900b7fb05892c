//! Whose matter it is to take an event back, and what no correction may do.

use super::asked::{came_by, context_of_correction};
use super::cast::{Who, act_of, at, event_id, standing};
use crate::containers::{Container, Status};
use crate::custody::{Command, Context, CustodyEventId, Decision, EventKind, Refusal, decide};

fn correct(reason: &str) -> Command {
    Command::Correct { corrects: event_id(7), reason: reason.to_owned() }
}

/// The code of the refusal, or nothing.
fn refusal(c: &Container, ctx: &Context) -> Option<&'static str> {
    decide(c, &correct("se leyó el tubo equivocado"), ctx).err().map(|r| r.code())
}

#[test]
fn every_kind_of_event_is_corrected_by_those_whose_matter_it_is() {
    use EventKind::*;
    let of_the_centre = [Who::SecondNurse, Who::Oncologist];
    let of_the_laboratory = [Who::Head, Who::Quality];
    for &kind in EventKind::ALL {
        let able: &[Who] = match kind {
            CollectionFailed | HandoverOffered => &of_the_centre,
            Arrived | Received | Held | Accepted | Rejected | StepStarted | Stored | Retrieved
            | Depleted | DeclaredLost => &of_the_laboratory,
            Collected
            | LabelVoided
            | LabelIssued
            | Disposed
            | HandoverAccepted
            | OfferCancelled
            | HandoverRefused
            | Derived
            | Created
            | DuplicateFlagged
            | Corrected
            | Confirmed
            | LabelReprinted
            | CollectionTimeProposed
            | CollectionTimeCorrected
            | CollectionTimeDeclined => &[],
        };
        let status = Status::ALL.iter().find(|s| came_by(**s).0 == kind);
        let c = standing(status.copied().unwrap_or(Status::Received));
        for who in Who::ALL {
            let mut ctx = context_of_correction(who, &c);
            ctx.last.as_mut().unwrap().kind = kind;
            let expected = match (able.is_empty(), able.contains(&who), who == Who::Nurse) {
                (true, ..) if c.status.is_terminal() => Some("terminal"),
                (true, ..) => Some("cannot-correct"),
                (false, true, _) => None,
                // Of the right place, but it is her own.
                (false, false, true) if able == of_the_centre => Some("own-event"),
                _ => Some("not-allowed"),
            };
            assert_eq!(refusal(&c, &ctx), expected, "{kind} by {who:?}");
        }
    }
}

#[test]
fn an_offer_inside_the_laboratory_is_the_laboratorys_matter() {
    let c = standing(Status::Offered);
    for (who, expected) in [(Who::Head, None), (Who::SecondNurse, Some("not-allowed"))] {
        let mut ctx = context_of_correction(who, &c);
        ctx.before_offer = Some(Status::Accepted);
        assert_eq!(refusal(&c, &ctx), expected, "{who:?}");
    }
}

#[test]
fn nobody_corrects_their_own_event_however_senior() {
    for status in [Status::Rejected, Status::Accepted, Status::Depleted, Status::Lost] {
        for who in [Who::Head, Who::Quality] {
            let c = standing(status);
            let mut ctx = context_of_correction(who, &c);
            ctx.last.as_mut().unwrap().actor = who.id();
            assert_eq!(refusal(&c, &ctx), Some("own-event"), "{status} by {who:?}");
        }
    }
}

#[test]
fn a_correction_needs_the_last_event_and_a_reason_that_says_something() {
    let c = standing(Status::Rejected);
    let ctx = context_of_correction(Who::Head, &c);
    let stale = Command::Correct { corrects: event_id(8), reason: "se leyó otro tubo".into() };
    assert_eq!(decide(&c, &stale, &ctx), Err(Refusal::NotLastEvent));
    for (reason, enough) in [
        ("", false),
        ("              .", false),
        ("catorce signos", false),
        ("quince signos ñ", true),
    ] {
        let short = Err(Refusal::ReasonTooShort { least: 15 });
        assert_eq!(decide(&c, &correct(reason), &ctx) != short, enough, "{reason:?}");
    }
    // However long ago it was.
    let mut late = context_of_correction(Who::Head, &c);
    late.now = at(90 * 86_400);
    assert_eq!(refusal(&c, &late), None);
}

#[test]
fn a_correction_restores_what_was_and_keeps_the_laboratorys_number() {
    let mut c = standing(Status::Accepted);
    c.accession = Some("26-000123".parse().unwrap());
    let mut ctx = context_of_correction(Who::Head, &c);
    let before = Container { accession: c.accession.clone(), ..standing(Status::Received) };
    *ctx.last.as_mut().unwrap().before = before.clone();
    let Ok(Decision::Do(change)) = decide(&c, &correct("el motivo, con todo detalle"), &ctx) else {
        panic!("refused")
    };
    assert_eq!(change.after, before);
    assert_eq!((change.kind, change.corrects), (EventKind::Corrected, Some(event_id(7))));
    // Who made the scan may know its own id alone, and not yet that of the event.
    let by_act = Command::Correct {
        corrects: CustodyEventId(act_of(7).0),
        reason: "el motivo, con todo detalle".into(),
    };
    assert_eq!(decide(&c, &by_act, &ctx), Ok(Decision::Do(change)));
}

#[test]
fn a_lost_tube_that_was_found_stays_where_it_was_looked_up() {
    let mut c = standing(Status::Lost);
    c.place = Some("refrigerador 2".into());
    let mut ctx = context_of_correction(Who::Head, &c);
    ctx.last.as_mut().unwrap().looked_at_since = true;
    let Ok(Decision::Do(change)) = decide(&c, &correct("apareció en el refrigerador 2"), &ctx)
    else {
        panic!("refused")
    };
    assert_eq!(change.after.place, c.place);
    assert_eq!(change.after.custodian_id, Some(Who::Courier.id()));
}
