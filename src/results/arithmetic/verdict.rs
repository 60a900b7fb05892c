//! What the rules of a protocol say of a result. A threshold was published for one time point, one
//! method, one specimen and one denominator, and judges nothing else: what it does not judge is
//! "not evaluated", with the reason, and never a class. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::line::Line;
use super::mrd::{Band, Counts};
use crate::catalogue::{
    Bilingual, Catalogue, ClassKind, Condition, Denominator, Evidence, Op, Protocol, Rule,
};

crate::words! {
    /// Whether a rule holds.
    pub enum RuleOutcome {
        /// What it asks for is so.
        Holds = "holds",
        /// It does not.
        DoesNotHold = "does-not-hold",
        /// Nobody may say by this.
        NotEvaluated = "not-evaluated",
    }
}

crate::words! {
    /// Why a rule was not evaluated.
    pub enum Why {
        /// It was published for another method.
        OtherMethod = "other-method",
        /// It was published for another specimen.
        OtherSpecimen = "other-specimen",
        /// Its percentage is of something else.
        OtherDenominator = "other-denominator",
        /// What was approved does not say of which method it is.
        MethodNotStated = "method-not-stated",
        /// Too few cells were seen to say so.
        Sensitivity = "sensitivity",
        /// The result of one of its time points is not there.
        NoResult = "no-result",
        /// The child's lineage is not known.
        LineageUnknown = "lineage-unknown",
        /// It needs what the program does not know.
        Needs = "needs",
    }
}

/// A comparison and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// The comparison as the protocol has it.
    pub condition: Condition,
    /// Whether it holds.
    pub outcome: RuleOutcome,
    /// Why nobody may say.
    pub why: Option<Why>,
    /// The 95 % interval lies on both sides of the threshold: shown loudly, never decided.
    pub borderline: bool,
}

/// A rule and what came of it, with all that is printed beside it: later versions of the catalogue
/// change nothing in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleVerdict {
    /// The class, in the protocol's words.
    pub class: String,
    /// What kind of class.
    pub kind: Option<ClassKind>,
    /// Whether the rule holds.
    pub outcome: RuleOutcome,
    /// Why it was not evaluated.
    pub why: Option<Why>,
    /// What it compares: all must hold; none of a rule in words alone.
    pub conditions: Vec<Judged>,
    /// What it needs besides.
    pub needs: Option<Bilingual>,
    /// The rule in words.
    pub when: Option<Bilingual>,
    /// The lineage it is for.
    pub applies_to: Option<String>,
    /// What its figures rest on.
    pub evidence: Option<Evidence>,
    /// What is not certain about them.
    pub doubt: Option<Bilingual>,
    /// Where they are from, with its address.
    pub source: String,
}

impl RuleVerdict {
    /// Whether a comparison of this time point lies within the interval of the value.
    pub fn is_borderline(&self) -> bool {
        self.conditions.iter().any(|c| c.borderline)
    }
    /// Whether somebody must take note of it by name.
    pub fn is_critical(&self, counts: &Counts) -> bool {
        let mut upward = self.conditions.iter().filter(|c| c.condition.op.is_upward());
        match self.kind {
            // What it needs besides nobody may guess: where its comparisons hold, somebody must look.
            Some(kind) => {
                let hold = self.conditions.iter().all(|c| c.outcome == RuleOutcome::Holds);
                kind.is_critical() && upward.next().is_some() && hold
            }
            // Approved before kinds were kept: what it means nobody can say, so somebody must look.
            None => upward.any(|c| compare(&c.condition, counts) == Some(true)),
        }
    }
}

/// A result as a rule sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Where in the protocol it was drawn.
    pub timepoint: String,
    /// Specimen, method and denominator.
    pub line: Line,
    /// What was counted.
    pub counts: Counts,
}

/// What the rules of a time point say of `this`, and of what was found at the protocol's other points.
pub fn verdicts(
    protocol: &Protocol,
    catalogue: &Catalogue,
    this: &Subject,
    others: &[Subject],
    lineage: Option<&str>,
) -> Vec<RuleVerdict> {
    let court = Court { protocol, catalogue, this, others, lineage };
    // Rules for another lineage say nothing of this child.
    let concerns = |r: &&Rule| r.applies_to.as_deref().zip(lineage).is_none_or(|(to, l)| to == l);
    protocol.rules_of(&this.timepoint).filter(concerns).map(|r| court.rule(r)).collect()
}

