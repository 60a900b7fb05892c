//! The oncologist's page: in five seconds the course of a child's MRD and how reliable it is.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::input::Finding;
use super::mrd::MrdStatus;
use super::pages::{before_points, being_amended, denominator, sentence, tone};
use super::plot::{LaneMark, Plot, Point, Value};
use super::reading::{self, Course, CoursePoint};
use super::trust::Reliance;
use super::trust_view;
use super::verdict::RuleOutcome;
use super::words::{Haemodilution, Interpretation};
use crate::app::{App, page};
use crate::care;
use crate::catalogue::{Protocol, percent_of_ppm};
use crate::db::{Day, Unreadable};
use crate::doubts;
use crate::identity;
use crate::patients::PatientId;
use crate::patients::pages::banner;
use crate::people::Caller;
use crate::studies::{DuePoint, DueState, pages as study_pages};
use crate::web::components::{self, Tone, icon};
use crate::web::{Key, Lang, Problem, time, url};

pub(super) async fn show(
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
    let mrd: Vec<&CoursePoint> = course
        .points
        .iter()
        .filter(|p| p.record.counts().is_some() && !p.whose.is_anothers())
        .collect();
    let today = Day(app.sites.local(caller.scope.home(), caller.now).date());
    let plot = plot(&app, lang, &mrd, course.protocol.as_ref());
    let content = html! {
        h1 { (lang.t("course-title")) }
        (not_whole(lang, &course.unreadable))
        (doubts::section::list(&app, lang, &course.doubts))
        (study_pages::amended_notice(&app, lang, &course.amended))
        (identity::section::merged(lang, &told))
        (care::section::notices(lang, course.patient.id, &care))
        @match course.points.iter().rev().find(|p| !p.whose.is_anothers()) {
            None if !course.points.is_empty() => {
                (components::empty(&lang.t("course-none-of-child"), &lang.t("course-none-advice")))
                div { h2 { (lang.t("course-results")) } (table(&app, lang, &course)) }
            },
            None => (components::none(&course.unreadable, &lang.t("course-none"), &lang.t("course-none-advice"))),
            Some(last) => {
                (latest(&app, lang, &course, last, today))
                @if !mrd.is_empty() {
                    figure class="plot" {
                        div class="plot-scroll" tabindex="0" role="group" aria-label=(lang.t("plot-title")) { (plot.svg(lang)) }
                        figcaption { (lang.t("course-caption")) @if undrawn(&course) { " " b { (lang.t("course-undrawn")) } } }
                    }
                }
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

fn sample_day(app: &App, p: &CoursePoint) -> Option<Day> {
    let at = p.root.collected_at?;
    Some(Day(app.sites.local(Some(p.root.centre_id), at).date()))
}

fn point_name(app: &App, lang: Lang, p: &CoursePoint) -> String {
    match &p.study.timepoint_id {
        Some(t) => t.clone(),
        None => sample_day(app, p).map_or_else(String::new, |d| time::day(lang, d)),
    }
}

/// The sentence of the latest result with what its reliability hangs on.
fn latest(app: &App, lang: Lang, course: &Course, p: &CoursePoint, today: Day) -> Markup {
    let tone = tone(&p.record, &p.whose);
    let counts = p.record.counts();
    let level = p.record.level().unwrap_or_default();
    let day = sample_day(app, p).map_or_else(|| lang.t("not-known"), |d| time::day(lang, d));
    let specimen = app.catalogue.specimen(&p.root.specimen);
    let specimen = specimen.map_or(&*p.root.specimen, |s| s.label(lang));
    let signer = p.signature.as_ref().and_then(|s| course.names.get(&s.person_id)).cloned();
    let zone = app.sites.zone(Some(p.study.laboratory_id));
    html! {
        section class="summary" aria-label=(lang.t("course-latest")) {
            div class=(format!("status {}", tone.class())) {
                (icon(tone.icon()))
                div {
                    @if !level.is_empty() { p class="big" { (level) } }
                    @if !p.whose.is_sure() { p { b { (lang.t("doubt-state-open")) } } }
                    p { (short(lang, p)) }
                    p { (point_name(app, lang, p)) " · " (specimen) ", " (day) }
                }
            }
            dl {
                div { dt { (lang.t("course-class")) } dd { (class(lang, p)) } }
                div { dt { (lang.t("course-trend")) } dd { (trend(app, lang, course, p)) } }
                div { dt { (lang.t("course-next")) } dd { (next_due(lang, course, today)) } }
                div { dt { (lang.t("course-signed")) } dd {
                    @if let Some(s) = &p.signature { (time::time(lang, s.signed_at, zone)) span { (signer.unwrap_or_default()) } }
                } }
                @if let (Some(c), Some(texts)) = (counts, p.record.texts()) {
                    div { dt { (lang.t("field-interval")) } dd { (p.record.interval_text().unwrap_or_default()) } }
                    div { dt { (lang.t("field-cells")) } dd { (lang.count(c.n())) span { (p.record.denominator().map_or_else(String::new, |d| denominator(lang, d))) } } }
                    div { dt { "LOD / LOQ" } dd { (texts.lod) " / " (texts.loq) } }
                    @if let Some(ppm) = c.required_ppm() { div { dt { (lang.t("field-required")) } dd { (percent_of_ppm(ppm)) "\u{202f}%" } } }
                }
            }
        }
        p class="sentence" { (sentence(lang, &p.record)) small { (reliability(lang, p)) } }
        (doubts::section::on_answer(app, lang, &p.whose.all(), true))
        section class="card trust" aria-label=(lang.t("course-trust")) {
            p { b { (lang.t("course-trust")) } " " (trust_view::chip(lang, &p.record, &p.whose)) }
            (trust_view::list(lang, &p.record.findings))
            (trust_view::verdicts(&app.catalogue, lang, &p.record))
        }
        @if p.head.is_being_amended() { (being_amended(lang)) }
        (before_points(lang, &p.record))
        @if p.head.waits_for_acknowledgement() {
            (components::warning(&html! { p { (lang.t("course-acknowledge")) " " a href=(url(lang, &format!("/results/{}", p.study.id))) { (lang.t("results-acknowledge")) } } }))
        }
    }
}

/// What the rules of this point say, in a line.
fn class(lang: Lang, p: &CoursePoint) -> Markup {
    if p.study.timepoint_id.is_none() {
        return html! { (lang.t("course-no-point")) };
    }
    if p.record.verdicts.is_empty() {
        return html! { (lang.t("course-no-rules")) };
    }
    trust_view::class_line(lang, &p.record)
}

/// Against the point before on the same line: a sign that stands without colour, and in words.
fn trend(app: &App, lang: Lang, course: &Course, p: &CoursePoint) -> Markup {
    let line = p.line(&app.catalogue);
    let earlier = course.points.iter().rev().find(|x| {
        x.known_since() < p.known_since()
            && line.is_some()
            && x.whose.is_sure()
            && p.whose.is_sure()
            && x.line(&app.catalogue) == line
            && x.record.mrd_status() != Some(MrdStatus::NegativeInsufficientSensitivity)
    });
    let both = earlier.and_then(|e| Some((e, e.record.counts()?, p.record.counts()?)));
    let Some((e, before, now)) = both else { return html! { (lang.t("course-trend-none")) } };
    let (was, is) = (before.interval(), now.interval());
    let (sign, word) = match () {
        () if is.low > was.high => ("↗", "course-trend-up"),
        () if is.high < was.low => ("↘", "course-trend-down"),
        () => ("→", "course-trend-same"),
    };
    html! { (sign) " " (lang.t(word)) span { (lang.tr("course-trend-from", &[("point", point_name(app, lang, e).into()), ("level", e.record.level().unwrap_or_default().into())])) } }
}

/// The next time point that waits, or that was missed.
fn next_due(lang: Lang, course: &Course, today: Day) -> Markup {
    let waits = |d: &&DuePoint| {
        matches!(d.state_on(today), DueState::Planned | DueState::Due | DueState::Missed)
    };
    match course.due.iter().find(waits) {
        None => html! { (lang.t("course-next-none")) },
        Some(d) => html! {
            (d.timepoint_id) span { (time::day(lang, d.due_date)) " · " (lang.t(&format!("due-{}", d.state_on(today)))) }
        },
    }
}

/// The status in two words.
fn short(lang: Lang, p: &CoursePoint) -> String {
    if p.record.interpretation == Interpretation::Relapse {
        return lang.t("interpretation-relapse");
    }
    match p.record.counts().map(|c| c.status()) {
        Some(s) => lang.t(&format!("short-{}", s.as_str().to_lowercase().replace('_', "-"))),
        None => sentence(lang, &p.record),
    }
}

/// What the reliability of a result hangs on: dilution, living cells, age, sensitivity.
fn reliability(lang: Lang, p: &CoursePoint) -> String {
    let mut parts = vec![];
    if let Some(h) = p.record.haemodilution() {
        let key = format!("haemodilution-{}", h.as_str().to_lowercase().replace('_', "-"));
        parts.push(format!("{}: {}", lang.t("field-haemodilution"), lang.t(&key)));
    }
    if let Some(v) = &p.record.viability {
        parts.push(format!("{} {v}\u{202f}%", lang.t("field-viability")));
    }
    if let Some(s) = p.record.age_s {
        parts.push(lang.tr("course-age", &[("n", (s / 3600).into())]));
    }
    if p.version.is_retimed(p.root.collected_at) {
        parts.push(lang.t("results-retimed"));
    }
    if p.said_since {
        parts.push(lang.t("correction-since-course"));
    }
    for word in &p.record.limitations {
        let key = word.split(':').next().unwrap_or_default();
        parts.push(lang.t(&format!("limitation-{key}")));
    }
    parts.join(" · ")
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
        flag: match () {
            () if p.whose.is_open() => Some(lang.t("doubt-state-open")),
            () => relapse.then(|| lang.t("interpretation-relapse")),
        },
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
        text: p.record.level()?,
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
                    MrdStatus::PositiveBelowLoq => { b { (level) } " " (lang.t("short-positive-below-loq")) " " span class="hint" { (ci) } },
                    MrdStatus::NegativeInsufficientSensitivity => { (lang.t("short-negative-insufficient-sensitivity")) ", " (level) },
                    MrdStatus::Detected => { b { (lang.t("short-detected")) } " " (level) },
                    _ => { (lang.t("short-negative")) ", " (level) },
                }
            }
        }
        _ => html! { (sentence(lang, &p.record)) },
    }
}
