//! Proposing versions of label kinds, deciding about them, and what stands where.

use std::collections::HashMap;
use std::sync::Arc;

use super::rules;
use super::store::{self, Decided, Decision, Proposal, ProposalId, Version};
use crate::app::{App, drawn};
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Conn, Page, kept};
use crate::labels::{Template, Templates};
use crate::people::{Caller, Denied, Role, UserId, store as people};
use crate::web::{Fault, FieldFault};

/// What can go wrong with label templates.
pub type TemplateError = Denied<TemplateRule>;

/// What keeps a version from being proposed or decided about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateRule {
    /// Another version of the kind waits for a decision.
    #[error("another version waits")]
    Waits,
    /// It was decided about already.
    #[error("decided already")]
    Decided,
    /// Who proposed it can't approve or decline it.
    #[error("own proposal")]
    OwnProposal,
    /// Only who proposed it can take it back.
    #[error("another's proposal")]
    NotOwn,
}
impl Fault for TemplateRule {
    fn code(&self) -> &'static str {
        match self {
            Self::Waits => "template-waits",
            Self::Decided => "template-decided",
            Self::OwnProposal => "own-proposal",
            Self::NotOwn => "template-not-own",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::OwnProposal | Self::NotOwn => 403,
            Self::Waits | Self::Decided => 409,
        }
    }
}

/// Who may look at the templates: none of them shows a patient.
pub const LOOK: &[Role] = &[Role::Admin, Role::LabHead, Role::Coordinator, Role::Quality];
/// Who may propose a version.
pub const PROPOSE: &[Role] = &[Role::Admin, Role::LabHead];
/// Who may approve or decline what another has proposed: what stands on every tube of the network
/// is decided by who answers for the samples.
pub const DECIDE: &[Role] = &[Role::LabHead, Role::Coordinator];

crate::words! {
    /// Where what a kind is drawn by comes from.
    pub enum Origin {
        /// Built into the program.
        BuiltIn = "built-in",
        /// A file of the server's directory.
        Directory = "directory",
        /// Proposed by one person and approved by another.
        Approved = "approved",
    }
}

/// A label kind: what it is drawn by, and what was proposed.
#[derive(Clone)]
pub struct Kind {
    /// What labels are drawn by now.
    pub template: Arc<Template>,
    /// What the server came with: what it has, every version must have.
    pub base: Arc<Template>,
    /// Where it is from.
    pub origin: Origin,
    /// The number of the version that comes next.
    pub next: i32,
    /// What was proposed, newest first.
    pub versions: Vec<Version>,
    /// An approved version that this program can't fill: it fills other fields.
    pub outdated: Option<i32>,
    /// Printed names of who proposed and decided.
    pub names: HashMap<UserId, String>,
}

impl Kind {
    /// What waits for a decision.
    pub fn pending(&self) -> Option<&Proposal> {
        self.versions.iter().find(|(_, d)| d.is_none()).map(|(p, _)| p)
    }
    /// A person's printed name.
    pub fn name(&self, id: UserId) -> &str {
        self.names.get(&id).map_or("", String::as_str)
    }
}

/// Every kind, by id. Of one whose versions can't all be read it is not known what labels are drawn
/// by: it is told instead.
pub async fn list(app: &App, caller: &Caller) -> Result<Page<Kind>, TemplateError> {
    may_look(caller)?;
    let templates = Arc::clone(&app.templates);
    app.db
        .read(move |c| {
            let ids = ids(&templates);
            kept::each_by_itself(c, ("label_templates", &ids), |c, only| kinds(c, &templates, only))
        })
        .await
}

/// One kind.
///
/// # Errors
/// [`Denied::NotFound`] for one there is not, and for whoever may not look.
pub async fn open(app: &App, caller: &Caller, id: &str) -> Result<Kind, TemplateError> {
    may_look(caller)?;
    let (templates, id) = (Arc::clone(&app.templates), id.to_owned());
    app.db.read(move |c| kind(c, &templates, &id)).await
}

fn may_look(caller: &Caller) -> Result<(), TemplateError> {
    if caller.scope.has_any(LOOK) { Ok(()) } else { Err(TemplateError::NotFound) }
}

pub(super) fn kind(
    conn: &mut Conn,
    templates: &Templates,
    id: &str,
) -> Result<Kind, TemplateError> {
    kinds(conn, templates, Some(id))?.into_iter().next().ok_or(TemplateError::NotFound)
}

