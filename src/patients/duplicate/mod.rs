//! Is this child registered already? Rules of `domain.md` 4.3, in their order; a person decides,
//! never the program.
//!
//! Who is compared is looked up by what has an index: CURP, NSS, the record number at the
//! registering centre, and the birth dates near the child's ([`near_dates`]). Of those
//! [`compare`] says who may be the same child: the nearer the dates, the less of the names must fit.
//! `tests/duplicates.rs` measures both sides: which faults of papers are asked about, and how many
//! distinct children are asked about without need. Pure.

mod dates;
mod names;
mod sound;

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use self::dates::Near;
use self::names::{Alike, Words};
use super::birth::BirthDate;
use super::model::{NewPatient, Patient, PatientId};
use crate::db::Day;
use crate::people::UserId;

pub use names::is_newborn;

crate::words! {
    /// Why two records may be one child, the surest first.
    pub enum DuplicateReason {
        /// The same CURP: two active patients can't share one (BR-30).
        SameCurp = "same-curp",
        /// The same NSS, given names and birth date.
        SameNssNameBirth = "same-nss-name-birth",
        /// The same folded name and birth date.
        SameNameBirth = "same-name-birth",
        /// The same record number at one centre: two children never have it, whatever else differs.
        SameRecord = "same-record",
        /// The same NSS and given names, another birth date.
        SameNssName = "same-nss-name",
        /// A name written otherwise, or with less, and the same birth date.
        NameAlike = "name-alike",
        /// The same name and a birth date of which one part differs, or that a slip makes of the other.
        BirthAlike = "birth-alike",
        /// A newborn without a name yet: a surname and the birth date.
        Newborn = "newborn",
        /// The same NSS or both surnames, and the birth date, with another given name: perhaps twins.
        PerhapsTwins = "perhaps-twins",
    }
}

impl DuplicateReason {
    /// Whether it is enough to open a record in an emergency.
    pub fn is_sure(self) -> bool {
        self <= Self::SameNameBirth
    }
    /// Whether a twin looks like this: one birth date, and names that differ by a letter or more, or
    /// by the number of a newborn.
    pub fn may_be_twin(self) -> bool {
        use DuplicateReason as R;
        matches!(self, R::PerhapsTwins | R::NameAlike | R::SameNssNameBirth | R::Newborn)
    }
}

/// A registered child as the rules compare it with a new one.
#[derive(Debug, Clone)]
pub struct Known {
    /// The registered child's own record.
    pub patient: Patient,
    /// Whether it has the new child's record number at the registering centre.
    pub same_record: bool,
    /// Whether the caller may see it.
    pub near: bool,
}

/// The birth dates under which a child of this one may be registered: near ones, and the first days
/// of the month and the year, which estimates have. Of an estimate itself every day that it may be:
/// few children are registered so.
pub(super) fn near_dates(birth: BirthDate) -> Vec<Day> {
    let mut found: Vec<Day> = dates::around(birth.day).into_keys().collect();
    let date = birth.day.0;
    found.extend([Day(date.first_of_month()), Day(date.first_of_year())]);
    let days = birth.last().days_since(birth.day);
    found.extend((0..=days).map(|n| birth.day.plus_days(n)));
    found.sort_unstable();
    found.dedup();
    found
}

/// How near two birth dates are; an estimate is near every day that it may be, but the same as none.
fn near(one: BirthDate, other: BirthDate) -> Option<Near> {
    match one.is_estimated() || other.is_estimated() {
        true => one.meets(other).then_some(Near::Close),
        false => dates::near(one.day, other.day),
    }
}

/// A registered child that may be the same one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Candidate {
    /// Goes into `decision.of`: says that this candidate was seen and decided about.
    pub mark: String,
    /// Why it is shown.
    pub reason: DuplicateReason,
    /// Enough to decide. Only records in reach are candidates.
    pub record: CandidateRecord,
}

/// What is shown of a candidate in reach.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct CandidateRecord {
    pub id: PatientId,
    pub folio: String,
    pub name: String,
    pub birth_date: String,
    pub sex: String,
    pub curp: Option<String>,
    pub nss: Option<String>,
    pub agregado: Option<String>,
    pub multiple_birth: bool,
    /// Name of the centre that registered it.
    pub centre: String,
}

impl CandidateRecord {
    /// Of a record in reach.
    pub fn new(p: &Patient, centre: &str) -> Self {
        Self {
            id: p.id,
            folio: p.folio.to_string(),
            name: p.name().display(),
            birth_date: p.birth().to_string(),
            sex: p.sex.to_string(),
            curp: p.curp.as_ref().map(ToString::to_string),
            nss: p.nss.as_ref().map(ToString::to_string),
            agregado: p.agregado.as_ref().map(ToString::to_string),
            multiple_birth: p.multiple_birth,
            centre: centre.to_owned(),
        }
    }
}

