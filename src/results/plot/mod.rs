//! The course of a child as one SVG, drawn on the server: the same picture on screen, on paper and
//! in a report. The rules a haematologist relies on:
//!  1. a log axis, in percent and in powers of ten;
//!  2. "not detected" is an open triangle at that sample's own limit of detection: never zero, never
//!     a solid line;
//!  3. "detected, under LOQ" is a half-filled mark on a bar from LOD to LOQ;
//!  4. "not detected" with too little sensitivity is a grey dashed "?", joined to nothing;
//!  5. a hatched column shows what a sample could not see;
//!  6. blood is a square, marrow a circle, never joined to each other; relapse a diamond and a word;
//!     cerebrospinal fluid and tissue have a lane of their own below, as events of the total;
//!  7. time is linear inside a phase; a gap marks each change of scale;
//!  8. a threshold is drawn over the one sample that it judges, and over no other;
//!  9. a title and a description say the same in words;
//!  10. each text stands inside its phase and on no other text (`labels`);
//!  11. results with another specimen, method or denominator never share a line (BR-22);
//!  12. what limits an answer is a star beside its text. Pure.

mod labels;
mod marks;
mod scale;

use maud::{Markup, html};

use crate::catalogue::{SpecimenKind, percent_of_ppm};
use crate::results::arithmetic::line::Line;
use crate::results::arithmetic::percent::Share;
use crate::web::Lang;
use marks::{key, lane, mark};
use scale::{BOTTOM, GAP, HEIGHT, LEFT, TOP, WIDTH, XScale, r1, y};

pub(in crate::results) const INK: &str = "#14212B";
pub(in crate::results) const INK2: &str = "#4A5963";
pub(in crate::results) const LINE: &str = "#123B5D";
pub(in crate::results) const ALERT: &str = "#9F1D0A";
/// Room for one lane.
pub(in crate::results) const LANE: f64 = 46.0;
const GRID: &str = "#DDE3E7";
const FONT: &str =
    "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, sans-serif";

/// What a sample said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// Detected and quantified, percent.
    Percent(f64),
    /// Detected, under LOQ.
    BelowLoq,
    /// Not detected, with enough sensitivity to mean it.
    NotDetected,
    /// Not detected, with too little sensitivity to mean it.
    Inconclusive,
}

/// A sample in the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Short name: `D15`, or its number.
    pub label: String,
    /// Days since day 1 (or since the first sample).
    pub day: f64,
    /// Specimen, method and denominator: only equal ones are joined.
    pub line: Line,
    /// The thresholds that judge it, ppm.
    pub thresholds: Vec<u64>,
    /// What it said.
    pub value: Value,
    /// What is written beside its mark.
    pub text: String,
    /// Limit of detection, percent.
    pub lod: f64,
    /// Limit of quantification, percent.
    pub loq: f64,
    /// The word of the signed report, where it says relapse.
    pub flag: Option<String>,
    /// That somebody doubts whose its sample is, in words: it is joined to nothing.
    pub doubted: Option<String>,
}

/// A sample of few cells: found or not, as events of the total, on no axis of percentages.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneMark {
    /// The time point's name, or how else the sample is called.
    pub label: String,
    /// Days since day 1 (or since the first sample).
    pub day: f64,
    /// What it was.
    pub specimen: SpecimenKind,
    /// Whether it was found.
    pub found: bool,
    /// `3 / 12 000`.
    pub text: String,
}

/// Everything to be drawn.
#[derive(Debug, Clone, Default)]
pub struct Plot {
    /// Samples, by day.
    pub points: Vec<Point>,
    /// Samples of few cells, by day.
    pub lanes: Vec<LaneMark>,
    /// Nominal days of the protocol with their names.
    pub ticks: Vec<(f64, String)>,
    /// What the percentages are of.
    pub denominator: String,
}

/// A line as a word, so that who reads the drawing knows what is joined.
fn line_name(line: Line) -> String {
    format!("{} {} {}", line.specimen, line.method, line.denominator)
}

/// The text of a kind of specimen.
fn specimen_key(kind: SpecimenKind) -> String {
    format!("plot-{kind}")
}

