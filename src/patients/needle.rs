//! What a text typed or scanned into the search field may mean. Numbers look alike: eleven digits
//! are an NSS and may be a folder's number, `P-26-00001` is a folio and may be one too. So a text is
//! looked for in every meaning it can have, and whatever was saved is found by its own text.

use super::model::{fold, fold_accents, record_key};
use crate::codes::{ContainerCode, Curp, CurpError, Nss, PatientFolio, StudyNumber};
use crate::web::FieldFault;

/// One thing to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A record's number, as people call it by.
    Folio(PatientFolio),
    /// A CURP: at most one child has it.
    Curp(Curp),
    /// An NSS: several children may share it (BR-30).
    Nss(Nss),
    /// A tube's code, as scanned.
    Container(ContainerCode),
    /// A request's number.
    Study(StudyNumber),
    /// A record number at the caller's centres, as [`record_key`] folds it.
    Record(String),
    /// Folded words: each must begin a word of the name.
    Words(Vec<String>),
    /// Everybody in reach.
    All,
}

/// What to look for: whoever fits one of the meanings.
#[derive(Debug, Clone, PartialEq)]
pub struct Needle {
    /// The plainest first.
    pub meanings: Vec<Meaning>,
    /// What is wrong with the text where none of its meanings finds anybody: a CURP or a label that
    /// can only be mistyped is named by its rule (BR-01), rather than answered with an empty list.
    pub doubt: Option<FieldFault>,
}

/// Characters a search may have.
const LIMIT: usize = 200;
/// Words it may have: a name has fewer.
const WORDS: usize = 10;

impl Meaning {
    /// One word for the audit log: what was typed stays out of it.
    fn kind(&self) -> &'static str {
        match self {
            Self::Folio(_) => "folio",
            Self::Curp(_) => "curp",
            Self::Nss(_) => "nss",
            Self::Container(_) => "container",
            Self::Study(_) => "study",
            Self::Record(_) => "record",
            Self::Words(_) => "name",
            Self::All => "list",
        }
    }
}

impl Needle {
    /// One word for the audit log: what was typed stays out of it.
    pub fn kind(&self) -> &'static str {
        self.meanings.first().map_or("nothing", Meaning::kind)
    }

    /// The tube whose code it is, if it is one.
    pub fn container(&self) -> Option<ContainerCode> {
        self.meanings.iter().find_map(|m| match m {
            Meaning::Container(code) => Some(*code),
            _ => None,
        })
    }

    /// Whether it names one child, if anybody: an NSS does not, brothers and sisters share it.
    pub fn names_one(&self) -> bool {
        let one =
            |m: &Meaning| matches!(m, Meaning::Folio(_) | Meaning::Curp(_) | Meaning::Study(_));
        self.meanings.first().is_some_and(one)
    }

    /// Reads `text`.
    ///
    /// # Errors
    /// Names the rule where it can't mean anything.
    pub fn read(text: &str) -> Result<Self, FieldFault> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(FieldFault::new("text", "control-character"));
        }
        if text.chars().count() > LIMIT {
            return Err(FieldFault::new("text", "too-long").with("limit", LIMIT));
        }
        if text.is_empty() {
            return Ok(Self { meanings: vec![Meaning::All], doubt: None });
        }
        let (mut meanings, doubt) = numbers(text);
        let record = record_key(text);
        let has_digit = text.contains(|c: char| c.is_ascii_digit());
        // Names have no digits, but those of newborn twins: `RN 1 de María`.
        if !has_digit || names_a_newborn(text) {
            meanings.extend(words(text)?);
        }
        if !record.is_empty() && (has_digit || text.is_ascii()) {
            meanings.push(Meaning::Record(record));
        }
        match meanings.is_empty() {
            true => Err(FieldFault::new("text", "name-characters")),
            false => Ok(Self { meanings, doubt }),
        }
    }
}

fn names_a_newborn(text: &str) -> bool {
    fold(text).split_whitespace().any(|w| w.trim_end_matches(|c: char| c.is_ascii_digit()) == "RN")
}

