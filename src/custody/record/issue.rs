//! Containers come to be: a label is issued for a study's tube, a pre-printed one is bound to it,
//! or a child is made from a parent on the bench.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::expected;
use super::expected::EXTRA;
use super::write::write;
use crate::app::App;
use crate::audit::{self, Action as Audited, Entry};
use crate::codes::{CodeKind, ContainerCode};
use crate::containers::{self, Container, ContainerId, Flags, Status};
use crate::custody::error::CustodyError;
use crate::custody::events::event::{Act, CustodyEvent, CustodyEventId, EventKind};
use crate::custody::events::outcome::Outcome;
use crate::custody::events::source::Source;
use crate::custody::refusal::Refusal;
use crate::db::{DbError, Tx};
use crate::people::rights::{Granted, Place, Right, may, sites as sites_of};
use crate::people::{Caller, Scope};
use crate::sites::{self, SiteId};
use crate::studies::{self, StudyId, StudyState};
use crate::web::{FieldFault, made_by_client};

/// A container to be made for a study.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContainer {
    /// A UUIDv7 made by the client: sending it again gives the same container.
    pub id: Uuid,
    /// Which of the study's expected tubes, from 1.
    pub tube: i32,
    /// The code on a pre-printed label; left out or empty to have one issued.
    #[serde(default)]
    pub code: String,
    /// Why one more tube is filled although there is one for that expected tube: 5 to 400
    /// characters, kept with the tube's first event. Left out or empty for the expected one.
    #[serde(default)]
    pub extra_reason: String,
}

/// Issues a code for one of a study's tubes, or binds a pre-printed one (BR-04: one label, one
/// tube, one study; one expected tube, one label).
///
/// # Errors
/// [`CustodyError::RequestCancelled`]; [`CustodyError::TubeTaken`] where the expected tube has its label and nobody says why another
/// tube is filled; [`CustodyError::Fields`], [`CustodyError::NotFound`], and as a refusal where
/// the caller issues no labels there.
pub async fn register(
    app: &App,
    caller: &Caller,
    study: StudyId,
    new: NewContainer,
) -> Result<Container, CustodyError> {
    made_by_client(new.id).map_err(|f| CustodyError::Fields(vec![f]))?;
    let job = caller.clone();
    // Sent twice at once, or with a code taken at the same moment: the second look tells which.
    app.db.write_again(move |tx, _| register_one(tx, &job, study, &new)).await
}

fn register_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    study: StudyId,
    new: &NewContainer,
) -> Result<Container, CustodyError> {
    let extra = expected::reason(&new.extra_reason)?;
    let study = studies::store::find(tx, &caller.scope, study)?.ok_or(CustodyError::NotFound)?;
    // Two tabs, people or servers decide one after the other, and the second sees what the first
    // has made: also that it was the same request, sent twice.
    let state = studies::standing::lock(tx, study.id)?;
    if let Some(there) = containers::store::by_id(tx, &caller.scope, ContainerId(new.id))? {
        return Ok(there);
    }
    let by =
        allowed(&caller.scope, Right::IssueLabel, Place::of(study.centre_id, study.laboratory_id))?;
    let site = study.centre_id;
    if state == StudyState::Cancelled {
        return Err(CustodyError::RequestCancelled);
    }
    open(tx, site, "tube")?;
    let tubes = studies::store::expected(tx, &study)?;
    let Some(tube) = tubes.into_iter().find(|t| t.n == new.tube) else {
        return Err(CustodyError::Fields(vec![FieldFault::new("tube", "tube-of-study")]));
    };
    let all = containers::store::of_study(tx, study.id)?;
    let made_for = containers::store::made_for(tx, study.id)?;
    let beside = expected::beside(&tube, (&all, &made_for), extra.as_deref())?;
    let code = code_for(tx, site, &new.code)?;
    let id = ContainerId(new.id);
    let container = Container {
        id,
        code,
        kind: CodeKind::Primary,
        parent_id: None,
        root_id: id,
        study_id: Some(study.id),
        patient_id: Some(study.patient_id),
        centre_id: study.centre_id,
        laboratory_id: study.laboratory_id,
        specimen: tube.specimen,
        container_type: tube.container_type,
        status: Status::Planned,
        flags: beside.map_or_else(Flags::default, |_| Flags::default().with(EXTRA)),
        ..blank(caller, id, code)
    };
    containers::store::insert(tx, &container)?;
    containers::store::set_made_for(tx, id, study.id, tube.n)?;
    let mut event = first_event((caller, by), &container, EventKind::LabelIssued, site);
    event.flags = container.flags.clone();
    event.reason = extra;
    event.data =
        serde_json::json!({ "code": code, "tube": tube.n, "beside": beside }).to_string().into();
    let after = Container { event_count: 1, last_event_at: Some(caller.now), ..container };
    write(tx, &mut Act::default(), event, None, &after)?;
    let entry = Entry::new(caller, Audited::PrintLabel, "container", Some(id.0)).detail("issue");
    audit::record(tx, &entry.patient(study.patient_id.0).site(site))?;
    Ok(after)
}

