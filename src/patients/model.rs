//! Identity.

use diesel::{Insertable, Queryable, Selectable};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::birth::{BirthDate, BirthPrecision};
use super::duplicate::is_newborn;
use super::store::IdentityEventId;
use crate::codes::{AgregadoMedico, Curp, Nss, PatientFolio, Sex};
use crate::db::{Day, Instant};
use crate::people::UserId;
use crate::schema::patients;
use crate::sites::SiteId;

crate::id_type! {
    /// A child with a record.
    PatientId
}

/// A name in its parts: two surnames, the second one optional. Who has one name has no surname.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct PersonName {
    /// Given names, in their order; of somebody with one name, that one.
    pub given: String,
    /// Paternal surname; empty for somebody with one name.
    pub surname1: String,
    /// Maternal surname; none where there is none, or where nobody knows it.
    pub surname2: Option<String>,
}

impl PersonName {
    /// As on banners and labels: `RODRÍGUEZ CANO, Ari`; of somebody with one name `NAHUEL`.
    pub fn display(&self) -> String {
        let surnames = match &self.surname2 {
            Some(second) => format!("{} {second}", self.surname1),
            None => self.surname1.clone(),
        };
        match surnames.is_empty() {
            true => self.given.to_uppercase(),
            false => format!("{}, {}", surnames.to_uppercase(), self.given),
        }
    }
    /// What two spellings of one name share: see [`fold`].
    pub fn folded(&self) -> String {
        let parts = [Some(&self.surname1), self.surname2.as_ref(), Some(&self.given)];
        let all: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        fold(&all.join(" "))
    }
}

impl PersonName {
    /// The folded words a search may begin with, each once: `D'Ávila` is found as `avila`, as
    /// `d avila` and as `davila`.
    pub fn search_words(&self) -> Vec<String> {
        let parts = [Some(&self.given), Some(&self.surname1), self.surname2.as_ref()];
        let spoken = parts.into_iter().flatten().flat_map(|p| p.split_whitespace());
        let mut words: Vec<String> = vec![];
        for word in spoken {
            let folded = fold(word);
            words.extend(folded.split(' ').map(str::to_owned));
            words.push(folded.replace(' ', ""));
        }
        words.retain(|w| !w.is_empty());
        words.sort_unstable();
        words.dedup();
        words
    }
}

/// A name without accents, case, hyphens and double spaces, ñ as n, Ł as L, in whatever script and
/// width: for searching and for finding duplicates, never for showing.
pub fn fold(name: &str) -> String {
    let plain = name.nfkd().filter(|c| !is_combining_mark(*c));
    let latin: String = plain.map(|c| deunicode::deunicode_char(c).unwrap_or(" ")).collect();
    words_of(&latin)
}

/// As names were folded before [`fold`] knew letters that are no accented ones (Ł, Ø, full width):
/// rows of that time are found by it.
pub fn fold_accents(name: &str) -> String {
    words_of(&name.nfd().filter(|c| !is_combining_mark(*c)).collect::<String>())
}

