//! What can go wrong with patients, and what is said then.

use serde_json::json;

use super::duplicate::Candidate;
use crate::db::DbError;
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
    /// Refused fields.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
    /// Perhaps registered already: a person must decide.
    #[error("{} possible duplicates", .0.len())]
    PossibleDuplicate(Vec<Candidate>),
    /// The CURP is another patient's (BR-30); no decision helps.
    #[error("the CURP is taken")]
    CurpTaken(Vec<Candidate>),
    /// The client's key was used for another registration.
    #[error("the key is another registration's")]
    KeyUsed,
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
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
            Self::KeyUsed => "key-used",
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::NotAllowed => 403,
            Self::NotFound => 404,
            Self::Fields(_) => 422,
            Self::PossibleDuplicate(_) | Self::CurpTaken(_) | Self::KeyUsed => 409,
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
    /// As an answer, with the candidates in it.
    pub fn problem(self) -> Problem {
        let candidates = match &self {
            Self::PossibleDuplicate(c) | Self::CurpTaken(c) => Some(json!(c)),
            _ => None,
        };
        let problem = Problem::from(self);
        match candidates {
            Some(c) => problem.with("candidates", c),
            None => problem,
        }
    }
}
