//! The rules that a catalogue's protocols must keep: no threshold without its method, specimen and
//! denominator, nothing without its source, nothing doubtful without its doubt.

use std::collections::BTreeMap;

use super::check::{FORMAT_OF_BEFORE, Finding, Lines};
use super::load::Catalogue;
use super::protocol::{Condition, Evidence, Protocol, Rule, TimePoint};

const FILE: &str = "protocols.toml";
const RULE: &str = "[[protocol.rule]]";

/// Every mistake of the protocols.
pub(super) fn check_protocols(
    c: &Catalogue,
    sources: &BTreeMap<String, String>,
    lines: &Lines<'_>,
    findings: &mut Vec<Finding>,
) {
    if !c.rules_are_whole && !c.protocols.is_empty() {
        let text =
            "rules of schema_version 1 don't say which method, specimen and denominator they judge";
        let line = lines.of(FILE, "schema_version");
        findings.push(Finding::new(FILE, line, FORMAT_OF_BEFORE, text));
    }
    for p in &c.protocols {
        let mut of = OfProtocol { c, p, sources, lines, findings: &mut *findings };
        of.itself();
        for t in &p.timepoints {
            of.timepoint(t);
        }
        for (n, r) in p.rules.iter().enumerate() {
            of.rule(n, r);
        }
    }
}

struct OfProtocol<'a> {
    c: &'a Catalogue,
    p: &'a Protocol,
    sources: &'a BTreeMap<String, String>,
    lines: &'a Lines<'a>,
    findings: &'a mut Vec<Finding>,
}