/// A name for `patient` that means something only to `asker`: says that this person was shown it.
pub fn mark(asker: UserId, patient: PatientId) -> String {
    let hash = Sha256::new()
        .chain_update("rastro candidate\n")
        .chain_update(asker.0.as_bytes())
        .chain_update(patient.0.as_bytes())
        .finalize();
    hash[..8].iter().map(|b| format!("{b:02x}")).collect()
}

/// Why `new` may be the child `known`; `None` if nothing says so.
///
/// Two surnames and a birth date in common, with another given name, are asked about only where the
/// other child is in reach: in a large network they meet by chance, and a question to another
/// centre tells that somebody is there.
pub fn compare(new: &NewPatient, known: &Known) -> Option<DuplicateReason> {
    use DuplicateReason as R;
    let old = &known.patient;
    if new.curp.is_some() && new.curp == old.curp {
        return Some(R::SameCurp);
    }
    // The agregado is left out on purpose: it is often missing and often mistyped, and a missed
    // duplicate costs more than a question.
    let same_nss = new.nss.is_some() && new.nss == old.nss;
    let near = near(new.birth, old.birth());
    let (mine, theirs) = (Words::new(&new.name), Words::new(&old.name()));
    let same_day = near == Some(Near::Same);
    if same_nss && mine.given_alike(&theirs) {
        return Some(if same_day { R::SameNssNameBirth } else { R::SameNssName });
    }
    if same_day && new.name.folded() == old.name().folded() {
        return Some(R::SameNameBirth);
    }
    let by_names = near.zip(mine.alike(&theirs)).and_then(|(near, alike)| by_names(near, alike));
    match by_names {
        Some(R::PerhapsTwins) | None if same_nss && same_day => Some(R::PerhapsTwins),
        // Twins may be in one folder.
        Some(R::PerhapsTwins) if known.near => Some(R::PerhapsTwins),
        _ if known.same_record => Some(R::SameRecord),
        Some(R::PerhapsTwins) => None,
        found => found,
    }
}

