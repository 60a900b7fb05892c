//! Every status with every action, by who may do it: what happens, or why not (`domain.md`
//! section 5). The table is the requirement; change it first.

use std::collections::HashMap;

use super::cast::{Who, at, event_id, standing, usual_holder};
use crate::catalogue::Freshness;
use crate::containers::{Container, Flags, Status};
use crate::custody::{Action, Command, Context, Decision, EventKind, LastEvent, Refusal, decide};

/// `action by person`, then `event -> status`, `already`, `refused code` or `marked code` (refused
/// with an event that marks the tube), each with the statuses it holds for. `custodian` is who
/// holds the tube, or the nurse if nobody does. Undo is of a hold of one's own,
/// correct of the event that brought the tube there, by the nurse.
const TABLE: &str = "
collect by nurse
    collected -> collected: planned
    marked duplicate-identifier: collected offered in-transit arrived received quarantined accepted rejected in-process stored
    refused terminal: void not-collected depleted disposed lost
collection-failed by nurse
    collection-failed -> not-collected: planned
    refused wrong-state: collected offered in-transit arrived received quarantined accepted rejected in-process stored
    refused terminal: void not-collected depleted disposed lost
void by nurse
    label-voided -> void: planned
    refused wrong-state: collected offered in-transit arrived received quarantined accepted rejected in-process stored
    refused terminal: void not-collected depleted disposed lost
offer by custodian
    handover-offered -> offered: collected offered in-transit arrived received accepted in-process stored
    refused wrong-state: planned quarantined rejected
    refused terminal: void not-collected depleted disposed lost
cancel-offer by custodian
    offer-cancelled -> collected: offered
    refused no-offer: planned collected in-transit arrived received quarantined accepted rejected in-process stored
    refused terminal: void not-collected depleted disposed lost
accept-handover by reception
    handover-accepted -> arrived: offered
    already: arrived received quarantined accepted rejected
    refused no-offer: planned collected in-transit in-process stored
    refused terminal: void not-collected depleted disposed lost
refuse-handover by reception
    handover-refused -> collected: offered
    refused no-offer: planned collected in-transit arrived received quarantined accepted rejected in-process stored
    refused terminal: void not-collected depleted disposed lost
arrive by reception
    arrived -> arrived: offered in-transit
    already: arrived
    refused wrong-state: planned collected received quarantined accepted rejected in-process stored
    refused terminal: void not-collected depleted disposed lost
receive by reception
    received -> received: collected offered in-transit arrived
    already: received
    refused wrong-state: planned quarantined accepted rejected in-process stored
    refused terminal: void not-collected depleted disposed lost
hold by reception
    held -> quarantined: arrived received accepted in-process stored
    already: quarantined
    refused wrong-state: planned collected offered in-transit rejected
    refused terminal: void not-collected depleted disposed lost
accept by reception
    accepted -> accepted: received
    refused reason-required: quarantined
    already: accepted
    refused wrong-state: planned collected offered in-transit arrived rejected in-process stored
    refused terminal: void not-collected depleted disposed lost
reject by reception
    rejected -> rejected: received quarantined accepted
    already: rejected
    refused wrong-state: planned collected offered in-transit arrived in-process stored
    refused terminal: void not-collected depleted disposed lost
start-step by bench
    step-started -> in-process: accepted stored
    refused wrong-state: planned collected offered in-transit arrived received quarantined rejected in-process
    refused terminal: void not-collected depleted disposed lost
store by bench
    stored -> stored: accepted in-process stored
    refused wrong-state: planned collected offered in-transit arrived received quarantined rejected
    refused terminal: void not-collected depleted disposed lost
retrieve by bench
    retrieved -> in-process: stored
    refused wrong-state: planned collected offered in-transit arrived received quarantined accepted rejected in-process
    refused terminal: void not-collected depleted disposed lost
deplete by bench
    depleted -> depleted: accepted in-process stored
    refused wrong-state: planned collected offered in-transit arrived received quarantined rejected
    refused terminal: void not-collected depleted disposed lost
dispose by bench
    disposed -> disposed: accepted rejected in-process stored
    refused wrong-state: planned collected offered in-transit arrived received quarantined
    refused terminal: void not-collected depleted disposed lost
