//! Proposing and approving protocols, and what stands where.

use std::collections::HashMap;

use super::store::{self, Approval, Proposal, ProposalId};
use crate::access::service as access;
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::catalogue::{Catalogue, Protocol};
use crate::db::{Conn, DbError, Instant, Page, Tx, kept};
use crate::people::{Caller, Denied, Person, RequestId, Role, UserId, store as people};
use crate::web::Fault;

/// What can go wrong with protocols.
pub type ProtocolError = Denied<ProtocolRule>;

/// What keeps a protocol from being proposed or approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolRule {
    /// In use already.
    #[error("in use already")]
    InUse,
    /// Proposed already: it waits for another person's approval.
    #[error("proposed already")]
    Proposed,
    /// Nobody has proposed it.
    #[error("not proposed")]
    NotProposed,
    /// Who proposed it can't approve it.
    #[error("own proposal")]
    OwnProposal,
    /// Nobody has said yet what it is: its days were invented to be replaced.
    #[error("only placeholders")]
    Placeholder,
}
impl Fault for ProtocolRule {
    fn code(&self) -> &'static str {
        match self {
            Self::InUse => "protocol-in-use",
            Self::Proposed => "protocol-proposed",
            Self::NotProposed => "protocol-not-proposed",
            Self::OwnProposal => "own-proposal",
            Self::Placeholder => "protocol-placeholder",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::OwnProposal => 403,
            Self::InUse | Self::Proposed | Self::NotProposed | Self::Placeholder => 409,
        }
    }
}

/// Who may propose (`domain.md` section 14).
pub const PROPOSE: &[Role] = &[Role::Validator, Role::LabHead];
/// Who may approve what another has proposed.
pub const APPROVE: &[Role] = &[Role::LabHead, Role::Coordinator];

crate::words! {
    /// Where a protocol stands.
    pub enum Standing {
        /// Nobody may request by it.
        Disabled = "disabled",
        /// Waits for another person's approval.
        Proposed = "proposed",
        /// May be requested by.
        InUse = "in-use",
    }
}

/// A protocol of the catalogue and what was decided about it.
pub struct Shown {
    /// As the catalogue has it.
    pub protocol: Protocol,
    /// The proposal, under this version of the catalogue.
    pub proposal: Option<Proposal>,
    /// The approval, under this version of the catalogue.
    pub approval: Option<Approval>,
    /// Approvals under earlier versions: decided on other thresholds, they don't hold now.
    pub earlier: Vec<Approval>,
    /// Printed names of who decided.
    pub names: HashMap<UserId, String>,
}

impl Shown {
    /// Where it stands.
    pub fn standing(&self) -> Standing {
        match (&self.approval, &self.proposal) {
            (Some(_), _) => Standing::InUse,
            (None, Some(_)) => Standing::Proposed,
            (None, None) => Standing::Disabled,
        }
    }
    /// Rules that were read in their source, and all of them.
    pub fn verified(&self) -> (usize, usize) {
        let rules = &self.protocol.rules;
        (rules.iter().filter(|r| r.is_read()).count(), rules.len())
    }
}

/// Every protocol of the catalogue, in its order. Of one about which not every decision can be read
/// it is not known whether it is in use: it is told instead.
pub async fn list(app: &App) -> Result<Page<Shown>, ProtocolError> {
    let catalogue = app.catalogue.clone();
    app.db
        .read(move |c| {
            let ids: Vec<String> = catalogue.protocols.iter().map(|p| p.id.clone()).collect();
            kept::each_by_itself(c, ("protocols", &ids), |c, only| shown(c, &catalogue, only))
        })
        .await
}

