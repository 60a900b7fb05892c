//! What becomes of each request. The number of a request says its time, its child and its fate;
//! nothing is remembered from one request to the next.

use std::sync::Arc;

use super::answers::{self, Answer};
use super::audits;
use super::children::Child;
use super::dice::{About, Dice};
use super::people::{At, Staff};
use super::places::Places;
use super::rows::{Expected, Rows};
use super::size::{REQUESTS, Size, day_of};
use super::tubes;
use crate::catalogue::{Catalogue, Protocol, TimePoint};
use crate::codes::StudyNumber;
use crate::db::{Day, DbError, Instant};
use crate::people::{Role, UserId};
use crate::studies::{
    self, Answers, DuePoint, DuePointId, DueState, Lineage, Study, StudyId, StudyKind, StudyState,
    Told, due_state,
};

/// Everything that all requests have in common.
pub(super) struct Network {
    pub size: Size,
    pub places: Places,
    pub staff: Staff,
    pub catalogue: Arc<Catalogue>,
}

/// The protocol that every child is treated by.
pub(super) const PROTOCOL: &str = "AIEOP-BFM-ALL-2009";
/// The time points of the second to the fourth request of a child, and the days from its
/// registration until they are asked for.
const COURSE: [(&str, u64); 3] = [("D15", 14), ("TP1", 32), ("TP2", 77)];

/// Days after a request in which something may still happen because of it.
pub(super) const LONGEST_DAYS: i64 = 60;

/// How a request ends; what has not ended yet is on its way there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// With a result.
    Answered,
    /// Its label was withdrawn, the request cancelled.
    Withdrawn,
    /// Nothing could be drawn.
    NotDrawn,
    /// The tube never came.
    Lost,
    /// The tube was unfit.
    Rejected,
    /// The tube waits for somebody's decision, for years now.
    Held,
    /// The tube was kept and thrown away later; nobody answered.
    Kept,
}

const FATES: &[(Fate, u32)] = &[
    (Fate::Answered, 6250),
    (Fate::Withdrawn, 1800),
    (Fate::NotDrawn, 1000),
    (Fate::Kept, 610),
    (Fate::Rejected, 300),
    (Fate::Lost, 35),
    (Fate::Held, 5),
];

/// A request as it is being told.
pub(super) struct Request {
    pub n: u64,
    pub fate: Fate,
    pub centre: usize,
    /// Which of its child's requests it is, from 0.
    turn: u64,
    pub study: Study,
}

impl Network {
    /// Who is asked about in request `n`, and which of its requests this is. The first requests of
    /// a young network are of children that were treated before it began: they are registered anew.
    fn child_of(&self, n: u64) -> (u64, u64) {
        let (now, turn) = (n / REQUESTS, n % REQUESTS);
        let days = turn.checked_sub(1).map_or(0, |i| COURSE[usize::try_from(i).unwrap_or(0)].1);
        match now.checked_sub(self.size.children_in(days)) {
            Some(child) => (child, turn),
            None => (now, REQUESTS),
        }
    }

    /// The place of the centre that registers child `n`.
    pub(super) fn centre_of(&self, n: u64) -> usize {
        Child::of(self, n).centre
    }

    fn protocol(&self) -> Result<&Protocol, DbError> {
        let found = self.catalogue.protocol(PROTOCOL);
        found.ok_or_else(|| DbError::Corrupt(format!("the catalogue has no {PROTOCOL}")))
    }

