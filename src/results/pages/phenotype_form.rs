//! The form of an immunophenotype as it is sent: flat lists, put together to populations with their
//! rows of markers. A row that a panel offered and nobody filled in is not determined: it is left out.

use serde::Deserialize;
use uuid::Uuid;

use super::mrd_form::{Acquired, not_evaluable};
use crate::catalogue::Catalogue;
use crate::results::entry::input::EnterResult;
use crate::results::entry::phenotype as check;
use crate::results::immunophenotype::typed::{TypedExplanation, TypedMarker, TypedPopulation};
use crate::web::{FieldFault, number};

/// Free rows that a population begins with, and that are added each time.
const FREE_ROWS: usize = 6;
/// Free rows beside those of a panel.
const FREE_BESIDE: usize = 2;
/// Populations that the form takes.
const MOST_POPULATIONS: usize = 20;

/// The form as sent. Lists of one population are of one length, lists of one row of another; a box
/// that is ticked sends its row's number.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::results) struct Sent {
    id: Option<Uuid>,
    container: String,
    evaluable: String,
    not_evaluable_code: String,
    not_evaluable_reason: String,
    conclusion: String,
    differential: Vec<String>,
    qualifiers: Vec<String>,
    denominator: String,
    total_blasts: String,
    morphology_blasts: String,
    acquired_events: String,
    positivity: String,
    panels: Vec<String>,
    genetics: String,
    viability: String,
    comment: String,
    reason: String,
    population: Vec<String>,
    population_percent: Vec<String>,
    population_events: Vec<String>,
    forward_scatter: Vec<String>,
    side_scatter: Vec<String>,
    light_chains: Vec<String>,
    kappa_lambda: Vec<String>,
    dna_index: Vec<String>,
    clone: Vec<String>,
    normal: Vec<String>,
    offer: Vec<String>,
    row_of: Vec<String>,
    row_offered: Vec<String>,
    marker: Vec<String>,
    location: Vec<String>,
    expression: Vec<String>,
    percent: Vec<String>,
    aberrant: Vec<String>,
    unlisted: Vec<String>,
    contradiction: Vec<String>,
    why: Vec<String>,
    why_text: Vec<String>,
    day: String,
    time: String,
    time_which: String,
    step: String,
}

/// A row of the form.
#[derive(Debug, Clone, Default)]
pub(in crate::results) struct Row {
    /// A panel offered it.
    pub offered: bool,
    /// What stands in it.
    pub typed: TypedMarker,
    /// What its fields are called when it is sent; empty where it is left out.
    pub path: String,
}

/// A population of the form.
#[derive(Debug, Clone, Default)]
pub(in crate::results) struct Cells {
    /// What stands in its fields, but for its markers.
    pub typed: TypedPopulation,
    /// Its events as typed.
    pub events: String,
    /// The panel chosen beside it.
    pub offer: String,
    /// Its markers, one in each row, and free rows.
    pub rows: Vec<Row>,
    /// What its fields are called when it is sent; empty where it is left out.
    pub path: String,
}

/// What is asked of the form besides being saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::results) enum Step {
    /// Nothing more: save what was typed.
    Save,
    /// Show the markers of the panel that is chosen beside a population.
    Offer(usize),
    /// Show more free rows for a population.
    Rows(usize),
    /// Show one more population.
    Add,
}

/// The form with what was typed.
#[derive(Debug, Default)]
pub(in crate::results) struct Draft {
    /// Every field but those of populations, as a program would send them.
    pub(in crate::results) input: EnterResult,
    /// The reason of the list why the sample says nothing, as chosen.
    pub(in crate::results) not_evaluable_code: String,
    /// Events acquired, as typed.
    pub(in crate::results) acquired_events: String,
    /// When they were acquired, as typed.
    pub(in crate::results) acquired: Acquired,
    /// The populations in the order of the form.
    pub(in crate::results) cells: Vec<Cells>,
    step: String,
    /// Something was sent for a population that was not.
    is_stray: bool,
}

impl Row {
    fn is_left_out(&self) -> bool {
        let blank = |t: &str| t.trim().is_empty();
        let unsaid = blank(&self.typed.expression) && blank(&self.typed.percent);
        unsaid && (self.offered || blank(&self.typed.marker))
    }
}

