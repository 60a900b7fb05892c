//! What is asked of a tube, by whom and when, and the words for what comes of it.

use super::cast::{Who, act_of, at, event_id, standing};
use crate::containers::{Container, Status};
use crate::custody::rules::state::Proposal;
use crate::custody::{Action, Command, Context, Decision, EventKind, LastEvent, Refusal};

/// A command of `action` with all it needs.
pub fn whole(action: Action) -> Command {
    let words = || "por escrito, con cuidado".to_owned();
    match action {
        Action::Collect => Command::Collect {
            identifiers_confirmed: true,
            pull: Some(1),
            volume_ul: Some(3000),
            container_type: None,
            reason: None,
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
        Action::ProposeCollectionTime => {
            Command::ProposeCollectionTime { collected_at: at(-900), reason: words() }
        }
        Action::ApproveCollectionTime => Command::ApproveCollectionTime { proposal: event_id(8) },
        Action::DeclineCollectionTime => {
            Command::DeclineCollectionTime { proposal: event_id(8), reason: words() }
        }
        Action::Confirm => Command::Confirm,
    }
}

/// An hour after it was drawn; an offered tube was offered by who drew it. The last event was theirs, of a kind that
/// they can make.
pub fn context(who: Who, c: &Container) -> Context {
    let mut ctx = who.context(at(3600));
    let in_laboratory = matches!(who, Who::Reception | Who::Bench | Who::Head | Who::Quality);
    ctx.before_offer = (c.status == Status::Offered).then_some(Status::Collected);
    ctx.last = Some(LastEvent {
        id: event_id(7),
        act: Some(act_of(7)),
        kind: if in_laboratory { EventKind::Held } else { EventKind::HandoverOffered },
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

/// As [`context`], with another collection time proposed by the nurse.
pub fn context_of_proposal(who: Who, c: &Container) -> Context {
    let mut ctx = context(who, c);
    ctx.proposal = Some(Proposal {
        id: event_id(8),
        act: Some(act_of(8)),
        by: Who::Nurse.id(),
        collected_at: at(-900),
    });
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
pub fn said(c: &Container, outcome: &Result<Decision, Refusal>) -> String {
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
const SAME: [EventKind; 5] = [
    EventKind::Confirmed,
    EventKind::Corrected,
    EventKind::CollectionTimeProposed,
    EventKind::CollectionTimeCorrected,
    EventKind::CollectionTimeDeclined,
];
