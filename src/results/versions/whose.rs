//! Whose an answer's sample is: what the doubts about it say of the answer, wherever it is shown.

use super::store::Version;
use crate::containers;
use crate::db::{Conn, DbError};
use crate::doubts::{self, DoubtState, Sampled};
use crate::results::arithmetic::trust::Reliance;
use crate::studies::Study;

/// The doubts about the tube as drawn that an answer is of, the newest first.
#[derive(Debug, Clone, Default)]
pub struct Whose(Vec<Sampled>);

impl Whose {
    /// Of a version of an answer to `study`. A request that nobody doubts costs no question.
    pub fn of(conn: &mut Conn, study: &Study, version: &Version) -> Result<Self, DbError> {
        if study.doubt.is_none() {
            return Ok(Self::default());
        }
        Ok(Self(match containers::store::root_id(conn, version.container_id)? {
            Some(root) => doubts::store::of_root(conn, root)?,
            None => vec![],
        }))
    }
    /// All of them.
    pub fn all(&self) -> Vec<&Sampled> {
        self.0.iter().collect()
    }
    /// An open doubt, else one that was confirmed; none where nobody doubts.
    pub fn gravest(&self) -> Option<&Sampled> {
        doubts::gravest(&self.0)
    }
    /// Whether nobody has looked into a doubt about it yet.
    pub fn is_open(&self) -> bool {
        self.state() == Some(DoubtState::Open)
    }
    /// Whether it is of a sample that is another child's, or nobody's: it says nothing of this child.
    pub fn is_anothers(&self) -> bool {
        self.0.iter().any(|s| s.doubt.state == DoubtState::Confirmed)
    }
    /// Whether it may be compared with others and relied on.
    pub fn is_sure(&self) -> bool {
        matches!(self.state(), None | Some(DoubtState::Unfounded))
    }
    /// How far an answer can be trusted that could be trusted so if its sample is the child's.
    pub fn reliance(&self, otherwise: Reliance) -> Reliance {
        match () {
            () if self.is_anothers() => Reliance::NotOfChild,
            () if self.is_open() => Reliance::UnderInvestigation,
            () => otherwise,
        }
    }
    fn state(&self) -> Option<DoubtState> {
        self.gravest().map(|s| s.doubt.state)
    }
}