/// Who gives a tube its code and prints its first label (`domain.md` section 14, "Print / void
/// label"): nursing of the centre, or reception for a walk-in at the laboratory. One rule for both: a
/// code without its label is on no tube.
pub fn may_issue(scope: &Scope, centre: SiteId, laboratory: SiteId) -> bool {
    may(scope, Right::IssueLabel, Place::of(centre, laboratory)).is_some()
}

/// By which right somebody prints a label of this container, of which there are `copies`: the first one is of who
/// gives its code, or makes it on the bench; more of them also of reception. What was made on the bench is of no
/// centre: its nurses have nothing to stick a label on.
pub fn may_print(scope: &Scope, c: &Container, copies: i32) -> Option<Granted> {
    let (first, place) = match c.kind {
        CodeKind::Derived => (Right::PrintDerivedLabel, Place::inside(c.laboratory_id)),
        _ => (Right::IssueLabel, Place::of(c.centre_id, c.laboratory_id)),
    };
    let again = || may(scope, Right::ReprintLabel, place).filter(|_| copies > 0);
    may(scope, first, place).or_else(again)
}

/// That somebody has a right at a place.
pub(in crate::custody) fn allowed(
    scope: &Scope,
    right: Right,
    place: Place,
) -> Result<Granted, CustodyError> {
    may(scope, right, place).ok_or_else(|| CustodyError::Refused(Box::new(Refusal::NotAllowed)))
}

/// No label begins at a site that is retired or that nobody has confirmed.
fn open(tx: &mut Tx<'_>, site: SiteId, field: &str) -> Result<(), CustodyError> {
    match sites::store::closed(tx, site, field)? {
        Some(fault) => Err(CustodyError::Fields(vec![fault])),
        None => Ok(()),
    }
}

/// The code on the label: the one that was read, if it is of a roll of this site and unused, else
/// the next one of the site's block.
fn code_for(tx: &mut Tx<'_>, site: SiteId, given: &str) -> Result<ContainerCode, CustodyError> {
    if given.trim().is_empty() {
        return containers::blocks::next_code(tx, site, CodeKind::Primary)?
            .ok_or_else(|| CustodyError::Fields(vec![FieldFault::new("code", "no-codes-left")]));
    }
    let code = given
        .parse::<ContainerCode>()
        .and_then(|c| c.of_kind(&[CodeKind::Primary]))
        .map_err(|e| CustodyError::Fields(vec![e.fault("code")]))?;
    if !containers::blocks::is_of_roll(tx, site, code)? {
        return Err(CustodyError::Fields(vec![FieldFault::new("code", "code-not-of-site")]));
    }
    if containers::store::any_with_code(tx, code)?.is_some() {
        return Err(CustodyError::Fields(vec![FieldFault::new("code", "code-used")]));
    }
    Ok(code)
}