impl Cells {
    fn is_left_out(&self) -> bool {
        let t = &self.typed;
        let blank = [&t.name, &t.percent, &self.events].iter().all(|f| f.trim().is_empty());
        blank && self.rows.iter().all(Row::is_left_out)
    }
    fn with_rows(mut self, free: usize) -> Self {
        self.rows.extend(std::iter::repeat_with(Row::default).take(free));
        self
    }
}

/// The `at`th of a list, or nothing.
fn nth(list: &[String], at: usize) -> String {
    list.get(at).cloned().unwrap_or_default()
}

impl From<Sent> for Draft {
    fn from(s: Sent) -> Self {
        let populations = s.population.len().min(MOST_POPULATIONS);
        let is_stray = s.is_stray(populations);
        let cells = (0..populations).map(|at| s.cells(at)).collect();
        let input = EnterResult {
            id: s.id,
            container: s.container,
            evaluable: s.evaluable,
            not_evaluable_reason: s.not_evaluable_reason,
            conclusion: s.conclusion,
            differential: told(s.differential),
            qualifiers: s.qualifiers,
            denominator: s.denominator,
            total_blasts: s.total_blasts,
            morphology_blasts: s.morphology_blasts,
            positivity: s.positivity,
            panels: told(s.panels),
            genetics: s.genetics,
            viability: s.viability,
            comment: s.comment,
            reason: s.reason,
            explanations: explanations(&s.contradiction, &s.why, &s.why_text),
            ..EnterResult::default()
        };
        let (acquired_events, not_evaluable_code) = (s.acquired_events, s.not_evaluable_code);
        let acquired = Acquired { day: s.day, time: s.time, which: s.time_which };
        Self { input, not_evaluable_code, acquired_events, acquired, cells, step: s.step, is_stray }
            .numbered()
    }
}

fn told(list: Vec<String>) -> Vec<String> {
    list.into_iter().filter(|t| !t.trim().is_empty()).collect()
}

/// Reasons that somebody chose or wrote; where neither was done the contradiction asks again.
fn explanations(ids: &[String], why: &[String], texts: &[String]) -> Vec<TypedExplanation> {
    let all = ids.iter().enumerate().map(|(at, id)| TypedExplanation {
        contradiction: id.clone(),
        reason: nth(why, at),
        text: nth(texts, at),
    });
    all.filter(|e| !e.reason.trim().is_empty() || !e.text.trim().is_empty()).collect()
}

impl Sent {
    /// Whether more populations were sent than are read, or a row of none of them: refused, never left
    /// out.
    fn is_stray(&self, populations: usize) -> bool {
        let owner = |row: usize| nth(&self.row_of, row).parse::<usize>().ok();
        let of_none = |row: usize| owner(row).is_none_or(|at| at >= populations);
        self.population.len() > populations || (0..self.marker.len()).any(of_none)
    }
    fn cells(&self, at: usize) -> Cells {
        let own = at.to_string();
        let typed = TypedPopulation {
            name: nth(&self.population, at),
            percent: nth(&self.population_percent, at),
            forward_scatter: nth(&self.forward_scatter, at),
            side_scatter: nth(&self.side_scatter, at),
            light_chains: nth(&self.light_chains, at),
            kappa_lambda: nth(&self.kappa_lambda, at),
            dna_index: nth(&self.dna_index, at),
            clone: nth(&self.clone, at),
            normal: self.normal.contains(&own),
            ..TypedPopulation::default()
        };
        let rows = (0..self.marker.len()).filter(|row| nth(&self.row_of, *row) == own);
        Cells {
            typed,
            events: nth(&self.population_events, at),
            offer: nth(&self.offer, at),
            rows: rows.map(|row| self.row(row)).collect(),
            path: String::new(),
        }
    }
    fn row(&self, at: usize) -> Row {
        let own = at.to_string();
        let typed = TypedMarker {
            marker: nth(&self.marker, at),
            location: nth(&self.location, at),
            expression: nth(&self.expression, at),
            percent: nth(&self.percent, at),
            aberrant: self.aberrant.contains(&own),
            unlisted: self.unlisted.contains(&own),
        };
        Row { offered: nth(&self.row_offered, at) == "1", typed, path: String::new() }
    }
}