fn shown(
    conn: &mut Conn,
    catalogue: &Catalogue,
    only: Option<&str>,
) -> Result<Vec<Shown>, ProtocolError> {
    let version = &catalogue.version;
    let (proposals, approvals, names) = decided(conn, only)?;
    let wanted = catalogue.protocols.iter().filter(|p| only.is_none_or(|o| o == p.id));
    let shown = wanted.map(|p| {
        let of_it = approvals.iter().filter(|a| a.protocol_id == p.id);
        let (now, earlier): (Vec<_>, Vec<_>) =
            of_it.cloned().partition(|a| a.catalogue_version == *version);
        let proposal =
            proposals.iter().find(|x| x.protocol_id == p.id && x.catalogue_version == *version);
        Shown {
            protocol: p.clone(),
            proposal: proposal.cloned(),
            approval: now.into_iter().next(),
            earlier,
            names: names.clone(),
        }
    });
    Ok(shown.collect())
}

type Decided = (Vec<Proposal>, Vec<Approval>, HashMap<UserId, String>);

fn decided(conn: &mut Conn, only: Option<&str>) -> Result<Decided, ProtocolError> {
    let (proposals, approvals) = (store::proposals(conn, only)?, store::approvals(conn, only)?);
    let mut ids: Vec<UserId> = proposals.iter().map(|p| p.proposed_by).collect();
    ids.extend(approvals.iter().flat_map(|a| [a.proposed_by, a.approved_by]));
    ids.sort();
    ids.dedup();
    let names = people::names_of(conn, &ids)?;
    Ok((proposals, approvals, names))
}

/// The protocol of this id, and where the network stands with it.
pub async fn open(app: &App, id: &str) -> Result<Shown, ProtocolError> {
    let (catalogue, id) = (app.catalogue.clone(), id.to_owned());
    catalogue.protocol(&id).ok_or(ProtocolError::NotFound)?;
    let found = app.db.read(move |c| shown(c, &catalogue, Some(&id))).await?;
    found.into_iter().next().ok_or(ProtocolError::NotFound)
}

/// Proposes that the network use a protocol, and why.
pub async fn propose(
    app: &App,
    caller: &Caller,
    id: &str,
    reason: &str,
) -> Result<(), ProtocolError> {
    let key = Key::of(app, id)?;
    if !caller.scope.has_any(PROPOSE) {
        return refuse(app, caller, "propose", key, ProtocolError::NotAllowed).await;
    }
    let reason = reason.trim().to_owned();
    let n = reason.chars().count();
    if !(10..=400).contains(&n) || reason.chars().any(char::is_control) {
        return Err(ProtocolError::field("reason", "protocol-reason"));
    }
    let job = caller.clone();
    let proposal = ProposalId::new();
    key.is_whole()?;
    app.db
        .write(move |tx| {
            key.is_free(tx)?;
            if store::proposal(tx, &key.protocol.id, &key.version)?.is_some() {
                return Err(ProtocolError::Rule(ProtocolRule::Proposed));
            }
            let proposal = Proposal {
                id: proposal,
                protocol_id: key.protocol.id.clone(),
                catalogue_version: key.version.clone(),
                proposed_by: job.scope.user(),
                proposed_at: job.now,
                reason: reason.clone(),
            };
            store::insert_proposal(tx, &proposal)?;
            Ok(audit::record(tx, &entry(&job, "propose", &key))?)
        })
        .await
}

/// Approves what another person has proposed, with one's password: from now on it may be
/// requested by.
pub async fn approve(
    app: &App,
    caller: &Caller,
    id: &str,
    password: &str,
) -> Result<(), ProtocolError> {
    let key = Key::of(app, id)?;
    if !caller.scope.has_any(APPROVE) {
        return refuse(app, caller, "approve", key, ProtocolError::NotAllowed).await;
    }
    key.is_whole()?;
    let proved = access::reauthenticate(app, caller, password).await?;
    let (job, same) = (caller.clone(), key.clone());
    let done = app
        .db
        .write(move |tx| {
            proved.holds(tx)?;
            key.is_free(tx)?;
            let Some(proposal) = store::proposal(tx, &key.protocol.id, &key.version)? else {
                return Err(ProtocolError::Rule(ProtocolRule::NotProposed));
            };
            if proposal.proposed_by == job.scope.user() {
                return Err(ProtocolError::Rule(ProtocolRule::OwnProposal));
            }
            let people = (proposal.proposed_by, job.scope.user());
            store::approve(tx, &key.protocol, &key.version, people, job.now)?;
            Ok(audit::record(tx, &entry(&job, "approve", &key))?)
        })
        .await;
    match done {
        Err(ProtocolError::Rule(ProtocolRule::OwnProposal)) => {
            refuse(app, caller, "approve", same, ProtocolError::Rule(ProtocolRule::OwnProposal))
                .await
        }
        other => other,
    }
}

