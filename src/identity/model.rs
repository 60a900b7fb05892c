//! What an identity is made of, and the rules of correcting it. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::approvals::ProposalRule;
use crate::codes::{AgregadoMedico, Curp, Nss, Sex};
use crate::patients::store::IdentityEvent;
use crate::patients::{BirthDate, NewPatient, Patient, PatientId, PersonName};
use crate::web::Fault;

/// An identity as its events say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[allow(missing_docs)]
pub struct Identity {
    pub given_names: String,
    pub surname1: String,
    pub surname2: Option<String>,
    /// The name as labels print it, where they can't draw the name itself.
    #[serde(default)]
    pub latin: Option<PersonName>,
    /// `2019-03-05`; `2019-03` or `2019` where only that is known.
    #[schema(value_type = String)]
    pub birth_date: BirthDate,
    pub sex: Sex,
    #[schema(value_type = Option<String>)]
    pub curp: Option<Curp>,
    #[schema(value_type = Option<String>)]
    pub nss: Option<Nss>,
    #[schema(value_type = Option<String>)]
    pub agregado: Option<AgregadoMedico>,
    pub multiple_birth: bool,
    /// At the centre where the event was recorded.
    #[serde(default)]
    pub record_number: Option<String>,
}

impl Identity {
    /// Of a record, with its number at one centre.
    pub(super) fn new(p: &Patient, record_number: Option<String>) -> Self {
        Self {
            given_names: p.given_names.clone(),
            surname1: p.surname1.clone(),
            surname2: p.surname2.clone(),
            latin: p.latin(),
            birth_date: p.birth(),
            sex: p.sex,
            curp: p.curp.clone(),
            nss: p.nss.clone(),
            agregado: p.agregado.clone(),
            multiple_birth: p.multiple_birth,
            record_number,
        }
    }
}

impl From<NewPatient> for Identity {
    fn from(p: NewPatient) -> Self {
        Self {
            given_names: p.name.given,
            surname1: p.name.surname1,
            surname2: p.name.surname2,
            latin: p.latin,
            birth_date: p.birth,
            sex: p.sex,
            curp: p.curp,
            nss: p.nss,
            agregado: p.agregado,
            multiple_birth: p.multiple_birth,
            record_number: p.record_number,
        }
    }
}

impl From<&Identity> for NewPatient {
    fn from(i: &Identity) -> Self {
        Self {
            name: i.name(),
            birth: i.birth_date,
            sex: i.sex,
            curp: i.curp.clone(),
            nss: i.nss.clone(),
            agregado: i.agregado.clone(),
            record_number: i.record_number.clone(),
            multiple_birth: i.multiple_birth,
            latin: i.latin.clone(),
        }
    }
}

impl Identity {
    /// The name in its parts.
    pub fn name(&self) -> PersonName {
        PersonName {
            given: self.given_names.clone(),
            surname1: self.surname1.clone(),
            surname2: self.surname2.clone(),
        }
    }

    /// The record with this identity.
    pub(super) fn of(&self, record: &Patient) -> Patient {
        let latin = self.latin.clone();
        Patient {
            given_names: self.given_names.clone(),
            surname1: self.surname1.clone(),
            surname2: self.surname2.clone(),
            folded_name: self.name().folded(),
            birth_date: self.birth_date.day,
            birth_precision: self.birth_date.precision,
            sex: self.sex,
            curp: self.curp.clone(),
            nss: self.nss.clone(),
            agregado: self.agregado.clone(),
            multiple_birth: self.multiple_birth,
            latin_given: latin.as_ref().map(|n| n.given.clone()),
            latin_surname1: latin.as_ref().map(|n| n.surname1.clone()),
            latin_surname2: latin.and_then(|n| n.surname2),
            ..record.clone()
        }
    }

    /// Whether labels name both children alike: name, birth date and the mark of twins.
    pub(super) fn names_alike(&self, other: &Self) -> bool {
        let said = |i: &Self| (i.name(), i.latin.clone(), i.birth_date, i.multiple_birth);
        said(self) == said(other)
    }

    /// Whether both are the same, but for the number of a folder, which is of one centre.
    pub(super) fn is(&self, other: &Self) -> bool {
        let mut other = other.clone();
        other.record_number.clone_from(&self.record_number);
        *self == other
    }
}

