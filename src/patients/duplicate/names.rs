//! Whether two names may be one child's. Papers differ in what a person knows at once is nothing:
//! a surname left out or put first, `Ma.` for `María`, `D'Ávila` for `Davila`, a letter, a second
//! given name. What is compared are words: each may be found in the other name once. Pure.

use super::super::model::{PersonName, fold};
use super::sound::sound;

/// How like two names are, the likest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alike {
    /// Every word of one is in the other, whatever the order.
    Whole,
    /// The shorter name is in the longer one: so many of its words.
    Part(usize),
    /// The given names and one surname.
    OneSurname,
    /// One is a newborn's, named after the mother, and a surname is shared.
    Newborn,
    /// Both surnames, with other given names: brothers or sisters.
    Surnames,
}

/// A name as it is compared.
pub(super) struct Words {
    surnames: Vec<Word>,
    given: Vec<Word>,
    newborn: bool,
    /// How many words it is written in.
    written: usize,
    /// All of it without blanks, by sound: once with and once without `de la`.
    run: [String; 2],
}

#[derive(Clone)]
struct Word {
    letters: String,
    sound: String,
}

/// Words of a surname that papers leave out or write together.
const PARTICLES: &[&str] =
    &["DE", "DEL", "LA", "LAS", "LOS", "Y", "E", "VON", "VAN", "DA", "DOS", "DI"];

/// What is written short, by custom or on hospital papers, and what people are called.
const SHORT: &[(&str, &str)] = &[
    ("MA", "MARIA"),
    ("MRIA", "MARIA"),
    ("MARI", "MARIA"),
    ("FCO", "FRANCISCO"),
    ("PACO", "FRANCISCO"),
    ("GPE", "GUADALUPE"),
    ("LUPITA", "GUADALUPE"),
    ("LUPE", "GUADALUPE"),
    ("PEPE", "JOSE"),
    ("JSUS", "JESUS"),
    ("CHUY", "JESUS"),
    ("NACHO", "IGNACIO"),
    ("ALEX", "ALEJANDRO"),
    ("TERE", "TERESA"),
    ("CONCHITA", "CONCEPCION"),
    ("LALO", "EDUARDO"),
    ("BETO", "ALBERTO"),
    ("TONO", "ANTONIO"),
    ("MEMO", "GUILLERMO"),
    ("STA", "SANTA"),
    ("STO", "SANTO"),
    ("HDZ", "HERNANDEZ"),
    ("HDEZ", "HERNANDEZ"),
    ("HNDZ", "HERNANDEZ"),
    ("FDZ", "FERNANDEZ"),
    ("FDEZ", "FERNANDEZ"),
    ("GLZ", "GONZALEZ"),
    ("GLEZ", "GONZALEZ"),
    ("GZZ", "GONZALEZ"),
    ("RDZ", "RODRIGUEZ"),
    ("RDGZ", "RODRIGUEZ"),
    ("RGUEZ", "RODRIGUEZ"),
    ("MTZ", "MARTINEZ"),
    ("MTNZ", "MARTINEZ"),
    ("SCHZ", "SANCHEZ"),
    ("SNCHZ", "SANCHEZ"),
    ("RMZ", "RAMIREZ"),
    ("RMRZ", "RAMIREZ"),
    ("PRZ", "PEREZ"),
    ("GMZ", "GOMEZ"),
    ("LPZ", "LOPEZ"),
    ("JMZ", "JIMENEZ"),
    ("GTZ", "GUTIERREZ"),
    ("DMZ", "DOMINGUEZ"),
    ("VZQ", "VAZQUEZ"),
    ("VZQZ", "VAZQUEZ"),
    ("ALVZ", "ALVAREZ"),
];

impl Word {
    fn new(letters: &str) -> Self {
        let letters = SHORT.iter().find(|(short, _)| *short == letters).map_or(letters, |s| s.1);
        Self { letters: letters.to_owned(), sound: sound(letters) }
    }

    fn alike(&self, other: &Self) -> bool {
        let (a, b) = (&self.letters, &other.letters);
        self.sound == other.sound || initial(a, b) || initial(b, a) || slip(a, b)
    }
}

/// Whether `short` is an initial of `long`.
fn initial(short: &str, long: &str) -> bool {
    short.len() == 1 && long.starts_with(short)
}

/// Whether a hand that slips writes one for the other: one letter, or two in a long word.
fn slip(a: &str, b: &str) -> bool {
    let most = match a.chars().count().min(b.chars().count()) {
        0..=2 => return false,
        3 if a.chars().next() != b.chars().next() => return false,
        3..=8 => 1,
        _ => 2,
    };
    strsim::osa_distance(a, b) <= most
}

