//! From what an analyst enters to the record that is signed: with the sample as it is known, the assay
//! that holds the limits, the rules of the time point, and what was found of the child before. Pure.

use super::critical;
use super::input::{
    EnterResult, Finding, Record, STANDARD_SENSITIVITY_PPM, limitations, text, word,
};
use super::phenotype;
use super::residual;
use super::residual::Residual;
use crate::catalogue::{Assay, Catalogue, Found, Protocol, RejectionReason, TimePoint, age};
use crate::custody::facts;
use crate::db::{Day, Instant};
use crate::patients::BirthDate;
use crate::results::arithmetic::line::Line;
use crate::results::arithmetic::measured::Measured;
use crate::results::arithmetic::mrd::{Counts, Limits};
use crate::results::arithmetic::sample::{AssayUsed, Sample};
use crate::results::arithmetic::trust::{Analysis, PointOfDraw};
use crate::results::arithmetic::verdict::{RuleVerdict, Subject};
use crate::results::arithmetic::{trust, verdict};
use crate::results::immunophenotype::{case, extent};
use crate::results::words::{Assay as Method, Haemodilution, Interpretation, Strategy};
use crate::studies::{Answer, Study, StudyKind};
use crate::web::{Arg, FieldFault, flag};

/// How far ahead of the server a clock beside a cytometer may be, seconds (BR-05).
const AHEAD_SECONDS: i64 = 120;

/// A result of the child that was released, of a sample drawn before.
#[derive(Debug, Clone)]
pub struct Before {
    /// When it was drawn.
    pub collected_at: Instant,
    /// Protocol and time point that it was asked for by.
    pub point: Option<(String, String)>,
    /// The line it is on.
    pub line: Line,
    /// What was counted.
    pub counts: Counts,
}

/// All that an entry stands in.
pub struct Entry<'a> {
    /// The request that is answered.
    pub study: &'a Study,
    /// What decides about samples.
    pub catalogue: &'a Catalogue,
    /// The protocol, with the figures that two people approved for this request.
    pub protocol: Option<&'a Protocol>,
    /// The version of the catalogue that those are of, or the one in use.
    pub version: &'a str,
    /// The container that was analysed, with every tube it was made from.
    pub line: &'a facts::Line,
    /// The day of the draw on the wall of its centre.
    pub drawn_on: Option<Day>,
    /// The day of acquisition on the wall of the laboratory; today where it is not known.
    pub acquired_on: Day,
    /// When it was acquired, where an amendment leaves it as it was.
    pub acquired_before: Option<Instant>,
    /// What was released of the child before, oldest first.
    pub before: &'a [Before],
    /// The child's lineage, as a word of the protocols.
    pub lineage: Option<&'a str>,
    /// The conclusion of the child's last released phenotype that named a lineage.
    pub diagnosis: Option<&'a str>,
    /// The child's birth date.
    pub birth: Option<BirthDate>,
    /// Whether the request was corrected after the draw, or waits to be.
    pub request_corrected: bool,
    /// Whether another request of the child asks for the same time point.
    pub asked_twice: bool,
    /// The server's clock.
    pub now: Instant,
}