fn by_names(near: Near, alike: Alike) -> Option<DuplicateReason> {
    use DuplicateReason as R;
    match (near, alike) {
        (Near::Same, Alike::Whole | Alike::Part(_) | Alike::OneSurname) => Some(R::NameAlike),
        (Near::Same, Alike::Surnames) => Some(R::PerhapsTwins),
        (Near::Same | Near::Close, Alike::Newborn) => Some(R::Newborn),
        (Near::Close, Alike::Whole | Alike::Part(_)) => Some(R::BirthAlike),
        // A wrong part leads to five dozen other days: two common words meet there by chance.
        (Near::Part, Alike::Whole | Alike::Part(3..)) => Some(R::BirthAlike),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::{PatientFolio, Sex};
    use crate::db::{Day, Instant};
    use crate::patients::{BirthPrecision, PersonName};
    use crate::sites::SiteId;

    const NSS: &str = "92919084431";

    fn new(given: &str, surname1: &str) -> NewPatient {
        let name = PersonName { given: given.into(), surname1: surname1.into(), surname2: None };
        NewPatient {
            name,
            birth: Day::new(2019, 3, 5).unwrap().into(),
            sex: Sex::Male,
            curp: None,
            nss: None,
            agregado: None,
            record_number: None,
            multiple_birth: false,
            latin: None,
        }
    }
    fn old(given: &str, surname1: &str) -> Patient {
        let n = new(given, surname1);
        Patient {
            id: PatientId::new(),
            folio: PatientFolio::new(2026, 1),
            folded_name: n.name.folded(),
            given_names: n.name.given,
            surname1: n.name.surname1,
            surname2: None,
            birth_date: n.birth.day,
            sex: n.sex,
            curp: None,
            nss: None,
            agregado: None,
            multiple_birth: false,
            registered_at: "2026-03-03T00:00:00Z".parse::<Instant>().unwrap(),
            registered_by: UserId::new(),
            registered_site: SiteId::new(),
            event_count: 1,
            birth_precision: n.birth.precision,
            latin_given: None,
            latin_surname1: None,
            latin_surname2: None,
            proposal: None,
            merged_into: None,
        }
    }

    fn known(patient: Patient) -> Known {
        Known { patient, same_record: false, near: true }
    }
    fn born(day: &str, of: NewPatient) -> NewPatient {
        NewPatient { birth: day.parse().unwrap(), ..of }
    }

    #[test]
    fn names_and_birth_dates_are_compared_together() {
        let there = known(old("José", "Núñez Ríos"));
        let of = |day: &str, given, surnames| compare(&born(day, new(given, surnames)), &there);
        let same = "2019-03-05";
        assert_eq!(of(same, "JOSE", "nunez rios"), Some(DuplicateReason::SameNameBirth));
        assert_eq!(of(same, "José", "Nuñes"), Some(DuplicateReason::NameAlike));
        assert_eq!(of(same, "RN", "Ríos Soto"), Some(DuplicateReason::Newborn));
        assert_eq!(of(same, "Bruno", "Núñez Ríos"), Some(DuplicateReason::PerhapsTwins));
        assert_eq!(of(same, "Bruno", "Núñez Soto"), None);
        for near in ["2019-05-03", "2018-03-05", "2019-03-15"] {
            let alike = Some(DuplicateReason::BirthAlike);
            assert_eq!(of(near, "Jose", "Nunez Rios"), alike, "{near}");
        }
        assert_eq!(of("2019-03-15", "José", "Núñez"), None);
        assert_eq!(of("2019-03-06", "José", "Núñez Soto"), None);
        assert_eq!(of("2017-08-21", "José", "Núñez Ríos"), None);
    }

    #[test]
    fn an_estimated_birth_date_is_near_every_day_that_it_may_be() {
        let there = old("José", "Núñez Ríos");
        let of =
            |day: &str, given| compare(&born(day, new(given, "Núñez Ríos")), &known(there.clone()));
        for estimate in ["2019", "2019-03"] {
            assert_eq!(of(estimate, "José"), Some(DuplicateReason::BirthAlike), "{estimate}");
            assert!(near_dates(estimate.parse().unwrap()).contains(&there.birth_date));
        }
        assert_eq!(of("2018", "José"), None);
        assert_eq!(of("2019", "Bruno"), None);
        let estimated = Patient {
            birth_date: "2019-01-01".parse().unwrap(),
            birth_precision: BirthPrecision::Year,
            ..there.clone()
        };
        let whole = born("2019-09-30", new("José", "Núñez Ríos"));
        let asked = compare(&whole, &known(estimated.clone()));
        assert_eq!(asked, Some(DuplicateReason::BirthAlike));
        assert!(near_dates(whole.birth).contains(&estimated.birth_date));
    }

    #[test]
    fn both_surnames_elsewhere_are_no_reason_to_ask_another_centre() {
        let there = Known { near: false, ..known(old("José", "Núñez Ríos")) };
        assert_eq!(compare(&new("Bruno", "Núñez Ríos"), &there), None);
        let alike = compare(&new("Jose", "Nunes Rios"), &there);
        assert_eq!(alike, Some(DuplicateReason::NameAlike));
    }

    #[test]
    fn one_record_number_at_a_centre_is_one_child_whatever_else_is_written() {
        let there = Known { same_record: true, ..known(old("José", "Núñez")) };
        let other = born("2017-08-21", new("Bruno", "Soto"));
        assert_eq!(compare(&other, &there), Some(DuplicateReason::SameRecord));
    }

    #[test]
    fn the_same_nss_means_the_same_child_or_perhaps_twins() {
        let nss = Some(NSS.parse().unwrap());
        let there = known(Patient {
            nss: nss.clone(),
            agregado: Some("3M2019OR".parse().unwrap()),
            ..old("Ari", "Cano")
        });
        let with = |given, surname| NewPatient { nss: nss.clone(), ..new(given, surname) };
        // A missing agregado and another spelling of the surname do not hide the child.
        let same = Some(DuplicateReason::SameNssNameBirth);
        assert_eq!(compare(&with("ARI", "Kano"), &there), same);
        assert_eq!(compare(&with("Beto", "Cano"), &there), Some(DuplicateReason::PerhapsTwins));
        let brother = born("2021-01-01", with("Beto", "Cano"));
        assert_eq!(compare(&brother, &there), None);
        let wrong_day = born("2021-01-01", with("Ari", "Cano"));
        assert_eq!(compare(&wrong_day, &there), Some(DuplicateReason::SameNssName));
    }

    #[test]
    fn a_mark_is_anothers_secret() {
        let (ana, eva, child) = (UserId::new(), UserId::new(), PatientId::new());
        assert_eq!(mark(ana, child), mark(ana, child));
        assert_ne!(mark(ana, child), mark(eva, child));
        assert_eq!(mark(ana, child).len(), 16);
    }
}
