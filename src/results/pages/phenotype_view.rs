//! A phenotype as people read it. Pure.

use maud::{Markup, html};

use super::words::denominator;
use crate::app::App;
use crate::catalogue::Location;
use crate::doubts::DoubtState;
use crate::results::immunophenotype::contradictions::{Contradiction, OTHER};
use crate::results::immunophenotype::extent;
use crate::results::immunophenotype::model::{Explained, Immunophenotype, Marker, Population};
use crate::results::versions::diagnosis::Known;
use crate::web::components::{self, Tone};
use crate::web::{Lang, time, url};

/// The words of a conclusion: as they were when it was signed or, where it was signed before there
/// were codes, those of its old word.
fn words(lang: Lang, p: &Immunophenotype, code: &str) -> String {
    if let Some(said) = p.said.iter().find(|s| s.code == code) {
        return match lang {
            Lang::Es => said.es.clone(),
            Lang::En => said.en.clone(),
        };
    }
    let letters = code.to_lowercase();
    let word: String =
        letters.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    lang.find(&format!("conclusion-{word}"), &[]).unwrap_or_else(|| code.to_owned())
}

/// The sentence of a phenotype: what is concluded, what it may be besides, what is added.
pub(in crate::results) fn sentence(lang: Lang, p: &Immunophenotype) -> String {
    let list = |codes: &[String]| -> String {
        codes.iter().map(|c| words(lang, p, c)).collect::<Vec<_>>().join("; ")
    };
    let mut text = words(lang, p, &p.conclusion);
    if !p.differential.is_empty() {
        let also = lang.tr("immuno-differential", &[("list", list(&p.differential).into())]);
        text = format!("{text}. {also}");
    }
    if !p.qualifiers.is_empty() {
        text = format!("{text}. {}", list(&p.qualifiers));
    }
    text
}

/// A place in words.
pub(in crate::results) fn place(lang: Lang, l: Location) -> String {
    lang.t(&format!("location-{l}"))
}

/// A word of a list, in words.
pub(in crate::results) fn word(lang: Lang, list: &str, word: &str) -> String {
    lang.t(&format!("{list}-{}", word.to_lowercase()))
}

/// All that a phenotype tells.
pub(in crate::results) fn phenotype(lang: Lang, p: &Immunophenotype) -> Markup {
    html! {
        (components::facts(&facts(lang, p)))
        @for population in &p.populations { (table_of(lang, p, population)) }
        @let unreported = p.unreported();
        @if !unreported.is_empty() {
            p { b { (lang.t("immuno-unreported")) } " "
                @for (at, c) in unreported.iter().enumerate() {
                    @if at > 0 { ", " } span translate="no" { (c.marker) } " (" (place(lang, c.location)) ")"
                } }
        }
        @for e in &p.explained { (explained(lang, e)) }
    }
}

fn facts(lang: Lang, p: &Immunophenotype) -> Vec<(String, Markup)> {
    let mut facts = vec![];
    let mut add = |key: &str, text: Option<String>| {
        facts.extend(text.map(|t| (lang.t(key), components::text(t))));
    };
    add("field-total-blasts", p.total_blasts.as_deref().map(|t| of_cells(lang, p, t)));
    add("field-morphology-blasts", p.morphology_blasts.as_deref().map(extent::shown));
    add("field-acquired-events", p.acquired_events.map(|n| lang.count(n)));
    add("field-positivity", p.positivity.map(|w| word(lang, "positivity", w.as_str())));
    let panels: Vec<String> = p.panels.iter().map(|r| format!("{} {}", r.id, r.version)).collect();
    add("field-panels", Some(panels.join(", ")).filter(|t| !t.is_empty()));
    add("field-genetics", p.genetics.clone());
    let by = p.said.first().map(|s| s.classification.clone());
    add("field-classification", by);
    facts
}

/// A percentage with the cells it is of.
fn of_cells(lang: Lang, p: &Immunophenotype, percent: &str) -> String {
    let of = match p.denominator {
        Some(d) => denominator(lang, d),
        None => lang.t("immuno-no-denominator"),
    };
    match percent {
        extent::UNKNOWN => lang.t("immuno-not-counted"),
        known => format!("{} · {of}", extent::shown(known)),
    }
}

fn table_of(lang: Lang, p: &Immunophenotype, cells: &Population) -> Markup {
    let rows: Vec<Vec<Markup>> = cells.markers.iter().map(|m| marker_row(lang, m)).collect();
    let heads =
        ["field-marker", "field-location-cell", "field-expression", "field-percent-positive"];
    html! {
        h3 { (cells.name) " · " (of_cells(lang, p, &cells.percent)) }
        @if cells.normal { p { (components::chip(Tone::Neutral, &lang.t("immuno-normal"))) } }
        @let facts = facts_of(lang, p, cells);
        @if !facts.is_empty() { (components::facts(&facts)) }
        @if !rows.is_empty() { (components::table_named(lang, &cells.name, &heads, &rows)) }
    }
}