/// A container with nothing known of it yet.
fn blank(caller: &Caller, id: ContainerId, code: ContainerCode) -> Container {
    let nowhere = SiteId(Uuid::nil());
    Container {
        id,
        code,
        kind: code.kind(),
        parent_id: None,
        root_id: id,
        study_id: None,
        patient_id: None,
        centre_id: nowhere,
        laboratory_id: nowhere,
        specimen: String::new(),
        container_type: String::new(),
        status: Status::Planned,
        custodian_id: None,
        custodian_since: None,
        site_id: None,
        place: None,
        location: None,
        event_count: 0,
        last_event_at: None,
        collected_at: None,
        collected_by: None,
        pull: None,
        volume_ul: None,
        offered_to: None,
        offered_at: None,
        offer_expires_at: None,
        received_at: None,
        accession: None,
        copies: 0,
        flags: Flags::default(),
        created_at: caller.now,
        created_by: caller.scope.user(),
    }
}

/// An event of the server's own, by who acts and the right they have.
pub(in crate::custody) fn first_event(
    (caller, by): (&Caller, Granted),
    c: &Container,
    kind: EventKind,
    site: SiteId,
) -> CustodyEvent {
    CustodyEvent {
        container_id: c.id,
        seq: c.event_count + 1,
        event_id: CustodyEventId::new(),
        kind,
        outcome: Outcome::Accepted,
        occurred_at: caller.now,
        recorded_at: caller.now,
        actor_id: caller.scope.user(),
        actor_role: by.acting_as(),
        on_behalf_of: None,
        site_id: Some(site),
        place: None,
        device: None,
        device_seq: None,
        counterparty_id: None,
        source: Source::Api,
        from_status: c.status,
        to_status: c.status,
        custodian_id: c.custodian_id,
        reason: None,
        flags: Flags::default(),
        corrects: None,
        data: serde_json::json!({ "code": c.code, "parent": c.parent_id }).to_string().into(),
        request_hash: vec![],
        caused_by: None,
        act_seq: None,
    }
}

/// A child to be made on the bench.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChild {
    /// A UUIDv7 made by the client.
    pub id: Uuid,
    /// What it is: `ALQ-CELL`, `ALQ-DNA` …
    pub specimen: String,
    /// What it is in.
    pub container_type: String,
    /// Volume, microlitres; may be left out.
    #[serde(default, deserialize_with = "crate::web::form::optional_number")]
    pub volume_ul: Option<i64>,
}

/// Makes an aliquot or stained tube from a parent in hand: it belongs to the parent's patient and
/// study, always (BR-15).
pub async fn derive(
    app: &App,
    caller: &Caller,
    parent: ContainerCode,
    new: NewChild,
) -> Result<Container, CustodyError> {
    let mut faults = vec![];
    let specimen = app.catalogue.specimen(&new.specimen).filter(|s| s.is_derived());
    match specimen {
        None => faults.push(FieldFault::new("specimen", "unknown-specimen")),
        Some(s) if !s.containers().any(|c| c == new.container_type) => {
            faults.push(FieldFault::new("container_type", "wrong-container"));
        }
        Some(_) => {}
    }
    if new.volume_ul.is_some_and(|v| !(1..=50_000).contains(&v)) {
        let fault = FieldFault::new("volume_ul", "out-of-range");
        faults.push(fault.with("low", 1_i64).with("high", 50_000_i64));
    }
    faults.extend(made_by_client(new.id).err());
    if !faults.is_empty() {
        return Err(CustodyError::Fields(faults));
    }
    let job = caller.clone();
    app.db.write_again(move |tx, _| derive_one(tx, &job, parent, &new)).await
}

