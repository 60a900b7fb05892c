//! Random lives of a tube among its people: whatever they ask, in whatever order, the rules that
//! make a tube findable hold after every event.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use super::asked::whole;
use super::cast::{Who, an_event, at, event_id, planned};
use crate::containers::{Container, Status};
use crate::custody::rules::state::Change;
use crate::custody::rules::state::Proposal;
use crate::custody::{
    Action, Command, Context, CustodyEvent, CustodyEventId, Decision, EventKind, LastEvent, apply,
    decide,
};

/// One event, with the tube before and after it.
struct Step {
    event: CustodyEvent,
    before: Container,
    after: Container,
    /// The command's context.
    ctx: Context,
}

/// A tube, and all that happened to it.
struct Life {
    tube: Container,
    steps: Vec<Step>,
    now: i64,
}

impl Life {
    fn new() -> Self {
        Self { tube: planned(), steps: vec![], now: 60 }
    }

    /// The last step that was more than a look.
    fn last_change(&self) -> Option<&Step> {
        self.steps.iter().rev().find(|s| s.event.kind != EventKind::Confirmed)
    }

    /// As the store finds it: the status before the first of the offers that follow each other.
    fn before_offer(&self) -> Option<Status> {
        let offers = self.steps.iter().rev().map(|s| &s.event);
        offers
            .filter(|e| e.kind == EventKind::HandoverOffered && e.from_status != Status::Offered)
            .map(|e| e.from_status)
            .next()
            .filter(|_| self.tube.status == Status::Offered)
    }

    /// As the store finds it: the last proposal, unless something answers it.
    fn proposal(&self) -> Option<Proposal> {
        let events = || self.steps.iter().rev().map(|s| &s.event);
        let last = events().find(|e| e.kind == EventKind::CollectionTimeProposed)?;
        let waits = !events().any(|e| e.corrects == Some(last.event_id));
        waits.then(|| Proposal {
            id: last.event_id,
            act: last.caused_by,
            by: last.actor_id,
            collected_at: at(-900),
        })
    }

    fn context(&self, who: Who) -> Context {
        let mut ctx = who.context(at(self.now));
        ctx.before_offer = self.before_offer();
        ctx.last = self.last_change().map(|step| LastEvent {
            id: step.event.event_id,
            act: step.event.caused_by,
            kind: step.event.kind,
            actor: step.event.actor_id,
            recorded_at: step.event.recorded_at,
            looked_at_since: step.event.seq < self.tube.event_count,
            before: Box::new(step.before.clone()),
        });
        ctx.proposal = self.proposal();
        ctx
    }

    /// A command of `action`; whom it names follows from `pick`.
    fn command(&self, action: Action, pick: u8) -> Command {
        let other = Who::ALL[usize::from(pick) % Who::ALL.len()].id();
        match (whole(action), self.last_change()) {
            (Command::Offer { .. }, _) => Command::Offer { to: other, waybill: None },
            (Command::Dispose { .. }, _) => Command::Dispose { witness: other, reason: None },
            (Command::Undo { reason, .. }, Some(step)) => {
                Command::Undo { corrects: step.event.event_id, reason }
            }
            (Command::Correct { reason, .. }, Some(step)) => {
                Command::Correct { corrects: step.event.event_id, reason }
            }
            (Command::ApproveCollectionTime { proposal }, _) => Command::ApproveCollectionTime {
                proposal: self.proposal().map_or(proposal, |p| p.id),
            },
            (Command::DeclineCollectionTime { proposal, reason }, _) => {
                let proposal = self.proposal().map_or(proposal, |p| p.id);
                Command::DeclineCollectionTime { proposal, reason }
            }
            (Command::Accept { .. }, _) if pick.is_multiple_of(2) => {
                Command::Accept { reason: Some("por escrito, con cuidado".into()) }
            }
            (command, _) => command,
        }
    }

    fn would(&self, who: Who, action: Action, pick: u8) -> Option<Change> {
        match decide(&self.tube, &self.command(action, pick), &self.context(who)) {
            Ok(Decision::Do(change) | Decision::RefuseAndMark(_, change)) => Some(change),
            Ok(Decision::Already) | Err(_) => None,
        }
    }

