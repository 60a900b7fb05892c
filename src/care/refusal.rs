//! What can go wrong with care relations.

use crate::db::{Below, DbError, Instant};
use crate::patients::PatientError;
use crate::web::{Fault, FieldFault};

/// What can go wrong with care relations.
#[derive(Debug, thiserror::Error)]
pub enum CareError {
    /// The roles don't allow it.
    #[error("not allowed")]
    NotAllowed,
    /// No such question or patient in reach.
    #[error("nothing in reach")]
    NotFound,
    /// What was typed breaks these rules; each names its field.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
    /// One's own question, or one of one's own centre.
    #[error("one's own question")]
    OwnQuestion,
    /// Somebody has answered already.
    #[error("answered already")]
    Answered,
    /// The other centre still has time to answer.
    #[error("the other centre may answer until {0}")]
    NotYet(Instant),
    /// What was opened in an emergency is closed only by coordination.
    #[error("only coordination ends it")]
    CoordinationEnds,
    /// The centre treats the child already.
    #[error("treats the child already")]
    TreatsAlready,
    /// There is no relation to end.
    #[error("no relation to end")]
    NothingToEnd,
    /// A child always has a centre.
    #[error("the last centre")]
    LastCentre,
    /// The client's key was used for something else.
    #[error("the key is another's")]
    KeyUsed,
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for CareError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e.into())
    }
}

impl Below for CareError {
    fn below(&self) -> Option<&DbError> {
        match self {
            Self::Db(e) => Some(e),
            _ => None,
        }
    }
}

impl From<PatientError> for CareError {
    fn from(e: PatientError) -> Self {
        match e {
            PatientError::NotAllowed => Self::NotAllowed,
            PatientError::Fields(f) => Self::Fields(f),
            PatientError::Db(e) => Self::Db(e),
            _ => Self::NotFound,
        }
    }
}

impl Fault for CareError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed => "not-allowed",
            Self::NotFound => "not-found",
            Self::Fields(_) => "refused-fields",
            Self::OwnQuestion => "care-own-question",
            Self::Answered => "care-answered",
            Self::NotYet(_) => "care-not-yet",
            Self::CoordinationEnds => "care-coordination-ends",
            Self::TreatsAlready => "care-treats-already",
            Self::NothingToEnd => "care-nothing-to-end",
            Self::LastCentre => "care-last-centre",
            Self::KeyUsed => "key-used",
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::NotAllowed | Self::OwnQuestion | Self::CoordinationEnds => 403,
            Self::NotFound => 404,
            Self::Fields(_) => 422,
            Self::Answered
            | Self::NotYet(_)
            | Self::TreatsAlready
            | Self::NothingToEnd
            | Self::LastCentre
            | Self::KeyUsed => 409,
            Self::Db(e) => e.status(),
        }
    }
    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Fields(f) => f.clone(),
            _ => vec![],
        }
    }
}