    /// Makes every row that follows from request `n`.
    pub(super) fn tell(&self, n: u64, rows: &mut Rows) -> Result<(), DbError> {
        let (child, turn) = self.child_of(n);
        let child = Child::of(self, child);
        let mut dice = Dice::of(self.size.seed, About::Request, n);
        let mut request = self.request(&mut dice, n, turn, &child)?;
        let tubes = tubes::tell(self, &request);
        let protocol = request.study.protocol_id.is_some().then(|| self.protocol()).transpose()?;
        let answer = answers::tell(self, &request, &tubes[0].tube, protocol)?;
        stand(&mut request.study, &tubes[0], answer.as_ref());
        audits::tell(self, &request, answer.as_ref(), rows);
        for (asked, point) in self.plan(&child)? {
            // It names its request and is written with it; one that nobody asks for, with its child.
            match asked {
                Some(of) if of == n => rows.due_point(request.study.requested_at, point),
                None if turn == 0 => rows.due_point(child.registered_at, point),
                _ => {}
            }
        }
        if turn == 0 {
            child.tell(self, rows);
        }
        let expected = Expected {
            study_id: request.study.id,
            n: 1,
            specimen: tubes[0].tube.specimen.clone(),
            container_type: "EDTA".into(),
        };
        rows.study(request.study, expected);
        tubes.into_iter().for_each(|told| told.add(rows));
        if let Some(answer) = answer {
            answer.add(rows);
        }
        Ok(())
    }

    fn request(
        &self,
        dice: &mut Dice,
        n: u64,
        turn: u64,
        child: &Child,
    ) -> Result<Request, DbError> {
        let fate = *dice.weighed(FATES);
        let centre = child.centre;
        let requester = self.staff.any(dice, Role::Oncologist, At::Centre(centre));
        let mut study = self.blank(n, child, requester)?;
        if turn == 0 {
            study.kind = StudyKind::Immunophenotype;
            study.outside_reason = Some("diagnóstico inicial".into());
            study.diagnosis = "Sospecha de leucemia aguda".into();
        } else if let Some((timepoint, _)) = point(turn) {
            let point = self.point(timepoint)?;
            let (day1, [due, from, to]) = window(child, point);
            study.protocol_id = Some(PROTOCOL.into());
            study.protocol_version = Some(self.catalogue.version.clone());
            study.timepoint_id = Some(timepoint.into());
            (study.day1, study.due_date) = (Some(day1), Some(due));
            (study.window_from, study.window_to) = (Some(from), Some(to));
        } else {
            study.outside_reason = Some("seguimiento".into());
        }
        study.urgent = dice.chance(1, 30);
        Ok(Request { n, fate, centre, turn, study })
    }

    /// A request without its place in the plan.
    fn blank(&self, n: u64, child: &Child, requester: UserId) -> Result<Study, DbError> {
        let at = self.size.request_at(n);
        let (year, number) = self.size.number(n, 1);
        let answers = serde_json::to_string(&nothing_before());
        Ok(Study {
            id: study_id(self, n),
            number: StudyNumber::new(year, number),
            patient_id: child.id,
            kind: StudyKind::Mrd,
            state: StudyState::Requested,
            centre_id: self.places.centres[child.centre].id,
            laboratory_id: self.places.laboratory,
            protocol_id: None,
            protocol_version: None,
            timepoint_id: None,
            outside_reason: None,
            day1: None,
            due_date: None,
            window_from: None,
            window_to: None,
            diagnosis: "LLA-B".into(),
            answers: answers.map_err(|e| DbError::Corrupt(e.to_string()))?,
            diagnostic_reference: None,
            requester_id: requester,
            requester_name: "Dra. Elena Vidal Ochoa".into(),
            critical_phone: "+52 55 5555 0101".into(),
            urgent: false,
            requested_at: at,
            requested_by: requester,
            closed_at: None,
            event_count: 0,
            proposal: None,
            open_questions: None,
            requester_licence: None,
            doubt: None,
        })
    }

    fn point(&self, id: &str) -> Result<&TimePoint, DbError> {
        let found = self.protocol()?.timepoint(id);
        found.ok_or_else(|| DbError::Corrupt(format!("{PROTOCOL} has no {id}")))
    }

    /// A time point of the child of request `n`.
    pub(super) fn due_of(&self, n: u64) -> Result<Option<DuePointId>, DbError> {
        let child = Child::of(self, self.child_of(n).0);
        Ok(self.plan(&child)?.first().map(|(_, point)| point.id))
    }

