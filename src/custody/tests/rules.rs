//! What holds across the table, and the rules that ask for more than status, action and person.

use super::asked::{context, said, whole};
use super::cast::{Who, at, standing, usual_holder};
use crate::catalogue::Freshness;
use crate::containers::{Container, Flags, Status};
use crate::custody::station::page::steps;
use crate::custody::{Action, Command, Decision, Refusal, decide};
use crate::people::{Role, RoleSet, Scope};

#[test]
fn a_terminal_tube_refuses_everything_but_being_looked_at_and_corrected() {
    for &status in Status::ALL.iter().filter(|s| s.is_terminal()) {
        let others = |a: &&Action| {
            !matches!(a, Action::Confirm | Action::Correct)
                && !a.as_str().contains("collection-time")
        };
        for &action in Action::ALL.iter().filter(others) {
            for who in Who::ALL {
                let c = standing(status);
                let refused = decide(&c, &whole(action), &context(who, &c));
                assert_eq!(refused, Err(Refusal::Terminal { status }), "{action} by {who:?}");
            }
        }
    }
}

#[test]
fn who_has_nothing_to_do_with_a_tube_can_only_look_at_it() {
    for &status in Status::ALL {
        for &action in Action::ALL.iter().filter(|a| **a != Action::Confirm) {
            for who in [Who::Stranger, Who::Auditor] {
                let c = standing(status);
                let mut ctx = context(who, &c);
                // Neither has scanned it before.
                ctx.last.as_mut().unwrap().actor = Who::Nurse.id();
                let outcome = decide(&c, &whole(action), &ctx);
                assert!(outcome.is_err(), "{action} of a {status} tube by {who:?}: {outcome:?}");
            }
        }
    }
}

#[test]
fn br_06_only_the_custodian_gives_a_tube_away() {
    for &status in Status::ALL.iter().filter(|s| s.has_custodian()) {
        for who in Who::ALL.into_iter().filter(|w| Some(*w) != usual_holder(status)) {
            for action in [Action::Offer, Action::CancelOffer] {
                let c = standing(status);
                let outcome = decide(&c, &whole(action), &context(who, &c));
                assert!(outcome.is_err(), "{action} of a {status} tube by {who:?}");
            }
        }
    }
}

#[test]
fn br_07_an_offer_is_taken_by_whom_it_is_made_to_while_it_stands() {
    let c = standing(Status::Offered);
    let expires = c.offer_expires_at.unwrap();
    for who in Who::ALL {
        for (now, in_time) in [(at(3600), true), (expires.plus_seconds(-1), true), (expires, false)]
        {
            let mut ctx = context(who, &c);
            (ctx.now, ctx.occurred_at) = (now, now);
            let got = said(&c, &decide(&c, &whole(Action::AcceptHandover), &ctx));
            let expected = match (who, in_time) {
                (Who::Reception, true) => "handover-accepted -> arrived",
                (Who::Reception, false) => "refused offer-expired",
                _ => "refused offered-to-other",
            };
            assert_eq!(got, expected, "{who:?}");
        }
    }
    // Even if an offer to oneself were in the database.
    let own = Container { custodian_id: c.offered_to, ..c };
    let refused = decide(&own, &whole(Action::AcceptHandover), &context(Who::Reception, &own));
    assert_eq!(refused, Err(Refusal::SamePerson));
}

#[test]
fn br_07_an_offer_that_comes_to_nothing_leaves_the_tube_where_it_stood() {
    let from = [
        Status::Collected,
        Status::InTransit,
        Status::Arrived,
        Status::Received,
        Status::Accepted,
        Status::InProcess,
        Status::Stored,
    ];
    for before in from {
        let holder = usual_holder(before).unwrap();
        let to = if holder == Who::Reception { Who::Bench } else { Who::Reception };
        let c = standing(before);
        let offer = Command::Offer { to: to.id(), waybill: None };
        let Ok(Decision::Do(offered)) = decide(&c, &offer, &context(holder, &c)) else {
            panic!("a {before} tube can't be offered")
        };
        let offered = offered.after;
        for (who, action) in [(holder, Action::CancelOffer), (to, Action::RefuseHandover)] {
            let mut ctx = context(who, &offered);
            ctx.before_offer = Some(before);
            let Ok(Decision::Do(back)) = decide(&offered, &whole(action), &ctx) else {
                panic!("{action} of a tube offered from {before}")
            };
            assert_eq!(back.after, c, "{action} of a tube offered from {before}");
        }
        let mut ctx = context(to, &offered);
        ctx.before_offer = Some(before);
        let taken = said(&offered, &decide(&offered, &whole(Action::AcceptHandover), &ctx));
        let inside = before.is_in_laboratory();
        let expected = if inside { before } else { Status::Arrived };
        assert_eq!(taken, format!("handover-accepted -> {expected}"), "offered from {before}");
        // What has not left the laboratory can't come in again and lose what was decided.
        for action in [Action::Arrive, Action::Receive] {
            let mut ctx = context(Who::Head, &offered);
            ctx.before_offer = Some(before);
            let refused = decide(&offered, &whole(action), &ctx).is_err();
            assert_eq!(refused, inside, "{action} of a tube offered from {before}");
        }
    }
}