impl Words {
    pub(super) fn new(name: &PersonName) -> Self {
        let surnames =
            format!("{} {}", name.surname1, name.surname2.as_deref().unwrap_or_default());
        let (surnames, given) = (parts(&surnames), parts(&name.given));
        let run = |particles: bool| {
            let all = surnames.iter().chain(&given);
            let kept = all.filter(|w| particles || !PARTICLES.contains(&w.as_str()));
            sound(&kept.map(|w| Word::new(w).letters).collect::<String>())
        };
        let words = |parts: &[String]| {
            let kept: Vec<Word> = parts
                .iter()
                .filter(|w| !PARTICLES.contains(&w.as_str()))
                .map(|w| Word::new(w))
                .collect();
            // A name of particles alone ("De la O") keeps them.
            if kept.is_empty() { parts.iter().map(|w| Word::new(w)).collect() } else { kept }
        };
        Self {
            written: surnames.len() + given.len(),
            newborn: is_newborn(&name.given),
            run: [run(true), run(false)],
            surnames: words(&surnames),
            given: words(&given),
        }
    }

    /// How like the other name is; `None` where nothing says so.
    pub(super) fn alike(&self, other: &Self) -> Option<Alike> {
        let (mine, theirs) = (self.all(), other.all());
        let (few, many) = (mine.len().min(theirs.len()), mine.len().max(theirs.len()));
        let found = matched(&mine, &theirs);
        let shared = matched(&refs(&self.surnames), &refs(&other.surnames));
        let fewest = self.surnames.len().min(other.surnames.len());
        let given = self.given_alike(other);
        if found == many || self.runs_alike(other) {
            return Some(Alike::Whole);
        }
        if (self.newborn || other.newborn) && shared > 0 {
            return Some(Alike::Newborn);
        }
        if found == few && few >= 2 && given {
            return Some(Alike::Part(few));
        }
        if given && shared > 0 {
            return Some(Alike::OneSurname);
        }
        (fewest >= 2 && shared == fewest).then_some(Alike::Surnames)
    }

    /// Whether the given names of one are among those of the other.
    pub(super) fn given_alike(&self, other: &Self) -> bool {
        let few = self.given.len().min(other.given.len());
        few > 0 && matched(&refs(&self.given), &refs(&other.given)) == few
    }

    /// Whether one is the other with words written together. Of as many words each slip is looked at
    /// by itself: in a run of them all a short word's letter would count for nothing.
    fn runs_alike(&self, other: &Self) -> bool {
        if self.written == other.written {
            return false;
        }
        self.run.iter().zip(&other.run).any(|(a, b)| {
            let most = if a.len().min(b.len()) >= 16 { 2 } else { 1 };
            a.len().min(b.len()) >= 6 && strsim::osa_distance(a, b) <= most
        })
    }

    fn all(&self) -> Vec<&Word> {
        self.surnames.iter().chain(&self.given).collect()
    }
}

fn refs(words: &[Word]) -> Vec<&Word> {
    words.iter().collect()
}

/// How many words of one are in the other, each once; those that are the same first, so that a
/// word that is only alike takes nobody's place.
fn matched(one: &[&Word], other: &[&Word]) -> usize {
    let mut free: Vec<&Word> = other.to_vec();
    let mut take = |word: &&Word, same: bool| {
        let fits = |w: &&Word| if same { w.letters == word.letters } else { w.alike(word) };
        let at = free.iter().position(fits);
        at.map(|at| free.swap_remove(at)).is_some()
    };
    let (exact, rest): (Vec<&Word>, Vec<&Word>) = one.iter().partition(|w| take(w, true));
    exact.len() + rest.iter().filter(|w| take(w, false)).count()
}

/// The words of a part of a name, folded; what an apostrophe, a dash or a blank parts from a single
/// letter or from `Mac` is one word: `D'Ávila`, `D Avila`, `D/AMICO`, `Mac Gregor`, `McGregor`.
fn parts(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut words: Vec<String> = vec![];
    let mut before = String::new();
    for word in folded.split_whitespace() {
        let word = std::mem::take(&mut before) + word;
        match word.as_str() {
            "D" | "O" => before = word,
            "MC" | "MAC" => before = "MAC".into(),
            _ => words.push(match word.strip_prefix("MC") {
                Some(rest) if rest.len() > 3 => format!("MAC{rest}"),
                _ => word,
            }),
        }
    }
    words.extend(Some(before).filter(|b| !b.is_empty()));
    words
}