impl OfProtocol<'_> {
    fn add(&mut self, line: u64, rule: &'static str, text: &str) {
        let text = format!("{}: {text}", self.p.id);
        self.findings.push(Finding::new(FILE, line, rule, &text));
    }
    fn at(&self, key: &str) -> u64 {
        self.lines.in_table(FILE, &self.p.id, key)
    }
    /// The protocol whose time points it takes; `None` where it names one that nobody knows.
    fn like(&self) -> Option<Option<&Protocol>> {
        self.p.timepoints_like.as_ref().map(|id| self.c.protocol(id))
    }
    fn itself(&mut self) {
        let p = self.p;
        if p.enabled_by_default {
            let text = "a shipped protocol is enabled by approval, not by the file";
            self.add(self.at("enabled_by_default"), "disabled-until-approved", text);
        }
        if let Some(None) = self.like() {
            let text =
                format!("unknown protocol `{}`", p.timepoints_like.as_deref().unwrap_or_default());
            self.add(self.at("timepoints_like"), "protocol-known", &text);
        }
        if !self.c.rules_are_whole {
            return;
        }
        let critical = p.rules.iter().any(Rule::makes_flow_critical);
        let reasons = [&p.no_critical_es, &p.no_critical_en];
        if reasons.iter().any(|r| r.is_some() == critical) {
            let text = "a rule by flow cytometry with a critical kind, or no_critical_es and \
                        no_critical_en that say why there is none";
            self.add(self.at("id"), "critical-path", text);
        }
    }
    fn timepoint(&mut self, t: &TimePoint) {
        let line = self.at(&format!("id = \"{}\"", t.id));
        if self.c.specimen(&t.specimen).is_none() {
            let text = format!("{}: unknown specimen `{}`", t.id, t.specimen);
            self.add(line, "specimen-known", &text);
        }
        if t.window_minus < 0 || t.window_plus < 0 || t.day < -365 || t.day > 4000 {
            self.add(line, "day-sane", &format!("{}: day or window out of range", t.id));
        }
        if self.c.rules_are_whole {
            self.evidence(line, &t.id, t.evidence, [&t.doubt_es, &t.doubt_en]);
            match t.source.as_deref() {
                None => self.add(line, "source-stated", &format!("{}: says no source", t.id)),
                Some(s) if !self.knows(s) => {
                    self.add(line, "source-known", &format!("{}: unknown source `{s}`", t.id));
                }
                Some(_) => {}
            }
        }
    }
    /// What is not read in its source says what is doubtful about it, in both languages.
    fn evidence(
        &mut self,
        line: u64,
        of: &str,
        evidence: Option<Evidence>,
        doubt: [&Option<String>; 2],
    ) {
        if evidence.is_none() {
            let text = format!("{of}: evidence is one of read, secondary, memory, placeholder");
            self.add(line, "evidence-stated", &text);
        }
        let said = doubt.iter().filter(|d| d.is_some()).count();
        if said == 1 || (said == 0 && evidence != Some(Evidence::Read)) {
            let text = format!("{of}: what was not read has its doubt, in both languages");
            self.add(line, "doubt-stated", &text);
        }
    }
    fn rule(&mut self, n: usize, r: &Rule) {
        let at = |key: &str| self.lines.in_part(FILE, &self.p.id, (RULE, n), key);
        let (class, source, op) = (at("class"), at("source"), at("op"));
        let conditions = r.conditions();
        for x in &conditions {
            let line = at(&format!("timepoint = \"{}\"", x.timepoint));
            self.condition(line, op, x);
        }
        if r.op.is_some_and(|op| op.has_threshold()) != r.threshold_ppm.is_some() {
            self.add(op, "threshold-with-op", "op and threshold_pct belong together");
        }
        if !self.knows(&r.source) {
            self.add(source, "source-known", &format!("unknown source `{}`", r.source));
        }
        if conditions.is_empty() && r.when().is_none() && r.needs().is_none() {
            let text = format!("the rule for `{}` says no condition", r.class);
            self.add(class, "rule-says-when", &text);
        }
        if self.c.rules_are_whole {
            self.whole_rule(class, r);
        }
    }
    fn whole_rule(&mut self, line: u64, r: &Rule) {
        self.evidence(line, &r.class, r.evidence, [&r.doubt_es, &r.doubt_en]);
        if r.kind.is_none() {
            self.add(line, "kind-stated", &format!("`{}` says no kind of class", r.class));
        }
        let pairs = [[&r.needs_es, &r.needs_en], [&r.when_es, &r.when_en]];
        if pairs.iter().any(|[es, en]| es.is_some() != en.is_some()) {
            self.add(
                line,
                "both-languages",
                &format!("`{}`: needs and when are said in both languages", r.class),
            );
        }
        let conditions = r.conditions();
        if conditions.is_empty() && r.needs().is_none() {
            let text = format!("`{}`: without a comparison it says what it needs", r.class);
            self.add(line, "rule-needs", &text);
        }
        if (conditions.len() > 1 || conditions.is_empty()) && r.when().is_none() {
            self.add(line, "rule-says-when", &format!("`{}` says itself in words", r.class));
        }
    }
    /// A threshold is of one time point, one method, one specimen and one denominator.
    fn condition(&mut self, line: u64, op: u64, x: &Condition) {
        let t = x.timepoint.as_str();
        let known = self.p.timepoint(t).is_some()
            || self.like().flatten().is_some_and(|l| l.timepoint(t).is_some());
        if !known {
            self.add(
                line,
                "timepoint-known",
                &format!("a rule names the unknown time point `{t}`"),
            );
        }
        if !self.c.rules_are_whole {
            return;
        }
        let missing = [
            (x.method.is_none(), "threshold-method", "method"),
            (x.specimen.is_none(), "threshold-specimen", "specimen"),
            (x.denominator.is_none(), "threshold-denominator", "denominator"),
        ];
        for (_, rule, what) in missing.into_iter().filter(|m| m.0) {
            self.add(op, rule, &format!("{t}: a comparison without its {what} judges nothing"));
        }
        if let Some(s) = x.specimen.as_deref().filter(|s| self.c.specimen(s).is_none()) {
            self.add(line, "specimen-known", &format!("{t}: unknown specimen `{s}`"));
        }
        if x.op.has_threshold() != x.threshold_ppm.is_some() {
            self.add(line, "threshold-with-op", "op and threshold_pct belong together");
        }
    }
    fn knows(&self, source: &str) -> bool {
        let first = source.split(' ').next().unwrap_or_default();
        self.sources.contains_key(first) || first.starts_with("http")
    }
}