fn derive_one(
    tx: &mut Tx<'_>,
    caller: &Caller,
    parent: ContainerCode,
    new: &NewChild,
) -> Result<Container, CustodyError> {
    if let Some(there) = containers::store::by_id(tx, &caller.scope, ContainerId(new.id))? {
        return Ok(there);
    }
    let scope = &caller.scope;
    let parent = containers::store::find(tx, scope, parent)?.ok_or(CustodyError::NotFound)?;
    let refused = |r: Refusal| CustodyError::Refused(Box::new(r));
    let by = allowed(scope, Right::WorkAtBench, Place::of(parent.centre_id, parent.laboratory_id))?;
    if parent.status.is_terminal() {
        return Err(refused(Refusal::Terminal { status: parent.status }));
    }
    if !matches!(parent.status, Status::Accepted | Status::InProcess | Status::Stored) {
        return Err(refused(Refusal::WrongState { status: parent.status }));
    }
    let site = parent.laboratory_id;
    let code = containers::blocks::next_code(tx, site, CodeKind::Derived)?
        .ok_or_else(|| CustodyError::Fields(vec![FieldFault::new("code", "no-codes-left")]))?;
    let id = ContainerId(new.id);
    let child = Container {
        parent_id: Some(parent.id),
        root_id: parent.root_id,
        study_id: parent.study_id,
        patient_id: parent.patient_id,
        centre_id: parent.centre_id,
        laboratory_id: parent.laboratory_id,
        specimen: new.specimen.clone(),
        container_type: new.container_type.clone(),
        status: Status::InProcess,
        custodian_id: Some(scope.user()),
        custodian_since: Some(caller.now),
        site_id: Some(site),
        collected_at: parent.collected_at,
        collected_by: parent.collected_by,
        volume_ul: new.volume_ul,
        received_at: parent.received_at,
        ..blank(caller, id, code)
    };
    containers::store::insert(tx, &child)?;
    let created = first_event((caller, by), &child, EventKind::Created, site);
    let after = Container { event_count: 1, last_event_at: Some(caller.now), ..child };
    let mut act = Act::default();
    write(tx, &mut act, created, None, &after)?;

    let mut derived = first_event((caller, by), &parent, EventKind::Derived, site);
    derived.to_status = Status::InProcess;
    derived.custodian_id = Some(scope.user());
    derived.data =
        serde_json::json!({ "child": id, "child_code": code, "volume_ul": new.volume_ul })
            .to_string()
            .into();
    let same_hand = parent.custodian_id == Some(scope.user());
    derived.counterparty_id = parent.custodian_id.filter(|_| !same_hand);
    let parent_after = Container {
        status: Status::InProcess,
        custodian_id: Some(scope.user()),
        custodian_since: if same_hand { parent.custodian_since } else { Some(caller.now) },
        location: None,
        event_count: derived.seq,
        last_event_at: parent.last_event_at.max(Some(caller.now)),
        ..parent.clone()
    };
    write(tx, &mut act, derived, Some(&parent), &parent_after)?;
    Ok(after)
}

/// A container's label was printed once more: an event of its history (BR-04). `c` is the
/// container as it is in this transaction; nothing about it changes.
pub(crate) fn reprinted(
    tx: &mut Tx<'_>,
    (caller, by): (&Caller, Granted),
    c: Container,
    (copy, print): (i32, Uuid),
    reason: &str,
) -> Result<(), DbError> {
    let site = by.site().unwrap_or(c.centre_id);
    let mut event = first_event((caller, by), &c, EventKind::LabelReprinted, site);
    event.reason = Some(reason.to_owned());
    event.data = serde_json::json!({ "copy": copy, "print": print }).to_string().into();
    let last_event_at = c.last_event_at.max(Some(caller.now));
    let after = Container { event_count: event.seq, last_event_at, ..c.clone() };
    write(tx, &mut Act::default(), event, Some(&c), &after)?;
    Ok(())
}

/// Hands the caller's centre a roll of codes to print beforehand.
pub async fn roll(
    app: &App,
    caller: &Caller,
    n: i32,
) -> Result<(ContainerCode, ContainerCode), CustodyError> {
    if !(1..=5000).contains(&n) {
        let fault = FieldFault::new("n", "out-of-range").with("low", 1_i64);
        return Err(CustodyError::Fields(vec![fault.with("high", 5000_i64)]));
    }
    let Some(site) = sites_of(&caller.scope, Right::PrintRoll).into_iter().next() else {
        return Err(CustodyError::Refused(Box::new(Refusal::NotAllowed)));
    };
    let (user, now) = (caller.scope.user(), caller.now);
    let run = app
        .db
        .write_again(move |tx, _| {
            open(tx, site, "n")?;
            Ok::<_, CustodyError>(containers::blocks::issue_roll(tx, site, n, user, now)?)
        })
        .await?;
    run.ok_or_else(|| CustodyError::Fields(vec![FieldFault::new("n", "no-codes-left")]))
}