struct Court<'a> {
    protocol: &'a Protocol,
    catalogue: &'a Catalogue,
    this: &'a Subject,
    others: &'a [Subject],
    lineage: Option<&'a str>,
}

impl Court<'_> {
    fn rule(&self, r: &Rule) -> RuleVerdict {
        let conditions: Vec<Judged> =
            r.conditions().into_iter().map(|c| self.condition(c)).collect();
        let (outcome, why) = self.sum(r, &conditions);
        let sources = &self.catalogue.sources;
        RuleVerdict {
            class: r.class.clone(),
            kind: r.kind,
            outcome,
            why,
            conditions,
            needs: r.needs(),
            when: r.when(),
            applies_to: r.applies_to.clone(),
            evidence: r.evidence,
            doubt: r.doubt(),
            source: sources.get(&r.source).unwrap_or(&r.source).clone(),
        }
    }

    /// All must hold. One that does not settles it, whatever else is not known.
    fn sum(&self, r: &Rule, conditions: &[Judged]) -> (RuleOutcome, Option<Why>) {
        if conditions.iter().any(|c| c.outcome == RuleOutcome::DoesNotHold) {
            return (RuleOutcome::DoesNotHold, None);
        }
        let open = conditions.iter().find(|c| c.outcome == RuleOutcome::NotEvaluated);
        let why = match open {
            Some(c) => c.why,
            None if r.applies_to.is_some() && self.lineage.is_none() => Some(Why::LineageUnknown),
            None if r.needs().is_some() || conditions.is_empty() => Some(Why::Needs),
            None => return (RuleOutcome::Holds, None),
        };
        (RuleOutcome::NotEvaluated, why)
    }

    fn condition(&self, condition: Condition) -> Judged {
        let of = |s: &&Subject| s.timepoint == condition.timepoint;
        let subject = Some(self.this).filter(of).or_else(|| self.others.iter().find(of));
        let open = |condition, why| Judged {
            condition,
            outcome: RuleOutcome::NotEvaluated,
            why: Some(why),
            borderline: false,
        };
        let Some(subject) = subject else { return open(condition, Why::NoResult) };
        if let Some(why) = self.not_for(&condition, subject.line) {
            return open(condition, why);
        }
        match compare(&condition, &subject.counts) {
            None => open(condition, Why::Sensitivity),
            Some(holds) => {
                let inside = |ppm| subject.counts.band(ppm) == Band::Borderline;
                let borderline = condition.threshold_ppm.is_some_and(inside);
                let outcome = if holds { RuleOutcome::Holds } else { RuleOutcome::DoesNotHold };
                Judged { condition, outcome, why: None, borderline }
            }
        }
    }

    /// Why a comparison is not for what was measured, if it isn't.
    fn not_for(&self, c: &Condition, line: Line) -> Option<Why> {
        // What was approved in the first format names no specimen: it is that of its time point.
        let specimen = c
            .specimen
            .as_deref()
            .or_else(|| self.protocol.timepoint(&c.timepoint).map(|t| t.specimen.as_str()));
        let other_specimen = specimen.is_none_or(|s| self.catalogue.kind_of(s) != line.specimen);
        let of = |d: Denominator| d != Denominator::NotStated && d != line.denominator;
        match c.method {
            None => Some(Why::MethodNotStated),
            Some(m) if m != line.method => Some(Why::OtherMethod),
            Some(_) if other_specimen => Some(Why::OtherSpecimen),
            Some(_) if c.denominator.is_some_and(of) => Some(Why::OtherDenominator),
            Some(_) => None,
        }
    }
}

/// Whether counts fulfil a comparison; `None` where too few cells were seen to say so. Compared in
/// whole numbers (BR-20).
fn compare(c: &Condition, counts: &Counts) -> Option<bool> {
    let positive = counts.status().is_positive();
    let upward = c.op.is_upward();
    let Some(ppm) = c.threshold_ppm else {
        let certain =
            positive || counts.status() != super::mrd::MrdStatus::NegativeInsufficientSensitivity;
        return certain.then_some(positive == upward);
    };
    if positive {
        let found = counts.against(ppm);
        return Some(match c.op {
            Op::Lt => found.is_lt(),
            Op::Le => found.is_le(),
            Op::Gt => found.is_gt(),
            Op::Ge => found.is_ge(),
            Op::Detected => true,
            Op::NotDetected => false,
        });
    }
    counts.excludes(ppm).then_some(!upward)
}
