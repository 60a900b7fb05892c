//! The marks of samples and the key that explains them. Pure.

use maud::{Markup, html};

use super::labels::{Label, width};
use super::scale::{HEIGHT, LEFT, TOP, WIDTH, XScale, r1, y};
use super::{ALERT, INK2, LANE, LINE, LaneMark, Point, Value, specimen_key};
use crate::catalogue::SpecimenKind;
use crate::web::Lang;

/// A sample's mark with its text, where that has found room.
pub(super) fn mark(p: &Point, (cx, cy): (f64, f64), label: Option<&Label>) -> Markup {
    let colour = if p.flag.is_some() || p.doubted.is_some() { ALERT } else { LINE };
    html! {
        g class="mark" data-tp=(p.label) {
            @if let Some((x, y)) = label.and_then(|l| l.led_to) {
                line class="lead" x1=(cx) y1=(cy) x2=(r1(x)) y2=(r1(y)) stroke=(INK2) stroke-width="0.8" {}
            }
            @match (p.value, p.is_blood()) {
                (Value::Inconclusive, _) => {
                    path d=(format!("M{} {cy}h20l-10 17z", r1(cx - 10.0))) fill="#FFFFFF" stroke=(INK2) stroke-width="2" stroke-dasharray="3 2.5" stroke-linejoin="round" {}
                    text x=(cx) y=(r1(cy + 10.5)) text-anchor="middle" font-size="10" font-weight="700" fill=(INK2) { "?" }
                },
                (Value::NotDetected, _) => path d=(format!("M{} {cy}h18l-9 15z", r1(cx - 9.0))) fill="#FFFFFF" stroke=(colour) stroke-width="2.4" stroke-linejoin="round" {},
                (Value::BelowLoq, _) => {
                    line x1=(cx) x2=(cx) y1=(r1(y(p.loq))) y2=(r1(y(p.lod))) stroke=(colour) stroke-width="2.4" {}
                    circle cx=(cx) cy=(cy) r="7.5" fill="#FFFFFF" stroke=(colour) stroke-width="2.4" {}
                    path d=(format!("M{} {cy}a7.5 7.5 0 0 0 15 0z", r1(cx - 7.5))) fill=(colour) {}
                },
                (Value::Percent(_), _) if p.flag.is_some() => path d=(format!("M{cx} {}l10 10l-10 10l-10 -10z", r1(cy - 10.0))) fill=(colour) stroke="#FFFFFF" stroke-width="1.5" {},
                (Value::Percent(_), true) => rect x=(r1(cx - 7.0)) y=(r1(cy - 7.0)) width="14" height="14" fill="#FFFFFF" stroke=(colour) stroke-width="2.6" {},
                (Value::Percent(_), false) => circle cx=(cx) cy=(cy) r="7.5" fill=(colour) stroke="#FFFFFF" stroke-width="1.5" {},
            }
            @if p.doubted.is_some() {
                circle class="doubted" cx=(cx) cy=(cy) r="13" fill="none" stroke=(ALERT) stroke-width="2" stroke-dasharray="4 3" {}
            }
            @if let Some(l) = label { (text(p, l, colour)) }
        }
    }
}

fn text(p: &Point, l: &Label, colour: &str) -> Markup {
    let fill = if p.value == Value::Inconclusive { INK2 } else { colour };
    let (anchor, x) = l.anchor;
    html! {
        text class="value" text-anchor=(anchor) font-weight="700" fill=(fill) stroke="#FFFFFF" stroke-width="4" stroke-linejoin="round" paint-order="stroke" {
            @for (line, size, base) in &l.lines {
                tspan x=(r1(x)) y=(r1(*base)) font-size=(size) { (line) }
            }
        }
    }
}

