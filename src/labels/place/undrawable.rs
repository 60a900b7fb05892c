//! Which letters of a name no label can show, so that whoever types it is told then, and not weeks
//! later by a label that can't be printed.

use unicode_normalization::UnicodeNormalization;

use super::person;
use crate::labels::dots::Dpi;
use crate::labels::letters::face::{Face, is_accent};
use crate::labels::letters::text;
use crate::labels::template::fields::{is_invisible, is_right_to_left};

/// The faces that names are set in.
const FACES: [Face; 1] = [person::FACE];
/// Any size does: whether a letter can be drawn does not depend on it.
const SIZE_PT: f64 = 8.0;

/// The characters of `name` that a label can't show, each once, in the order of the text; none where
/// the whole name can be printed. `name` is as somebody typed it: capitals are made of it and accents
/// are put on their letters as labels do.
///
/// Told are letters that the faces of names have no glyph for (`患`); accents with no letter before
/// them, with no room above or below it, or after another one that couldn't be put together with the
/// letter; what prints nothing or turns the order of what follows; letters that are written from right
/// to left; and signs that would be printed into the letter before them, because the face gives
/// them no room of their own: what is there could not be told from another letter. (Tone marks of
/// Chinantec, `ꜗ` to `ꜚ`, were such signs in the face of earlier templates; this one has room for them.)
pub fn undrawable(name: &str) -> Vec<char> {
    let composed: Vec<char> = name.trim().nfc().collect();
    let mut found = vec![];
    let mut rest = composed.as_slice();
    while let Some(first) = rest.first() {
        let accents = rest[1..].iter().take_while(|c| is_accent(**c)).count();
        let (letter, after) = rest.split_at(1 + accents);
        let wrong = match is_drawn(&first.to_string()) {
            false => vec![*first],
            true => (2..=letter.len())
                .filter(|n| !is_drawn(&letter[..*n].iter().collect::<String>()))
                .map(|n| letter[n - 1])
                .collect(),
        };
        for c in wrong {
            if !found.contains(&c) {
                found.push(c);
            }
        }
        rest = after;
    }
    found
}

/// Whether a letter with its accents can be set in every face of names, as a capital.
fn is_drawn(letter: &str) -> bool {
    let capital: String = letter.to_uppercase().nfc().collect();
    if capital.chars().any(|c| is_invisible(c) || is_right_to_left(c)) {
        return false;
    }
    FACES.into_iter().all(|face| {
        text::set(&capital, face, SIZE_PT, Dpi::D203).is_ok()
            && !capital.chars().any(|c| face.runs_into(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_this_country_can_all_be_shown() {
        for name in [
            "MARÍA JOSÉ",
            "Ñañú Güemes",
            "Zoë D’Angelo-Núñez",
            "Xóchitl Ixchel",
            "A\u{331}nge\u{331}l",
            "Nayeli J\u{301}",
            "Mɨguel",
            "K’inich ʼAkʼbal",
            "Pen\u{303}a",
            "Łukasz Ødegård",
            "Ana  Sofía",
            "Weiß",
            "",
        ] {
            assert!(undrawable(name).is_empty(), "{name}");
        }
    }

    #[test]
    fn what_no_label_can_show_is_told_once_and_in_order() {
        for (name, told) in [
            ("患A🧪患", vec!['患', '🧪']),
            ("\u{331}Ana", vec!['\u{331}']),
            ("Ana \u{301}", vec!['\u{301}']),
            ("A\u{331}\u{331}", vec!['\u{331}']),
            ("A\u{202E}B", vec!['\u{202E}']),
            ("Ana\u{AD}", vec!['\u{AD}']),
            ("אב", vec!['א', 'ב']),
            ("A\u{7}", vec!['\u{7}']),
        ] {
            assert_eq!(undrawable(name), told, "{name:?}");
        }
    }

    #[test]
    fn a_sign_that_would_be_printed_into_the_letter_before_it_is_told() {
        assert_eq!(undrawable("Li\u{2E3C}a"), ['\u{2E3C}']);
    }

    /// The face of earlier templates printed these signs into the letter before them.
    #[test]
    fn tone_marks_of_chinantec_have_room_of_their_own() {
        for sign in ['ꜗ', 'ꜘ', 'ꜙ', 'ꜚ', 'ˋ', 'ˊ', 'ˉ', '²'] {
            assert!(undrawable(&format!("Li{sign}a")).is_empty(), "{sign}");
            assert!(!person::FACE.runs_into(sign), "{sign}");
        }
        assert!(Face::Bold.runs_into('ꜙ'));
    }

    proptest! {
        /// What is not told is drawn; what is told, each by itself, is what a label refuses or would
        /// print into another letter.
        #[test]
        fn a_name_of_which_nothing_is_told_is_drawn(name in "\\PC{1,40}") {
            let capitals: String = name.trim().to_uppercase().nfc().collect();
            if undrawable(&name).is_empty() {
                for face in FACES {
                    prop_assert!(text::set(&capitals, face, SIZE_PT, Dpi::D300).is_ok(), "{}", name);
                }
            }
        }
    }
}