fn words_of(text: &str) -> String {
    let upper = text.chars().flat_map(char::to_uppercase);
    let plain: String = upper.map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a record number is found by: its letters and digits, however blanks, signs and case were
/// typed. `patient_sites.record_key` is the same in SQL.
pub fn record_key(number: &str) -> String {
    number.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// A child as to be registered: every field checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPatient {
    /// The name in its own spelling, whatever labels can draw.
    pub name: PersonName,
    /// Birth date, as much of it as is known.
    pub birth: BirthDate,
    /// Sex as it is registered: it has to be said, with a CURP too.
    pub sex: Sex,
    /// CURP: optional, unique where given.
    pub curp: Option<Curp>,
    /// Social security number: the insured parent's.
    pub nss: Option<Nss>,
    /// Tells the members of a family apart.
    pub agregado: Option<AgregadoMedico>,
    /// Record number at the registering site.
    pub record_number: Option<String>,
    /// One of a multiple birth.
    pub multiple_birth: bool,
    /// The name as labels print it, where they can't draw the name itself.
    pub latin: Option<PersonName>,
}

/// A child as registered.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = patients)]
pub struct Patient {
    /// Names the record in addresses and in every row about the child.
    pub id: PatientId,
    /// What people call the record by, on papers too.
    pub folio: PatientFolio,
    /// Given names, in their order; of somebody with one name, that one.
    pub given_names: String,
    /// Paternal surname; empty for somebody with one name.
    pub surname1: String,
    /// Maternal surname; none where there is none, or where nobody knows it.
    pub surname2: Option<String>,
    /// The name as searches and comparisons see it ([`fold`]); never shown.
    pub folded_name: String,
    /// Birth date; of an estimate its first day. Shown by [`Patient::birth`] alone.
    pub birth_date: Day,
    /// Sex as it is registered; a CURP or agregado that says otherwise is a doubt (BR-31).
    pub sex: Sex,
    /// CURP; none while nobody has it. No two records have the same.
    pub curp: Option<Curp>,
    /// Social security number, the insured parent's: brothers and sisters may share it (BR-30).
    pub nss: Option<Nss>,
    /// What tells those apart who share an NSS; none where the paper has none.
    pub agregado: Option<AgregadoMedico>,
    /// One of a multiple birth.
    pub multiple_birth: bool,
    /// When the record was made.
    pub registered_at: Instant,
    /// Who made the record.
    pub registered_by: UserId,
    /// The site that made the record.
    pub registered_site: SiteId,
    /// Identity events so far.
    pub event_count: i64,
    /// How much of the birth date is known.
    pub birth_precision: BirthPrecision,
    /// Given names as labels print them; with [`Patient::label_name`].
    pub latin_given: Option<String>,
    /// First surname as labels print it.
    pub latin_surname1: Option<String>,
    /// Second surname as labels print it.
    pub latin_surname2: Option<String>,
    /// The identity event that proposes another identity and waits for a second person.
    pub proposal: Option<IdentityEventId>,
    /// The record that stays, where this one was merged into it (BR-29).
    pub merged_into: Option<PatientId>,
}

crate::words! {
    /// What in a record deserves a second look (BR-31): shown, never corrected.
    pub enum DoubtCode {
        /// The CURP holds another birth date.
        CurpBirthDate = "curp-birth-date",
        /// The CURP holds another sex.
        CurpSex = "curp-sex",
        /// The CURP's letters come from another name.
        CurpName = "curp-name",
        /// The CURP begins with a word that the registry says it never issues.
        CurpWord = "curp-word",
        /// The agregado holds another birth year.
        AgregadoBirthYear = "agregado-birth-year",
        /// The agregado holds another sex.
        AgregadoSex = "agregado-sex",
        /// Over 21 years at registration: children are treated here.
        Adult = "adult",
        /// A newborn without a name of its own: the name is to be corrected once it has one.
        NewbornName = "newborn-name",
    }
}

/// A doubt with both values.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Doubt {
    /// What does not fit.
    pub code: DoubtCode,
    /// What the CURP or the agregado says; the age in years for an adult.
    pub says: String,
    /// What the record says.
    pub record: String,
}

/// Years at registration above which the birth date is doubted.
const ADULT: i16 = 21;

impl Patient {
    /// What the record's parts say against one another.
    pub fn doubts(&self) -> Vec<Doubt> {
        let mut found = self.curp_doubts();
        if is_newborn(&self.given_names) {
            let (says, record) = (self.given_names.clone(), self.name().display());
            found.push(Doubt { code: DoubtCode::NewbornName, says, record });
        }
        if let Some(agregado) = &self.agregado {
            let year = self.birth_date.0.year();
            if agregado.birth_year() != year {
                let says = agregado.birth_year().to_string();
                let record = year.to_string();
                found.push(Doubt { code: DoubtCode::AgregadoBirthYear, says, record });
            }
            let sex = if agregado.as_str().as_bytes()[1] == b'M' { Sex::Male } else { Sex::Female };
            if self.sex != Sex::Other && sex != self.sex {
                let (says, record) = (sex.to_string(), self.sex.to_string());
                found.push(Doubt { code: DoubtCode::AgregadoSex, says, record });
            }
        }
        // The day in UTC is good enough for an age in years.
        let years = self.age_years(Day(self
            .registered_at
            .timestamp()
            .to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .date()));
        if years > ADULT {
            let (says, record) = (years.to_string(), self.birth().to_string());
            found.push(Doubt { code: DoubtCode::Adult, says, record });
        }
        found
    }

