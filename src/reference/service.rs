//! Proposing and deciding about the reference data, and what stands where.

use std::collections::HashMap;

use super::store::{
    self, Decision, Proposal, ProposalId, Proposed, SiteEvent, SiteEventId, Version,
};
use super::{CentreChange, ReferenceRule, SiteEventKind, What, take_over};
use crate::app::App;
use crate::approvals::{
    Answer, Decided, Given, ProposalRule, Subject, Turn, may_look, reason, roles_of,
};
use crate::audit::{self, Action};
use crate::catalogue::Catalogue;
use crate::db::{Conn, DbError, Page, Tx, kept};
use crate::people::{Caller, Denied, UserId, store as people};
use crate::sites::{self, Site};
use crate::web::FieldFault;

/// What can go wrong with the reference data.
pub type ReferenceError = Denied<ReferenceRule>;

/// Printed names of who proposed, decided or confirmed.
pub type Names = HashMap<UserId, String>;

/// A centre, what became of it and what was proposed about it.
pub struct Centre {
    /// As the database has it now.
    pub site: Site,
    /// What became of it, oldest first.
    pub events: Vec<SiteEvent>,
    /// What was proposed, newest first.
    pub proposals: Vec<Proposed>,
    /// What the caller can do about the proposal that waits.
    pub turn: Option<Turn>,
    /// Printed names of the people in it, by their accounts.
    pub names: Names,
}

