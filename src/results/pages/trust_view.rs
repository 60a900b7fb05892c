//! How far an answer can be trusted and what its time point's rules say of it, for people: the same
//! sentences on the result, on the course and where counts are typed and signed.

use maud::{Markup, html};

use crate::catalogue::{Catalogue, FindingAction, Found};
use crate::protocols::pages::condition_text;
use crate::results::arithmetic::trust::Reliance;
use crate::results::arithmetic::verdict::{Judged, RuleOutcome, RuleVerdict, Why};
use crate::results::entry::input::Record;
use crate::results::versions::whose::Whose;
use crate::web::Lang;
use crate::web::components::{self, Tone, icon};

/// A finding in words: what is known, its measure, and of which tube.
pub fn text(lang: Lang, f: &Found) -> String {
    let detail = f.detail.as_ref().map(|d| format!(" ({d})")).unwrap_or_default();
    format!("{}{detail}", f.sentence.of(lang))
}

/// The findings as a list, those that limit first; each with a sign that stands without colour.
pub fn list(lang: Lang, found: &[Found]) -> Markup {
    let mut sorted: Vec<&Found> = found.iter().collect();
    sorted.sort_by_key(|f| f.action);
    html! {
        @if !sorted.is_empty() { ul class="findings" {
            @for f in sorted { li class=(tone(f.action).class()) {
                (icon(tone(f.action).icon()))
                span { (text(lang, f)) @if let Some(c) = &f.container { " " span class="hint mono" { (c) } } }
            } }
        } }
    }
}

fn tone(action: FindingAction) -> Tone {
    match action {
        FindingAction::Block => Tone::Stop,
        FindingAction::LabHead | FindingAction::Reason | FindingAction::Limit => Tone::Warn,
        FindingAction::Note => Tone::Info,
    }
}

/// How far the answer can be trusted, as a chip.
pub fn chip(lang: Lang, record: &Record, whose: &Whose) -> Markup {
    let reliance = whose.reliance(record.reliance());
    let tone = match reliance {
        Reliance::Sure => Tone::Ok,
        Reliance::Limited => Tone::Warn,
        Reliance::Inconclusive | Reliance::None => Tone::Neutral,
        Reliance::UnderInvestigation | Reliance::NotOfChild => Tone::Stop,
    };
    components::chip(tone, &lang.t(&format!("reliance-{reliance}")))
}

/// What the rules of the time point say: what holds first, then what nobody may say, then what does not.
pub fn verdicts(catalogue: &Catalogue, lang: Lang, record: &Record) -> Markup {
    let mut sorted: Vec<&RuleVerdict> = record.verdicts.iter().collect();
    sorted.sort_by_key(|v| match v.outcome {
        RuleOutcome::Holds => 0,
        RuleOutcome::NotEvaluated => 1,
        RuleOutcome::DoesNotHold => 2,
    });
    html! {
        @if !sorted.is_empty() {
            ul class="verdicts" { @for v in sorted { li { (verdict(catalogue, lang, record, v)) } } }
        }
    }
}

fn verdict(catalogue: &Catalogue, lang: Lang, record: &Record, v: &RuleVerdict) -> Markup {
    html! {
        p {
            (components::chip(outcome_tone(v), &lang.t(&format!("verdict-{}", v.outcome))))
            " " b { (v.class) }
            @if let Some(k) = v.kind { " " span class="hint" { (lang.t(&format!("class-kind-{k}"))) } }
            @if v.is_borderline() { " " (components::chip(Tone::Warn, &lang.t("band-borderline"))) }
        }
        @for c in &v.conditions { p { (condition(catalogue, lang, c)) } }
        @if let Some(why) = v.why.filter(|w| *w != Why::Needs) { p { (lang.t(&format!("verdict-why-{why}"))) } }
        @if v.why.is_some() && let Some(n) = &v.needs { p { (lang.t("verdict-why-needs")) ": " (n.of(lang)) } }
        @if let Some(when) = &v.when { p class="hint" { (when.of(lang)) } }
        p class="hint" {
            (lang.tr("verdict-source", &[("version", record.catalogue.as_str().into())])) " " (v.source)
            @if let Some(d) = &v.doubt { " · " (lang.t("protocol-doubt")) ": " (d.of(lang)) }
        }
    }
}

fn outcome_tone(v: &RuleVerdict) -> Tone {
    match (v.outcome, v.kind.is_some_and(crate::catalogue::ClassKind::is_critical)) {
        (RuleOutcome::Holds, true) => Tone::Stop,
        (RuleOutcome::Holds, false) => Tone::Info,
        (RuleOutcome::NotEvaluated, _) => Tone::Warn,
        (RuleOutcome::DoesNotHold, _) => Tone::Neutral,
    }
}

/// `D15: EMR mayor o igual a 10 % · citometría · médula ósea · células nucleadas`.
fn condition(catalogue: &Catalogue, lang: Lang, c: &Judged) -> String {
    format!("{}: {}", c.condition.timepoint, condition_text(catalogue, lang, &c.condition))
}

/// The rules that hold in one line, for the summary of a course: nothing where no rule may say.
pub fn class_line(lang: Lang, record: &Record) -> Markup {
    let holding: Vec<&RuleVerdict> =
        record.verdicts.iter().filter(|v| v.outcome == RuleOutcome::Holds).collect();
    let open = record.verdicts.iter().any(|v| v.outcome == RuleOutcome::NotEvaluated);
    html! {
        @for v in &holding {
            p class="class" {
                (components::chip(outcome_tone(v), &v.class))
                @if v.is_borderline() { " " (components::chip(Tone::Warn, &lang.t("band-borderline"))) }
            }
        }
        @if holding.is_empty() && open { p class="class" { (components::chip(Tone::Neutral, &lang.t("verdict-none-evaluated"))) } }
        @if holding.is_empty() && !open && !record.verdicts.is_empty() { p class="class" { (components::chip(Tone::Neutral, &lang.t("verdict-none-holds"))) } }
    }
}