    fn curp_doubts(&self) -> Vec<Doubt> {
        let Some(curp) = &self.curp else { return vec![] };
        let birth = self.birth();
        // An estimate that the CURP's date fits is no other date.
        let day = if birth.meets(curp.birth_date().into()) { curp.birth_date() } else { birth.day };
        let found = curp.disagreements(day, self.sex).into_iter();
        let mut found: Vec<Doubt> = found
            .map(|d| {
                let code = match d.field {
                    "birth_date" => DoubtCode::CurpBirthDate,
                    _ => DoubtCode::CurpSex,
                };
                Doubt { code, says: d.curp, record: d.record }
            })
            .collect();
        let name = self.name();
        let of_name = |code| Doubt { code, says: curp.to_string(), record: name.display() };
        if !curp.fits(&name.surname1, name.surname2.as_deref(), &name.given) {
            found.push(of_name(DoubtCode::CurpName));
        }
        if curp.begins_forbidden() {
            found.push(of_name(DoubtCode::CurpWord));
        }
        found
    }

    /// The name in its parts.
    pub fn name(&self) -> PersonName {
        PersonName {
            given: self.given_names.clone(),
            surname1: self.surname1.clone(),
            surname2: self.surname2.clone(),
        }
    }
    /// The name in Latin letters, where it has one of its own.
    pub fn latin(&self) -> Option<PersonName> {
        self.latin_given.as_ref().map(|_| self.label_name())
    }
    /// The name as labels print it: in Latin letters where they can't draw the name itself.
    pub fn label_name(&self) -> PersonName {
        match (&self.latin_given, &self.latin_surname1) {
            (Some(given), Some(surname1)) => PersonName {
                given: given.clone(),
                surname1: surname1.clone(),
                surname2: self.latin_surname2.clone(),
            },
            _ => self.name(),
        }
    }
    /// Whole years at `today`.
    pub fn age_years(&self, today: Day) -> i16 {
        let (b, t) = (self.birth_date.0, today.0);
        let before_birthday = (t.month(), t.day()) < (b.month(), b.day());
        t.year() - b.year() - i16::from(before_birthday)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_forgets_accents_case_and_hyphens() {
        assert_eq!(fold("  Núñez-Peña,  José María "), "NUNEZ PENA JOSE MARIA");
        assert_eq!(fold("NUÑEZ PEÑA JOSE MARIA"), fold("núñez peña josé maría"));
        assert_eq!(fold("Zoë Müller"), "ZOE MULLER");
        assert_eq!(fold("Łukasz Øster ÆBLE"), "LUKASZ OSTER AEBLE");
        assert_eq!(fold("Ｊｏｓé Ｎúñｅｚ"), "JOSE NUNEZ");
        assert_eq!(fold("D´Ávila D’ÁVILA d'avila"), "D AVILA D AVILA D AVILA");
    }

    #[test]
    fn names_of_mexico_fold_as_they_always_did() {
        for name in ["Núñez-Peña", "Ma. de los Ángeles", "D’Ávila", "Güemes", "Muñoz Ledo"]
        {
            assert_eq!(fold(name), fold_accents(name), "{name}");
        }
    }

    #[test]
    fn a_record_number_is_its_letters_and_digits() {
        assert_eq!(record_key(" exp-00077 / nan9"), "EXP00077NAN9");
        assert_eq!(record_key("---"), "");
    }

    #[test]
    fn a_name_is_found_by_each_of_its_words() {
        let name = PersonName {
            given: "José".into(),
            surname1: "Núñez-Peña".into(),
            surname2: Some("D’Ávila".into()),
        };
        let words = ["AVILA", "D", "DAVILA", "JOSE", "NUNEZ", "NUNEZPENA", "PENA"];
        assert_eq!(name.search_words(), words);
    }

    #[test]
    fn the_second_surname_may_be_missing() {
        let name = PersonName { given: "Ari".into(), surname1: "Pérez".into(), surname2: None };
        assert_eq!(name.display(), "PÉREZ, Ari");
        assert_eq!(name.folded(), "PEREZ ARI");
    }
}