    /// What would be recorded now, without looking at it and, mostly, without ending its life.
    fn likely(&self, pick: u8) -> Vec<(Action, Vec<Who>)> {
        let mut list = vec![];
        for &action in Action::ALL.iter().filter(|a| **a != Action::Confirm) {
            let able = |who: &Who| {
                let change = self.would(*who, action, pick);
                change.is_some_and(|c| pick > 235 || !c.after.status.is_terminal())
            };
            let people: Vec<Who> = Who::ALL.into_iter().filter(able).collect();
            if !people.is_empty() {
                list.push((action, people));
            }
        }
        list
    }

    fn does(&mut self, ask: &Ask) {
        self.now += i64::from(ask.wait);
        let likely = self.likely(ask.pick);
        let (who, action) = match likely.len() {
            n if n > 0 && !ask.wild => {
                let (action, people) = &likely[usize::from(ask.action) % n];
                (people[usize::from(ask.who) % people.len()], *action)
            }
            _ => (
                Who::ALL[usize::from(ask.who) % Who::ALL.len()],
                Action::ALL[usize::from(ask.action) % Action::ALL.len()],
            ),
        };
        if let Some(change) = self.would(who, action, ask.pick) {
            self.happens(who, change);
        }
    }

    fn happens(&mut self, who: Who, change: Change) {
        let ctx = self.context(who);
        let event = event(&self.tube, &change, &ctx, self.steps.len());
        let after = apply(&change.after, &event);
        let before = std::mem::replace(&mut self.tube, after.clone());
        self.steps.push(Step { event, before, after, ctx });
    }
}

/// As the service writes it.
fn event(before: &Container, change: &Change, ctx: &Context, n: usize) -> CustodyEvent {
    CustodyEvent {
        event_id: event_id(1000 + n as u128),
        kind: change.kind,
        actor_id: ctx.actor(),
        actor_role: change.by.acting_as(),
        site_id: change.by.site().or(before.site_id),
        place: Some(format!("puesto {n}")),
        counterparty_id: change.counterparty,
        from_status: before.status,
        to_status: change.after.status,
        custodian_id: change.after.custodian_id,
        reason: change.reason.clone(),
        corrects: change.corrects,
        occurred_at: ctx.occurred_at,
        recorded_at: ctx.now,
        ..an_event(before.event_count + 1, 0)
    }
}

/// One command: who and what are taken from what is likely, or, if `wild`, from everything.
#[derive(Debug, Clone)]
struct Ask {
    wild: bool,
    who: u8,
    action: u8,
    pick: u8,
    wait: u16,
}

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let waits = prop_oneof![6 => 1..300_u16, 2 => 600..3000_u16, 1 => 14_400..20_000_u16];
    let ask = (prop::bool::weighted(0.2), any::<u8>(), any::<u8>(), any::<u8>(), waits)
        .prop_map(|(wild, who, action, pick, wait)| Ask { wild, who, action, pick, wait });
    prop::collection::vec(ask, 1..60)
}

