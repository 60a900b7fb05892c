//! The oncologist's page: in five seconds the course of a child's MRD and how reliable it is.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::amended_notice::amended_notice;
use super::point::{point_name, sample_day};
use super::sentence::sentence;
use super::summary;
use super::trust_view;
use super::words::denominator;
use crate::app::{App, page};
use crate::care;
use crate::catalogue::Protocol;
use crate::db::{Day, Unreadable};
use crate::doubts;
use crate::identity;
use crate::patients::PatientId;
use crate::patients::pages::banner;
use crate::people::Caller;
use crate::results::arithmetic::mrd::MrdStatus;
use crate::results::arithmetic::trust::Reliance;
use crate::results::arithmetic::verdict::RuleOutcome;
use crate::results::entry::input::Finding;
use crate::results::plot::{LaneMark, Plot, Point, Value};
use crate::results::versions::reading;
use crate::results::versions::reading::{Course, CoursePoint};
use crate::results::words::{Haemodilution, Interpretation};
use crate::web::components::{self, Tone};
use crate::web::{Key, Lang, Problem, time, url};

pub(in crate::results) async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let course = reading::course(&app, &caller, id).await?;
    if course.patient.id != id {
        let to = url(lang, &format!("/patients/{}/mrd", course.patient.id));
        return Ok(Redirect::to(&to).into_response());
    }
    let care = care::section::of(&app, &caller, id).await?;
    let told = identity::section::of(&app, &caller, &course.patient).await?;
    let is_drawn = |p: &&CoursePoint| p.record.counts().is_some() && !p.whose.is_anothers();
    let mrd: Vec<&CoursePoint> = course.points.iter().filter(is_drawn).collect();
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    let plot = plot(&app, lang, &mrd, course.protocol.as_ref());
    let content = html! {
        h1 { (lang.t("course-title")) }
        (not_whole(lang, &course.unreadable))
        (doubts::section::list(&app, lang, &course.doubts))
        (amended_notice(&app, lang, &course.amended))
        (identity::section::merged(lang, &told))
        (care::section::notices(lang, course.patient.id, &care))
        @match course.points.iter().rev().find(|p| !p.whose.is_anothers()) {
            None if !course.points.is_empty() => {
                (components::empty(&lang.t("course-none-of-child"), &lang.t("course-none-advice")))
                div { h2 { (lang.t("course-results")) } (table(&app, lang, &course)) }
            },
            None => (components::none(&course.unreadable, &lang.t("course-none"), &lang.t("course-none-advice"))),
            Some(last) => {
                (summary::latest(&app, lang, &course, last, today))
                @if !mrd.is_empty() {
                    figure class="plot" {
                        div class="plot-scroll" tabindex="0" role="group" aria-label=(lang.t("plot-title")) { (plot.svg(lang)) }
                        figcaption { (lang.t("course-caption")) @if undrawn(&course) { " " b { (lang.t("course-undrawn")) } } }
                    }
                }
                (summary::rules(&app, lang, last))
                div { h2 { (lang.t("course-results")) } (table(&app, lang, &course)) }
            }
        }
    };
    Ok(page(&caller, lang.t("course-title"))
        .style("course")
        .width("wide")
        .banner(banner(&app, lang, &course.patient, today, None))
        .render(&content))
}

/// A course without one of its results reads like another course: no decision may rest on it.
fn not_whole(lang: Lang, unreadable: &[Unreadable]) -> Markup {
    html! {
        @if !unreadable.is_empty() {
            (components::stop(&html! {
                p { b { (lang.t("course-not-whole")) } }
                p { (lang.t("course-not-whole-next")) }
            }))
            (components::unreadable(lang, unreadable))
        }
    }
}

/// Whether a result is missing in the picture because nobody told when its sample was drawn.
fn undrawn(course: &Course) -> bool {
    course.points.iter().any(|p| p.record.counts().is_some() && p.root.collected_at.is_none())
}

