//! What the events of a container say it is. An event tells the whole change: what its columns don't say of the
//! container after it stands in its details as `set`, with the columns of `containers` as texts. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::event::CustodyEvent;
use crate::containers::Container;

/// A container's columns as texts, as the database gives them ([`crate::db::columns`]).
pub type State = BTreeMap<String, Option<String>>;

/// Columns that an event has itself.
const OF_EVENT: [&str; 3] = ["custodian_id", "event_count", "status"];

/// The member of an event's details.
const SET: &str = "set";

/// The event with the whole change in it; without a container before, all of what it is.
pub(in crate::custody) fn told(
    event: &CustodyEvent,
    before: Option<&Container>,
    after: &Container,
) -> CustodyEvent {
    let was = before.map(Container::cells).unwrap_or_default();
    let changed = after.cells().into_iter().filter(|(name, text)| {
        before.is_none() || !(OF_EVENT.contains(name) || was.get(name) == Some(text))
    });
    let set: BTreeMap<&str, Option<String>> = changed.collect();
    let mut details = match serde_json::from_str(&event.data) {
        Ok(Value::Object(details)) => details,
        _ => serde_json::Map::new(),
    };
    details.insert(SET.to_owned(), serde_json::json!(set));
    CustodyEvent { data: Value::Object(details).to_string().into(), ..event.clone() }
}

/// The container after an event. Total: an event that says no change changes only what its columns say.
pub fn apply(mut before: State, event: &CustodyEvent) -> State {
    before.extend(set(event).unwrap_or_default());
    before.insert("status".to_owned(), Some(event.to_status.to_string()));
    before
        .insert("custodian_id".to_owned(), event.custodian_id.map(|id| id.0.simple().to_string()));
    before.insert("event_count".to_owned(), Some(event.seq.to_string()));
    before
}

/// What the events say, oldest first; nothing where the first one does not say all of what the container is: those
/// of the first versions of this program.
pub fn fold(events: &[CustodyEvent]) -> Option<State> {
    let whole = set(events.first()?)?;
    whole.contains_key("id").then(|| events.iter().fold(State::new(), apply))
}

fn set(event: &CustodyEvent) -> Option<State> {
    serde_json::from_value(event.detail(SET)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::containers::Status;
    use crate::custody::tests::{an_event, planned};

    /// The container after each of three events, and the events as they are kept.
    fn story() -> (Vec<Container>, Vec<CustodyEvent>) {
        let (mut states, mut events) = (vec![], vec![]);
        let mut before: Option<Container> = None;
        for (seq, place) in [(1, "LRZ-1"), (2, "LRZ-2"), (3, "LRZ-2")] {
            let status = if seq == 3 { Status::Offered } else { Status::Collected };
            let event = CustodyEvent { to_status: status, ..an_event(seq, seq * 60) };
            let after = Container {
                status,
                custodian_id: event.custodian_id,
                place: Some(place.to_owned()),
                event_count: seq,
                ..before.clone().unwrap_or_else(planned)
            };
            events.push(told(&event, before.as_ref(), &after));
            states.push(after.clone());
            before = Some(after);
        }
        (states, events)
    }

    fn cells(c: &Container) -> State {
        c.cells().into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
    }

    #[test]
    fn a_container_is_the_fold_of_its_events_up_to_each() {
        let (states, events) = story();
        for (n, state) in states.iter().enumerate() {
            assert_eq!(fold(&events[..=n]), Some(cells(state)), "after event {}", n + 1);
        }
    }

    /// An event says what changed, and nothing that did not.
    #[test]
    fn an_event_says_the_change_alone() {
        let (_, events) = story();
        assert!(set(&events[0]).unwrap().contains_key("code"));
        assert_eq!(set(&events[1]).unwrap().into_keys().collect::<Vec<_>>(), ["place"]);
        assert!(set(&events[2]).unwrap().is_empty(), "its columns say the rest");
    }

    /// Events of before don't say all of what they changed: the fold begins with what was bound at the upgrade.
    #[test]
    fn events_of_before_are_no_fold_and_those_since_go_on_from_what_was_bound() {
        let (states, mut events) = story();
        for old in &mut events[..2] {
            old.data = "{}".to_owned().into();
        }
        assert_eq!(fold(&events), None);
        assert_eq!(apply(cells(&states[1]), &events[2]), cells(&states[2]));
    }
}
