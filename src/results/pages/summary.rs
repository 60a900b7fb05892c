//! The top of a child's course: the newest answer, its class, how far it can be trusted, where it goes and
//! what is due, to be read in five seconds.

use maud::{Markup, html};

use super::point::{point_name, sample_day};
use super::sentence::sentence;
use super::trust_view;
use super::words::{before_points, being_amended, denominator, licence, tone};
use crate::app::App;
use crate::catalogue::{SpecimenKind, percent_of_ppm};
use crate::db::Day;
use crate::doubts;
use crate::results::arithmetic::line::Line;
use crate::results::arithmetic::mrd::MrdStatus;
use crate::results::arithmetic::trust::Reliance;
use crate::results::arithmetic::verdict::{RuleOutcome, RuleVerdict, Why};
use crate::results::entry::again;
use crate::results::versions::reading::{Course, CoursePoint};
use crate::results::words::Interpretation;
use crate::studies::{DuePoint, DueState};
use crate::web::components::{self, icon};
use crate::web::{Lang, time, url};

/// The newest result, what must be known of it at a glance, and what is newest of other specimens.
pub(in crate::results) fn latest(
    app: &App,
    lang: Lang,
    course: &Course,
    p: &CoursePoint,
    today: Day,
) -> Markup {
    let tone = tone(&p.record, &p.whose);
    let counts = p.record.counts();
    let level = p.record.level().unwrap_or_default();
    html! {
        section class="summary" aria-label=(lang.t("course-latest")) {
            div class=(format!("status {}", tone.class())) {
                (icon(tone.icon()))
                div {
                    @if !level.is_empty() { p class="big" { (level) } }
                    @if p.whose.is_open() { p { b { (lang.t("doubt-state-open")) } } }
                    p { (short(lang, p)) }
                    p { (drawn(app, lang, p)) }
                }
            }
            dl {
                div { dt { (lang.t("course-class")) } dd { (class(lang, p)) } }
                div { dt { (lang.t("course-trust")) } dd { (trust_view::chip(lang, &p.record, &p.whose)) } }
                div { dt { (lang.t("course-trend")) } dd { (trend(app, lang, course, p)) } }
                div { dt { (lang.t("course-next")) } dd { (another(app, lang, p)) (next_due(lang, course, today)) } }
                @if let (Some(c), Some(texts)) = (counts, p.record.texts()) {
                    div { dt { (lang.t("field-interval")) } dd { (p.record.interval_text().unwrap_or_default()) } }
                    div { dt { (lang.t("field-cells")) } dd { (lang.count(c.n())) span { (p.record.denominator().map_or_else(String::new, |d| denominator(lang, d))) } } }
                    div { dt { "LOD / LOQ" } dd { (texts.lod) " / " (texts.loq) } }
                    @if let Some(ppm) = c.required_ppm() { div { dt { (lang.t("field-required")) } dd { (percent_of_ppm(ppm)) "\u{202f}%" } } }
                }
            }
        }
        (doubts::section::on_answer(app, lang, &p.whose.all(), true))
        @if p.head.waits_for_acknowledgement() {
            (components::warning(&html! { p { (lang.t("course-acknowledge")) " " a href=(url(lang, &format!("/results/{}", p.study.id))) { (lang.t("results-acknowledge")) } } }))
        }
        @if p.head.is_being_amended() { (being_amended(lang)) }
        (before_points(lang, &p.record))
        div class="sentence" {
            p { (sentence(lang, &p.record)) }
            (trust_view::list(lang, &p.record.findings))
            p class="hint" { (reliability(lang, p)) " " (signed(app, lang, course, p)) }
        }
        (others(app, lang, course, p))
    }
}

/// What the rules of this time point say, each with its source.
pub(in crate::results) fn rules(app: &App, lang: Lang, p: &CoursePoint) -> Markup {
    html! { @if !p.record.verdicts.is_empty() {
        section class="card rules" {
            h2 { (lang.tr("course-rules", &[("point", point_name(app, lang, p).into())])) }
            (trust_view::verdicts(&app.catalogue, lang, &p.record))
        }
    } }
}