impl Point {
    fn is_blood(&self) -> bool {
        self.line.specimen == SpecimenKind::Blood
    }
    fn position(&self, x: &XScale) -> (f64, f64) {
        let height = match self.value {
            Value::Percent(v) => y(v),
            Value::BelowLoq => y((self.lod * self.loq).sqrt()),
            Value::NotDetected | Value::Inconclusive => y(self.lod),
        };
        (r1(x.at(self.day)), r1(height))
    }
    fn in_words(&self, lang: Lang) -> String {
        let word = match self.value {
            Value::Percent(_) => "plot-word-percent",
            Value::BelowLoq => "plot-word-below-loq",
            Value::NotDetected => "plot-word-not-detected",
            Value::Inconclusive => "plot-word-inconclusive",
        };
        let specimen = lang.t(&specimen_key(self.line.specimen));
        format!("{} ({specimen}): {} {}", self.label, lang.t(word), self.text)
    }
}

impl Plot {
    /// The picture in words.
    pub fn description(&self, lang: Lang) -> String {
        let points = self.points.iter().map(|p| p.in_words(lang));
        let lanes = self.lanes.iter().map(|m| {
            let word = if m.found { "plot-word-percent" } else { "plot-word-not-detected" };
            let specimen = lang.t(&specimen_key(m.specimen));
            format!("{} ({specimen}): {} {}", m.label, lang.t(word), m.text)
        });
        points.chain(lanes).collect::<Vec<_>>().join("; ")
    }

    /// The pairs of samples that are joined: neighbours of one line, and whether both ends are numbers.
    fn segments(&self) -> Vec<(&Point, &Point, bool)> {
        let mut found: Vec<(&Point, &Point, bool)> = vec![];
        let mut lines: Vec<Line> = self.points.iter().map(|p| p.line).collect();
        lines.sort();
        lines.dedup();
        for line in lines {
            let joined = |p: &&Point| {
                p.line == line && p.value != Value::Inconclusive && p.doubted.is_none()
            };
            let own: Vec<&Point> = self.points.iter().filter(joined).collect();
            for pair in own.windows(2) {
                let solid = pair.iter().all(|p| matches!(p.value, Value::Percent(_)));
                found.push((pair[0], pair[1], solid));
            }
        }
        found
    }

    /// Where the joining lines run.
    fn joined(&self, x: &XScale) -> Vec<labels::Joined> {
        self.segments().iter().map(|(a, b, _)| (a.position(x), b.position(x))).collect()
    }

    /// The kinds of specimen that have a lane, in order.
    fn lane_kinds(&self) -> Vec<SpecimenKind> {
        let mut kinds: Vec<SpecimenKind> = self.lanes.iter().map(|m| m.specimen).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    /// The SVG. Sized 1000 × 450 units and `LANE` more for each lane; scales to its box.
    pub fn svg(&self, lang: Lang) -> Markup {
        let days = self.points.iter().map(|p| p.day).chain(self.lanes.iter().map(|m| m.day));
        let x = XScale::new(&days.collect::<Vec<_>>());
        let base = HEIGHT - BOTTOM;
        let lanes = self.lane_kinds();
        let height = HEIGHT + LANE * f64::from(u32::try_from(lanes.len()).unwrap_or_default());
        html! {
            svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {height}")) width=(WIDTH) height=(height)
                role="img" aria-labelledby="mrd-t mrd-d" class="mrd-plot" font-family=(FONT) font-size="13" fill=(INK) {
                title id="mrd-t" { (lang.t("plot-title")) }
                desc id="mrd-d" { (self.description(lang)) }
                defs {
                    pattern id="mrd-h" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                        rect width="6" height="6" fill="#FFFFFF" {}
                        line x1="0" y1="0" x2="0" y2="6" stroke="#BCC6CC" stroke-width="2" {}
                    }
                }
                rect width=(WIDTH) height=(height) fill="#FFFFFF" {}
                text x=(LEFT - 90.0) y=(TOP - 42.0) font-weight="700" font-size="15" {
                    (lang.tr("plot-axis", &[("what", self.denominator.as_str().into())]))
                }
                (self.grid(&x))
                (self.phases(&x))
                text x=(LEFT) y=(base + 76.0) font-size="12" fill=(INK2) { (lang.t("plot-note")) }
                (self.floors(&x, base))
                (self.thresholds(&x))
                @for (a, b, solid) in self.segments() {
                    @let (p, q) = (a.position(&x), b.position(&x));
                    line class="segment" data-line=(line_name(a.line)) x1=(p.0) y1=(p.1) x2=(q.0) y2=(q.1) stroke=(LINE)
                        stroke-width=(if solid { "2.4" } else { "1.8" }) stroke-dasharray=[(!solid).then_some("5 5")] {}
                }
                @for (p, label) in self.points.iter().zip(labels::place(self, &x, lang)) { (mark(p, p.position(&x), label.as_ref())) }
                @for (i, kind) in lanes.iter().enumerate() { (lane(lang, &x, *kind, i, &self.lanes)) }
                (key(lang))
            }
        }
    }

