//! Command cards: bar codes that tell the station what to do, for hands in gloves. A card's code is
//! a container code of kind 9 (DESIGN section 4); cards are printed and laminated, so that a number
//! once given keeps its meaning for ever. Pure.

use crate::codes::{CodeKind, ContainerCode};
use crate::custody::asked::command::Action;

/// What a card says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// Take back the last reading.
    Undo,
    /// Go to the next step.
    NextStep,
    /// The tube that is read next has to wait.
    Hold,
    /// A stop has been seen.
    Acknowledge,
    /// Show the help.
    Help,
    /// Go to this step.
    Step(Action),
    /// Stands on printers' test labels: does nothing but say that it was read.
    TestLabel,
}

/// The steps with a card, by number. Never renumber.
const STEPS: [(u32, Action); 17] = [
    (101, Action::Receive),
    (102, Action::Accept),
    (103, Action::AcceptHandover),
    (104, Action::Arrive),
    (105, Action::Hold),
    (106, Action::Reject),
    (107, Action::StartStep),
    (108, Action::Store),
    (109, Action::Retrieve),
    (110, Action::Deplete),
    (111, Action::Dispose),
    (112, Action::Offer),
    (113, Action::CancelOffer),
    (114, Action::RefuseHandover),
    (115, Action::CollectionFailed),
    (116, Action::DeclareLost),
    (117, Action::Confirm),
];

impl Card {
    /// Every card, in the order in which they are printed. A test label is none.
    pub fn all() -> impl Iterator<Item = Self> {
        let keys = [Self::Acknowledge, Self::Undo, Self::NextStep, Self::Hold, Self::Help];
        keys.into_iter().chain(STEPS.iter().map(|(_, step)| Self::Step(*step)))
    }

    /// Its number; `None` for a step that has no card.
    fn serial(self) -> Option<u32> {
        match self {
            Self::Undo => Some(1),
            Self::NextStep => Some(2),
            Self::Hold => Some(3),
            Self::Acknowledge => Some(4),
            Self::Help => Some(5),
            Self::TestLabel => Some(999_999),
            Self::Step(step) => STEPS.iter().find(|(_, s)| *s == step).map(|(n, _)| *n),
        }
    }

    /// Its code; `None` for a step that has no card.
    pub fn code(self) -> Option<ContainerCode> {
        ContainerCode::new(CodeKind::Command, 0, self.serial()?)
    }

    /// Its name in the dictionaries.
    pub fn word(self) -> String {
        match self {
            Self::Undo => "card-undo".into(),
            Self::NextStep => "card-next-step".into(),
            Self::Hold => "card-hold".into(),
            Self::Acknowledge => "card-acknowledge".into(),
            Self::Help => "card-help".into(),
            Self::TestLabel => "card-test-label".into(),
            Self::Step(step) => format!("action-{step}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_card_has_a_code_of_its_own_that_is_no_tube() {
        let codes: BTreeSet<String> =
            Card::all().map(|c| c.code().unwrap().as_str().to_owned()).collect();
        assert_eq!(codes.len(), Card::all().count());
        assert!(codes.iter().all(|c| c.starts_with('9')));
    }

    /// Laminated cards hang on walls.
    #[test]
    fn printed_cards_keep_their_meaning() {
        let code = |c: Card| c.code().unwrap().grouped();
        assert_eq!(code(Card::Undo), "9-000-000001-50");
        assert_eq!(code(Card::Acknowledge), "9-000-000004-41");
        assert_eq!(code(Card::Step(Action::Receive)), "9-000-000101-41");
        assert_eq!(Card::Step(Action::Undo).code(), None);
        // Scanned at a station it must not take the last reading back, nor do anything else.
        assert!(Card::all().all(|c| c.code() != Card::TestLabel.code()));
    }
}