/// Time point, specimen and day.
fn drawn(app: &App, lang: Lang, p: &CoursePoint) -> String {
    let day = sample_day(app, p).map_or_else(|| lang.t("not-known"), |d| time::day(lang, d));
    let specimen = app.catalogue.specimen(&p.root.specimen);
    let specimen = specimen.map_or(&*p.root.specimen, |s| s.label(lang));
    let point = p.study.timepoint_id.as_ref().map(|t| format!("{t} · ")).unwrap_or_default();
    format!("{point}{specimen}, {day}")
}

fn signed(app: &App, lang: Lang, course: &Course, p: &CoursePoint) -> Markup {
    let zone = app.sites.zone(Some(p.study.laboratory_id));
    html! { @if let Some(s) = &p.signature {
        span class="whole" { "· " (lang.t("course-signed")) " " (time::time(lang, s.signed_at, zone)) }
        @if let Some(name) = course.names.get(&s.person_id) { " · " span class="whole" { (name) } }
        " " span class="whole" { "· " (licence(lang, s)) }
    } }
}

/// The newest result of each other specimen: clear marrow must not hide what was found elsewhere, nor clear
/// liquor the marrow. Blood is no site of its own: the picture and the table show it.
fn others(app: &App, lang: Lang, course: &Course, p: &CoursePoint) -> Markup {
    let of = |x: &CoursePoint| x.line(&app.catalogue).map(|l: Line| l.specimen);
    let mut seen = vec![of(p), Some(SpecimenKind::Blood)];
    let mut found: Vec<&CoursePoint> = vec![];
    let is_theirs = |x: &&CoursePoint| x.record.counts().is_some() && !x.whose.is_anothers();
    for x in course.points.iter().rev().filter(is_theirs) {
        if !seen.contains(&of(x)) {
            seen.push(of(x));
            found.push(x);
        }
    }
    html! { @if !found.is_empty() {
        section class="card others" {
            h2 { (lang.t("course-others")) }
            ul { @for x in found { li {
                (components::chip(tone(&x.record, &x.whose), &short(lang, x))) " "
                @if x.whose.is_open() { (trust_view::chip(lang, &x.record, &x.whose)) " " }
                b class="whole" { (x.record.level().unwrap_or_default()) } " " span { (drawn(app, lang, x)) }
            } } }
        }
    } }
}

/// What the rules of this point say, with the threshold that says it or with the reason why none does.
fn class(lang: Lang, p: &CoursePoint) -> Markup {
    if p.study.timepoint_id.is_none() {
        return html! { (lang.t("course-no-point")) };
    }
    let verdicts = &p.record.verdicts;
    if verdicts.is_empty() {
        return html! { (lang.t("course-no-rules")) };
    }
    let of = |outcome| verdicts.iter().filter(move |v| v.outcome == outcome);
    let holds = of(RuleOutcome::Holds).count() > 0;
    let open = of(RuleOutcome::NotEvaluated).collect::<Vec<_>>();
    html! {
        (trust_view::class_line(lang, &p.record))
        @for v in of(RuleOutcome::Holds) { span { (thresholds(lang, v)) } }
        @if !holds { (why_not(lang, &open)) }
    }
}

/// `D42: EMR mayor o igual a 1 %`.
fn thresholds(lang: Lang, v: &RuleVerdict) -> String {
    let words = v.conditions.iter().map(|c| {
        let c = &c.condition;
        let level = c.threshold_ppm.map(|ppm| format!("{}\u{202f}%", percent_of_ppm(ppm)));
        let level = level.unwrap_or_default();
        let key = format!("protocol-op-{}", c.op.as_str());
        format!("{}: {}", c.timepoint, lang.tr(&key, &[("level", level.into())]))
    });
    words.collect::<Vec<_>>().join("; ")
}

