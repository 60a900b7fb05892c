//! Who proposes, who decides, and what keeps them from it. Pure.

use crate::people::rights::{Right, holds};
use crate::people::{Role, RoleSet, Scope, UserId};
use crate::web::Fault;

crate::words! {
    /// What became of a proposal.
    pub enum Decided {
        /// It holds from now on.
        Approved = "approved",
        /// Another person does not want it.
        Declined = "declined",
        /// Who proposed it took it back.
        Withdrawn = "withdrawn",
    }
}

impl Decided {
    /// What the audit log calls it: `approve`, `decline`, `withdraw`.
    pub fn deed(self) -> &'static str {
        match self {
            Self::Approved => "approve",
            Self::Declined => "decline",
            Self::Withdrawn => "withdraw",
        }
    }

    /// Whether this person may say so about what `proposer` has proposed, whatever their roles.
    ///
    /// # Errors
    /// [`ProposalRule::OwnProposal`], [`ProposalRule::NotOwn`].
    pub fn may_be_said(self, proposer: UserId, by: UserId) -> Result<(), ProposalRule> {
        match (self, proposer == by) {
            (Self::Approved | Self::Declined, true) => Err(ProposalRule::OwnProposal),
            (Self::Withdrawn, false) => Err(ProposalRule::NotOwn),
            (Self::Approved | Self::Declined, false) | (Self::Withdrawn, true) => Ok(()),
        }
    }
}

/// What keeps something from being proposed or decided about, whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProposalRule {
    /// Another proposal about it waits for a decision.
    #[error("another proposal waits")]
    Waits,
    /// It was decided about already, or never proposed.
    #[error("decided already")]
    Decided,
    /// Who proposed it can't approve or decline it.
    #[error("own proposal")]
    OwnProposal,
    /// Only who proposed it can take it back.
    #[error("another's proposal")]
    NotOwn,
    /// The head of the laboratory and the coordination, one each.
    #[error("not the two whom it needs")]
    NotThePair,
    /// Nothing would be another one.
    #[error("nothing to correct")]
    Same,
    /// What it is about was changed since it was proposed.
    #[error("changed since")]
    Changed,
    /// The client's key was used for something else.
    #[error("the key is another's")]
    KeyUsed,
}

impl Fault for ProposalRule {
    fn code(&self) -> &'static str {
        match self {
            Self::Waits => "proposal-waits",
            Self::Decided => "proposal-decided",
            Self::OwnProposal => "own-proposal",
            Self::NotOwn => "proposal-not-own",
            Self::NotThePair => "proposal-pair",
            Self::Same => "proposal-same",
            Self::Changed => "proposal-changed",
            Self::KeyUsed => "key-used",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::OwnProposal | Self::NotOwn | Self::NotThePair => 403,
            Self::Same => 422,
            Self::Waits | Self::Decided | Self::Changed | Self::KeyUsed => 409,
        }
    }
}

/// Which two it must be, besides being two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    /// Whoever may propose, and whoever may decide.
    Any,
    /// The head of the laboratory and the coordination, in either order: `domain.md` 14 wants the approval of both.
    HeadAndCoordination,
}

impl Pair {
    /// Whether these are the two.
    pub fn is(self, one: &RoleSet, other: &RoleSet) -> bool {
        let one_each = |a: &RoleSet, b: &RoleSet| a.has(Role::LabHead) && b.has(Role::Coordinator);
        match self {
            Self::Any => true,
            Self::HeadAndCoordination => one_each(one, other) || one_each(other, one),
        }
    }
}

/// Who does which part.
#[derive(Debug)]
pub struct Parties {
    /// The right to propose, and to take back what one proposed.
    pub propose: Right,
    /// The right to approve or decline what another has proposed.
    pub decide: Right,
    /// Which two put it in use.
    pub pair: Pair,
}

impl Parties {
    /// Whether this person may propose.
    pub fn may_propose(&self, scope: &Scope) -> bool {
        holds(scope, self.propose)
    }

    /// Whether this person has a role for such a decision.
    pub fn may_decide(&self, scope: &Scope, decided: Decided) -> bool {
        match decided {
            Decided::Withdrawn => self.may_propose(scope),
            Decided::Approved | Decided::Declined => holds(scope, self.decide),
        }
    }

    /// What this person can do about a proposal that waits, which somebody with these roles made.
    pub fn turn(&self, scope: &Scope, proposer: UserId, roles: &RoleSet) -> Turn {
        match holds(scope, self.decide) {
            _ if scope.user() == proposer => Turn::Own,
            true if self.pair.is(roles, scope.roles()) => Turn::Decide,
            true => Turn::Decline,
            false => Turn::Others,
        }
    }
}

/// What somebody can do about a proposal that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// They made it: they can only take it back.
    Own,
    /// They can approve or decline it.
    Decide,
    /// They can decline it; another one than they must approve it.
    Decline,
    /// It is for others.
    Others,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(roles: &[Role]) -> RoleSet {
        roles.iter().copied().collect()
    }

    #[test]
    fn what_decides_about_samples_needs_the_head_of_the_laboratory_and_the_coordination() {
        let (head, coordinator) = (set(&[Role::LabHead]), set(&[Role::Coordinator]));
        let both = set(&[Role::LabHead, Role::Coordinator]);
        let validator = set(&[Role::Validator]);
        for (one, two, is) in [
            (&head, &coordinator, true),
            (&coordinator, &head, true),
            (&both, &head, true),
            (&head, &head, false),
            (&coordinator, &coordinator, false),
            (&validator, &coordinator, false),
            (&validator, &both, false),
        ] {
            assert_eq!(Pair::HeadAndCoordination.is(one, two), is);
            assert!(Pair::Any.is(one, two));
        }
    }

    #[test]
    fn nobody_decides_about_their_own_nor_takes_back_anothers() {
        let (one, other) = (UserId::new(), UserId::new());
        for decided in [Decided::Approved, Decided::Declined] {
            assert_eq!(decided.may_be_said(one, one), Err(ProposalRule::OwnProposal));
            assert_eq!(decided.may_be_said(one, other), Ok(()));
        }
        assert_eq!(Decided::Withdrawn.may_be_said(one, one), Ok(()));
        assert_eq!(Decided::Withdrawn.may_be_said(one, other), Err(ProposalRule::NotOwn));
    }
}