impl Draft {
    /// A form that nobody has typed in.
    pub(in crate::results) fn blank() -> Self {
        let input = EnterResult { id: Some(Uuid::now_v7()), ..EnterResult::default() };
        let cells = vec![Cells::default().with_rows(FREE_ROWS)];
        Self { input, cells, ..Self::default() }
    }
    /// What is asked of it.
    pub(in crate::results) fn step(&self) -> Step {
        let at = |n: &str| n.parse().ok().filter(|at| *at < self.cells.len());
        match self.step.split_once('-') {
            Some(("offer", n)) => at(n).map_or(Step::Save, Step::Offer),
            Some(("rows", n)) => at(n).map_or(Step::Save, Step::Rows),
            _ if self.step == "add" => Step::Add,
            _ => Step::Save,
        }
    }
    /// Calls populations and rows as they will be called when they are sent.
    fn numbered(mut self) -> Self {
        for (at, cells) in self.cells.iter_mut().filter(|c| !c.is_left_out()).enumerate() {
            cells.path = format!("populations[{at}]");
            for (n, row) in cells.rows.iter_mut().filter(|r| !r.is_left_out()).enumerate() {
                row.path = format!("{}.markers[{n}]", cells.path);
            }
        }
        self
    }
    /// What a program would send for it.
    pub(in crate::results) fn entered(&self) -> Result<EnterResult, Vec<FieldFault>> {
        let mut faults = vec![];
        if self.is_stray {
            let limit = i64::try_from(MOST_POPULATIONS).unwrap_or(i64::MAX);
            faults.push(FieldFault::new("populations", "too-many").with("limit", limit));
        }
        let mut count = |field: String, text: &str| -> Option<i64> {
            let text = Some(text.trim()).filter(|t| !t.is_empty())?;
            number::whole(text).map_err(|e| faults.push(e.fault(field))).ok()
        };
        let acquired_events = count("acquired_events".into(), &self.acquired_events);
        let sent = self.cells.iter().filter(|c| !c.path.is_empty());
        let populations = sent.map(|c| TypedPopulation {
            events: count(format!("{}.events", c.path), &c.events),
            markers: c
                .rows
                .iter()
                .filter(|r| !r.path.is_empty())
                .map(|r| r.typed.clone())
                .collect(),
            ..c.typed.clone()
        });
        let populations = populations.collect();
        match faults.is_empty() {
            true => Ok(EnterResult {
                acquired_events,
                populations,
                not_evaluable_reason: not_evaluable(
                    &self.not_evaluable_code,
                    &self.input.not_evaluable_reason,
                ),
                ..self.input.clone()
            }),
            false => Err(faults),
        }
    }
    /// Adds the rows of the panel that is chosen beside a population, those it has not yet; each with
    /// its place, and nothing said of it.
    pub(in crate::results) fn offer(
        &mut self,
        at: usize,
        catalogue: &Catalogue,
    ) -> Result<(), FieldFault> {
        let cells = &mut self.cells[at];
        if cells.offer.trim().is_empty() {
            return Err(FieldFault::new("offer", "choose-from-list"));
        }
        let found = check::panel(catalogue, cells.offer.trim());
        let run = found.ok_or_else(|| FieldFault::new("offer", "choose-from-list"))?;
        cells.rows.retain(|r| !r.typed.marker.trim().is_empty());
        for channel in run.channels {
            let (name, place) = (channel.marker, channel.location.as_str());
            let is = |r: &Row| r.typed.marker == name && r.typed.location == place;
            if !cells.rows.iter().any(is) {
                let typed =
                    TypedMarker { marker: name, location: place.into(), ..TypedMarker::default() };
                cells.rows.push(Row { offered: true, typed, path: String::new() });
            }
        }
        if !self.input.panels.contains(&run.id) {
            self.input.panels.push(run.id);
        }
        cells.offer.clear();
        cells.rows.extend(std::iter::repeat_with(Row::default).take(FREE_BESIDE));
        Ok(())
    }
    /// Adds free rows to a population.
    pub(in crate::results) fn add_rows(&mut self, at: usize) {
        let cells = std::mem::take(&mut self.cells[at]);
        self.cells[at] = cells.with_rows(FREE_ROWS);
    }
    /// Adds a population.
    pub(in crate::results) fn add_population(&mut self) {
        if self.cells.len() < MOST_POPULATIONS {
            self.cells.push(Cells::default().with_rows(FREE_ROWS));
        }
    }
}
