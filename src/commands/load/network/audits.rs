//! Who read or changed what because of a request: five rows, as often of each kind as a working
//! network has them, and now and then what hardly ever happens.

use super::answers::Answer;
use super::dice::{About, Dice};
use super::people::At;
use super::rows::{Audited, Rows};
use super::story::{Network, Request};
use crate::audit::store::{AuditId, SubjectId};
use crate::audit::{Action, Outcome};
use crate::db::Instant;
use crate::people::{Role, UserId};
use crate::sites::SiteId;

/// What people do all day long, and what they hardly ever do: per million rows.
const ANYTHING: &[(Action, u32)] = &[
    (Action::SearchPatients, 340_000),
    (Action::SignIn, 260_000),
    (Action::SignOut, 120_000),
    (Action::ReadStudy, 100_000),
    (Action::ReadContainer, 90_000),
    (Action::Custody, 60_000),
    (Action::ReadAudit, 15_000),
    (Action::ChangePassword, 10_000),
    (Action::ReadProof, 2_500),
    (Action::ManageUsers, 1_500),
    (Action::CorrectPatient, 600),
    (Action::ManagePrinters, 300),
    (Action::LabelTemplate, 50),
    (Action::ManageCatalogue, 30),
    (Action::ApproveProtocol, 15),
    (Action::ManageLog, 5),
];

const OUTCOMES: &[(Outcome, u32)] =
    &[(Outcome::Done, 99_400), (Outcome::Refused, 570), (Outcome::OutOfScope, 30)];

struct Writer<'a> {
    network: &'a Network,
    request: &'a Request,
    dice: Dice,
    rows: &'a mut Rows,
}

/// Adds the rows of a request.
pub(super) fn tell(network: &Network, request: &Request, answer: Option<&Answer>, rows: &mut Rows) {
    let mut dice = Dice::of(network.size.seed, About::Audit, request.n);
    let at = request.study.requested_at;
    let (centre, study) = (At::Centre(request.centre), request.study.id.0);
    let patient = request.study.patient_id.0;
    let oncologist = network.staff.any(&mut dice, Role::Oncologist, centre);
    let nurse = network.staff.any(&mut dice, Role::Collector, centre);
    let site = request.study.centre_id;
    let mut w = Writer { network, request, dice, rows };
    w.row(at, oncologist, Action::WriteStudy, ("study", study), Some(site));
    let minutes = w.dice.between(1, 300) * 60;
    w.row(at.plus_seconds(minutes), nurse, Action::ReadPatient, ("patient", patient), Some(site));
    w.row(at.plus_seconds(600), nurse, Action::PrintLabel, ("container", study), Some(site));
    match answer.map(|a| a.read) {
        Some((who, at)) => w.row(at, who, Action::ReadResult, ("study", study), None),
        None => w.anything(at),
    }
    w.anything(at);
}

impl Writer<'_> {
    fn row(
        &mut self,
        at: Instant,
        who: UserId,
        action: Action,
        (subject_kind, subject): (&'static str, uuid::Uuid),
        site_id: Option<SiteId>,
    ) {
        if at >= self.network.size.end {
            return;
        }
        self.rows.audit(Audited {
            id: AuditId(self.dice.key(at)),
            at,
            person_id: Some(who),
            action,
            outcome: *self.dice.weighed(OUTCOMES),
            subject_kind,
            subject_id: Some(SubjectId(subject)),
            patient_id: Some(SubjectId(self.request.study.patient_id.0)),
            site_id,
            request_id: self.dice.key(at).simple().to_string(),
            detail: None,
        });
    }

    /// Something that has nothing to do with the child, within ten hours.
    fn anything(&mut self, at: Instant) {
        let at = at.plus_seconds(self.dice.between(0, 36_000));
        if at >= self.network.size.end {
            return;
        }
        let action = *self.dice.weighed(ANYTHING);
        let who = self.somebody(action);
        self.rows.audit(Audited {
            id: AuditId(self.dice.key(at)),
            at,
            person_id: Some(who),
            action,
            outcome: *self.dice.weighed(OUTCOMES),
            subject_kind: "person",
            subject_id: Some(SubjectId(who.0)),
            patient_id: None,
            site_id: None,
            request_id: self.dice.key(at).simple().to_string(),
            detail: None,
        });
    }

    fn somebody(&mut self, action: Action) -> UserId {
        let (role, at) = match action {
            Action::ManageUsers | Action::ManagePrinters | Action::ManageLog => {
                (Role::Admin, At::Network)
            }
            Action::ReadAudit | Action::ReadProof => (Role::Auditor, At::Network),
            Action::ReadContainer | Action::Custody => (Role::Bench, At::Laboratory),
            _ => (Role::Collector, At::Centre(self.request.centre)),
        };
        self.network.staff.any(&mut self.dice, role, at)
    }
}
