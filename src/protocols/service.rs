//! Proposing and approving protocols, and what stands where.

use std::collections::HashMap;

use super::store::{self, Approval, Proposal, ProposalId};
use crate::app::App;
use crate::approvals::{self, Answer, Pair, Parties, ProposalRule, Subject, roles_of};
use crate::audit::{self, Action, Entry, Outcome};
use crate::catalogue::{Catalogue, Protocol};
use crate::db::{Conn, Instant, Page, Tx, kept};
use crate::people::rights::{self, Right};
use crate::people::{
    Caller, Denied, PeopleError, Person, RequestId, RoleSet, UserId, store as people,
};
use crate::web::Fault;

/// What can go wrong with protocols.
pub type ProtocolError = Denied<ProtocolRule>;

/// What keeps a protocol from being proposed or approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolRule {
    /// As with every proposal.
    #[error(transparent)]
    Proposal(#[from] ProposalRule),
    /// In use already.
    #[error("in use already")]
    InUse,
    /// Nobody has proposed it.
    #[error("not proposed")]
    NotProposed,
    /// Nobody has said yet what it is: its days were invented to be replaced.
    #[error("only placeholders")]
    Placeholder,
}
impl Fault for ProtocolRule {
    fn code(&self) -> &'static str {
        match self {
            Self::Proposal(rule) => rule.code(),
            Self::InUse => "protocol-in-use",
            Self::NotProposed => "protocol-not-proposed",
            Self::Placeholder => "protocol-placeholder",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::Proposal(rule) => rule.status(),
            Self::InUse | Self::NotProposed | Self::Placeholder => 409,
        }
    }
}

/// Who proposes and who approves (`domain.md` section 14). A row has room for two people: they are the two who must
/// have said yes, so a validator, who approves nothing, tells the head of the laboratory.
pub const PARTIES: Parties = Parties {
    propose: Right::ProposeProtocol,
    decide: Right::ApproveProtocol,
    pair: Pair::HeadAndCoordination,
};

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
    /// The roles that who proposed it has now, while it waits.
    pub proposer: RoleSet,
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
        let proposer = match proposal {
            Some(waits) if now.is_empty() => roles_of(conn, waits.proposed_by)?,
            _ => RoleSet::default(),
        };
        Ok(Shown {
            protocol: p.clone(),
            proposal: proposal.cloned(),
            proposer,
            approval: now.into_iter().next(),
            earlier,
            names: names.clone(),
        })
    });
    shown.collect()
}

type Decided = (Vec<Proposal>, Vec<Approval>, HashMap<UserId, String>);

fn decided(conn: &mut Conn, only: Option<&str>) -> Result<Decided, ProtocolError> {
    let (proposals, approvals) = (store::proposals(conn, only)?, store::approvals(conn, only)?);
    let mut ids: Vec<UserId> = proposals.iter().map(|p| p.proposed_by).collect();
    ids.extend(approvals.iter().flat_map(|a| [a.proposed_by, a.approved_by]));
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
    if !PARTIES.may_propose(&caller.scope) {
        return key.about().refuse(app, caller, "propose", ProtocolError::NotAllowed).await;
    }
    let reason = approvals::reason(reason)?;
    let job = caller.clone();
    let proposal = ProposalId::new();
    key.is_whole()?;
    app.db
        .write(move |tx| {
            key.is_free(tx)?;
            if store::proposal(tx, &key.protocol.id, &key.version)?.is_some() {
                return Err(ProtocolError::Rule(ProposalRule::Waits.into()));
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
            Ok(audit::record(tx, &key.about().entry(&job, "propose", None))?)
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
    let (key, answer) = (Key::of(app, id)?, Answer::Approve(password.to_owned()));
    let (of, decided) = (key.about(), answer.decided());
    if !PARTIES.may_decide(&caller.scope, decided) {
        return of.refuse(app, caller, decided.deed(), ProtocolError::NotAllowed).await;
    }
    key.is_whole()?;
    let given = answer.given(app, caller).await?;
    let (job, entry) = (caller.clone(), of.clone());
    let done = app
        .db
        .write(move |tx| {
            key.is_free(tx)?;
            let Some(proposal) = store::proposal(tx, &key.protocol.id, &key.version)? else {
                return Err(ProtocolError::Rule(ProtocolRule::NotProposed));
            };
            given.holds(tx, &PARTIES, (proposal.proposed_by, &job))?;
            let people = (proposal.proposed_by, job.scope.user());
            store::approve(tx, &key.protocol, &key.version, people, job.now)?;
            Ok(audit::record(tx, &entry.entry(&job, decided.deed(), None))?)
        })
        .await;
    of.told(app, caller, decided.deed(), done).await
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
    /// As the audit log names it.
    fn about(&self) -> Subject {
        about(&self.protocol, &self.version)
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

fn about(protocol: &Protocol, version: &str) -> Subject {
    let name = format!("{} {version}", protocol.id);
    Subject { action: Action::ApproveProtocol, kind: "protocol", name }
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
) -> Result<Option<&'static str>, PeopleError> {
    let (first, second) = people;
    if first.id == second.id || !PARTIES.pair.is(&first.roles, &second.roles) {
        return Ok(Some("the head of the laboratory and the coordination must do this, one each"));
    }
    if protocol.is_placeholder() {
        return Ok(Some("its days are placeholders: the network must replace them first"));
    }
    match store::proposal(tx, &protocol.id, version)? {
        // Of somebody who can't be one of the two it stays as it is: these two say yes to it.
        Some(there) if there.proposed_by != first.id && may_be_one(tx, there.proposed_by)? => {
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
    let of = about(protocol, version);
    for (person, deed) in [(first, "propose"), (second, "approve")] {
        audit::record(tx, &by_command(person.id, &of, deed, now))?;
    }
    Ok(None)
}

/// Whether somebody has a role of one of the two.
fn may_be_one(conn: &mut Conn, person: UserId) -> Result<bool, PeopleError> {
    let roles = roles_of(conn, person)?;
    Ok(rights::roles(PARTIES.propose).any(|role| roles.has(role)))
}

fn by_command(person: UserId, of: &Subject, deed: &str, at: Instant) -> Entry {
    Entry {
        at,
        person: Some(person),
        action: of.action,
        outcome: Outcome::Done,
        subject_kind: of.kind,
        subject: None,
        patient: None,
        site: None,
        request: RequestId::new(),
        detail: Some(of.detail(deed)),
    }
}
