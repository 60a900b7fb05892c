//! Entering, signing, amending and acknowledging results.

use super::gathered::{Gathered, is_fit};
use super::store;
use super::store::{
    Acknowledgement, AcknowledgementId, Head, Signature, SignatureId, Version, VersionId,
};
use crate::access::service as access;
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::containers::{self, Container};
use crate::db::{Conn, Day, DbError, Tx};
use crate::doubts;
use crate::ledger;
use crate::patients::reach;
use crate::people::rights::{Place, Proof, Right, holds};
use crate::people::{self, Caller, Scope};
use crate::results::entry::input::{EnterResult, Record};
use crate::results::refusal::ResultRule;
use crate::results::words::{HeadState, Meaning};
use crate::studies::{self, DoubtState, Study, StudyId, StudyState};
use crate::web::{Line, Reason, made_by_client};

pub use crate::results::refusal::ResultError;

/// That somebody enters results of a laboratory.
type MayEnter = Proof<{ Right::EnterResult as usize }>;
/// That somebody signs them.
type MaySign = Proof<{ Right::SignResult as usize }>;

/// Enters a result, or a new version of one that was not released yet.
pub async fn enter(
    app: &App,
    caller: &Caller,
    study: StudyId,
    input: EnterResult,
) -> Result<VersionId, ResultError> {
    if !input.reason.trim().is_empty() {
        return Err(ResultError::field("reason", "reason-of-amendment"));
    }
    write_version(app, caller, study, input, false).await
}

/// Amends a released result: a new version with a reason. The released one stays readable, and
/// whoever acknowledged it must do so again (T15).
pub async fn amend(
    app: &App,
    caller: &Caller,
    study: StudyId,
    input: EnterResult,
) -> Result<VersionId, ResultError> {
    Reason::read("reason", &input.reason)?;
    write_version(app, caller, study, input, true).await
}

async fn write_version(
    app: &App,
    caller: &Caller,
    study: StudyId,
    input: EnterResult,
    amends: bool,
) -> Result<VersionId, ResultError> {
    if !holds(&caller.scope, Right::EnterResult) {
        return Err(ResultError::NotAllowed);
    }
    let id = match input.id {
        Some(id) => made_by_client(id)?.into(),
        None => VersionId::new(),
    };
    let (job_app, job) = (app.clone(), caller.clone());
    app.db
        .write_again(move |tx, _| one_version(tx, &job_app, &job, study, id, &input, amends))
        .await
}

fn one_version(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    study: StudyId,
    id: VersionId,
    input: &EnterResult,
    amends: bool,
) -> Result<VersionId, ResultError> {
    let scope = &caller.scope;
    let study = studies::store::find(tx, scope, study)?.ok_or(ResultError::NotFound)?;
    let may = MayEnter::of(scope, Place::of(study.centre_id, study.laboratory_id));
    let may = may.ok_or(ResultError::NotAllowed)?;
    if let Some(there) = store::with_id(tx, id)? {
        let same = there.study_id == study.id
            && there.analyst_id == scope.user()
            && there.request_hash == input.hash(amends);
        return if same { Ok(id) } else { Err(ResultError::Rule(ResultRule::KeyUsed)) };
    }
    // Locked: it is not cancelled while counts are entered for it.
    if studies::standing::lock(tx, study.id)? == StudyState::Cancelled {
        return Err(ResultError::Rule(ResultRule::RequestCancelled));
    }
    let head = store::head(tx, scope, study.id)?;
    match (amends, head.as_ref().is_some_and(|h| h.released_id.is_some())) {
        (false, true) => return Err(ResultError::Rule(ResultRule::Released)),
        (true, false) => return Err(ResultError::NotFound),
        _ => {}
    }
    let gathered = Gathered::of(tx, app, caller, (&study, head.as_ref()), input)?;
    let record = gathered.record(app, caller, &study, input)?;
    let container = gathered.container;
    let n = next_version(tx, caller, head.as_ref())?;
    let version = row((caller, may), &study, &container, id, n, head.as_ref(), input, &record)?;
    store::insert_version(tx, &version)?;
    ledger::append(tx, version.id.0, version.recorded_at, &version.log_body());
    let fresh = head.is_none();
    let head = Head {
        study_id: study.id,
        patient_id: study.patient_id,
        centre_id: study.centre_id,
        laboratory_id: study.laboratory_id,
        latest_id: id,
        released_id: head.as_ref().and_then(|h| h.released_id),
        state: HeadState::ToValidate,
        critical: head.as_ref().and_then(|h| h.critical),
        acknowledged_id: head.as_ref().and_then(|h| h.acknowledged_id),
        updated_at: caller.now,
        amended_at: head.as_ref().and_then(|h| h.amended_at),
    };
    store::put_head(tx, &head, fresh)?;
    studies::standing::follow(tx, study.id)?;
    let entry = Entry::new(caller, Action::WriteResult, "result", Some(id.0));
    audit::record(tx, &entry.patient(study.patient_id.0))?;
    Ok(id)
}