/// A protocol of the catalogue as it is.
#[derive(Debug, Clone)]
struct Key {
    protocol: Protocol,
    version: String,
}

impl Key {
    fn of(app: &App, id: &str) -> Result<Self, ProtocolError> {
        let protocol = app.catalogue.protocol(id).ok_or(ProtocolError::NotFound)?;
        Ok(Self { protocol: protocol.clone(), version: app.catalogue.version.clone() })
    }
    /// Of something that people can decide about.
    fn is_whole(&self) -> Result<(), ProtocolError> {
        match self.protocol.is_placeholder() {
            true => Err(ProtocolError::Rule(ProtocolRule::Placeholder)),
            false => Ok(()),
        }
    }
    /// Not in use yet. What is can't be edited: the catalogue's next version is another decision.
    fn is_free(&self, tx: &mut Tx<'_>) -> Result<(), ProtocolError> {
        match store::approved(tx, &self.version)?.contains(&self.protocol.id) {
            true => Err(ProtocolError::Rule(ProtocolRule::InUse)),
            false => Ok(()),
        }
    }
}

/// `detail` names the protocol: it has no key of its own.
fn entry(caller: &Caller, what: &str, key: &Key) -> Entry {
    let detail = format!("{what} {} {}", key.protocol.id, key.version);
    Entry::new(caller, Action::ApproveProtocol, "protocol", None).detail(detail)
}

/// A try that may not be is written down, then refused.
async fn refuse(
    app: &App,
    caller: &Caller,
    what: &'static str,
    key: Key,
    why: ProtocolError,
) -> Result<(), ProtocolError> {
    let entry = entry(caller, what, &key).outcome(Outcome::Refused);
    audit::write_down(&app.db, entry).await?;
    Err(why)
}

/// Both steps at once, for the command line: what keeps two people from it, or nothing.
///
/// # Errors
/// Only of the database; in use already is a unique violation.
pub fn approve_by_two(
    tx: &mut Tx<'_>,
    protocol: &Protocol,
    version: &str,
    people: (&Person, &Person),
    now: Instant,
) -> Result<Option<&'static str>, DbError> {
    let (first, second) = people;
    let holds = |p: &Person, roles: &[Role]| roles.iter().any(|r| p.roles.has(*r));
    if first.id == second.id || !holds(first, PROPOSE) || !holds(second, APPROVE) {
        return Ok(Some("two different people with the right roles must do this"));
    }
    if protocol.is_placeholder() {
        return Ok(Some("its days are placeholders: the network must replace them first"));
    }
    match store::proposal(tx, &protocol.id, version)? {
        Some(there) if there.proposed_by != first.id => {
            return Ok(Some("another person has proposed it: name that one"));
        }
        Some(_) => {}
        None => {
            let proposal = Proposal {
                id: ProposalId::new(),
                protocol_id: protocol.id.clone(),
                catalogue_version: version.to_owned(),
                proposed_by: first.id,
                proposed_at: now,
                reason: "rastro catalogue approve".to_owned(),
            };
            store::insert_proposal(tx, &proposal)?;
        }
    }
    store::approve(tx, protocol, version, (first.id, second.id), now)?;
    for (person, what) in [(first, "propose"), (second, "approve")] {
        audit::record(
            tx,
            &by_command(person.id, format!("{what} {} {version}", protocol.id), now),
        )?;
    }
    Ok(None)
}

fn by_command(person: UserId, detail: String, at: Instant) -> Entry {
    Entry {
        at,
        person: Some(person),
        action: Action::ApproveProtocol,
        outcome: Outcome::Done,
        subject_kind: "protocol",
        subject: None,
        patient: None,
        site: None,
        request: RequestId::new(),
        detail: Some(detail),
    }
}