    /// The lines of the powers of ten, with their percentages.
    fn grid(&self, x: &XScale) -> Markup {
        let base = HEIGHT - BOTTOM;
        let right = x.right();
        html! {
            rect x=(LEFT) y=(TOP) width=(r1(right - LEFT)) height=(r1(base - TOP)) fill="#F7F9FB" {}
            @for exponent in -3..=2_i32 {
                @let v = 10_f64.powi(exponent); @let h = r1(y(v));
                line x1=(LEFT) x2=(r1(right)) y1=(h) y2=(h) stroke=(GRID) {}
                @let level = Share::new(1, 10_u64.pow(u32::try_from(2 - exponent).unwrap_or_default()));
                text x=(LEFT - 46.0) y=(h + 4.5) text-anchor="end" font-weight="500" { (level.text(&[])) }
                text x=(LEFT - 10.0) y=(h + 4.5) text-anchor="end" fill=(INK2) font-size="12" {
                    "10" tspan dy="-5" font-size="9" { @if exponent == 2 { "0" } @else { "−" ((2 - exponent)) } }
                }
            }
            line x1=(LEFT) x2=(LEFT) y1=(TOP) y2=(base) stroke=(INK) stroke-width="1.3" {}
        }
    }

    /// The thresholds of each sample, over that sample alone.
    fn thresholds(&self, x: &XScale) -> Markup {
        let joined = self.joined(x);
        html! {
            @for p in &self.points { @for (ppm, rule) in labels::rules(p, x, &joined) {
                @let h = r1(rule.line.1);
                line class="threshold" x1=(r1(rule.line.0)) x2=(r1(rule.line.2)) y1=(h) y2=(h) stroke=(INK) stroke-width="1.6" stroke-dasharray="7 3" {}
                text x=(r1(rule.text.left)) y=(r1(rule.text.bottom - 3.0)) font-size="11.5" font-weight="600" fill=(INK) { (percent_of_ppm(ppm)) "\u{202f}%" }
            } }
        }
    }

    fn phases(&self, x: &XScale) -> Markup {
        let base = HEIGHT - BOTTOM;
        html! {
            @for (i, phase) in x.phases().iter().enumerate() {
                @let (a, b) = (r1(phase.left), r1(phase.left + phase.width));
                @if i > 0 {
                    rect x=(r1(a - GAP)) y=(TOP) width=(GAP) height=(r1(base - TOP + 1.0)) fill="#FFFFFF" {}
                    path d=(format!("M{} {}l6 -10m-14 10l6 -10", r1(a - 3.0), base + 5.0)) stroke=(INK2) fill="none" stroke-width="1.2" {}
                }
                line x1=(a) x2=(b) y1=(base) y2=(base) stroke=(INK) stroke-width="1.3" {}
                @for (d, label) in phase.ticks(&self.ticks) {
                    @let at = r1(x.at(d));
                    line x1=(at) x2=(at) y1=(TOP) y2=(base) stroke="#CBD4DA" stroke-dasharray="1 4" {}
                    line x1=(at) x2=(at) y1=(base) y2=(base + 6.0) stroke=(INK) {}
                    text x=(at) y=(base + 22.0) text-anchor="middle" font-weight="600" { (label) }
                }
                rect x=(a) y=(base + 32.0) width=(r1(b - a)) height="24" rx="3" fill=(if i % 2 == 0 { "#DCE5EC" } else { "#EAF0F4" }) {}
                text x=(r1(f64::midpoint(a, b))) y=(base + 48.5) text-anchor="middle" font-size="12.5" font-weight="500" { (phase.days()) }
            }
        }
    }

    /// What each sample could not see, hatched from its limit down.
    fn floors(&self, x: &XScale, base: f64) -> Markup {
        html! {
            @for p in &self.points {
                @let at = x.at(p.day); @let (lod, loq) = (y(p.lod), y(p.loq));
                @if base > lod { rect class="floor" x=(r1(at - 11.0)) y=(r1(lod)) width="22" height=(r1(base - lod)) fill="url(#mrd-h)" {} }
                line x1=(r1(at - 11.0)) x2=(r1(at + 11.0)) y1=(r1(lod)) y2=(r1(lod)) stroke=(INK2) stroke-width="1.6" {}
                line x1=(r1(at - 7.0)) x2=(r1(at + 7.0)) y1=(r1(loq)) y2=(r1(loq)) stroke=(INK2) stroke-dasharray="3 2" {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
