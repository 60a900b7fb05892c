//! The fields of an MRD on the analyst's form: counts and the assay they were made by. Limits and
//! denominator are the assay's, and nobody types a percentage (BR-16).

use maud::{Markup, html};

use super::result_form::ResultForm;
use super::trust_view;
use super::words::haemodilution_key;
use crate::app::App;
use crate::catalogue::{Assay, Scale, SpecimenKind};
use crate::containers::Container;
use crate::custody::wall_time;
use crate::db::{Day, Instant};
use crate::people::Caller;
use crate::results::versions::reading;
use crate::results::words::{Haemodilution, Interpretation, Strategy};
use crate::sites::SiteId;
use crate::studies::{Study, StudyId};
use crate::web::components::{Choice, Field, Form as Drawn, choices};
use crate::web::{FieldFault, Lang, time};

/// Days after the draw on which cells may have been acquired, for the choice of the page.
const DAYS_AFTER: i64 = 10;

/// What the tubes of a request were drawn as, each kind once. What was made of a tube is not asked: its
/// root is among them.
pub(in crate::results) fn kinds(app: &App, tubes: &[Container]) -> Vec<SpecimenKind> {
    let drawn = tubes.iter().filter(|c| c.parent_id.is_none());
    let mut kinds: Vec<SpecimenKind> = drawn.map(|c| app.catalogue.kind_of(&c.specimen)).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// The assays that may answer for these kinds on `day`.
fn assays<'a>(app: &'a App, kinds: &[SpecimenKind], day: Day) -> Vec<&'a Assay> {
    let fits = |a: &&Assay| a.is_valid_on(day) && kinds.iter().any(|k| a.is_for(*k));
    app.catalogue.assays.iter().filter(fits).collect()
}

fn assay_text(lang: Lang, a: &Assay) -> String {
    let int = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let args = [
        ("name", a.name().of(lang).into()),
        ("lod", int(a.lod_events).into()),
        ("loq", int(a.loq_events).into()),
    ];
    lang.tr(if a.scale == Scale::Presence { "assay-presence" } else { "assay-quantity" }, &args)
}

/// Counts, assay and what they say of the cells.
pub(in crate::results) fn fields(
    app: &App,
    form: &Drawn<'_>,
    typed: &ResultForm,
    kinds: &[SpecimenKind],
    today: Day,
) -> Markup {
    let lang = form.lang;
    let field =
        |name: &'static str, label: &str| Field { name, label: lang.t(label), ..Field::default() };
    let number = |name: &'static str, label: &str| Field {
        size: "mid",
        inputmode: "numeric",
        ..field(name, label)
    };
    let offered = assays(app, kinds, today);
    let assay_choices = choices(offered.iter().map(|a| (a.id.clone(), assay_text(lang, a))));
    let dilution =
        choices(Haemodilution::ALL.iter().map(|h| (h.as_str(), lang.t(&haemodilution_key(*h)))));
    let words = choices(
        Interpretation::ALL.iter().map(|i| (i.as_str(), lang.t(&format!("interpretation-{i}")))),
    );
    let strategies = choices(Strategy::ALL.iter().map(|s| (s.as_str(), lang.t(&strategy_key(*s)))));
    html! {
        fieldset class="group" {
            legend { (lang.t("results-counts")) }
            p class="hint" { (lang.t("results-counts-hint")) }
            (form.radios(&Field { value: &typed.assay, hint: Some(lang.t("field-assay-hint")), ..field("assay", "field-assay") }, &assay_choices))
            div class="two" {
                (form.text(&Field { value: &typed.k, ..number("k", "field-events") }))
                (form.text(&Field { value: &typed.n, ..number("n", "field-total") }))
            }
            @if kinds.contains(&SpecimenKind::Marrow) {
                (form.radios(&Field { value: &typed.haemodilution, ..field("haemodilution", "field-haemodilution") }, &dilution))
                (form.text(&Field { value: &typed.haemodilution_method, hint: Some(lang.t("field-haemodilution-method-hint")), ..field("haemodilution_method", "field-haemodilution-method") }))
            }
            (form.radios(&Field { value: &typed.strategy, ..field("strategy", "field-strategy") }, &strategies))
            (form.text(&Field { value: &typed.phenotype, hint: Some(lang.t("field-phenotype-hint")), ..field("phenotype", "field-phenotype") }))
            (form.radios(&Field { value: &typed.interpretation, ..field("interpretation", "field-interpretation") }, &words))
        }
    }
}

/// Why a sample says nothing: the reasons of the catalogue that are found while it is analysed.
pub(in crate::results) fn reasons(app: &App, lang: Lang) -> Vec<Choice> {
    let found = app.catalogue.reasons.iter().filter(|r| r.is_found_in_analysis());
    choices(found.map(|r| (r.code.clone(), format!("{} {}", r.code, r.label(lang)))))
}

