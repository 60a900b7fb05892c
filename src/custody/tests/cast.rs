//! The people of the rules' tests, and a tube of theirs in any state.

use uuid::Uuid;

use crate::catalogue::Freshness;
use crate::codes::CodeKind;
use crate::containers::{Container, ContainerId, Flags, Status};
use crate::custody::store::{Attempt, AttemptId};
use crate::custody::{
    ActId, Action, Context, CustodyEvent, CustodyEventId, Doubt, EventKind, Outcome, Source,
};
use crate::db::Instant;
use crate::people::{Role, RoleSet, Scope, UserId};
use crate::sites::SiteId;

/// A time, seconds after the tests' beginning.
pub fn at(seconds: i64) -> Instant {
    Instant::from_us(1_772_557_200_000_000).unwrap().plus_seconds(seconds)
}

fn key(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub fn event_id(n: u128) -> CustodyEventId {
    CustodyEventId(key(n))
}

/// The act that event `n` came of.
pub fn act_of(n: u128) -> ActId {
    ActId(key(n + 1_000_000))
}

pub fn centre() -> SiteId {
    SiteId(key(101))
}
pub fn laboratory() -> SiteId {
    SiteId(key(102))
}

/// Somebody who meets a tube.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    Nurse,
    SecondNurse,
    Oncologist,
    Courier,
    Reception,
    Bench,
    Head,
    Coordinator,
    Quality,
    /// Reads the audit log, and no tube.
    Auditor,
    /// Every role that needs a site, at sites that have nothing to do with the tube.
    Stranger,
}

impl Who {
    pub const ALL: [Self; 11] = [
        Self::Nurse,
        Self::SecondNurse,
        Self::Oncologist,
        Self::Courier,
        Self::Reception,
        Self::Bench,
        Self::Head,
        Self::Coordinator,
        Self::Quality,
        Self::Auditor,
        Self::Stranger,
    ];
    pub fn id(self) -> UserId {
        UserId(key(1 + self as u128))
    }
    fn roles(self) -> Vec<Role> {
        match self {
            Self::Nurse | Self::SecondNurse => vec![Role::Collector],
            Self::Oncologist => vec![Role::Oncologist],
            Self::Courier => vec![Role::Courier],
            Self::Reception => vec![Role::Reception],
            Self::Bench => vec![Role::Bench],
            Self::Head => vec![Role::LabHead],
            Self::Coordinator => vec![Role::Coordinator],
            Self::Quality => vec![Role::Quality],
            Self::Auditor => vec![Role::Auditor],
            Self::Stranger => {
                Role::ALL.iter().copied().filter(|r| r.site_kind().is_some()).collect()
            }
        }
    }
    fn sites(self) -> (Vec<SiteId>, Vec<SiteId>) {
        match self {
            Self::Nurse | Self::SecondNurse | Self::Oncologist => (vec![centre()], vec![]),
            Self::Reception | Self::Bench | Self::Head => (vec![], vec![laboratory()]),
            Self::Courier | Self::Coordinator | Self::Quality | Self::Auditor => (vec![], vec![]),
            Self::Stranger => (vec![SiteId(key(901))], vec![SiteId(key(902))]),
        }
    }
    /// This person, now, with a fresh sample that could be drawn again.
    pub fn context(self, now: Instant) -> Context {
        let (centres, laboratories) = self.sites();
        Context {
            scope: Scope::of(self.id(), RoleSet::from_iter(self.roles()), centres, laboratories),
            is_treated: false,
            now,
            ahead_of_now: None,
            occurred_at: now,
            notified_at: None,
            time_flag: None,
            label_made: at(0),
            born: None,
            proposal: None,
            passed_on: None,
            freshness: Freshness::Green,
            doubt: Doubt::default(),
            irreplaceable: false,
            is_marrow: true,
            study_open: false,
            study_cancelled: false,
            request_corrected: false,
            holder_name: None,
            reason_rejects: Some(true),
            asks_for_another: true,
            other_person_ok: true,
            before_offer: None,
            last: None,
        }
    }
}

