//! What can go wrong with patients, and what is said then.

use serde_json::json;

use super::duplicate::Candidate;
use crate::db::{Below, DbError};
use crate::people::{PeopleError, UserId};
use crate::web::{Arg, Fault, FieldFault, Problem};

/// What can go wrong with patients.
#[derive(Debug, thiserror::Error)]
pub enum PatientError {
    /// The roles don't allow it.
    #[error("not allowed")]
    NotAllowed,
    /// No such patient in reach (BR-27: never 403).
    #[error("no such patient in reach")]
    NotFound,
    /// What was typed breaks these rules; each names its field.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
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
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Below for PatientError {
    fn below(&self) -> Option<&DbError> {
        match self {
            Self::Db(e) => Some(e),
            _ => None,
        }
    }
}

impl From<PeopleError> for PatientError {
    fn from(e: PeopleError) -> Self {
        match e {
            PeopleError::Db(e) => Self::Db(e),
            other => Self::Db(DbError::Corrupt(other.to_string())),
        }
    }
}

impl From<diesel::result::Error> for PatientError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e.into())
    }
}

impl Fault for PatientError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed => "not-allowed",
            Self::NotFound => "not-found",
            Self::Fields(_) => "refused-fields",
            Self::PossibleDuplicate(_) => "possible-duplicate",
            Self::CurpTaken(_) => "curp-taken",
            Self::AskFirst(_) => "ask-first",
            Self::KeyUsed => "key-used",
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::NotAllowed => 403,
            Self::NotFound => 404,
            Self::Fields(_) => 422,
            Self::PossibleDuplicate(_) | Self::CurpTaken(_) | Self::AskFirst(_) | Self::KeyUsed => {
                409
            }
            Self::Db(e) => e.status(),
        }
    }
    fn args(&self) -> Vec<(&'static str, Arg)> {
        match self {
            Self::PossibleDuplicate(c) | Self::CurpTaken(c) => vec![("n", c.len().into())],
            _ => vec![],
        }
    }
    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Fields(f) => f.clone(),
            Self::CurpTaken(_) => vec![FieldFault::new("curp", "curp-taken")],
            _ => vec![],
        }
    }
}

impl PatientError {
    /// As an answer, with the candidates in it, or with who may be named for an emergency.
    pub fn problem(self) -> Problem {
        let more = match &self {
            Self::PossibleDuplicate(c) | Self::CurpTaken(c) => Some(("candidates", json!(c))),
            Self::AskFirst(seniors) => {
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
