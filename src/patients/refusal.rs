//! What can go wrong with patients, and what is said then.

use serde_json::json;

use super::duplicate::Candidate;
use crate::people::{Denied, UserId};
use crate::web::{Arg, Fault, FieldFault, Problem};

/// What can go wrong with patients.
pub type PatientError = Denied<PatientRule>;

/// What keeps a child from being registered.
#[derive(Debug, thiserror::Error)]
pub enum PatientRule {
    /// Perhaps registered already: a person must decide.
    #[error("{} possible duplicates", .0.len())]
    PossibleDuplicate(Vec<Candidate>),
    /// The CURP is another patient's (BR-30); no decision helps.
    #[error("the CURP is taken")]
    CurpTaken(Vec<Candidate>),
    /// Others must say something first. The same words whatever was met and however many: it tells
    /// no more than that a choice is needed. With who may answer for an emergency: key and name.
    #[error("others must say something first")]
    AskFirst(Vec<(UserId, String)>),
    /// The client's key was used for another registration.
    #[error("the key is another registration's")]
    KeyUsed,
}

impl Fault for PatientRule {
    fn code(&self) -> &'static str {
        match self {
            Self::PossibleDuplicate(_) => "possible-duplicate",
            Self::CurpTaken(_) => "curp-taken",
            Self::AskFirst(_) => "ask-first",
            Self::KeyUsed => "key-used",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::PossibleDuplicate(_) | Self::CurpTaken(_) | Self::AskFirst(_) | Self::KeyUsed => {
                409
            }
        }
    }
    fn args(&self) -> Vec<(&'static str, Arg)> {
        match self {
            Self::PossibleDuplicate(c) | Self::CurpTaken(c) => vec![("n", c.len().into())],
            Self::AskFirst(_) | Self::KeyUsed => vec![],
        }
    }
    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::CurpTaken(_) => vec![FieldFault::new("curp", "curp-taken")],
            _ => vec![],
        }
    }
}

impl PatientError {
    /// As an answer, with the candidates in it, or with who may be named for an emergency.
    pub fn problem(self) -> Problem {
        let more = match &self {
            Self::Rule(PatientRule::PossibleDuplicate(c) | PatientRule::CurpTaken(c)) => {
                Some(("candidates", json!(c)))
            }
            Self::Rule(PatientRule::AskFirst(seniors)) => {
                let seniors = seniors.iter().map(|(id, name)| json!({ "id": id, "name": name }));
                Some(("in_charge", seniors.collect()))
            }
            _ => None,
        };
        let problem = Problem::from(self);
        match more {
            Some((name, value)) => problem.with(name, value),
            None => problem,
        }
    }
}