/// The picture's data from the released results: each with the thresholds that judge it, and the time
/// points of `protocol` on the axis.
fn plot(app: &App, lang: Lang, points: &[&CoursePoint], protocol: Option<&Protocol>) -> Plot {
    let day1 = points
        .iter()
        .filter_map(|p| p.study.day1)
        .min()
        .or_else(|| points.first().and_then(|p| sample_day(app, p)));
    let Some(day1) = day1 else { return Plot::default() };
    let ticks = protocol.map_or_else(Vec::new, |p| {
        p.timepoints.iter().map(|t| ((t.day - 1) as f64, t.id.clone())).collect()
    });
    let quantities = points.iter().rev().find(|p| p.record.quantity().is_some());
    let of = quantities.and_then(|p| p.record.denominator());
    Plot {
        points: points.iter().filter_map(|p| drawn(app, lang, p, day1)).collect(),
        lanes: points.iter().filter_map(|p| in_lane(app, lang, p, day1)).collect(),
        ticks,
        denominator: of.map_or_else(String::new, |d| denominator(lang, d)),
    }
}

fn drawn(app: &App, lang: Lang, p: &CoursePoint, day1: Day) -> Option<Point> {
    let c = p.record.quantity()?;
    let value = match c.status() {
        MrdStatus::PositiveQuantifiable | MrdStatus::Detected => Value::Percent(c.percent()),
        MrdStatus::PositiveBelowLoq => Value::BelowLoq,
        MrdStatus::NegativeInsufficientSensitivity => Value::Inconclusive,
        MrdStatus::Negative | MrdStatus::NotDetected | MrdStatus::NotEvaluable => {
            Value::NotDetected
        }
    };
    let relapse = p.record.interpretation == Interpretation::Relapse;
    // Under LOQ there is a number, and it is not firm.
    let about = if c.status() == MrdStatus::PositiveBelowLoq { "≈ " } else { "" };
    let star = if p.record.reliance() == Reliance::Limited { " *" } else { "" };
    let judged = p.record.verdicts.iter().flat_map(|v| &v.conditions);
    let mut thresholds: Vec<u64> = judged
        .filter(|j| j.outcome != RuleOutcome::NotEvaluated)
        .filter(|j| p.study.timepoint_id.as_ref() == Some(&j.condition.timepoint))
        .filter_map(|j| j.condition.threshold_ppm)
        .collect();
    thresholds.sort_unstable();
    thresholds.dedup();
    Some(Point {
        label: point_name(app, lang, p),
        day: sample_day(app, p)?.days_since(day1) as f64,
        line: p.line(&app.catalogue)?,
        thresholds,
        value,
        text: format!("{about}{}{star}", p.record.level()?),
        lod: c.lod_percent(),
        loq: c.loq_percent(),
        flag: relapse.then(|| lang.t("interpretation-relapse")),
        doubted: p.whose.is_open().then(|| lang.t("doubt-state-open")),
    })
}

/// A sample of few cells has a lane of its own.
fn in_lane(app: &App, lang: Lang, p: &CoursePoint, day1: Day) -> Option<LaneMark> {
    let c = p.record.counts().filter(|c| !c.is_quantity())?;
    Some(LaneMark {
        label: point_name(app, lang, p),
        day: sample_day(app, p)?.days_since(day1) as f64,
        specimen: p.line(&app.catalogue)?.specimen,
        found: c.status().is_positive(),
        text: match p.whose.is_open() {
            true => format!("? {}", p.record.level()?),
            false => p.record.level()?,
        },
    })
}

