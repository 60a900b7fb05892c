//! Why a result is not entered, signed or acknowledged.

use crate::people::Denied;
use crate::web::Fault;

/// What can go wrong with results.
pub type ResultError = Denied<ResultRule>;

/// The rules of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResultRule {
    /// The analyst can't sign their own work (BR-23).
    #[error("own work")]
    OwnWork,
    /// This version is signed already, or another one is newer.
    #[error("not the version to sign")]
    NotCurrent,
    /// The client's id was used for another body.
    #[error("the id is another result's")]
    KeyUsed,
    /// There is a released result: it is amended, not entered again.
    #[error("released already")]
    Released,
    /// The request was cancelled.
    #[error("the request was cancelled")]
    RequestCancelled,
    /// Its sample was held or rejected after the counts were entered.
    #[error("the sample is held or rejected")]
    SampleInDoubt,
    /// Somebody doubts whose a sample of the child is, and quality has not looked into it yet.
    #[error("a sample of the child is in doubt")]
    UnderDoubt,
    /// Its sample is another child's, or nobody can say whose.
    #[error("the sample is another child's")]
    NotOfChild,
    /// It was entered before it was known that a sample of the child is another one's.
    #[error("entered before a doubt was confirmed")]
    EnteredBeforeDoubt,
    /// Nobody approved the protocol as it was when the study was requested.
    #[error("the protocol's figures are not approved")]
    ProtocolNotApproved,
}

impl Fault for ResultRule {
    fn code(&self) -> &'static str {
        match self {
            Self::OwnWork => "own-work",
            Self::NotCurrent => "not-current-version",
            Self::KeyUsed => "key-used",
            Self::Released => "released-already",
            Self::RequestCancelled => "request-cancelled",
            Self::SampleInDoubt => "sample-in-doubt",
            Self::UnderDoubt => "under-doubt",
            Self::NotOfChild => "not-of-child",
            Self::EnteredBeforeDoubt => "entered-before-doubt",
            Self::ProtocolNotApproved => "protocol-not-approved",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::OwnWork => 403,
            _ => 409,
        }
    }
}
