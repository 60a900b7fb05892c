//! Results: entered, signed, read, acknowledged; a few sent back, a few amended, a few that nobody
//! has taken note of.

use jiff::tz::TimeZone;

use super::dice::{About, Dice};
use super::people::At;
use super::rows::Rows;
use super::story::{Fate, Network, Request};
use super::tubes::ON_BENCH;
use crate::catalogue::Protocol;
use crate::containers::Container;
use crate::custody::facts::Line;
use crate::db::{Day, DbError, Instant};
use crate::people::{Role, UserId};
use crate::results::store::{
    Acknowledgement, AcknowledgementId, Head, Signature, SignatureId, Version, VersionId,
};
use crate::results::{EnterResult, Entry, HeadState, Meaning, Record, TypedPopulation};

/// A result as it is at the end.
pub(super) struct Answer {
    /// When the version that holds was released.
    pub released_at: Option<Instant>,
    /// The oncologist who reads it, and when.
    pub read: (UserId, Instant),
    versions: Vec<Version>,
    signatures: Vec<Signature>,
    note: Option<Acknowledgement>,
    head: Head,
}

impl Answer {
    /// Whether a version waits for a signature.
    pub(super) fn waits(&self) -> bool {
        self.head.state == HeadState::ToValidate
    }
    pub(super) fn add(self, rows: &mut Rows) {
        // The row says how it stands at the end, and names the latest version.
        let last = self.versions.iter().map(|v| v.recorded_at).max();
        rows.head(last.unwrap_or(self.head.updated_at), self.head);
        self.versions.into_iter().for_each(|v| rows.version(v));
        self.signatures.into_iter().for_each(|s| rows.signature(s));
        self.note.into_iter().for_each(|n| rows.note(n));
    }
}

const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// Who answers a request.
struct Hands {
    analyst: UserId,
    validator: UserId,
    oncologist: UserId,
}

/// The answer to a request, as far as it has come; nothing where it has not begun.
pub(super) fn tell(
    network: &Network,
    request: &Request,
    tube: &Container,
    protocol: Option<&Protocol>,
) -> Result<Option<Answer>, DbError> {
    if request.fate != Fate::Answered || tube.accession.is_none() {
        return Ok(None);
    }
    let mut dice = Dice::of(network.size.seed ^ 0x414e_5357, About::Answer, request.n);
    let centre = At::Centre(request.centre);
    let hands = Hands {
        analyst: network.staff.any(&mut dice, Role::Analyst, At::Laboratory),
        validator: network.staff.any(&mut dice, Role::Validator, At::Laboratory),
        oncologist: network.staff.any(&mut dice, Role::Oncologist, centre),
    };
    let entered = tube.created_at.plus_seconds(ON_BENCH + dice.between(4, 40) * HOUR);
    let mut course = Course { network, request, tube, protocol, dice, answer: None };
    course.tell(&hands, entered)?;
    Ok(course.answer)
}

/// A result on its way.
struct Course<'a> {
    network: &'a Network,
    request: &'a Request,
    tube: &'a Container,
    protocol: Option<&'a Protocol>,
    dice: Dice,
    answer: Option<Answer>,
}

