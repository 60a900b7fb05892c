//! Names as papers and keyboards have them, and as labels can draw them.

use unicode_normalization::UnicodeNormalization;

use super::duplicate::is_newborn;
use super::input::{Checker, RegisterPatient};
use super::model::PersonName;
use crate::labels::undrawable;
use crate::web::FieldFault;
use crate::web::invisible::is_ignorable;

/// Characters of one part of a name at most.
const NAME: usize = 80;

/// Composed, with single blanks.
pub(super) fn clean(text: &str) -> String {
    text.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn in_name(c: char) -> bool {
    c.is_alphabetic() || " .'/-".contains(c) || unicode_normalization::char::is_combining_mark(c)
}

/// Dashes and apostrophes as telephones, word processors and dead keys make them, as the keys that
/// were meant.
pub(super) fn plain_signs(text: &str) -> String {
    let plain = |c| match c {
        '\u{b4}'
        | '`'
        | '\u{2b9}'
        | '\u{2bb}'..='\u{2bd}'
        | '\u{2018}'..='\u{201b}'
        | '\u{2032}'
        | '\u{2035}'
        | '\u{ff07}'
        | '\u{ff40}' => '\'',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '\u{2044}' | '\u{2215}' | '\u{ff0f}' => '/',
        other => other,
    };
    text.chars().map(plain).collect()
}

impl Checker {
    fn name(&mut self, field: &str, text: &str, required: bool) -> String {
        let name = plain_signs(&clean(text));
        if text.chars().any(char::is_control) {
            self.blame(field, "control-character");
        } else if text.chars().any(is_ignorable) {
            self.blame(field, "invisible-character");
        } else if name.is_empty() && required {
            self.blame(field, "required");
        } else if name.chars().count() > NAME {
            self.faults.push(FieldFault::new(field, "too-long").with("limit", NAME));
        } else if !name.chars().all(|c| in_name(c) || (c.is_ascii_digit() && is_newborn(&name)))
            || (!name.is_empty() && !name.contains(char::is_alphabetic))
        {
            self.blame(field, "name-characters");
        }
        name
    }

    /// The name, and how labels print it. A name that they can't draw is told now: the label that
    /// can't be printed would be found out with the child in the bed.
    pub(super) fn names(&mut self, input: &RegisterPatient) -> (PersonName, Option<PersonName>) {
        let single = self.yes("single_name", &input.single_name);
        let given = self.name("given_names", &input.given_names, true);
        let surname1 = self.name("surname1", &input.surname1, !single);
        let surname2 = self.name("surname2", &input.surname2, false);
        if single && !(surname1.is_empty() && surname2.is_empty()) {
            self.blame("single_name", "single-name");
        }
        let name =
            PersonName { given, surname1, surname2: Some(surname2).filter(|s| !s.is_empty()) };
        let parts = [
            ("latin_given_names", &input.latin_given_names, name.given.as_str()),
            ("latin_surname1", &input.latin_surname1, name.surname1.as_str()),
            ("latin_surname2", &input.latin_surname2, name.surname2.as_deref().unwrap_or_default()),
        ];
        if !self.faults.is_empty() {
            return (name, None);
        }
        let typed = parts.iter().any(|(_, latin, _)| !latin.trim().is_empty());
        let drawn = parts.map(|(field, latin, real)| self.drawn(field, latin, real, typed));
        let [given, surname1, surname2] = drawn;
        let latin =
            PersonName { given, surname1, surname2: Some(surname2).filter(|s| !s.is_empty()) };
        (name, typed.then_some(latin))
    }

    /// A part of the name as labels print it: the Latin one where they can't draw the part itself.
    fn drawn(&mut self, field: &str, latin: &str, real: &str, typed: bool) -> String {
        let wanted = undrawable(real);
        if wanted.is_empty() && latin.trim().is_empty() {
            return real.to_owned();
        }
        if latin.trim().is_empty() && !typed {
            let letters: String = wanted.into_iter().collect();
            self.faults.push(FieldFault::new(field, "label-letters").with("letters", letters));
            return String::new();
        }
        let latin = self.name(field, latin, true);
        let still: String = undrawable(&latin).into_iter().collect();
        if !still.is_empty() {
            self.faults.push(FieldFault::new(field, "label-letters").with("letters", still));
        }
        latin
    }
}