fn life(asks: &[Ask]) -> Life {
    let mut life = Life::new();
    asks.iter().for_each(|ask| life.does(ask));
    life
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn br_06_exactly_one_person_holds_a_tube_from_its_collection_to_its_end(asks in asks()) {
        for Step { event, after, .. } in &life(&asks).steps {
            // A label without a tube is held by nobody, and so is what is over.
            let held = after.status != Status::Planned && !after.status.is_terminal();
            prop_assert_eq!(held, after.status.has_custodian());
            prop_assert_eq!(held, after.custodian_id.is_some(), "after {}", event.kind);
            prop_assert_eq!(held, after.custodian_since.is_some(), "after {}", event.kind);
            prop_assert_eq!(event.custodian_id, after.custodian_id);
        }
    }

    #[test]
    fn br_06_custody_passes_only_to_the_person_who_scans(asks in asks()) {
        use EventKind::*;
        for Step { event, before, after, .. } in &life(&asks).steps {
            if before.custodian_id == after.custodian_id {
                continue;
            }
            match event.kind {
                Collected | HandoverAccepted | Arrived | Received | StepStarted | Stored
                | Retrieved => prop_assert_eq!(after.custodian_id, Some(event.actor_id)),
                Depleted | Disposed | DeclaredLost => prop_assert_eq!(after.custodian_id, None),
                // Back to who held it before; see the tests of corrections.
                Corrected => {}
                kind => prop_assert!(false, "custody changed at {}", kind),
            }
            // Whoever gave it is on the event.
            if matches!(event.kind, HandoverAccepted | Arrived | Received) {
                prop_assert_eq!(event.counterparty_id, before.custodian_id);
            }
        }
    }

    #[test]
    fn br_07_a_hand_over_is_taken_by_another_person_on_a_standing_offer(asks in asks()) {
        for Step { event, before, after, ctx } in &life(&asks).steps {
            let offered = after.status == Status::Offered;
            prop_assert_eq!(offered, after.offered_to.is_some(), "after {}", event.kind);
            prop_assert_eq!(offered, after.offer_expires_at.is_some());
            if offered {
                prop_assert_ne!(after.offered_to, after.custodian_id);
            }
            if event.kind == EventKind::HandoverAccepted {
                prop_assert_eq!(before.status, Status::Offered);
                prop_assert_eq!(before.offered_to, Some(event.actor_id));
                prop_assert_ne!(before.custodian_id, Some(event.actor_id));
                prop_assert!(before.offer_expires_at.unwrap() > ctx.now);
            }
        }
    }

    #[test]
    fn what_is_over_stays_over_unless_another_person_corrects_what_ended_it(asks in asks()) {
        for Step { event, before, after, ctx } in &life(&asks).steps {
            if !before.status.is_terminal() {
                continue;
            }
            match event.kind {
                // Of a tube that is used up another collection time may still be found out.
                EventKind::Confirmed
                | EventKind::CollectionTimeProposed
                | EventKind::CollectionTimeCorrected
                | EventKind::CollectionTimeDeclined => {
                    prop_assert_eq!(after.status, before.status);
                }
                EventKind::Corrected => {
                    prop_assert!(!matches!(before.status, Status::Void | Status::Disposed));
                    prop_assert_ne!(ctx.last.as_ref().unwrap().actor, event.actor_id);
                    prop_assert!(event.reason.as_ref().unwrap().chars().count() >= 15);
                }
                kind => prop_assert!(false, "{} of a {} tube", kind, before.status),
            }
        }
    }

    #[test]
    fn a_correction_ends_nothing_and_is_never_corrected(asks in asks()) {
        let life = life(&asks);
        for Step { event, after, .. } in &life.steps {
            if event.kind == EventKind::Corrected {
                prop_assert!(!after.status.is_terminal());
                let of = life.steps.iter().find(|s| Some(s.event.event_id) == event.corrects);
                prop_assert_ne!(of.unwrap().event.kind, EventKind::Corrected);
                let twice = life.steps.iter().filter(|s| s.event.corrects == event.corrects);
                prop_assert_eq!(twice.count(), 1, "an event is taken back once");
            }
        }
    }

    #[test]
    fn br_35_events_are_numbered_without_gaps_and_each_begins_where_the_last_ended(asks in asks()) {
        let mut tube = planned();
        for Step { event, before, after, .. } in &life(&asks).steps {
            prop_assert_eq!(before, &tube);
            prop_assert_eq!(event.seq, tube.event_count + 1);
            prop_assert_eq!(after.event_count, event.seq);
            prop_assert_eq!(event.from_status, tube.status);
            prop_assert_eq!(event.to_status, after.status);
            prop_assert!(after.last_event_at >= before.last_event_at);
            tube = after.clone();
        }
    }

    #[test]
    fn br_15_nothing_changes_whose_a_tube_is(asks in asks()) {
        let born = planned();
        for Step { after, .. } in &life(&asks).steps {
            let whose = |c: &Container| {
                let lineage = (c.id, c.code, c.kind, c.parent_id, c.root_id);
                (lineage, c.study_id, c.patient_id, c.centre_id, c.laboratory_id, c.created_by)
            };
            prop_assert_eq!(whose(after), whose(&born));
        }
    }

    #[test]
    fn br_04_a_doubt_about_whose_a_tube_is_never_goes_away_by_itself(asks in asks()) {
        for Step { event, before, after, .. } in &life(&asks).steps {
            let lost = before.flags.has("R21") && !after.flags.has("R21");
            prop_assert!(!lost, "lost at {}", event.kind);
        }
    }

    #[test]
    fn taking_an_event_back_restores_what_was_before_it(asks in asks()) {
        let life = life(&asks);
        for (n, step) in life.steps.iter().enumerate() {
            if step.event.kind != EventKind::Corrected {
                continue;
            }
            let of = life.steps.iter().position(|s| Some(s.event.event_id) == step.event.corrects);
            let of = of.unwrap();
            // It was the last one, but for looks at the tube.
            let since = &life.steps[of + 1..n];
            prop_assert!(since.iter().all(|s| s.event.kind == EventKind::Confirmed));
            let mut before = life.steps[of].before.clone();
            if !since.is_empty() {
                (before.site_id, before.place) = (step.before.site_id, step.before.place.clone());
            }
            prop_assert!(is_the_same(&step.after, &before));
        }
    }

    #[test]
    fn ones_own_scan_is_taken_back_within_ten_minutes_and_nobody_elses(
        asks in asks(), who in 0..Who::ALL.len(), wait in 0..1200_i64,
    ) {
        let mut life = life(&asks);
        let Some(step) = life.last_change() else { return Ok(()) };
        let (last, before) = (step.event.clone(), step.before.clone());
        life.now += wait;
        let who = Who::ALL[who];
        let undo = Command::Undo { corrects: last.event_id, reason: String::new() };
        let ctx = life.context(who);
        match decide(&life.tube, &undo, &ctx) {
            Ok(Decision::Do(change)) => {
                prop_assert_eq!(last.actor_id, who.id());
                prop_assert!(ctx.now.seconds_since(last.recorded_at) <= 600);
                prop_assert!(!matches!(
                    last.kind,
                    EventKind::Collected | EventKind::HandoverAccepted | EventKind::Corrected
                ));
                life.happens(who, change);
                let looked_at = ctx.last.unwrap().looked_at_since;
                prop_assert!(looked_at || is_the_same(&life.tube, &before));
            }
            Ok(other) => prop_assert!(false, "{:?}", other),
            Err(_) => {}
        }
        // Of an event that is not the last one, never.
        let stale = Command::Undo { corrects: CustodyEventId(uuid::Uuid::nil()), reason: String::new() };
        prop_assert!(decide(&life.tube, &stale, &life.context(who)).is_err());
    }
}

/// Equal but for how many events there were, and when the last one was.
fn is_the_same(a: &Container, b: &Container) -> bool {
    let plain = |c: &Container| Container { event_count: 0, last_event_at: None, ..c.clone() };
    plain(a) == plain(b)
}

/// The tests above would hold for lives in which nothing happens.
#[test]
fn random_lives_meet_every_kind_of_event_and_every_state() {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let (mut kinds, mut states) = (BTreeSet::new(), BTreeSet::from([Status::Planned]));
    for _ in 0..400 {
        let asks = asks().new_tree(&mut runner).unwrap().current();
        for step in life(&asks).steps {
            kinds.insert(step.event.kind);
            states.insert(step.after.status);
        }
    }
    // Made by issuing, printing and deriving, not by scans.
    let others =
        [EventKind::LabelIssued, EventKind::LabelReprinted, EventKind::Derived, EventKind::Created];
    let missing: Vec<_> =
        EventKind::ALL.iter().filter(|k| !kinds.contains(k) && !others.contains(k)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let missing: Vec<_> = Status::ALL.iter().filter(|s| !states.contains(s)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