impl Course<'_> {
    fn has_come(&self, at: Instant) -> bool {
        at < self.network.size.end
    }

    fn tell(&mut self, hands: &Hands, entered: Instant) -> Result<(), DbError> {
        let sent_back = self.dice.chance(3, 100);
        let amended = self.dice.chance(2, 100);
        let signed = entered.plus_seconds(self.dice.between(3, 60) * HOUR);
        if !self.enter(hands, entered, "")? {
            return Ok(());
        }
        // One in a thousand was forgotten.
        if self.dice.chance(1, 1000) {
            return Ok(());
        }
        let first = if sent_back { Meaning::Returned } else { Meaning::Released };
        if !self.sign(hands, signed, first) {
            return Ok(());
        }
        let again = signed.plus_seconds(10 * HOUR);
        let read = again.plus_seconds(self.dice.between(2, 30) * HOUR);
        if sent_back {
            let signed = again.plus_seconds(HOUR);
            if !self.enter(hands, again, "")? || !self.sign(hands, signed, Meaning::Released) {
                return Ok(());
            }
        }
        self.note(hands, read);
        let later = signed.plus_seconds(self.dice.between(5, 20) * DAY);
        if amended && self.enter(hands, later, "Se contó de nuevo")? {
            self.sign(hands, later.plus_seconds(DAY), Meaning::Released);
        }
        Ok(())
    }

    /// Enters a version, if that has come; the record is what the product makes of the counts.
    fn enter(&mut self, hands: &Hands, at: Instant, reason: &str) -> Result<bool, DbError> {
        if !self.has_come(at) {
            return Ok(false);
        }
        let input = EnterResult { acquired_at: Some(at), ..self.input(reason) };
        let study = &self.request.study;
        let catalogue = &self.network.catalogue;
        let line = Line::of_drawn(self.tube.clone());
        let day = |at: Instant| Day(at.timestamp().to_zoned_datetime(TimeZone::UTC).date());
        let entry = Entry {
            study,
            catalogue,
            protocol: self.protocol,
            version: study.protocol_version.as_deref().unwrap_or(&catalogue.version),
            line: &line,
            drawn_on: self.tube.collected_at.map(day),
            acquired_on: day(at),
            acquired_before: None,
            // What was found before is told child by child elsewhere: here nothing rises.
            before: &[],
            lineage: None,
            diagnosis: None,
            birth: None,
            request_corrected: false,
            asked_twice: false,
            now: at,
        };
        let record = input.check(&entry);
        let record = record.map_err(|faults| DbError::Corrupt(format!("{faults:?}")))?;
        let version = self.version(hands, at, &input, &record)?;
        let before = self.answer.take();
        let mut answer = before.unwrap_or_else(|| self.blank(hands, &version));
        answer.head.latest_id = version.id;
        answer.head.state = HeadState::ToValidate;
        answer.head.updated_at = at;
        answer.versions.push(version);
        self.answer = Some(answer);
        Ok(true)
    }

    fn input(&mut self, reason: &str) -> EnterResult {
        let container = self.tube.code.to_string();
        let all = EnterResult {
            container,
            evaluable: "yes".into(),
            viability: "93.5".into(),
            reason: reason.into(),
            ..EnterResult::default()
        };
        if self.request.is_diagnosis() {
            let conclusion = self.dice.weighed(&[("B-ALL", 80), ("T-ALL", 12), ("AML", 8)]);
            return EnterResult {
                conclusion: (*conclusion).to_owned(),
                denominator: "NUCLEATED_CELLS".into(),
                populations: vec![blasts(conclusion)],
                ..all
            };
        }
        let n = self.dice.between(900_000, 5_000_000);
        // Half of them negative, most of the others low, a few high.
        let k = match self.dice.below(100) {
            0..50 => self.dice.between(0, 9),
            50..75 => self.dice.between(20, 300),
            75..97 => self.dice.between(300, 20_000),
            _ => self.dice.between(50_000, 300_000),
        };
        let relapse = k > 100_000;
        EnterResult {
            k: Some(k),
            n: Some(n),
            assay: "FCM-BCP-8C".into(),
            haemodilution: "NOT_SUSPECTED".into(),
            phenotype: if k > 9 { "CD58 fuerte, CD66c+" } else { "" }.into(),
            interpretation: if relapse { "relapse" } else { "none" }.into(),
            ..all
        }
    }

    fn version(
        &mut self,
        hands: &Hands,
        at: Instant,
        input: &EnterResult,
        record: &Record,
    ) -> Result<Version, DbError> {
        let study = &self.request.study;
        let counts = record.counts();
        let int = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let before = self.answer.as_ref().map(|a| &a.head);
        let amends = before.is_some_and(|h| h.released_id.is_some());
        let n = self.answer.as_ref().map_or(0, |a| a.versions.len()) + 1;
        let supersedes = before.map(|h| h.latest_id);
        let body = serde_json::to_string(record).map_err(|e| DbError::Corrupt(e.to_string()))?;
        Ok(Version {
            id: VersionId(self.dice.key(at)),
            study_id: study.id,
            container_id: self.tube.id,
            patient_id: study.patient_id,
            kind: study.kind,
            version: i32::try_from(n).unwrap_or(i32::MAX),
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
            supersedes,
            reason: Some(input.reason.clone()).filter(|r| !r.is_empty()),
            analyst_id: hands.analyst,
            recorded_at: at,
            body,
            request_hash: input.hash(amends),
        })
    }

    fn blank(&self, hands: &Hands, version: &Version) -> Answer {
        let study = &self.request.study;
        Answer {
            released_at: None,
            read: (hands.oncologist, self.network.size.end),
            versions: vec![],
            signatures: vec![],
            note: None,
            head: Head {
                study_id: study.id,
                patient_id: study.patient_id,
                centre_id: study.centre_id,
                laboratory_id: study.laboratory_id,
                latest_id: version.id,
                released_id: None,
                state: HeadState::ToValidate,
                critical: None,
                acknowledged_id: None,
                updated_at: version.recorded_at,
                amended_at: None,
            },
        }
    }

    /// Signs the latest version, if that has come.
    fn sign(&mut self, hands: &Hands, at: Instant, meaning: Meaning) -> bool {
        if !self.has_come(at) {
            return false;
        }
        let id = SignatureId(self.dice.key(at));
        let Some(answer) = &mut self.answer else { return false };
        let Some(version) = answer.versions.last() else { return false };
        let note = (meaning == Meaning::Returned).then(|| "Falta el denominador".to_owned());
        answer.signatures.push(Signature {
            id,
            version_id: version.id,
            person_id: hands.validator,
            meaning,
            signed_at: at,
            record_hash: version.hash(),
            note,
            licence: None,
        });
        answer.head.updated_at = at;
        answer.head.state = HeadState::Returned;
        if meaning == Meaning::Released {
            answer.head.state = HeadState::Released;
            answer.head.amended_at = answer.head.released_id.map(|_| at);
            answer.head.released_id = Some(version.id);
            answer.head.critical = version.critical;
            answer.released_at = Some(at);
        }
        true
    }

    /// The oncologist reads it and, of a critical one, takes note by name; three of a thousand
    /// never do.
    fn note(&mut self, hands: &Hands, at: Instant) {
        let (forgets, id) = (self.dice.chance(3, 1000), AcknowledgementId(self.dice.key(at)));
        let has_come = self.has_come(at);
        let Some(answer) = &mut self.answer else { return };
        answer.read = (hands.oncologist, at);
        let Some(released) = answer.head.released_id else { return };
        if has_come && !forgets && answer.head.critical.is_some() {
            let (version_id, person_id) = (released, hands.oncologist);
            answer.note = Some(Acknowledgement { id, version_id, person_id, at, note: None });
            answer.head.acknowledged_id = Some(released);
        }
    }
}