impl Entry<'_> {
    fn timepoint(&self) -> Option<&TimePoint> {
        self.protocol?.timepoint(self.study.timepoint_id.as_deref()?)
    }
    /// What the time point asks for, of this method; a sample outside of a protocol needs what the
    /// assay asks for.
    fn asked(&self, assay: &Assay) -> Option<u64> {
        let point = self.timepoint().filter(|t| t.methods.contains(&assay.method));
        point.and_then(|t| t.required_ppm)
    }
    fn day(&self) -> Option<i64> {
        self.drawn_on.and_then(|d| self.study.protocol_day(d))
    }
    fn sample(&self, acquired_at: Option<Instant>) -> Sample {
        Sample {
            acquired_at,
            day: self.day(),
            window_from: self.study.window_from,
            window_to: self.study.window_to,
            ..Sample::of(self.catalogue, self.line)
        }
    }
    /// The colour of the sample's age at acquisition (BR-11, BR-12), by the tube that was drawn.
    fn age(&self, acquired_at: Option<Instant>) -> (Option<i64>, crate::catalogue::Freshness) {
        let root = self.line.root();
        let study = self.study.kind.window(&root.specimen);
        let of_study = self.catalogue.stability(&root.specimen, &root.container_type, study);
        let window =
            of_study.or_else(|| self.catalogue.strictest(&root.specimen, &root.container_type));
        match acquired_at {
            Some(at) => age(window, root.collected_at, at),
            None => (None, crate::catalogue::Freshness::Unknown),
        }
    }
    fn point(&self) -> Option<PointOfDraw<'_>> {
        let t = self.timepoint()?;
        Some(PointOfDraw {
            day: self.drawn_on,
            window: self.study.window_from.zip(self.study.window_to),
            asks_for: Some(self.catalogue.kind_of(&t.specimen)),
            of_treatment: self.day(),
            name: &t.id,
            asked_twice: self.asked_twice,
        })
    }
    fn verdicts(&self, line: Line, counts: Counts) -> Vec<RuleVerdict> {
        let Some((protocol, point)) = self.protocol.zip(self.timepoint()) else { return vec![] };
        let this = Subject { timepoint: point.id.clone(), line, counts };
        let of_protocol = |b: &&Before| b.point.as_ref().is_some_and(|(p, _)| *p == protocol.id);
        let others: Vec<Subject> = self
            .before
            .iter()
            .rev()
            .filter(of_protocol)
            .filter_map(|b| {
                let timepoint = b.point.as_ref()?.1.clone();
                Some(Subject { timepoint, line: b.line, counts: b.counts })
            })
            .collect();
        verdict::verdicts(protocol, self.catalogue, &this, &others, self.lineage)
    }
    /// What was counted at the point before on this line.
    fn last_on(&self, line: Line) -> Option<(Line, Counts)> {
        let root = self.line.root();
        let drawn = root.collected_at.or(root.received_at).unwrap_or(self.now);
        let earlier = self.before.iter().rev().find(|b| b.line == line && b.collected_at < drawn);
        earlier.map(|b| (b.line, b.counts))
    }
}

impl EnterResult {
    /// The record, or every field that is wrong.
    ///
    /// # Errors
    /// A fault for each field, naming the rule.
    pub fn check(&self, entry: &Entry<'_>) -> Result<Record, Vec<FieldFault>> {
        let mut faults = vec![];
        let is_mrd = entry.study.kind == StudyKind::Mrd;
        faults.extend(phenotype::foreign_fields(self, is_mrd));
        let evaluable = self.is_evaluable(&mut faults);
        let acquired_at = self.acquired(entry, &mut faults);
        let assay = self.assay_of(entry, evaluable, &mut faults);
        let finding = self.finding(entry, assay, evaluable, &mut faults);
        let viability = Some(self.viability.trim())
            .filter(|v| !v.is_empty())
            .and_then(|v| extent::percentage("viability", v).map_err(|f| faults.push(f)).ok());
        let interpretation = match self.interpretation.trim() {
            "" => Some(Interpretation::None),
            other => word(&mut faults, "interpretation", other),
        };
        let strategy: Option<Strategy> = match self.strategy.trim() {
            "" => None,
            other => word(&mut faults, "strategy", other),
        };
        let method = text(&mut faults, "haemodilution_method", &self.haemodilution_method, 200);
        let phenotype = text(&mut faults, "phenotype", &self.phenotype, 400);
        let comment = text(&mut faults, "comment", &self.comment, 2000);
        let (age_s, colour) = entry.age(acquired_at);
        let sample = entry.sample(acquired_at);
        let answers = entry.study.answers();
        let haemodilution = match &finding {
            Some(Finding::Mrd(m)) => Some(m.haemodilution()),
            _ => None,
        };
        let analysis = Analysis {
            study: entry.study.kind,
            specimen: sample.kind,
            assay,
            viability: viability.as_deref(),
            haemodilution,
            age: colour,
            answers: answers.as_ref(),
            point: entry.point(),
            request_corrected: entry.request_corrected,
        };
        let mut findings = entry.line.findings(entry.catalogue, entry.study.kind);
        if evaluable {
            findings.extend(trust::findings(entry.catalogue, &analysis));
            findings.extend(residual(entry, assay, finding.as_ref(), phenotype.as_deref()));
            faults.extend(trust::blocks(&findings).map(blocked));
        }
        let (Some(finding), Some(interpretation), true) =
            (finding, interpretation, faults.is_empty())
        else {
            return Err(faults);
        };
        let mut record = Record {
            kind: entry.study.kind,
            assay: assay.map_or(Method::Fcm, |a| Method::by(a.method)),
            finding,
            viability,
            comment,
            interpretation,
            age_s,
            limitations: vec![],
            catalogue: entry.version.to_owned(),
            high_risk_ppm: None,
            thresholds_ppm: vec![],
            by: assay.map(AssayUsed::from),
            sample: Some(sample),
            findings,
            verdicts: vec![],
            critical: vec![],
            haemodilution_method: method,
            strategy,
            phenotype,
        };
        record.limitations = limitations(&record);
        judge(entry, &mut record);
        match contradiction(&record) {
            Some(fault) => Err(vec![fault]),
            None => Ok(record),
        }
    }

