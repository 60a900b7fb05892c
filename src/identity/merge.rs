//! Two records of one child are merged by two people, and part again by two (BR-29). Nothing moves:
//! what each record has stays its own, with its own number; the one that is merged names the one that
//! stays, and the child is shown with all of both. So an unmerge restores exactly what was.

use super::model::{Correction, Identity, IdentityRule, Step, Two};
use super::service::{self, IdentityError, found, told};
use crate::app::App;
use crate::approvals::{ProposalRule, Verdict};
use crate::db::{Conn, DbError, Tx};
use crate::patients::store::{self, IdentityEvent, IdentityEventId};
use crate::patients::{Patient, PatientId, merged, reason_of_care, relation};
use crate::people::{Caller, Denied};
use crate::sites::SiteId;
use serde_json::json;

/// What somebody says of two records.
#[derive(Debug, Clone)]
pub(super) struct Union {
    /// The client's key: sent again, it gives the first answer again.
    pub id: IdentityEventId,
    pub two: Two,
    /// That they are no twins was looked at; asked where one of them is one of a multiple birth.
    pub no_twins: bool,
    /// Why, in the person's words: 5 to 400 characters.
    pub reason: String,
}

/// Proposes that two records are one child's.
///
/// # Errors
/// The field that is wrong; the [`IdentityRule`] that is broken; not found where one is out of reach.
pub(super) async fn propose(
    app: &App,
    caller: &Caller,
    union: Union,
) -> Result<IdentityEventId, IdentityError> {
    let reason = reason_of_care(&union.reason)?;
    if union.two.record == union.two.into {
        return Err(Denied::field("with", "merge-itself"));
    }
    let job = caller.clone();
    app.db
        .write_again(move |tx, _| propose_one(tx, &job, &union, &reason))
        .await?
        .ok_or(Denied::NotFound)
}

fn propose_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    union: &Union,
    reason: &str,
) -> Result<Option<IdentityEventId>, IdentityError> {
    let Some((record, stays)) = both(tx, caller, union.two)? else { return Ok(None) };
    let step = Step::MergeProposed;
    if let Some(there) = store::event(tx, union.id)? {
        return again(caller, &there, (step, union.two)).map(Some);
    }
    may_merge(tx, &record, &stays)?;
    if (record.multiple_birth || stays.multiple_birth) && !union.no_twins {
        return Err(Denied::field("no_twins", "merge-no-twins"));
    }
    say(tx, caller, (&record, &stays), (step, union.id), reason)?;
    Ok(Some(union.id))
}

/// Proposes that a record stands by itself again.
///
/// # Errors
/// As [`propose`].
pub(super) async fn propose_unmerge(
    app: &App,
    caller: &Caller,
    record: PatientId,
    id: IdentityEventId,
    reason: &str,
) -> Result<IdentityEventId, IdentityError> {
    let reason = reason_of_care(reason)?;
    let job = caller.clone();
    app.db
        .write_again(move |tx, _| propose_unmerge_one(tx, &job, record, id, &reason))
        .await?
        .ok_or(Denied::NotFound)
}

fn propose_unmerge_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    record: PatientId,
    id: IdentityEventId,
    reason: &str,
) -> Result<Option<IdentityEventId>, IdentityError> {
    // Read before either is locked: both are, in the order of their keys. Once they stand by themselves
    // again only the first answer says of which two it was.
    let there = store::event(tx, id)?;
    let told = there.as_ref().and_then(super::model::correction).and_then(|c| c.merge);
    let merged_into = store::any(tx, record)?.and_then(|p| p.merged_into);
    let Some(into) = told.map(|two| two.into).or(merged_into) else {
        let reached = found(tx, caller, record)?;
        return reached.map_or(Ok(None), |_| Err(Denied::Rule(IdentityRule::NotMerged)));
    };
    let two = Two { record, into };
    let Some((record, stays)) = both(tx, caller, two)? else { return Ok(None) };
    let step = Step::UnmergeProposed;
    if let Some(there) = there {
        return again(caller, &there, (step, two)).map(Some);
    }
    if record.merged_into != Some(into) {
        return Err(Denied::Rule(IdentityRule::NotMerged));
    }
    nothing_waits(&record, &stays)?;
    say(tx, caller, (&record, &stays), (step, id), reason)?;
    Ok(Some(id))
}

/// The first answer, where the same person says the same of the same two.
fn again(
    caller: &Caller,
    there: &IdentityEvent,
    (step, two): (Step, Two),
) -> Result<IdentityEventId, IdentityError> {
    let said = super::model::correction(there).and_then(|c| c.merge);
    let same =
        Step::of(there) == Some(step) && there.actor_id == caller.scope.user() && said == Some(two);
    if same { Ok(there.event_id) } else { Err(Denied::Rule(ProposalRule::KeyUsed.into())) }
}

/// Keeps both records from others, whoever of them is asked for first.
pub(super) fn lock(conn: &mut Conn, two: Two) -> Result<(), DbError> {
    let mut both = [two.record, two.into];
    both.sort_unstable();
    both.into_iter().try_for_each(|record| relation::lock(conn, record))
}

/// Both records, locked and in reach: the one that is merged and the one that stays.
fn both(
    tx: &mut Tx<'_>,
    caller: &Caller,
    two: Two,
) -> Result<Option<(Patient, Patient)>, IdentityError> {
    lock(tx, two)?;
    let Some(record) = found(tx, caller, two.record)? else { return Ok(None) };
    Ok(found(tx, caller, two.into)?.map(|stays| (record, stays)))
}

