//! Cancelling a request: what it takes with it and what it must not.
//!
//! Labels that wait unused are withdrawn with it, so that nobody draws for a request that is over.
//! A tube that was drawn stops it: a child was punctured for it, marrow can't be drawn again, and a
//! laboratory that is told "cancelled" puts it aside. So first somebody decides about each tube by
//! the usual ways (reception and the head of the laboratory reject, or it is answered).

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::issue::{allowed, first_event};
use super::write::write;
use crate::app::App;
use crate::audit::{self, Action as Audited, Entry};
use crate::codes::ContainerCode;
use crate::containers::{self, Container, Status};
use crate::custody::error::CustodyError;
use crate::custody::events::event::{Act, EventKind};
use crate::db::{Day, Tx};
use crate::patients::reason_of_care;
use crate::people::Caller;
use crate::people::rights::{Granted, Place, Right, may};
use crate::studies::cancelled::{self, Cancellation, CancellationId};
use crate::studies::{self, Study, StudyId, StudyState};
use crate::web::made_by_client;

/// The mark of a label that was withdrawn with its request, and of an event after that.
pub(in crate::custody) const CANCELLED: &str = "request-cancelled";

/// Why a request is cancelled.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelRequest {
    /// A UUIDv7 made by the client: sending it again cancels nothing more.
    pub id: Uuid,
    /// 5 to 400 characters; the laboratory reads it.
    #[serde(default)]
    pub reason: String,
}

/// Whether the caller may cancel a request: who may make one at its centre, and the head of its
/// laboratory.
pub(in crate::custody) fn may_cancel(caller: &Caller, study: &Study) -> bool {
    may(&caller.scope, Right::CancelRequest, place(study)).is_some()
}

fn place(study: &Study) -> Place {
    Place::of(study.centre_id, study.laboratory_id)
}

/// Whether something may still come of a container: it was drawn, and nobody has decided that no
/// result comes from it. What was used up or thrown away after its acceptance has been measured.
fn waits(c: &Container) -> bool {
    match c.status {
        Status::Planned | Status::Void | Status::NotCollected | Status::Rejected => false,
        Status::Depleted | Status::Disposed | Status::Lost => c.is_fit_for_analysis(),
        // Refused already, and on its way to who throws it away.
        _ => !c.flags.has("rejected"),
    }
}

/// The labels that are withdrawn when a request that stands at `state` is cancelled.
///
/// # Errors
/// [`CustodyError::RequestCancelled`], [`CustodyError::RequestAnswered`], and
/// [`CustodyError::TubesWait`] with every tube that somebody must decide about first.
fn withdrawn(state: StudyState, all: &[Container]) -> Result<Vec<&Container>, CustodyError> {
    match state {
        StudyState::Cancelled => return Err(CustodyError::RequestCancelled),
        StudyState::ToValidate | StudyState::Released => return Err(CustodyError::RequestAnswered),
        StudyState::Requested
        | StudyState::Collected
        | StudyState::InLaboratory
        | StudyState::Recollect => {}
    }
    let waiting: Vec<ContainerCode> = all.iter().filter(|c| waits(c)).map(|c| c.code).collect();
    if waiting.is_empty() {
        Ok(all.iter().filter(|c| c.status == Status::Planned).collect())
    } else {
        Err(CustodyError::TubesWait(waiting))
    }
}

/// Cancels a request, once and for good: withdraws its unused labels and lets its time point wait
/// for another request. Sent again with the same id it changes nothing.
///
/// # Errors
/// [`CustodyError::Fields`], [`CustodyError::NotFound`], a refusal where the caller may not, and
/// those of the request as it stands.
pub async fn cancel(
    app: &App,
    caller: &Caller,
    study: StudyId,
    new: CancelRequest,
) -> Result<(), CustodyError> {
    made_by_client(new.id).map_err(|f| CustodyError::Fields(vec![f]))?;
    // An attempt out of reach is in the audit log.
    let study = studies::service::open(app, caller, study).await?.study;
    let by = allowed(&caller.scope, Right::CancelRequest, place(&study))?;
    let reason = reason_of_care(&new.reason).map_err(|f| CustodyError::Fields(vec![f]))?;
    let today = Day(app.sites.local(Some(study.centre_id), caller.now).date());
    let job = caller.clone();
    // A tube drawn at the same moment takes the number of its event: looked at again it is drawn.
    app.db
        .write_again(move |tx, _| cancel_one(tx, (&job, by), &study, (new.id, &reason), today))
        .await
}

