//! What a text typed or scanned into the search field means.

use super::model::fold;
use crate::codes::{ContainerCode, Curp, CurpError, Nss, PatientFolio, StudyNumber};
use crate::web::FieldFault;

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needle {
    /// A folio.
    Folio(PatientFolio),
    /// A CURP.
    Curp(Curp),
    /// An NSS: several children may share it (BR-30).
    Nss(Nss),
    /// A tube's code, as scanned.
    Container(ContainerCode),
    /// A request's number.
    Study(StudyNumber),
    /// Anything else with a digit in it: a record number at the caller's centres. Names have none.
    Record(String),
    /// Folded words: each must begin a word of the name.
    Words(Vec<String>),
    /// Everybody in reach.
    All,
}

/// Characters a search may have.
const LIMIT: usize = 200;
/// Words it may have: a name has fewer.
const WORDS: usize = 10;

impl Needle {
    /// One word for the audit log: what was typed stays out of it.
    pub fn kind(&self) -> &'static str {
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

    /// Reads `text`. What can only be a mistyped CURP or label is refused by its rule (BR-01),
    /// rather than answered with an empty list.
    pub fn read(text: &str) -> Result<Self, FieldFault> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(FieldFault::new("text", "control-character"));
        }
        if text.chars().count() > LIMIT {
            return Err(FieldFault::new("text", "too-long").with("limit", LIMIT));
        }
        if let Some(number) = number(text)? {
            return Ok(number);
        }
        if text.contains(|c: char| c.is_ascii_digit()) {
            return Ok(Self::Record(text.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        let folded = fold(text);
        let words: Vec<String> = folded.split_whitespace().map(str::to_owned).collect();
        match words.len() {
            0 if text.is_empty() => Ok(Self::All),
            0 => Err(FieldFault::new("text", "name-characters")),
            1..=WORDS => Ok(Self::Words(words)),
            _ => Err(FieldFault::new("text", "too-many").with("limit", WORDS)),
        }
    }
}

/// The numbers that carry their own form.
fn number(text: &str) -> Result<Option<Needle>, FieldFault> {
    if let Ok(folio) = text.parse() {
        return Ok(Some(Needle::Folio(folio)));
    }
    if let Ok(study) = text.parse() {
        return Ok(Some(Needle::Study(study)));
    }
    match text.parse::<Curp>() {
        Ok(curp) => return Ok(Some(Needle::Curp(curp))),
        Err(CurpError::Length) => {}
        Err(e) if text.contains(|c: char| c.is_ascii_digit()) && !text.contains(' ') => {
            return Err(e.fault("text"));
        }
        Err(_) => {}
    }
    if let Ok(nss) = text.parse() {
        return Ok(Some(Needle::Nss(nss)));
    }
    let digits = text.chars().filter(|c| !" -".contains(*c));
    let is_code = digits.clone().count() == 12 && digits.clone().all(|c| c.is_ascii_digit());
    match text.parse::<ContainerCode>() {
        Ok(code) => Ok(Some(Needle::Container(code))),
        Err(e) if is_code => Err(e.fault("text")),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_it_looks_like() {
        let read = |text| Needle::read(text).unwrap();
        assert_eq!(read("  "), Needle::All);
        assert_eq!(read(" p-26-00123"), Needle::Folio(PatientFolio::new(2026, 123)));
        assert_eq!(read("s-26-000123"), Needle::Study(StudyNumber::new(2026, 123)));
        assert_eq!(read("roca190305hpldrna0"), Needle::Curp("ROCA190305HPLDRNA0".parse().unwrap()));
        assert_eq!(read("9291 9084 431"), Needle::Nss("92919084431".parse().unwrap()));
        assert_eq!(
            read("1-007-000123-30"),
            Needle::Container("100700012330".parse::<ContainerCode>().unwrap())
        );
        assert_eq!(read(" EXP  77/19"), Needle::Record("EXP 77/19".into()));
        assert_eq!(read("núñez, ari"), Needle::Words(vec!["NUNEZ".into(), "ARI".into()]));
    }

    #[test]
    fn br_01_a_mistyped_number_is_named_by_its_rule() {
        let code = |text: &str| Needle::read(text).unwrap_err().code;
        assert_eq!(code("ROCA190305HPLDRNA1"), "curp-check-digit");
        assert_eq!(code("1-007-000123-31"), "code-check");
        assert_eq!(code("a\u{7}b"), "control-character");
        assert_eq!(code(&"x".repeat(201)), "too-long");
        assert_eq!(code("%"), "name-characters");
        assert_eq!(code("a b c d e f g h i j k"), "too-many");
    }
}
