//! From what was typed to a phenotype, or every field that is wrong. Pure.

use super::input::EnterResult;
use super::markers;
use super::reader::Reader;
use crate::catalogue::{Catalogue, Conclusion, Level};
use crate::results::immunophenotype::case::{Case, Sample};
use crate::results::immunophenotype::contradictions::{Contradiction, OTHER};
use crate::results::immunophenotype::model::{
    Channel, Explained, Immunophenotype, PanelRun, Population, Said,
};
use crate::results::immunophenotype::typed::{TypedExplanation, TypedPopulation};
use crate::results::immunophenotype::{contradictions, extent};
use crate::web::number::{self, NotANumber};
use crate::web::{FieldFault, Line, Reason};

/// Populations that a record may have.
const MOST_POPULATIONS: usize = 20;
/// Conclusions beside the first, panels, additions.
const MOST_WORDS: usize = 8;

/// The phenotype that `input` tells, by the catalogue in use; or what is wrong with it. What
/// contradicts itself needs a reason, once all fields are right.
pub fn phenotype(
    input: &EnterResult,
    catalogue: &Catalogue,
    sample: Sample<'_>,
) -> Result<Immunophenotype, Vec<FieldFault>> {
    let mut reader = Reader { catalogue, faults: vec![] };
    let mut read = reader.phenotype(input);
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    let case = Case::new(&read, catalogue, sample);
    read.explained = explained(&contradictions::found(&case), &input.explanations)?;
    Ok(read)
}

/// Fields of residual disease do not belong to an immunophenotype, and the other way round: each is
/// refused by its name, never left out.
pub fn foreign_fields(input: &EnterResult, is_mrd: bool) -> Vec<FieldFault> {
    let (given, rule): (Vec<(&str, bool)>, _) = match is_mrd {
        true => (of_phenotype(input), "not-for-mrd"),
        false => (of_mrd(input), "not-for-immunophenotype"),
    };
    let limits = [
        ("denominator", is_mrd && !input.denominator.trim().is_empty()),
        ("lod_events", input.lod_events.is_some()),
        ("loq_events", input.loq_events.is_some()),
    ];
    let of_assay = limits.into_iter().map(|l| (l, "of-assay"));
    let all = given.into_iter().map(|g| (g, rule)).chain(of_assay);
    all.filter(|((_, is), _)| *is).map(|((f, _), rule)| FieldFault::new(f, rule)).collect()
}

fn of_mrd(i: &EnterResult) -> Vec<(&'static str, bool)> {
    vec![
        ("k", i.k.is_some()),
        ("n", i.n.is_some()),
        ("assay", !i.assay.trim().is_empty()),
        ("haemodilution", !i.haemodilution.trim().is_empty()),
        ("haemodilution_method", !i.haemodilution_method.trim().is_empty()),
        ("strategy", !i.strategy.trim().is_empty()),
        ("phenotype", !i.phenotype.trim().is_empty()),
    ]
}

fn of_phenotype(i: &EnterResult) -> Vec<(&'static str, bool)> {
    vec![
        ("conclusion", !i.conclusion.trim().is_empty()),
        ("populations", !i.populations.is_empty()),
        ("differential", !i.differential.is_empty()),
        ("qualifiers", !i.qualifiers.is_empty()),
        ("total_blasts", !i.total_blasts.trim().is_empty()),
        ("morphology_blasts", !i.morphology_blasts.trim().is_empty()),
        ("acquired_events", i.acquired_events.is_some()),
        ("positivity", !i.positivity.trim().is_empty()),
        ("panels", !i.panels.is_empty()),
        ("genetics", !i.genetics.trim().is_empty()),
        ("explanations", !i.explanations.is_empty()),
    ]
}

/// Events that one sample may have.
const MOST_EVENTS: i64 = 1_000_000_000_000;

fn too_many(field: &str, most: usize) -> FieldFault {
    FieldFault::new(field, "too-many").with("limit", most)
}