fn cancel_one(
    tx: &mut Tx<'_>,
    (caller, by): (&Caller, Granted),
    study: &Study,
    (id, reason): (Uuid, &str),
    today: Day,
) -> Result<(), CustodyError> {
    let state = studies::standing::lock(tx, study.id)?;
    let id = CancellationId(id);
    if cancelled::of(tx, study.id)?.is_some_and(|c| c.id == id) {
        return Ok(());
    }
    // The answer was that there is none: that stands, and another sample is another request.
    if let Some((StudyState::Recollect, Some(_))) = studies::store::standing(tx, study.id)? {
        return Err(CustodyError::RequestAnswered);
    }
    let all = containers::store::of_study(tx, study.id)?;
    let mut act = Act::default();
    for c in withdrawn(state, &all)? {
        withdraw(tx, &mut act, (caller, by), c, reason)?;
    }
    let new = Cancellation {
        study_id: study.id,
        id,
        at: caller.now,
        actor_id: by.user(),
        actor_role: by.acting_as(),
        reason: reason.to_owned(),
    };
    cancelled::insert(tx, &new)?;
    studies::standing::cancel(tx, study, today, caller.now)?;
    let entry = Entry::new(caller, Audited::WriteStudy, "study", Some(study.id.0));
    let entry = entry.patient(study.patient_id.0).site(study.centre_id).detail("cancel");
    Ok(audit::record(tx, &entry)?)
}

fn withdraw(
    tx: &mut Tx<'_>,
    act: &mut Act,
    (caller, by): (&Caller, Granted),
    c: &Container,
    reason: &str,
) -> Result<(), CustodyError> {
    let site = by.site().unwrap_or(c.centre_id);
    let mut event = first_event((caller, by), c, EventKind::LabelVoided, site);
    event.to_status = Status::Void;
    event.reason = Some(reason.to_owned());
    event.flags = event.flags.with(CANCELLED);
    let after = Container {
        status: Status::Void,
        event_count: event.seq,
        last_event_at: c.last_event_at.max(Some(caller.now)),
        flags: c.flags.with(CANCELLED),
        ..c.clone()
    };
    write(tx, act, event, Some(c), &after)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Accession;
    use crate::custody::tests::planned;

    fn tube(status: Status, flags: &str) -> Container {
        Container { status, flags: flags.parse().unwrap(), ..planned() }
    }

    fn stops(c: Container) -> bool {
        matches!(withdrawn(StudyState::Collected, &[c]), Err(CustodyError::TubesWait(_)))
    }

    /// Every status, so that a new one has to be thought of here.
    #[test]
    fn a_drawn_tube_that_nobody_has_decided_about_stops_a_cancellation() {
        let passed: Vec<Status> =
            Status::ALL.iter().copied().filter(|s| !stops(tube(*s, ""))).collect();
        assert_eq!(
            passed,
            [
                Status::Planned,
                Status::Void,
                Status::NotCollected,
                Status::Rejected,
                Status::Depleted,
                Status::Disposed,
                Status::Lost
            ]
        );
        // Accepted and used up: its counts are on somebody's desk.
        for status in [Status::Depleted, Status::Disposed, Status::Lost] {
            let accession = Some(Accession::new(2026, 7));
            assert!(stops(Container { accession: accession.clone(), ..tube(status, "") }));
            assert!(!stops(Container { accession, ..tube(status, "rejected") }), "{status}");
        }
        assert!(!stops(tube(Status::InTransit, "rejected")), "on its way back");
        assert!(stops(tube(Status::Quarantined, "R21")), "in doubt is not decided");
    }

    #[test]
    fn only_unused_labels_are_withdrawn_and_all_tubes_in_the_way_are_named() {
        let all = [tube(Status::Void, ""), tube(Status::Planned, ""), tube(Status::Rejected, "")];
        let taken = withdrawn(StudyState::Requested, &all).unwrap();
        assert_eq!(taken, [&all[1]]);
        let drawn =
            [tube(Status::Collected, ""), tube(Status::Planned, ""), tube(Status::Stored, "")];
        let refused = withdrawn(StudyState::InLaboratory, &drawn);
        assert!(matches!(refused, Err(CustodyError::TubesWait(codes)) if codes.len() == 2));
    }

    #[test]
    fn an_answer_is_amended_and_never_cancelled() {
        for state in [StudyState::ToValidate, StudyState::Released] {
            assert!(matches!(withdrawn(state, &[]), Err(CustodyError::RequestAnswered)), "{state}");
        }
        let twice = withdrawn(StudyState::Cancelled, &[]);
        assert!(matches!(twice, Err(CustodyError::RequestCancelled)));
    }
}
