//! Every status with every action, by who may do it: what happens, or why not (`domain.md`
//! section 5). The table is the requirement; change it first.

use std::collections::HashMap;

use super::asked::{context, context_of_correction, context_of_proposal, said, whole};
use super::cast::{Who, standing, usual_holder};
use crate::containers::Status;
use crate::custody::{Action, Command, decide};

/// `action by person`, then `event -> status`, `already`, `refused code` or `marked code` (refused
/// with an event that marks the tube), each with the statuses it holds for. `custodian` is who
/// holds the tube, or the nurse if nobody does. Undo is of a hold of one's own, of who is not of the laboratory of an offer,
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
    received -> received: planned collected offered in-transit arrived
    already: received
    refused wrong-state: quarantined accepted rejected in-process stored
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
    refused not-allowed: planned
    corrected -> same: collected offered in-transit arrived received quarantined accepted rejected in-process stored
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
propose-collection-time by nurse
    collection-time-proposed -> same: collected offered in-transit arrived received quarantined accepted rejected in-process stored depleted disposed lost
    refused nothing-to-correct: planned void not-collected
approve-collection-time by head
    collection-time-corrected -> same: collected offered in-transit arrived received quarantined accepted rejected in-process stored depleted disposed lost
    refused nothing-to-correct: planned void not-collected
decline-collection-time by reception
    collection-time-declined -> same: planned void not-collected collected offered in-transit arrived received quarantined accepted rejected in-process stored depleted disposed lost
confirm by quality
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

fn person(word: &str, status: Status) -> Who {
    match word {
        "nurse" => Who::Nurse,
        "reception" => Who::Reception,
        "bench" => Who::Bench,
        "coordinator" => Who::Coordinator,
        "quality" => Who::Quality,
        "head" => Who::Head,
        "custodian" => match usual_holder(status) {
            // Offered to the courier by the rule's own command: the courier offers to reception.
            Some(who) => who,
            None => Who::Nurse,
        },
        other => panic!("{other}"),
    }
}

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
                Action::ApproveCollectionTime | Action::DeclineCollectionTime => {
                    context_of_proposal(who, &c)
                }
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
