//! What can go wrong with care relations.

use crate::db::Instant;
use crate::patients::PatientError;
use crate::people::Denied;
use crate::web::Fault;

/// What can go wrong with care relations.
pub type CareError = Denied<CareRule>;

/// What keeps a care relation from being asked for, answered, begun or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CareRule {
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
}

impl From<PatientError> for CareError {
    fn from(e: PatientError) -> Self {
        e.but(|_| Self::NotFound)
    }
}

impl Fault for CareRule {
    fn code(&self) -> &'static str {
        match self {
            Self::OwnQuestion => "care-own-question",
            Self::Answered => "care-answered",
            Self::NotYet(_) => "care-not-yet",
            Self::CoordinationEnds => "care-coordination-ends",
            Self::TreatsAlready => "care-treats-already",
            Self::NothingToEnd => "care-nothing-to-end",
            Self::LastCentre => "care-last-centre",
            Self::KeyUsed => "key-used",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::OwnQuestion | Self::CoordinationEnds => 403,
            Self::Answered
            | Self::NotYet(_)
            | Self::TreatsAlready
            | Self::NothingToEnd
            | Self::LastCentre
            | Self::KeyUsed => 409,
        }
    }
}
