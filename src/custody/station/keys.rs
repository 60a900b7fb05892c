//! The keys of the station.

use super::card::Card;
use crate::custody::asked::command::Action;
use crate::custody::rules::correct::is_undoable;

/// The keys that do something for these steps: (key, id of its button, its words, its card). The others
/// are neither shown, nor explained, nor heard.
pub(in crate::custody) fn keys_of(steps: &[Action]) -> Vec<StationKey> {
    let all = [
        ("F1", "b-help", "station-help", Some(Card::Help)),
        ("F2", "b-manual", "station-manual", None),
        ("F4", "b-undo", "station-undo", Some(Card::Undo)),
        ("F6", "b-step", "station-next-step", Some(Card::NextStep)),
        ("F8", "b-problem", "station-problem", Some(Card::Hold)),
    ];
    let useful = |key: &str| match key {
        "F4" => steps.iter().any(|s| is_undoable(*s)),
        "F6" => steps.len() > 1,
        "F8" => steps.contains(&Action::Hold),
        _ => true,
    };
    let made = all.map(|(key, id, label, card)| StationKey { key, id, label, card });
    made.into_iter().filter(|k| useful(k.key)).collect()
}

/// A key of the station and the button that does the same.
pub(in crate::custody) struct StationKey {
    /// As on a keyboard.
    pub(super) key: &'static str,
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    pub(super) card: Option<Card>,
}
