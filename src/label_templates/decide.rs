//! Deciding about a proposed version: another person than who proposed it, once.

use std::sync::Arc;

use super::rules;
use super::service::{Kind, PARTIES, TemplateError, about, kind, open};
use super::store::{self, Decision, Proposal, ProposalId};
use crate::app::{App, drawn};
use crate::approvals::{Answer, Decided, Given, ProposalRule};
use crate::audit;
use crate::db::Tx;
use crate::people::Caller;
use crate::web::FieldFault;

/// Decides about a proposal: exactly that one, whatever was proposed since.
///
/// # Errors
/// The [`ProposalRule`] that is broken; `Denied::Fields` where it no longer fits what is in use.
pub async fn decide(
    app: &App,
    caller: &Caller,
    id: &str,
    proposal: ProposalId,
    answer: Answer,
) -> Result<(), TemplateError> {
    let seen = open(app, caller, id).await?;
    let (of, decided) = (about(id, None), answer.decided());
    if !PARTIES.may_decide(&caller.scope, decided) {
        return of.refuse(app, caller, decided.deed(), TemplateError::NotAllowed).await;
    }
    let given = answer.given(app, caller).await?;
    let wrong = match decided {
        // The server may have come with another one since. Neither that nor the text changes while it
        // runs: it is drawn before others wait to write.
        Decided::Approved => no_longer_fits(seen, proposal).await?,
        Decided::Declined | Decided::Withdrawn => vec![],
    };
    let (templates, job, kind_id) = (Arc::clone(&app.templates), caller.clone(), id.to_owned());
    let done = app
        .db
        .write_again(move |tx, _| {
            let kind = kind(tx, &templates, &kind_id)?;
            let found = decide_one(tx, &job, (&kind, proposal), &given, &wrong)?;
            let entry = about(&kind_id, Some(found.version));
            Ok(audit::record(tx, &entry.entry(&job, decided.deed(), Some(proposal.0)))?)
        })
        .await;
    of.told(app, caller, decided.deed(), done).await
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

fn decide_one<'a>(
    tx: &mut Tx<'_>,
    job: &Caller,
    (kind, proposal): (&'a Kind, ProposalId),
    given: &Given,
    wrong: &[FieldFault],
) -> Result<&'a Proposal, TemplateError> {
    let found = kind.versions.iter().find(|(p, _)| p.id == proposal);
    let Some((proposal, decision)) = found else { return Err(TemplateError::NotFound) };
    if decision.is_some() {
        return Err(TemplateError::Rule(ProposalRule::Decided));
    }
    given.holds(tx, &PARTIES, (proposal.proposed_by, job))?;
    if !wrong.is_empty() {
        return Err(TemplateError::Fields(wrong.to_vec()));
    }
    store::decide(tx, &Decision::of(proposal.id, given, job))?;
    Ok(proposal)
}