/// A label, not yet used.
pub fn planned() -> Container {
    let id = ContainerId(key(201));
    Container {
        id,
        code: "100700012330".parse().unwrap(),
        kind: CodeKind::Primary,
        parent_id: None,
        root_id: id,
        study_id: None,
        patient_id: None,
        centre_id: centre(),
        laboratory_id: laboratory(),
        specimen: "BM".into(),
        container_type: "EDTA".into(),
        status: Status::Planned,
        custodian_id: None,
        custodian_since: None,
        site_id: Some(centre()),
        place: None,
        location: None,
        event_count: 1,
        last_event_at: Some(at(0)),
        collected_at: None,
        collected_by: None,
        pull: None,
        volume_ul: None,
        offered_to: None,
        offered_at: None,
        offer_expires_at: None,
        received_at: None,
        accession: None,
        copies: 1,
        flags: Flags::default(),
        created_at: at(0),
        created_by: Who::Nurse.id(),
    }
}

/// Who holds a tube that came to `status` by the usual way.
pub fn usual_holder(status: Status) -> Option<Who> {
    match status {
        Status::Collected | Status::Offered => Some(Who::Nurse),
        Status::InTransit => Some(Who::Courier),
        Status::InProcess | Status::Stored => Some(Who::Bench),
        s if s.is_in_laboratory() => Some(Who::Reception),
        _ => None,
    }
}

/// The tube in `status`, an hour after it was drawn; if it is offered, by the nurse to reception.
pub fn standing(status: Status) -> Container {
    let mut c = planned();
    c.status = status;
    if matches!(status, Status::Planned | Status::Void | Status::NotCollected) {
        return c;
    }
    c.collected_at = Some(at(0));
    c.collected_by = Some(Who::Nurse.id());
    c.pull = Some(1);
    c.custodian_id = usual_holder(status).map(Who::id);
    c.custodian_since = c.custodian_id.map(|_| at(60));
    if status == Status::Offered {
        c.offered_to = Some(Who::Reception.id());
        c.offered_at = Some(at(60));
        c.offer_expires_at = Some(at(4 * 3600));
    }
    if status.is_in_laboratory() && status != Status::Arrived {
        c.received_at = Some(at(1800));
    }
    c
}

/// A look at the tube, number `seq`, recorded at `seconds`.
pub fn an_event(seq: i64, seconds: i64) -> CustodyEvent {
    CustodyEvent {
        container_id: planned().id,
        seq,
        event_id: event_id(seq.unsigned_abs().into()),
        kind: EventKind::Confirmed,
        outcome: Outcome::Accepted,
        occurred_at: at(seconds),
        recorded_at: at(seconds),
        actor_id: Who::Nurse.id(),
        actor_role: Role::Collector,
        on_behalf_of: None,
        site_id: None,
        place: None,
        device: None,
        device_seq: None,
        counterparty_id: None,
        source: Source::Wedge,
        from_status: Status::Collected,
        to_status: Status::Collected,
        custodian_id: None,
        reason: None,
        flags: Flags::default(),
        corrects: None,
        data: "{}".to_owned().into(),
        request_hash: vec![],
        caused_by: Some(act_of(seq.unsigned_abs().into())),
        act_seq: Some(1),
    }
}

/// A refused scan of the tube, number `n`, recorded at `seconds`.
pub fn an_attempt(n: u128, seconds: i64) -> Attempt {
    Attempt {
        id: AttemptId(key(n)),
        act: act_of(n),
        recorded_at: at(seconds),
        occurred_at: at(seconds),
        outcome: Outcome::Refused,
        action: Action::Receive,
        code: "100700012330".into(),
        container_id: Some(planned().id),
        actor_id: Who::Nurse.id(),
        site_id: None,
        device: None,
        device_seq: None,
        reason: "wrong-state".into(),
        answer: "{}".into(),
        request_hash: vec![],
    }
}
