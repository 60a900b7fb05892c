//! Proposing versions of label kinds, deciding about them, and what stands where.

use std::collections::HashMap;
use std::sync::Arc;

use super::rules;
use super::store::{self, Decision, Proposal, ProposalId, Version};
use crate::app::{App, drawn};
use crate::approvals::{self, Decided, Pair, Parties, ProposalRule, Subject, may_look};
use crate::audit::{self, Action};
use crate::db::{Conn, Page, kept};
use crate::labels::{Template, Templates};
use crate::people::rights::Right;
use crate::people::{Caller, Denied, UserId, store as people};
use crate::web::FieldFault;

/// What can go wrong with label templates.
pub type TemplateError = Denied<ProposalRule>;

/// Who proposes and who decides: what stands on every tube of the network is decided by who answers for the samples.
pub const PARTIES: Parties =
    Parties { propose: Right::ProposeLabel, decide: Right::DecideLabel, pair: Pair::Any };

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
    let people: Vec<UserId> = all.iter().map(|(p, _)| p.proposed_by).chain(decided).collect();
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
    if !PARTIES.may_propose(&caller.scope) {
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
/// [`Denied::Fields`] with a line for each mistake; [`ProposalRule::Waits`].
pub async fn propose(
    app: &App,
    caller: &Caller,
    id: &str,
    source: &str,
    reason: &str,
) -> Result<ProposalId, TemplateError> {
    let seen = open(app, caller, id).await?;
    if !PARTIES.may_propose(&caller.scope) {
        return about(id, None).refuse(app, caller, "propose", TemplateError::NotAllowed).await;
    }
    if seen.pending().is_some() {
        return Err(TemplateError::Rule(ProposalRule::Waits));
    }
    let next = seen.next;
    let (_, mut faults) = examined(seen, source).await;
    let reason = approvals::reason(reason).unwrap_or_else(|fault| {
        faults.push(fault);
        String::new()
    });
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
                return Err(TemplateError::Rule(ProposalRule::Waits));
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
            let of = about(&kind_id, Some(row.version));
            audit::record(tx, &of.entry(&job, "propose", Some(row.id.0)))?;
            Ok(proposal)
        })
        .await
}

/// A kind, and which version of it, as the audit log names it.
pub(super) fn about(id: &str, version: Option<i32>) -> Subject {
    let name = version.map_or_else(|| id.to_owned(), |version| format!("{id} {version}"));
    Subject { action: Action::LabelTemplate, kind: "label-template", name }
}