/// Whether a given name stands for a newborn who has none yet: `RN`, `RN de María`,
/// `Recién nacida`; of twins `RN 1 de María`, `RN2`.
pub fn is_newborn(given: &str) -> bool {
    let folded = fold(given);
    let mut words =
        folded.split_whitespace().map(|w| w.trim_end_matches(|c: char| c.is_ascii_digit()));
    match (words.next(), words.next()) {
        (Some("RN" | "RNM" | "RNF" | "NEONATO" | "NEONATA"), _) => true,
        (Some("R"), Some("N")) => true,
        (Some("RECIEN"), Some(born)) => born.starts_with("NACID"),
        (Some("BEBE"), Some("DE")) | (Some("HIJO" | "HIJA"), Some("DE")) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(surnames: &str, given: &str) -> Words {
        let mut two = surnames.split(" / ");
        Words::new(&PersonName {
            given: given.into(),
            surname1: two.next().unwrap().into(),
            surname2: two.next().map(str::to_owned),
        })
    }
    fn of(a: (&str, &str), b: (&str, &str)) -> Option<Alike> {
        let (one, other) = (name(a.0, a.1), name(b.0, b.1));
        assert_eq!(one.alike(&other), other.alike(&one), "{a:?} {b:?}");
        one.alike(&other)
    }

    #[test]
    fn one_name_in_two_spellings_is_whole() {
        for (a, b) in [
            (("Hernández / Gutiérrez", "José Luis"), ("HERNANDES / GUTIERRES", "Jose Luiz")),
            (("Hernández / Gutiérrez", "José Luis"), ("Gutiérrez / Hernández", "Luis José")),
            (("D’Ávila / Pérez", "Ana"), ("Davila / Perez", "Ana")),
            (("D Avila / Pérez", "Ana"), ("D/AVILA / Perez", "Ana")),
            (("Mac Gregor / Cano", "Ari"), ("Macgregor / Cano", "Ari")),
            (("McGregor / Cano", "Ari"), ("Mac-Gregor / Cano", "Ari")),
            (("Pérez–Gil / Cano", "Ari"), ("Perez Gil / Cano", "Ari")),
            (("De la Cruz / Cano", "Ari"), ("Delacruz / Cano", "Ari")),
            (("De la Cruz / Cano", "Ari"), ("Cruz / Cano", "Ari")),
            (("López / Cano", "María del Carmen"), ("Lopez / Cano", "Ma. Carmen")),
            (("López / Cano", "Ana María"), ("Lopez / Cano", "Anamaria")),
            (("Hdz / Cano", "Gpe"), ("Hernández / Cano", "Guadalupe")),
            (("Ximénez / Vázquez", "Jimena"), ("Jiménez / Basques", "Ximena")),
        ] {
            assert_eq!(of(a, b), Some(Alike::Whole), "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_name_with_less_is_a_part() {
        let whole = ("Hernández / Gutiérrez", "José Luis");
        assert_eq!(of(whole, ("Hernández", "José Luis")), Some(Alike::Part(3)));
        assert_eq!(of(whole, ("Hernández / Gutiérrez", "José")), Some(Alike::Part(3)));
        assert_eq!(of(whole, ("Gutiérrez", "Luis")), Some(Alike::Part(2)));
        assert_eq!(of(whole, ("Hernández / Ramos", "José Luis")), Some(Alike::OneSurname));
        assert_eq!(of(whole, ("Hernández / Gutiérrez", "Bruno")), Some(Alike::Surnames));
        assert_eq!(of(whole, ("Gutiérrez / Soto", "RN de Elena")), Some(Alike::Newborn));
    }

    #[test]
    fn other_children_are_not_alike() {
        let whole = ("Hernández / Gutiérrez", "José Luis");
        for other in [
            ("Ramos / Soto", "José Luis"),
            ("Hernández / Soto", "Bruno"),
            ("Hernández", "Bruno"),
            ("Luis / José", "Hernán"),
        ] {
            assert_eq!(of(whole, other), None, "{other:?}");
        }
    }

    #[test]
    fn a_newborn_without_a_name_is_known_by_custom() {
        for given in [
            "RN",
            "RN 1 de Ana",
            "RN2",
            "R.N. de María",
            "Recién nacido",
            "RN DE ANA",
            "Hija de Ana",
        ] {
            assert!(is_newborn(given), "{given}");
        }
        for given in ["Renata", "Ana", "Bebel", "Hijo"] {
            assert!(!is_newborn(given), "{given}");
        }
    }
}