declare-lost by coordinator
    declared-lost -> lost: planned collected offered in-transit arrived received quarantined accepted rejected in-process stored
    refused terminal: void not-collected depleted disposed lost
undo by custodian
    corrected -> same: planned collected offered in-transit arrived received quarantined accepted rejected in-process stored
    refused terminal: void not-collected depleted disposed lost
correct by head
    corrected -> in-transit: arrived lost
    corrected -> arrived: received
    corrected -> received: quarantined accepted rejected
    corrected -> accepted: in-process
    corrected -> in-process: stored depleted
    refused not-allowed: offered not-collected
    refused cannot-correct: planned collected in-transit
    refused terminal: void disposed
confirm by auditor
    confirmed -> same: planned void collected not-collected offered in-transit arrived received quarantined accepted rejected in-process stored depleted disposed lost
";

/// A cell: who asks, and what must come of it.
type Cells = HashMap<(Action, Status), (String, String)>;

fn cells() -> Cells {
    let mut cells = Cells::new();
    let mut row: Option<(Action, String)> = None;
    for line in TABLE.lines().filter(|l| !l.is_empty()) {
        if let Some((action, by)) = line.split_once(" by ") {
            row = Some((action.parse().unwrap(), by.to_owned()));
            continue;
        }
        let (outcome, statuses) = line.trim().rsplit_once(": ").unwrap();
        let (action, by) = row.clone().unwrap();
        for status in statuses.split(' ') {
            let cell = (by.clone(), outcome.to_owned());
            let twice = cells.insert((action, status.parse().unwrap()), cell);
            assert!(twice.is_none(), "{action} of a {status} tube stands twice");
        }
    }
    cells
}

/// A command of `action` with all it needs.
pub fn whole(action: Action) -> Command {
    let words = || "por escrito, con cuidado".to_owned();
    match action {
        Action::Collect => Command::Collect {
            identifiers_confirmed: true,
            pull: Some(1),
            volume_ul: Some(3000),
            container_type: None,
        },
        Action::CollectionFailed => Command::CollectionFailed { reason: words() },
        Action::Void => Command::Void { reason: words() },
        Action::Offer => Command::Offer { to: Who::Courier.id(), waybill: None },
        Action::CancelOffer => Command::CancelOffer,
        Action::AcceptHandover => Command::AcceptHandover { seal_ok: None },
        Action::RefuseHandover => Command::RefuseHandover { reason: words() },
        Action::Arrive => Command::Arrive,
        Action::Receive => Command::Receive { condition: vec![], temperature_c10: None },
        Action::Hold => Command::Hold { reason: "R07".into() },
        Action::Accept => Command::Accept { reason: None },
        Action::Reject => Command::Reject {
            reason: "R14".into(),
            notified: "Dra. Vidal".into(),
            notified_at: at(3600),
        },
        Action::StartStep => Command::StartStep { step: "tinción".into() },
        Action::Store => Command::Store { location: "CONG-1".into(), temperature_c10: None },
        Action::Retrieve => Command::Retrieve,
        Action::Deplete => Command::Deplete,
        Action::Dispose => Command::Dispose { witness: Who::Head.id(), reason: None },
        Action::DeclareLost => Command::DeclareLost { investigation: "INV-26-1".into() },
        Action::Undo => Command::Undo { corrects: event_id(7), reason: String::new() },
        Action::Correct => {
            Command::Correct { corrects: event_id(7), reason: "se leyó el tubo equivocado".into() }
        }
        Action::Confirm => Command::Confirm,
    }
}

fn person(word: &str, status: Status) -> Who {
    match word {
        "nurse" => Who::Nurse,
        "reception" => Who::Reception,
        "bench" => Who::Bench,
        "coordinator" => Who::Coordinator,
        "auditor" => Who::Auditor,
        "head" => Who::Head,
        "custodian" => match usual_holder(status) {
            // Offered to the courier by the rule's own command: the courier offers to reception.
            Some(who) => who,
            None => Who::Nurse,
        },
        other => panic!("{other}"),
    }
}

/// An hour after it was drawn; an offered tube was offered by who drew it.
pub fn context(who: Who, c: &Container) -> Context {
    let mut ctx = who.context(at(3600));
    ctx.before_offer = (c.status == Status::Offered).then_some(Status::Collected);
    ctx.last = Some(LastEvent {
        id: event_id(7),
        kind: EventKind::Held,
        actor: who.id(),
        recorded_at: at(3500),
        looked_at_since: false,
        before: Box::new(c.clone()),
    });
    ctx
}

