//! Where the text of each mark goes: inside its own phase, on no other text and no mark, as near as
//! it can be. What finds no room at all is left to the table below the picture. Pure.

use super::scale::{BOTTOM, HEIGHT, TOP, XScale, y};
use super::{Plot, Point, Value};
use crate::catalogue::percent_of_ppm;
use crate::web::Lang;

/// Text from top to bottom, with the size of its letters.
const FLAG: f64 = 13.0;
const VALUE: f64 = 14.0;
const NOTE: f64 = 11.5;
/// White between a text and its phase's edge, or another text.
const AIR: f64 = 3.0;
/// How much further away each ring of places is, and how many there are.
const STEP: f64 = 14.0;
const RINGS: u8 = 16;
/// From this ring on a thin line leads from the mark to its text.
const LED: u8 = 2;

/// A rectangle of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Rect {
    fn around((x, y): (f64, f64), half: f64) -> Self {
        Self { left: x - half, top: y - half, right: x + half, bottom: y + half }
    }
    fn touches(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
    fn grown(&self, by: f64) -> Self {
        Self {
            left: self.left - by,
            top: self.top - by,
            right: self.right + by,
            bottom: self.bottom + by,
        }
    }
    /// Whether the line from `a` to `b` passes through: looked at in steps smaller than a text.
    fn crossed(&self, a: (f64, f64), b: (f64, f64)) -> bool {
        let steps = ((b.0 - a.0).abs().max((b.1 - a.1).abs()) / 4.0).ceil().max(1.0);
        let mut at = 0.0;
        while at <= steps {
            let t = at / steps;
            let (px, py) = (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
            if px > self.left && px < self.right && py > self.top && py < self.bottom {
                return true;
            }
            at += 1.0;
        }
        false
    }
}

/// A text in its place.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub(super) rect: Rect,
    /// `start`, `middle` or `end`, and where that is.
    pub(super) anchor: (&'static str, f64),
    /// Text, size and baseline of each line.
    pub(super) lines: Vec<(String, f64, f64)>,
    /// Where a line from the mark ends, if the text is far from it.
    pub(super) led_to: Option<(f64, f64)>,
}

/// The width of bold text in the widest of the fonts (DejaVu Sans): in others it is less.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        '.' | ',' => 0.38,
        ' ' | '\u{a0}' => 0.35,
        '\u{202f}' => 0.21,
        '<' | '>' => 0.84,
        '%' => 1.0,
        _ => 0.72,
    };
    text.chars().map(em).sum::<f64>() * size
}

/// Side of the mark, in the order of preference.
#[derive(Debug, Clone, Copy)]
enum Side {
    RightUp,
    LeftUp,
    Above,
    Below,
    RightDown,
    LeftDown,
}

impl Side {
    const ALL: [Self; 6] =
        [Self::RightUp, Self::LeftUp, Self::Above, Self::Below, Self::RightDown, Self::LeftDown];

    /// The rectangle of a text of this size, `away` further from the mark than the nearest place.
    fn place(self, (x, y): (f64, f64), (w, h): (f64, f64), away: f64) -> Rect {
        let (left, top) = match self {
            Self::RightUp => (x + 13.0, y - h - away + 2.0),
            Self::LeftUp => (x - 13.0 - w, y - h - away + 2.0),
            Self::Above => (x - w / 2.0, y - 14.0 - h - away),
            Self::Below => (x - w / 2.0, y + 19.0 + away),
            Self::RightDown => (x + 13.0, y + 2.0 + away),
            Self::LeftDown => (x - 13.0 - w, y + 2.0 + away),
        };
        Rect { left, top, right: left + w, bottom: top + h }
    }
    fn anchor(self, r: &Rect) -> (&'static str, f64) {
        match self {
            Self::RightUp | Self::RightDown => ("start", r.left),
            Self::LeftUp | Self::LeftDown => ("end", r.right),
            Self::Above | Self::Below => ("middle", f64::midpoint(r.left, r.right)),
        }
    }
    /// What hangs from a limit is written under it; what is measured, beside it.
    fn rank(self, p: &Point) -> f64 {
        let liked = match p.value {
            Value::NotDetected => matches!(self, Self::Below),
            Value::Inconclusive => matches!(self, Self::Above),
            Value::Percent(_) | Value::BelowLoq => matches!(self, Self::RightUp),
        };
        let order = Self::ALL.iter().position(|s| *s as u8 == self as u8).unwrap_or(0);
        // At most six: exact in a float.
        #[allow(clippy::cast_precision_loss)]
        let order = order as f64;
        if liked { 0.0 } else { 2.0 + order }
    }
}

/// What stands in the way.
struct Around {
    marks: Vec<Rect>,
    segments: Vec<Joined>,
    rules: Vec<Rect>,
}

/// A threshold over its sample: from where to where at which height, and its text.
pub(super) struct RuleMark {
    pub(super) line: (f64, f64, f64),
    pub(super) text: Rect,
}

/// Half the width of a threshold.
const RULE: f64 = 26.0;

/// What joins two samples: from where to where.
pub(super) type Joined = ((f64, f64), (f64, f64));