#[test]
fn br_11_the_age_decides_what_accepting_needs() {
    use Freshness::{Green, Orange, Red, Unknown, Yellow};
    for colour in [Green, Yellow, Orange, Red, Unknown] {
        for irreplaceable in [false, true] {
            for head in [false, true] {
                for reason in [None, Some("  "), Some("viabilidad comprobada")] {
                    let c = standing(Status::Received);
                    let who = if head { Who::Head } else { Who::Reception };
                    let mut ctx = context(who, &c);
                    (ctx.freshness, ctx.irreplaceable) = (colour, irreplaceable);
                    let command = Command::Accept { reason: reason.map(str::to_owned) };
                    let got = said(&c, &decide(&c, &command, &ctx));
                    let written = reason == Some("viabilidad comprobada");
                    let expected = match (colour, irreplaceable, head, written) {
                        (Green | Yellow, ..) | (Orange | Unknown, _, _, true) => {
                            "accepted -> accepted"
                        }
                        (Orange | Unknown, _, _, false) => "refused reason-required",
                        (Red, false, ..) => "refused too-old",
                        (Red, true, false, _) => "refused lab-head-required",
                        (Red, true, true, false) => "refused reason-required",
                        (Red, true, true, true) => "accepted -> accepted",
                    };
                    assert_eq!(got, expected, "{colour} {irreplaceable} {head} {reason:?}");
                }
            }
        }
    }
}

#[test]
fn br_04_what_is_in_doubt_is_accepted_by_the_head_in_writing() {
    let mut c = standing(Status::Received);
    c.flags = Flags::default().with("R21");
    let accept = |who, reason: Option<&str>| {
        let command = Command::Accept { reason: reason.map(str::to_owned) };
        said(&c, &decide(&c, &command, &context(who, &c)))
    };
    assert_eq!(accept(Who::Reception, Some("es el bueno")), "refused lab-head-required");
    assert_eq!(accept(Who::Head, None), "refused reason-required");
    assert_eq!(accept(Who::Head, Some("grupo sanguíneo comprobado")), "accepted -> accepted");
}

#[test]
fn br_05_a_clock_two_minutes_ahead_is_refused_whatever_is_asked() {
    for &action in Action::ALL {
        let c = standing(Status::Received);
        let mut ctx = context(Who::Head, &c);
        ctx.occurred_at = ctx.now.plus_seconds(121);
        let refused = decide(&c, &whole(action), &ctx);
        assert_eq!(refused, Err(Refusal::ClockAhead { seconds: 121 }), "{action}");
    }
}

/// A step that a station offers is one that the rules let this person do with some tube, and no step that they let
/// somebody do is missing there, or on the pages of a tube.
#[test]
fn a_station_offers_what_the_rules_allow() {
    let on_pages = [
        Action::Collect,
        Action::Void,
        Action::Undo,
        Action::Correct,
        Action::ProposeCollectionTime,
        Action::ApproveCollectionTime,
        Action::DeclineCollectionTime,
    ];
    // A stranger's station is for the tubes of elsewhere.
    for who in Who::ALL.into_iter().filter(|who| *who != Who::Stranger) {
        let offered = steps(&who.context(at(0)).scope);
        for &action in Action::ALL.iter().filter(|a| !on_pages.contains(a)) {
            let can = Status::ALL.iter().any(|status| could_do(who, action, *status));
            assert_eq!(offered.contains(&action), can, "{action} by {who:?}");
        }
    }
}

/// Whether somebody can do something with a tube in this state that is theirs, or is offered to them.
fn could_do(who: Who, action: Action, status: Status) -> bool {
    let mut c = standing(status);
    let giver = c.custodian_id.map(|_| Who::Stranger.id());
    let offered = Container { offered_to: Some(who.id()), custodian_id: giver, ..c.clone() };
    c.custodian_id = c.custodian_id.map(|_| who.id());
    let another = match whole(action) {
        Command::Offer { .. } => Command::Offer { to: Who::Stranger.id(), waybill: None },
        Command::Dispose { .. } => Command::Dispose { witness: Who::Stranger.id(), reason: None },
        command => command,
    };
    let does = |c: &Container| matches!(decide(c, &another, &context(who, c)), Ok(Decision::Do(_)));
    [c, offered].iter().any(does)
}

/// Nobody who only meant to look a tube up has stopped it, or has ended it.
#[test]
fn no_station_begins_with_what_stops_a_tube() {
    for who in Who::ALL {
        let first = steps(&who.context(at(0)).scope).first().copied();
        let stops = [Action::Hold, Action::Reject, Action::Dispose, Action::DeclareLost];
        assert!(first.is_none_or(|first| !stops.contains(&first)), "{who:?}: {first:?}");
    }
}

#[test]
fn ones_own_scan_is_taken_back_only_while_one_has_the_role_for_it() {
    let c = standing(Status::Quarantined);
    let mut ctx = context(Who::Reception, &c);
    assert!(decide(&c, &whole(Action::Undo), &ctx).is_ok());
    let me = Who::Reception.id();
    ctx.scope = Scope::of(me, RoleSet::from_iter([Role::Auditor]), vec![], vec![]);
    assert_eq!(decide(&c, &whole(Action::Undo), &ctx), Err(Refusal::NotAllowed));
}

#[test]
fn only_who_prints_labels_takes_one_back() {
    let c = standing(Status::Planned);
    for who in Who::ALL {
        let taken = decide(&c, &whole(Action::Void), &context(who, &c)).is_ok();
        assert_eq!(taken, matches!(who, Who::Nurse | Who::SecondNurse), "{who:?}");
    }
}