fn marker_row(lang: Lang, m: &Marker) -> Vec<Markup> {
    let expression = m.expression.map(|e| word(lang, "expression", e.as_str()));
    vec![
        html! {
            span translate="no" { (m.marker) }
            @if m.aberrant { " " (components::chip(Tone::Info, &lang.t("immuno-aberrant"))) }
            @if m.unlisted { " " (components::chip(Tone::Warn, &lang.t("immuno-unlisted"))) }
        },
        html! { (place(lang, m.location)) },
        html! { (expression.unwrap_or_else(|| lang.t("immuno-no-expression"))) },
        html! { (m.percent.as_deref().map_or_else(String::new, extent::shown)) },
    ]
}

fn facts_of(lang: Lang, p: &Immunophenotype, c: &Population) -> Vec<(String, Markup)> {
    let mut facts = vec![];
    let mut add = |key: &str, text: Option<String>| {
        facts.extend(text.map(|t| (lang.t(key), components::text(t))));
    };
    add("field-events", c.events.map(|n| lang.count(n)));
    add("field-forward-scatter", c.forward_scatter.map(|w| word(lang, "scatter", w.as_str())));
    add("field-side-scatter", c.side_scatter.map(|w| word(lang, "scatter", w.as_str())));
    add("field-light-chains", c.light_chains.map(|w| word(lang, "light-chains", w.as_str())));
    add("field-kappa-lambda", c.kappa_lambda.clone());
    add("field-dna-index", c.dna_index.clone());
    add("field-clone", c.clone.as_deref().map(|letter| clone(lang, p, c, letter)));
    facts
}

/// The clone of a population, and which others are of it.
fn clone(lang: Lang, p: &Immunophenotype, own: &Population, letter: &str) -> String {
    let others = p.populations.iter().filter(|o| !std::ptr::eq(*o, own));
    let same: Vec<&str> =
        others.filter(|o| o.clone.as_deref() == Some(letter)).map(|o| o.name.as_str()).collect();
    match same.is_empty() {
        true => letter.to_owned(),
        false => lang.tr(
            "immuno-same-clone",
            &[("letter", letter.into()), ("names", same.join(", ").into())],
        ),
    }
}

/// What contradicts itself, and why it is so.
fn explained(lang: Lang, e: &Explained) -> Markup {
    let told = Contradiction::of(&e.contradiction).map(|c| lang.t(c.rule));
    components::warning(&html! {
        p { b { (told.unwrap_or_else(|| e.contradiction.clone())) } }
        p { (lang.t("immuno-because")) " "
            @if e.reason != OTHER { (reason(lang, &e.reason)) @if e.text.is_some() { ". " } }
            @if let Some(text) = &e.text { (text) } }
    })
}

/// A reason in words.
pub(in crate::results) fn reason(lang: Lang, word: &str) -> String {
    lang.find(&format!("why-{word}"), &[]).unwrap_or_else(|| word.to_owned())
}

/// The phenotype of diagnosis beside a result of residual disease: what is aberrant on it and what it
/// shows.
pub(in crate::results) fn of_diagnosis(app: &App, lang: Lang, known: &Known) -> Markup {
    html! {
        section class="card" aria-labelledby="laip" {
            h2 id="laip" { (lang.t("immuno-laip")) }
            (components::unreadable(lang, &known.unreadable))
            @match &known.diagnosis {
                None => p { (lang.t("immuno-laip-none")) },
                Some(d) => {
                    @let p = &d.phenotype;
                    p { b { (sentence(lang, p)) } " · "
                        (time::time(lang, d.recorded_at, app.sites.zone(Some(d.laboratory)))) " · "
                        a href=(url(lang, &format!("/results/{}", d.study))) { (lang.t("results-one")) }
                        @if d.doubt == Some(DoubtState::Open) { " " (crate::doubts::section::doubt_chip(lang, d.doubt)) } }
                    @for cells in p.populations.iter().filter(|c| !c.normal) { (laip(lang, p, cells)) }
                }
            }
        }
    }
}

fn laip(lang: Lang, p: &Immunophenotype, cells: &Population) -> Markup {
    let aberrant: Vec<&Marker> = cells.markers.iter().filter(|m| m.aberrant).collect();
    let others: Vec<&Marker> =
        cells.markers.iter().filter(|m| !m.aberrant && m.is_positive()).collect();
    html! {
        h3 { (cells.name) " · " (of_cells(lang, p, &cells.percent)) }
        @for (key, list) in [("immuno-aberrant-markers", aberrant), ("immuno-positive-markers", others)] {
            @if !list.is_empty() {
                p { b { (lang.t(key)) } " "
                    @for (at, m) in list.iter().enumerate() { @if at > 0 { "; " } (in_line(lang, m)) } }
            }
        }
    }
}

/// `CD10 (membrana, fuerte, 98 %)`.
fn in_line(lang: Lang, m: &Marker) -> Markup {
    let mut told = vec![place(lang, m.location)];
    told.extend(m.expression.map(|e| word(lang, "expression", e.as_str())));
    told.extend(m.percent.as_deref().map(extent::shown));
    html! { span translate="no" { (m.marker) } " (" (told.join(", ")) ")" }
}
