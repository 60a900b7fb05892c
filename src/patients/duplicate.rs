//! Is this child registered already? Rules of `domain.md` 4.3, in their order; a person decides,
//! never the program.

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::model::{NewPatient, Patient, PatientId, fold};
use crate::people::UserId;

crate::words! {
    /// Why two records may be one child.
    pub enum DuplicateReason {
        /// The same CURP: two active patients can't share one (BR-30).
        SameCurp = "same-curp",
        /// The same NSS, given names and birth date.
        SameNssNameBirth = "same-nss-name-birth",
        /// The same folded name and birth date.
        SameNameBirth = "same-name-birth",
        /// The same NSS and birth date, another given name: perhaps twins.
        PerhapsTwins = "perhaps-twins",
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
            birth_date: p.birth_date.to_string(),
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

/// Why `new` may be `old`; `None` if nothing says so.
pub fn compare(new: &NewPatient, old: &Patient) -> Option<DuplicateReason> {
    if new.curp.is_some() && new.curp == old.curp {
        return Some(DuplicateReason::SameCurp);
    }
    if new.birth_date != old.birth_date {
        return None;
    }
    // The agregado is left out on purpose: it is often missing and often mistyped, and a missed
    // duplicate costs more than a question.
    let same_nss = new.nss.is_some() && new.nss == old.nss;
    if same_nss && fold(&new.name.given) == fold(&old.given_names) {
        return Some(DuplicateReason::SameNssNameBirth);
    }
    if new.name.folded() == old.folded_name {
        return Some(DuplicateReason::SameNameBirth);
    }
    same_nss.then_some(DuplicateReason::PerhapsTwins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::{PatientFolio, Sex};
    use crate::db::{Day, Instant};
    use crate::patients::PersonName;
    use crate::sites::SiteId;

    const NSS: &str = "92919084431";

    fn new(given: &str, surname1: &str) -> NewPatient {
        let name = PersonName { given: given.into(), surname1: surname1.into(), surname2: None };
        NewPatient {
            name,
            birth_date: Day::new(2019, 3, 5).unwrap(),
            sex: Sex::Male,
            curp: None,
            nss: None,
            agregado: None,
            record_number: None,
            multiple_birth: false,
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
            birth_date: n.birth_date,
            sex: n.sex,
            curp: None,
            nss: None,
            agregado: None,
            multiple_birth: false,
            registered_at: "2026-03-03T00:00:00Z".parse::<Instant>().unwrap(),
            registered_by: UserId::new(),
            registered_site: SiteId::new(),
            event_count: 1,
        }
    }

    #[test]
    fn names_are_compared_folded_and_only_with_the_birth_date() {
        let there = old("José", "Núñez");
        let same = Some(DuplicateReason::SameNameBirth);
        assert_eq!(compare(&new("JOSE", "nunez"), &there), same);
        let other_day =
            NewPatient { birth_date: Day::new(2019, 3, 6).unwrap(), ..new("José", "Núñez") };
        assert_eq!(compare(&other_day, &there), None);
    }

    #[test]
    fn the_same_nss_means_the_same_child_or_perhaps_twins() {
        let nss = Some(NSS.parse().unwrap());
        let there = Patient {
            nss: nss.clone(),
            agregado: Some("3M2019OR".parse().unwrap()),
            ..old("Ari", "Cano")
        };
        let with = |given, surname| NewPatient { nss: nss.clone(), ..new(given, surname) };
        // A missing agregado and another spelling of the surname do not hide the child.
        let same = Some(DuplicateReason::SameNssNameBirth);
        assert_eq!(compare(&with("ARI", "Kano"), &there), same);
        assert_eq!(compare(&with("Beto", "Cano"), &there), Some(DuplicateReason::PerhapsTwins));
        let brother =
            NewPatient { birth_date: Day::new(2021, 1, 1).unwrap(), ..with("Beto", "Cano") };
        assert_eq!(compare(&brother, &there), None);
    }

    #[test]
    fn a_mark_is_anothers_secret() {
        let (ana, eva, child) = (UserId::new(), UserId::new(), PatientId::new());
        assert_eq!(mark(ana, child), mark(ana, child));
        assert_ne!(mark(ana, child), mark(eva, child));
        assert_eq!(mark(ana, child).len(), 16);
    }
}