/// A reason of the list and what is said beside it.
pub(in crate::results) fn not_evaluable(code: &str, text: &str) -> String {
    format!("{} {}", code.trim(), text.trim()).trim().to_owned()
}

/// The text of how cells were told from normal ones.
pub(in crate::results) fn strategy_key(s: Strategy) -> String {
    format!("strategy-{}", s.as_str().to_lowercase())
}

/// When the cells were acquired, as typed.
#[derive(Debug, Clone, Default)]
pub(in crate::results) struct Acquired {
    /// The day, as a date.
    pub day: String,
    /// The time of day on the laboratory's wall.
    pub time: String,
    /// Which of two, where that hour comes twice.
    pub which: String,
}

/// When the cells were acquired: a day and the time on the laboratory's wall.
pub(in crate::results) fn acquired_fields(
    app: &App,
    form: &Drawn<'_>,
    typed: &Acquired,
    study: &Study,
    tubes: &[Container],
    now: Instant,
) -> Markup {
    let lang = form.lang;
    let on = |site: SiteId, at| Day(app.sites.local(Some(site), at).date());
    let today = on(study.laboratory_id, now);
    let drawn = tubes.iter().filter_map(|c| c.collected_at).min();
    let first = drawn.map_or(today, |at| on(study.laboratory_id, at)).min(today);
    let last = first.plus_days(DAYS_AFTER).min(today);
    let days: Vec<Choice> = choices((0..=last.days_since(first)).map(|n| {
        let day = last.plus_days(-n);
        (day.to_string(), time::day(lang, day))
    }));
    html! {
        p class="hint" { (lang.t("field-acquired-hint")) }
        div class="two" {
            (form.select(&Field { name: "day", label: lang.t("field-acquired-day"), value: &typed.day, ..Field::default() }, &days))
            (form.text(&Field { name: "time", label: lang.t("field-acquired-time"), value: &typed.time, inputmode: "numeric", size: "short", ..Field::default() }))
        }
        (wall_time::ask_which(form, &typed.which))
    }
}

/// The instant typed; nothing where neither day nor time is: then its age is not known, and is said so.
pub(in crate::results) fn acquired(
    app: &App,
    study: &Study,
    typed: &Acquired,
) -> Result<Option<Instant>, FieldFault> {
    let zone = app.sites.zone(Some(study.laboratory_id));
    match (typed.day.trim(), typed.time.trim()) {
        (_, "") => Ok(None),
        ("", _) => Err(FieldFault::new("day", "day-missing")),
        (day, time) => {
            let day = day.parse().map_err(|_| FieldFault::new("day", "day-missing"))?;
            wall_time::typed(day, time, &typed.which, &zone).map(Some)
        }
    }
}

/// Faults of the instant stand at the field that was typed.
pub(in crate::results) fn at_typed(faults: Vec<FieldFault>) -> Vec<FieldFault> {
    let moved = |f: FieldFault| match f.field.as_str() {
        "acquired_at" => FieldFault { field: "time".into(), ..f },
        _ => f,
    };
    faults.into_iter().map(moved).collect()
}

/// What the acquisition of the version before was typed as: an amendment leaves it as it was, unless
/// somebody says otherwise.
pub(in crate::results) async fn acquired_before(
    app: &App,
    caller: &Caller,
    id: StudyId,
) -> Acquired {
    let Ok(opened) = reading::open(app, caller, id).await else { return Acquired::default() };
    let Some(at) = opened.acquired_at() else { return Acquired::default() };
    let local = app.sites.local(Some(opened.study.laboratory_id), at);
    let time = format!("{:02}:{:02}", local.hour(), local.minute());
    Acquired { day: Day(local.date()).to_string(), time, which: String::new() }
}

/// A list of tubes as choices, each with its specimen.
pub(in crate::results) fn tube_choices(app: &App, lang: Lang, tubes: &[Container]) -> Vec<Choice> {
    choices(tubes.iter().map(|c| {
        let s = app.catalogue.specimen(&c.specimen).map_or(&*c.specimen, |s| s.label(lang));
        (c.code.to_string(), format!("{} · {s}", c.code.grouped()))
    }))
}

/// What is known of the tubes before anybody has counted anything: the findings that an answer will
/// carry.
pub(in crate::results) fn known(lang: Lang, found: &[crate::catalogue::Found]) -> Markup {
    html! {
        @if !found.is_empty() {
            section class="card" aria-label=(lang.t("results-known")) {
                h2 { (lang.t("results-known")) }
                (trust_view::list(lang, found))
            }
        }
    }
}