fn table(app: &App, lang: Lang, course: &Course) -> Markup {
    let rows: Vec<Vec<Markup>> = course
        .points
        .iter()
        .rev()
        .map(|p| {
            let counts = p.record.counts();
            let [lod, loq] = match p.record.texts() {
                Some(texts) => [texts.lod, texts.loq],
                None => [String::new(), String::new()],
            };
            let specimen = app.catalogue.specimen(&p.root.specimen);
            let protocol_day = sample_day(app, p).and_then(|d| p.study.protocol_day(d));
            let diluted = matches!(
                p.record.haemodilution(),
                Some(Haemodilution::Suspected | Haemodilution::Confirmed)
            );
            vec![
                html! { b { (point_name(app, lang, p)) }
                    @if let Some(n) = protocol_day { " " span class="hint" { (lang.tr("course-day", &[("n", n.into())])) } }
                    @if p.record.interpretation == Interpretation::Relapse { " " (components::chip(Tone::Stop, &lang.t("interpretation-relapse"))) } },
                html! { @if p.whose.is_anothers() { s { (value_text(lang, p)) } } @else { (value_text(lang, p)) }
                    @if !p.whose.is_sure() { " " (trust_view::chip(lang, &p.record, &p.whose)) } @if diluted { " " (components::chip(Tone::Warn, &lang.t("course-diluted"))) } @else if p.record.reliance() == Reliance::Limited { " " (trust_view::chip(lang, &p.record, &p.whose)) } @if p.head.is_being_amended() { " " (components::chip(Tone::Warn, &lang.t("course-being-amended"))) } },
                html! { (sample_day(app, p).map_or_else(|| lang.t("not-known"), |d| time::day(lang, d))) },
                html! { (specimen.map_or(&*p.root.specimen, |s| s.label(lang))) p class="hint" { (measured_by(lang, p)) } },
                html! { (lod) },
                html! { (loq) },
                html! { (counts.map_or_else(String::new, |c| lang.count(c.n()))) },
                html! { a href=(url(lang, &format!("/results/{}", p.study.id))) { (lang.t("results-one")) } },
                html! { a href=(url(lang, &format!("/samples/{}", p.container.code))) { (lang.t("course-custody")) } },
            ]
        })
        .collect();
    components::table(
        &lang.t("course-results"),
        &[
            (&lang.t("field-timepoint"), ""),
            (&lang.t("field-mrd"), ""),
            (&lang.t("field-date"), ""),
            (&lang.t("field-specimen"), ""),
            ("LOD", "n"),
            ("LOQ", "n"),
            (&lang.t("field-cells"), "n"),
            (&lang.t("field-report"), ""),
            (&lang.t("field-custody"), ""),
        ],
        &rows,
    )
}

/// Method and denominator: what a value may be compared with.
fn measured_by(lang: Lang, p: &CoursePoint) -> String {
    let Some(of) = p.record.denominator() else { return String::new() };
    let method = p.record.assay.method();
    let method = lang.t(&format!("method-{}", method.as_str().to_lowercase()));
    format!("{method} · {}", denominator(lang, of))
}

fn value_text(lang: Lang, p: &CoursePoint) -> Markup {
    match (&p.record.finding, p.record.counts()) {
        (Finding::Mrd(_), Some(c)) => {
            let (ci, level) = (p.record.interval_text(), p.record.level());
            let (ci, level) = (ci.unwrap_or_default(), level.unwrap_or_default());
            html! {
                @match c.status() {
                    MrdStatus::PositiveQuantifiable => { b { (level) } " " span class="hint" { (ci) } },
                    MrdStatus::PositiveBelowLoq => { b { (level) } " " span class="whole" { (lang.t("short-positive-below-loq")) } " " span class="hint" { (ci) } },
                    MrdStatus::NegativeInsufficientSensitivity => { (lang.t("short-negative-insufficient-sensitivity")) ", " span class="whole" { (level) } },
                    MrdStatus::Detected => { b { (lang.t("short-detected")) } " " span class="whole" { (level) } },
                    _ => { (lang.t("short-negative")) ", " span class="whole" { (level) } },
                }
            }
        }
        _ => html! { (sentence(lang, &p.record)) },
    }
}
