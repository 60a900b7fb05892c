//! Deciding about a proposed version: another person than who proposed it, once.

use std::sync::Arc;

use super::rules;
use super::service::{
    DECIDE, Kind, PROPOSE, TemplateError, TemplateRule, checked_reason, entry, kind, open, refuse,
};
use super::store::{self, Decided, Decision, ProposalId};
use crate::access::service as access;
use crate::app::{App, drawn};
use crate::audit;
use crate::db::Tx;
use crate::people::Caller;
use crate::web::FieldFault;

/// What is decided about a proposal.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Labels are drawn by it from now on; with the approver's password.
    Approve {
        /// The approver's, again.
        password: String,
    },
    /// It is not wanted.
    Decline {
        /// Why, 10 to 400 characters.
        reason: String,
    },
    /// Who proposed it takes it back.
    Withdraw,
}

impl Verdict {
    fn word(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Decline { .. } => "decline",
            Self::Withdraw => "withdraw",
        }
    }
    fn decided(&self) -> Decided {
        match self {
            Self::Approve { .. } => Decided::Approved,
            Self::Decline { .. } => Decided::Declined,
            Self::Withdraw => Decided::Withdrawn,
        }
    }
}

/// Decides about a proposal: exactly that one, whatever was proposed since.
///
/// # Errors
/// [`TemplateRule::OwnProposal`], [`TemplateRule::NotOwn`], [`TemplateRule::Decided`];
/// `Denied::Fields` where it no longer fits what is in use.
pub async fn decide(
    app: &App,
    caller: &Caller,
    id: &str,
    proposal: ProposalId,
    verdict: Verdict,
) -> Result<(), TemplateError> {
    let seen = open(app, caller, id).await?;
    let roles = if matches!(verdict, Verdict::Withdraw) { PROPOSE } else { DECIDE };
    if !caller.scope.has_any(roles) {
        return refuse(app, caller, verdict.word(), id).await;
    }
    let (proved, reason) = match &verdict {
        Verdict::Approve { password } => {
            (Some(access::reauthenticate(app, caller, password).await?), None)
        }
        Verdict::Decline { reason } => {
            let faults = |f| TemplateError::Fields(vec![f]);
            (None, Some(checked_reason(reason).map_err(faults)?))
        }
        Verdict::Withdraw => (None, None),
    };
    let wrong = match verdict.decided() {
        // The server may have come with another one since. Neither that nor the text changes while it
        // runs: it is drawn before others wait to write.
        Decided::Approved => no_longer_fits(seen, proposal).await?,
        Decided::Declined | Decided::Withdrawn => vec![],
    };
    let (templates, job, kind_id) = (Arc::clone(&app.templates), caller.clone(), id.to_owned());
    let (word, decided) = (verdict.word(), verdict.decided());
    let done = app
        .db
        .write_again(move |tx, _| {
            proved.map_or(Ok(()), |p| p.holds(tx))?;
            let kind = kind(tx, &templates, &kind_id)?;
            let row = Decision {
                proposal_id: proposal,
                decision: decided,
                decided_by: job.scope.user(),
                decided_at: job.now,
                reason: reason.clone(),
            };
            decide_one(tx, &kind, &row, &wrong)?;
            let found = kind.versions.iter().find(|(p, _)| p.id == proposal).map(|(p, _)| p);
            Ok(audit::record(tx, &entry(&job, word, &kind_id, found))?)
        })
        .await;
    match done {
        Err(TemplateError::Rule(rule @ (TemplateRule::OwnProposal | TemplateRule::NotOwn))) => {
            let _: Result<(), _> = refuse(app, caller, word, id).await;
            Err(TemplateError::Rule(rule))
        }
        other => other,
    }
}

/// What keeps a proposal from being what labels are drawn by.
async fn no_longer_fits(
    kind: Kind,
    proposal: ProposalId,
) -> Result<Vec<FieldFault>, TemplateError> {
    let found = kind.versions.iter().find(|(p, _)| p.id == proposal);
    let (version, source) =
        found.map(|(p, _)| (p.version, p.source.clone())).ok_or(TemplateError::NotFound)?;
    Ok(drawn(move || rules::examine(&kind.base, version, &source).1).await)
}

fn decide_one(
    tx: &mut Tx<'_>,
    kind: &Kind,
    row: &Decision,
    wrong: &[FieldFault],
) -> Result<(), TemplateError> {
    let found = kind.versions.iter().find(|(p, _)| p.id == row.proposal_id);
    let Some((proposal, decision)) = found else { return Err(TemplateError::NotFound) };
    if decision.is_some() {
        return Err(TemplateError::Rule(TemplateRule::Decided));
    }
    let own = proposal.proposed_by == row.decided_by;
    match (row.decision, own) {
        (Decided::Withdrawn, false) => Err(TemplateError::Rule(TemplateRule::NotOwn)),
        (Decided::Approved | Decided::Declined, true) => {
            Err(TemplateError::Rule(TemplateRule::OwnProposal))
        }
        (Decided::Approved, false) if !wrong.is_empty() => {
            Err(TemplateError::Fields(wrong.to_vec()))
        }
        (Decided::Approved, false) => Ok(store::decide(tx, row)?),
        (Decided::Declined, false) | (Decided::Withdrawn, true) => Ok(store::decide(tx, row)?),
    }
}
