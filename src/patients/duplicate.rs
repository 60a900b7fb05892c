//! Is this child registered already? Rules of `domain.md` 4.3, in their order; a person decides,
//! never the program.

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{NewPatient, Patient, fold};

crate::words! {
    /// Why two records may be one child.
    pub enum DuplicateReason {
        /// The same CURP: two active patients can't share one (BR-30).
        SameCurp = "same-curp",
        /// The same NSS, agregado, given names and birth date.
        SameNssNameBirth = "same-nss-name-birth",
        /// The same folded name and birth date.
        SameNameBirth = "same-name-birth",
        /// The same NSS and birth date, another given name: perhaps twins.
        PerhapsTwins = "perhaps-twins",
    }
}

/// What a twin changes.
pub type Twin = bool;

/// A registered child that may be the same one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Candidate {
    /// Key; `null` where the record is out of the caller's reach.
    pub id: Option<uuid::Uuid>,
    /// Why it is shown.
    pub reason: DuplicateReason,
    /// Folio; only in reach.
    pub folio: Option<String>,
    /// Name; only in reach.
    pub name: Option<String>,
    /// Birth date; only in reach.
    pub birth_date: Option<String>,
    /// The centre that registered it.
    pub centre: String,
}

/// Why `new` may be `old`; `None` if nothing says so.
pub fn compare(new: &NewPatient, old: &Patient) -> Option<DuplicateReason> {
    if new.curp.is_some() && new.curp == old.curp {
        return Some(DuplicateReason::SameCurp);
    }
    if new.birth_date != old.birth_date {
        return None;
    }
    let same_given = fold(&new.name.given) == fold(&old.given_names);
    let same_nss = new.nss.is_some() && new.nss == old.nss;
    let same_family = same_nss && (new.agregado.is_none() || new.agregado == old.agregado);
    if same_family && same_given {
        return Some(DuplicateReason::SameNssNameBirth);
    }
    if new.name.folded() == old.folded_name {
        return Some(DuplicateReason::SameNameBirth);
    }
    same_nss.then_some(DuplicateReason::PerhapsTwins)
}
