//! The one spelling of each marker, and the words of what an immunophenotype concludes. Pure.

use std::collections::HashMap;

use serde::Deserialize;

use super::model::{pick, yes};
use crate::web::Lang;

crate::words! {
    /// Where a marker was looked for.
    pub enum Location {
        /// On the membrane.
        Surface = "sm",
        /// In the cytoplasm.
        Cytoplasm = "cy",
        /// In the nucleus.
        Nucleus = "nu",
    }
}

crate::words! {
    /// Whom a conclusion must reach by name.
    pub enum Alert {
        /// Nobody has to be called for it.
        None = "none",
        /// A new malignancy.
        NewDiagnosis = "new-diagnosis",
        /// Promyelocytic leukaemia is suspected: call at once.
        AplSuspected = "apl-suspected",
        /// A known one is back.
        Relapse = "relapse",
    }
}

crate::words! {
    /// What kind of statement a conclusion is.
    pub enum Level {
        /// A disease, which a conclusion can be by itself.
        Entity = "entity",
        /// A stage of maturation of one.
        Maturation = "maturation",
        /// Something added to a conclusion, never one by itself.
        Modifier = "modifier",
        /// What was found, where it is no disease.
        Finding = "finding",
        /// Nothing can be said.
        NonResult = "non-result",
    }
}

/// A marker: an antigen, or several read in one channel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    /// Its one spelling: the CD name, else the usual short one.
    pub name: String,
    label_es: String,
    label_en: String,
    synonyms: String,
    /// HGNC symbols, where a gene makes it; several markers may share one.
    pub hgnc: String,
    locations: String,
    /// Where it is from.
    pub source: String,
}

impl Marker {
    /// Its name in words, where it has one.
    pub fn label(&self, lang: Lang) -> &str {
        pick(lang, &self.label_es, &self.label_en)
    }
    /// Where it can be, the usual place first; nowhere where a field of its own holds it.
    pub fn locations(&self) -> Vec<Location> {
        self.words().filter_map(|l| l.parse().ok()).collect()
    }
    fn words(&self) -> impl Iterator<Item = &str> {
        self.locations.split(';').filter(|l| !l.is_empty())
    }
    /// Whether every place written is one.
    pub(super) fn is_somewhere(&self) -> bool {
        self.words().all(|l| l.parse::<Location>().is_ok())
    }
    /// Its other spellings, each with the place that it says.
    fn synonyms(&self) -> impl Iterator<Item = (&str, Option<Location>)> {
        let parts = self.synonyms.split(';').filter(|s| !s.is_empty());
        parts.map(|s| match s.rsplit_once('=') {
            Some((name, place)) => (name, place.parse().ok()),
            None => (s, None),
        })
    }
    /// Every spelling of it, the right one first.
    pub fn spellings(&self) -> impl Iterator<Item = (&str, Option<Location>)> {
        std::iter::once((self.name.as_str(), None)).chain(self.synonyms())
    }
}

/// What an immunophenotype may conclude.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conclusion {
    /// `B-ALL`, `APL-SUSP` …
    pub code: String,
    label_es: String,
    label_en: String,
    /// What kind of statement it is.
    pub level: Level,
    /// The conclusion that this one is a kind of; may be empty.
    pub parent: String,
    malignant: String,
    /// Whom it must reach.
    pub critical: Alert,
    /// It says that there are fewer blasts than this, percent; may be empty.
    pub blasts_below: String,
    synonyms: String,
    /// Who names it so: `WHO-HAEM5/ICC`, `EGIL` …
    pub classification: String,
    /// Where it is from.
    pub source: String,
}

impl Conclusion {
    /// What people read, in their language.
    pub fn label(&self, lang: Lang) -> &str {
        pick(lang, &self.label_es, &self.label_en)
    }
    /// Whether it says that there is a malignancy.
    pub fn is_malignant(&self) -> bool {
        yes(&self.malignant)
    }
    /// Codes that it had before.
    pub fn synonyms(&self) -> impl Iterator<Item = &str> {
        self.synonyms.split(';').filter(|s| !s.is_empty())
    }
}

/// The markers, found by whatever spelling.
#[derive(Debug, Clone, Default)]
pub struct Markers {
    all: Vec<Marker>,
    index: HashMap<String, (usize, Option<Location>)>,
    /// Spellings that two markers have, or one with two places: marker and spelling.
    pub(super) twice: Vec<(String, String)>,
}

/// What may stand before or after a name to say where, the longest first.
const PLACES: &[(&str, Location)] = &[
    ("citoplasmatico", Location::Cytoplasm),
    ("intracelular", Location::Cytoplasm),
    ("cytoplasmic", Location::Cytoplasm),
    ("superficie", Location::Surface),
    ("citoplasma", Location::Cytoplasm),
    ("cytoplasm", Location::Cytoplasm),
    ("membrana", Location::Surface),
    ("surface", Location::Surface),
    ("nuclear", Location::Nucleus),
    ("cyt", Location::Cytoplasm),
    ("ic", Location::Cytoplasm),
    ("cy", Location::Cytoplasm),
    ("sm", Location::Surface),
    ("nu", Location::Nucleus),
    ("c", Location::Cytoplasm),
    ("i", Location::Cytoplasm),
    ("s", Location::Surface),
    ("m", Location::Surface),
    ("n", Location::Nucleus),
];