impl Reader<'_> {
    fn phenotype(&mut self, i: &EnterResult) -> Immunophenotype {
        let said = self.conclusions(i);
        let populations = self.populations(&i.populations);
        let denominator = self.word("denominator", &i.denominator);
        if i.denominator.trim().is_empty() {
            self.refuse("denominator", "required");
        }
        let codes = |list: &[String], said: &[Said]| -> Vec<String> {
            let of = |code: &String| self.catalogue.conclusion(code.trim()).map(|c| &c.code);
            let known = list.iter().filter_map(of);
            known.filter(|c| said.iter().any(|s| s.code == **c)).cloned().collect()
        };
        Immunophenotype {
            conclusion: said.first().map(|s| s.code.clone()).unwrap_or_default(),
            differential: codes(&i.differential, &said),
            qualifiers: codes(&i.qualifiers, &said),
            said,
            populations,
            denominator,
            total_blasts: self.optional("total_blasts", &i.total_blasts, extent::extent),
            morphology_blasts: self.optional(
                "morphology_blasts",
                &i.morphology_blasts,
                extent::percentage,
            ),
            acquired_events: self.count("acquired_events", i.acquired_events),
            positivity: self.word("positivity", &i.positivity),
            panels: self.panels(&i.panels),
            genetics: self.line("genetics", &i.genetics, 200),
            explained: vec![],
        }
    }
    /// The conclusion, what it may be besides and what is added, as the catalogue says them.
    fn conclusions(&mut self, i: &EnterResult) -> Vec<Said> {
        let mut said: Vec<Said> = vec![];
        if i.conclusion.trim().is_empty() {
            self.refuse("conclusion", "required");
        } else {
            self.conclude(&mut said, "conclusion", &i.conclusion, false);
        }
        for (list, name, adds) in
            [(&i.differential, "differential", false), (&i.qualifiers, "qualifiers", true)]
        {
            if list.len() > MOST_WORDS {
                self.faults.push(too_many(name, MOST_WORDS));
            }
            for (at, code) in list.iter().enumerate().take(MOST_WORDS) {
                self.conclude(&mut said, &format!("{name}[{at}]"), code, adds);
            }
        }
        said
    }
    fn conclude(&mut self, said: &mut Vec<Said>, field: &str, code: &str, adds: bool) {
        let Some(found) = self.catalogue.conclusion(code.trim()) else {
            return self.refuse(field, "choose-from-list");
        };
        if (found.level == Level::Modifier) != adds {
            let rule = if adds { "conclusion-no-addition" } else { "conclusion-only-addition" };
            return self.refuse(field, rule);
        }
        if said.iter().any(|s| s.code == found.code) {
            return self.refuse(field, "conclusion-once");
        }
        said.push(as_said(found));
    }
    fn panels(&mut self, ids: &[String]) -> Vec<PanelRun> {
        if ids.len() > MOST_WORDS {
            self.faults.push(too_many("panels", MOST_WORDS));
        }
        let mut runs: Vec<PanelRun> = vec![];
        for (at, id) in ids.iter().enumerate().take(MOST_WORDS) {
            match panel(self.catalogue, id.trim()) {
                Some(run) if runs.iter().all(|r| r.id != run.id) => runs.push(run),
                Some(_) => {}
                None => self.refuse(&format!("panels[{at}]"), "choose-from-list"),
            }
        }
        runs
    }
    fn populations(&mut self, typed: &[TypedPopulation]) -> Vec<Population> {
        if typed.is_empty() {
            self.refuse("populations", "required");
        }
        if typed.len() > MOST_POPULATIONS {
            self.faults.push(too_many("populations", MOST_POPULATIONS));
        }
        let few = typed.iter().take(MOST_POPULATIONS).enumerate();
        let read: Vec<Population> =
            few.map(|(at, p)| self.population(&format!("populations[{at}]"), p)).collect();
        let counted = read.iter().filter(|p| p.percent != extent::UNKNOWN && !p.percent.is_empty());
        if counted.map(|p| p.bounds().0).sum::<u64>() > 1_000_000 {
            self.refuse("populations", "sum-over-hundred");
        }
        read
    }
    fn population(&mut self, field: &str, p: &TypedPopulation) -> Population {
        let of = |name: &str| format!("{field}.{name}");
        let name = self.line(&of("name"), &p.name, 80);
        if name.is_none() && p.name.trim().is_empty() {
            self.refuse(&of("name"), "required");
        }
        Population {
            name: name.unwrap_or_default(),
            percent: self.population_percent(&of("percent"), &p.percent),
            markers: markers::read(self, &of("markers"), &p.markers),
            events: self.count(&of("events"), p.events),
            forward_scatter: self.word(&of("forward_scatter"), &p.forward_scatter),
            side_scatter: self.word(&of("side_scatter"), &p.side_scatter),
            light_chains: self.word(&of("light_chains"), &p.light_chains),
            kappa_lambda: self.optional(&of("kappa_lambda"), &p.kappa_lambda, ratio),
            dna_index: self.optional(&of("dna_index"), &p.dna_index, ratio),
            clone: self.optional(&of("clone"), &p.clone, clone_letter),
            normal: p.normal,
        }
    }
    fn population_percent(&mut self, field: &str, text: &str) -> String {
        if text.trim() == extent::UNKNOWN {
            return extent::UNKNOWN.to_owned();
        }
        self.keep(extent::extent(field, text)).unwrap_or_default()
    }
    fn count(&mut self, field: &str, n: Option<i64>) -> Option<u64> {
        let n = n?;
        if !(0..=MOST_EVENTS).contains(&n) {
            let fault = FieldFault::new(field, "out-of-range").with("low", 0_i64);
            self.faults.push(fault.with("high", MOST_EVENTS));
        }
        u64::try_from(n).ok()
    }
}