    /// The time points that follow from a child's first day, as they stand at the end, each with the request that
    /// asks for it.
    fn plan(&self, child: &Child) -> Result<Vec<(Option<u64>, DuePoint)>, DbError> {
        let mut points = vec![];
        let mut dice = Dice::of(self.size.seed, About::Answer, child.n);
        let today = day_of(self.size.end);
        for (turn, (timepoint, days)) in (1..).zip(COURSE) {
            let n = (child.n + self.size.children_in(days)) * REQUESTS + turn;
            let asked = Some(n).filter(|n| *n < self.size.requests());
            let drawn = asked.map(|n| day_of(self.size.request_at(n)));
            let (day1, [due_date, window_from, window_to]) = window(child, self.point(timepoint)?);
            let state = match due_state(today, window_from, window_to, drawn) {
                // Somebody has looked at most of those that nobody drew.
                DueState::Missed if dice.chance(8, 10) => DueState::Waived,
                state => state,
            };
            points.push((
                asked,
                DuePoint {
                    id: DuePointId(dice.key(child.registered_at)),
                    patient_id: child.id,
                    protocol_id: PROTOCOL.into(),
                    protocol_version: self.catalogue.version.clone(),
                    timepoint_id: timepoint.into(),
                    day1,
                    due_date,
                    window_from,
                    window_to,
                    state,
                    reason: (state == DueState::Waived).then(|| "Cambio de protocolo".into()),
                    study_id: asked.map(|n| study_id(self, n)),
                    updated_at: child.registered_at,
                },
            ));
        }
        Ok(points)
    }
}

impl Request {
    /// Whether it is the one that asks what it is.
    pub(super) fn is_diagnosis(&self) -> bool {
        self.turn == 0
    }
}

fn study_id(network: &Network, n: u64) -> StudyId {
    // A stream of its own, so that the key is known without the rest.
    let mut dice = Dice::of(network.size.seed ^ 0x5354_5544, About::Request, n);
    StudyId(dice.key(network.size.request_at(n)))
}

fn point(turn: u64) -> Option<(&'static str, u64)> {
    COURSE.get(usize::try_from(turn).ok()?.checked_sub(1)?).copied()
}

/// Day 1 of a child, and of a time point: the day it is due, and the first and last day of its
/// window.
fn window(child: &Child, point: &TimePoint) -> (Day, [Day; 3]) {
    let day1 = day_of(child.registered_at).plus_days(1);
    let due = day1.plus_days(point.day - 1);
    (day1, [due, due.plus_days(-point.window_minus), due.plus_days(point.window_plus)])
}

fn nothing_before() -> Answers {
    Answers {
        lineage: Some(Lineage::BAll),
        anti_cd19: Some(Told::No),
        anti_cd22: Some(Told::No),
        anti_cd20: Some(Told::No),
        car_t: Some(Told::No),
        anti_cd38: Some(Told::No),
        transplant: Some(Told::No),
        gcsf: studies::Answer::No,
        steroids: studies::Answer::Yes,
        wbc: Some("3.2".into()),
        ..Answers::default()
    }
}

/// Where the request stands at the end, by its tube and its answer.
fn stand(study: &mut Study, told: &tubes::Told, answer: Option<&Answer>) {
    let tube = &told.tube;
    let released: Option<Instant> = answer.and_then(|a| a.released_at);
    study.state = match () {
        () if told.withdrawn => StudyState::Cancelled,
        () if answer.is_some_and(|a| a.waits()) => StudyState::ToValidate,
        () if released.is_some() => StudyState::Released,
        () if tube.received_at.is_some() => StudyState::InLaboratory,
        () if tube.collected_at.is_some() => StudyState::Collected,
        () => StudyState::Requested,
    };
    study.closed_at = released.filter(|_| study.state == StudyState::Released);
}