/// Blasts that fit their conclusion.
fn blasts(conclusion: &str) -> TypedPopulation {
    let markers: &[(&str, &str, &str)] = match conclusion {
        "T-ALL" => &[
            ("CD3", "cy", "STRONG"),
            ("CD7", "sm", "STRONG"),
            ("CD5", "sm", "POS"),
            ("CD34", "sm", "WEAK"),
            ("CD19", "sm", "NEG"),
            ("CD45", "sm", "MODERATE"),
            ("MPO", "cy", "NEG"),
        ],
        "AML" => &[
            ("MPO", "cy", "STRONG"),
            ("CD33", "sm", "STRONG"),
            ("CD13", "sm", "POS"),
            ("CD117", "sm", "POS"),
            ("CD34", "sm", "POS"),
            ("CD19", "sm", "NEG"),
            ("CD3", "cy", "NEG"),
        ],
        _ => &[
            ("CD19", "sm", "STRONG"),
            ("CD10", "sm", "POS"),
            ("CD34", "sm", "POS"),
            ("CD79a", "cy", "STRONG"),
            ("CD45", "sm", "WEAK"),
            ("CD3", "cy", "NEG"),
            ("MPO", "cy", "NEG"),
        ],
    };
    TypedPopulation::of("Blastos", "82.5", markers)
}
