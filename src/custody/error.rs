//! What can go wrong with custody.

use super::refusal::Refusal;
use crate::codes::ContainerCode;
use crate::db::{Below, DbError};
use crate::doubts::service::DoubtError;
use crate::people::PeopleError;
use crate::studies::StudyError;
use crate::web::{Arg, Fault, FieldFault, Lang};

/// What can go wrong with custody beyond a refused scan. It is no `people::Denied`: who may not is told by the refusal of the
/// scan, which says for itself whether it is 403 or 409, and a device gets it as an answer.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// What was typed breaks these rules; each names its field.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
    /// No such container in reach.
    #[error("no such container in reach")]
    NotFound,
    /// The expected tube has its label: this one.
    #[error("the expected tube has a label")]
    TubeTaken(ContainerCode),
    /// The request was cancelled.
    #[error("the request was cancelled")]
    RequestCancelled,
    /// The request has an answer, or one that waits for a signature.
    #[error("the request is answered")]
    RequestAnswered,
    /// Somebody must decide about these tubes of the request first.
    #[error("{} tubes of the request wait for a decision", .0.len())]
    TubesWait(Vec<ContainerCode>),
    /// The scans are of another person than the one who is signed in.
    #[error("the scans are another person's")]
    AnotherPerson,
    /// A scan was refused, where a page asked for it.
    #[error("refused: {}", .0.code())]
    Refused(Box<Refusal>),
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
}
impl Below for CustodyError {
    fn below(&self) -> Option<&DbError> {
        match self {
            Self::Db(e) => Some(e),
            _ => None,
        }
    }
}
impl From<diesel::result::Error> for CustodyError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e.into())
    }
}
impl From<PeopleError> for CustodyError {
    fn from(e: PeopleError) -> Self {
        match e {
            PeopleError::Db(e) => Self::Db(e),
            e => Self::Db(DbError::Corrupt(e.to_string())),
        }
    }
}
impl From<DoubtError> for CustodyError {
    fn from(e: DoubtError) -> Self {
        match e {
            DoubtError::NotFound => Self::NotFound,
            DoubtError::Db(e) => Self::Db(e),
            e => Self::Db(DbError::Corrupt(e.to_string())),
        }
    }
}
impl From<StudyError> for CustodyError {
    fn from(e: StudyError) -> Self {
        match e {
            StudyError::NotFound => Self::NotFound,
            StudyError::Db(e) => Self::Db(e),
            e => Self::Db(DbError::Corrupt(e.to_string())),
        }
    }
}
impl Fault for CustodyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Fields(_) => "refused-fields",
            Self::NotFound => "not-found",
            Self::TubeTaken(_) => "tube-has-label",
            Self::RequestCancelled => "request-cancelled",
            Self::RequestAnswered => "request-answered",
            Self::TubesWait(_) => "request-has-tubes",
            Self::AnotherPerson => "another-person",
            Self::Refused(r) => r.code(),
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::Fields(_) => 422,
            Self::NotFound => 404,
            // Not as things stand is 409; not by this person, however they stand, is 403.
            Self::Refused(r) if r.is_of_authority() => 403,
            Self::TubeTaken(_)
            | Self::RequestCancelled
            | Self::RequestAnswered
            | Self::TubesWait(_)
            | Self::AnotherPerson
            | Self::Refused(_) => 409,
            Self::Db(e) => e.status(),
        }
    }
    fn args(&self) -> Vec<(&'static str, Arg)> {
        match self {
            Self::TubeTaken(code) => vec![("code", code.grouped().into())],
            Self::TubesWait(codes) => {
                let all: Vec<String> = codes.iter().map(ContainerCode::grouped).collect();
                vec![("codes", all.join(", ").into())]
            }
            _ => vec![],
        }
    }
    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Fields(f) => f.clone(),
            _ => vec![],
        }
    }
    fn text(&self, lang: Lang) -> String {
        match self {
            Self::Refused(r) => r.text(lang),
            other => lang.tr(&format!("fault-{}", other.code()), &other.args()),
        }
    }
}
