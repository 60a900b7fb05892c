//! The fields of the form: conclusions, populations, their rows, and what contradicts itself. Pure.

use maud::{Markup, html};

use super::phenotype_form::{Cells, Draft, Row};
use super::phenotype_view::{place, reason, word};
use super::words::denominator;
use crate::catalogue::{Catalogue, Level, Location};
use crate::results::immunophenotype::contradictions::{ALL, Contradiction, OTHER};
use crate::results::immunophenotype::words::{Expression, LightChains, Positivity, Scatter};
use crate::results::words::Denominator;
use crate::web::components::{self, Choice, Field, Form, choices, field_id};
use crate::web::{FieldFault, Lang};

/// Conclusions that the form takes beside the first.
const DIFFERENTIAL: usize = 2;

/// What the fields are drawn with.
pub(in crate::results) struct Drawing<'a> {
    /// The language of the page that the fields stand on.
    pub lang: Lang,
    /// Markers, conclusions and panels to choose from.
    pub catalogue: &'a Catalogue,
    /// What was refused.
    pub form: Form<'a>,
    /// What was typed.
    pub draft: &'a Draft,
}

impl<'a> Drawing<'a> {
    /// All of the phenotype's fields.
    pub(in crate::results) fn fields(&self) -> Markup {
        // The number of each population's first row.
        let firsts = self.draft.cells.iter().scan(0, |next, c| {
            let first = *next;
            *next += c.rows.len();
            Some(first)
        });
        html! {
            (self.conclusions())
            (self.whole())
            div id=(field_id("populations")) class="stack" { (self.err("populations")) }
            @for (at, (cells, first)) in self.draft.cells.iter().zip(firsts).enumerate() {
                (self.population(at, cells, first))
            }
            div class="actions" {
                button class="btn" type="submit" name="step" value="add" { (self.t("immuno-add-population")) }
            }
            (self.spellings())
        }
    }
    fn t(&self, key: &str) -> String {
        self.lang.t(key)
    }
    fn field(&self, name: &'a str, label: &str, value: &'a str) -> Field<'a> {
        Field { name, label: self.t(label), value, ..Field::default() }
    }
    fn fault(&self, path: &str) -> Option<&FieldFault> {
        self.form.faults.iter().find(|f| !path.is_empty() && f.field == path)
    }
    fn concluded(&self, adds: bool) -> Vec<Choice> {
        let all = self.catalogue.conclusions.iter();
        let of_kind = all.filter(|c| (c.level == Level::Modifier) == adds);
        choices(of_kind.map(|c| (c.code.as_str(), c.label(self.lang))))
    }
    fn conclusions(&self) -> Markup {
        let (i, main, added) = (&self.draft.input, self.concluded(false), self.concluded(true));
        let hint = Some(self.t("immuno-differential-hint"));
        let also = |at: usize| i.differential.get(at).map_or("", String::as_str);
        html! {
            fieldset class="group" {
                legend { (self.t("results-populations")) }
                (self.form.select(&self.field("conclusion", "field-conclusion", &i.conclusion), &main))
                @for at in 0..DIFFERENTIAL.max(i.differential.len()) {
                    @let id = field_id(&format!("differential[{at}]"));
                    div class="field" {
                        label for=(id) { (self.lang.tr("field-differential", &[("n", (at + 1).into())])) }
                        @if at == 0 { @if let Some(hint) = &hint { p class="hint" { (hint) } } }
                        (self.err(&format!("differential[{at}]")))
                        (self.select("differential", &id, None, &main, also(at)))
                    }
                }
                (self.form.checks(&self.field("qualifiers", "field-qualifiers", ""), &added, &i.qualifiers))
            }
        }
    }
    /// What is said of all populations together.
    fn whole(&self) -> Markup {
        let (i, d) = (&self.draft.input, self.draft);
        let of = choices(Denominator::ALL.iter().map(|d| (d.as_str(), denominator(self.lang, *d))));
        let rules = self.words("positivity", Positivity::ALL.iter().map(|p| p.as_str()));
        let short = |name, label, value| Field {
            size: "short",
            inputmode: "decimal",
            ..self.field(name, label, value)
        };
        html! {
            fieldset class="group" {
                legend { (self.t("immuno-whole")) }
                (self.form.radios(&self.field("denominator", "field-percent-of", &i.denominator), &of))
                div class="two" {
                    (self.form.text(&short("total_blasts", "field-total-blasts-percent", &i.total_blasts)))
                    (self.form.text(&short("morphology_blasts", "field-morphology-blasts-percent", &i.morphology_blasts)))
                    (self.form.text(&Field { inputmode: "numeric", ..short("acquired_events", "field-acquired-events", &d.acquired_events) }))
                    (self.form.select(&self.field("positivity", "field-positivity", &i.positivity), &rules))
                }
                (self.form.text(&self.field("genetics", "field-genetics", &i.genetics)))
                @for panel in &i.panels { (components::hidden("panels", panel)) }
                @if !i.panels.is_empty() { p { b { (self.t("field-panels")) } " " (i.panels.join(", ")) } }
            }
        }
    }
    fn words(&self, list: &str, all: impl Iterator<Item = &'static str>) -> Vec<Choice> {
        choices(all.map(|w| (w, word(self.lang, list, w))))
    }
    fn population(&self, at: usize, c: &Cells, first: usize) -> Markup {
        let (n, t) = (at + 1, &c.typed);
        let scatter = self.words("scatter", Scatter::ALL.iter().map(|s| s.as_str()));
        let chains = self.words("light-chains", LightChains::ALL.iter().map(|l| l.as_str()));
        let clones = choices(('A'..='H').map(|l| (l.to_string(), l.to_string())));
        html! {
            fieldset class="group" {
                legend { (self.lang.tr("immuno-population-n", &[("n", n.into())])) }
                (self.offer(at, c))
                div class="two" {
                    (self.text(at, c, "population", "name", "field-population", &t.name))
                    (self.text(at, c, "population_percent", "percent", "field-percent-cells", &t.percent))
                }
                (self.rows(at, c, first))
                details open[self.has_details(c)] {
                    summary { (self.t("immuno-more")) }
                    div class="two" {
                        (self.text(at, c, "population_events", "events", "field-events", &c.events))
                        (self.pick(at, c, "forward_scatter", "field-forward-scatter", &scatter, &t.forward_scatter))
                        (self.pick(at, c, "side_scatter", "field-side-scatter", &scatter, &t.side_scatter))
                        (self.pick(at, c, "light_chains", "field-light-chains", &chains, &t.light_chains))
                        (self.text(at, c, "kappa_lambda", "kappa_lambda", "field-kappa-lambda", &t.kappa_lambda))
                        (self.text(at, c, "dna_index", "dna_index", "field-dna-index", &t.dna_index))
                        (self.pick(at, c, "clone", "field-clone", &clones, &t.clone))
                    }
                    label class="opt" {
                        input type="checkbox" name="normal" value=(at) checked[t.normal];
                        (self.t("immuno-normal-question"))
                    }
                }
            }
        }
    }
    fn has_details(&self, c: &Cells) -> bool {
        let t = &c.typed;
        let texts = [&c.events, &t.forward_scatter, &t.side_scatter, &t.light_chains];
        let more = [&t.kappa_lambda, &t.dna_index, &t.clone];
        t.normal || texts.into_iter().chain(more).any(|x| !x.trim().is_empty())
    }
    /// A panel whose markers are to be shown.
    fn offer(&self, at: usize, c: &Cells) -> Markup {
        let panels = choices(
            self.catalogue
                .panels
                .iter()
                .filter(|p| !p.channels().is_empty())
                .map(|p| (p.id.as_str(), format!("{} {}", p.name, p.version))),
        );
        let id = if at == 0 { field_id("offer") } else { field_id(&format!("offer-{at}")) };
        html! {
            div class="search small" {
                div class="field" {
                    label for=(id) { (self.t("field-panel")) }
                    @if at == 0 { (self.err("offer")) }
                    (self.select("offer", &id, None, &panels, &c.offer))
                }
                button class="btn" type="submit" name="step" value=(format!("offer-{at}")) { (self.t("immuno-offer")) }
            }
        }
    }
    /// How a field of a population is called in refusals, and its id; one that is not sent has an id of
    /// its own.
    fn called(&self, at: usize, c: &Cells, name: &str) -> (String, String) {
        match c.path.is_empty() {
            true => (String::new(), field_id(&format!("cells-{at}-{name}"))),
            false => (format!("{}.{name}", c.path), field_id(&format!("{}.{name}", c.path))),
        }
    }
    fn text(&self, at: usize, c: &Cells, name: &str, of: &str, label: &str, value: &str) -> Markup {
        let (path, id) = self.called(at, c, of);
        html! {
            div class=(self.class(&path)) {
                label for=(id) { (self.t(label)) }
                (self.err(&path))
                input id=(id) name=(name) value=(value) autocomplete="off"
                    aria-invalid=[self.fault(&path).map(|_| "true")] aria-describedby=[self.described(&path)];
            }
        }
    }
    fn pick(
        &self,
        at: usize,
        c: &Cells,
        name: &str,
        label: &str,
        all: &[Choice],
        value: &str,
    ) -> Markup {
        let (path, id) = self.called(at, c, name);
        html! {
            div class=(self.class(&path)) {
                label for=(id) { (self.t(label)) }
                (self.err(&path))
                (self.select(name, &id, None, all, value))
            }
        }
    }
    fn class(&self, path: &str) -> &'static str {
        if self.fault(path).is_some() { "field bad" } else { "field" }
    }
    fn described(&self, path: &str) -> Option<String> {
        self.fault(path).map(|_| format!("{}-err", field_id(path)))
    }
    fn err(&self, path: &str) -> Markup {
        html! { @if let Some(f) = self.fault(path) {
            p class="err" id=(format!("{}-err", field_id(path))) { (f.text(self.lang)) }
        } }
    }
    fn select(
        &self,
        name: &str,
        id: &str,
        label: Option<&str>,
        all: &[Choice],
        value: &str,
    ) -> Markup {
        html! {
            select name=(name) id=(id) aria-label=[label] {
                option value="" { (self.t("choose")) }
                @for o in all { option value=(o.value) selected[value == o.value] { (o.label) } }
            }
        }
    }
    fn rows(&self, at: usize, c: &Cells, first: usize) -> Markup {
        html! {
            p class="hint" { (self.t("immuno-rows-hint")) }
            @for (n, row) in c.rows.iter().enumerate() {
                (self.row(at, n, row, first + n))
            }
            div class="actions" {
                button class="btn small" type="submit" name="step" value=(format!("rows-{at}")) { (self.t("immuno-more-rows")) }
            }
        }
    }
    /// A row of a marker: the `flat`th of the form.
    fn row(&self, at: usize, n: usize, r: &Row, flat: usize) -> Markup {
        let t = &r.typed;
        let id = |name: &str| match r.path.is_empty() {
            true => field_id(&format!("row-{flat}-{name}")),
            false => field_id(&format!("{}.{name}", r.path)),
        };
        let label = |key: &str| match t.marker.trim() {
            "" => self.t(key),
            marker => format!("{}: {marker}", self.t(key)),
        };
        let places = choices(Location::ALL.iter().map(|l| (l.as_str(), place(self.lang, *l))));
        let strengths = self.words("expression", Expression::ALL.iter().map(|e| e.as_str()));
        let names = ["marker", "location", "expression", "percent"];
        let faults = names.map(|name| format!("{}.{name}", r.path));
        let is_bad = faults.iter().any(|f| self.fault(f).is_some());
        html! {
            div class="marker" role="group" aria-label=(self.lang.tr("field-marker-n", &[("n", (n + 1).into())])) {
                (components::hidden("row_of", &at.to_string()))
                (components::hidden("row_offered", if r.offered { "1" } else { "" }))
                @if is_bad { @for f in &faults { (self.err(f)) } }
                div class="field" { input name="marker" id=(id("marker")) value=(t.marker) list="spellings" aria-label=(self.t("field-marker")) autocomplete="off"
                    aria-invalid=[self.fault(&faults[0]).map(|_| "true")]; }
                div class="field" { (self.select("location", &id("location"), Some(&label("field-location-cell")), &places, &t.location)) }
                div class="field" { (self.select("expression", &id("expression"), Some(&label("field-expression")), &strengths, &t.expression)) }
                div class="field" { input name="percent" id=(id("percent")) value=(t.percent) aria-label=(label("field-percent-positive")) placeholder="%" inputmode="decimal" autocomplete="off"
                    aria-invalid=[self.fault(&faults[3]).map(|_| "true")]; }
                label class="opt" { input type="checkbox" name="aberrant" value=(flat) checked[t.aberrant]; (self.t("immuno-aberrant")) }
                @if t.unlisted || self.fault(&faults[0]).is_some_and(|f| f.code == "marker-unknown") {
                    label class="opt" { input type="checkbox" name="unlisted" value=(flat) checked[t.unlisted]; (self.t("immuno-unlisted-question")) }
                }
            }
        }
    }
    /// The spellings that rows offer while one is typed.
    fn spellings(&self) -> Markup {
        html! {
            datalist id="spellings" {
                @for m in self.catalogue.markers.iter().filter(|m| !m.locations().is_empty()) {
                    @let label = Some(m.label(self.lang)).filter(|l| *l != m.name);
                    option value=(m.name) label=[label];
                }
            }
        }
    }
    /// What contradicts itself, each with its reasons. Those that a reason was given for are asked about
    /// again, with that reason.
    pub(in crate::results) fn contradictions(&self) -> Markup {
        let given = &self.draft.input.explanations;
        let asked: Vec<&Contradiction> = ALL.iter().filter(|c| self.is_asked(c)).collect();
        html! {
            @if !asked.is_empty() {
                fieldset class="group" {
                    legend { (self.t("immuno-contradictions")) }
                    p class="hint" { (self.t("immuno-contradictions-hint")) }
                    @for c in asked {
                        @let typed = given.iter().find(|e| e.contradiction == c.id);
                        (self.contradiction(c, typed.map_or("", |e| &e.reason), typed.map_or("", |e| &e.text)))
                    }
                }
            }
        }
    }
    /// A contradiction is asked about where it was found without a reason; once one was given, until the
    /// answer is that it is not needed any more.
    fn is_asked(&self, c: &Contradiction) -> bool {
        let given = self.draft.input.explanations.iter().position(|e| e.contradiction == c.id);
        match given {
            None => self.form.faults.iter().any(|f| f.field == format!("explanations.{}", c.id)),
            Some(at) => {
                let field = format!("explanations[{at}].contradiction");
                !self.form.faults.iter().any(|f| f.field == field)
            }
        }
    }
    fn contradiction(&self, c: &Contradiction, why: &str, text: &str) -> Markup {
        let given = self.draft.input.explanations.iter().position(|e| e.contradiction == c.id);
        let of = |name: &str| match given {
            Some(at) => format!("explanations[{at}].{name}"),
            None => format!("explanations.{}", c.id),
        };
        let (own, in_words) = (of("reason"), of("text"));
        let text_id = match given {
            Some(_) => field_id(&in_words),
            None => format!("{}-text", field_id(&own)),
        };
        let reasons = c.reasons.iter().copied().chain([OTHER]);
        let reasons = choices(reasons.map(|r| (r, reason(self.lang, r))));
        html! {
            (components::hidden("contradiction", c.id))
            div class=(self.class(&own)) {
                label for=(field_id(&own)) { (self.t(c.rule)) }
                @match given {
                    Some(_) => (self.err(&own)),
                    None => p class="err" { (self.t("immuno-say-why")) },
                }
                (self.select("why", &field_id(&own), None, &reasons, why))
            }
            div class="field" {
                label for=(text_id) { (self.t("immuno-why-text")) }
                @if given.is_some() { (self.err(&in_words)) }
                input id=(text_id) name="why_text" value=(text) autocomplete="off";
            }
        }
    }
}