/// The thresholds of a sample, inside its phase: the text stands beside its line or under it, inside the phase
/// and struck through by nothing that joins two samples.
pub(super) fn rules(p: &Point, x: &XScale, joined: &[Joined]) -> Vec<(u64, RuleMark)> {
    let (from, to) = x.bounds(p.day);
    let at = x.at(p.day);
    let of = |ppm: &u64| {
        let h = y(*ppm as f64 / 10_000.0);
        let (left, right) = ((at - RULE).max(from), (at + RULE).min(to));
        let wide = width(&format!("{}\u{202f}%", percent_of_ppm(*ppm)), 11.5);
        let text = |start: f64, bottom: f64| Rect {
            left: start,
            top: bottom - 14.0,
            right: start + wide,
            bottom,
        };
        let places = [
            text(left - wide - AIR, h + 5.0),
            text(right + AIR, h + 5.0),
            text(left, h + 16.0),
            text(left, h - 1.0),
        ];
        let is_free = |r: &&Rect| {
            r.left >= from && r.right <= to && !joined.iter().any(|(a, b)| r.crossed(*a, *b))
        };
        let text = places.iter().find(is_free).copied().unwrap_or(text(left, h));
        (*ppm, RuleMark { line: (left, h, right), text })
    };
    p.thresholds.iter().map(of).collect()
}

impl Around {
    fn of(plot: &Plot, x: &XScale) -> Self {
        let mark = |p: &Point| {
            let at = p.position(x);
            let mut rect = Rect::around(at, 10.0);
            match p.value {
                Value::BelowLoq => {
                    rect.top = rect.top.min(y(p.loq));
                    rect.bottom = rect.bottom.max(y(p.lod));
                }
                Value::NotDetected | Value::Inconclusive => rect.bottom += 8.0,
                Value::Percent(_) => {}
            }
            rect
        };
        let segments = plot.joined(x);
        Self {
            marks: plot.points.iter().map(mark).collect(),
            rules: plot
                .points
                .iter()
                .flat_map(|p| rules(p, x, &segments))
                .flat_map(|(_, r)| {
                    let (left, h, right) = r.line;
                    [Rect { left, top: h - 1.0, right, bottom: h + 1.0 }, r.text]
                })
                .collect(),
            segments,
        }
    }
    /// What a place costs; `None` where a text may not stand.
    fn cost(&self, rect: &Rect, taken: &[Option<Label>]) -> Option<f64> {
        let room = rect.grown(AIR);
        let on_text = taken.iter().flatten().any(|l| l.rect.touches(&room));
        if on_text || self.marks.iter().any(|m| m.touches(rect)) {
            return None;
        }
        let lines = self.segments.iter().filter(|(a, b)| rect.crossed(*a, *b)).count();
        let rules = self.rules.iter().filter(|r| r.touches(rect)).count();
        // A few lines: exact in a float.
        #[allow(clippy::cast_precision_loss)]
        let (lines, rules) = (lines as f64, rules as f64);
        Some(lines * 12.0 + rules * 15.0)
    }
}

impl Point {
    /// Its text from top to bottom, with sizes.
    fn lines(&self, lang: Lang) -> Vec<(String, f64)> {
        let mut lines = vec![];
        lines.extend(self.doubted.clone().map(|f| (f, FLAG)));
        lines.extend(self.flag.clone().map(|f| (f, FLAG)));
        lines.push((self.text.clone(), VALUE));
        if self.value == Value::Inconclusive {
            lines.push((lang.t("plot-inconclusive"), NOTE));
        }
        lines
    }
}

/// The text of each point in its place, in the order of the points.
pub(super) fn place(plot: &Plot, x: &XScale, lang: Lang) -> Vec<Option<Label>> {
    let around = Around::of(plot, x);
    let mut placed = vec![];
    for p in &plot.points {
        let label = best(p, x, &around, &placed, lang);
        placed.push(label);
    }
    placed
}

fn best(
    p: &Point,
    x: &XScale,
    around: &Around,
    placed: &[Option<Label>],
    lang: Lang,
) -> Option<Label> {
    let at = p.position(x);
    let (from, to) = x.bounds(p.day);
    let lines = p.lines(lang);
    let wide = lines.iter().map(|(t, size)| width(t, *size)).fold(0.0, f64::max);
    let high: f64 = lines.iter().map(|(_, size)| size * 1.2).sum();
    let mut found: Option<(f64, u8, Side, Rect)> = None;
    for ring in 0..RINGS {
        for side in Side::ALL {
            let mut rect = side.place(at, (wide, high), f64::from(ring) * STEP);
            let shift = (from + AIR - rect.left).max(0.0) + (to - AIR - rect.right).min(0.0);
            rect.left += shift;
            rect.right += shift;
            if rect.top < TOP || rect.bottom > HEIGHT - BOTTOM || rect.left < from + AIR {
                continue;
            }
            let Some(cost) = around.cost(&rect, placed) else { continue };
            let cost = cost + f64::from(ring) * 6.0 + side.rank(p) + shift.abs() / 20.0;
            if found.as_ref().is_none_or(|f| cost < f.0) {
                found = Some((cost, ring, side, rect));
            }
        }
    }
    found.map(|(_, ring, side, rect)| label(lines, rect, side, (ring >= LED).then_some(at)))
}

fn label(lines: Vec<(String, f64)>, rect: Rect, side: Side, led: Option<(f64, f64)>) -> Label {
    let mut top = rect.top;
    let mut set = vec![];
    for (text, size) in lines {
        set.push((text, size, top + size * 0.95));
        top += size * 1.2;
    }
    let led_to = led.map(|(x, y)| {
        let above = rect.bottom < y;
        (x.clamp(rect.left, rect.right), if above { rect.bottom } else { rect.top })
    });
    Label { rect, anchor: side.anchor(&rect), lines: set, led_to }
}
