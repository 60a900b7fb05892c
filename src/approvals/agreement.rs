//! Agreeing to a correction: by another person with the papers in hand, without a password.

use maud::{Markup, html};
use serde::Deserialize;

use super::model::{Decided, ProposalRule};
use crate::people::UserId;
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{FieldFault, Lang, Reason};

crate::words! {
    /// What is done with a proposal.
    pub enum Verdict {
        /// The papers say so: it counts from now on.
        Approve = "approve",
        /// The papers don't say so, or nobody can tell: everything stays as it is.
        Decline = "decline",
    }
}

impl Verdict {
    /// The reason given for it; to approve needs none.
    ///
    /// # Errors
    /// The field `reason`.
    pub fn reason(self, typed: &str) -> Result<String, FieldFault> {
        match self {
            Self::Approve => {
                Ok(Reason::optional("reason", typed)?.map_or_else(String::new, String::from))
            }
            Self::Decline => Reason::read("reason", typed).map(String::from),
        }
    }

    /// Whether this person may say so about what `proposer` has proposed: who proposed it may take it back, and
    /// never agrees.
    ///
    /// # Errors
    /// [`ProposalRule::OwnProposal`].
    pub fn may_be_said(self, proposer: UserId, by: UserId) -> Result<(), ProposalRule> {
        match self {
            Self::Approve => Decided::Approved.may_be_said(proposer, by),
            Self::Decline => Ok(()),
        }
    }
}

/// What the forms of [`agreement`] send.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecisionForm {
    proposal: String,
    verdict: String,
    /// Why it is declined; empty where it is agreed to.
    pub reason: String,
}

impl DecisionForm {
    /// What is decided about which proposal.
    ///
    /// # Errors
    /// The field that is no word or key of the form.
    pub fn decided<Id: std::str::FromStr>(&self) -> Result<(Id, Verdict), FieldFault> {
        let wrong = |field| FieldFault::new(field, "word-of-the-list");
        let proposal = self.proposal.parse().map_err(|_| wrong("proposal"))?;
        Ok((proposal, self.verdict.parse().map_err(|_| wrong("verdict"))?))
    }
}

/// What is asked of who agrees to a proposal.
pub struct Approval {
    /// What to look at first.
    pub text: String,
    /// What the button that agrees says.
    pub button: String,
}

/// The forms that decide about a proposal: who made it is told so (`own`) and can only take it back.
pub fn agreement(
    lang: Lang,
    faults: &[FieldFault],
    action: &str,
    proposal: impl std::fmt::Display,
    own: Option<String>,
    approval: &Approval,
) -> Markup {
    let form = Drawn { lang, faults };
    let proposal = proposal.to_string();
    html! {
        @if let Some(own) = &own { p class="hint" { (own) } }
        @else {
            form class="form" method="post" action=(action) {
                p { (approval.text) }
                (components::hidden("proposal", &proposal))
                (components::hidden("verdict", Verdict::Approve.as_str()))
                (components::submit(&approval.button))
            }
        }
        form class="form group" method="post" action=(action) {
            (components::hidden("proposal", &proposal))
            (components::hidden("verdict", Verdict::Decline.as_str()))
            (form.text(&Field { name: "reason", label: lang.t("field-why"), ..Field::default() }))
            button class="btn" type="submit" {
                (lang.t(if own.is_some() { "proposal-withdraw" } else { "proposal-not-agreed" }))
            }
        }
    }
}