fn next_version(tx: &mut Tx<'_>, caller: &Caller, head: Option<&Head>) -> Result<i32, ResultError> {
    let Some(head) = head else { return Ok(1) };
    let last = store::versions(tx, &caller.scope, head)?.last().map_or(0, |v| v.version);
    Ok(last + 1)
}

#[allow(clippy::too_many_arguments)]
fn row(
    (caller, may): (&Caller, MayEnter),
    study: &Study,
    container: &Container,
    id: VersionId,
    n: i32,
    head: Option<&Head>,
    input: &EnterResult,
    record: &Record,
) -> Result<Version, ResultError> {
    let counts = record.counts();
    let int = |v: u64| i64::try_from(v).unwrap_or(i64::MAX);
    let body = serde_json::to_string(record).map_err(|e| DbError::Corrupt(e.to_string()))?;
    Ok(Version {
        id,
        study_id: study.id,
        container_id: container.id,
        patient_id: study.patient_id,
        kind: study.kind,
        version: n,
        assay: record.assay,
        denominator: record.denominator(),
        events_k: counts.map(|c| int(c.k())),
        events_n: counts.map(|c| int(c.n())),
        lod_events: counts.map(|c| int(c.lod_events())),
        loq_events: counts.map(|c| int(c.loq_events())),
        required_ppm: counts.and_then(|c| c.required_ppm()).map(int),
        status: record.status(),
        critical: record.critical(),
        protocol_id: study.protocol_id.clone(),
        protocol_version: study.protocol_version.clone(),
        timepoint_id: study.timepoint_id.clone(),
        supersedes: head.map(|h| h.latest_id),
        reason: Some(input.reason.trim().to_owned()).filter(|r| !r.is_empty()),
        analyst_id: may.granted().user(),
        recorded_at: caller.now,
        body,
        // Whatever follows a released version amends it.
        request_hash: input.hash(head.is_some_and(|h| h.released_id.is_some())),
    })
}

/// Signs a version: releases it or returns it to the analyst. A different person than the
/// analyst (BR-23), who proves again who they are (21 CFR 11.200).
pub async fn sign(
    app: &App,
    caller: &Caller,
    version: VersionId,
    meaning: Meaning,
    password: &str,
    note: &str,
) -> Result<(), ResultError> {
    if !holds(&caller.scope, Right::SignResult) {
        return Err(ResultError::NotAllowed);
    }
    let note = match meaning {
        Meaning::Returned => Reason::read("note", note)?.into(),
        _ => Line::<1, 400>::optional("note", note)?.map_or_else(String::new, String::from),
    };
    let proved = access::reauthenticate(app, caller, password).await?;
    let (job, id) = (caller.clone(), SignatureId::new());
    let today = studies::service::today(app, caller);
    let sign = move |tx: &mut Tx<'_>| {
        proved.holds(tx)?;
        sign_one(tx, (&job, today), version, id, meaning, &note)
    };
    app.db.write(sign).await?
}

/// `Ok(Err(_))` is a refusal that leaves its row in the audit log.
fn sign_one(
    tx: &mut Tx<'_>,
    (caller, today): (&Caller, Day),
    version: VersionId,
    id: SignatureId,
    meaning: Meaning,
    note: &str,
) -> Result<Result<(), ResultError>, ResultError> {
    let scope = &caller.scope;
    let found = store::version(tx, scope, version)?;
    let (version, head) = found.ok_or(ResultError::NotFound)?;
    let may = MaySign::of(scope, Place::of(head.centre_id, head.laboratory_id));
    let may = may.ok_or(ResultError::NotAllowed)?;
    // Analyst and validator are two people for each result, whichever version they entered.
    if store::has_entered(tx, version.study_id, scope.user())? {
        let entry = Entry::new(caller, Action::SignResult, "result", Some(version.id.0));
        let entry = entry.patient(version.patient_id.0).outcome(Outcome::Refused);
        audit::record(tx, &entry.detail("own-work"))?;
        return Ok(Err(ResultError::Rule(ResultRule::OwnWork)));
    }
    if head.latest_id != version.id || head.state != HeadState::ToValidate {
        return Err(ResultError::Rule(ResultRule::NotCurrent));
    }
    // Locked first: who says a doubt at this moment waits, and finds the answer out, or is waited for.
    studies::standing::lock(tx, version.study_id)?;
    if meaning == Meaning::Released {
        whose(tx, &version)?;
    }
    let analysed = containers::store::by_id(tx, scope, version.container_id)?;
    let stands = analysed.map_or(Ok(false), |c| is_fit(tx, caller, &c))?;
    if meaning == Meaning::Released && !stands {
        return Err(ResultError::Rule(ResultRule::SampleInDoubt));
    }
    if meaning == Meaning::Released && note.is_empty() && is_open(tx, scope, version.study_id)? {
        return Err(ResultError::field("note", "released-with-unknown"));
    }
    let signature = Signature {
        id,
        version_id: version.id,
        person_id: may.granted().user(),
        meaning,
        signed_at: caller.now,
        record_hash: version.hash(),
        note: Some(note.to_owned()).filter(|n| !n.is_empty()),
        licence: people::store::licence_of(tx, scope.user())?,
    };
    store::insert_signature(tx, &signature)?;
    ledger::append(tx, signature.id.0, signature.signed_at, &signature.log_body());
    let head = match meaning {
        Meaning::Released => Head {
            amended_at: head.released_id.map(|_| caller.now),
            released_id: Some(version.id),
            state: HeadState::Released,
            critical: version.critical,
            updated_at: caller.now,
            ..head
        },
        Meaning::Returned => Head { state: HeadState::Returned, updated_at: caller.now, ..head },
    };
    store::put_head(tx, &head, false)?;
    studies::standing::follow_answered(tx, version.study_id, today, caller.now)?;
    let entry = Entry::new(caller, Action::SignResult, "result", Some(version.id.0));
    audit::record(tx, &entry.patient(version.patient_id.0).detail(meaning.as_str()))?;
    Ok(Ok(()))
}