/// Why no rule says anything: the classes that hang on what the program does not know, else the reasons.
fn why_not(lang: Lang, open: &[&RuleVerdict]) -> Markup {
    let near = |v: &&&RuleVerdict| v.why == Some(Why::Needs) && !v.conditions.is_empty();
    let near: Vec<&&RuleVerdict> = open.iter().filter(near).collect();
    let mut reasons: Vec<Why> = open.iter().filter_map(|v| v.why).collect();
    reasons.sort();
    reasons.dedup();
    html! {
        @for v in near.iter().take(2) {
            span { (lang.tr("course-class-if", &[("class", v.class.as_str().into())])) " " (v.needs.as_ref().map_or("", |n| n.of(lang))) }
        }
        @if near.is_empty() { @for why in reasons.iter().filter(|w| **w != Why::Needs).take(2) { span { (lang.t(&format!("verdict-why-{why}"))) } } }
    }
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
    html! {
        (sign) " " (lang.t(word))
        span { (lang.tr("course-trend-from", &[("point", point_name(app, lang, e).into()), ("level", e.record.level().unwrap_or_default().into())])) }
        // A diluted sample falls by itself, and of few cells little can be said.
        @if p.record.reliance() != Reliance::Sure { span { (lang.t(&format!("reliance-{}", p.record.reliance()))) } }
    }
}

/// That another sample is asked for, before what is planned anyway. Of a sample that may be another child's nothing
/// is said: whether it is drawn again is what the doubt decides.
fn another(app: &App, lang: Lang, p: &CoursePoint) -> Markup {
    let asked = again::asked(&app.catalogue, lang, &p.record, p.asked_again);
    let asked = asked.filter(|_| p.whose.is_sure());
    html! { @if let Some(asked) = asked { p { b { (asked) } } } }
}

/// The next time point that waits, or that was missed; else the one that a condition asks for.
fn next_due(lang: Lang, course: &Course, today: Day) -> Markup {
    let waits = |d: &&DuePoint| {
        matches!(d.state_on(today), DueState::Planned | DueState::Due | DueState::Missed)
    };
    match course.due.iter().find(waits) {
        None => conditional(lang, course, today)
            .unwrap_or_else(|| html! { (lang.t("course-next-none")) }),
        Some(d) => html! {
            (d.timepoint_id) span { (time::day(lang, d.due_date)) " · " (lang.t(&format!("due-{}", d.state_on(today)))) }
        },
    }
}

/// The first time point ahead that is only for some children: nobody plans it by itself, and "nothing" would
/// be wrong.
fn conditional(lang: Lang, course: &Course, today: Day) -> Option<Markup> {
    let protocol = course.protocol.as_ref()?;
    let of_it = |p: &&CoursePoint| p.study.protocol_id.as_ref() == Some(&protocol.id);
    let day1 = course.points.iter().rev().find(of_it)?.study.day1?;
    let asked = |id: &str| {
        let mut ids = course.points.iter().filter(of_it).map(|p| p.study.timepoint_id.as_deref());
        ids.any(|t| t == Some(id))
    };
    let day = |n: i64| day1.plus_days(n - 1);
    let mut ahead: Vec<_> = protocol
        .timepoints
        .iter()
        .filter(|t| t.by_flow() && !asked(&t.id) && day(t.day + t.window_plus) >= today)
        .filter_map(|t| Some((day(t.day), &t.id, t.conditional_on.as_ref()?)))
        .collect();
    ahead.sort_unstable();
    let (day, id, when) = ahead.first()?;
    Some(html! {
        (id) span { (time::day(lang, *day)) " · " (lang.tr("course-next-if", &[("when", when.replace(">=", "≥").into())])) }
    })
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
        parts.push(format!("{} {v}\u{202f}%", lang.t("course-viability")));
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