/// The versions of the catalogue, and which is in use.
pub struct Versions {
    /// As they were taken over.
    pub all: Vec<Version>,
    /// The one that decides about samples from each server's next start on.
    pub in_use: String,
    /// The one that waits for its approvals, with the files that differ from the one in use.
    pub waiting: Option<(String, Vec<&'static str>)>,
    /// The contents of both.
    pub texts: Option<(Catalogue, Catalogue)>,
    /// What was proposed, newest first.
    pub proposals: Vec<Proposed>,
    /// What the caller can do about the proposal that waits.
    pub turn: Option<Turn>,
    /// Printed names of the people in them, by their accounts.
    pub names: Names,
}

/// What waits for a decision.
pub fn pending(proposals: &[Proposed]) -> Option<&Proposal> {
    proposals.iter().find(|(_, d)| d.is_none()).map(|(p, _)| p)
}

/// What the caller can do about the proposal that waits.
fn turn(
    conn: &mut Conn,
    caller: &Caller,
    what: What,
    proposals: &[Proposed],
) -> Result<Option<Turn>, ReferenceError> {
    let Some(waits) = pending(proposals) else { return Ok(None) };
    let roles = roles_of(conn, waits.proposed_by)?;
    Ok(Some(what.parties().turn(&caller.scope, waits.proposed_by, &roles)))
}

fn names(conn: &mut Conn, proposals: &[Proposed], more: &[SiteEvent]) -> Result<Names, DbError> {
    let mut ids: Vec<UserId> = proposals.iter().map(|(p, _)| p.proposed_by).collect();
    ids.extend(proposals.iter().filter_map(|(_, d)| d.as_ref().map(|d| d.decided_by)));
    ids.extend(more.iter().filter_map(|e| e.person_id));
    Ok(people::names_of(conn, &ids)?)
}

/// Every site as the database has it, with the codes about which something waits. Sites and
/// decisions that can't be read are told with the sites.
pub async fn centres(
    app: &App,
    caller: &Caller,
) -> Result<(Page<Site>, Vec<String>), ReferenceError> {
    may_look(caller)?;
    app.db
        .read(|c| {
            let mut all = sites::store::told(c)?;
            let codes: Vec<String> = all.items.iter().map(|s| s.code.clone()).collect();
            let waits = |(p, d): Proposed| d.is_none().then_some(p.subject);
            let waiting = kept::each_by_itself(c, ("reference_proposals", &codes), |c, only| {
                let of_it = store::proposals(c, What::Centre, only)?;
                Ok::<_, ReferenceError>(of_it.into_iter().filter_map(waits).collect())
            })?;
            all.unreadable.extend(waiting.unreadable);
            Ok((all, waiting.items))
        })
        .await
}

/// One centre by its code.
pub async fn centre(app: &App, caller: &Caller, code: &str) -> Result<Centre, ReferenceError> {
    may_look(caller)?;
    let (code, job) = (code.to_owned(), caller.clone());
    app.db
        .read(move |c| {
            let site = site_by(c, &code)?;
            let events = store::site_events(c, site.id)?;
            let proposals = store::proposals(c, What::Centre, Some(&code))?;
            let turn = turn(c, &job, What::Centre, &proposals)?;
            let names = names(c, &proposals, &events)?;
            Ok(Centre { site, events, proposals, turn, names })
        })
        .await
}

fn site_by(conn: &mut Conn, code: &str) -> Result<Site, ReferenceError> {
    sites::store::with_code(conn, code)?.ok_or(ReferenceError::NotFound)
}

/// The versions of the catalogue.
pub async fn versions(app: &App, caller: &Caller) -> Result<Versions, ReferenceError> {
    may_look(caller)?;
    let job = caller.clone();
    app.db
        .read(move |c| {
            let all = store::versions(c)?;
            if all.is_empty() {
                return Err(DbError::Corrupt("no version of the catalogue".into()).into());
            }
            let used = take_over::in_use(c, &all)?.clone();
            let last = take_over::newest(&all).clone();
            let texts = match used.clinical_digest == last.clinical_digest {
                true => None,
                false => Some((take_over::read(&used)?.0, take_over::read(&last)?.0)),
            };
            let differ = |(old, new): &(Catalogue, Catalogue)| {
                let clinical = |f: &&'static str| crate::catalogue::CLINICAL.contains(f);
                old.differs(new).into_iter().filter(clinical).collect::<Vec<_>>()
            };
            let waiting = texts.as_ref().map(|t| (last.version.clone(), differ(t)));
            let proposals = store::proposals(c, What::Catalogue, None)?;
            let turn = turn(c, &job, What::Catalogue, &proposals)?;
            let names = names(c, &proposals, &[])?;
            Ok(Versions { all, in_use: used.version, waiting, texts, proposals, turn, names })
        })
        .await
}

/// Says that a candidate is a centre, and what it is called.
pub async fn propose_centre(
    app: &App,
    caller: &Caller,
    code: &str,
    change: &CentreChange,
    reason: &str,
) -> Result<ProposalId, ReferenceError> {
    centre(app, caller, code).await?;
    let checked = change.checked();
    let faults = checked.as_ref().err().cloned().unwrap_or_default();
    let content = serde_json::to_string(&checked.unwrap_or_default())
        .map_err(|e| DbError::Corrupt(e.to_string()))?;
    propose(app, caller, (What::Centre, code), content, reason, faults).await
}

/// The first of the two approvals of a version that waits.
pub async fn propose_catalogue(
    app: &App,
    caller: &Caller,
    version: &str,
    reason: &str,
) -> Result<ProposalId, ReferenceError> {
    let there = versions(app, caller).await?;
    let waits = there.waiting.as_ref().is_some_and(|(v, _)| v == version);
    let found = there.all.into_iter().find(|v| v.version == version && waits);
    let Some(found) = found else { return Err(ReferenceError::Rule(ReferenceRule::Nothing)) };
    let content = found.clinical_digest;
    propose(app, caller, (What::Catalogue, version), content, reason, vec![]).await
}

async fn propose(
    app: &App,
    caller: &Caller,
    (what, subject): (What, &str),
    content: String,
    reason: &str,
    mut faults: Vec<FieldFault>,
) -> Result<ProposalId, ReferenceError> {
    let of = about(what, subject);
    if !what.parties().may_propose(&caller.scope) {
        return of.refuse(app, caller, "propose", ReferenceError::NotAllowed).await;
    }
    let reason = self::reason(reason).unwrap_or_else(|fault| {
        faults.push(fault);
        String::new()
    });
    if !faults.is_empty() {
        return Err(ReferenceError::Fields(faults));
    }
    let (job, subject, id) = (caller.clone(), subject.to_owned(), ProposalId::new());
    app.db
        .write_again(move |tx, _| {
            let before = store::proposals(tx, what, Some(&subject))?;
            if pending(&before).is_some() {
                return Err(ReferenceError::Rule(ProposalRule::Waits.into()));
            }
            still_open(tx, what, &subject)?;
            let row = Proposal {
                id,
                kind: what,
                subject: subject.clone(),
                n: before.iter().map(|(p, _)| p.n).max().unwrap_or(0) + 1,
                content: content.clone(),
                reason: reason.clone(),
                proposed_by: job.scope.user(),
                proposed_at: job.now,
            };
            store::propose(tx, &row)?;
            audit::record(tx, &of.entry(&job, "propose", Some(id.0)))?;
            Ok(id)
        })
        .await
}

/// Whether there still is something to decide.
fn still_open(tx: &mut Tx<'_>, what: What, subject: &str) -> Result<(), ReferenceError> {
    let open = match what {
        What::Centre => {
            let site = site_by(tx, subject)?;
            site.active && !site.confirmed
        }
        What::Catalogue => {
            let all = store::versions(tx)?;
            !all.is_empty()
                && take_over::newest(&all).version == subject
                && take_over::in_use(tx, &all)?.clinical_digest
                    != take_over::newest(&all).clinical_digest
        }
    };
    if open { Ok(()) } else { Err(ReferenceError::Rule(ReferenceRule::Nothing)) }
}

/// Decides about exactly this proposal, whatever was proposed since.
pub async fn decide(
    app: &App,
    caller: &Caller,
    (what, subject): (What, &str),
    proposal: ProposalId,
    answer: Answer,
) -> Result<(), ReferenceError> {
    may_look(caller)?;
    let (of, decided) = (about(what, subject), answer.decided());
    if !what.parties().may_decide(&caller.scope, decided) {
        return of.refuse(app, caller, decided.deed(), ReferenceError::NotAllowed).await;
    }
    let given = answer.given(app, caller).await?;
    let (job, about, entry) = (caller.clone(), subject.to_owned(), of.clone());
    let done = app
        .db
        .write_again(move |tx, _| {
            decide_one(tx, &job, (what, &about), proposal, &given)?;
            Ok(audit::record(tx, &entry.entry(&job, decided.deed(), Some(proposal.0)))?)
        })
        .await;
    of.told(app, caller, decided.deed(), done).await?;
    refresh_sites(app).await
}

fn decide_one(
    tx: &mut Tx<'_>,
    job: &Caller,
    (what, subject): (What, &str),
    proposal: ProposalId,
    given: &Given,
) -> Result<(), ReferenceError> {
    let all = store::proposals(tx, what, Some(subject))?;
    let Some((proposal, decision)) = all.into_iter().find(|(p, _)| p.id == proposal) else {
        return Err(ReferenceError::NotFound);
    };
    if decision.is_some() {
        return Err(ReferenceError::Rule(ProposalRule::Decided.into()));
    }
    given.holds(tx, what.parties(), (proposal.proposed_by, job))?;
    if given.decided == Decided::Approved {
        still_open(tx, what, subject)?;
    }
    store::decide(tx, &Decision::of(proposal.id, given, job))?;
    if given.decided == Decided::Approved && what == What::Centre {
        confirm(tx, job, &proposal)?;
    }
    Ok(())
}

/// The candidate is a centre from now on, called as the proposal says.
fn confirm(tx: &mut Tx<'_>, job: &Caller, proposal: &Proposal) -> Result<(), ReferenceError> {
    let change: CentreChange = serde_json::from_str(&proposal.content)
        .map_err(|e| DbError::Corrupt(format!("proposal {}: {e}", proposal.id)))?;
    let before = site_by(tx, &proposal.subject)?;
    let site = Site {
        name: change.name,
        city: change.city,
        state: change.state,
        clues: Some(change.clues).filter(|c| !c.is_empty()),
        confirmed: true,
        doubt: None,
        ..before
    };
    sites::store::update(tx, &site)?;
    let event = SiteEvent {
        id: SiteEventId::new(),
        site_id: site.id,
        at: job.now,
        kind: SiteEventKind::Confirmed,
        detail: site.name,
        catalogue_version: None,
        person_id: Some(job.scope.user()),
    };
    Ok(store::insert_site_event(tx, &event)?)
}

/// Takes over what the database says of the sites: at once where something was decided, and every
/// few seconds for what was decided at another server.
pub async fn refresh_sites(app: &App) -> Result<(), ReferenceError> {
    let now = app.db.read(|c| Ok::<_, ReferenceError>(sites::store::told(c)?)).await?;
    app.sites.replace(now.items, now.unreadable.iter().filter_map(|why| why.id.as_deref()));
    Ok(())
}

/// Refreshes for as long as the server runs.
pub async fn refresh_always(app: App) {
    let mut failing = false;
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        let done = refresh_sites(&app).await;
        // Once for each time that the database is away, not every few seconds of it.
        if let (Err(e), false) = (&done, failing) {
            tracing::warn!(error = %e, "the sites could not be read again");
        }
        failing = done.is_err();
    }
}

/// A centre or a version as the audit log names it: what is in an address may be anything.
fn about(what: What, subject: &str) -> Subject {
    let known = subject.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').take(40);
    let kind = match what {
        What::Catalogue => "catalogue",
        What::Centre => "site",
    };
    Subject { action: Action::ManageCatalogue, kind, name: known.collect() }
}