    fn is_evaluable(&self, faults: &mut Vec<FieldFault>) -> bool {
        flag("evaluable", &self.evaluable, None).unwrap_or_else(|fault| {
            faults.push(fault);
            true
        })
    }

    /// When it was acquired: after the draw, and not in the future.
    fn acquired(&self, entry: &Entry<'_>, faults: &mut Vec<FieldFault>) -> Option<Instant> {
        let at = self.acquired_at.or(entry.acquired_before)?;
        if at > entry.now.plus_seconds(AHEAD_SECONDS) {
            faults.push(FieldFault::new("acquired_at", "acquired-in-future"));
        }
        if entry.line.root().collected_at.is_some_and(|drawn| at < drawn) {
            faults.push(FieldFault::new("acquired_at", "acquired-before-draw"));
        }
        Some(at)
    }

    /// The assay of an MRD: one of the catalogue, for this specimen, in use on the day of acquisition.
    fn assay_of<'a>(
        &self,
        entry: &Entry<'a>,
        evaluable: bool,
        faults: &mut Vec<FieldFault>,
    ) -> Option<&'a Assay> {
        if !evaluable || entry.study.kind != StudyKind::Mrd {
            return None;
        }
        let id = self.assay.trim();
        if id.is_empty() {
            faults.push(FieldFault::new("assay", "required"));
            return None;
        }
        let Some(assay) = entry.catalogue.assay(id, entry.acquired_on) else {
            faults.push(FieldFault::new("assay", "assay-known"));
            return None;
        };
        if !assay.is_for(entry.catalogue.kind_of(&entry.line.root().specimen)) {
            faults.push(FieldFault::new("assay", "assay-for-specimen"));
            return None;
        }
        Some(assay)
    }

    fn finding(
        &self,
        entry: &Entry<'_>,
        assay: Option<&Assay>,
        evaluable: bool,
        faults: &mut Vec<FieldFault>,
    ) -> Option<Finding> {
        match (evaluable, entry.study.kind) {
            (false, _) => {
                let reason = text(faults, "not_evaluable_reason", &self.not_evaluable_reason, 200);
                if reason.is_none() {
                    faults.push(FieldFault::new("not_evaluable_reason", "required"));
                }
                reason.map(|reason| {
                    let code = reason.split_whitespace().next().unwrap_or_default();
                    let row = entry.catalogue.reason(code).filter(|r| r.is_found_in_analysis());
                    let said = row.map(RejectionReason::sentence);
                    Finding::NotEvaluable { reason, said }
                })
            }
            (true, StudyKind::Mrd) => self.mrd(entry, assay, faults),
            (true, StudyKind::Immunophenotype) => {
                let found = phenotype::phenotype(self, entry.catalogue, self.phenotyped(entry));
                found
                    .map(|f| Finding::Immunophenotype(Box::new(f)))
                    .map_err(|f| faults.extend(f))
                    .ok()
            }
        }
    }

    /// What of the sample an immunophenotype is held against.
    fn phenotyped<'a>(&'a self, entry: &Entry<'a>) -> case::Sample<'a> {
        let down = entry.study.answers().and_then(|a| a.down);
        case::Sample {
            has_down: down == Some(Answer::Yes),
            child: entry.birth.map(|birth| (birth, entry.drawn_on.unwrap_or(entry.acquired_on))),
            diagnosis: entry.diagnosis,
            viability: Some(self.viability.trim()).filter(|v| !v.is_empty()),
            is_limited: !self.comment.trim().is_empty(),
            is_response: self.interpretation.trim() == Interpretation::Response.as_str(),
        }
    }

    fn mrd(
        &self,
        entry: &Entry<'_>,
        assay: Option<&Assay>,
        faults: &mut Vec<FieldFault>,
    ) -> Option<Finding> {
        for (field, value) in [("k", self.k), ("n", self.n)] {
            if value.is_none() {
                faults.push(FieldFault::new(field, "required"));
            }
        }
        let limits = assay.map_or(Limits::by_events(1, 1, Some(STANDARD_SENSITIVITY_PPM)), |a| {
            Limits::of(a, entry.asked(a))
        });
        let counts = self
            .k
            .zip(self.n)
            .and_then(|(k, n)| Counts::new(k, n, limits).map_err(|f| faults.extend(f)).ok());
        let haemodilution: Option<Haemodilution> = self.dilution(entry, faults);
        match Measured::new(counts?, assay?.denominator, haemodilution?) {
            Ok(measured) => Some(Finding::Mrd(measured)),
            Err(fault) => {
                faults.push(fault);
                None
            }
        }
    }

    /// Blood dilutes marrow; of other specimens nobody is asked.
    fn dilution(&self, entry: &Entry<'_>, faults: &mut Vec<FieldFault>) -> Option<Haemodilution> {
        let is_marrow = entry.catalogue.is_marrow(&entry.line.root().specimen);
        match self.haemodilution.trim() {
            "" if !is_marrow => Some(Haemodilution::NotSuspected),
            said => word(faults, "haemodilution", said),
        }
    }
}

