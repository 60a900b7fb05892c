//! New passwords that somebody would guess early (NIST SP 800-63B 3.1.1.2): those that many people
//! use, one word with something around it, runs along the keyboard, the person's own name.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Whole passwords and the words they are made of; the file says whose.
static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("common_passwords.txt").lines();
    lines.filter(|l| !l.is_empty() && !l.starts_with('#')).collect()
});

/// What somebody's fingers run along.
const ROWS: &[&str] =
    &["01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkln", "zxcvbnm"];
/// Different characters below which a password is one of few.
const DIFFERENT: usize = 5;
/// Letters from which on a word of the printed name counts.
const NAME_LETTERS: usize = 4;

/// Lower case, without accents.
pub(super) fn folded(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Letters as which digits and signs are written.
fn unmasked(text: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        c => c,
    };
    text.chars().map(letter).collect()
}

/// Whether `a` and `b` stand beside each other, or are the same.
fn follows(a: char, b: char) -> bool {
    let beside = |row: &&str| {
        let mut pairs = row.chars().zip(row.chars().skip(1));
        pairs.any(|(x, y)| (x, y) == (a, b) || (y, x) == (a, b))
    };
    a == b || ROWS.iter().any(beside)
}

/// Whether it is hardly more than runs such as `12345` or `qwerty`: five characters each or longer.
fn is_runs(text: &str) -> bool {
    let breaks = text.chars().zip(text.chars().skip(1)).filter(|(a, b)| !follows(*a, *b)).count();
    (breaks + 1) * 5 <= text.chars().count()
}

/// Whether it is one common word, once or again and again.
fn is_word(text: &str) -> bool {
    let n = text.chars().count();
    let again = |len: usize| {
        let word: String = text.chars().take(len).collect();
        COMMON.contains(&*word) && n.is_multiple_of(len) && word.repeat(n / len) == text
    };
    (3..=n).any(again)
}

/// Whether many people use it, or something hardly different from it.
pub(super) fn is_common(password: &str) -> bool {
    let plain = folded(password);
    let different: HashSet<char> = plain.chars().collect();
    let inner = |text: &str| text.trim_matches(|c: char| !c.is_alphabetic()).to_owned();
    let forms = [inner(&plain), inner(&unmasked(&plain)), unmasked(&inner(&plain)), plain.clone()];
    different.len() < DIFFERENT || is_runs(&plain) || forms.iter().any(|f| is_word(f))
}

/// Whether the login, or a word of four letters or more of the printed name, stands in it.
pub(super) fn holds(password: &str, login: &str, name: &str) -> Option<&'static str> {
    let plain = folded(password);
    if plain.contains(&folded(login)) {
        return Some("password-holds-login");
    }
    let name = folded(name);
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    let mut long = words.by_ref().filter(|w| w.chars().count() >= NAME_LETTERS);
    long.any(|w| plain.contains(w)).then_some("password-holds-name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_people_use_is_common_in_spanish_too() {
        for common in [
            "1234567890",
            "12345678910",
            "0987654321",
            "contraseña",
            "Contraseña1",
            "CONTRASEN\u{303}A2026!",
            "c0ntr4señ4",
            "P@ssw0rd123",
            "rastro2026",
            "Rastro.2026!",
            "rastrorastro",
            "hospital2026",
            "leucemia123",
            "teamomucho1",
            "qwertyuiop",
            "asdfghjklñ",
            "qwerty12345",
            "abcdefghij",
            "aaaaaaaaaa",
            "1212121212",
            "¡¡Guadalupe!!",
            "mexico2026",
            "iloveyou12",
            "1q2w3e4r5t",
        ] {
            assert!(is_common(common), "{common}");
        }
        for good in [
            "jacarandas en flor",
            "siete jacarandas",
            "de la administracion",
            "un tubo morado y dos verdes",
            "k7#mP2€qLx9",
            "tres rastros de lluvia",
            "ñandú-volador-7",
        ] {
            assert!(!is_common(good), "{good}");
        }
    }

    #[test]
    fn the_persons_own_names_are_found_however_they_are_written() {
        let of = |p: &str| holds(p, "lucia.p", "Dra. Lucía Peña de la Ó");
        assert_eq!(of("mi LUCIA.P de noche"), Some("password-holds-login"));
        assert_eq!(of("la casa de LUCIA 7"), Some("password-holds-name"));
        assert_eq!(of("la pen\u{303}a de la luna"), Some("password-holds-name"));
        assert_eq!(
            of("de la dra y su perro"),
            None,
            "short words of a name are words of any phrase"
        );
    }
}
