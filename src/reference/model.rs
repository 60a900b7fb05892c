//! What is proposed and decided about the reference data.

use serde::{Deserialize, Serialize};

use crate::approvals::{Pair, Parties, ProposalRule};
use crate::codes::Clues;
use crate::people::rights::Right;
use crate::sites::Site;
use crate::web::{Fault, FieldFault};

crate::words! {
    /// What a proposal is about.
    pub enum What {
        /// A version of the catalogue: its files that decide about samples.
        Catalogue = "catalogue",
        /// A candidate that is a centre after all.
        Centre = "centre",
    }
}

impl What {
    /// Who proposes and who decides (`domain.md` section 14, "Edit protocols/windows/codes").
    pub fn parties(self) -> &'static Parties {
        const CENTRE: Parties =
            Parties { propose: Right::ProposeCentre, decide: Right::DecideCentre, pair: Pair::Any };
        /// It decides about samples and answers: nothing of it is in use to which one of the two has not said yes.
        const CATALOGUE: Parties = Parties {
            propose: Right::ProposeCatalogue,
            decide: Right::DecideCatalogue,
            pair: Pair::HeadAndCoordination,
        };
        match self {
            Self::Catalogue => &CATALOGUE,
            Self::Centre => &CENTRE,
        }
    }
}

crate::words! {
    /// What became of a site.
    pub enum SiteEventKind {
        /// A catalogue named it first.
        Added = "added",
        /// A catalogue gave it another name, place or zone.
        Changed = "changed",
        /// A catalogue no longer names it.
        Retired = "retired",
        /// A catalogue names it again.
        Reopened = "reopened",
        /// A catalogue says that it is not verified.
        Doubted = "doubted",
        /// Two people, or a catalogue, say what it is.
        Confirmed = "confirmed",
    }
}

/// What a candidate is, as somebody of the network says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CentreChange {
    /// Official name, without a question mark.
    pub name: String,
    /// Establishment code; may be empty.
    pub clues: String,
    /// The city it is in, as people write it.
    pub city: String,
    /// The state of the federation it is in.
    pub state: String,
}

impl CentreChange {
    /// What stands there now.
    pub fn of(site: &Site) -> Self {
        Self {
            name: site.name.clone(),
            clues: site.clues.clone().unwrap_or_default(),
            city: site.city.clone(),
            state: site.state.clone(),
        }
    }

    /// Trimmed, or every broken rule.
    pub fn checked(&self) -> Result<Self, Vec<FieldFault>> {
        let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let new = Self {
            name: tidy(&self.name),
            clues: self.clues.trim().to_uppercase(),
            city: tidy(&self.city),
            state: tidy(&self.state),
        };
        let mut faults = vec![];
        let bad = |raw: &str, text: &str| {
            let n = text.chars().count();
            !(2..=120).contains(&n) || raw.chars().any(char::is_control) || text.contains('?')
        };
        for (field, raw, text) in [
            ("name", &self.name, &new.name),
            ("city", &self.city, &new.city),
            ("state", &self.state, &new.state),
        ] {
            if bad(raw, text) {
                faults.push(FieldFault::new(field, "centre-text"));
            }
        }
        if !new.clues.is_empty() && new.clues.parse::<Clues>().is_err() {
            faults.push(FieldFault::new("clues", "centre-clues"));
        }
        if faults.is_empty() { Ok(new) } else { Err(faults) }
    }
}

/// What keeps something from being proposed or decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceRule {
    /// As with every proposal.
    #[error(transparent)]
    Proposal(#[from] ProposalRule),
    /// There is nothing to decide about it: confirmed, retired, or in use already.
    #[error("nothing to decide")]
    Nothing,
}
impl Fault for ReferenceRule {
    fn code(&self) -> &'static str {
        match self {
            Self::Proposal(rule) => rule.code(),
            Self::Nothing => "reference-nothing",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::Proposal(rule) => rule.status(),
            Self::Nothing => 409,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centre_is_confirmed_without_a_question_mark() {
        let right = CentreChange {
            name: "  HGR 251  Metepec ".into(),
            clues: "mcims000012".into(),
            city: "Metepec".into(),
            state: "Estado de México".into(),
        };
        let fields = |c: &CentreChange| -> Vec<String> {
            c.checked().unwrap_err().into_iter().map(|f| f.field).collect()
        };
        let no_clues = CentreChange { clues: String::new(), ..right.clone() };
        assert_eq!(no_clues.checked().unwrap().name, "HGR 251 Metepec");
        assert_eq!(fields(&CentreChange { name: "HGR 251?".into(), ..no_clues.clone() }), ["name"]);
        assert_eq!(fields(&CentreChange { clues: "251".into(), ..right }), ["clues"]);
        let control = CentreChange { city: "Mete\u{7}pec".into(), ..no_clues.clone() };
        assert_eq!(fields(&control), ["city"]);
        assert_eq!(fields(&CentreChange { state: String::new(), ..no_clues }), ["state"]);
    }
}
