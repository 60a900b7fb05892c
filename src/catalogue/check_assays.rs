//! The rules that assays, critical rules and sample findings of a catalogue must keep.

use std::collections::BTreeSet;

use super::assay::{Assay, Scale};
use super::check::{Finding, Lines};
use super::critical::{CriticalRule, CriticalRuleId};
use super::finding::{CONDITIONS, FOUND_BY_PROGRAM};
use super::load::Catalogue;
use super::words::{Denominator, SpecimenKind};

/// Every mistake of the assays: none without limits, no two versions of one on the same day.
pub(super) fn check_assays(c: &Catalogue, lines: &Lines<'_>, findings: &mut Vec<Finding>) {
    let file = "assays.toml";
    for (i, a) in c.assays.iter().enumerate() {
        let line = lines.in_part(file, &a.id, ("", 0), "id");
        let mut add = |rule, text: &str| {
            findings.push(Finding::new(
                file,
                line,
                rule,
                &format!("{} {}: {text}", a.id, a.version),
            ));
        };
        for (rule, text) in wrong(c, a) {
            add(rule, text);
        }
        let meets = |b: &&Assay| {
            b.id == a.id
                && (b.version == a.version
                    || (b.valid_to.is_none_or(|to| a.valid_from <= to)
                        && a.valid_to.is_none_or(|to| b.valid_from <= to)))
        };
        if c.assays[..i].iter().any(|b| meets(&b)) {
            add("assay-once", "another version of it is in use on the same day, or has its number");
        }
    }
}

fn wrong(c: &Catalogue, a: &Assay) -> Vec<(&'static str, &'static str)> {
    let presence = a.scale == Scale::Presence;
    let doubts = [&a.doubt_es, &a.doubt_en].iter().filter(|d| d.is_some()).count();
    let cases = [
        (
            a.lod_events == 0 || a.loq_events < a.lod_events || a.loq_events > 1000,
            "assay-limits",
            "1 ≤ lod_events ≤ loq_events ≤ 1000 must hold",
        ),
        (
            a.loq_ppm.unwrap_or_default() < a.lod_ppm.unwrap_or_default(),
            "assay-limits",
            "loq_pct is not below lod_pct",
        ),
        (
            presence != a.required_ppm.is_none(),
            "assay-sensitivity",
            "a quantity says which sensitivity a negative needs, a presence none",
        ),
        (
            (a.denominator == Denominator::Events) != presence
                || a.denominator == Denominator::NotStated,
            "assay-denominator",
            "a presence counts EVENTS, a quantity something else",
        ),
        (
            a.specimens.is_empty() || a.specimens.contains(&SpecimenKind::Derived),
            "assay-specimens",
            "it names the kinds of specimen it answers for; a derived one is its root's kind",
        ),
        (
            a.panel.as_ref().is_some_and(|p| c.panel(p).is_none()),
            "panel-known",
            "its panel is in marker_panels.toml",
        ),
        (
            a.valid_to.is_some_and(|to| to < a.valid_from),
            "assay-days",
            "valid_to is not before valid_from",
        ),
        (a.min_viability_pct.is_some_and(|v| v > 100), "assay-viability", "at most 100 %"),
        (doubts == 1, "both-languages", "a doubt is said in both languages"),
    ];
    cases.into_iter().filter(|c| c.0).map(|c| (c.1, c.2)).collect()
}

/// Every rule of critical results stands once, with its figures.
pub(super) fn check_critical_rules(c: &Catalogue, lines: &Lines<'_>, findings: &mut Vec<Finding>) {
    let file = "critical_rules.toml";
    for id in CriticalRuleId::ALL {
        let of_it: Vec<&CriticalRule> = c.critical_rules.iter().filter(|r| r.id == *id).collect();
        let line = lines.of(file, &format!("id = \"{id}\""));
        let mut add = |rule, text: &str| {
            findings.push(Finding::new(file, line, rule, &format!("{id}: {text}")));
        };
        let [rule] = of_it[..] else {
            add("critical-rule-once", "it stands exactly once");
            continue;
        };
        let whole = match id {
            CriticalRuleId::InductionFailure => {
                rule.threshold_ppm.is_some() && rule.from_day.is_some()
            }
            CriticalRuleId::HighCellCount => rule.white_cells.is_some(),
            _ => true,
        };
        if !whole {
            add("critical-rule-figures", "its figures are missing");
        }
        if rule.doubt_es.is_some() != rule.doubt_en.is_some() {
            add("both-languages", "a doubt is said in both languages");
        }
    }
}

/// Every finding of the table is one that somebody can find, stands once, and none is missing.
pub(super) fn check_findings(c: &Catalogue, lines: &Lines<'_>, findings: &mut Vec<Finding>) {
    let file = "sample_findings.csv";
    let mut seen = BTreeSet::new();
    for f in &c.findings {
        let start = format!("{},{},{},", f.finding, f.specimen, f.study);
        let line = lines.of(file, &start);
        let mut add = |rule, text: &str| {
            findings.push(Finding::new(file, line, rule, &format!("{}: {text}", f.finding)));
        };
        let word = f.finding.as_str();
        if !CONDITIONS.contains(&word) && !FOUND_BY_PROGRAM.contains(&word) {
            add("finding-known", "nobody can find it");
        }
        if f.specimen != "*" && f.specimen.parse::<SpecimenKind>().is_err() {
            add("finding-specimen", "a kind of specimen, or *");
        }
        if !["*", "mrd", "immunophenotype"].contains(&f.study.as_str()) {
            add("finding-study", "mrd, immunophenotype, or *");
        }
        if f.sentence().es.is_empty() || f.sentence().en.is_empty() {
            add("both-languages", "a sentence is said in both languages");
        }
        if !seen.insert((&f.finding, &f.specimen, &f.study)) {
            add("finding-once", "it stands twice");
        }
    }
    for word in CONDITIONS.iter().chain(FOUND_BY_PROGRAM) {
        if !c.findings.iter().any(|f| f.finding == *word) {
            let text = format!("`{word}` is missing: what follows from it must be said");
            findings.push(Finding::new(file, 0, "finding-missing", &text));
        }
    }
}
