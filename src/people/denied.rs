//! What keeps a signed-in person from something: reasons that are the same everywhere, and the
//! rules of the capability that was asked.

use super::PeopleError;
use crate::db::{Below, DbError};
use crate::web::{Arg, Fault, FieldFault};

/// Why something was not done. `R` are the capability's own rules.
#[derive(Debug, thiserror::Error)]
pub enum Denied<R> {
    /// The roles don't allow it.
    #[error("not allowed")]
    NotAllowed,
    /// Not there, or not in reach.
    #[error("nothing like it in reach")]
    NotFound,
    /// What was typed breaks these rules; each names its field.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
    /// A rule of the capability.
    #[error(transparent)]
    Rule(R),
    /// Who asks could not be told, or did not prove it again.
    #[error(transparent)]
    People(PeopleError),
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl<R> Denied<R> {
    /// What another capability refused, as this one says it; its own rules by `rule`.
    pub fn but<S>(self, rule: impl FnOnce(R) -> Denied<S>) -> Denied<S> {
        match self {
            Self::NotAllowed => Denied::NotAllowed,
            Self::NotFound => Denied::NotFound,
            Self::Fields(faults) => Denied::Fields(faults),
            Self::Rule(broken) => rule(broken),
            Self::People(e) => Denied::People(e),
            Self::Db(e) => Denied::Db(e),
        }
    }

    /// One field refused by one rule.
    pub fn field(field: &str, code: &'static str) -> Self {
        Self::Fields(vec![FieldFault::new(field, code)])
    }
}

impl<R> Below for Denied<R> {
    fn below(&self) -> Option<&DbError> {
        match self {
            Self::Db(e) => Some(e),
            _ => None,
        }
    }
}
impl<R> From<diesel::result::Error> for Denied<R> {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e.into())
    }
}
impl<R> From<FieldFault> for Denied<R> {
    fn from(fault: FieldFault) -> Self {
        Self::Fields(vec![fault])
    }
}
impl<R> From<PeopleError> for Denied<R> {
    fn from(e: PeopleError) -> Self {
        Self::People(e)
    }
}

impl<R: Fault + 'static> Fault for Denied<R> {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed => "not-allowed",
            Self::NotFound => "not-found",
            Self::Fields(_) => "refused-fields",
            Self::Rule(e) => e.code(),
            Self::People(e) => e.code(),
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::NotAllowed => 403,
            Self::NotFound => 404,
            Self::Fields(_) => 422,
            Self::Rule(e) => e.status(),
            Self::People(e) => e.status(),
            Self::Db(e) => e.status(),
        }
    }
    fn args(&self) -> Vec<(&'static str, Arg)> {
        match self {
            Self::Rule(e) => e.args(),
            Self::People(e) => e.args(),
            _ => vec![],
        }
    }
    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Fields(f) => f.clone(),
            Self::Rule(e) => e.fields(),
            Self::People(e) => e.fields(),
            _ => vec![],
        }
    }
}