/// What forbids an answer, as a fault of the field that says there is one.
fn blocked(found: &Found) -> FieldFault {
    FieldFault::new("evaluable", "sample-blocked")
        .with("what", Arg::Both(found.sentence.es.clone(), found.sentence.en.clone()))
}

/// What makes an MRD doubtful by itself.
fn residual(
    entry: &Entry<'_>,
    assay: Option<&Assay>,
    finding: Option<&Finding>,
    phenotype: Option<&str>,
) -> Vec<Found> {
    let (Some(assay), Some(Finding::Mrd(measured))) = (assay, finding) else { return vec![] };
    let diagnosed = entry.diagnosis.and_then(|d| case::lineage(entry.catalogue, d));
    let this = Residual {
        is_positive: measured.counts().status().is_positive(),
        phenotype,
        assay,
        asked_as: entry.lineage,
        diagnosed_as: diagnosed,
    };
    let kind = entry.catalogue.kind_of(&entry.line.root().specimen);
    residual::findings(entry.catalogue, kind, &this)
}

/// What the rules of the time point and those of critical results say.
fn judge(entry: &Entry<'_>, record: &mut Record) {
    let kind = record.sample.as_ref().map_or(entry.catalogue.kind_of(""), |s| s.kind);
    let line = record.line();
    if let Some((line, counts)) = line.zip(record.counts()) {
        record.verdicts = entry.verdicts(line, counts);
        record.thresholds_ppm = thresholds(&record.verdicts, entry.timepoint());
    }
    let answers = entry.study.answers();
    let before = line.and_then(|l| entry.last_on(l));
    let case = critical::Case {
        finding: &record.finding,
        interpretation: record.interpretation,
        specimen: kind,
        day: entry.day(),
        white_cells: answers.as_ref().and_then(|a| a.wbc.as_deref()),
        verdicts: &record.verdicts,
        before: before.as_ref(),
    };
    record.critical = critical::reasons(entry.catalogue, &case);
}

/// The thresholds of a time point that something was held against, or could not be; highest first.
fn thresholds(verdicts: &[RuleVerdict], point: Option<&TimePoint>) -> Vec<u64> {
    let conditions = verdicts.iter().flat_map(|v| &v.conditions);
    let own = conditions.filter(|c| point.is_some_and(|t| t.id == c.condition.timepoint));
    let mut all: Vec<u64> = own.filter_map(|c| c.condition.threshold_ppm).collect();
    all.sort_by_key(|ppm| std::cmp::Reverse(*ppm));
    all.dedup();
    all
}

/// The share from which on a report that calls it a response must say why: 1 %, above which no protocol
/// that was read calls it one.
const NO_RESPONSE_PPM: u64 = 10_000;

/// What the signer would have to explain: a response with disease.
fn contradiction(record: &Record) -> Option<FieldFault> {
    let counts = record.counts().filter(|c| c.status().is_positive())?;
    let much = !counts.is_quantity() || counts.against(NO_RESPONSE_PPM).is_ge();
    let said = record.interpretation == Interpretation::Response;
    (said && much && record.comment.is_none())
        .then(|| FieldFault::new("comment", "response-with-disease"))
}