/// The kinds there are.
fn ids(templates: &Templates) -> Vec<String> {
    let mut ids: Vec<String> = templates.all().iter().map(|t| t.id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn kinds(
    conn: &mut Conn,
    templates: &Templates,
    only: Option<&str>,
) -> Result<Vec<Kind>, TemplateError> {
    let mut ids = ids(templates);
    ids.retain(|id| only.is_none_or(|o| o == id));
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let all = store::versions(conn, only)?;
    let decided = all.iter().filter_map(|(_, d)| d.as_ref().map(|d| d.decided_by));
    let mut people: Vec<UserId> = all.iter().map(|(p, _)| p.proposed_by).chain(decided).collect();
    people.sort();
    people.dedup();
    let names = people::names_of(conn, &people)?;
    let mut found = vec![];
    for id in &ids {
        let Some(template) = store::current(conn, templates, id)? else { continue };
        let Some(base) = templates.latest(id).cloned() else { continue };
        let versions: Vec<Version> =
            all.iter().filter(|(p, _)| p.template_id == *id).cloned().collect();
        let approved = versions.iter().find(|(_, d)| is_approved(d.as_ref())).map(|(p, _)| p);
        let in_use = approved.is_some_and(|p| p.source == template.source());
        let origin = match (in_use, template.is_local()) {
            (true, _) => Origin::Approved,
            (false, true) => Origin::Directory,
            (false, false) => Origin::BuiltIn,
        };
        let came = templates.all().iter().filter(|t| t.id == *id).map(|t| t.version);
        let last = came.chain(versions.iter().map(|(p, _)| p.version)).max().unwrap_or(0);
        found.push(Kind {
            outdated: approved.filter(|_| !in_use).map(|p| p.version),
            next: last + 1,
            template,
            base,
            origin,
            versions,
            names: names.clone(),
        });
    }
    Ok(found)
}

fn is_approved(decision: Option<&Decision>) -> bool {
    decision.is_some_and(|d| d.decision == Decided::Approved)
}

/// The text to begin a new version with: what is in use, numbered as the next.
pub fn draft(kind: &Kind) -> String {
    rules::renumbered(&kind.template, kind.next)
}

/// What a text is worth as the next version of a kind. Nothing is written.
pub async fn examine(
    app: &App,
    caller: &Caller,
    id: &str,
    source: &str,
) -> Result<(Option<Template>, Vec<FieldFault>), TemplateError> {
    let kind = open(app, caller, id).await?;
    if !caller.scope.has_any(PROPOSE) {
        return Err(TemplateError::NotAllowed);
    }
    Ok(examined(kind, source).await)
}

async fn examined(kind: Kind, source: &str) -> (Option<Template>, Vec<FieldFault>) {
    let source = rules::tidy(source);
    drawn(move || rules::examine(&kind.base, kind.next, &source)).await
}

/// Proposes a version of a kind, and says why.
///
/// # Errors
/// [`Denied::Fields`] with a line for each mistake; [`TemplateRule::Waits`].
pub async fn propose(
    app: &App,
    caller: &Caller,
    id: &str,
    source: &str,
    reason: &str,
) -> Result<ProposalId, TemplateError> {
    let seen = open(app, caller, id).await?;
    if !caller.scope.has_any(PROPOSE) {
        return refuse(app, caller, "propose", id).await;
    }
    if seen.pending().is_some() {
        return Err(TemplateError::Rule(TemplateRule::Waits));
    }
    let next = seen.next;
    let (_, mut faults) = examined(seen, source).await;
    let reason = match checked_reason(reason) {
        Ok(reason) => reason,
        Err(fault) => {
            faults.push(fault);
            String::new()
        }
    };
    if !faults.is_empty() {
        return Err(TemplateError::Fields(faults));
    }
    let proposal = ProposalId::new();
    let (templates, job) = (Arc::clone(&app.templates), caller.clone());
    let (kind_id, source) = (id.to_owned(), rules::tidy(source));
    app.db
        .write_again(move |tx, _| {
            let kind = kind(tx, &templates, &kind_id)?;
            if kind.pending().is_some() {
                return Err(TemplateError::Rule(TemplateRule::Waits));
            }
            // Nothing is drawn while others wait to write: it was, for this number.
            if kind.next != next {
                return Err(TemplateError::Fields(vec![rules::not_next(&source, kind.next)]));
            }
            let row = Proposal {
                id: proposal,
                template_id: kind_id.clone(),
                version: kind.next,
                source: source.clone(),
                reason: reason.clone(),
                proposed_by: job.scope.user(),
                proposed_at: job.now,
            };
            store::propose(tx, &row)?;
            audit::record(tx, &entry(&job, "propose", &kind_id, Some(&row)))?;
            Ok(proposal)
        })
        .await
}

/// Why something is proposed or declined.
pub(super) fn checked_reason(given: &str) -> Result<String, FieldFault> {
    let reason = given.trim();
    let n = reason.chars().count();
    if !(10..=400).contains(&n) || reason.chars().any(char::is_control) {
        return Err(FieldFault::new("reason", "template-reason"));
    }
    Ok(reason.to_owned())
}

/// `detail` names the kind: it has no key of its own.
pub(super) fn entry(caller: &Caller, what: &str, id: &str, proposal: Option<&Proposal>) -> Entry {
    let version = proposal.map_or_else(String::new, |p| format!(" {}", p.version));
    let key = proposal.map(|p| p.id.0);
    Entry::new(caller, Action::LabelTemplate, "label-template", key)
        .detail(format!("{what} {id}{version}"))
}

/// A try that may not be is written down, then refused.
pub(super) async fn refuse<T>(
    app: &App,
    caller: &Caller,
    what: &'static str,
    id: &str,
) -> Result<T, TemplateError> {
    let entry = entry(caller, what, id, None).outcome(Outcome::Refused);
    audit::write_down(&app.db, entry).await?;
    Err(TemplateError::NotAllowed)
}
