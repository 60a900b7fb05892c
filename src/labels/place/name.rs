//! The rule for names of templates before `person.rs`: labels printed by them are drawn again as they
//! were. A person's name in its line: `PATERNO MATERNO, NOMBRE`. It shrinks; then the given name is cut
//! from the right, then the second surname, then the first. The first letter of each part always
//! stays: two people at the bedside compare them.

use crate::labels::error::Cause;
use crate::labels::letters::text::{Room, Run, drop_letter, shortened};
use crate::labels::patience;

/// Sets the name in `room`.
///
/// # Errors
/// [`Cause::TextTooWide`] when not even the first letters fit.
pub fn set(room: &Room, surname1: &str, surname2: &str, given: &str) -> Result<Run, Cause> {
    let mut parts = [surname1, surname2, given].map(|p| p.chars().collect::<Vec<char>>());
    let mut cut = [false; 3];
    let mut text = joined(&parts, cut);
    while !room.holds(room.face.ems(&text)?) {
        patience::ask()?;
        let Some(i) = (0..3).rev().find(|i| drop_letter(&mut parts[*i])) else { break };
        cut[i] = true;
        text = joined(&parts, cut);
    }
    room.set(&text)
}

fn joined(parts: &[Vec<char>; 3], cut: [bool; 3]) -> String {
    let part = |i: usize| match cut[i] {
        true => shortened(&parts[i]),
        false => parts[i].iter().collect(),
    };
    let surnames = format!("{} {}", part(0), part(1));
    match part(2) {
        given if given.is_empty() => surnames.trim().to_owned(),
        given => format!("{}, {given}", surnames.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::dots::Dpi;
    use crate::labels::letters::face::Face;
    use proptest::prelude::*;

    const ROOM: Room =
        Room { face: Face::Bold, size_pt: 10.0, min_pt: 7.0, width_mm: 48.0, dpi: Dpi::D203 };

    fn text(surname1: &str, surname2: &str, given: &str) -> String {
        set(&ROOM, surname1, surname2, given).unwrap().text
    }

    #[test]
    fn the_given_name_is_cut_first() {
        assert_eq!(text("RODRÍGUEZ", "CANO", "ARI"), "RODRÍGUEZ CANO, ARI");
        assert_eq!(text("PÉREZ", "", "ARI"), "PÉREZ, ARI");
        let cut = text("HERNÁNDEZ", "RODRÍGUEZ", "MARÍA GUADALUPE DE LOS ÁNGELES");
        assert!(cut.starts_with("HERNÁNDEZ RODRÍGUEZ, MAR") && cut.ends_with('…'), "{cut}");
        let cut = text("FERNÁNDEZ DE CÓRDOVA", "MONTES DE OCA Y GUTIÉRREZ", "XIMENA");
        assert!(cut.starts_with("FERNÁNDEZ DE CÓRDOVA MON") && cut.ends_with("…, X…"), "{cut}");
        let cut = text(&"B".repeat(200), &"C".repeat(200), &"D".repeat(200));
        assert!(cut.starts_with("BBBB") && cut.ends_with("B… C…, D…"), "{cut}");
    }

    #[test]
    fn a_letter_goes_with_its_accent() {
        let cut = text("HERNÁNDEZ", "RODRÍGUEZ", &"A\u{331}".repeat(60));
        assert!(cut.ends_with("A\u{331}…"), "{cut}");
        let cut = text(&"B".repeat(200), "A\u{331}NGELES", "E\u{331}L");
        assert!(cut.ends_with("B… A\u{331}…, E\u{331}…"), "{cut}");
    }

    proptest! {
        #[test]
        fn the_first_letter_of_each_part_stays(
            one in "[A-ZÑÁÉ]{1,60}", two in "[A-ZÑÁÉ]{1,60}", given in "[A-ZÑÁÉ]{1,60}",
        ) {
            let set = set(&ROOM, &one, &two, &given).unwrap();
            prop_assert!(set.width <= Dpi::D203.dots(48.0) + 1);
            let (surnames, name) = set.text.split_once(", ").unwrap();
            let (first, second) = surnames.split_once(' ').unwrap();
            for (shown, whole) in [(first, &one), (second, &two), (name, &given)] {
                let kept = shown.trim_end_matches('…');
                prop_assert!(!kept.is_empty() && whole.starts_with(kept), "{}", set.text);
            }
        }
    }
}
