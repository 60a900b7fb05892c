//! What a report must say beside its answer: the sample, the assay, what was counted (ISO 15189:2022
//! 7.4.1.6, ELN 2021 A1–A11, NOM-007-SSA3-2011).

use maud::{Markup, html};

use super::mrd_form::strategy_key;
use super::words::{denominator, haemodilution_key};
use crate::app::App;
use crate::catalogue::percent_of_ppm;
use crate::results::arithmetic::sample::Sample;
use crate::results::entry::input::Record;
use crate::sites::SiteId;
use crate::studies::Study;
use crate::web::{Lang, components, time};

type Facts = Vec<(String, Markup)>;

/// Counts, limits, interval and assay of an MRD, and what was seen of its cells.
pub(in crate::results) fn of_record(lang: Lang, r: &Record) -> Facts {
    let mut facts = counted(lang, r);
    let mut add = |key: &str, value: String| facts.push((lang.t(key), components::text(value)));
    if let Some(by) = &r.by {
        let panel = by.panel.as_ref().map(|p| format!(" · {p}")).unwrap_or_default();
        add("field-assay", format!("{} · {} {}{panel}", by.name.of(lang), by.id, by.version));
    }
    if let Some(h) = r.haemodilution() {
        let method = r.haemodilution_method.as_ref().map(|m| format!(" · {m}")).unwrap_or_default();
        add("field-haemodilution", format!("{}{method}", lang.t(&haemodilution_key(h))));
    }
    if let Some(v) = &r.viability {
        add("field-viability", format!("{v}\u{202f}%"));
    }
    if let Some(s) = r.strategy {
        add("field-strategy", lang.t(&strategy_key(s)));
    }
    if let Some(p) = &r.phenotype {
        add("field-phenotype", p.clone());
    }
    facts
}

fn counted(lang: Lang, r: &Record) -> Facts {
    let (Some(c), Some(of)) = (r.counts(), r.denominator()) else { return vec![] };
    let mut facts = vec![];
    let mut add = |key: String, value: String| facts.push((key, components::text(value)));
    add(lang.t("field-mrd"), r.level().unwrap_or_default());
    if let Some(texts) = r.texts() {
        add(lang.t("field-interval"), r.interval_text().unwrap_or_default());
        add("LOD".into(), texts.lod);
        add("LOQ".into(), texts.loq);
    }
    if let Some(ppm) = c.required_ppm() {
        add(lang.t("field-required"), format!("{}\u{202f}%", percent_of_ppm(ppm)));
    }
    add(lang.t("field-events"), lang.count(c.k()));
    add(denominator(lang, of), lang.count(c.n()));
    facts
}

/// The sample, with its times on the walls of centre and laboratory.
pub(in crate::results) fn of_sample(
    app: &App,
    lang: Lang,
    (study, sample): (&Study, &Sample),
    age_s: Option<i64>,
) -> Facts {
    let specimen = app.catalogue.specimen(&sample.specimen);
    let tube = app.catalogue.container(&sample.container_type);
    let at = |site: SiteId, at| html! { (time::time(lang, at, app.sites.zone(Some(site)))) };
    let unknown = || components::text(lang.t("not-known"));
    let name = specimen.map_or(&*sample.specimen, |s| s.label(lang));
    let tube = tube.map_or(&*sample.container_type, |t| t.label(lang));
    let mut facts = vec![
        (lang.t("field-specimen"), components::text(format!("{name} · {tube}"))),
        (lang.t("field-code"), codes(sample)),
        (
            lang.t("field-collected"),
            sample.collected_at.map_or_else(unknown, |t| at(study.centre_id, t)),
        ),
        (
            lang.t("field-received"),
            sample.received_at.map_or_else(unknown, |t| at(study.laboratory_id, t)),
        ),
        (
            lang.t("field-acquired"),
            sample.acquired_at.map_or_else(unknown, |t| at(study.laboratory_id, t)),
        ),
        (
            lang.t("field-age-analysed"),
            age_s.map_or_else(unknown, |s| components::text(format!("{}\u{202f}h", s / 3600))),
        ),
    ];
    let mut add = |key: &str, value: Option<String>| {
        facts.extend(value.map(|v| (lang.t(key), components::text(v))));
    };
    add("field-accession", sample.accession.clone());
    add("field-pull", sample.pull.map(|n| n.to_string()));
    add(
        "field-volume-ml",
        sample.volume_ul.map(|ul| format!("{}.{:02}", ul / 1000, ul % 1000 / 10)),
    );
    add("field-treatment-day", sample.day.map(|d| d.to_string()));
    let window = sample.window_from.zip(sample.window_to);
    add(
        "field-window",
        window.map(|(a, b)| format!("{} – {}", time::day(lang, a), time::day(lang, b))),
    );
    facts
}

fn codes(sample: &Sample) -> Markup {
    html! {
        (components::code(&sample.container))
        @if sample.root != sample.container { " ← " (components::code(&sample.root)) }
    }
}

/// Who asked, for what.
pub(in crate::results) fn of_request(app: &App, lang: Lang, study: &Study) -> Facts {
    let site = app.sites.name(study.centre_id);
    vec![
        (lang.t("field-requester"), components::text(format!("{} · {site}", study.requester_name))),
        (lang.t("field-diagnosis"), components::text(&study.diagnosis)),
    ]
}