/// That nobody doubts whose the child's samples are, that this one is not another child's, and that it was
/// entered knowing what came out of the doubts before.
fn whose(tx: &mut Tx<'_>, version: &Version) -> Result<(), ResultError> {
    let about = doubts::store::of_child(tx, version.patient_id)?;
    let in_state = |state| about.iter().filter(move |s| s.doubt.state == state);
    if in_state(DoubtState::Open).next().is_some() {
        return Err(ResultError::Rule(ResultRule::UnderDoubt));
    }
    let analysed = containers::store::root_id(tx, version.container_id)?;
    if in_state(DoubtState::Confirmed).any(|s| Some(s.container) == analysed) {
        return Err(ResultError::Rule(ResultRule::NotOfChild));
    }
    let since = |s: &&doubts::Sampled| s.doubt.closed_at.is_some_and(|at| at > version.recorded_at);
    if in_state(DoubtState::Confirmed).any(|s| since(&s)) {
        return Err(ResultError::Rule(ResultRule::EnteredBeforeDoubt));
    }
    Ok(())
}

/// Whether a question of the request that changes the analysis is answered by "nobody knows": the answer is
/// found out before release, or the signer says why it goes out without it.
fn is_open(conn: &mut Conn, scope: &Scope, study: StudyId) -> Result<bool, DbError> {
    let study = studies::store::find(conn, scope, study)?;
    Ok(study.is_some_and(|s| !studies::unknown_of(&s).is_empty()))
}

/// Whether this person's word makes a critical result delivered: an oncologist of the centre that
/// asked, or of one that treats the child now. The laboratory can't acknowledge what it has itself
/// released.
pub(in crate::results) fn may_acknowledge(
    conn: &mut Conn,
    caller: &Caller,
    head: &Head,
) -> Result<bool, DbError> {
    let at = (Place::of(head.centre_id, head.laboratory_id), head.patient_id);
    Ok(reach::may(conn, &caller.scope, Right::AcknowledgeResult, at)?.is_some())
}

/// Takes note of the released version, by name (BR-25). Opening it is not enough.
pub async fn acknowledge(
    app: &App,
    caller: &Caller,
    version: VersionId,
) -> Result<(), ResultError> {
    if !holds(&caller.scope, Right::ReadResult) {
        return Err(ResultError::NotAllowed);
    }
    let job = caller.clone();
    let id = AcknowledgementId::new();
    app.db.write(move |tx| acknowledge_one(tx, &job, version, id)).await
}

fn acknowledge_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    version: VersionId,
    id: AcknowledgementId,
) -> Result<(), ResultError> {
    let (scope, now) = (&caller.scope, caller.now);
    let found = store::version(tx, scope, version)?;
    let (version, head) = found.ok_or(ResultError::NotFound)?;
    if !may_acknowledge(tx, caller, &head)? {
        return Err(ResultError::NotAllowed);
    }
    if head.released_id != Some(version.id) {
        return Err(ResultError::Rule(ResultRule::NotCurrent));
    }
    let before = store::acknowledgements(tx, &[version.id])?;
    if before.iter().any(|a| a.person_id == scope.user()) {
        return Ok(());
    }
    let (version_id, person_id) = (version.id, scope.user());
    let ack = Acknowledgement { id, version_id, person_id, at: now, note: None };
    store::insert_acknowledgement(tx, &ack)?;
    ledger::append(tx, ack.id.0, ack.at, &ack.log_body());
    let head = Head { acknowledged_id: Some(version.id), updated_at: now, ..head };
    store::put_head(tx, &head, false)?;
    let entry = Entry::new(caller, Action::AcknowledgeResult, "result", Some(version.id.0));
    audit::record(tx, &entry.patient(version.patient_id.0))?;
    Ok(())
}