fn as_said(c: &Conclusion) -> Said {
    use crate::web::Lang;
    Said {
        code: c.code.clone(),
        es: c.label(Lang::Es).to_owned(),
        en: c.label(Lang::En).to_owned(),
        classification: c.classification.clone(),
        malignant: c.is_malignant(),
        critical: c.critical,
    }
}

/// A panel with what its channels read, in the order of the catalogue's markers.
pub fn panel(catalogue: &Catalogue, id: &str) -> Option<PanelRun> {
    let panel = catalogue.panel(id)?;
    let read = panel.channels().into_iter().filter_map(|channel| {
        let (marker, place) = catalogue.markers.find(channel)?;
        let location = place.or_else(|| marker.locations().first().copied())?;
        Some(Channel { marker: marker.name.clone(), location })
    });
    let mut channels: Vec<Channel> = read.collect();
    let at = |c: &Channel| catalogue.markers.iter().position(|m| m.name == c.marker);
    channels.sort_by_key(|c| (at(c), c.location));
    Some(PanelRun { id: panel.id.clone(), version: panel.version.clone(), channels })
}

/// How many for one: a decimal above 0 and below 100, with at most three decimals.
fn ratio(field: &str, text: &str) -> Result<String, FieldFault> {
    match number::decimal(text, 3) {
        Ok(n) if n > 0 && n < 100_000 => number::written(text, 3).map_err(|e| e.fault(field)),
        Err(e @ NotANumber::DecimalComma(_)) => Err(e.fault(field)),
        _ => Err(FieldFault::new(field, "ratio")),
    }
}

fn clone_letter(field: &str, text: &str) -> Result<String, FieldFault> {
    let letter = text.to_uppercase();
    let known = matches!(letter.as_bytes(), [b'A'..=b'H']);
    known.then_some(letter).ok_or_else(|| FieldFault::new(field, "clone-letter"))
}

/// The reason of each contradiction; a refusal by its id of each that has none, and of each reason for
/// something that does not contradict itself.
fn explained(
    found: &[&'static Contradiction],
    given: &[TypedExplanation],
) -> Result<Vec<Explained>, Vec<FieldFault>> {
    let mut faults = vec![];
    for (at, one) in given.iter().enumerate() {
        let id = one.contradiction.trim();
        let again = given[..at].iter().any(|before| before.contradiction.trim() == id);
        if again || !found.iter().any(|c| c.id == id) {
            let field = format!("explanations[{at}].contradiction");
            faults.push(FieldFault::new(field, "explanation-needless"));
        }
    }
    let mut all = vec![];
    for contradiction in found {
        let given =
            given.iter().enumerate().find(|(_, e)| e.contradiction.trim() == contradiction.id);
        match given.map(|(at, e)| explanation(contradiction, at, e)) {
            Some(Ok(one)) => all.push(one),
            Some(Err(fault)) => faults.push(fault),
            None => {
                let field = format!("explanations.{}", contradiction.id);
                faults.push(FieldFault::new(field, contradiction.rule));
            }
        }
    }
    if faults.is_empty() { Ok(all) } else { Err(faults) }
}

fn explanation(
    of: &Contradiction,
    at: usize,
    typed: &TypedExplanation,
) -> Result<Explained, FieldFault> {
    let (reason, text) = (typed.reason.trim(), typed.text.trim());
    let field = |name: &str| format!("explanations[{at}].{name}");
    if !of.offers(reason) {
        return Err(FieldFault::new(field("reason"), "explanation-reason"));
    }
    let text = match reason == OTHER {
        true => Some(Reason::read(&field("text"), text)?.into()),
        false => Line::<1, 400>::optional(&field("text"), text)?.map(String::from),
    };
    Ok(Explained { contradiction: of.id.to_owned(), reason: reason.to_owned(), text })
}