/// What an event of a correction holds, and one of a merge: how the child of this record is shown
/// before and after it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Correction {
    pub before: Identity,
    pub after: Identity,
    pub reason: String,
    /// The two records, of a merge or unmerge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge: Option<Two>,
}

/// Two records that are, or were, merged into one (BR-29).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Two {
    /// The one that is merged.
    pub record: PatientId,
    /// The one that stays.
    pub into: PatientId,
}

impl Two {
    /// The other one of the two.
    pub(super) fn other(self, one: PatientId) -> PatientId {
        if one == self.record { self.into } else { self.record }
    }
}

crate::words! {
    /// The identity events of a correction.
    pub enum Step {
        /// Somebody says what is right.
        Proposed = "correction-proposed",
        /// Another person agreed: it counts.
        Corrected = "corrected",
        /// It was not agreed to, or taken back.
        Declined = "correction-declined",
        /// Somebody says that two records are one child's.
        MergeProposed = "merge-proposed",
        /// Another person agreed: they are shown as one from now on.
        Merged = "merged",
        /// It was not agreed to, or taken back.
        MergeDeclined = "merge-declined",
        /// Somebody says that two records were merged by mistake.
        UnmergeProposed = "unmerge-proposed",
        /// Another person agreed: each stands by itself again.
        Unmerged = "unmerged",
        /// It was not agreed to, or taken back.
        UnmergeDeclined = "unmerge-declined",
    }
}

impl Step {
    /// Which one an event is, if it is one.
    pub(super) fn of(event: &IdentityEvent) -> Option<Self> {
        event.kind.parse().ok()
    }

    /// Whether two people said so: it holds from then on.
    pub(super) fn counts(self) -> bool {
        matches!(self, Self::Corrected | Self::Merged | Self::Unmerged)
    }

    /// Whether it waits for a second person.
    pub(super) fn waits(self) -> bool {
        matches!(self, Self::Proposed | Self::MergeProposed | Self::UnmergeProposed)
    }
}

/// The correction that an event proposes or makes.
pub(super) fn correction(event: &IdentityEvent) -> Option<Correction> {
    serde_json::from_str(&event.data).ok()
}

/// What keeps an identity from being corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityRule {
    /// As with every proposal.
    #[error(transparent)]
    Proposal(#[from] ProposalRule),
    /// One of two records was merged already, or has another one merged into it that would have to be
    /// unmerged first.
    #[error("merged already")]
    Merged,
    /// The record stands by itself.
    #[error("not merged")]
    NotMerged,
    /// Two records of one child are treated by the same centres; these are not.
    #[error("in other hands")]
    OtherHands,
    /// Others must say first who has this CURP. The same words where nobody has it, to who has met more
    /// children than care explains.
    #[error("others must say something first")]
    AskFirst,
}

impl Fault for IdentityRule {
    fn code(&self) -> &'static str {
        match self {
            Self::Proposal(rule) => rule.code(),
            Self::AskFirst => "identity-ask-first",
            Self::Merged => "merge-merged",
            Self::NotMerged => "merge-not-merged",
            Self::OtherHands => "merge-other-hands",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::Proposal(rule) => rule.status(),
            Self::AskFirst | Self::Merged | Self::NotMerged | Self::OtherHands => 409,
        }
    }
}

/// How the child of a record was shown after some of its events: what the last of them says that
/// counts. Events that say nothing of it (a decision) leave it as it was.
pub(super) fn fold<'a>(events: impl IntoIterator<Item = &'a IdentityEvent>) -> Option<Identity> {
    let mut now: Option<Identity> = None;
    for event in events {
        match (event.kind.as_str(), Step::of(event)) {
            ("registered", _) => now = serde_json::from_str(&event.data).ok(),
            (_, Some(step)) if step.counts() => now = correction(event).map(|c| c.after),
            ("twin-found", _) => {
                if let Some(now) = &mut now {
                    now.multiple_birth = true;
                }
            }
            ("curp-confirmed", _) => {
                let data: serde_json::Value = serde_json::from_str(&event.data).unwrap_or_default();
                if let (Some(now), Some(curp)) = (&mut now, data["curp"].as_str()) {
                    now.curp = curp.parse().ok();
                }
            }
            _ => {}
        }
    }
    now
}
