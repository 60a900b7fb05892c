//! What keeps a doubt from being said or closed.

use super::DoubtId;
use crate::web::{Arg, Fault};

/// A rule about doubts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DoubtRule {
    /// The same samples are in a doubt that is open.
    #[error("these samples are in an open doubt")]
    AlreadyOpen(DoubtId),
    /// It was closed already.
    #[error("closed already")]
    Closed,
    /// Who said it can't close it.
    #[error("own doubt")]
    OwnDoubt,
    /// The client's key was used for something else.
    #[error("the key is another's")]
    KeyUsed,
}

impl Fault for DoubtRule {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyOpen(_) => "doubt-open",
            Self::Closed => "doubt-closed",
            Self::OwnDoubt => "own-doubt",
            Self::KeyUsed => "key-used",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::OwnDoubt => 403,
            Self::AlreadyOpen(_) | Self::Closed | Self::KeyUsed => 409,
        }
    }
    fn args(&self) -> Vec<(&'static str, Arg)> {
        match self {
            Self::AlreadyOpen(id) => vec![("doubt", id.to_string().into())],
            _ => vec![],
        }
    }
}