fn nothing_waits(record: &Patient, stays: &Patient) -> Result<(), IdentityError> {
    match (record.proposal, stays.proposal) {
        (None, None) => Ok(()),
        _ => Err(Denied::Rule(ProposalRule::Waits.into())),
    }
}

/// Both stand by themselves, but for records that were merged into the one that stays; nobody else is
/// to decide about either; and the same centres treat both, so that nobody sees more or less of the
/// child for it than care has let them (BR-27).
fn may_merge(conn: &mut Conn, record: &Patient, stays: &Patient) -> Result<(), IdentityError> {
    nothing_waits(record, stays)?;
    mergeable(conn, record, stays)
}

fn mergeable(conn: &mut Conn, record: &Patient, stays: &Patient) -> Result<(), IdentityError> {
    let others = merged::records(conn, record.id)?.len() > 1;
    if others || stays.merged_into.is_some() {
        return Err(Denied::Rule(IdentityRule::Merged));
    }
    if hands(conn, record.id)? != hands(conn, stays.id)? {
        return Err(Denied::Rule(IdentityRule::OtherHands));
    }
    Ok(())
}

/// The centres that treat the child by this record.
fn hands(conn: &mut Conn, record: PatientId) -> Result<Vec<SiteId>, DbError> {
    let treating = relation::treating(conn, record)?;
    let mut sites: Vec<SiteId> = treating.into_iter().map(|(site, _)| site).collect();
    sites.sort_unstable();
    Ok(sites)
}

/// Writes a step, one event a record: `id` is the merged one's. Whoever asks about one of them finds
/// the other there.
fn say(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (record, stays): (&Patient, &Patient),
    (step, id): (Step, IdentityEventId),
    reason: &str,
) -> Result<(), IdentityError> {
    for (of, id) in [(record, id), (stays, IdentityEventId::new())] {
        let said = said(step, of, (record, stays), reason);
        let site = service::site(tx, caller, of)?;
        let event = service::event(caller, of, id, (step, site), &json!(said));
        if step.waits() {
            store::propose(tx, &event)?;
        } else {
            store::decide(tx, &event, None)?;
        }
        told(tx, caller, &event)?;
    }
    Ok(())
}

/// How the child of one of the two is shown before and after a step. Record numbers are of centres and
/// stay where they are.
fn said(
    step: Step,
    of: &Patient,
    (record, stays): (&Patient, &Patient),
    reason: &str,
) -> Correction {
    let (own, staying) = (Identity::new(of, None), Identity::new(stays, None));
    let (before, after) = match step {
        Step::UnmergeProposed | Step::Unmerged | Step::UnmergeDeclined => (staying, own),
        _ => (own, staying),
    };
    let merge = Some(Two { record: record.id, into: stays.id });
    Correction { before, after, reason: reason.to_owned(), merge }
}

/// A proposal about two records that somebody decides about, by one of them.
pub(super) struct Decided<'a> {
    pub record: &'a Patient,
    pub two: Two,
    pub proposed: &'a IdentityEvent,
    pub wanted: &'a Correction,
}

/// Agrees to a merge or an unmerge, or not. Who proposed it may take it back, and never agrees.
///
/// # Errors
/// The [`IdentityRule`] that is broken.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    caller: &Caller,
    of: &Decided<'_>,
    verdict: Verdict,
    reason: &str,
) -> Result<Option<()>, IdentityError> {
    let Some(other) = found(tx, caller, of.two.other(of.record.id))? else { return Ok(None) };
    let pair = match of.record.id == of.two.record {
        true => (of.record, &other),
        false => (&other, of.record),
    };
    let parts = Step::of(of.proposed) == Some(Step::UnmergeProposed);
    let (step, reason) = match (verdict, parts) {
        (Verdict::Decline, false) => (Step::MergeDeclined, reason),
        (Verdict::Decline, true) => (Step::UnmergeDeclined, reason),
        (Verdict::Approve, false) => (Step::Merged, of.wanted.reason.as_str()),
        (Verdict::Approve, true) => (Step::Unmerged, of.wanted.reason.as_str()),
    };
    let rule = |rule: ProposalRule| Denied::Rule(rule.into());
    verdict.may_be_said(of.proposed.actor_id, caller.scope.user()).map_err(rule)?;
    if verdict == Verdict::Approve {
        agreed(tx, of, pair)?;
    }
    say(tx, caller, pair, (step, IdentityEventId::new()), reason)?;
    match step {
        Step::Merged => store::merge(tx, of.two.record, Some(of.two.into))?,
        Step::Unmerged => store::merge(tx, of.two.record, None)?,
        _ => {}
    }
    Ok(Some(()))
}

/// Whether both records are still as they were when it was proposed.
fn agreed(
    conn: &mut Conn,
    of: &Decided<'_>,
    (record, stays): (&Patient, &Patient),
) -> Result<(), IdentityError> {
    let step = Step::of(of.proposed).unwrap_or(Step::MergeProposed);
    let now = said(step, of.record, (record, stays), &of.wanted.reason);
    if (&now.before, &now.after) != (&of.wanted.before, &of.wanted.after) {
        return Err(Denied::Rule(ProposalRule::Changed.into()));
    }
    match step {
        Step::UnmergeProposed if record.merged_into == Some(stays.id) => Ok(()),
        Step::UnmergeProposed => Err(Denied::Rule(IdentityRule::NotMerged)),
        _ => mergeable(conn, record, stays),
    }
}