/// The words of a name, in each way that names were ever folded.
fn words(text: &str) -> Result<Vec<Meaning>, FieldFault> {
    let mut ways: Vec<Meaning> = vec![];
    for folded in [fold(text), fold_accents(text)] {
        let words: Vec<String> = folded.split_whitespace().map(str::to_owned).collect();
        if words.len() > WORDS {
            return Err(FieldFault::new("text", "too-many").with("limit", WORDS));
        }
        let way = Meaning::Words(words);
        if way != Meaning::Words(vec![]) && !ways.contains(&way) {
            ways.push(way);
        }
    }
    Ok(ways)
}

/// The numbers that carry their own form, and what is wrong with one that carries it badly.
fn numbers(text: &str) -> (Vec<Meaning>, Option<FieldFault>) {
    let mut doubt = None;
    let curp = match text.parse::<Curp>() {
        Ok(curp) => Some(Meaning::Curp(curp)),
        Err(CurpError::Length) => None,
        Err(e) => {
            if text.contains(|c: char| c.is_ascii_digit()) && !text.contains(' ') {
                doubt = Some(e.fault("text"));
            }
            None
        }
    };
    let digits = text.chars().filter(|c| !" -".contains(*c));
    let is_code = digits.clone().count() == 12 && digits.clone().all(|c| c.is_ascii_digit());
    let code = match text.parse::<ContainerCode>() {
        Ok(code) => Some(Meaning::Container(code)),
        Err(e) => {
            if is_code {
                doubt = Some(e.fault("text"));
            }
            None
        }
    };
    let found = [
        text.parse().ok().map(Meaning::Folio),
        text.parse().ok().map(Meaning::Study),
        curp,
        text.parse().ok().map(Meaning::Nss),
        code,
    ];
    (found.into_iter().flatten().collect(), doubt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> Meaning {
        Meaning::Record(text.into())
    }

    #[test]
    fn a_text_is_all_that_it_looks_like() {
        let read = |text| Needle::read(text).unwrap().meanings;
        assert_eq!(read("  "), [Meaning::All]);
        let folio = Meaning::Folio(PatientFolio::new(2026, 123));
        assert_eq!(read(" p-26-00123"), [folio, record("P2600123")]);
        let study = Meaning::Study(StudyNumber::new(2026, 123));
        assert_eq!(read("s-26-000123"), [study, record("S26000123")]);
        let curp = Meaning::Curp("ROCA190305HPLDRNA0".parse().unwrap());
        assert_eq!(read("roca190305hpldrna0"), [curp, record("ROCA190305HPLDRNA0")]);
        let nss = Meaning::Nss("92919084431".parse().unwrap());
        assert_eq!(read("9291 9084 431"), [nss, record("92919084431")]);
        let code = Meaning::Container("100700012330".parse::<ContainerCode>().unwrap());
        assert_eq!(read("1-007-000123-30"), [code, record("100700012330")]);
        assert_eq!(read(" EXP  77/19"), [record("EXP7719")]);
        let words = Meaning::Words(vec!["NUNEZ".into(), "ARI".into()]);
        assert_eq!(read("nunez, ari"), [words, record("NUNEZARI")]);
        assert_eq!(read("núñez, ari").len(), 1);
        // Rows of before hold the letter itself.
        let (now, before) = (vec!["LUKASZ".to_owned()], vec!["ŁUKASZ".to_owned()]);
        assert_eq!(read("Łukasz"), [Meaning::Words(now), Meaning::Words(before)]);
    }

    #[test]
    fn br_01_a_mistyped_number_is_named_by_its_rule() {
        let doubt = |text: &str| Needle::read(text).unwrap().doubt.map(|d| d.code);
        assert_eq!(doubt("ROCA190305HPLDRNA1"), Some("curp-check-digit"));
        assert_eq!(doubt("1-007-000123-31"), Some("code-check"));
        let code = |text: &str| Needle::read(text).unwrap_err().code;
        assert_eq!(code("a\u{7}b"), "control-character");
        assert_eq!(code(&"x".repeat(201)), "too-long");
        assert_eq!(code("%"), "name-characters");
        assert_eq!(code("a b c d e f g h i j k"), "too-many");
    }
}