/// As [`context`], with the event that brought the tube to where it stands, by the nurse.
pub fn context_of_correction(who: Who, c: &Container) -> Context {
    let mut ctx = context(who, c);
    let (kind, before) = came_by(c.status);
    let last = ctx.last.as_mut().unwrap();
    (last.kind, last.actor) = (kind, Who::Nurse.id());
    *last.before = standing(before);
    ctx
}

/// The event by which a tube usually comes to a status, and where it stood before.
pub fn came_by(status: Status) -> (EventKind, Status) {
    match status {
        Status::Planned => (EventKind::LabelIssued, Status::Planned),
        Status::Void => (EventKind::LabelVoided, Status::Planned),
        Status::Collected => (EventKind::Collected, Status::Planned),
        Status::NotCollected => (EventKind::CollectionFailed, Status::Planned),
        Status::Offered => (EventKind::HandoverOffered, Status::Collected),
        Status::InTransit => (EventKind::HandoverAccepted, Status::Offered),
        Status::Arrived => (EventKind::Arrived, Status::InTransit),
        Status::Received => (EventKind::Received, Status::Arrived),
        Status::Quarantined => (EventKind::Held, Status::Received),
        Status::Accepted => (EventKind::Accepted, Status::Received),
        Status::Rejected => (EventKind::Rejected, Status::Received),
        Status::InProcess => (EventKind::StepStarted, Status::Accepted),
        Status::Stored => (EventKind::Stored, Status::InProcess),
        Status::Depleted => (EventKind::Depleted, Status::InProcess),
        Status::Disposed => (EventKind::Disposed, Status::Rejected),
        Status::Lost => (EventKind::DeclaredLost, Status::InTransit),
    }
}

/// What comes of it, in the table's words.
fn said(c: &Container, outcome: &Result<Decision, Refusal>) -> String {
    match outcome {
        Ok(Decision::Do(change)) => {
            let to = change.after.status;
            let to =
                if to == c.status && SAME.contains(&change.kind) { "same" } else { to.as_str() };
            format!("{} -> {to}", change.kind)
        }
        Ok(Decision::Already) => "already".into(),
        Ok(Decision::RefuseAndMark(refusal, change)) => {
            assert_eq!(change.kind, EventKind::DuplicateFlagged);
            assert!(change.after.flags.has("R21"));
            assert_eq!(
                Container { flags: c.flags.clone(), ..change.after.clone() },
                *c,
                "a mark changes nothing else"
            );
            format!("marked {}", refusal.code())
        }
        Err(refusal) => format!("refused {}", refusal.code()),
    }
}

/// The events that leave a tube where it stood.
const SAME: [EventKind; 2] = [EventKind::Confirmed, EventKind::Corrected];

#[test]
fn every_status_with_every_action_is_as_the_table_says() {
    let cells = cells();
    let mut wrong = vec![];
    for &action in Action::ALL {
        for &status in Status::ALL {
            let Some((by, expected)) = cells.get(&(action, status)) else {
                wrong.push(format!("{action} of a {status} tube is not in the table"));
                continue;
            };
            let c = standing(status);
            let who = person(by, status);
            let mut command = whole(action);
            if let Command::Offer { to, .. } = &mut command
                && who == Who::Courier
            {
                *to = Who::Reception.id();
            }
            let ctx = match action {
                Action::Correct => context_of_correction(who, &c),
                _ => context(who, &c),
            };
            let got = said(&c, &decide(&c, &command, &ctx));
            if got != *expected {
                wrong.push(format!("{action} of a {status} tube: {got}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_terminal_tube_refuses_everything_but_being_looked_at_and_corrected() {
    for &status in Status::ALL.iter().filter(|s| s.is_terminal()) {
        let others = |a: &&Action| !matches!(a, Action::Confirm | Action::Correct);
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

#[test]
fn only_who_prints_labels_takes_one_back() {
    let c = standing(Status::Planned);
    for who in Who::ALL {
        let taken = decide(&c, &whole(Action::Void), &context(who, &c)).is_ok();
        assert_eq!(taken, matches!(who, Who::Nurse | Who::SecondNurse), "{who:?}");
    }
}
