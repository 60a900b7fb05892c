//! Whether the letters of a CURP come from a name (`domain.md` 4.1): the first letter and inner vowel
//! of the first surname, the first letters of the second surname and of the given name, and an inner
//! consonant of each. Registries differ in compound names, so every word of a part may be the one
//! that counts; what fits none of them is a doubt (BR-31), never a refusal.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Curp;

/// What a word of a name gives a CURP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Letters {
    first: char,
    vowel: char,
    consonant: char,
}

/// Where there is nothing to take a letter from.
const NONE: Letters = Letters { first: 'X', vowel: 'X', consonant: 'X' };

impl Curp {
    /// Whether its letters may come from this name.
    pub fn fits(&self, surname1: &str, surname2: Option<&str>, given: &str) -> bool {
        let c: Vec<char> = self.as_str().chars().collect();
        let parts = [words(surname1), words(surname2.unwrap_or_default()), words(given)];
        let begins = parts[0].iter().any(|w| w.first == c[0] && (c[1] == 'X' || w.vowel == c[1]))
            && parts[1].iter().any(|w| w.first == c[2])
            && parts[2].iter().any(|w| w.first == c[3]);
        begins && in_some_order(&parts, [c[13], c[14], c[15]])
    }
}

/// Whether the inner consonants are those of the parts. Their order is not looked at: which surname
/// comes first is told by the letters before the date.
fn in_some_order(parts: &[Vec<Letters>; 3], inner: [char; 3]) -> bool {
    const ORDERS: [[usize; 3]; 6] =
        [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let has = |part: &Vec<Letters>, letter| part.iter().any(|w| w.consonant == letter);
    ORDERS.iter().any(|order| order.iter().zip(inner).all(|(at, letter)| has(&parts[*at], letter)))
}

/// Each word of a part, and the part as one word: `De la O`, `D'Ávila`.
fn words(part: &str) -> Vec<Letters> {
    let plain: String = part
        .nfc()
        .map(|c| if matches!(c, 'ñ' | 'Ñ') { 'X' } else { c })
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_uppercase)
        .collect();
    // A sign within a word is an X for the registry; here it may also part two words or nothing.
    let letters = |c: &char| c.is_ascii_uppercase();
    let mut found: Vec<Letters> = vec![];
    for word in plain.split(|c: char| !c.is_ascii_uppercase()).filter(|w| !w.is_empty()) {
        found.push(of_word(word));
    }
    found.extend(
        plain.split_whitespace().map(|w| of_word(&w.chars().filter(letters).collect::<String>())),
    );
    if found.is_empty() { vec![NONE] } else { found }
}

fn of_word(word: &str) -> Letters {
    let vowel = |c: &char| "AEIOU".contains(*c);
    let inner = || word.chars().skip(1);
    Letters {
        first: word.chars().next().unwrap_or('X'),
        vowel: inner().find(vowel).unwrap_or('X'),
        consonant: inner().find(|c| !vowel(c)).unwrap_or('X'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(curp: &str, surname1: &str, surname2: &str, given: &str) -> bool {
        let second = Some(surname2).filter(|s| !s.is_empty());
        curp.parse::<Curp>().unwrap().fits(surname1, second, given)
    }

    #[test]
    fn letters_come_from_the_name() {
        assert!(fits("HEGG560427MVZRRL04", "Hernández", "García", "Gloria"));
        assert!(fits("ROCA190305HPLDRNA0", "Rodríguez b", "Cano", "Ari"));
        assert!(!fits("ROCA190305HPLDRNA0", "Rodríguez", "Cano", "Bruno"));
        assert!(!fits("ROCA190305HPLDRNA0", "Martínez", "Díaz", "Beto"));
        assert!(!fits("ROCA190305HPLDRNA0", "Cano", "Rodríguez", "Ari"));
        assert!(!fits("ROCA190305HPLDRNA0", "Rodríguez", "", "Ari"));
    }

    #[test]
    fn each_word_of_a_compound_part_may_count() {
        let of = |part: &str| words(part).iter().map(|w| w.first).collect::<String>();
        assert!(of("María Guadalupe").contains('G'));
        assert!(of("de la Cruz").contains('C'));
        assert!(of("Ñúñez").contains('X'));
        assert_eq!(words("D'Ávila").last().unwrap(), &of_word("DAVILA"));
        assert_eq!(words(""), [NONE]);
    }
}