impl Markers {
    pub(super) fn new(all: Vec<Marker>) -> Self {
        let mut markers = Self::default();
        for (at, marker) in all.iter().enumerate() {
            for (spelling, place) in marker.spellings() {
                let key = plain(spelling);
                let there = markers.index.insert(key, (at, place));
                if there.is_some_and(|there| there != (at, place)) {
                    markers.twice.push((marker.name.clone(), spelling.to_owned()));
                }
            }
        }
        markers.add_genes(&all);
        markers.all = all;
        markers
    }
    /// A gene's symbol is a spelling of the one marker that it makes.
    fn add_genes(&mut self, all: &[Marker]) {
        let mut genes: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, marker) in all.iter().enumerate().filter(|(_, m)| !m.hgnc.is_empty()) {
            genes.entry(plain(&marker.hgnc)).or_default().push(at);
        }
        for (gene, of) in genes {
            if let [only] = of[..] {
                self.index.entry(gene).or_insert((only, None));
            }
        }
    }
    /// All of them, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Marker> {
        self.all.iter()
    }
    /// The marker that is spelt so, and the place that the spelling says: `cyCD3` is CD3 in the
    /// cytoplasm, `TDT` is TdT.
    pub fn find(&self, typed: &str) -> Option<(&Marker, Option<Location>)> {
        let key = plain(typed);
        let (at, place) = self.known(&key).or_else(|| self.placed(&key))?;
        Some((&self.all[at], place))
    }
    fn known(&self, key: &str) -> Option<(usize, Option<Location>)> {
        self.index.get(key).copied()
    }
    /// A name with the place before or after it.
    fn placed(&self, key: &str) -> Option<(usize, Option<Location>)> {
        PLACES.iter().find_map(|(word, place)| {
            let rest = key.strip_prefix(word).or_else(|| key.strip_suffix(word))?;
            let (at, own) = self.known(rest)?;
            own.is_none().then_some((at, Some(*place)))
        })
    }
}

/// A spelling without what nobody means by it: case, blanks, hyphens, accents; Greek letters by name.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' | '+' => out.push(c),
            '/' => out.push('+'),
            'α' => out.push_str("alpha"),
            'β' => out.push_str("beta"),
            'γ' => out.push_str("gamma"),
            'δ' => out.push_str("delta"),
            'κ' => out.push_str("kappa"),
            'λ' => out.push_str("lambda"),
            'µ' | 'μ' => out.push_str("mu"),
            'á' => out.push('a'),
            'é' => out.push('e'),
            'í' => out.push('i'),
            'ó' => out.push('o'),
            'ú' | 'ü' => out.push('u'),
            'ñ' => out.push('n'),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn every_spelling_is_of_exactly_one_marker() {
        let catalogue = Catalogue::embedded();
        assert!(catalogue.markers.twice.is_empty());
        for marker in catalogue.markers.iter() {
            for (spelling, place) in marker.spellings() {
                let (found, said) = catalogue.markers.find(spelling).unwrap();
                assert_eq!((&found.name, said), (&marker.name, place), "{spelling}");
                // What is said once more says the same.
                let again = catalogue.markers.find(&found.name).unwrap();
                assert_eq!((&again.0.name, again.1), (&marker.name, None), "{spelling}");
            }
        }
    }

    #[test]
    fn what_laboratories_write_is_brought_to_one_spelling() {
        use Location::{Cytoplasm as Cy, Nucleus as Nu, Surface as Sm};
        let catalogue = Catalogue::embedded();
        for (typed, name, place) in [
            ("cyCD3", "CD3", Some(Cy)),
            ("smCD3", "CD3", Some(Sm)),
            ("cd3 citoplasmático", "CD3", Some(Cy)),
            ("CD79A", "CD79a", None),
            ("TDT", "TdT", None),
            ("nuTdT", "TdT", Some(Nu)),
            ("Ig kappa", "kappa", None),
            ("smIgκ", "kappa", Some(Sm)),
            ("cyIgµ", "IgM", Some(Cy)),
            ("c-kit", "CD117", None),
            ("MS4A1", "MS4A1", None),
            ("DNTT", "TdT", None),
            ("HLA DR", "HLA-DR", None),
            ("CD66c/CD123", "CD66c+CD123", None),
            ("TCRγδ", "TCRgd", None),
            ("mieloperoxidasa", "MPO", None),
        ] {
            let found = catalogue.markers.find(typed).map(|(m, place)| (m.name.as_str(), place));
            // A gene of two markers is the spelling of neither.
            let right = (typed != "MS4A1").then_some((name, place));
            assert_eq!(found, right, "{typed}");
        }
        for unknown in ["", "CD", "CD999", "xCD3", "cycyCD3", "+", "CD19CD20"] {
            assert!(catalogue.markers.find(unknown).is_none(), "{unknown}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_spelling_stays_as_it_is(text in "\\PC{0,20}") {
            prop_assert_eq!(plain(&plain(&text)), plain(&text));
        }
        #[test]
        fn case_blanks_and_hyphens_say_nothing(at in 0usize..140, upper: bool, blank in "[ _-]?") {
            let catalogue = Catalogue::embedded();
            let marker = catalogue.markers.iter().nth(at).unwrap();
            let name = if upper { marker.name.to_uppercase() } else { marker.name.to_lowercase() };
            let typed = format!("{blank}{name}{blank}");
            prop_assert_eq!(&catalogue.markers.find(&typed).unwrap().0.name, &marker.name);
        }
    }
}