/// The lane of one kind of specimen: a mark on the day, filled where something was found, with the
/// events of the total beside it.
pub(super) fn lane(
    lang: Lang,
    x: &XScale,
    kind: SpecimenKind,
    lane: usize,
    all: &[LaneMark],
) -> Markup {
    let top = HEIGHT + LANE * f64::from(u32::try_from(lane).unwrap_or_default()) - 6.0;
    let middle = top + LANE / 2.0;
    let base = middle + 4.5;
    html! {
        g class="lane" data-specimen=(kind) {
            line x1=(LEFT) x2=(r1(x.right())) y1=(r1(middle)) y2=(r1(middle)) stroke="#CBD4DA" {}
            text x=(LEFT - 10.0) y=(r1(base)) text-anchor="end" font-weight="600" { (lang.t(&specimen_key(kind))) }
            @let drawn: Vec<&LaneMark> = all.iter().filter(|m| m.specimen == kind).collect();
            @for (n, m) in drawn.iter().enumerate() {
                @let at = r1(x.at(m.day));
                @let colour = if m.found { ALERT } else { LINE };
                g class="lane-mark" data-tp=(m.label) {
                    path d=(format!("M{} {}h14v14h-14z", r1(at - 7.0), r1(middle - 7.0))) transform=(format!("rotate(45 {at} {})", r1(middle)))
                        fill=(if m.found { colour } else { "#FFFFFF" }) stroke=(colour) stroke-width="2.4" {}
                    @let (anchor, from, above) = beside(x, &drawn, n);
                    text class="value" text-anchor=(anchor) x=(r1(from)) y=(r1(if above { base - 9.0 } else { base + 15.0 })) font-size="12.5" font-weight="700" fill=(colour) { (m.text) }
                }
            }
        }
    }
}

/// Where the text of the `n`th mark of a lane goes: at its right, at its left where the picture ends, and
/// below the line where the one before it would be written over.
fn beside(x: &XScale, drawn: &[&LaneMark], n: usize) -> (&'static str, f64, bool) {
    let wide = |m: &LaneMark| width(&m.text, 12.5);
    let side = |m: &LaneMark| {
        let at = x.at(m.day);
        if at + 13.0 + wide(m) > WIDTH { ("end", at - 13.0) } else { ("start", at + 13.0) }
    };
    let reach = |m: &LaneMark| match side(m) {
        ("end", at) => (at - wide(m), at),
        (_, at) => (at, at + wide(m)),
    };
    // Every other one of a row of neighbours.
    let mut above = true;
    for pair in drawn[..=n].windows(2) {
        above = reach(pair[0]).1 + 3.0 < reach(pair[1]).0 || !above;
    }
    let (anchor, at) = side(drawn[n]);
    (anchor, at, above)
}

/// What the marks mean.
pub(super) fn key(lang: Lang) -> Markup {
    let at = |x: f64| format!("translate({} {})", LEFT + x, TOP - 20.0);
    html! {
        g font-size="12.5" {
            g transform=(at(0.0)) { circle cx="0" cy="-4" r="6.5" fill=(LINE) {} text x="12" { (lang.t("plot-marrow")) } }
            g transform=(at(92.0)) { rect x="-6" y="-10" width="12" height="12" fill="#FFFFFF" stroke=(LINE) stroke-width="2.4" {} text x="13" { (lang.t("plot-blood")) } }
            g transform=(at(176.0)) {
                line x1="0" x2="0" y1="-14" y2="6" stroke=(LINE) stroke-width="2.2" {}
                circle cx="0" cy="-4" r="6" fill="#FFFFFF" stroke=(LINE) stroke-width="2.2" {}
                path d="M-6 -4a6 6 0 0 0 12 0z" fill=(LINE) {}
                text x="12" { (lang.t("plot-below-loq")) }
            }
            g transform=(at(340.0)) { path d="M-8 -11h16l-8 13z" fill="#FFFFFF" stroke=(LINE) stroke-width="2.2" {} text x="13" { (lang.t("plot-not-detected")) } }
            g transform=(at(530.0)) {
                rect x="-11" y="-8" width="22" height="11" fill="url(#mrd-h)" {}
                line x1="-11" x2="11" y1="-8" y2="-8" stroke=(INK2) stroke-width="1.6" {}
                text x="17" { (lang.t("plot-under-lod")) }
            }
        }
    }
}
